"""The Linux bridge: cases T67-T69 of linux.md 13."""

from __future__ import annotations

from typing import Any

import pytest

from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import BridgePort
from macvsim.dev.veth import Veth
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes
from tests.conformance.lab import OUT, Capture, Lab, test_frame

UNKNOWN = mac_bytes("02:00:00:00:00:77")


class Segment:
    """A bridge br0 whose ports' far ends are veth devices, by the names given."""

    def __init__(self, *names: str, **options: Any) -> None:
        self.lab = lab = Lab()
        ns = lab.ns("sw")
        self.ends: dict[str, Veth] = {}
        inner = []
        for name in names:
            end, port = lab.veth(lab.ns(name), "eth0", ns, name)
            self.ends[name] = end
            inner.append(port)
        self.bridge: Bridge = lab.bridge(ns, "br0", *inner, **options)
        self.seen: dict[str, Capture] = {name: lab.capture(end) for name, end in self.ends.items()}
        self.seen["br0"] = lab.capture(self.bridge)

    def port(self, name: str) -> BridgePort:
        port = self.bridge.port_of(self.lab.spaces["sw"].dev(name))
        assert port is not None
        return port

    def sent(self, name: str, dst: bytes, tag: int = 0) -> dict[str, int | None]:
        """Send a frame from the far end of a port, or from the bridge device; VLAN ids by who received it."""
        dev = self.bridge if name == "br0" else self.ends[name]
        uid = self.lab.send(dev, test_frame(dst, dev.mac), tag)
        self.lab.run()
        return {
            who: s.vid
            for who, capture in self.seen.items()
            for s in capture
            if s.frame.uid == uid and s.type is not OUT
        }

    def teach(self) -> None:
        """Everybody has been heard."""
        for name in self.ends:
            self.sent(name, BROADCAST_MAC)


@pytest.mark.rule("T67", "4.3")
@pytest.mark.parametrize("learned", [False, True])
def test_T67_isolated_ports(learned: bool) -> None:
    net = Segment("i1", "i2", "n1")
    for name in ("i1", "i2"):
        net.port(name).set_flag("isolated", True)
    if learned:
        net.teach()
    for one, other in (("i1", "i2"), ("i2", "i1")):
        assert other not in net.sent(one, net.ends[other].mac)
        assert set(net.sent(one, BROADCAST_MAC)) == {"n1", "br0"}
        assert "n1" in net.sent(one, net.ends["n1"].mac)
        assert one in net.sent("n1", net.ends[one].mac)
        assert set(net.sent(one, net.bridge.mac)) == {"br0"}
        assert one in net.sent("br0", net.ends[one].mac)
    assert set(net.sent("n1", BROADCAST_MAC)) == {"i1", "i2", "br0"}
    assert set(net.sent("n1", UNKNOWN)) == {"i1", "i2"}
    assert set(net.sent("br0", BROADCAST_MAC)) == {"i1", "i2", "n1"}


class Filtering(Segment):
    """a1, a2: access ports (PVID 1 untagged); a3: access port of VLAN 100; t: trunk, VLANs 1 untagged PVID and 100
    tagged; x: tagged 100 only, no PVID.
    """

    def __init__(self) -> None:
        super().__init__("a1", "a2", "a3", "t", "x", vlan_filtering=True)
        vlans = self.bridge.vlan_config
        vlans.add(self.port("t"), 100)
        vlans.add(self.port("a3"), 100, pvid=True, untagged=True)
        vlans.remove(self.port("a3"), 1)
        vlans.add(self.port("x"), 100)
        vlans.remove(self.port("x"), 1)


TAG100, TAG200, TAG0 = (0x8100 << 16 | vid for vid in (100, 200, 0))
FILTERING = [
    # ingress port, tag, who gets a broadcast and with which VID
    ("a1", 0, {"a2": None, "t": None, "br0": None}),
    ("a1", TAG0, {"a2": None, "t": None, "br0": None}),
    ("a1", TAG100, {}),
    ("a1", TAG200, {}),
    ("a3", 0, {"t": 100, "x": 100}),
    ("a3", TAG100, {"t": 100, "x": 100}),
    ("t", 0, {"a1": None, "a2": None, "br0": None}),
    ("t", TAG100, {"a3": None, "x": 100}),
    ("t", TAG200, {}),
    ("x", 0, {}),
    ("x", TAG0, {}),
    ("x", TAG100, {"a3": None, "t": 100}),
    ("x", TAG200, {}),
]


@pytest.mark.rule("T68", "4.5")
@pytest.mark.parametrize(("port", "tag", "expected"), FILTERING)
def test_T68_vlan_filtering(port: str, tag: int, expected: dict[str, int | None]) -> None:
    assert Filtering().sent(port, BROADCAST_MAC, tag) == expected


@pytest.mark.rule("T68", "4.5", "4.2")
def test_T68_learning_is_per_vlan() -> None:
    net = Filtering()
    net.sent("t", BROADCAST_MAC, TAG100)
    assert net.sent("a3", net.ends["t"].mac) == {"t": 100}
    assert set(net.sent("a1", net.ends["t"].mac)) == {"a2", "t"}


@pytest.mark.rule("T68", "4.5")
def test_T68_another_tag_protocol_is_untagged_payload() -> None:
    assert set(Filtering().sent("a1", BROADCAST_MAC, 0x88A8 << 16 | 100)) == {"a2", "t", "br0"}


@pytest.mark.rule("T68", "4.5")
@pytest.mark.parametrize("tag", [0, TAG100, TAG200])
def test_T68_filtering_off_tags_are_payload(tag: int) -> None:
    net = Segment("a1", "a2")
    vid = tag & 0xFFF or None
    assert net.sent("a1", BROADCAST_MAC, tag) == {"a2": vid, "br0": vid}


@pytest.mark.rule("T69", "4.1")
@pytest.mark.parametrize(
    ("last", "forwarded", "own_stack"),
    [(0x0E, False, True), (2, False, True), (3, False, True), (1, False, False), (0, True, False)],
)
def test_T69_link_local_groups(last: int, forwarded: bool, own_stack: bool) -> None:
    """:01 is dropped; the others that are not forwarded go to the stack of the port's own device."""
    net = Segment("a", "b")
    dst = b"\x01\x80\xc2\x00\x00" + bytes((last,))
    uid = net.lab.send(net.ends["a"], test_frame(dst, net.ends["a"].mac))
    net.lab.run()
    assert any(s.frame.uid == uid for s in net.seen["b"]) is forwarded
    assert net.lab.stack_saw(net.lab.spaces["sw"].dev("a"), uid) is own_stack
