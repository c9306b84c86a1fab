"""Texts of the repository that inputs are made from: lab documents, and commands that were recorded of real Linux."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from macvsim import Budget
from macvsim.fidelity.replay.records import COMMANDS, FRAMES, SCENARIO, Room, _unpack

ROOT = Path(__file__).parents[3]
ORACLE = ROOT / "tests/data/oracle"
LIMITS = {
    "events": 15_000, "instant": 8_000, "pending": 20_000, "steps": 4_000, "output": 1 << 20, "files": 1 << 20,
    "processes": 60, "depth": 200, "seconds": 120, "journal": 1 << 22, "capture": 1 << 22,
}  # fmt: skip
"""Of every lab: a storm or an endless program ends within the time of an item."""
BUDGET = Budget(**LIMITS)
_TYPED = re.compile(r"^(?:root@[\w.-]+:[^#\n]*# |[\w.-]+# |\[root@[\w.-]+ [^]\n]*\]# )(.+)$", re.MULTILINE)


@cache
def documents() -> tuple[str, ...]:
    """Lab documents, the short ones first."""
    folders = ("scenarios", "scenarios/failures", "scenarios/tools")
    texts = [path.read_text("utf-8") for folder in folders for path in sorted((ROOT / folder).glob("*.md"))]
    return tuple(sorted(texts, key=lambda text: (len(text), text)))


@cache
def archives() -> tuple[dict[str, str], ...]:
    """The files of recordings, the short ones first."""
    paths = sorted(ORACLE.glob("*.tar.xz"), key=lambda path: (path.stat().st_size, path.name))
    return tuple(_unpack(path, Room(Budget())) for path in paths[:60])


@cache
def commands() -> tuple[str, ...]:
    """Command lines of documents and recordings, each once."""
    found = [line for text in documents() for line in _TYPED.findall(text)]
    for archive in archives():
        found += [entry["cmd"] for entry in json.loads(archive[COMMANDS])]
    return tuple(line for line in dict.fromkeys(found) if "\n" not in line)


__all__ = ["BUDGET", "COMMANDS", "FRAMES", "LIMITS", "ORACLE", "ROOT", "SCENARIO", "archives", "commands", "documents"]
