"""`sweep`: all runs of a plan, on an engine, into a file if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from macvsim.errors import MacvsimError
from macvsim.sweeps.engines import engine
from macvsim.sweeps.plan import FileSubject, FunctionSubject, Plan, Record, Subject
from macvsim.sweeps.store import Store
from macvsim.sweeps.table import Table

TASKS = 16
"""How many tasks a worker gets over the sweep: fewer cost less, more are shared out evenly."""
MOST = 32
"""Runs in a task at most: as many are lost with a worker."""

Progress = Callable[[int, int], None]
"""Told how many runs are done, and of how many."""


def sweep(
    what: str | Path | Callable[..., Mapping[str, Any]],
    settings: Mapping[str, Iterable[Any]] | None = None,
    *,
    seeds: int | Iterable[int] = 1,
    on: str = "processes",
    jobs: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    budget: Mapping[str, int] | None = None,
) -> Table:
    """Run a lab for every combination of some settings, and of each for several seeds.

    Parameters
    ----------
    what : a lab file; or a function that takes the settings and ``seed`` as keywords and returns a dict JSON can hold,
        which other processes can import
    settings : KEY -> values, as ``macvsim sweep --set`` takes them (`macvsim.sweeps.keys`)
    seeds : how many, counted from 0, or which
    on : ``serial``, ``processes``, a backend of joblib, ``dask``, or ``tcp://HOST:PORT`` of a scheduler of Dask
    jobs : processes at a time, by default as many as there are processors
    out : ``NAME.jsonl`` or ``NAME.csv``, where runs are kept as they end; those that are there are not made again
    progress : called with the number of runs done, and of all
    budget : limits of what one command of a lab file may use, instead of the limits of the file

    Returns
    -------
    Table : a record for each run, in order, the same wherever it was made: ``sweep`` (identity of the lab), ``run``
        (number), ``settings``, ``seed``, and what came of it; of a lab ``time_ns``, ``frames`` sent by cards, ``drops``
        by reason, ``failed_commands``, ``after`` where commands that would have changed the network are not simulated,
        and ``pings`` with line, source, target, sent, received, ttl, rtt_min_ns,
        rtt_mean_ns, rtt_max_ns, reason and where

    Raises
    ------
    MacvsimError : a key, a value, a name or a file that cannot be; nothing has been run then
    """
    subject: Subject = FunctionSubject(what) if callable(what) else FileSubject.read(Path(what), budget)
    plan = Plan(subject, _settings(settings or {}), _seeds(seeds))
    runs = plan.runs()
    if not runs:
        raise MacvsimError("there is nothing to run: give every key a value, and at least one seed")
    for run in runs[:: len(plan.seeds)]:
        plan.subject.check(run)
    engine_ = engine(on, jobs)
    store = Store(Path(out), plan) if out is not None else None
    records: dict[int, Record] = dict(store.records) if store is not None else {}
    left = [run for run in runs if run.number not in records]
    if progress is not None:
        progress(len(records), len(runs))
    size = max(1, min(MOST, len(left) // (engine_.workers * TASKS)))
    tasks = [tuple(left[at : at + size]) for at in range(0, len(left), size)]
    try:
        for made in engine_.map(plan.make_all, tasks) if tasks else ():
            if store is not None:
                store.add(made)
            records.update((record["run"], record) for record in made)
            if progress is not None:
                progress(len(records), len(runs))
    except BaseException as error:
        if store is not None:
            error.add_note(
                f"{store.lines} holds {len(records)} of {len(runs)} runs, and the same command goes on from there"
            )
        raise
    table = Table([records[run.number] for run in runs])
    if store is not None:
        store.finish(table)
    return table


def _settings(settings: Mapping[str, Iterable[Any]]) -> dict[str, Sequence[Any]]:
    for key, values in settings.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise MacvsimError(f"{key}: give a list of values, such as [{values!r}]")
    return {key: list(values) for key, values in settings.items()}


def _seeds(seeds: int | Iterable[int]) -> Sequence[int]:
    return range(seeds) if isinstance(seeds, int) else list(seeds)
