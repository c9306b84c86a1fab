"""``macvsim sweep``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from macvsim.labfile.load import load
from macvsim.machine.streams import Sink
from macvsim.sweeps.keys import read_settings
from macvsim.sweeps.sweep import Progress, sweep
from macvsim.sweeps.table import Table

SHOWN_AFTER = 2.0
"""Seconds after which a progress bar is worth showing."""


def sweep_file(
    path: Path,
    settings: list[str],
    seeds: int,
    *,
    on: str,
    jobs: int | None,
    out: Path | None,
    write: Sink,
    budget: Mapping[str, int] | None = None,
) -> str:
    """Run the sweep; without a file, its table is written as comma-separated values.  Returns what is uncertain of it,
    and not allowed by its lab: empty if nothing is.
    """
    with _bar(path.name) as progress:
        chosen = read_settings(settings)
        table = sweep(path, chosen, seeds=seeds, on=on, jobs=jobs, out=out, progress=progress, budget=budget)
    write(table.csv() if out is None else f"{_summary(table)}\n{len(table)} runs in {out}\n")
    found = next((str(record["after"]) for record in table.records if "after" in record), "")
    return "" if load(path).front.spec.allow_unsimulated else found


def _summary(table: Table) -> str:
    """How many pings were answered, for each combination of settings."""
    sums: dict[str, list[int]] = {}
    said: dict[str, str] = {}
    for record in table.records:
        name = ", ".join(f"{key}={value}" for key, value in record["settings"].items()) or "as it is"
        total = sums.setdefault(name, [0, 0, 0])
        for ping in record.get("pings", []):
            total[0] += ping["sent"]
            total[1] += ping["received"]
        total[2] += 1
        if "after" in record:
            said[name] = f", {record['after']}"
    width = max(map(len, sums))
    return "\n".join(
        f"{name:<{width}}  {runs} runs, {received} of {sent} pings answered{said.get(name, '')}"
        for name, (sent, received, runs) in sums.items()
    )


@contextmanager
def _bar(title: str) -> Iterator[Progress | None]:
    """A progress bar, at a terminal, if it takes long."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    layout = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*layout, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, visible=False)

        def progress(done: int, total: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(task, completed=done, total=total, visible=elapsed > SHOWN_AFTER)

        yield progress
