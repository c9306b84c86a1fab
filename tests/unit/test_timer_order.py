"""Timers that are due at the same tick: the kernel runs its buckets from the top, and each from the latest entry."""

from __future__ import annotations

from macvsim.engine.sim import MS, Sim
from macvsim.engine.wheel import Timer


def test_the_latest_of_a_bucket_is_first() -> None:
    sim = Sim(hz=100)
    fired: list[str] = []
    timers = {name: Timer(sim, lambda name=name: fired.append(name)) for name in "abc"}  # type: ignore[misc]
    for timer in timers.values():
        timer.start(5)
    timers["a"].start(5)
    sim.run()
    assert fired == ["c", "b", "a"], "a timer that is set to the time it has stays where it is"
    assert sim.now == 60 * MS
    timers["a"].start(5)
    timers["b"].start(5)
    timers["a"].stop()
    timers["a"].start(5)
    sim.run()
    assert fired[3:] == ["a", "b"]


def test_higher_levels_are_first() -> None:
    sim = Sim(hz=100)
    fired: list[tuple[str, int]] = []
    early = Timer(sim, lambda: fired.append(("early", int(sim.now))))
    late = Timer(sim, lambda: fired.append(("late", int(sim.now))))
    early.start(100)
    sim.run(until=1000 * MS)
    late.start(3)
    sim.run()
    assert fired == [("early", 1040 * MS), ("late", 1040 * MS)]
