"""What `macvsim check` says of a lab file."""

from __future__ import annotations

from collections.abc import Iterator

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
    return "\n".join(lines)


def reasons(outcome: Outcome) -> Iterator[str]:
    """Why the pings of a step were not answered: the device, the reason, and what to try."""
    for ping in outcome.pings:
        if ping.received < max(ping.sent, 1):
            first, *more = str(ping.explain()).splitlines()
            yield f"  why: {first}"
            yield from (f"  {line}" for line in more)
