"""Packets that a program sends at the same moment as a ping come after the ping, wherever both go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from macvsim import Lab
from macvsim.engine.sim import SECOND
from macvsim.machine.capture import Capture
from macvsim.net.socket import RawIcmpSocket, UdpSocket
from macvsim.testing.compare import everything as state
from macvsim.wire import icmp
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import icmp_template

TARGET = ip_int("10.0.0.2")


def two_hosts(fastpath: bool) -> Lab:
    lab = Lab(seed=0, journal=False, fastpath=fastpath)
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"host{number}", nic="eth0", switch=sw1).addr_add("eth0", f"10.0.0.{number}/24")
    lab.run(2)
    return lab


class Program:
    """It pings, and does something else at the same moment from the tenth time on."""

    def __init__(self, lab: Lab, capture: Capture, meanwhile: Callable[[Program], object]) -> None:
        self.lab = lab
        self.capture = capture
        self.ns = lab.hosts["host1"].ns
        self.heard: list[Any] = []
        self.sock = RawIcmpSocket(self.ns, self.hear)
        self.udp = UdpSocket(self.ns)
        self.meanwhile = meanwhile
        self.sent = 0

    def hear(self, heard: Any) -> None:
        self.heard.append((self.lab.sim.now, heard))

    def ping(self) -> None:
        message = icmp.message(icmp_template(icmp.ECHO), icmp.ECHO, 0, 7 << 16 | self.sent, bytes(40))
        self.sock.send(TARGET, message, self.lab.sim.born())
        self.sent += 1

    def run(self) -> None:
        self.ping()
        if self.sent >= 10:
            self.meanwhile(self)
        if self.sent < 30:
            self.lab.sim.call_in_process(SECOND // 2, self.run)


def change(line: str) -> Callable[[Program], object]:
    return lambda program: program.lab.hosts["host2"].sh(line) if program.sent == 12 else None


def two_more(program: Program) -> None:
    program.ping()
    program.ping()


def a_datagram_and_a_look(program: Program) -> None:
    program.udp.send_to(b"x", TARGET, 9)
    program.heard.append(len(program.capture))


def cable_cut(program: Program) -> None:
    if program.sent == 12:
        cable = program.lab.switches["sw1"].ports["host2"].cable
        assert cable is not None
        cable.unplug()


MEANWHILE: dict[str, Callable[[Program], object]] = {
    "nothing": lambda program: None,
    "another ping": Program.ping,
    "two more": two_more,
    "a datagram": lambda program: program.udp.send_to(b"x", TARGET, 9),
    "a look": lambda program: program.heard.append(len(program.capture)),
    "a look at counters": lambda program: program.heard.append(state(program.lab)),
    "another listener": lambda program: RawIcmpSocket(program.ns, program.hear) if program.sent == 12 else None,
    "no listener": lambda program: program.sock.close() if program.sent == 12 else None,
    "a datagram and a look": a_datagram_and_a_look,
    "a datagram and a new listener": lambda program: [
        program.udp.send_to(b"x", TARGET, 9), program.sent == 12 and RawIcmpSocket(program.ns, program.hear)
    ],
    "echoes ignored": change("sysctl -w net.ipv4.icmp_echo_ignore_all=1"),
    "another MAC": change("ip link set eth0 address 02:00:00:00:00:22"),
    "cable cut": cable_cut,
}  # fmt: skip


def play(meanwhile: Callable[[Program], object], *, fastpath: bool, captured: bool) -> dict[str, Any]:
    lab = two_hosts(fastpath)
    with ExitStack() as stack:
        capture = stack.enter_context(lab.capture()) if captured else Capture()
        program = Program(lab, capture, meanwhile)
        lab.sim.call_in_process(0, program.run)
        lab.run(20)
        records = list(capture.records)
        uids = list(capture.uids)
    return {**state(lab), "records": records, "uids": uids, "heard": program.heard}


@pytest.mark.parametrize("captured", [False, True], ids=["bare", "captured"])
@pytest.mark.parametrize("name", MEANWHILE)
def test_everything_happens_in_order(name: str, captured: bool) -> None:
    fast = play(MEANWHILE[name], fastpath=True, captured=captured)
    assert fast == play(MEANWHILE[name], fastpath=False, captured=captured)
