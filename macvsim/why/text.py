"""Answers for people: the answer first, then the way of the packet, then what would mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from macvsim.engine.unsimulated import after
from macvsim.explain.explanation import Explanation
from macvsim.explain.steps import Step
from macvsim.repair.edit import Edit
from macvsim.repair.search import Fix
from macvsim.why.ask import Answer

_MACS = re.compile(r"^\S+ > \S+ |(?<= )sha \S+ tha \S+")
SHOWN = 30
"""Hops of the packet that are shown."""


def as_text(answer: Answer) -> str:
    """The whole answer."""
    if answer.step is None:
        return "\n".join([f"{answer.file}: every ping is answered", *after(answer.after)]) + "\n"
    lines = [f"{answer.file}:{answer.step.line}: {answer.step.prompt} {answer.step.command}", "", answer.sentence]
    lines += after(answer.after)
    found = answer.explanation
    if found is not None:
        lines += [f"also: {ending.text}" for ending in found.others]
        lines += _way(found)
    lines += [f"refused above, on line {one.step.line}: {one.sentence}" for one in answer.above]
    if answer.verdict != "answered":
        lines += ["", *_culprits(answer), *_fixes(answer)]
    return "\n".join(lines) + "\n"


_BOLD, _RED, _GREEN, _DIM, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"
_FIX = re.compile(r" {2,}(\d+\.| ) \S+: ")


def coloured(text: str) -> str:
    """For a terminal: the answer bold, and red if something failed; what works green, the way of the packet faint."""
    lines = text.split("\n")
    answer = 2 if len(lines) > 2 else 0
    return "\n".join(_painted(line, number == answer) for number, line in enumerate(lines))


def _painted(line: str, is_answer: bool) -> str:
    if is_answer:
        return f"{_BOLD}{_RED if ' ended at ' in line or ' refused' in line else ''}{line}{_PLAIN}"
    if _FIX.match(line):
        return f"{_GREEN}{line}{_PLAIN}"
    return f"{_DIM}{line}{_PLAIN}" if re.match(r" *\d+ +[\d.]+ us ", line) else line


def _way(found: Explanation) -> Iterator[str]:
    if found.path:
        yield ""
        yield "The packet, and what it caused:"
        for number, step in enumerate(found.path[:SHOWN], 1):
            yield f"{number:3}  {_hop(step)}".rstrip()
        if len(found.path) > SHOWN:
            yield f"  … {len(found.path) - SHOWN} more (--json has all)"
    if found.ignored and found.verdict == "lost":
        yield ""
        yield f"Ignored by whom it was not for: {found.accounted()}"


def _hop(step: Step) -> str:
    """Where, what happened, the kernel's function, and the packet without the MACs that the place tells."""
    what = _MACS.sub("", step.what) or step.what
    return f"{step.time / 1000:12.3f} us  {step.where:<20} {step.action:<10} {step.function:<24} {what}"


def _culprits(answer: Answer) -> Iterator[str]:
    for step in answer.culprits:
        yield f"Without line {step.line} it works: {step.prompt} {step.command}"
    if answer.culprits:
        yield ""


def _fixes(answer: Answer) -> Iterator[str]:
    if not answer.fixes:
        yield f"None of {answer.tried} edits that were tried makes it work."
        return
    yield "Tried on this lab, and it works:"
    for number, fix in enumerate(answer.fixes, 1):
        yield from _fix(number, fix)


def _fix(number: int, fix: Fix[Edit]) -> Iterator[str]:
    for order, edit in enumerate(fix.edits):
        mark = f"{number}." if not order else "  "
        yield f"  {mark} {edit.node}: {edit.text}"
    if fix.also:
        lines = ", ".join(map(str, fix.also))
        yield f"     then lines {lines} work too" if len(fix.also) > 1 else f"     then line {lines} works too"
