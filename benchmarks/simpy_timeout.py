"""The yardstick: one bare SimPy process doing nothing but `yield env.timeout(1)` (queue depth 1)."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from benchmarks.measure import Bench


def _tick(env: simpy.Environment) -> Generator[simpy.Event, None, None]:
    while True:
        yield env.timeout(1)


def timeouts() -> Bench:
    """A process of timeouts; the counter is the clock itself, because every timeout lasts 1."""
    env = simpy.Environment()
    env.process(_tick(env))

    def run(events: int) -> None:
        env.run(until=env.now + events)

    return Bench(run, lambda: int(env.now))
