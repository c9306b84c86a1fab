"""A progress bar on the terminal for what takes more than two seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

PATIENCE_S = 2.0
Advance = Callable[[float], None]
"""Called with how much of the total is done by now."""


def silent(_: float) -> None:
    """Nobody looks."""


@contextmanager
def progress(title: str, total: float) -> Iterator[Advance]:
    """Give what tells how far the block is; a bar appears on standard error once two seconds have passed."""
    started = time.monotonic()
    # without markup, which would load a table of emoji in the midst of what is measured
    words, share = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.percentage:.0f} %"))
    columns = (words, BarColumn(), share, TimeElapsedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=total)
    shown = False

    def advance(done: float) -> None:
        nonlocal shown
        if not shown and time.monotonic() - started > PATIENCE_S:
            bar.start()
            shown = True
        bar.update(task, completed=done)

    try:
        yield advance
    finally:
        if shown:
            bar.stop()
