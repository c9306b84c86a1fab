"""macvlan: cases T01-T28 and T47 of linux.md 13.

No part of these cases is missing; T12, T20 and T26 do not exist in the table (gaps are intended), the set-up of T26 is
the first half of T27.
"""

from __future__ import annotations

import pytest

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.state import IFF_LOWER_UP, IFF_RUNNING, IFF_UP, operstate, user_flags
from macvsim.errors import NetlinkError
from macvsim.net.namespace import Namespace
from macvsim.net.nud import Nud
from macvsim.wire import ipv4
from macvsim.wire.addr import BROADCAST_MAC, ip_int, mac_bytes, mac_text, multicast_mac
from macvsim.wire.compose import ipv4_template
from tests.conformance.lab import BCAST, HOST, MCAST, OTHER, OUT, Lab, arp_frame, late, test_frame, within

EXTERNAL = mac_bytes("02:00:00:00:00:ee")
MAC_M = mac_bytes("02:00:00:00:00:99")


def siblings(lab: Lab, *modes: Mode, hairpin: bool = False) -> list[Macvlan]:
    """F1 with children c1, c2, … of h1, and the switch port of h1 with hairpin on or off."""
    p0, _ = lab.fixture()
    switch = lab.spaces["sw"].dev("br0")
    assert isinstance(switch, Bridge)
    port = switch.port_of(lab.spaces["sw"].dev("p1"))
    assert port is not None
    port.set_flag("hairpin", hairpin)
    return [lab.container(f"c{n}", p0, f"10.0.0.{n}/24", mode=mode) for n, mode in enumerate(modes, 1)]


def know_each_other(*devs: NetDevice) -> None:
    """Static neighbour entries among all."""
    for one in devs:
        for other in devs:
            if one is not other:
                entry = one.ns.neigh.create(one, other.inet.addresses[0].local)  # type: ignore[attr-defined]
                entry.update(other.mac, Nud.PERMANENT, override=True, admin=True)


def space(dev: NetDevice) -> Namespace:
    assert isinstance(dev.ns, Namespace)
    return dev.ns


# -- reachability ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T01", "0.1", "2.3u")
def test_T01_bridge_children_of_two_hosts() -> None:
    lab = Lab()
    p1, p2 = lab.fixture()
    c1 = lab.container("c1", p1, "10.0.0.1/24")
    c2 = lab.container("c2", p2, "10.0.0.2/24")
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    ping = lab.ping(lab.spaces["c1"], "10.0.0.2", 2, wait=0.5)
    assert [(r.seq, r.source, r.ttl) for r in ping.replies] == [(1, "10.0.0.2", 64), (2, "10.0.0.2", 64)]
    assert [s.dmac for s in wire.of("who-has")] == [mac_text(BROADCAST_MAC)]
    assert [s.dmac for s in wire.of("is-at")] == [mac_text(c1.mac)]
    assert lab.state(lab.spaces["c1"], "eth0", "10.0.0.2") == "REACHABLE"
    assert lab.state(lab.spaces["c2"], "eth0", "10.0.0.1") == "DELAY"
    assert (p1.promiscuity, p2.promiscuity) == (0, 0)
    assert c2.mac in p2.uc


@pytest.mark.rule("T02", "7.2", "7.3")
def test_T02_the_responder_probes_by_unicast_after_five_seconds() -> None:
    lab = Lab()
    p1, p2 = lab.fixture()
    c1 = lab.container("c1", p1, "10.0.0.1/24")
    c2 = lab.container("c2", p2, "10.0.0.2/24")
    seen = lab.capture(c2)
    lab.ping(lab.spaces["c1"], "10.0.0.2", 11, wait=0.5)
    first_reply = seen.of("reply")[0].at
    asked = seen.of("who-has", type=OUT)
    assert [(s.dmac, s.dst) for s in asked] == [(mac_text(c1.mac), "10.0.0.1")]
    assert within(asked[0].at - first_reply, late(5))
    assert [s.src for s in seen.of("is-at", type=HOST)] == ["10.0.0.1"]
    assert lab.state(lab.spaces["c2"], "eth0", "10.0.0.1") == "REACHABLE"


@pytest.mark.rule("T03", "2.4b")
def test_T03_bridge_siblings() -> None:
    lab = Lab()
    c1, c2 = siblings(lab, Mode.BRIDGE, Mode.BRIDGE)
    wire, parent = lab.capture(lab.spaces["sw"].dev("p1")), lab.capture(lab.spaces["h1"].dev("p0"))
    assert lab.ping(lab.spaces["c1"], "10.0.0.2", wait=0.5).ok
    assert [(s.kind, s.dmac) for s in wire] == [("who-has", mac_text(BROADCAST_MAC))]
    assert [(s.kind, s.type, s.dmac) for s in parent] == [
        ("who-has", OUT, mac_text(BROADCAST_MAC)),
        ("is-at", OTHER, mac_text(c1.mac)),
        ("echo", OTHER, mac_text(c2.mac)),
        ("reply", OTHER, mac_text(c1.mac)),
    ]


@pytest.mark.rule("T04", "2.4h")
def test_T04_child_to_its_own_host() -> None:
    lab = Lab()
    (c1,) = siblings(lab, Mode.BRIDGE)
    wire, parent = lab.capture(lab.spaces["sw"].dev("p1")), lab.capture(lab.spaces["h1"].dev("p0"))
    ping = lab.ping(space(c1), "10.0.0.100")
    assert ping.replies == []
    assert [s.kind for s in wire] == ["who-has"] * 3
    assert {s.type for s in parent} == {OUT}
    assert lab.state(space(c1), "eth0", "10.0.0.100") == "FAILED"
    assert within(ping.errors[0].at - ping.sent[1], late(3))
    assert lab.neighbour(lab.spaces["h1"], "p0", "10.0.0.1") is None


@pytest.mark.rule("T05", "2.4h")
def test_T05_host_to_its_own_child() -> None:
    lab = Lab()
    (c1,) = siblings(lab, Mode.BRIDGE)
    wire, child = lab.capture(lab.spaces["sw"].dev("p1")), lab.capture(c1)
    ping = lab.ping(lab.spaces["h1"], "10.0.0.1")
    assert ping.replies == []
    assert [s.kind for s in wire] == ["who-has"] * 3
    assert child == []
    assert lab.state(lab.spaces["h1"], "p0", "10.0.0.1") == "FAILED"
    assert within(ping.errors[0].at - ping.sent[1], late(3))


@pytest.mark.rule("T06", "2.4w", "2.6")
@pytest.mark.parametrize("hairpin", [False, True])
def test_T06_vepa_siblings(hairpin: bool) -> None:
    lab = Lab()
    c1, c2 = siblings(lab, Mode.VEPA, Mode.VEPA, hairpin=hairpin)
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    there, back = lab.ping(space(c1), "10.0.0.2"), lab.ping(space(c2), "10.0.0.1")
    assert (there.ok, back.ok) == (hairpin, hairpin)
    if hairpin:
        directions = [s.type is OUT for s in wire.of("echo")]
        assert directions == [False, True, False, True]


@pytest.mark.rule("T07", "2.3g", "2.6")
def test_T07_private_siblings_with_hairpin() -> None:
    lab = Lab()
    c1, c2 = siblings(lab, Mode.PRIVATE, Mode.PRIVATE, hairpin=True)
    for child, target in ((c1, "10.0.0.2"), (c2, "10.0.0.1")):
        assert lab.ping(space(child), target).replies == []
        assert lab.state(space(child), "eth0", target) == "FAILED"


@pytest.mark.rule("2.3u")
def test_private_siblings_with_hairpin_and_static_arp() -> None:
    """2.6: private blocks group frames, not unicast."""
    lab = Lab()
    c1, c2 = siblings(lab, Mode.PRIVATE, Mode.PRIVATE, hairpin=True)
    know_each_other(c1, c2)
    assert lab.ping(space(c1), "10.0.0.2").ok
    assert lab.ping(space(c2), "10.0.0.1").ok


@pytest.mark.rule("T10", "2.4w", "2.6")
def test_T10_bridge_and_vepa_child() -> None:
    lab = Lab()
    a, v = siblings(lab, Mode.BRIDGE, Mode.VEPA)
    assert lab.ping(space(a), "10.0.0.2").replies == []
    assert lab.ping(space(v), "10.0.0.1").replies == []
    know_each_other(a, v)
    wire = lab.capture(lab.spaces["sw"].dev("p1"))
    assert lab.ping(space(a), "10.0.0.2").silent
    assert [(s.kind, s.smac, s.dmac) for s in wire] == [("echo", mac_text(a.mac), mac_text(v.mac))]


MATRIX = """
hairpin off:            A  B  P1 P2 V1 V2 host ext     hairpin on:    A  B  P1 P2 V1 V2 host ext
A,B (bridge)            -  y  .  .  .  .  .    y                      -  y  .  .  y  y  y    y
P1,P2 (private)         .  .  -  .  .  .  .    y                      .  .  -  .  .  .  .    y
V1,V2 (vepa)            .  .  .  .  -  .  .    y                      y  y  .  .  -  y  y    y
host (parent's IP)      .  .  .  .  .  .  -    y                      y  y  y  y  y  y  -    y
ext                     y  y  y  y  y  y  y    -                      y  y  y  y  y  y  y    -
"""
"""linux.md 2.6: rows ping columns; P1 may stand for P2 and so on, `-` is oneself."""
NAMES = ["A", "B", "P1", "P2", "V1", "V2", "host", "ext"]
ROWS = {"A": 0, "P1": 1, "V1": 2, "host": 3, "ext": 4}
MODES = {"A": Mode.BRIDGE, "B": Mode.BRIDGE, "P": Mode.PRIVATE, "V": Mode.VEPA}


def cells() -> list[tuple[bool, str, str, bool]]:
    lines = MATRIX.strip().splitlines()[1:]
    found = []
    for source, number in ROWS.items():
        marks = [mark for mark in lines[number].split("  ") if mark.strip() in ("y", ".", "-")]
        assert len(marks) == 16
        for n, mark in enumerate(marks):
            if mark.strip() != "-":
                found.append((n >= 8, source, NAMES[n % 8], mark.strip() == "y"))
    return found


@pytest.mark.rule("2.6")
@pytest.mark.parametrize(("hairpin", "source", "target", "works"), cells())
def test_reachability(hairpin: bool, source: str, target: str, works: bool) -> None:
    lab = Lab()
    modes = [MODES[name[0]] for name in NAMES[:6]]
    devs = dict(zip(NAMES, siblings(lab, *modes, hairpin=hairpin), strict=False))
    spaces = {name: space(dev) for name, dev in devs.items()} | {"host": lab.spaces["h1"], "ext": lab.spaces["h2"]}
    ips = {name: f"10.0.0.{n}" for n, name in enumerate(NAMES[:6], 1)} | {"host": "10.0.0.100", "ext": "10.0.0.200"}
    assert lab.ping(spaces[source], ips[target], wait=1).ok is works


# -- source mode, passthru, creation -----------------------------------------------------------------------------------


@pytest.mark.rule("T11", "2.3s")
def test_T11_source_mode() -> None:
    lab = Lab()
    host, wire = lab.ns("h1"), lab.ns("w")
    p0, peer = lab.veth(host, "p0", wire, "w0")
    a = lab.container("a", p0)
    s = lab.container("s", p0, mode=Mode.SOURCE)
    s.add_source(MAC_M)
    captures = {"A": lab.capture(a), "S": lab.capture(s)}

    def sent(dst: bytes, src: bytes) -> dict[str, object]:
        uid = lab.send(peer, test_frame(dst, src))
        lab.run()
        return {name: seen.type for name, capture in captures.items() for seen in capture if seen.frame.uid == uid}

    assert sent(a.mac, MAC_M) == {"A": HOST, "S": OTHER}
    assert sent(s.mac, EXTERNAL) == {}
    assert sent(s.mac, MAC_M) == {"S": HOST}
    assert sent(BROADCAST_MAC, EXTERNAL) == {"A": BCAST}
    assert sent(BROADCAST_MAC, MAC_M) == {"A": BCAST, "S": BCAST}


@pytest.mark.rule("T13", "2.3u")
def test_T13_passthru_takes_every_unicast() -> None:
    lab = Lab()
    p0, peer = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    child = lab.container("c1", p0, mode=Mode.PASSTHRU)
    seen = lab.capture(child)
    uid = lab.send(peer, test_frame(mac_bytes("02:12:34:56:78:9a"), EXTERNAL))
    lab.run()
    assert [(s.frame.uid, s.type) for s in seen] == [(uid, HOST)]
    assert lab.stack_saw(child, uid)
    assert not lab.stack_saw(p0, uid)


@pytest.mark.rule("T14", "2.9")
def test_T14_passthru_is_alone() -> None:
    for first, second in ((Mode.BRIDGE, Mode.PASSTHRU), (Mode.PASSTHRU, Mode.BRIDGE)):
        lab = Lab()
        p0 = lab.nic(lab.ns("h1"), "p0")
        lab.container("c1", p0, mode=first)
        with pytest.raises(NetlinkError) as refused:
            lab.container("c2", p0, mode=second)
        assert refused.value.errno == "EINVAL"


@pytest.mark.rule("T15", "2.9")
def test_T15_bridge_port_or_macvlan_parent() -> None:
    lab = Lab()
    h1 = lab.ns("h1")
    port, parent = lab.nic(h1, "p0"), lab.nic(h1, "p1")
    bridge = lab.bridge(h1, "br0", port)
    with pytest.raises(NetlinkError) as refused:
        lab.macvlan(h1, "m1", port)
    assert refused.value.errno == "EBUSY"
    lab.macvlan(h1, "m1", parent)
    with pytest.raises(NetlinkError) as refused:
        bridge.enslave(parent)
    assert refused.value.errno == "EBUSY"


@pytest.mark.rule("T16", "2.9")
def test_T16_macvlan_on_macvlan_is_a_sibling() -> None:
    lab = Lab()
    h1 = lab.ns("h1")
    p0 = lab.nic(h1, "p0")
    m1 = lab.macvlan(h1, "m1", p0)
    m2 = lab.macvlan(h1, "m2", m1)
    assert m2.lower is p0
    assert p0.uppers == (m1, m2)
    assert m1.uppers == ()


@pytest.mark.rule("T17", "2.9a")
def test_T17_mac_of_the_parent() -> None:
    lab = Lab()
    h1 = lab.ns("h1")
    p0 = lab.nic(h1, "p0")
    twin = lab.macvlan(h1, "m1", p0, mac=p0.mac, up=False)
    with pytest.raises(NetlinkError) as refused:
        twin.set_up()
    assert refused.value.errno == "EADDRINUSE"


@pytest.mark.rule("T18", "2.10")
def test_T18_mtu() -> None:
    lab = Lab()
    h1 = lab.ns("h1")
    p0 = lab.nic(h1, "p0")
    child = lab.macvlan(h1, "m1", p0)
    p0.set_mtu(1400)
    assert child.mtu == 1400
    p0.set_mtu(1500)
    assert child.mtu == 1400
    with pytest.raises(NetlinkError) as refused:
        lab.macvlan(h1, "m2", p0, mtu=1501)
    assert refused.value.errno == "EINVAL"


@pytest.mark.rule("T19", "2.10", "11.3")
@pytest.mark.parametrize(("same_namespace", "state"), [(True, "lowerlayerdown"), (False, "down")])
def test_T19_parent_down_child_up(same_namespace: bool, state: str) -> None:
    """Up without RUNNING and LOWER_UP is NO-CARRIER; M-DOWN stands for a lower device of the namespace that is down.

    In a namespace of its own, where the parent's index names no device, the state is DOWN (11.3).
    """
    lab = Lab()
    h1, wire = lab.ns("h1"), lab.ns("w")
    for n in range(5):
        lab.dummy(h1, f"d{n}")
    p0, _ = lab.veth(h1, "p0", wire, "w0")
    p0.set_down()
    child = lab.macvlan(h1 if same_namespace else lab.ns("c1"), "m1", p0)
    lab.run(2)
    assert (child.up, child.carrier) == (True, False)
    assert user_flags(child) & (IFF_UP | IFF_RUNNING | IFF_LOWER_UP) == IFF_UP
    assert operstate(child) == state
    assert (child.lower.up, child.lower.ns is child.ns) == (False, same_namespace)


@pytest.mark.rule("2.10")
def test_siblings_cannot_talk_while_the_parent_is_down() -> None:
    """2.10: a child without carrier transmits into a drop queue."""
    lab = Lab()
    c1, _ = siblings(lab, Mode.BRIDGE, Mode.BRIDGE)
    assert lab.ping(space(c1), "10.0.0.2", wait=0.5).ok
    p0 = lab.spaces["h1"].dev("p0")
    p0.set_down()
    assert not lab.ping(space(c1), "10.0.0.2", wait=0.5).ok
    assert [(c.up, c.carrier) for c in p0.uppers] == [(True, False)] * 2
    p0.set_up()
    assert lab.ping(space(c1), "10.0.0.2", wait=2).ok  # with the next ARP request: one is due every second


@pytest.mark.rule("T21", "2.10")
def test_T21_deleting_the_parent_deletes_the_children() -> None:
    lab = Lab()
    siblings(lab, Mode.BRIDGE, Mode.BRIDGE)
    lab.spaces["h1"].dev("p0").destroy()
    assert [list(lab.spaces[name].devices) for name in ("h1", "c1", "c2")] == [["lo"], ["lo"], ["lo"]]


@pytest.mark.rule("T22", "8.13l")
def test_T22_down_and_up_loses_the_default_route() -> None:
    lab = Lab()
    (c1,) = siblings(lab, Mode.BRIDGE)
    lab.route(space(c1), "default", via="10.0.0.254")
    assert [r.prefix for r in space(c1).fib.routes()] == ["default", "10.0.0.0/24"]
    c1.set_down()
    assert space(c1).fib.routes() == []
    c1.set_up()
    assert [r.prefix for r in space(c1).fib.routes()] == ["10.0.0.0/24"]


# -- frames ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T23", "2.7")
def test_T23_multicast_needs_a_join() -> None:
    lab = Lab()
    host = lab.ns("h1")
    p0, peer = lab.veth(host, "p0", lab.ns("w"), "w0")
    devs = [p0] + [lab.container(f"c{n}", p0, f"10.0.0.{n}/24") for n in (1, 2)]
    captures = [lab.capture(dev) for dev in devs]
    group = ip_int("239.1.1.1")
    header = ipv4.header(ipv4_template(ipv4.PROTO_UDP), length=28, ident=1, src=ip_int("10.0.0.200"), dst=group, ttl=1)
    raw = multicast_mac(group) + EXTERNAL + b"\x08\x00" + header + bytes(8)

    def receivers() -> list[list[object]]:
        uid = lab.send(peer, raw)
        lab.run()
        return [[s.type for s in capture if s.frame.uid == uid] for capture in captures]

    assert receivers() == [[MCAST], [], []]
    lab.spaces["c1"].join_group(devs[1], group)
    assert multicast_mac(group) in p0.mc
    assert receivers() == [[MCAST], [MCAST], []]


@pytest.mark.rule("T24", "2.1", "2.3u")
def test_T24_down_child() -> None:
    lab = Lab()
    p0, peer = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    lab.container("c1", p0)
    down = lab.container("x", p0, up=False)
    parent, child = lab.capture(p0), lab.capture(down)
    uid = lab.send(peer, test_frame(down.mac, EXTERNAL))
    lab.run()
    assert [s.type for s in parent] == [OTHER]
    assert child == []
    assert not lab.stack_saw(p0, uid)


@pytest.mark.rule("T25", "2.4b", "2.4w")
@pytest.mark.parametrize(("mode", "expected"), [(Mode.BRIDGE, "itself"), (Mode.VEPA, "wire")])
def test_T25_frame_to_the_own_mac(mode: Mode, expected: str) -> None:
    lab = Lab()
    p0, peer = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    child = lab.container("c1", p0, mode=mode)
    own, wire = lab.capture(child), lab.capture(peer)
    lab.send(child, test_frame(child.mac, child.mac))
    lab.run()
    assert [s.type for s in own] == ([OUT, HOST] if expected == "itself" else [OUT])
    assert [s.type for s in wire] == ([] if expected == "itself" else [OTHER])


# -- the shim ----------------------------------------------------------------------------------------------------------


def shim(lab: Lab) -> tuple[Namespace, Namespace, Macvlan]:
    """T26: F1 with c1 and a bridge-mode child named shim in h1 itself, in the same subnet."""
    (c1,) = siblings(lab, Mode.BRIDGE)
    h1 = lab.spaces["h1"]
    return h1, space(c1), lab.macvlan(h1, "shim", h1.dev("p0"), "10.0.0.50/24")


@pytest.mark.rule("T27", "2.11s")
def test_T27_shim_with_a_host_route() -> None:
    lab = Lab()
    h1, c1, dev = shim(lab)
    lab.route(h1, "10.0.0.1/32", dev=dev)
    assert lab.ping(h1, "10.0.0.1").ok
    assert lab.ping(c1, "10.0.0.50").ok
    assert lab.ping(c1, "10.0.0.100").ok
    entry = lab.neighbour(c1, "eth0", "10.0.0.100")
    assert entry is not None
    assert entry.ha == dev.mac


@pytest.mark.rule("2.11s")
def test_shim_in_the_same_subnet_alone_does_not_help() -> None:
    """2.11: the parent's connected route was first and wins."""
    lab = Lab()
    h1, c1, _ = shim(lab)
    assert lab.ping(h1, "10.0.0.1").replies == []
    assert lab.ping(c1, "10.0.0.50").replies == []


@pytest.mark.rule("T28", "2.11s", "7.6")
def test_T28_parent_and_shim_both_answer() -> None:
    lab = Lab()
    h1, _, dev = shim(lab)
    h2 = lab.spaces["h2"]
    seen = lab.capture(h2.dev("p0"))
    lab.send(h2.dev("p0"), arp_frame(1, h2.dev("p0").mac, "10.0.0.200", "10.0.0.100"))
    lab.run()
    answers = [s.smac for s in seen.of("is-at")]
    assert sorted(answers) == sorted([mac_text(h1.dev("p0").mac), mac_text(dev.mac)])
    seen.clear()
    assert lab.ping(h2, "10.0.0.100", wait=0.5).ok
    answers = [s.smac for s in seen.of("is-at")]
    assert len(answers) == 2
    entry = lab.neighbour(h2, "p0", "10.0.0.100")
    assert entry is not None
    assert mac_text(entry.ha) == answers[0]


@pytest.mark.rule("T47", "2.8", "6.1p")
def test_T47_veth_parent_turns_promiscuous() -> None:
    lab = Lab()
    p0, _ = lab.veth(lab.ns("h1"), "p0", lab.ns("w"), "w0")
    child = lab.container("c1", p0, up=False)
    for up in (True, False, True):
        if up:
            child.set_up()
        else:
            child.set_down()
        assert (p0.promiscuity, p0.user_promisc) == (int(up), False)
