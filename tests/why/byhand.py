"""Printed fixes made by hand: the text of a document with what a fix says in it, as ``--json`` prints it."""

from __future__ import annotations

import json
import re
from typing import Any


def mended(text: str, data: dict[str, Any], fix: dict[str, Any]) -> str:
    """The document with a fix: commands typed above the line that was asked about, other lines typed otherwise."""
    lines = text.split("\n")
    above: list[str] = []
    for edit in fix["edits"]:
        if edit["on"] == "front matter":
            lines = _front(lines, edit["do"])
        elif "line" in edit:
            at = edit["line"] - 1
            assert lines[at].endswith(edit["instead_of"])
            lines[at] = lines[at].removesuffix(edit["instead_of"]) + edit["do"] if edit["do"] else ""
        else:
            above.append(f"{edit['on']}# {edit['do']}")
    if above:
        asked = next(n for n, line in enumerate(lines) if n >= data["line"] - 1 and line.endswith(data["command"]))
        lines[asked:asked] = above
    return "\n".join(lines)


def _front(lines: list[str], edit: str) -> list[str]:
    """``topology.links[0].loss = 0`` in a front matter that is JSON; its lines stay as many as they were."""
    end = lines.index("---", 1)
    front = json.loads("\n".join(lines[1:end]))
    match = re.fullmatch(r"topology\.links\[(\d+)\](?:\.(\w+))? = (.*)", edit)
    assert match is not None
    links, number, value = front["topology"]["links"], int(match[1]), json.loads(match[3])
    if match[2]:
        links[number][match[2]] = value
    else:
        links.append(value)
    new = json.dumps(front).split("\n")
    return [lines[0], *new, *[""] * (end - 1 - len(new)), *lines[end:]]
