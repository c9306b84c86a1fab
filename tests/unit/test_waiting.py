"""Waiting in line makes no difference to what happens when."""

from __future__ import annotations

import random

import pytest

from macvsim.engine.sim import CROWD, PROCESS, SECOND, Sim


def happenings(seed: int, in_line: bool) -> list[tuple[int, int]]:
    """When which of many calls are made that set each other for a few delays, some of them as alarms of programs."""
    sim, dice = Sim(seed), random.Random(seed)
    programs = [sim.alarms() for _ in range(4)]
    seen: list[tuple[int, int]] = []

    def ring(turn: int) -> None:
        seen.append((sim.now, turn))
        for _ in range(dice.choice((0, 1, 1, 2))):
            add()

    def add() -> None:
        delay = dice.choice((0, 3, 3, 10, SECOND))
        turn, program = next(sim._eid), dice.randrange(8)
        if program < len(programs):
            programs[program] = turn = programs[program] + 1
        if in_line:
            sim.wait_in_line(delay, turn, ring)
        else:
            sim.put(sim.now + delay, PROCESS, turn, ring, turn)

    for _ in range(3 * CROWD):
        add()
    sim.run(until=20 * SECOND)
    return seen


@pytest.mark.parametrize("seed", range(5))
def test_calls_come_in_order_of_time_and_setting(seed: int) -> None:
    expected = happenings(seed, in_line=False)
    assert len(expected) > 3 * CROWD
    assert happenings(seed, in_line=True) == expected


def test_only_the_first_of_a_line_stands_in_the_queue() -> None:
    sim = Sim()
    rung: list[int] = []
    for turn in range(100):
        sim.wait_in_line(SECOND, turn, rung.append)
    assert len(sim._queue) == 1
    sim.step()
    assert rung == [0]
    assert sim.peek() == SECOND
    sim.run()
    assert rung == list(range(100))
    assert sim.now == SECOND


def test_a_failure_does_not_hold_up_those_behind() -> None:
    sim = Sim()
    rung: list[int] = []

    def fail(_: int) -> None:
        raise ZeroDivisionError

    sim.wait_in_line(5, 0, fail)
    sim.wait_in_line(5, 1, rung.append)
    with pytest.raises(ZeroDivisionError):
        sim.run()
    sim.run()
    assert rung == [1]
