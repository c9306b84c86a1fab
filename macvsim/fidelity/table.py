"""The fidelity table: the rules of the kernel that macvsim follows, and what was found when each was checked.

``rules.txt`` names the rules; ``results.json`` is written by the tests (``make fidelity-table``) and ``live.json`` by
``make fidelity``, which plays scenarios in a kernel of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

HOW = ("recorded", "live", "text")
"""How a rule is checked: against recordings of a real kernel, against a running one, against the reference's text."""
NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """A test, recording or live scenario that checks a rule."""

    name: str
    how: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A rule: number in the reference, or case; what it says; where the kernel has it; what checked it."""

    rule: str
    text: str
    function: str
    checks: tuple[Check, ...]

    @property
    def is_case(self) -> bool:
        """One of the conformance cases, T01 to T72."""
        return self.rule.startswith("T")

    @property
    def how(self) -> str:
        """``recorded, live``; ``not checked``."""
        return ", ".join(how for how in HOW if any(check.how == how for check in self.checks)) or NOT_CHECKED

    @property
    def verdict(self) -> str:
        """``agree``, ``differ``, or a dash where nothing was checked."""
        if not self.checks:
            return "-"
        return "agree" if all(check.agrees for check in self.checks) else "differ"

    def names(self, most: int = 3) -> str:
        """The first checks by name, recordings first, and how many more there are."""
        found = sorted(self.checks, key=lambda check: HOW.index(check.how))
        more = f" + {len(found) - most}" if len(found) > most else ""
        return ", ".join(check.name for check in found[:most]) + more

    def to_dict(self) -> dict[str, Any]:
        """The row by column, for JSON."""
        return {
            "rule": self.rule,
            "text": self.text,
            "function": self.function,
            "checked": self.how,
            "verdict": self.verdict,
            "tests": [{"name": c.name, "how": c.how, "agrees": c.agrees} for c in self.checks],
        }


def rows() -> list[Row]:
    """All rules in the order of the reference."""
    checks: dict[str, list[Check]] = {}
    for rule, check in _results():
        checks.setdefault(rule, []).append(check)
    found = []
    for line in _read("rules.txt").splitlines():
        rule, text, function = (part.strip() for part in line.split("|"))
        found.append(Row(rule, text, function, tuple(checks.get(rule, ()))))
    return found


def _results() -> Iterator[tuple[str, Check]]:
    """What the tests and the live scenarios found, rule by rule."""
    for name, result in json.loads(_read("results.json")).items():
        for rule in result["rules"]:
            yield rule, Check(name, result["how"], result["agrees"])
    for name, result in json.loads(_read("live.json")).items():
        for rule in result["rules"]:
            yield rule, Check(name, "live", result["agrees"])


def _read(name: str) -> str:
    return files("macvsim.fidelity").joinpath(name).read_text("utf-8")


def summary(table: list[Row]) -> str:
    """How many rules are checked how, and how many differ."""
    rules = [row for row in table if not row.is_case]
    cases = [row for row in table if row.is_case]
    recorded, live = (sum(how in row.how.split(", ") for row in rules) for how in ("recorded", "live"))
    text, unchecked = (sum(row.how == how for row in rules) for how in ("text", NOT_CHECKED))
    agree, differ = (sum(row.verdict == verdict for row in cases) for verdict in ("agree", "differ"))
    differ += sum(row.verdict == "differ" for row in rules)
    return (
        f"Of {len(rules)} rules, {recorded} are checked against recordings of a real kernel, {live} live, {text} only"
        f" by tests of the reference's text, {unchecked} not at all; {agree} of {len(cases)} conformance cases agree;"
        f" {differ} differ."
    )


def as_text(table: list[Row]) -> str:
    """The table for a terminal."""
    cells = [("rule", "checked", "verdict", "what", "kernel function", "tests")]
    cells += [(row.rule, row.how, row.verdict, row.text, row.function, row.names(1)) for row in table]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = ["  ".join([*map(str.ljust, line[:5], widths), line[5]]).rstrip() for line in cells]
    return "\n".join([*lines, "", summary(table), ""])


_HEAD = """\
# Fidelity

What `macvsim fidelity` prints: the kernel's rules that macvsim follows, where the kernel has them, and what each was
checked with. *recorded*: frames, outputs and tables of a real kernel, played again. *live*: a kernel that ran beside
the simulator (`make fidelity`). *text*: a test of what the kernel's source or documentation says. This page is
generated from the results of the tests (`make fidelity-table`).
"""
_COLUMNS = "| | rule | kernel function | checked | verdict | tests |\n|---|---|---|---|---|---|"


def as_markdown(table: list[Row]) -> str:
    """The table as docs/fidelity.md has it."""
    lines = [_HEAD, summary(table), ""]
    for title, is_case in (("Rules", False), ("Conformance cases", True)):
        lines += [f"## {title}", "", _COLUMNS]
        lines += [
            f"| {row.rule} | {row.text} | `{row.function}` | {row.how} | {row.verdict} | {row.names()} |"
            for row in table
            if row.is_case is is_case
        ]
        lines.append("")
    return "\n".join(lines)
