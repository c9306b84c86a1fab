"""Every snippet of the specification files, as the real shells and tools answer it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.spec.__main__ import difference
from tests.spec.play import play_live, play_simulated, verdict, why_not_live
from tests.spec.snippets import Spec, all_specs
from tests.spec.table import PAGE, render

SPECS = all_specs()
SNIPPETS = [
    pytest.param(spec, name, id=f"{spec.section}/{spec.name}: {name}") for spec in SPECS for name in spec.snippets
]
MOST_LEFT_OUT = 10
"""Per cent of a section's snippets."""


@pytest.mark.parametrize(("spec", "name"), SNIPPETS)
def test_macvsim_answers_as_the_real_program(spec: Spec, name: str) -> None:
    real, simulated = spec.recorded().get(name), play_simulated(spec, name)
    if verdict(real, simulated) == "differs":
        pytest.fail(f"{spec.snippets[name]}----\n{difference(real, simulated)}", pytrace=False)


@pytest.mark.slow
@pytest.mark.parametrize("spec", [pytest.param(spec, id=f"{spec.section}/{spec.name}") for spec in SPECS])
def test_recordings_are_what_the_real_programs_answer(spec: Spec) -> None:
    if missing := why_not_live(spec.section):
        pytest.skip(missing)
    recorded = spec.recorded()
    other = [name for name in spec.snippets if play_live(spec, name) != recorded[name]]
    again = [name for name in other if all(play_live(spec, name) != recorded[name] for _ in range(3))]
    assert not again  # a race between two processes has its usual end at least once


@pytest.mark.slow
def test_few_snippets_are_left_out() -> None:
    found: dict[str, Counter[str]] = {}
    for spec in SPECS:
        recorded = spec.recorded()
        for name in spec.snippets:
            result = verdict(recorded.get(name), play_simulated(spec, name))
            found.setdefault(spec.section, Counter())[result] += 1
    assert all(100 * count["left out"] <= MOST_LEFT_OUT * count.total() for count in found.values()), found


@pytest.mark.slow
def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render()
