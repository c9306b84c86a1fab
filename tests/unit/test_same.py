"""The comparison of labs object for object: everything that may differ is seen."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count
from typing import Any

import pytest

from macvsim import Lab
from macvsim.record.same import difference


def waiting(items: Any, steps: int) -> Iterator[object]:
    """A generator that has come so far."""

    def program() -> Iterator[object]:
        total = 0
        for item in items:
            total += item
            yield total

    found = program()
    for _ in range(steps):
        next(found)
    return found


def nested(items: Any, steps: int) -> Iterator[object]:
    def outer() -> Iterator[object]:
        yield from waiting(items, 0)

    found = outer()
    for _ in range(steps):
        next(found)
    return found


def closure(value: object) -> Callable[[], object]:
    return lambda: value


def stream(draws: int) -> random.Random:
    found = random.Random(3)
    for _ in range(draws):
        found.random()
    return found


class Plain:
    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


class Slotted:
    __slots__ = ("__hidden", "left", "right")

    def __init__(self, **fields: object) -> None:
        self.__hidden = fields.pop("hidden", 0)
        for name, value in fields.items():
            setattr(self, name, value)


class Counted(dict[str, int]):
    note = ""


def counted(note: str, **fields: int) -> Counted:
    found = Counted(fields)
    found.note = note
    return found


def ring(length: int) -> list[Any]:
    found: list[Any] = []
    found.append([found] if length == 1 else [[found]])
    return found


def twins(*, shared: bool) -> list[list[int]]:
    one = [1]
    return [one, one if shared else [1]]


def advanced(steps: int) -> Iterator[int]:
    found = iter([7, 8, 9])
    for _ in range(steps):
        next(found)
    return found


DIFFERENT = {
    "number": (1, 2), "type of a number": (1, True), "text": ("a", "b"), "bytes": (b"a", b"b"), "none": (None, 0),
    "list": ([1, 2], [1, 3]), "length": ([1], [1, 1]), "order of keys": ({1: 0, 2: 0}, {2: 0, 1: 0}),
    "value": ({1: 0}, {1: 1}), "set": ({1, 2}, {1, 3}), "deque": (deque([1]), deque([2])),
    "counter": (count(3), count(4)), "stream": (stream(0), stream(1)), "loop": (advanced(1), advanced(2)),
    "attribute": (Plain(a=1), Plain(a=2)),
    "slot": (Slotted(left=1), Slotted(left=2)), "empty slot": (Slotted(left=1), Slotted(left=1, right=None)),
    "hidden slot": (Slotted(hidden=1), Slotted(hidden=2)),
    "attribute of a dict": (counted("a", x=1), counted("b", x=1)),
    "dict with attributes": (counted("", x=1), counted("", x=2)),
    "closure": (closure(1), closure(2)), "closure's object": (closure([1]), closure([2])),
    "method": (Slotted(left=1).__repr__, Slotted(left=2).__repr__), "builtin": ([1].append, [2].append),
    "partial": (partial(int, 1), partial(int, 2)), "error": (ValueError(1), ValueError(2)),
    "program's place": (waiting([1, 1], 1), waiting([1, 1], 2)),
    "program's variables": (waiting([1], 1), waiting([2], 1)),
    "program's loop": (waiting([0, 0, 5], 1), waiting([0, 0, 6], 1)),
    "place in a loop": (waiting([0, 0, 0], 1), waiting([0, 0, 0], 2)),
    "place in a range": (waiting(range(9), 1), waiting(range(8), 1)),
    "nested program": (nested([0, 0, 0], 1), nested([0, 0, 0], 2)), "ended program": (waiting([1], 0), nested([1], 0)),
    "cycle": (ring(1), ring(2)), "shared": (twins(shared=True), twins(shared=False)),
    "separate": (twins(shared=False), twins(shared=True)), "not to be looked into": (chain([1]), chain([1])),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_seen(name: str) -> None:
    one, other = DIFFERENT[name]
    found = difference([one], [other])
    assert found and ("cannot be compared" in found) == (name == "not to be looked into")
    assert not difference([one], [one])


EQUAL: dict[str, Callable[[], object]] = {
    "numbers": lambda: [1, 2.5, "a", b"b", None, True, (1, 2), {1, 2}, frozenset("a"), range(3)],
    "containers": lambda: {"a": deque([1]), "b": counted("x", y=1), "c": {"d": []}},
    "objects": lambda: [Plain(a=[1]), Slotted(left=[1]), partial(int, "1"), closure([1]), count(5), stream(2)],
    "programs": lambda: [waiting([1, 2, 3], 2), nested([1, 2, 3], 2), waiting(range(5), 3), waiting(iter([1, 2]), 2)],
    "cycle": lambda: ring(2),
    "shared": lambda: twins(shared=True),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_alike_is_the_same(name: str) -> None:
    assert difference(EQUAL[name](), EQUAL[name]()) == ""


def busy() -> Lab:
    """A lab with programs that wait."""
    lab = Lab(seed=5)
    for name in ("host1", "host2"):
        lab.host(name, switch=lab.switches.get("sw1") or lab.switch("sw1"))
        lab.hosts[name].sh(f"ip addr add 10.0.0.{name[-1]}/24 dev enp0s8")
    lab["host1"].sh("ping -c 50 10.0.0.2 > /tmp/out &")
    lab["host2"].sh("for i in 1 2 3; do sleep 2; echo $i; done > /tmp/loop &")
    lab.run(2.5)
    return lab


CHANGES: dict[str, Callable[[Lab], object]] = {
    "time": lambda lab: lab.run(0.000_001),
    "counter": lambda lab: lab["host1"].dev("enp0s8").stats.__setattr__("rx_packets", 99),
    "alias": lambda lab: lab["host1"].sh("ip link set enp0s8 alias uplink"),
    "file": lambda lab: lab["host1"].files.update({"/tmp/x": ""}),
    "neighbour": lambda lab: lab["host1"].sh("ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev enp0s8"),
    "namespace": lambda lab: lab["host1"].sh("ip netns add blue"),
    "mark": lambda lab: lab["host1"].sh("ip tunnel add tun0 mode gre remote 10.0.0.2"),
    "journal": lambda lab: lab.sim.note(1, lab["host1"].ns, "seen"),
    "limit of the journal": lambda lab: setattr(lab.sim.journal, "limit", 7),
    "stream": lambda lab: lab.sim.rng("a").random(),
    "cable": lambda lab: setattr(lab.cables[0], "delay", 1),
    "process id": lambda lab: lab.hosts["host1"].kernel.next_pid(),
    "turn": lambda lab: next(lab.sim._eid),
    "image": lambda lab: lab["host1"].sh("docker tag busybox mine"),
    "signal": lambda lab: lab["host1"].sh("kill -STOP 1234; true"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_lab_is_seen(name: str) -> None:
    one, other = busy(), busy()
    assert difference(one, other) == ""
    CHANGES[name](other)
    assert difference(one, other)
    assert difference(other, one)
