"""The kinds of input that a soak plays, by name; each module is a `tests.soak.trial.Kind`."""

from __future__ import annotations

from tests.soak.kinds import (
    captures,
    collected,
    commands,
    compose,
    documents,
    frames,
    labs,
    lines,
    recordings,
    saved,
    scripts,
)
from tests.soak.trial import Kind

KINDS: dict[str, Kind] = {
    "frames": frames,
    "lines": lines,
    "commands": commands,
    "scripts": scripts,
    "documents": documents,
    "saved": saved,
    "collected": collected,
    "compose": compose,
    "captures": captures,
    "recordings": recordings,
    "labs": labs,
}
