"""Where the runs of a sweep are made: here, in processes of this machine, or by any backend of joblib (Dask's too).

Every engine is given tasks, some runs each, and gives back their results in whatever order they come.  Tasks whose
worker died are given out again, until that has brought nothing for `TRIES` times.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

from macvsim.errors import MacvsimError

TRIES = 3
LOADED = ("macvsim.sweeps.plan", "macvsim.tools.docker.main", "macvsim.tools.iproute2.main", "macvsim.apps.ping")
"""Modules that nearly every run needs; a server loads them once for all processes that it forks."""

Task = tuple[Any, ...]
"""Runs that one worker makes one after the other."""
Make = Callable[[Task], list[Any]]


class Engine(Protocol):
    workers: int
    """How many tasks are under way at a time."""

    def map(self, make: Make, tasks: Sequence[Task]) -> Iterator[list[Any]]:
        """The results of `make` for each task, as they come."""


def engine(on: str, jobs: int | None) -> Engine:
    """The engine by name: ``serial``, ``processes``, a backend of joblib, ``dask``, or the address of a scheduler of
    Dask, ``tcp://HOST:PORT``.

    Raises
    ------
    MacvsimError : a name nobody knows, or what it needs is not installed or not there
    """
    if jobs is not None and jobs < 1:
        raise MacvsimError(f"{jobs} jobs make no run: write 1 or more")
    count = jobs or os.cpu_count() or 1
    if on == "serial":
        return Serial()
    if on == "processes":
        return Processes(count) if count > 1 else Serial()
    return Joblib(on, count)


class Serial:
    """One after the other, here."""

    workers = 1

    def map(self, make: Make, tasks: Sequence[Task]) -> Iterator[list[Any]]:
        return map(make, tasks)


class Processes:
    """Processes of this machine (`concurrent.futures`)."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(self, make: Make, tasks: Sequence[Task]) -> Iterator[list[Any]]:
        return _in_rounds(self._round, make, tasks)

    def _round(self, make: Make, left: dict[int, Task]) -> Iterator[list[Any]]:
        from concurrent.futures import ProcessPoolExecutor, as_completed
        from concurrent.futures.process import BrokenProcessPool

        with ProcessPoolExecutor(self.workers, _context(), _end_with_parent) as pool:
            futures = {pool.submit(make, task): number for number, task in left.items()}
            try:
                for future in as_completed(futures):
                    result = future.result()
                    del left[futures[future]]
                    yield result
            except BrokenProcessPool:
                return
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class Joblib:
    """A backend of joblib; ``dask`` and ``tcp://HOST:PORT`` are Dask's workers."""

    def __init__(self, backend: str, workers: int) -> None:
        try:
            import joblib
        except ModuleNotFoundError:
            raise MacvsimError(f"--on {backend} needs joblib: pip install 'macvsim[sweep]'") from None
        self._joblib: Any = joblib
        self._client: Any = None
        self._options: dict[str, Any] = {"n_jobs": workers}
        self.workers = workers
        if backend == "dask" or "://" in backend:
            self._client = _dask(None if backend == "dask" else backend, workers)
            self._options = {"n_jobs": -1}
            self.workers = max(len(self._client.nthreads()), 1)
            backend = "dask"
        elif backend not in joblib.parallel.BACKENDS:
            known = ", ".join(["serial", "processes", *sorted(joblib.parallel.BACKENDS), "dask", "tcp://HOST:PORT"])
            raise MacvsimError(f"--on {backend}: nothing of this name makes runs; write one of {known}")
        self._backend = backend

    def map(self, make: Make, tasks: Sequence[Task]) -> Iterator[list[Any]]:
        with ExitStack() as stack:
            if self._client is not None:
                stack.callback(self._client.close)
            elif self._backend == "loky":
                stack.callback(_end_loky)
            yield from _in_rounds(self._round, make, tasks)

    def _round(self, make: Make, left: dict[int, Task]) -> Iterator[list[Any]]:
        with self._joblib.parallel_config(backend=self._backend, **self._options):
            parallel = self._joblib.Parallel(return_as="generator_unordered", batch_size=1)
            calls = [self._joblib.delayed(_numbered)(make, number, task) for number, task in left.items()]
            try:
                for number, result in parallel(calls):
                    del left[number]
                    yield result
            except Exception as error:
                if type(error).__name__ not in ("TerminatedWorkerError", "BrokenProcessPool", "KilledWorker"):
                    raise


def _end_with_parent() -> None:
    """A worker ends when the sweep is killed, instead of waiting for tasks for ever."""
    from multiprocessing import parent_process

    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _context() -> Any:
    """How processes start: as forks, which have everything loaded, where that is safe; threads would be missing in a
    fork, and with threads a server without any is started, which forks.
    """
    from multiprocessing import get_context

    if sys.platform != "linux" or sys.implementation.name != "cpython":
        return get_context("spawn")
    if threading.active_count() == 1:
        return get_context("fork")
    context = get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


def _in_rounds(
    one_round: Callable[[Make, dict[int, Task]], Iterator[list[Any]]], make: Make, tasks: Sequence[Task]
) -> Iterator[list[Any]]:
    """Give out all tasks; after a round that a dying worker cut short another, with what is left."""
    left = dict(enumerate(tasks))
    fruitless = 0
    while left:
        before = len(left)
        yield from one_round(make, left)
        fruitless = fruitless + 1 if len(left) == before else 0
        if fruitless == TRIES:
            first = next(iter(left.values()))
            raise MacvsimError(f"{TRIES} times a worker died that made {first[0]}: is there enough memory for it?")


def _numbered(make: Make, number: int, task: Task) -> tuple[int, list[Any]]:
    return number, make(task)


def _end_loky() -> None:
    """Its workers would stay for whoever asks next."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def _dask(address: str | None, workers: int) -> Any:
    """A client of a scheduler that runs, or of one of our own."""
    try:
        from distributed import Client as make_client
    except ModuleNotFoundError:
        raise MacvsimError("Dask is not installed: pip install 'macvsim[dask]'") from None
    client: Any = make_client
    try:
        if address is None:
            return client(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        return client(address, timeout=5)
    except (OSError, ValueError) as error:
        raise MacvsimError(f"no scheduler of Dask answers at {address}: {error}") from None
