"""Comparison of the tables of a namespace with the recorded ones; both sides are normalised as outputs are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from macvsim.fidelity.replay.normalize_text import normalize_output
from macvsim.fidelity.replay.sections import outcome_lines
from macvsim.fidelity.replay.state import JSON_COMMANDS, State
from macvsim.fidelity.replay.unsettled import settle_text, settle_value


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A recorded table and the simulated one, normalised; `head` is ``LABEL [NS] COMMAND``."""

    head: str
    recorded: str
    simulated: str

    @property
    def is_equal(self) -> bool:
        """True if nothing differs."""
        return self.recorded == self.simulated

    def differences(self) -> Iterator[str]:
        """Lines of a unified diff without its head (``-`` recorded, ``+`` simulated)."""
        return outcome_lines(self.recorded, self.simulated)


def compare_states(
    recorded: Mapping[str, State], simulated: Mapping[str, State], given: Collection[str]
) -> Iterator[TableComparison]:
    """The comparison of every recorded table, those in JSON behind the texts of their label."""
    for label, state in recorded.items():
        ours = simulated.get(label, State())
        for head, text in state.tables.items():
            ns, _, command = head.removeprefix("[").partition("] ")
            drawn = ours.unsettled.get(ns, ())
            normal = (
                normalize_output(command, settle_text(table, drawn), given)
                for table in (text, ours.tables.get(head, "no such table"))
            )
            yield TableComparison(f"{label} {head}", *normal)
        for ns, tables in state.values.items():
            for key, value in tables.items():
                command = JSON_COMMANDS.get(key, key).replace("NS", ns)
                other = ours.values.get(ns, {}).get(key, "no such table")
                yield TableComparison(
                    f"{label} {command}",
                    *(_normal_value(key, command, v, ours.unsettled.get(ns, ()), given) for v in (value, other)),
                )


def _normal_value(key: str, command: str, value: Any, drawn: Collection[str], given: Collection[str]) -> str:
    """A value as text, a line for each of its leaves, normalised as the text of the same table is."""
    if key == "neigh":
        value = settle_value(value, drawn)
        value = sorted(value, key=json.dumps) if isinstance(value, list) else value  # hash order, random per boot
    return normalize_output(command, json.dumps(_without_timers(value), indent=1), given)


def _without_timers(value: Any) -> Any:
    """``gc_timer`` and its like, which have a word of their own in the text of ``ip -d link``."""
    if isinstance(value, dict):
        return {key: "T" if key.endswith("_timer") else _without_timers(item) for key, item in value.items()}
    return [_without_timers(item) for item in value] if isinstance(value, list) else value
