"""``macvsim why``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from macvsim.shell.streams import Sink
from macvsim.why.ask import Answer, why

SHOWN = 24
"""Hops of the packet that are shown as text."""


def why_file(path: Path, write: Sink, *, as_json: bool = False) -> None:
    """Answer for a lab file's first ping that fails."""
    answer = why(path)
    write(json.dumps(as_data(answer), indent=2, ensure_ascii=False) + "\n" if as_json else as_text(answer))


def as_data(answer: Answer) -> dict[str, Any]:
    """``verdict, reason, where, path, fixes``, and where in the file the question stands."""
    found = answer.explanation
    return {
        "file": answer.file,
        "line": answer.step.line if answer.step else None,
        "command": answer.step.command if answer.step else None,
        "verdict": "answered" if found is None else found.verdict,
        "sentence": "every ping is answered" if found is None else found.sentence,
        "reason": found.reason.name if found and found.reason else None,
        "kernel": found.reason.kernel if found and found.reason else None,
        "where": found.where if found else None,
        "path": [
            {"time_ns": step.time, "where": step.where, "action": step.action, "frame": step.what}
            for step in (found.path if found else ())
        ],
        "tried": answer.tried,
        "fixes": [
            {"edits": [{"on": edit.node, "do": edit.text} for edit in fix.edits], "also_mends_lines": list(fix.also)}
            for fix in answer.fixes
        ],
    }


def as_text(answer: Answer) -> str:
    """For people: the answer first, then the way of the packet, then what would mend it."""
    if answer.step is None or answer.explanation is None:
        return f"{answer.file}: every ping is answered\n"
    found = answer.explanation
    lines = [f"{answer.file}:{answer.step.line}: {answer.step.prompt} {answer.step.command}", "", found.sentence]
    lines += [f"also: {ending.text}" for ending in found.others]
    if found.path:
        hops = found.trace().splitlines()
        lines += ["", "The packet, and what it caused:", *hops[:SHOWN]]
        if len(hops) > SHOWN:
            lines.append(f"  … {len(hops) - SHOWN} more (--json has all)")
    lines.append("")
    if answer.fixes:
        lines.append("Tried on this lab, and it works:")
    else:
        lines.append(f"None of {answer.tried} edits that were tried makes it work.")
    for number, fix in enumerate(answer.fixes, 1):
        for order, edit in enumerate(fix.edits):
            mark = f"{number}." if not order else "  "
            lines.append(f"  {mark} {edit.node}: {edit.text}")
        if fix.also:
            lines.append(f"     then the pings of line {', '.join(map(str, fix.also))} are answered too")
    return "\n".join(lines) + "\n"
