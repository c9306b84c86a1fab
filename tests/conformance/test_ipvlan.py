"""ipvlan: cases T70 and T71 of linux.md 13, and the rules of its section 5."""

from __future__ import annotations

import pytest

from macvsim.dev.ipvlan import Flag, Ipvlan, Mode, layer3_address
from macvsim.dev.nic import Nic
from macvsim.engine.drop import DropReason
from macvsim.errors import AddressInUse, DeviceBusy, NetlinkError
from macvsim.net.fibroute import RouteType
from macvsim.net.links import add_dummy, add_macvlan, add_vlan
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes
from macvsim.wire.frame import Frame
from tests.conformance.lab import BCAST, HOST, OTHER, OUT, Lab, arp_frame, echo_frame

L2, L3, L3S = Mode.L2, Mode.L3, Mode.L3S
FOREIGN = mac_bytes("02:00:00:00:00:77")


class Two:
    """F1 with ipvlan children i1 (10.0.0.1) and i2 (10.0.0.2) on h1's card, and one, r (10.0.0.3), on h2's."""

    def __init__(self, mode: Mode = L2, flag: Flag = Flag.BRIDGE) -> None:
        self.lab = lab = Lab()
        self.p0, self.far = lab.fixture()
        self.i1, self.i2 = (lab.ipvlan(f"i{n}", self.p0, f"10.0.0.{n}/24", mode=mode, flag=flag) for n in (1, 2))
        self.r = lab.ipvlan("r", self.far, "10.0.0.3/24", mode=mode, flag=flag)
        if mode is not L2:
            for name in ("i1", "i2", "r"):
                lab.route(lab.spaces[name], "default", dev=lab.spaces[name].dev("eth0"))

    def ping(self, source: str, target: str) -> bool:
        return self.lab.ping(self.lab.spaces[source], target, wait=3.5).ok

    def drops(self, dev: Nic | Ipvlan, reason: DropReason) -> int:
        return self.lab.sim.drops.get((dev, reason), 0)


# -- l2 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T70", "5.1", "5.2")
def test_T70_siblings_share_the_mac() -> None:
    net = Two()
    wire = net.lab.capture(net.p0)
    assert net.i1.mac == net.i2.mac == net.p0.mac
    assert net.ping("i1", "10.0.0.2")
    assert [(s.kind, s.type) for s in wire] == [("who-has", OUT)]  # what siblings say to each other stays off the wire


@pytest.mark.rule("T70", "5.1", "5.6")
def test_T70_second_owner_of_an_address() -> None:
    net = Two()
    with pytest.raises(AddressInUse) as caught:
        net.lab.address(net.i2, "10.0.0.1/24")
    assert caught.value.extack == "Address already assigned to an ipvlan device"
    assert [a.text for a in net.i2.inet.addresses] == ["10.0.0.2/24"]
    net.i1.ns.addresses.remove(net.i1, 0x0A000001)  # type: ignore[attr-defined]
    net.lab.address(net.i2, "10.0.0.1/24")
    net.lab.address(net.p0, "10.0.0.1/24")  # the lower device's own addresses are another matter


@pytest.mark.rule("5.2")
def test_l2_across_hosts() -> None:
    net = Two()
    assert net.ping("i1", "10.0.0.3")
    assert net.ping("r", "10.0.0.2")


@pytest.mark.rule("5.2")
def test_l2_own_host_is_unreachable() -> None:
    """The child's ARP request goes to siblings and the wire, never to its own host."""
    net = Two()
    assert not net.ping("i1", "10.0.0.100")
    assert not net.ping("h1", "10.0.0.1")


@pytest.mark.rule("5.2")
def test_l2_static_neighbour_reaches_the_host() -> None:
    """With the shared MAC known the packet does come in at the lower device; the answer goes to the wire."""
    net = Two()
    net.lab.settle()
    seen = net.lab.capture(net.p0)
    net.lab.send(net.i1, echo_frame(net.p0.mac, net.p0.mac, "10.0.0.1", "10.0.0.100"))
    net.lab.run(0.5)
    assert seen.of("echo", type=HOST)
    assert net.lab.state(net.lab.spaces["h1"], "p0", "10.0.0.1") == "INCOMPLETE"


@pytest.mark.rule("5.2")
def test_l2_broadcast_reaches_siblings_before_the_wire() -> None:
    net = Two()
    near, wire = net.lab.capture(net.i2), net.lab.capture(net.p0)
    uid = net.lab.send(net.i1, arp_frame(1, net.i1.mac, "10.0.0.1", "10.0.0.9"))
    net.lab.run()
    assert [(s.frame.uid, s.type) for s in near] == [(uid, BCAST)]
    assert [(s.frame.uid, s.type) for s in wire] == [(uid, OUT)]
    assert near[0].at <= wire[0].at
    assert (net.i2.stats.rx_packets, net.i2.stats.multicast) == (1, 1)
    assert net.i2.stats.rx_bytes == len(near[0].frame.raw) + 14


@pytest.mark.rule("5.2")
def test_l2_own_broadcast_come_back_is_not_distributed() -> None:
    """A hairpin switch sends a child's broadcast back: its source is one of ours (ipvlan_external_frame)."""
    net = Two()
    net.lab.settle()
    near = net.lab.capture(net.i2)
    net.p0.wire_receive(frame := _frame(net, arp_frame(1, net.p0.mac, "10.0.0.1", "10.0.0.9")))
    net.p0.wire_receive(_frame(net, arp_frame(1, net.p0.mac, "10.0.0.8", "10.0.0.9")))
    net.lab.run()
    assert [s.src for s in near] == ["10.0.0.8"]
    assert frame.uid not in [s.frame.uid for s in near]


def _frame(net: Two, raw: bytes) -> Frame:
    return Frame(raw, net.lab.sim.born())


@pytest.mark.rule("5.2")
def test_l2_multicast_only_to_who_listens() -> None:
    net = Two()
    group = mac_bytes("01:00:5e:01:01:01")
    for dev in (net.p0, net.i2):
        dev.add_mc(group)
    first, second = net.lab.capture(net.i1), net.lab.capture(net.i2)
    net.lab.send(net.far, group + net.far.mac + b"\x88\xb5" + bytes(46))
    net.lab.run()
    assert not first
    assert [s.type.name for s in second] == ["MULTICAST"]


@pytest.mark.rule("5.1")
def test_l2_unicast_by_address_not_by_mac() -> None:
    """Whoever owns the destination address gets the frame, as the packet type the lower device gave it."""
    net = Two()
    net.lab.settle()
    net.p0.set_promisc(True)
    seen = net.lab.capture(net.i1)
    net.lab.send(net.far, echo_frame(FOREIGN, net.far.mac, "10.0.0.200", "10.0.0.1"))
    net.lab.send(net.far, echo_frame(net.p0.mac, net.far.mac, "10.0.0.200", "10.0.0.1"))
    net.lab.run()
    assert [s.type for s in seen.of("echo")] == [OTHER, HOST]
    assert net.drops(net.i1, DropReason.OTHERHOST) == 1


@pytest.mark.rule("5.5")
@pytest.mark.parametrize(("flag", "siblings"), [(Flag.BRIDGE, True), (Flag.PRIVATE, False), (Flag.VEPA, False)])
@pytest.mark.parametrize("mode", [L2, L3, L3S])
def test_flags(mode: Mode, flag: Flag, siblings: bool) -> None:
    net = Two(mode, flag)
    wire = net.lab.capture(net.p0)
    assert net.ping("i1", "10.0.0.2") is siblings
    if flag is Flag.PRIVATE:
        assert net.drops(net.i1, DropReason.IPVLAN_PRIVATE) + net.drops(net.i2, DropReason.IPVLAN_PRIVATE) > 0
        assert net.i1.stats.tx_dropped + net.i2.stats.tx_dropped > 0
    if flag is Flag.VEPA and mode is L2:
        assert wire.of("who-has", type=OUT)


# -- l3 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T71", "5.3")
def test_T71_no_arp_no_broadcast() -> None:
    net = Two(L3)
    assert net.i1.noarp
    near, wire = net.lab.capture(net.i2), net.lab.capture(net.p0)
    net.lab.send(net.i1, arp_frame(1, net.i1.mac, "10.0.0.1", "10.0.0.2", dst=BROADCAST_MAC))
    net.lab.send(net.i1, echo_frame(BROADCAST_MAC, net.i1.mac, "10.0.0.1", "10.0.0.255"))
    net.lab.send(net.far, echo_frame(BROADCAST_MAC, net.far.mac, "10.0.0.200", "10.0.0.255"))
    net.lab.run()
    assert not near.of("echo")
    assert [s.type for s in wire.of("echo")] == [BCAST]
    assert net.drops(net.i1, DropReason.IPVLAN_NO_GROUPS) == 1
    assert net.i1.stats.tx_dropped == 1


@pytest.mark.rule("5.3")
def test_l3_routed_by_the_lower_devices_host() -> None:
    """Another subnet is reached by the host's gateway, TTL untouched; the way back needs a route to the host."""
    lab = Lab()
    p0, far = lab.fixture()
    child = lab.ipvlan("i1", p0, "172.16.1.10/24", mode=L3)
    lab.route(child.ns, "default", dev=child)  # type: ignore[arg-type]
    wire = lab.capture(far)
    assert lab.ping(child.ns, "10.0.0.200").silent  # type: ignore[arg-type]
    assert [s.src for s in wire.of("who-has")] == ["10.0.0.100"]  # the host asks, with its own address
    lab.route(lab.spaces["h2"], "172.16.1.0/24", via="10.0.0.100")
    wire.clear()
    ping = lab.ping(child.ns, "10.0.0.200", wait=0.5)  # type: ignore[arg-type]
    assert [r.ttl for r in ping.replies] == [64]
    assert [s.ttl for s in wire.of("echo")] == [64]


@pytest.mark.rule("5.3")
def test_l3_no_route() -> None:
    """Without a route of the host's the packet counts as an error of the lower device."""
    net = Two(L3)
    net.lab.settle()
    net.lab.spaces["h1"].fib.remove_if(lambda route: True)
    net.p0.set_down()
    net.lab.run(3)
    net.p0.set_up()
    net.lab.run(3)
    errors = net.p0.stats.tx_errors
    net.lab.send(net.i1, echo_frame(net.i1.mac, net.i1.mac, "10.0.0.1", "224.0.0.9"))
    assert net.p0.stats.tx_errors == errors + 1
    assert net.i1.stats.tx_dropped == 1


@pytest.mark.rule("5.3")
def test_l3_asked_for_its_mac() -> None:
    """A host that takes the child to be on its link asks in vain: the child hears it, and does no ARP."""
    net = Two(L3)
    heard = net.lab.capture(net.i1)
    assert not net.ping("h2", "10.0.0.1")
    assert [(s.kind, s.type) for s in heard] == [("who-has", BCAST)] * 3
    assert net.drops(net.i1, DropReason.ARP_NOARP) == 3


# -- l3s ---------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("5.4")
def test_l3s_comes_in_by_the_hosts_stack() -> None:
    lab = Lab()
    p0, far = lab.fixture()
    child = lab.ipvlan("i1", p0, "172.16.1.10/24", mode=L3S)
    lab.route(child.ns, "default", dev=child)  # type: ignore[arg-type]
    lab.route(lab.spaces["h2"], "172.16.1.0/24", via="10.0.0.100")
    seen, host = lab.capture(child), lab.spaces["h1"].snmp.ip
    before = host["InDelivers"]
    assert lab.ping(lab.spaces["h2"], "172.16.1.10", wait=0.5).ok
    assert [s.kind for s in seen] == ["reply"]  # what comes in is never on the child's device
    assert host["InDelivers"] == before + 1
    assert (child.stats.rx_packets, child.stats.rx_bytes) == (1, 98)
    assert far.mac in [entry.ha for entry in lab.spaces["h1"].neigh.entries.values()]


@pytest.mark.rule("5.4")
def test_l3s_fragments_are_put_together_first() -> None:
    net = Two(L3S)
    net.lab.route(net.lab.spaces["h2"], "10.0.0.1/32", via="10.0.0.100")
    ping = net.lab.ping(net.lab.spaces["h2"], "10.0.0.1", size=3000, wait=0.5)
    assert ping.ok
    assert net.i1.stats.rx_packets == 1


# -- configuration -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("5.6")
def test_mode_and_flag_belong_to_the_parent() -> None:
    lab = Lab()
    card = lab.nic(lab.ns("h"), "p0")
    first = lab.ipvlan("a", card, mode=L2, flag=Flag.PRIVATE)
    second = lab.ipvlan("b", card, mode=L3, up=False)
    assert first.port.mode is L3
    assert (first.noarp, second.noarp) == (True, False), "the second's own comes when it opens"
    second.set_up()
    assert (first.noarp, second.noarp) == (True, True)
    assert first.port.flag is Flag.PRIVATE
    first.port.set_mode(L2)
    assert (first.noarp, second.noarp) == (False, False)


@pytest.mark.rule("5.6")
def test_who_may_stand_where() -> None:
    lab = Lab()
    ns = lab.ns("h")
    card, other = lab.nic(ns, "p0"), lab.nic(ns, "p1")
    child = lab.ipvlan("a", card, mode=L2)
    assert lab.ipvlan("b", child, mode=L2).lower is card
    with pytest.raises(DeviceBusy):
        add_macvlan(ns, card, "m0")
    with pytest.raises(DeviceBusy):
        lab.bridge(ns, "br0", card)
    add_macvlan(ns, other, "m1")
    with pytest.raises(DeviceBusy):
        lab.ipvlan("c", other)
    with pytest.raises(NetlinkError) as vlan:
        add_vlan(ns, child, 5)
    assert (vlan.value.errno, vlan.value.extack) == ("EOPNOTSUPP", "8021q: VLANs not supported on device")
    for refused in (
        lambda: add_macvlan(ns, child, "m2"),
        lambda: lab.ipvlan("d", ns.dev("lo")),
    ):
        with pytest.raises(NetlinkError) as caught:
            refused()
        assert caught.value.errno == "EINVAL"
    with pytest.raises(NetlinkError) as mac:
        child.set_mac(FOREIGN)
    assert mac.value.errno == "EOPNOTSUPP"


@pytest.mark.rule("5.6")
def test_follows_the_parent() -> None:
    lab = Lab()
    ns = lab.ns("h")
    card = add_dummy(ns, "d0", mac=FOREIGN)
    card.set_up()
    child = lab.ipvlan("a", card, mode=L2)
    card.set_mtu(1300)
    assert child.mtu == 1300
    card.set_mtu(1500)
    assert child.mtu == 1500
    child.set_mtu(9000)  # nothing holds a child to its parent's MTU
    card.set_mac(mac_bytes("02:00:00:00:00:78"))
    assert child.mac == card.mac
    assert child.permanent_mac == FOREIGN
    card.destroy()
    assert "eth0" not in lab.spaces["a"].devices


@pytest.mark.rule("5.6")
def test_listening_and_promiscuity() -> None:
    """A child's groups and allmulti go to the parent, its promiscuity stays its own."""
    lab = Lab()
    card = lab.nic(lab.ns("h"), "p0")
    child = lab.ipvlan("a", card, mode=L2)
    group = mac_bytes("01:00:5e:01:01:01")
    child.add_mc(group)
    assert card.mc[group] == 1
    child.set_promisc(True)
    assert card.promiscuity == 0
    child.set_allmulti(True)
    child.set_down()
    assert card.allmulti == 1  # even a child that is down keeps it
    assert group not in card.mc
    child.set_allmulti(False)
    assert card.allmulti == 0


@pytest.mark.rule("5.1")
def test_addresses_of_a_child_that_is_down() -> None:
    """They are taken all the same, but nothing comes to them."""
    net = Two()
    net.i1.set_down()
    with pytest.raises(AddressInUse):
        net.lab.address(net.i2, "10.0.0.1/32")
    assert not net.ping("i2", "10.0.0.1")
    net.i1.set_up()
    assert net.ping("i2", "10.0.0.1")


@pytest.mark.rule("5.1")
@pytest.mark.parametrize(
    ("raw", "target", "source"),
    [
        (echo_frame(FOREIGN, FOREIGN, "1.2.3.4", "5.6.7.8"), b"\5\6\7\x08", b"\1\2\3\4"),
        (arp_frame(1, FOREIGN, "1.2.3.4", "5.6.7.8"), b"\5\6\7\x08", b"\1\2\3\4"),
        (echo_frame(FOREIGN, FOREIGN, "1.2.3.4", "5.6.7.8")[:40], b"", b""),
        (echo_frame(FOREIGN, FOREIGN, "1.2.3.4", "5.6.7.8")[:20], b"", b""),
        (arp_frame(1, FOREIGN, "1.2.3.4", "5.6.7.8")[:41], b"", b""),
        (FOREIGN * 2 + b"\x88\xb5" + bytes(46), b"", b""),
    ],
)
def test_layer3_address(raw: bytes, target: bytes, source: bytes) -> None:
    assert layer3_address(raw, target=True) == target
    assert layer3_address(raw, target=False) == source


@pytest.mark.rule("5.1")
def test_layer3_address_of_neighbour_solicitations() -> None:
    """Duplicate address detection, from ``::`` to a group, counts as for the address it asks about."""
    wanted = bytes(range(16))
    head = FOREIGN * 2 + b"\x86\xdd" + b"\x60\0\0\0" + b"\0\x18" + b"\x3a\xff"
    body = b"\x87\0\0\0" + bytes(4) + wanted
    assert layer3_address(head + bytes(16) + b"\xff" * 16 + body, target=True) == wanted
    assert layer3_address(head + wanted + b"\xff" * 16 + body, target=True) == b"\xff" * 16
    assert layer3_address(head + bytes(16) + b"\xff" * 16 + b"\x85" + body[1:], target=True) == b""


# -- what the sender hears ---------------------------------------------------------------------------------------------


@pytest.mark.rule("5.5")
def test_dropped_by_the_driver_is_told_to_the_program() -> None:
    """NET_XMIT_DROP becomes ENOBUFS where the program asked for errors, and counts as discarded."""
    net = Two(L3)
    ping = net.lab.ping(net.lab.spaces["i1"], "224.0.0.9", wait=0.1, dev="eth0")
    assert ping.refused == ["ENOBUFS"]
    assert net.lab.spaces["i1"].snmp.ip["OutDiscards"] == 1
    assert net.lab.ping(net.lab.spaces["i1"], "10.0.0.2", wait=0.1).refused == []


def test_l3_unusable_route_of_the_host_is_as_none() -> None:
    """The host's lookup is bound to the card: a blackhole there does not count, the destination is taken to be near."""
    lab = Lab()
    p0, far = lab.fixture()
    child = lab.ipvlan("i1", p0, "172.16.1.10/24", mode=L3)
    lab.route(child.ns, "default", dev=child)  # type: ignore[arg-type]
    lab.route(lab.spaces["h1"], "10.9.9.9/32", type=RouteType.BLACKHOLE)
    wire = lab.capture(far)
    lab.ping(child.ns, "10.9.9.9", wait=0.1)  # type: ignore[arg-type]
    assert [s.dst for s in wire.of("who-has")] == ["10.9.9.9"]
    assert lab.ping(lab.spaces["h1"], "10.9.9.9", wait=0.1).refused == ["EINVAL"]


def test_l3_host_of_the_parent_hears_of_no_failure_without_a_way_back() -> None:
    """What a child sent and nobody answered for: the error goes to the child's address by the host's own routes."""
    lab = Lab()
    p0, far = lab.fixture()
    child = lab.ipvlan("i1", p0, "172.16.1.10/24", mode=L3)
    lab.route(child.ns, "default", dev=child)  # type: ignore[arg-type]
    wire = lab.capture(far)
    assert lab.ping(child.ns, "10.0.0.9").silent  # type: ignore[arg-type]
    assert {s.dst for s in wire.of("who-has")} == {"10.0.0.9"}
    lab.route(lab.spaces["h1"], "172.16.1.0/24", dev=p0)
    wire.clear()
    assert lab.ping(child.ns, "10.0.0.9").silent  # type: ignore[arg-type]
    assert {s.dst for s in wire.of("who-has")} == {"10.0.0.9", "172.16.1.10"}


def test_route_deleted_while_its_packets_wait() -> None:
    lab = Lab()
    p0, _ = lab.fixture()
    h1 = lab.spaces["h1"]
    route = lab.route(h1, "172.16.1.0/24", dev=p0)
    lost, told = (lab.start_ping(h1, ip) for ip in ("172.16.1.9", "10.0.0.9"))
    lab.run(1)
    h1.fib.remove(route)
    lab.run(3)
    assert lost.silent
    assert [(e.kind, e.code) for e in told.errors] == [(3, 1)]


def test_echo_to_a_group_that_is_ignored_counts_as_an_error() -> None:
    lab = Lab()
    lab.fixture()
    lab.ping(lab.spaces["h2"], "10.0.0.255", wait=0.1, broadcast=True)
    assert lab.spaces["h1"].snmp.icmp["InErrors"] == 1
