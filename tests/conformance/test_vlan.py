"""802.1Q: cases T29-T32, T35, T36, T39-T41 of linux.md 13, and the tables of 1.5, 3.4, 3.5 and 3.6."""

from __future__ import annotations

import pytest

from macvsim.dev.macvlan import Mode
from macvsim.errors import NetlinkError
from macvsim.net.netfilter.rule import Interface, Spec, Standard
from macvsim.net.netfilter.statematches import StateMatch
from macvsim.net.netfilter.targets import Masquerade
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes, mac_text
from tests.conformance.lab import BCAST, HOST, OTHER, OUT, Lab, echo_frame, late, within

EXPLICIT = mac_bytes("02:00:00:00:01:00")
CHANGED = mac_bytes("02:00:00:00:00:08")
BOTH = ("enp0s8.100", "enp0s8.200")
KNOWN = StateMatch(("RELATED", "ESTABLISHED"))


def tag(vid: int, *, pcp: int = 0, tpid: int = 0x8100) -> int:
    return tpid << 16 | pcp << 13 | vid


# -- lab 2 of the document ---------------------------------------------------------------------------------------------


@pytest.mark.rule("T29", "3.2")
def test_T29_same_vlan() -> None:
    lab = Lab()
    lab.document()
    wire = lab.capture(lab.spaces["sw"].dev("p2"))
    for source, target, vid in (("d1", "172.16.10.11", 100), ("d2", "172.16.20.11", 200)):
        wire.clear()
        ping = lab.ping(lab.spaces[source], target, wait=0.5)
        assert [r.ttl for r in ping.replies] == [64]
        assert [(s.kind, s.vid) for s in wire] == [(k, vid) for k in ("who-has", "is-at", "echo", "reply")]


@pytest.mark.rule("T30", "0.2")
def test_T30_without_router() -> None:
    lab = Lab()
    lab.document(router=False)
    ping = lab.ping(lab.spaces["d1"], "172.16.20.10")
    assert [(e.source, e.kind, e.code) for e in ping.errors] == [("172.16.10.10", 3, 1)]
    assert within(ping.errors[0].at - ping.sent[1], late(3))
    assert ping.replies == []


@pytest.mark.rule("T30", "8.2")
def test_T30_router_without_forwarding() -> None:
    lab = Lab()
    lab.document(forwarding=0)
    wire = lab.capture(lab.spaces["sw"].dev("p3"))
    assert lab.ping(lab.spaces["d1"], "172.16.20.10").silent
    assert [(s.kind, s.vid) for s in wire] == [("who-has", 100), ("is-at", 100), ("echo", 100)]


@pytest.mark.rule("T31", "0.2")
def test_T31_through_the_router() -> None:
    """The eight frames of linux.md 0.2, in order, as the router's switch port has them."""
    lab = Lab()
    lab.document()
    mac = {name: mac_text(lab.spaces[name].dev("eth0").mac) for name in ("d1", "d2")}
    mac |= {"h3": mac_text(lab.spaces["h3"].dev("enp0s8").mac), "all": mac_text(BROADCAST_MAC)}
    wire = lab.capture(lab.spaces["sw"].dev("p3"))
    ping = lab.ping(lab.spaces["d1"], "172.16.20.10", wait=0.5)
    assert [(r.source, r.ttl) for r in ping.replies] == [("172.16.20.10", 63)]
    assert [(s.vid, s.kind, s.smac, s.dmac, s.src, s.dst) for s in wire] == [
        (100, "who-has", mac["d1"], mac["all"], "172.16.10.10", "172.16.10.1"),
        (100, "is-at", mac["h3"], mac["d1"], "172.16.10.1", "172.16.10.10"),
        (100, "echo", mac["d1"], mac["h3"], "172.16.10.10", "172.16.20.10"),
        (200, "who-has", mac["h3"], mac["all"], "172.16.20.1", "172.16.20.10"),
        (200, "is-at", mac["d2"], mac["h3"], "172.16.20.10", "172.16.20.1"),
        (200, "echo", mac["h3"], mac["d2"], "172.16.10.10", "172.16.20.10"),
        (200, "reply", mac["d2"], mac["h3"], "172.16.20.10", "172.16.10.10"),
        (100, "reply", mac["h3"], mac["d1"], "172.16.20.10", "172.16.10.10"),
    ]
    assert [s.ttl for s in wire.of("echo", "reply")] == [64, 63, 64, 63]


@pytest.mark.rule("T31", "0.2")
def test_T31_to_the_other_host() -> None:
    lab = Lab()
    lab.document()
    wire = lab.capture(lab.spaces["sw"].dev("p3"))
    ping = lab.ping(lab.spaces["d1"], "172.16.20.11", 2, wait=0.5)
    assert [(r.source, r.ttl) for r in ping.replies] == [("172.16.20.11", 63)] * 2
    assert [s.kind for s in wire[:8]] == ["who-has", "is-at", "echo", "who-has", "is-at", "echo", "reply", "reply"]
    assert wire.of("5/1") == []


def iptables(lab: Lab, table: str, chain: str, *rules: Spec) -> None:
    """``iptables -t TABLE -A CHAIN …`` on h3."""
    for rule in rules:
        lab.spaces["h3"].netfilter.ruleset("nf_tables").insert(table, chain, rule)


def between(i: str, o: str, *matches: StateMatch) -> Spec:
    """``-i I -o O MATCHES -j ACCEPT``."""
    return Spec(in_dev=Interface(i), out_dev=Interface(o), matches=matches, target=Standard.ACCEPT)


def counters(lab: Lab, table: str, chain: str) -> list[int]:
    """Packets by rule, then by the policy."""
    found = lab.spaces["h3"].netfilter.ruleset("nf_tables").chain(table, chain)
    return [rule.packets for rule in found.rules] + [found.packets]


@pytest.mark.rule("T32", "9.5")
def test_T32_iptables_rules_of_the_document() -> None:
    lab = Lab()
    lab.document()
    d1, h3 = lab.spaces["d1"], lab.spaces["h3"]
    h3.netfilter.ruleset("nf_tables").set_policy("filter", "FORWARD", Standard.DROP)
    assert lab.ping(d1, "172.16.20.10", 2).silent
    assert lab.ping(d1, "172.16.10.1").ok
    iptables(lab, "nat", "POSTROUTING", *(Spec(out_dev=Interface(dev), target=Masquerade()) for dev in BOTH))
    iptables(lab, "filter", "FORWARD", between(*BOTH, KNOWN), between(*BOTH[::-1], KNOWN))
    iptables(lab, "filter", "FORWARD", between(*BOTH), between(*BOTH[::-1]))
    seen = lab.capture(lab.spaces["d2"].dev("eth0"))
    ping = lab.ping(d1, "172.16.20.10", 2)
    assert [(r.source, r.ttl) for r in ping.replies] == [("172.16.20.10", 63)] * 2
    assert [(s.kind, s.src, s.dst) for s in seen.of("echo", "reply")] == [
        ("echo", "172.16.20.1", "172.16.20.10"),
        ("reply", "172.16.20.10", "172.16.20.1"),
    ] * 2
    assert counters(lab, "filter", "FORWARD") == [1, 2, 1, 0, 2]
    assert counters(lab, "nat", "POSTROUTING") == [0, 1, 0]


@pytest.mark.rule("T35", "9.5")
def test_T35_forward_rule_for_one_direction() -> None:
    lab = Lab()
    lab.document()
    d1 = lab.spaces["d1"]
    lab.spaces["h3"].netfilter.ruleset("nf_tables").set_policy("filter", "FORWARD", Standard.DROP)
    iptables(lab, "filter", "FORWARD", between(*BOTH))
    far = lab.capture(lab.spaces["d2"].dev("eth0"))
    assert lab.ping(d1, "172.16.20.10").silent
    assert [s.kind for s in far.of("echo", "reply")] == ["echo", "reply"]
    assert counters(lab, "filter", "FORWARD") == [1, 1]
    iptables(lab, "filter", "FORWARD", between(*BOTH[::-1], KNOWN))
    assert lab.ping(d1, "172.16.20.10").ok


# -- who gets tagged frames --------------------------------------------------------------------------------------------


@pytest.mark.rule("T36", "1.2v")
def test_T36_vlan_device_wins_over_macvlan() -> None:
    lab = Lab()
    nic, peer = lab.nic(lab.ns("h1"), "enp0s8"), lab.nic(lab.ns("w"), "w0")
    lab.cable(nic, peer)
    sub = lab.vlan(nic, 100)
    child = lab.container("c1", nic, "10.0.0.1/24")
    on_sub, on_child = lab.capture(sub), lab.capture(child)
    lab.send(peer, echo_frame(child.mac, peer.mac, "10.0.0.9", "10.0.0.1"), tag(100))
    lab.run()
    assert [(s.kind, s.type) for s in on_sub] == [("echo", OTHER)]
    assert on_child == []


@pytest.mark.rule("1.5")
@pytest.mark.parametrize(
    ("frame_tag", "vid", "answered"),
    [
        (0, None, True),
        (tag(5), 5, False),
        (tag(4095), 4095, False),
        (tag(0), 0, True),
        (tag(0, pcp=5), 0, True),
        (tag(0, tpid=0x88A8), 0, True),
    ],
)
def test_odd_tags(frame_tag: int, vid: int | None, answered: bool) -> None:
    """1.5: frames to the MAC of a macvlan child without any VLAN device; the answer is untagged."""
    lab = Lab()
    p0, peer = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    child = lab.container("c1", p0, "10.0.0.1/24")
    lab.address(peer, "10.0.0.9/24")
    seen, wire = lab.capture(child), lab.capture(peer)
    lab.send(peer, echo_frame(child.mac, peer.mac, "10.0.0.9", "10.0.0.1"), frame_tag)
    lab.run()
    assert seen[0].type is HOST
    assert (seen[0].frame.tag & 0xFFF if seen[0].frame.tag else None) == vid
    assert [s.vid for s in wire.of("reply")] == ([None] if answered else [])


@pytest.mark.rule("1.5")
def test_broadcast_of_an_unknown_vlan() -> None:
    """1.5: captured with its tag on the parent and every child, answered by nobody."""
    lab = Lab()
    p0, peer = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    devs = [p0, *(lab.container(f"c{n}", p0, f"10.0.0.{n}/24") for n in (1, 2))]
    captures = [lab.capture(dev) for dev in devs]
    wire = lab.capture(peer)
    lab.send(peer, echo_frame(BROADCAST_MAC, peer.mac, "10.0.0.9", "10.0.0.1"), tag(5))
    lab.run()
    assert [[(s.type, s.vid) for s in capture] for capture in captures] == [[(BCAST, 5)]] * 3
    assert [s.type for s in wire] == [OUT]


@pytest.mark.rule("2.11")
def test_vlan_on_macvlan() -> None:
    """2.11: works, until the parent has a VLAN device of that VID itself."""
    lab = Lab()
    p1, p2 = lab.fixture()
    children = [lab.container(f"c{n}", p) for n, p in ((1, p1), (2, p2))]
    for n, child in enumerate(children, 1):
        lab.vlan(child, 100, f"10.1.0.{n}/24")
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    assert lab.ping(lab.spaces["c1"], "10.1.0.2", wait=0.5).ok
    assert {s.vid for s in wire} == {100}
    lab.vlan(p2, 100)
    assert not lab.ping(lab.spaces["c1"], "10.1.0.2", wait=0.5).ok


@pytest.mark.rule("2.11")
def test_vlan_on_macvlan_siblings() -> None:
    """2.11: the short cut between bridge children works on MACs alone, the tag goes along."""
    lab = Lab()
    p1, _ = lab.fixture()
    for n in (1, 2):
        lab.vlan(lab.container(f"c{n}", p1, mode=Mode.BRIDGE), 100, f"10.1.0.{n}/24")
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    assert lab.ping(lab.spaces["c1"], "10.1.0.2", wait=0.5).ok
    assert [(s.kind, s.vid) for s in wire] == [("who-has", 100)]


@pytest.mark.rule("2.2")
def test_containers_behind_different_vlans_of_one_card_do_not_meet() -> None:
    """2.2: different parents are different macvlan ports, even with addresses of one subnet."""
    lab = Lab()
    p1, _ = lab.fixture()
    for n, vid in ((1, 100), (2, 200)):
        lab.container(f"c{n}", lab.vlan(p1, vid), f"10.1.0.{n}/24")
    assert not lab.ping(lab.spaces["c1"], "10.1.0.2").ok


# -- the device --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T39", "3.1")
def test_T39_up_while_the_parent_is_down() -> None:
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8", up=False)
    sub = lab.vlan(nic, 100, up=False)
    with pytest.raises(NetlinkError) as refused:
        sub.set_up()
    assert refused.value.errno == "ENETDOWN"


@pytest.mark.rule("T40", "3.4")
@pytest.mark.parametrize("macvlan", [False, True])
def test_T40_reorder_hdr_off(macvlan: bool) -> None:
    """The tag shows in captures on .100 of received frames, unless a macvlan stands on it."""
    lab = Lab()
    p1, p2 = lab.fixture()
    lab.vlan(p2, 100, "10.1.0.2/24")
    sub = lab.vlan(p1, 100, reorder_hdr=False)
    near = lab.container("c1", sub) if macvlan else sub
    lab.address(near, "10.1.0.1/24")
    here, wire = lab.capture(sub), lab.capture(lab.spaces["sw"].dev("p1"))
    space = lab.spaces["c1" if macvlan else "h1"]
    assert lab.ping(space, "10.1.0.2", 2, wait=0.5).ok
    assert lab.ping(lab.spaces["h2"], "10.1.0.1", wait=0.5).ok
    received = [s for s in here if s.type is not OUT]
    assert {s.kind for s in received} == {"is-at", "reply", "echo"}
    assert {s.vid for s in received} == {None if macvlan else 100}
    assert {s.vid for s in wire} == {100}


@pytest.mark.rule("T41", "3.5")
@pytest.mark.parametrize("inherited", [True, False])
def test_T41_mac_of_the_real_device_changes(inherited: bool) -> None:
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8")
    lab.cable(nic, lab.nic(lab.ns("w"), "w0"))
    sub = lab.vlan(nic, 100, mac=None if inherited else nic.mac)
    old = nic.mac
    nic.set_mac(CHANGED)
    assert sub.mac == (CHANGED if inherited else old)
    assert nic.uc == ({} if inherited else {old: 1})


@pytest.mark.rule("3.5")
def test_explicit_mac_is_an_extra_address_of_the_card() -> None:
    """3.5: and frames to it are HOST on the VLAN device (1.3)."""
    lab = Lab()
    nic, peer = lab.nic(lab.ns("h1"), "enp0s8"), lab.nic(lab.ns("w"), "w0")
    lab.cable(nic, peer)
    sub = lab.vlan(nic, 100, "10.1.0.1/24", mac=EXPLICIT)
    lab.vlan(peer, 100, "10.1.0.2/24")
    seen = lab.capture(sub)
    assert nic.uc == {EXPLICIT: 1}
    assert lab.ping(lab.spaces["w"], "10.1.0.1", wait=0.5).ok
    assert [s.type for s in seen.of("echo")] == [HOST]
    sub.set_down()
    assert nic.uc == {}


@pytest.mark.rule("3.5")
def test_inherited_mac_follows_at_next_open() -> None:
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8")
    sub = lab.vlan(nic, 100, up=False)
    old = sub.mac
    nic.set_mac(CHANGED)
    assert sub.mac == old
    sub.set_up()
    assert sub.mac == CHANGED


@pytest.mark.rule("3.5")
def test_mtu_follows_down_only() -> None:
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8")
    sub = lab.vlan(nic, 100)
    assert sub.mtu == 1500
    nic.set_mtu(1400)
    assert sub.mtu == 1400
    nic.set_mtu(1500)
    assert sub.mtu == 1400


@pytest.mark.rule("3.5")
def test_mtu_may_equal_the_real_devices_and_not_exceed_it() -> None:
    """Recording 972: EINVAL when the device is made, ERANGE afterwards."""
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8")
    sub = lab.vlan(nic, 100, mtu=1500)
    with pytest.raises(NetlinkError) as refused:
        lab.vlan(nic, 101, mtu=1501)
    assert (sub.mtu, refused.value.errno) == (1500, "EINVAL")
    sub.set_mtu(1499)
    sub.set_mtu(1500)
    with pytest.raises(NetlinkError) as refused:
        sub.set_mtu(1501)
    assert (sub.mtu, refused.value.errno) == (1500, "ERANGE")


@pytest.mark.rule("3.5")
def test_priority_on_the_wire() -> None:
    """Recording 972: the egress map gives the PCP by the packet's priority, which comes from its TOS; ARP has 0."""
    lab = Lab()
    nic, peer = lab.nic(lab.ns("h1"), "enp0s8"), lab.nic(lab.ns("w"), "w0")
    lab.cable(nic, peer)
    sub = lab.vlan(nic, 100, "10.1.0.1/24")
    lab.vlan(peer, 100, "10.1.0.2/24")
    sub.egress_map = {0: 1, 2: 3, 4: 7, 6: 5}
    wire = lab.capture(peer)
    for tos in (0, 0x08, 0x10, 0x18):
        lab.ping(lab.spaces["h1"], "10.1.0.2", wait=0.5, tos=tos)
    assert [(s.kind, s.frame.tag) for s in wire.of("who-has", "echo", "reply", "is-at")] == [
        ("who-has", tag(100, pcp=1)),
        ("is-at", tag(100)),
        *((kind, tag(100, pcp=pcp)) for pcp in (1, 3, 5, 7) for kind, pcp in (("echo", pcp), ("reply", 0))),
    ]


@pytest.mark.rule("3.5")
def test_tag_is_not_taken_out_of_the_mtu() -> None:
    """3.5: 1500 bytes of IP on the VLAN make 1518 bytes on the wire without FCS."""
    lab = Lab()
    lab.document()
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    assert lab.ping(lab.spaces["d1"], "172.16.10.11", size=1472, wait=0.5).ok
    assert [len(s.frame.wire) for s in wire.of("echo")] == [1518]


@pytest.mark.rule("3.6")
def test_real_device_bounces() -> None:
    """3.6: DOWN closes every VLAN device, UP opens every one; routes in containers survive, user routes do not."""
    lab = Lab()
    lab.document()
    h1, d1 = lab.spaces["h1"], lab.spaces["d1"]
    nic, sub, other = (h1.dev(name) for name in ("enp0s8", "enp0s8.100", "enp0s8.200"))
    lab.address(sub, "172.16.10.99/24")
    lab.route(h1, "192.168.0.0/24", via="172.16.10.1")
    other.set_down()
    nic.set_down()
    assert (sub.up, other.up) == (False, False)
    assert (d1.dev("eth0").up, d1.dev("eth0").carrier) == (True, False)
    assert [r.prefix for r in d1.fib.routes() if r.linkdown] == ["default", "172.16.10.0/24"]
    assert h1.fib.routes() == []
    nic.set_up()
    assert (sub.up, other.up) == (True, True)
    assert d1.dev("eth0").carrier
    assert [r.prefix for r in d1.fib.routes()] == ["default", "172.16.10.0/24"]
    assert [r.prefix for r in h1.fib.routes()] == ["172.16.10.0/24"]
    assert lab.ping(d1, "172.16.20.10").ok


@pytest.mark.rule("3.7")
def test_loose_binding_is_left_alone() -> None:
    lab = Lab()
    nic = lab.nic(lab.ns("h1"), "enp0s8")
    loose = lab.vlan(nic, 100, loose_binding=True)
    down = lab.vlan(nic, 200, loose_binding=True, up=False)
    nic.set_down()
    assert loose.up
    nic.set_up()
    assert not down.up


@pytest.mark.rule("3.6")
def test_unregister_takes_vlans_and_what_stands_on_them() -> None:
    lab = Lab()
    lab.document()
    lab.spaces["h1"].dev("enp0s8").destroy()
    assert [list(lab.spaces[name].devices) for name in ("h1", "d1", "d2", "d3")] == [
        ["lo"],
        ["lo"],
        ["lo"],
        ["lo", "eth0"],
    ]


@pytest.mark.rule("3.3")
@pytest.mark.parametrize("outer", [0x88A8, 0x8100])
def test_two_tags(outer: int) -> None:
    """3.3: the outer tag is demuxed on the card, the inner one on the VLAN device above it."""
    lab = Lab()
    cards = lab.fixture()
    for n, card in enumerate(cards, 1):
        lab.vlan(lab.vlan(card, 10, protocol=outer), 20, f"10.1.0.{n}/24")
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    assert lab.ping(lab.spaces["h1"], "10.1.0.2", wait=0.5).ok
    tags = outer.to_bytes(2, "big") + b"\x00\x0a\x81\x00\x00\x14"
    assert {s.frame.wire[12:20] for s in wire} == {tags}


@pytest.mark.rule("1.5")
def test_vid_0_device() -> None:
    """3.1: a priority VLAN device receives VID-0 frames."""
    lab = Lab()
    nic, peer = lab.nic(lab.ns("h"), "p0"), lab.nic(lab.ns("w"), "w0")
    lab.cable(nic, peer)
    sub = lab.vlan(nic, 0, "10.1.0.1/24")
    seen = lab.capture(sub)
    lab.send(peer, echo_frame(nic.mac, peer.mac, "10.1.0.9", "10.1.0.1"), tag(0))
    lab.run()
    assert [(s.kind, s.type) for s in seen.of("echo")] == [("echo", HOST)]
