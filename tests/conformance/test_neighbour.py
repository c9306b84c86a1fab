"""ARP and the neighbour cache: cases T48-T53 of linux.md 13, and the tables of 7.2-7.9.

| waits | for |
|---|---|
| T50, first half: connect() to an absent host fails with EHOSTUNREACH at 3.0-3.1 s | TCP |
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest

from macvsim.dev.veth import Veth
from macvsim.engine.sim import MS, SECOND
from macvsim.net.addr import Address
from macvsim.net.fibroute import RouteType, Scope
from macvsim.net.namespace import Namespace
from macvsim.net.nud import Nud
from macvsim.net.socket import IcmpError, UdpSocket
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, ip_int, mac_bytes, mac_text
from tests.conformance.lab import HOST, OUT, Capture, Lab, arp_frame, late, within

REQUEST, REPLY = 1, 2
OURS, THEIRS, OTHERS = "10.0.0.1", "10.0.0.2", "10.0.0.3"
M1 = mac_bytes("02:00:00:00:00:01")
M2 = mac_bytes("02:00:00:00:00:02")


class Link:
    """Host h (10.0.0.1/24 on eth0) and the far end of its cable, from where frames are sent by hand."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.h: Namespace = self.lab.ns("h")
        self.dev, self.far = self.lab.veth(self.h, "eth0", self.lab.ns("w"), "w0")
        self.lab.address(self.dev, "10.0.0.1/24")
        self.far.noarp = True  # frames are made by hand here, the peer itself says nothing
        self.wire: Capture = self.lab.capture(self.far)

    def arp(self, op: int, sha: bytes, sip: str, tip: str, **options: bytes) -> None:
        self.lab.send(self.far, arp_frame(op, sha, sip, tip, **options))
        self.lab.run(0.01)

    def entry(self, ip: str = THEIRS) -> tuple[str, bytes]:
        """State and MAC, or ``none``."""
        entry = self.lab.neighbour(self.h, "eth0", ip)
        return ("none", b"") if entry is None else (str(entry.state.name), entry.ha)

    def sent(self, kind: str) -> list[str]:
        """Destination MACs of what h sent."""
        return [s.dmac for s in self.wire.of(kind) if s.type is not OUT]


# -- resolution --------------------------------------------------------------------------------------------------------


def gaps(moments: list[int]) -> list[int]:
    return [b - a for a, b in pairwise(moments)]


@pytest.mark.rule("T48", "7.2", "7.8")
def test_T48_nobody_answers() -> None:
    link = Link()
    ping = link.lab.ping(link.h, "10.0.0.9", 3, wait=5)
    asked = [s.at for s in link.wire.of("who-has")]
    assert len(asked) == 3
    assert asked[0] == ping.sent[1]
    failed = {e.at for e in ping.errors}
    assert len(failed) == 1
    assert all(within(gap, late(1)) for gap in gaps([*asked, *failed]))
    assert [(e.seq, e.source, e.kind, e.code) for e in ping.errors] == [(n, OURS, 3, 1) for n in (1, 2, 3)]
    assert link.entry("10.0.0.9")[0] == "FAILED"


@pytest.mark.rule("T49", "7.2")
def test_T49_ping_after_failure_and_while_incomplete() -> None:
    link = Link()
    link.lab.ping(link.h, "10.0.0.9", wait=3.5)
    assert link.entry("10.0.0.9")[0] == "FAILED"
    link.wire.clear()
    again = link.lab.start_ping(link.h, "10.0.0.9")
    link.lab.run(0.5)
    assert [s.at for s in link.wire.of("who-has")] == [again.sent[1]]
    assert link.entry("10.0.0.9")[0] == "INCOMPLETE"
    link.lab.ping(link.h, "10.0.0.9", wait=0.4)
    assert len(link.wire.of("who-has")) == 1


@pytest.mark.rule("T50", "7.8")
def test_T50_tcp_connect_to_an_absent_host() -> None:
    """EHOSTUNREACH once the neighbour has FAILED: in the third second, and as soon as that."""
    link = Link()
    sock = TcpSocket(link.h)
    started = int(link.lab.sim.now)
    told: list[tuple[int, str]] = []
    sock.waiters.append(lambda: told.append((int(link.lab.sim.now) - started, sock.take_error())))
    sock.connect(ip_int("10.0.0.9"), 9)
    assert sock.connecting
    link.lab.run(5)
    assert [error for _, error in told] == ["EHOSTUNREACH"]
    assert within(told[0][0], (3 * SECOND, 3 * SECOND + 100 * MS))
    assert not sock.connecting


@pytest.mark.rule("T50", "7.8")
def test_T50_connected_udp_hears_nothing() -> None:
    link = Link()
    errors: list[IcmpError] = []
    sock = UdpSocket(link.h, on_error=errors.append)
    sock.connect(ip_int("10.0.0.9"), 9)
    for _ in range(5):
        sock.send(b"x")
        link.lab.run(1)
    assert errors == []


@pytest.mark.rule("7.8")
def test_udp_with_recverr_hears_host_unreachable() -> None:
    """7.8: as iputils' ping does."""
    link = Link()
    errors: list[IcmpError] = []
    sock = UdpSocket(link.h, on_error=errors.append)
    sock.recverr = True
    sock.connect(ip_int("10.0.0.9"), 9)
    sock.send(b"x")
    link.lab.run(4)
    assert [(e.sender, e.kind, e.code) for e in errors] == [(ip_int(OURS), 3, 1)]


@pytest.mark.rule("7.8")
def test_no_route_refuses_the_call() -> None:
    """7.8: ENETUNREACH from the call itself, and no frame."""
    link = Link()
    ping = link.lab.ping(link.h, "192.168.9.9")
    assert ping.refused == ["ENETUNREACH"]
    assert link.wire == []


@pytest.mark.rule("7.3", "11.6")
def test_request_frame() -> None:
    """7.3: 42 bytes, target hardware address all zero, broadcast while INCOMPLETE."""
    link = Link()
    link.lab.ping(link.h, THEIRS, wait=0.1)
    (asked,) = link.wire.of("who-has")
    assert asked.frame.wire == (
        BROADCAST_MAC
        + link.dev.mac
        + bytes.fromhex("0806 0001 0800 06 04 0001".replace(" ", ""))
        + link.dev.mac
        + bytes((10, 0, 0, 1))
        + ZERO_MAC
        + bytes((10, 0, 0, 2))
    )
    assert len(asked.frame.wire) == 42


@pytest.mark.rule("7.1")
def test_queue_is_flushed_in_order() -> None:
    """7.5: INCOMPLETE and a unicast reply: queue out in order, REACHABLE."""
    link = Link()
    link.lab.start_ping(link.h, THEIRS, 3, interval=0.1)
    link.lab.run(0.5)
    link.arp(REPLY, M1, THEIRS, OURS, dst=link.dev.mac, tha=link.dev.mac)
    assert [s.packet["ICMP"].seq for s in link.wire.of("echo")] == [1, 2, 3]
    assert link.entry() == ("REACHABLE", M1)


@pytest.mark.rule("7.5")
def test_broadcast_reply_resolves_to_stale() -> None:
    link = Link()
    link.lab.start_ping(link.h, THEIRS)
    link.arp(REPLY, M1, THEIRS, OURS, tha=link.dev.mac)
    assert len(link.wire.of("echo")) == 1
    assert link.entry()[0] in ("STALE", "DELAY")  # the flushed packet itself uses the entry: 7.2 STALE -> DELAY


@pytest.mark.rule("7.1")
def test_queue_overflow_drops_the_oldest() -> None:
    """7.1: unres_qlen_bytes."""
    link = Link()
    link.h.sysctl["net.ipv4.neigh.eth0.unres_qlen_bytes"] = 3000
    link.lab.start_ping(link.h, THEIRS, 10, interval=0.01)
    link.lab.run(0.2)
    link.arp(REPLY, M1, THEIRS, OURS, dst=link.dev.mac, tha=link.dev.mac)
    sequence = [s.packet["ICMP"].seq for s in link.wire.of("echo")]
    assert 1 <= len(sequence) < 10
    assert sequence == list(range(11 - len(sequence), 11))


# -- the state machine (7.2) -------------------------------------------------------------------------------------------


def reachable(link: Link) -> None:
    link.lab.start_ping(link.h, THEIRS)
    link.arp(REPLY, M1, THEIRS, OURS, dst=link.dev.mac, tha=link.dev.mac)
    assert link.entry() == ("REACHABLE", M1)
    link.wire.clear()


@pytest.mark.rule("7.2")
def test_reachable_becomes_stale_after_15_to_45_s_whatever_is_sent() -> None:
    """The fast path does not refresh `used`, so traffic does not keep an entry REACHABLE, nor does it lead to DELAY."""
    link = Link()
    reachable(link)
    start = int(link.lab.sim.now)
    states = []
    for _ in range(60):
        link.lab.run(1)
        states.append(link.entry()[0])
    assert states.index("STALE") + 1 >= 15
    assert states.index("STALE") + 1 <= 45 * 9 / 8 + 1
    assert set(states[: states.index("STALE")]) == {"REACHABLE"}
    assert start > 0
    assert link.sent("who-has") == []


@pytest.mark.rule("7.2")
def test_stale_delay_probe_failed() -> None:
    """5 s of DELAY, three unicast requests a second apart, FAILED about 8 s after the first use."""
    link = Link()
    link.arp(REQUEST, M1, THEIRS, OURS)
    assert link.entry() == ("STALE", M1)
    link.wire.clear()
    start = int(link.lab.sim.now)
    link.lab.start_ping(link.h, THEIRS)
    assert link.entry()[0] == "DELAY"
    assert link.sent("who-has") == []
    link.lab.run(4.9)
    assert link.entry()[0] == "DELAY"
    link.lab.run(0.9)
    assert link.entry()[0] == "PROBE"
    link.lab.start_ping(link.h, THEIRS)  # traffic still goes out meanwhile
    link.lab.run(0.05)
    assert len(link.wire.of("echo")) == 2
    link.lab.run(4)
    asked = list(link.wire.of("who-has"))
    assert [s.dmac for s in asked] == [mac_text(M1)] * 3
    assert within(asked[0].at - start, late(5))
    assert all(within(gap, late(1)) for gap in gaps([s.at for s in asked]))
    assert link.entry()[0] == "FAILED"


@pytest.mark.rule("7.2")
def test_stale_is_confirmed_by_a_unicast_reply() -> None:
    link = Link()
    link.arp(REQUEST, M1, THEIRS, OURS)
    link.lab.start_ping(link.h, THEIRS)
    link.lab.run(5.8)
    assert link.entry()[0] == "PROBE"
    link.arp(REPLY, M1, THEIRS, OURS, dst=link.dev.mac, tha=link.dev.mac)
    assert link.entry()[0] == "REACHABLE"


@pytest.mark.rule("7.2")
def test_failed_starts_from_scratch() -> None:
    """The broadcast goes at once, and to everybody, though a MAC was known."""
    link = Link()
    link.arp(REQUEST, M1, THEIRS, OURS)
    link.lab.ping(link.h, THEIRS, wait=10)
    assert link.entry()[0] == "FAILED"
    link.wire.clear()
    link.lab.start_ping(link.h, THEIRS)
    link.lab.run(0.01)
    assert link.sent("who-has") == [mac_text(BROADCAST_MAC)]


# -- T51: the learning matrix (7.5) ------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A frame, and what becomes of the sender's entry: absent before, or there for long or for less than locktime.

    The entry that is there is STALE with MAC M1, the frame comes from M2; "kept" leaves it alone.
    """

    name: str
    op: int
    sip: str = THEIRS
    tip: str = OURS
    tha: bytes = ZERO_MAC
    to: str = "all"
    absent: str = "none"
    old: str = "kept"
    young: str = "kept"


ROWS = [
    Row("request for our IP", REQUEST, absent="STALE", old="STALE", young="STALE"),
    Row("request for our IP, unicast", REQUEST, to="us", absent="STALE", old="STALE", young="STALE"),
    Row("request for our IP, from off the subnet", REQUEST, "192.168.7.7", absent="STALE", old="STALE", young="STALE"),
    Row("request for somebody else", REQUEST, tip=OTHERS, old="STALE"),
    Row("gratuitous request", REQUEST, tip=THEIRS, old="STALE", young="STALE"),
    Row("gratuitous reply, target MAC its own", REPLY, tip=THEIRS, tha=M2, old="STALE", young="STALE"),
    Row("reply for itself, target MAC broadcast", REPLY, tip=THEIRS, tha=BROADCAST_MAC, old="STALE"),
    Row("reply for itself, target MAC zero", REPLY, tip=THEIRS, tha=ZERO_MAC, old="STALE"),
    Row("unicast reply", REPLY, to="us", old="REACHABLE"),
    Row("broadcast reply", REPLY, old="STALE"),
    Row("request to another MAC", REQUEST, to="other"),
    Row("reply to another MAC", REPLY, to="other"),
]


@pytest.mark.rule("T51", "7.5")
@pytest.mark.parametrize("before", ["absent", "old", "young"])
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_T51_learning(row: Row, before: str) -> None:
    link = Link()
    dst = {"all": BROADCAST_MAC, "us": link.dev.mac, "other": mac_bytes("02:00:00:00:00:66")}[row.to]
    if before != "absent":
        link.arp(REQUEST, M1, row.sip, OURS)
        assert link.entry(row.sip) == ("STALE", M1)
        link.lab.run(2 if before == "old" else 0.5)
    link.arp(row.op, M2, row.sip, row.tip, tha=row.tha, dst=dst)
    expected = getattr(row, before)
    assert link.entry(row.sip) == {"none": ("none", b""), "kept": ("STALE", M1)}.get(expected, (expected, M2))


@pytest.mark.rule("T51", "7.5")
@pytest.mark.parametrize("row", ROWS[:-2], ids=[row.name for row in ROWS[:-2]])
def test_T51_same_mac_keeps_the_state(row: Row) -> None:
    """A REACHABLE entry whose MAC is only repeated stays REACHABLE."""
    link = Link()
    link.lab.route(link.h, "192.168.7.0/24", dev=link.dev)
    link.lab.start_ping(link.h, row.sip)
    link.arp(REPLY, M1, row.sip, OURS, dst=link.dev.mac, tha=link.dev.mac)
    link.lab.run(2)
    dst = {"all": BROADCAST_MAC, "us": link.dev.mac}[row.to]
    link.arp(row.op, M1, row.sip, row.tip, tha=M1 if row.tha == M2 else row.tha, dst=dst)
    assert link.entry(row.sip) == ("REACHABLE", M1)


@pytest.mark.rule("T51", "7.4")
def test_T51_request_for_our_ip_from_our_ip() -> None:
    """None, and no reply: the route lookup rejects a local source."""
    link = Link()
    link.arp(REQUEST, M2, OURS, OURS)
    link.lab.address(link.dev, "10.0.0.5/24")
    link.arp(REQUEST, M2, "10.0.0.5", OURS)
    assert link.entry(OURS)[0] == "none"
    assert link.entry("10.0.0.5")[0] == "none"
    assert link.sent("is-at") == []


@pytest.mark.rule("7.6a")
@pytest.mark.parametrize(
    ("accept", "sip", "frame", "expected"),
    [
        (1, THEIRS, "gratuitous request", "STALE"),
        (1, "192.168.7.7", "gratuitous request", "STALE"),
        (2, THEIRS, "gratuitous request", "STALE"),
        (2, "192.168.7.7", "gratuitous request", "none"),
        (1, THEIRS, "gratuitous reply", "STALE"),
        (1, THEIRS, "unicast reply", "REACHABLE"),
        (2, "192.168.7.7", "unicast reply", "none"),
        (1, THEIRS, "request for another", "none"),
    ],
)
def test_arp_accept(accept: int, sip: str, frame: str, expected: str) -> None:
    link = Link()
    link.h.sysctl["net.ipv4.conf.eth0.arp_accept"] = accept
    if frame == "gratuitous request":
        link.arp(REQUEST, M2, sip, sip)
    elif frame == "gratuitous reply":
        link.arp(REPLY, M2, sip, sip, tha=M2)
    elif frame == "unicast reply":
        link.arp(REPLY, M2, sip, OURS, dst=link.dev.mac, tha=link.dev.mac)
    else:
        link.arp(REQUEST, M2, sip, OTHERS)
    assert link.entry(sip)[0] == expected


@pytest.mark.rule("7.5")
def test_permanent_entries_never_change() -> None:
    link = Link()
    entry = link.h.neigh.create(link.dev, ip_int(THEIRS))
    assert entry is not None
    entry.update(M1, Nud.PERMANENT, override=True, admin=True)
    link.lab.run(2)
    link.arp(REQUEST, M2, THEIRS, OURS)
    link.arp(REPLY, M2, THEIRS, OURS, dst=link.dev.mac)
    link.arp(REQUEST, M2, THEIRS, THEIRS)
    assert link.entry() == ("PERMANENT", M1)


@pytest.mark.rule("T53", "7.7", "7.4")
def test_T53_duplicate_probe_and_gratuitous_claim() -> None:
    link = Link()
    link.arp(REQUEST, M2, "0.0.0.0", OURS)
    assert link.sent("is-at") == [mac_text(M2)]
    assert link.entry("0.0.0.0")[0] == "none"
    link.wire.clear()
    link.arp(REQUEST, M2, OURS, OURS)
    link.arp(REPLY, M2, OURS, OURS, tha=M2)
    assert link.sent("is-at") == []
    assert link.entry(OURS)[0] == "none"


# -- who answers (7.4, 7.6) --------------------------------------------------------------------------------------------


def two_homed() -> tuple[Link, Veth]:
    """h also has eth1 with 10.9.0.1/24."""
    link = Link()
    other, _ = link.lab.veth(link.h, "eth1", link.lab.spaces["w"], "w1")
    link.lab.address(other, "10.9.0.1/24")
    link.lab.settle()
    return link, other


@pytest.mark.rule("7.6")
@pytest.mark.parametrize(
    ("level", "sip", "tip", "answered"),
    [
        (0, THEIRS, OURS, True),
        (0, THEIRS, "10.9.0.1", True),
        (1, THEIRS, OURS, True),
        (1, THEIRS, "10.9.0.1", False),
        (2, THEIRS, OURS, True),
        (2, "192.168.7.7", OURS, False),
        (3, THEIRS, "10.9.0.1", True),
        (8, THEIRS, OURS, False),
    ],
)
@pytest.mark.parametrize("group", ["all", "eth0"])
def test_arp_ignore(group: str, level: int, sip: str, tip: str, answered: bool) -> None:
    link, _ = two_homed()
    link.h.sysctl[f"net.ipv4.conf.{group}.arp_ignore"] = level
    link.arp(REQUEST, M1, sip, tip)
    assert link.sent("is-at") == ([mac_text(M1)] if answered else [])


@pytest.mark.rule("7.6")
@pytest.mark.parametrize(
    ("tip", "routed", "answered"),
    [
        ("10.9.0.2", None, True),
        ("10.9.0.3", None, False),
        ("10.9.0.3", "eth0", False),
        ("10.9.0.3", "eth1", True),
        ("10.9.0.3", "all", True),
        ("10.9.0.4", None, False),
    ],
)
def test_arp_ignore_3_is_about_the_address_scope(tip: str, routed: str | None, answered: bool) -> None:
    """Recording 972: no answer for addresses of scope host (.3), on any device, but where route_localnet is set;
    scope link (.2) is answered, an address that no device has (.4, local by a route) is not.
    """
    link, other = two_homed()
    link.h.sysctl["net.ipv4.conf.all.arp_ignore"] = 3
    if routed:
        link.h.sysctl[f"net.ipv4.conf.{routed}.route_localnet"] = 1
    link.h.addresses.add(other, Address(ip_int("10.9.0.2"), 32, scope=Scope.LINK))
    link.h.addresses.add(other, Address(ip_int("10.9.0.3"), 32, scope=Scope.HOST))
    link.lab.route(link.h, "10.9.0.4/32", dev=link.h.dev("lo"), type=RouteType.LOCAL)
    link.arp(REQUEST, M1, THEIRS, tip)
    assert link.sent("is-at") == ([mac_text(M1)] if answered else [])


@pytest.mark.rule("7.6")
@pytest.mark.parametrize(("routed", "answered"), [(None, False), ("eth0", True), ("all", True), ("lo", False)])
def test_loopback_addresses_are_answered_for_with_route_localnet(routed: str | None, answered: bool) -> None:
    """Recording 972."""
    link = Link()
    if routed:
        link.h.sysctl[f"net.ipv4.conf.{routed}.route_localnet"] = 1
    link.arp(REQUEST, M1, THEIRS, "127.0.0.1")
    assert link.sent("is-at") == ([mac_text(M1)] if answered else [])


@pytest.mark.rule("7.6")
@pytest.mark.parametrize(("sip", "answered"), [(THEIRS, True), ("10.9.0.7", False)])
def test_arp_filter(sip: str, answered: bool) -> None:
    link, _ = two_homed()
    link.h.sysctl["net.ipv4.conf.eth0.arp_filter"] = 1
    link.arp(REQUEST, M1, sip, OURS)
    assert link.sent("is-at") == ([mac_text(M1)] if answered else [])


@pytest.mark.rule("7.6a")
@pytest.mark.parametrize(("level", "announced"), [(0, "10.9.0.1"), (1, OURS), (2, OURS)])
def test_arp_announce(level: int, announced: str) -> None:
    """The sender of a request: the packet's own source, or the address the device has for the target."""
    link, _ = two_homed()
    link.h.sysctl["net.ipv4.conf.all.arp_announce"] = level
    sock = UdpSocket(link.h)
    sock.bind_address(ip_int("10.9.0.1"))
    sock.send_to(b"x", ip_int(THEIRS), 9)
    link.lab.run(0.1)
    assert [s.src for s in link.wire.of("who-has")] == [announced]


@pytest.mark.rule("7.6p")
@pytest.mark.parametrize("unicast", [False, True])
def test_proxy_arp(unicast: bool) -> None:
    """Answered with our MAC for what is routed elsewhere; at once if we were asked directly, else after up to 0.8 s."""
    link, _ = two_homed()
    link.h.sysctl["net.ipv4.ip_forward"] = 1
    link.h.sysctl["net.ipv4.conf.eth0.proxy_arp"] = 1
    asked = int(link.lab.sim.now)
    link.arp(REQUEST, M1, THEIRS, "10.9.0.77", dst=link.dev.mac if unicast else BROADCAST_MAC)
    link.lab.run(2)
    (answer,) = link.wire.of("is-at")
    assert (answer.src, answer.smac, answer.dmac) == ("10.9.0.77", mac_text(link.dev.mac), mac_text(M1))
    assert answer.at - asked <= (0 if unicast else int(0.8 * SECOND * 9 / 8) + 8 * MS)
    assert link.entry() == ("STALE", M1)


@pytest.mark.rule("7.6p")
def test_proxy_arp_is_off_by_default_and_needs_another_device() -> None:
    link, _ = two_homed()
    link.h.sysctl["net.ipv4.ip_forward"] = 1
    link.arp(REQUEST, M1, THEIRS, "10.9.0.77")
    link.h.sysctl["net.ipv4.conf.eth0.proxy_arp"] = 1
    link.arp(REQUEST, M1, THEIRS, "10.0.0.77")
    link.lab.run(2)
    assert link.sent("is-at") == []


@pytest.mark.rule("7.6p")
@pytest.mark.parametrize("group", ["all", "eth0"])
def test_proxy_arp_pvlan(group: str) -> None:
    """7.4: answers for targets on the same device, for hosts that their switch keeps apart; not to self probes."""
    link = Link()
    link.h.sysctl["net.ipv4.ip_forward"] = 1
    link.h.sysctl[f"net.ipv4.conf.{group}.proxy_arp_pvlan"] = 1
    link.arp(REQUEST, M1, THEIRS, "10.0.0.77")
    link.arp(REQUEST, M1, THEIRS, THEIRS)
    link.lab.run(2)
    assert [s.src for s in link.wire.of("is-at")] == ["10.0.0.77"]


MALFORMED = {
    "hardware length": (4, b"\x07"),
    "protocol length": (5, b"\x05"),
    "hardware type": (0, b"\x00\x07"),
    "protocol": (2, b"\x86\xdd"),
    "operation": (6, b"\x00\x03"),
    "target is multicast": (24, b"\xe0\x00\x00\x05"),
    "target is loopback": (24, b"\x7f\x00\x00\x01"),
}


@pytest.mark.rule("7.4")
@pytest.mark.parametrize("what", MALFORMED)
def test_discarded(what: str) -> None:
    """7.4: neither answered nor learnt from."""
    link = Link()
    at, octets = MALFORMED[what]
    raw = bytearray(arp_frame(REQUEST, M1, THEIRS, OURS))
    raw[14 + at : 14 + at + len(octets)] = octets
    link.lab.send(link.far, bytes(raw))
    link.lab.run()
    assert link.sent("is-at") == []
    assert link.entry()[0] == "none"


@pytest.mark.rule("7.4")
def test_ieee802_hardware_type_is_accepted() -> None:
    link = Link()
    raw = bytearray(arp_frame(REQUEST, M1, THEIRS, OURS))
    raw[14:16] = b"\x00\x06"
    link.lab.send(link.far, bytes(raw))
    link.lab.run()
    assert link.sent("is-at") == [mac_text(M1)]


# -- forgetting (7.9) --------------------------------------------------------------------------------------------------


@pytest.mark.rule("7.9")
@pytest.mark.parametrize(
    ("event", "permanent_stays"), [("down", False), ("carrier", True), ("mac", False), ("deleted", False)]
)
def test_flushes(event: str, permanent_stays: bool) -> None:
    link = Link()
    link.arp(REQUEST, M1, THEIRS, OURS)
    fixed = link.h.neigh.create(link.dev, ip_int(OTHERS))
    assert fixed is not None
    fixed.update(M2, Nud.PERMANENT, override=True, admin=True)
    {
        "down": link.dev.set_down,
        "carrier": link.far.set_down,
        "mac": lambda: link.dev.set_mac(mac_bytes("02:00:00:00:00:55")),
        "deleted": link.dev.destroy,
    }[event]()
    link.lab.run(1.5)  # news of a lost carrier may take a second
    assert [e.ip for e in link.h.neigh.listing()] == ([ip_int(OTHERS)] if permanent_stays else [])


@pytest.mark.rule("7.9")
def test_carrier_loss_without_arp_evict_nocarrier() -> None:
    link = Link()
    link.h.sysctl["net.ipv4.conf.eth0.arp_evict_nocarrier"] = 0
    link.arp(REQUEST, M1, THEIRS, OURS)
    link.far.set_down()
    link.lab.run(1.5)
    assert link.entry()[0] == "STALE"


@pytest.mark.rule("7.5")
def test_overheard_broadcasts_of_others_teach_nothing() -> None:
    link = Link()
    link.arp(REQUEST, M1, THEIRS, OTHERS)
    link.arp(REPLY, M1, THEIRS, OTHERS)
    assert link.h.neigh.listing() == []
    assert [s for s in link.wire if s.type is HOST] == []


@pytest.mark.rule("7.1")
def test_table_full() -> None:
    """7.1: no entry beyond gc_thresh3; what is younger than 5 s is not collected.  Of older ones, the first go, until
    gc_thresh2 are left; and below gc_thresh3 only 5 s after the last collection (neigh_forced_gc).
    """
    link = Link()
    link.h.sysctl["net.ipv4.neigh.default.gc_thresh2"] = 2
    link.h.sysctl["net.ipv4.neigh.default.gc_thresh3"] = 4
    for n in range(10, 20):
        link.arp(REQUEST, M1, f"10.0.0.{n}", OURS)
    assert len(link.h.neigh.entries) == 4
    for new, left in ((30, [13, 30]), (31, [30, 31])):
        link.lab.run(7)
        link.arp(REQUEST, M1, f"10.0.0.{new}", OURS)
        assert sorted(e.ip & 0xFF for e in link.h.neigh.listing()) == left
    link.h.sysctl["net.ipv4.neigh.default.gc_thresh3"] = 8
    link.arp(REQUEST, M1, "10.0.0.32", OURS)
    assert sorted(e.ip & 0xFF for e in link.h.neigh.listing()) == [30, 31, 32]


@pytest.mark.rule("7.6a")
@pytest.mark.parametrize("event", ["up", "mac"])
@pytest.mark.parametrize("notify", [0, 1])
def test_arp_notify(notify: int, event: str) -> None:
    """7.6: a gratuitous request per address on link up and MAC change."""
    link = Link()
    link.lab.address(link.dev, "10.0.0.7/24")
    link.h.sysctl["net.ipv4.conf.eth0.arp_notify"] = notify
    if event == "up":
        link.dev.set_down()
        link.dev.set_up()
    else:
        link.dev.set_mac(mac_bytes("02:00:00:00:00:55"))
    link.lab.run(1)
    asked = [(s.src, s.dst, s.dmac) for s in link.wire.of("who-has") if s.type is not OUT]
    everybody = mac_text(BROADCAST_MAC)
    assert asked == ([(ip, ip, everybody) for ip in (OURS, "10.0.0.7")] if notify else [])


@pytest.mark.rule("7.4")
def test_strict_rp_filter_holds_for_arp() -> None:
    """7.4: the route lookup of (sender, target) has to succeed, so source validation applies."""
    link, _ = two_homed()
    link.h.sysctl["net.ipv4.conf.eth0.rp_filter"] = 1
    link.arp(REQUEST, M1, "10.9.0.7", OURS)
    assert link.sent("is-at") == []
    assert link.entry("10.9.0.7")[0] == "none"
