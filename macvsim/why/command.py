"""``macvsim why``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from macvsim.labfile.report import uncertain
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.streams import Sink, discard
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.text import as_text, coloured

PATIENCE = 2.0
"""Seconds without an answer after which a terminal shows what goes on."""


def why_file(
    path: Path,
    write: Sink,
    asked: str = "",
    *,
    as_json: bool = False,
    complain: Sink = discard,
    allow_unsimulated: bool = False,
    budget: Mapping[str, int] | None = None,
) -> int:
    """Answer for a step of a lab file, with colours on a terminal.  News while it takes long, which the wall clock
    decides, are shown only if standard output is a terminal too: a notebook keeps what a command of a pipe says on its
    pseudo terminal.  Returns the exit status: 95, after a line on `complain`, if the lab may differ from the real
    network.
    """
    notes = Progress() if sys.stdout.isatty() and sys.stderr.isatty() else None
    answer = why(path, asked, notes, budget)
    if notes is not None:
        notes.wipe()
    if as_json:
        write(json.dumps(as_data(answer), indent=2, ensure_ascii=False) + "\n")
    else:
        text = as_text(answer)
        write(coloured(text) if sys.stdout.isatty() else text)
    if not answer.after or answer.allowed or allow_unsimulated:
        return 0
    complain(f"macvsim: {uncertain(answer.file, answer.after)}\n")
    return NOT_SIMULATED


class Progress:
    """Tells on standard error how many sets of edits have been tried, once it has taken a while."""

    def __init__(self) -> None:
        self._start = monotonic()
        self._shown = False

    def __call__(self, number: int) -> None:
        if monotonic() - self._start > PATIENCE:
            self._shown = True
            print(f"\rtrying edits: {number} …", end="", file=sys.stderr, flush=True)

    def wipe(self) -> None:
        """Leave no trace of it."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
