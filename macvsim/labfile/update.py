"""Rewriting what a lab file expects, where it differs; every other byte stays."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.labfile.document import read_markdown
from macvsim.labfile.file import LabFile, read_text
from macvsim.labfile.play import Outcome
from macvsim.output import write_file


def update(lab_file: LabFile, outcomes: Sequence[Outcome]) -> int:
    """Write into the file what was printed; returns how many commands' output changed.

    Raises
    ------
    ScenarioError : an output that a document cannot hold, such as one with a line that reads like a prompt; the file is
        as it was
    """
    text = read_text(lab_file.path)
    lines = text.split("\n")
    changed = [outcome for outcome in outcomes if outcome.hunks]
    for outcome in reversed(changed):
        step = outcome.step
        end = "\r" if lines[step.line - 1].endswith("\r") else ""
        for hunk in reversed(outcome.hunks):
            at = step.first - 1 + hunk.first
            lines[at : at + len(hunk.expected)] = [step.indent + line + end if line else end for line in hunk.got]
    if not changed:
        return 0
    new = "\n".join(lines)
    _check(lab_file, new, changed)
    write_file(lab_file.path, new)
    return len(changed)


def _check(lab_file: LabFile, text: str, changed: Sequence[Outcome]) -> None:
    """The new text must be read as the same commands."""
    old = [step.command for step in lab_file.document.steps]
    if [step.command for step in read_markdown(text, str(lab_file.path)).steps] != old:
        step = changed[0].step
        raise lab_file.document.error(step.line, "an output has a line that reads like a prompt or a fence: write ...")
