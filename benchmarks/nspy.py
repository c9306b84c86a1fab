"""ns.py (PyPI ns-py): the same wires and switches as elements that a packet without bytes or headers goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy

from benchmarks.measure import Absent, Bench

DELAY = 25e-6
"""Seconds, as of macvsim's cables."""


def _import() -> tuple[Any, Any, Any]:
    try:
        from ns.packet.packet import Packet
        from ns.port.wire import Wire
        from ns.switch.switch import SimplePacketSwitch
    except ModuleNotFoundError:
        raise Absent("there is no ns.py (pip install ns-py)") from None
    return Packet, Wire, SimplePacketSwitch


class _Lab:
    """Wires and one switch, whose ports are told by the flow of a packet: a new one for each time it passes."""

    def __init__(self, ports: int, way: dict[int, int]) -> None:
        self.packet, self.wire, switch = _import()
        self.env = simpy.Environment()
        self.crossed: list[Any] = []
        self.switch = switch(self.env, ports, 0, 1000)
        self.switch.demux.fib = way

    def cable(self, out: Any) -> Any:
        """One direction of a cable, into `out`."""
        wire = self.wire(self.env, lambda: DELAY)
        wire.out = out
        self.crossed.append(wire)
        return wire


class _Host:
    """Takes a packet, and sends on what `answer` makes of it."""

    def __init__(self, lab: _Lab, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.out = lab.cable(lab.switch)

    def put(self, packet: Any) -> None:
        sent = self.answer(packet)
        if sent is not None:
            self.out.put(sent)


def _bench(lab: _Lab, first: int, last: int, hosts: Callable[[Callable[[Any], Any]], list[_Host]]) -> Bench:
    """The host at port 0 sends flow `first`, and another packet when `last` is back."""
    left = 0

    def again(packet: Any) -> Any:
        nonlocal left
        left -= 1
        return lab.packet(lab.env.now, 98, left, flow_id=first) if left else None

    built = hosts(again)
    for port, host in enumerate(built):
        lab.switch.ports[port].out = lab.cable(host)

    def run(pings: int) -> None:
        nonlocal left
        left = pings
        built[0].out.put(lab.packet(lab.env.now, 98, left, flow_id=first))
        lab.env.run()
        if left:
            raise RuntimeError(f"ns.py: {left} of {pings} pings were not answered")

    return Bench(run, lambda: sum(wire.packets_rec for wire in lab.crossed))


def experiment1() -> Bench:
    """Two hosts at one switch: 4 wires a ping."""
    lab = _Lab(2, {0: 1, 1: 0})

    def reply(packet: Any) -> Any:
        return lab.packet(lab.env.now, 98, packet.packet_id, flow_id=1)

    return _bench(lab, 0, 1, lambda again: [_Host(lab, again), _Host(lab, reply)])


def experiment3() -> Bench:
    """Two hosts and a router at one switch: 8 wires a ping."""
    lab = _Lab(3, {0: 2, 1: 1, 2: 2, 3: 0})

    def route(packet: Any) -> Any:
        packet.flow_id += 1
        return packet

    def reply(packet: Any) -> Any:
        return lab.packet(lab.env.now, 98, packet.packet_id, flow_id=2)

    return _bench(lab, 0, 3, lambda again: [_Host(lab, again), _Host(lab, reply), _Host(lab, route)])
