"""What `macvsim check` says of a lab file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.labfile.play import Outcome

_SILENT = "(nothing)"


def describe(file: str, outcome: Outcome) -> str:
    """Where the output of a step differs, line by line of its file, and why its pings were lost."""
    step = outcome.step
    lines = [f"{file}:{step.line}: {step.written[0]}"]
    for hunk in outcome.hunks:
        lines.append(f"  {file}:{step.first + hunk.first}: expected:")
        lines += [f"    {line}" for line in hunk.expected or (_SILENT,)]
        lines.append("  got:")
        lines += [f"    {line}" for line in hunk.got or (_SILENT,)]
    if not step.expected:
        lines.append("  (other commands of this block show what they print; write ... where it does not matter)")
    lines += reasons(outcome)
    lines += [f"  {line}" for line in after(outcome.after)]
    return "\n".join(lines)


def uncertain(file: str, marks: Sequence[Unsimulated]) -> str:
    """The last line about a lab that may differ from the real network."""
    first, more = marks[0], len(marks) - 1
    others = f", nor {more} more command{'s' * (more > 1)}" if more else ""
    return (
        f"{file}: {first.node}# {first.command}: not simulated{others}; "
        "the real network may answer otherwise after it: --allow-unsimulated goes on"
    )


def reasons(outcome: Outcome) -> Iterator[str]:
    """Why the pings of a step were not answered: the device, the reason, and what to try."""
    for ping in outcome.pings:
        if ping.received < max(ping.sent, 1):
            first, *more = str(ping.explain()).splitlines()
            yield f"  why: {first}"
            yield from (f"  {line}" for line in more if not line.startswith("  after: "))
