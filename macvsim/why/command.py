"""``macvsim why``."""

from __future__ import annotations

import json
from pathlib import Path

from macvsim.shell.streams import Sink
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.text import as_text


def why_file(path: Path, write: Sink, asked: str = "", *, as_json: bool = False) -> None:
    """Answer for a step of a lab file."""
    answer = why(path, asked)
    write(json.dumps(as_data(answer), indent=2, ensure_ascii=False) + "\n" if as_json else as_text(answer))
