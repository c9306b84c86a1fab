"""macvlan ports: when group frames reach children, multicast filter, counters, parent events (2.3, 2.7, 2.10, 2.12)."""

from __future__ import annotations

import pytest

from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.wire import ipv4
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes
from tests.conformance.lab import BCAST, HOST, MCAST, Lab, arp_frame, echo_packet, test_frame

GROUP = mac_bytes("01:00:5e:01:01:01")
OTHER_GROUP = mac_bytes("01:00:5e:02:02:02")
PAUSE = mac_bytes("01:80:c2:00:00:01")
EXTERNAL = mac_bytes("02:00:00:00:00:ee")


class Port:
    """A veth parent with `count` bridge children and its peer, from where frames come."""

    def __init__(self, count: int = 2, **options: int) -> None:
        self.lab = Lab()
        self.parent, self.peer = self.lab.veth(self.lab.ns("h"), "p0", self.lab.ns("w"), "w0")
        self.children: list[Macvlan] = [
            self.lab.container(f"c{n}", self.parent, **options) for n in range(1, count + 1)
        ]
        self.seen = [self.lab.capture(child) for child in self.children]

    def send(self, dst: bytes, *, wait: float = 0.1) -> int:
        uid = self.lab.send(self.peer, test_frame(dst, EXTERNAL))
        self.lab.run(wait)
        return uid


@pytest.mark.rule("2.3q")
def test_unicast_overtakes_a_broadcast() -> None:
    """2.3: broadcasts wait in a work queue, so a unicast frame right behind one is seen first."""
    port = Port(1)
    port.send(BROADCAST_MAC, wait=5e-7)
    port.send(port.children[0].mac, wait=0)
    port.lab.run()
    assert [s.type for s in port.seen[0]] == [HOST, BCAST]


@pytest.mark.rule("2.3g")
@pytest.mark.parametrize("length", [14, 20, 22, 33])
def test_runts_are_no_fragments(length: int) -> None:
    """Frames too short for an IP header reach the stacks as they are."""
    port = Port(1)
    port.lab.send(port.peer, (BROADCAST_MAC + EXTERNAL + b"\x08\x00" + b"\x45" + b"\xff" * 19)[:length])
    port.lab.run()
    assert [s.type for s in port.seen[0]] == [BCAST]


@pytest.mark.rule("2.3q")
@pytest.mark.parametrize(("listeners", "order"), [(1, [MCAST, HOST]), (2, [HOST, MCAST])])
def test_multicast_wanted_by_one_child_is_synchronous(listeners: int, order: list[object]) -> None:
    """2.3: with the default cutoff only a group wanted by two or more goes through the queue.

    The parent is a card with a unicast filter: the queue's filter of a promiscuous parent has every bit set.
    """
    lab = Lab()
    card, far = lab.nic(lab.ns("h"), "p0"), lab.nic(lab.ns("w"), "w0")
    lab.cable(card, far)
    children = [lab.container(f"c{n}", card) for n in (1, 2)]
    seen = lab.capture(children[0])
    for child in children[:listeners]:
        child.add_mc(GROUP)
    lab.run()
    for dst in (GROUP, children[0].mac):
        lab.send(far, test_frame(dst, EXTERNAL))
        lab.run(5e-7)  # less than the work queue takes
    lab.run()
    assert [s.type for s in seen] == order


@pytest.mark.rule("2.3q", "2.12")
def test_queue_overflow_is_charged_to_the_parent() -> None:
    port = Port(1, bcqueuelen=3)
    port.lab.run()
    before = port.parent.stats.rx_dropped
    for _ in range(5):
        port.lab.send(port.peer, arp_frame(1, EXTERNAL, "10.0.0.9", "10.0.0.7"))
    port.lab.run()
    assert len(port.seen[0]) == 3
    assert port.parent.stats.rx_dropped - before == 2


@pytest.mark.rule("2.3q")
def test_port_uses_the_longest_queue_any_child_wants() -> None:
    port = Port(1, bcqueuelen=3)
    port.lab.container("c9", port.parent, bcqueuelen=4)
    port.lab.run()
    for _ in range(5):
        port.send(BROADCAST_MAC, wait=0)
    port.lab.run()
    assert len(port.seen[0]) == 4


@pytest.mark.rule("2.3g")
def test_pause_frames_are_never_distributed() -> None:
    port = Port(2)
    for child in port.children:
        child.set_allmulti(True)
    pause = b"\x88\x08\x00\x01" + bytes(44)
    port.lab.send(port.peer, PAUSE + EXTERNAL + pause)
    port.lab.run()
    assert port.seen[0] == []
    port.lab.send(port.children[0], PAUSE + port.children[0].mac + pause)
    port.lab.run()
    assert port.seen[1] == []


@pytest.mark.rule("2.7")
@pytest.mark.parametrize("wish", ["joined", "allmulti", "promisc"])
def test_multicast_filter(wish: str) -> None:
    """2.7: the child's own list; all ones if it is ALLMULTI or PROMISC."""
    port = Port(2)
    child = port.children[0]
    {"joined": lambda: child.add_mc(GROUP), "allmulti": lambda: child.set_allmulti(True)}.get(
        wish, lambda: child.set_promisc(True)
    )()
    port.send(GROUP)
    port.send(OTHER_GROUP)
    assert [s.frame.dst for s in port.seen[0]] == ([GROUP] if wish == "joined" else [GROUP, OTHER_GROUP])
    assert port.seen[1] == []


@pytest.mark.rule("2.7")
def test_sibling_group_frames_pass_the_filter_too() -> None:
    """2.4: cloned synchronously to the bridge-mode children that want them."""
    port = Port(3)
    port.children[1].add_mc(GROUP)
    port.lab.send(port.children[0], test_frame(GROUP, port.children[0].mac))
    port.lab.run()
    assert [len(seen) for seen in port.seen] == [1, 1, 0]


@pytest.mark.rule("2.3g")
def test_ip_fragments_in_group_frames_are_reassembled_first() -> None:
    """2.3: incomplete ones are held; children and the parent's stack get the whole packet."""
    port = Port(2)
    parent = port.lab.capture(port.parent)
    packet = echo_packet("10.0.0.9", "10.0.0.255", size=400)
    first = ipv4.with_frag(packet, 20 + 160, ipv4.MF) + packet[20:180]
    last = ipv4.with_frag(packet, len(packet) - 160, 160 // 8) + packet[180:]
    port.lab.send(port.peer, BROADCAST_MAC + EXTERNAL + b"\x08\x00" + last)
    port.lab.run()
    assert [len(seen) for seen in port.seen] == [0, 0]
    port.lab.send(port.peer, BROADCAST_MAC + EXTERNAL + b"\x08\x00" + first)
    port.lab.run()
    assert [[s.frame.raw[14:] for s in seen] for seen in port.seen] == [[packet], [packet]]
    assert [len(s.frame.raw) - 14 for s in parent] == [len(last), len(first)]


@pytest.mark.rule("2.12")
def test_reflected_broadcast_of_a_private_child_counts_as_received() -> None:
    port = Port(1, mode=Mode.PRIVATE)  # type: ignore[arg-type]
    child = port.children[0]
    before = (child.stats.rx_packets, child.stats.multicast)
    port.lab.send(port.peer, test_frame(BROADCAST_MAC, child.mac))
    port.lab.run()
    assert (child.stats.rx_packets, child.stats.multicast) == (before[0] + 1, before[1])


@pytest.mark.rule("2.12")
def test_counters() -> None:
    """2.12: unicast counts as received, a group frame also as multicast."""
    port = Port(2)
    child = port.children[0]
    before = (child.stats.rx_packets, child.stats.multicast, child.stats.tx_packets)
    port.send(child.mac)
    port.send(BROADCAST_MAC)
    after = (child.stats.rx_packets, child.stats.multicast, child.stats.tx_packets)
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1, 0]
    port.lab.send(child, test_frame(port.children[1].mac, child.mac))
    assert child.stats.tx_packets == after[2] + 1


@pytest.mark.rule("2.12")
def test_injection_refused_by_the_parents_mtu_still_counts_as_sent() -> None:
    """2.4: a sibling's frame longer than the parent's MTU + 18 is not delivered, but was sent."""
    port = Port(2)
    a, b = port.children
    for child in (a, b):
        assert child.mtu == 1500
    sent = a.stats.tx_packets
    port.lab.send(a, test_frame(b.mac, a.mac, bytes(1505)))
    port.lab.run()
    assert a.stats.tx_packets == sent + 1
    assert port.seen[1] == []
    port.lab.send(a, test_frame(b.mac, a.mac, bytes(1504)))
    port.lab.run()
    assert len(port.seen[1]) == 1


@pytest.mark.rule("2.10")
@pytest.mark.parametrize("mode", [Mode.BRIDGE, Mode.PRIVATE, Mode.VEPA, Mode.SOURCE])
def test_parent_mac_change_leaves_children_alone(mode: Mode) -> None:
    port = Port(1, mode=mode)  # type: ignore[arg-type]
    mac = port.children[0].mac
    port.parent.set_mac(mac_bytes("02:00:00:00:00:44"))
    assert port.children[0].mac == mac


@pytest.mark.rule("2.10")
def test_carrier_follows_the_parent_and_admin_state_does_not() -> None:
    port = Port(1)
    child = port.children[0]
    port.peer.set_down()
    port.lab.run(2)
    assert (child.up, child.carrier) == (True, False)
    port.peer.set_up()
    port.lab.run(2)
    assert (child.up, child.carrier) == (True, True)
    port.parent.set_down()
    port.lab.run(2)
    assert (child.up, child.carrier) == (True, False)
