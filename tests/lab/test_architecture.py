"""Promises of the project about itself: imports, names, and that every packet ends somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

import macvsim
from macvsim import Lab
from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.wire.frame import ETH_P_ARP, PacketType

sys.path.insert(0, str(Path(__file__).parents[2] / "scenarios"))

CIRCLES = {"net": (25, 19, 13, 12, 6)}
"""Rooms whose files import each other in circles of more than two, imports for types included: the sizes of the
circles.  A number may only fall."""


def circles(imports: nx.DiGraph[str]) -> dict[str, tuple[int, ...]]:
    """By room, the sizes of its import circles of more than two files, largest first."""
    found: dict[str, list[int]] = {}
    for room in {module.split(".")[1] for module in imports if "." in module}:
        files = [module for module in imports if module.split(".")[1:2] == [room]]
        for circle in nx.strongly_connected_components(imports.subgraph(files)):
            if len(circle) > 2:
                found.setdefault(room, []).append(len(circle))
    return {room: tuple(sorted(sizes, reverse=True)) for room, sizes in found.items()}


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("statement", ["import macvsim", "from macvsim import Lab; Lab()"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert not loaded_after(statement) & {"matplotlib", "numpy", "scapy", "networkx", "pydantic"}


def test_no_new_import_circles() -> None:
    """The contracts in pyproject.toml forbid circles of rooms; inside a room at most two files import each other."""
    grimp = pytest.importorskip("grimp", reason="comes with import-linter")
    graph = grimp.build_graph("macvsim", exclude_type_checking_imports=False, cache_dir=None)
    files = sorted(graph.modules)
    imports = nx.DiGraph((file, other) for file in files for other in graph.find_modules_directly_imported_by(file))
    assert circles(imports) == CIRCLES


def test_circles_of_two_are_allowed() -> None:
    two = [("macvsim.dev.base", "macvsim.dev.contracts"), ("macvsim.dev.contracts", "macvsim.dev.base")]
    three = [("macvsim.net.a", "macvsim.net.b"), ("macvsim.net.b", "macvsim.net.c"), ("macvsim.net.c", "macvsim.net.a")]
    assert circles(nx.DiGraph(two)) == {}
    assert circles(nx.DiGraph([*two, *three])) == {"net": (3,)}


def test_exported_names() -> None:
    assert list(macvsim.__all__) == sorted(macvsim.__all__)
    for name in macvsim.__all__:
        assert getattr(macvsim, name).__name__ == name
    with pytest.raises(AttributeError, match="nosuch"):
        macvsim.nosuch  # noqa: B018


def test_follow_a_frame() -> None:
    """The README's reading order is the way of a frame."""
    from exp2_two_vlans import build

    lab = Lab(seed=0)
    build(lab)
    lab["d1"].ping("172.16.10.11", count=1)
    ping = lab["d1"].ping("172.16.10.11", count=1)
    assert lab.sim.journal is not None
    records = [r for r in lab.sim.journal.records if r.uid == ping.requests[0]]
    assert [f"{r.where.label} {r.step}" for r in records] == [
        "d1 send",
        "d1:eth0 xmit",
        "host1:enp0s8.100 xmit",
        "host1:enp0s8 xmit",
        "sw1:host1 receive",
        "sw1:host2 xmit",
        "host2:enp0s8 receive",
        "host2:enp0s8.100 receive",
        "d3:eth0 receive",
        "d3:eth0 local",
    ]


def test_every_packet_ends() -> None:
    """Each packet is delivered, dropped with a reason, answered, or still under way when the clock stops."""
    from exp2_two_vlans import build

    lab = Lab(seed=0)
    build(lab)
    for target in ("172.16.10.11", "172.16.20.10", "172.16.10.99", "172.16.10.1"):
        lab["d1"].ping(target, count=2, timeout=3)
    lab.run(20)
    assert lab.sim.journal is not None
    ends: dict[int, set[str]] = {}
    for record in lab.sim.journal.records:
        ends.setdefault(record.uid, set()).add(record.step)
    answered = set(lab.sim.journal.causes.values())
    learnt = {
        r.uid
        for r in lab.sim.journal.records
        if r.step == "receive" and r.frame is not None
        if r.detail is PacketType.HOST and r.frame.ethertype == ETH_P_ARP
    }
    assert len(ends) > 20  # eight requests, two of them answered, and the ARP of all
    for uid, steps in ends.items():
        assert steps & {"local", "drop"} or uid in answered or uid in learnt, (uid, steps)


def test_xmit_never_receives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that turns upward while it is sent goes through the queue."""
    depth = 0
    real_xmit, real_receive = NetDevice.xmit, NetDevice.receive

    def xmit(self: NetDevice, frame: object) -> DropReason | None:
        nonlocal depth
        depth += 1
        try:
            return real_xmit(self, frame)  # type: ignore[arg-type]
        finally:
            depth -= 1

    def receive(self: NetDevice, frame: object, packet_type: object) -> DropReason | None:
        nonlocal depth
        assert depth == 0, f"{self.label} received inside a transmit"
        held, depth = depth, 0
        try:
            return real_receive(self, frame, packet_type)  # type: ignore[arg-type]
        finally:
            depth = held

    monkeypatch.setattr(NetDevice, "xmit", xmit)
    monkeypatch.setattr(NetDevice, "receive", receive)
    from exp2_two_vlans import build

    lab = Lab(seed=0)
    build(lab)
    assert lab["d1"].ping("172.16.10.11", count=1)
    lab.hosts["host1"].docker.run("d5", network="mac10", ip="172.16.10.50")
    assert lab["d1"].ping("172.16.10.50", count=1)


@pytest.mark.parametrize("reason", list(DropReason), ids=lambda reason: reason.name)
def test_reasons_say_something(reason: DropReason) -> None:
    assert reason.meaning
    assert not reason.meaning.endswith(".")
