"""IPv4 and ICMP: cases T54-T66 and T72 of linux.md 13, and what sections 8.1-8.12 say beyond them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import SECOND
from macvsim.net.fibroute import RouteType
from macvsim.net.namespace import Namespace
from macvsim.net.socket import UdpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import BROADCAST_MAC, ip_int
from macvsim.wire.compose import icmp_template, ipv4_template
from tests.conformance.lab import HOST, OUT, Capture, Lab, PingError, Seen, echo_frame, echo_packet, late, within


class Routed:
    """a (10.0.0.1) — r (10.0.0.254 eth0, 10.1.0.254 eth1) — b (10.1.0.1); r forwards and is their default gateway.

    `far` captures at b, `near` at a.
    """

    def __init__(self, *, forwarding: int = 1) -> None:
        self.lab = lab = Lab()
        self.a, self.r, self.b = (lab.ns(name) for name in "arb")
        self.a0, self.r0 = lab.veth(self.a, "eth0", self.r, "eth0")
        self.r1, self.b0 = lab.veth(self.r, "eth1", self.b, "eth0")
        for dev, ip in (
            (self.a0, "10.0.0.1/24"),
            (self.r0, "10.0.0.254/24"),
            (self.r1, "10.1.0.254/24"),
            (self.b0, "10.1.0.1/24"),
        ):
            lab.address(dev, ip)
        lab.route(self.a, "default", via="10.0.0.254")
        lab.route(self.b, "default", via="10.1.0.254")
        self.r.sysctl["net.ipv4.ip_forward"] = forwarding
        self.near, self.far = lab.capture(self.a0), lab.capture(self.b0)

    def inject(self, packet: bytes, *, dst: bytes | None = None) -> None:
        """A frame from a's device to the router, or to another MAC."""
        self.lab.send(self.a0, (dst or self.r0.mac) + self.a0.mac + b"\x08\x00" + packet)
        self.lab.run(2)

    def errors(self) -> list[tuple[str, str]]:
        """ICMP errors that arrived at a: kind and sender."""
        return [(s.kind, s.src) for s in self.near if s.type is HOST and "/" in s.kind]


def codes(errors: list[PingError]) -> list[tuple[int, int]]:
    return [(e.kind, e.code) for e in errors]


# -- errors and their limits -------------------------------------------------------------------------------------------


@pytest.mark.rule("T54", "8.6", "8.13")
def test_T54_no_route_blackhole_unreachable_prohibit() -> None:
    net = Routed()
    for prefix, kind in (
        ("10.2.0.0/24", RouteType.BLACKHOLE),
        ("10.3.0.0/24", RouteType.UNREACHABLE),
        ("10.4.0.0/24", RouteType.PROHIBIT),
    ):
        net.lab.route(net.r, prefix, type=kind)
    found = []
    for target in ("10.9.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1"):
        found.append(codes(net.lab.ping(net.a, target, wait=7).errors))
    assert found == [[(3, 0)], [], [(3, 1)], [(3, 13)]]


@pytest.mark.rule("8.7")
def test_no_route_errors_stop_after_four() -> None:
    """8.7: each costs two tokens while one comes back per second; after a pause they return."""
    net = Routed()
    ping = net.lab.ping(net.a, "10.9.0.1", 12, wait=0.5)
    assert [e.seq for e in ping.errors] == [1, 2, 3, 4]
    net.lab.run(7)
    assert len(net.lab.ping(net.a, "10.9.0.1", wait=0.5).errors) == 1


@pytest.mark.rule("T56", "8.7")
def test_T56_ttl_exceeded_is_limited() -> None:
    net = Routed()
    ping = net.lab.ping(net.a, "10.1.0.1", 60, interval=0.1, ttl=1, wait=0.5)
    assert {(e.kind, e.code, e.source) for e in ping.errors} == {(11, 0, "10.0.0.254")}
    assert [e.seq for e in ping.errors][:6] == [1, 2, 3, 4, 5, 6]
    later = [e.at for e in ping.errors[6:]]
    assert ping.errors[6].seq > 7
    assert all(0.9 * SECOND <= b - a <= 1.1 * SECOND for a, b in pairwise(later))
    assert len(later) >= 5


@pytest.mark.rule("T57", "8.5")
def test_T57_ttl_is_tested_after_routing_and_only_when_forwarding() -> None:
    net = Routed()
    assert codes(net.lab.ping(net.a, "10.9.0.1", ttl=1, wait=1).errors) == [(3, 0)]
    assert [r.source for r in net.lab.ping(net.a, "10.1.0.254", ttl=1, wait=1).replies] == ["10.1.0.254"]
    net.near.clear()
    net.inject(echo_packet("10.0.0.1", "10.0.0.254", ttl=0))
    assert [s.kind for s in net.near if s.type is HOST] == ["reply"]


@pytest.mark.rule("8.7")
def test_frag_needed_is_never_limited() -> None:
    net = Routed()
    net.r1.set_mtu(1300)
    ping = net.lab.ping(net.a, "10.1.0.1", interval=0.05, size=1400, wait=0.5)
    assert codes(ping.errors) == [(3, 4)]
    for _ in range(20):
        net.inject(_df(echo_packet("10.0.0.1", "10.1.0.1", size=1400)))
    assert len(net.errors()) == 21


@pytest.mark.rule("8.6")
def test_error_fields() -> None:
    """8.6: from the interface facing the sender, TTL 64, TOS 0xc0, no DF, the packet quoted whole."""
    net = Routed()
    ping = net.lab.ping(net.a, "10.1.0.1", ttl=1, wait=0.5)
    (seen,) = [s for s in net.near if s.kind == "11/0"]
    ip = seen.packet["IP"]
    assert (ip.src, ip.ttl, ip.tos, int(ip.flags), ip.len) == ("10.0.0.254", 64, 0xC0, 0, 112)
    sent = net.near.of("echo", type=OUT)[0].frame.raw[14:]
    assert ping.errors[0].quoted == sent


def _df(packet: bytes) -> bytes:
    return ipv4.with_frag(packet, len(packet), ipv4.DF) + packet[20:]


@pytest.mark.rule("8.5", "8.6")
def test_quote_shows_which_ttl() -> None:
    """8.5: the original TTL in 11/0 and 3/4, the decremented one in 3/1 of a failed neighbour."""
    net = Routed()
    ping = net.lab.ping(net.a, "10.1.0.9", ttl=9)
    assert [(e.kind, e.code, e.source, e.quoted[8]) for e in ping.errors] == [(3, 1, "10.0.0.254", 8)]
    net.r1.set_mtu(1300)
    ping = net.lab.ping(net.a, "10.1.0.1", ttl=9, size=1400)
    assert [(e.kind, e.code, e.quoted[8]) for e in ping.errors] == [(3, 4, 9)]
    ping = net.lab.ping(net.a, "10.1.0.1", ttl=1)
    assert [(e.kind, e.code, e.quoted[8]) for e in ping.errors] == [(11, 0, 1)]


def _icmp_packet(kind: int, code: int, payload: bytes, *, src: str = "10.0.0.1", dst: str = "10.1.0.1") -> bytes:
    message = icmp.message(icmp_template(kind), kind, code, 0, payload)
    head = ipv4.header(
        ipv4_template(ipv4.PROTO_ICMP), length=20 + len(message), ident=1, src=ip_int(src), dst=ip_int(dst), ttl=1
    )
    return head + message


@pytest.mark.rule("8.6")
@pytest.mark.parametrize(
    ("what", "answered"),
    [
        ("echo request", True),
        ("L2 broadcast", False),
        ("later fragment", False),
        ("first fragment", True),
        ("ICMP error", False),
        ("unknown ICMP type", False),
        ("echo reply", True),
        ("timestamp", True),
    ],
)
def test_no_error_about(what: str, answered: bool) -> None:
    """8.6: packets with TTL 1 through the router."""
    net = Routed()
    quoted = echo_packet("10.1.0.1", "10.0.0.1")
    packet = {
        "ICMP error": _icmp_packet(3, 1, quoted),
        "unknown ICMP type": _icmp_packet(40, 0, bytes(20)),
        "echo reply": _icmp_packet(0, 0, bytes(20)),
        "timestamp": _icmp_packet(13, 0, bytes(12)),
    }.get(what, echo_packet("10.0.0.1", "10.1.0.1", ttl=1))
    if what == "later fragment":
        packet = ipv4.with_frag(packet, len(packet), 10) + packet[20:]
    if what == "first fragment":
        packet = ipv4.with_frag(packet, len(packet), ipv4.MF) + packet[20:]
    net.inject(packet, dst=BROADCAST_MAC if what == "L2 broadcast" else None)
    assert net.errors() == ([("11/0", "10.0.0.254")] if answered else [])


@pytest.mark.rule("8.2")
def test_no_forwarding_is_silent_for_everything() -> None:
    """8.2: neither unroutable, nor TTL 1, nor routable packets bring an answer; the far address itself does."""
    net = Routed(forwarding=0)
    for target, ttl in (("10.1.0.1", 64), ("10.1.0.1", 1), ("10.9.0.1", 64)):
        assert net.lab.ping(net.a, target, ttl=ttl, wait=1).silent
    assert net.lab.ping(net.a, "10.1.0.254", wait=1).ok
    assert net.far == []


@pytest.mark.rule("8.5")
def test_forwarding_is_the_incoming_devices_flag() -> None:
    """8.5: with eth1 not forwarding requests pass, replies do not."""
    net = Routed()
    net.r.sysctl["net.ipv4.conf.eth1.forwarding"] = 0
    assert net.lab.ping(net.a, "10.1.0.1", wait=1).silent
    assert [s.kind for s in net.far if s.kind in ("echo", "reply")] == ["echo", "reply"]


@pytest.mark.rule("8.4")
def test_closed_port_and_unknown_protocol() -> None:
    """8.4: 3/3 and 3/2 from the address the packet was sent to."""
    net = Routed()
    UdpSocket(net.a).send_to(b"x", ip_int("10.1.0.1"), 9)
    net.lab.run(1)
    assert net.errors() == [("3/3", "10.1.0.1")]
    net.near.clear()
    a, b = ip_int("10.0.0.1"), ip_int("10.1.0.1")
    net.inject(ipv4.header(ipv4_template(132), length=40, ident=1, src=a, dst=b) + bytes(20))
    assert net.errors() == [("3/2", "10.1.0.1")]


# -- size --------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T58", "8.9p")
def test_T58_fragmentation_needed() -> None:
    net = Routed()
    net.r1.set_mtu(1300)
    net.b0.set_mtu(1300)
    ping = net.lab.ping(net.a, "10.1.0.1", size=1400, wait=0.5)
    assert [(e.kind, e.code, e.info & 0xFFFF) for e in ping.errors] == [(3, 4, 1300)]
    (seen,) = [s for s in net.near if s.kind == "3/4"]
    assert seen.packet["IP"].len == 576
    found = net.a.exceptions.get(ip_int("10.1.0.1"))
    assert found is not None
    assert found.mtu == 1300
    assert found.expires - seen.at == 600 * SECOND
    net.near.clear()
    again = net.lab.ping(net.a, "10.1.0.1", size=1400, wait=0.5)
    assert again.ok
    assert [s.packet["IP"].len for s in net.near if s.type is OUT] == [1300, 148]
    assert net.lab.ping(net.a, "10.1.0.1", size=1400, pmtu="do").refused == ["EMSGSIZE"]
    net.lab.run(600)
    assert net.a.exceptions.get(ip_int("10.1.0.1")) is None
    assert net.lab.ping(net.a, "10.1.0.1", size=1400, pmtu="do", wait=0.5).refused == []


@pytest.mark.rule("T59", "8.9")
def test_T59_fragments() -> None:
    net = Routed()
    net.r1.set_mtu(1300)
    net.b0.set_mtu(1300)
    ping = net.lab.ping(net.a, "10.1.0.1", size=1400, pmtu="dont", wait=0.5)
    pieces = [s.packet["IP"] for s in net.far if s.type is HOST and s.kind != "is-at"]
    assert [p.len for p in pieces] == [1300, 148]
    assert len({p.id for p in pieces}) == 1
    assert [(int(p.flags), p.frag) for p in pieces] == [(1, 0), (0, 160)]
    assert ping.ok


@pytest.mark.rule("T59", "8.9")
def test_T59_local_fragments() -> None:
    net = Routed()
    assert net.lab.ping(net.a, "10.1.0.1", size=3000, wait=0.5).ok
    pieces = [s.packet["IP"] for s in net.near if s.type is OUT and s.kind not in ("who-has", "is-at")]
    assert [p.len for p in pieces] == [1500, 1500, 68]
    assert len({p.id for p in pieces}) == 1


def fragments(packet: bytes, *cuts: int) -> list[bytes]:
    """The packet cut at these payload offsets."""
    body, edges = packet[20:], [0, *cuts, len(packet) - 20]
    pieces = []
    for start, end in pairwise(edges):
        more = ipv4.MF if end < len(body) else 0
        pieces.append(ipv4.with_frag(packet, 20 + end - start, more | start // 8) + body[start:end])
    return pieces


@pytest.mark.rule("8.9")
@pytest.mark.parametrize(
    ("order", "answered"),
    [([0, 1, 2], True), ([2, 1, 0], True), ([0, 0, 1, 2, 2], True), ([0, 2], False)],
)
def test_reassembly(order: list[int], answered: bool) -> None:
    """8.9: any order, exact duplicates ignored."""
    net = Routed()
    pieces = fragments(echo_packet("10.0.0.1", "10.0.0.254", size=400), 160, 320)
    for n in order:
        net.inject(pieces[n])
    assert [s.kind for s in net.near if s.type is HOST] == (["reply"] if answered else [])


@pytest.mark.rule("8.9")
def test_reassembly_overlap_drops_the_datagram() -> None:
    net = Routed()
    packet = echo_packet("10.0.0.1", "10.0.0.254", size=400)
    first, middle, last = fragments(packet, 160, 320)
    overlapping = ipv4.with_frag(packet, 20 + 168, ipv4.MF | 152 // 8) + packet[20 + 152 : 20 + 320]
    for piece in (first, overlapping):
        net.inject(piece)
    for piece in (middle, last):
        net.inject(piece)
    assert [s.kind for s in net.near if s.type is HOST] == []
    net.inject(first)  # the pieces that came after the overlap wait for it
    assert [s.kind for s in net.near if s.type is HOST] == ["reply"]


@pytest.mark.rule("8.9")
@pytest.mark.parametrize(("have", "told"), [(0, True), (1, False)])
def test_reassembly_timeout(have: int, told: bool) -> None:
    """8.9: after 30 s, 11/1 if fragment 0 came and we are the end host."""
    net = Routed()
    pieces = fragments(echo_packet("10.0.0.1", "10.0.0.254", size=400), 160, 320)
    start = int(net.lab.sim.now)
    net.inject(pieces[have])
    net.lab.run(40)
    found = [s for s in net.near if s.kind == "11/1"]
    assert len(found) == told
    assert all(within(s.at - start, late(30)) for s in found)


@pytest.mark.rule("8.9")
def test_frame_longer_than_the_receivers_mtu() -> None:
    """8.9: veth drops it, a NIC takes it."""
    net = Routed()
    net.b0.set_mtu(1000)
    assert net.lab.ping(net.a, "10.1.0.1", size=1400, wait=0.5).silent
    lab = Lab()
    p0, w0 = lab.nic(lab.ns("h"), "p0", "10.0.0.1/24"), lab.nic(lab.ns("w"), "w0", "10.0.0.2/24")
    lab.cable(p0, w0)
    p0.set_mtu(1000)
    assert lab.ping(lab.spaces["w"], "10.0.0.1", size=1400, wait=0.5).ok


# -- redirects ---------------------------------------------------------------------------------------------------------


class Stick:
    """r has 10.0.0.254 and 10.1.0.254 on one untagged device; a (10.0.0.1) and b (10.1.0.1) are on the same segment."""

    def __init__(self) -> None:
        self.lab = lab = Lab()
        self.a, self.r, self.b = (lab.ns(name) for name in "arb")
        cards = [
            lab.nic(self.a, "eth0", "10.0.0.1/24"),
            lab.nic(self.r, "eth0", "10.0.0.254/24", "10.1.0.254/24"),
            lab.nic(self.b, "eth0", "10.1.0.1/24"),
        ]
        lab.bridged(*cards)
        lab.route(self.a, "default", via="10.0.0.254")
        lab.route(self.b, "default", via="10.1.0.254")
        self.r.sysctl["net.ipv4.ip_forward"] = 1
        self.near: Capture = lab.capture(cards[0])

    def redirects(self) -> list[Seen]:
        return [s for s in self.near if s.kind == "5/1" and s.type is HOST]


@pytest.mark.rule("T60", "8.8", "8.8h")
def test_T60_redirect() -> None:
    net = Stick()
    ping = net.lab.ping(net.a, "10.1.0.1", 4, wait=0.5)
    assert ping.ok
    second = ping.sent[2], ping.sent[3]
    assert len(net.redirects()) == 2
    assert net.redirects()[0].at < second[0] < net.redirects()[1].at < second[1]
    message = net.redirects()[1].packet["ICMP"]
    assert (message.gw, net.redirects()[1].src) == ("10.1.0.1", "10.0.0.254")
    assert message.payload.ttl == 63  # 8.5: the quote has the decremented TTL
    found = net.a.exceptions.get(ip_int("10.1.0.1"))
    assert found is not None
    assert found.gateway == ip_int("10.1.0.1")
    assert found.expires - net.redirects()[1].at == 300 * SECOND
    assert [s.dmac for s in net.near.of("echo", type=OUT)][2:] == [net.b.dev("eth0").mac.hex(":")] * 2
    net.lab.run(300)
    net.near.clear()
    net.lab.ping(net.a, "10.1.0.1", wait=0.5)
    assert [s.dmac for s in net.near.of("echo", type=OUT)] == [net.r.dev("eth0").mac.hex(":")]


@pytest.mark.rule("8.8")
def test_redirect_schedule() -> None:
    """8.8: at 5 packets a second gaps of 0.2 0.2 0.2 0.4 0.8 1.5 2.7 5.2 s [E], nine in all, reset after 20.48 s."""
    net = Stick()
    net.a.sysctl["net.ipv4.conf.all.accept_redirects"] = 0
    net.a.sysctl["net.ipv4.conf.eth0.accept_redirects"] = 0
    net.lab.ping(net.a, "10.1.0.1", 100, interval=0.2, wait=0.1)
    moments = [s.at for s in net.redirects()]
    assert len(moments) == 9
    found = [round((b - a) / SECOND, 1) for a, b in pairwise(moments)]
    for gap, measured in zip(found, [0.2, 0.2, 0.2, 0.4, 0.8, 1.5, 2.7, 5.2], strict=True):
        assert abs(gap - measured) <= 0.2  # the next packet after the time is up carries it
    net.lab.run(21)
    net.lab.ping(net.a, "10.1.0.1", wait=0.1)
    assert len(net.redirects()) == 10


@pytest.mark.rule("8.8")
@pytest.mark.parametrize("group", ["all", "eth0"])
def test_send_redirects_is_or(group: str) -> None:
    net = Stick()
    net.r.sysctl[f"net.ipv4.conf.{group}.send_redirects"] = 0
    net.lab.ping(net.a, "10.1.0.1", wait=0.5)
    assert len(net.redirects()) == 1
    other = "eth0" if group == "all" else "all"
    net.r.sysctl[f"net.ipv4.conf.{other}.send_redirects"] = 0
    net.near.clear()
    net.lab.ping(net.a, "10.1.0.1", wait=0.5)
    assert net.redirects() == []


@pytest.mark.rule("8.8")
def test_without_shared_media_a_gateway_must_be_on_the_senders_net() -> None:
    """inet_addr_onlink: no gateway at all is as good as one on the sender's own subnet."""
    net = Stick()
    for group in ("all", "eth0"):
        net.r.sysctl[f"net.ipv4.conf.{group}.shared_media"] = 0
    net.lab.ping(net.a, "10.1.0.1", wait=0.5)
    assert len(net.redirects()) == 1
    net.near.clear()
    net.lab.route(net.r, "10.9.0.0/24", via="10.1.0.1")
    net.lab.ping(net.a, "10.9.0.1", wait=0.5)
    assert net.redirects() == []
    net.lab.route(net.r, "10.8.0.0/24", via="10.0.0.7")
    net.lab.ping(net.a, "10.8.0.1", wait=0.5)
    assert len(net.redirects()) == 1


@pytest.mark.rule("8.8h")
def test_redirects_not_accepted() -> None:
    net = Stick()
    net.a.sysctl["net.ipv4.conf.all.accept_redirects"] = 0
    net.a.sysctl["net.ipv4.conf.eth0.accept_redirects"] = 0
    net.lab.ping(net.a, "10.1.0.1", 4, wait=0.5)
    assert net.a.exceptions.get(ip_int("10.1.0.1")) is None


# -- echo, broadcast, sources ------------------------------------------------------------------------------------------


@pytest.mark.rule("T62", "8.11")
@pytest.mark.parametrize("ignore", [1, 0])
def test_T62_echo_to_the_broadcast_address(ignore: int) -> None:
    lab = Lab()
    cards = [lab.nic(lab.ns(f"h{n}"), "p0", f"10.0.0.{n}/24") for n in (1, 2, 3)]
    lab.bridged(*cards)
    for space in list(lab.spaces.values()):
        space.sysctl["net.ipv4.icmp_echo_ignore_broadcasts"] = ignore
    ping = lab.ping(lab.spaces["h1"], "10.0.0.255", broadcast=True, wait=2)
    answers = sorted(r.source for r in ping.replies if r.source != "10.0.0.1")
    assert answers == ([] if ignore else ["10.0.0.2", "10.0.0.3"])


@pytest.mark.rule("8.14")
def test_broadcast_needs_permission() -> None:
    """8.14: SO_BROADCAST."""
    net = Routed()
    assert net.lab.ping(net.a, "10.0.0.255").refused == ["EACCES"]


@pytest.mark.rule("8.11")
def test_echo_reply_fields() -> None:
    """8.11: from the address asked, TOS copied, TTL 64, no DF."""
    net = Routed()
    packet = bytearray(_df(echo_packet("10.0.0.1", "10.1.0.254", ttl=3)))
    packet[1] = 0x10
    net.inject(ipv4.with_frag(bytes(packet), len(packet), ipv4.DF) + bytes(packet[20:]))
    (reply,) = net.near.of("reply")
    ip = reply.packet["IP"]
    assert (ip.src, ip.tos, ip.ttl, int(ip.flags)) == ("10.1.0.254", 0x10, 64, 0)
    assert reply.packet["ICMP"].id == 77


@pytest.mark.rule("8.4")
def test_unicast_packet_in_a_link_layer_broadcast() -> None:
    """8.4: accepted and answered, never forwarded."""
    net = Routed()
    net.inject(echo_packet("10.0.0.1", "10.0.0.254"), dst=BROADCAST_MAC)
    assert [s.kind for s in net.near if s.type is HOST] == ["reply"]
    net.inject(echo_packet("10.0.0.1", "10.1.0.1"), dst=BROADCAST_MAC)
    assert net.far == []


@pytest.mark.rule("T63", "8.2", "8.3")
@pytest.mark.parametrize("source", ["10.1.0.254", "10.0.0.254", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"])
def test_T63_impossible_sources(source: str) -> None:
    net = Routed()
    net.inject(echo_packet(source, "10.1.0.1"))
    net.inject(echo_packet(source, "10.0.0.254"))
    assert net.far == []
    assert [s for s in net.near if s.type is HOST] == []


@pytest.mark.rule("T63", "8.3")
@pytest.mark.parametrize(("mode", "forwarded"), [(0, True), (1, False), (2, True)])
@pytest.mark.parametrize("group", ["all", "eth0"])
def test_T63_rp_filter(group: str, mode: int, forwarded: bool) -> None:
    """A source of the subnet behind the router's third device."""
    net = Routed()
    third, _ = net.lab.veth(net.r, "eth2", net.lab.ns("c"), "eth0")
    net.lab.address(third, "10.2.0.254/24")
    net.r.sysctl[f"net.ipv4.conf.{group}.rp_filter"] = mode
    net.inject(echo_packet("10.2.0.5", "10.1.0.1"))
    assert [s.src for s in net.far.of("echo")] == (["10.2.0.5"] if forwarded else [])
    assert net.r.snmp.ext["IPReversePathFilter"] == (not forwarded)


@pytest.mark.rule("8.3")
@pytest.mark.parametrize(("mode", "forwarded"), [(0, True), (1, False), (2, False)])
def test_rp_filter_without_reverse_route(mode: int, forwarded: bool) -> None:
    net = Routed()
    net.r.sysctl["net.ipv4.conf.eth0.rp_filter"] = mode
    net.inject(echo_packet("192.168.5.5", "10.1.0.1"))
    assert len(net.far.of("echo")) == forwarded


@pytest.mark.rule("8.2")
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("0.0.0.0", DropReason.IP_MARTIAN_DEST),
        ("127.0.0.1", DropReason.IP_LOCALNET),
        ("127.9.9.9", DropReason.IP_LOCALNET),
    ],
)
def test_martian_destinations(target: str, reason: DropReason) -> None:
    net = Routed()
    net.inject(echo_packet("10.0.0.1", target))
    assert [s for s in net.near if s.type is HOST] == []
    assert [why for _, why in net.lab.sim.drops] == [reason]


def _broken(what: str) -> bytes:
    packet = bytearray(echo_packet("10.0.0.1", "10.0.0.254"))
    if what == "short":
        return bytes(packet[:19])
    if what == "version":
        packet[0] = 0x65
    elif what == "ihl":
        packet[0] = 0x44
    elif what == "checksum":
        packet[10] ^= 1
        return bytes(packet)
    elif what == "truncated":
        return bytes(packet[:-1])
    elif what == "length":
        return ipv4.with_frag(bytes(packet), 19, 0) + bytes(packet[20:])
    elif what == "icmp checksum":
        packet[22] ^= 1
        return bytes(packet)
    return ipv4.with_frag(bytes(packet), len(packet), 0) + bytes(packet[20:])


@pytest.mark.rule("8.1")
@pytest.mark.parametrize(
    ("what", "counted"),
    [
        ("short", "InHdrErrors"),
        ("version", "InHdrErrors"),
        ("ihl", "InHdrErrors"),
        ("checksum", "InHdrErrors InCsumErrors"),
        ("truncated", "InTruncatedPkts"),
        ("length", "InHdrErrors"),
        ("icmp checksum", ""),
    ],
)
def test_malformed(what: str, counted: str) -> None:
    """8.1: silently dropped, and counted as ip_rcv_core does."""
    net = Routed()
    net.inject(_broken(what))
    assert [s for s in net.near if s.type is HOST] == []
    counters = {**net.r.snmp.ip, **net.r.snmp.ext}
    names = ("InHdrErrors", "InCsumErrors", "InTruncatedPkts")
    assert {name: counters.get(name, 0) for name in names} == {name: name in counted.split() for name in names}


@pytest.mark.rule("8.1")
def test_padding_is_trimmed() -> None:
    """8.1: bytes beyond the total length do not come back in the reply."""
    net = Routed()
    net.inject(echo_packet("10.0.0.1", "10.0.0.254", size=0) + b"\xaa" * 18)
    (reply,) = net.near.of("reply")
    assert len(reply.frame.wire) == 14 + 28


@pytest.mark.rule("T65", "8.13a")
def test_T65_secondary_address() -> None:
    lab = Lab()
    dev, _ = lab.veth(lab.ns("h"), "eth0", lab.ns("w"), "w0")
    first = lab.address(dev, "10.0.0.1/24")
    second = lab.address(dev, "10.0.0.2/24")
    assert (first.secondary, second.secondary) == (False, True)
    lab.spaces["h"].addresses.remove(dev, first.local)
    assert dev.inet.addresses == ()


@pytest.mark.rule("8.13a")
def test_promote_secondaries() -> None:
    lab = Lab()
    h = lab.ns("h")
    dev, _ = lab.veth(h, "eth0", lab.ns("w"), "w0")
    h.sysctl["net.ipv4.conf.eth0.promote_secondaries"] = 1
    first, second, third = (lab.address(dev, f"10.0.0.{n}/24") for n in (1, 2, 3))
    h.addresses.remove(dev, first.local)
    assert dev.inet.addresses == (second, third)
    assert (second.secondary, third.secondary) == (False, True)
    assert [(r.prefix, r.src) for r in h.fib.routes()] == [("10.0.0.0/24", second.local)]
    assert [h.is_local(ip.local) for ip in (first, second, third)] == [False, True, True]


@pytest.mark.rule("T66", "8.13l")
def test_T66_address_of_an_interface_that_is_down() -> None:
    net = Routed()
    net.r1.set_down()
    assert [r.source for r in net.lab.ping(net.a, "10.1.0.254", wait=0.5).replies] == ["10.1.0.254"]


@pytest.mark.rule("T72", "8.5")
@pytest.mark.parametrize("forwarding", [0, 1])
def test_T72_new_namespace_copies_ip_forward(forwarding: int) -> None:
    lab = Lab()
    init = lab.ns("h1")
    before = lab.ns("c0", init)
    init.sysctl["net.ipv4.ip_forward"] = forwarding
    after = lab.ns("c1", init)
    assert before.sysctl["net.ipv4.ip_forward"] == 0
    assert after.sysctl["net.ipv4.ip_forward"] == forwarding
    assert after.sysctl["net.ipv4.conf.lo.forwarding"] == forwarding


# -- output (8.12) -----------------------------------------------------------------------------------------------------


def _bound(ns: Namespace, dev: NetDevice, target: str, lab: Lab) -> Capture:
    seen = lab.capture(dev)
    lab.ping(ns, target, dev=dev.name, wait=0.1)
    return seen


@pytest.mark.rule("8.12")
def test_bound_to_a_device_without_route_the_destination_is_on_link() -> None:
    net = Routed()
    seen = _bound(net.r, net.r0, "203.0.113.9", net.lab)
    assert [(s.kind, s.src, s.dst) for s in seen] == [("who-has", "10.0.0.254", "203.0.113.9")]


@pytest.mark.rule("8.12")
def test_own_address_goes_through_lo_with_itself_as_source() -> None:
    net = Routed()
    seen = net.lab.capture(net.r.dev("lo"))
    assert net.lab.ping(net.r, "10.1.0.254", wait=0.1).ok
    assert {(s.kind, s.src, s.dst) for s in seen} == {(k, "10.1.0.254", "10.1.0.254") for k in ("echo", "reply")}
    assert net.far == []


@pytest.mark.rule("8.12")
def test_source_is_the_address_of_the_egress_device() -> None:
    net = Routed()
    net.lab.address(net.r1, "10.7.0.1/24")
    net.lab.ping(net.r, "10.1.0.1", wait=0.1)
    assert net.far.of("echo")[0].src == "10.1.0.254"


@pytest.mark.rule("8.12")
def test_foreign_source_is_refused() -> None:
    net = Routed()
    sock = UdpSocket(net.a)
    sock.source = ip_int("10.0.0.77")
    with pytest.raises(Exception, match="Invalid argument"):
        sock.route(ip_int("10.1.0.1"))


@pytest.mark.rule("8.14")
def test_broadcast_is_looped_to_local_sockets() -> None:
    """8.14: to ff:ff:ff:ff:ff:ff, and a copy for ourselves."""
    net = Routed()
    heard: list[bytes] = []
    listener = UdpSocket(net.a, lambda payload, *_: heard.append(payload))
    listener.bind(0, 4000)
    sender = UdpSocket(net.a)
    sender.broadcast = True
    sender.send_to(b"x", ip_int("10.0.0.255"), 4000)
    net.lab.run(0.1)
    assert [s.dmac for s in net.near.of("udp")] == ["ff:ff:ff:ff:ff:ff"]
    assert heard == [b"x"]


@pytest.mark.rule("8.14")
@pytest.mark.parametrize("joined", [False, True])
def test_multicast_output(joined: bool) -> None:
    """8.14: 01:00:5e and the low 23 bits, TTL 1, a copy looped back if joined."""
    net = Routed()
    heard: list[bytes] = []
    listener = UdpSocket(net.a, lambda payload, *_: heard.append(payload))
    listener.bind(0, 4000)
    if joined:
        listener.join(ip_int("239.129.1.1"), net.a0)
    UdpSocket(net.a).send_to(b"x", ip_int("239.129.1.1"), 4000)
    net.lab.run(0.1)
    assert [(s.dmac, s.ttl) for s in net.near.of("udp")] == [("01:00:5e:01:01:01", 1)]
    assert heard == ([b"x"] if joined else [])


@pytest.mark.rule("8.3")
@pytest.mark.parametrize(("mode", "answered"), [(0, True), (1, False)])
def test_subnet_broadcast_as_source(mode: int, answered: bool) -> None:
    """8.3, the quirk of rp_filter 0: an echo from the subnet's broadcast address is answered by broadcast."""
    net = Routed()
    net.r.sysctl["net.ipv4.conf.eth0.rp_filter"] = mode
    net.inject(echo_packet("10.0.0.255", "10.0.0.254"))
    replies = [(s.dmac, s.dst) for s in net.near.of("reply")]
    assert replies == ([("ff:ff:ff:ff:ff:ff", "10.0.0.255")] if answered else [])


@pytest.mark.rule("8.3")
@pytest.mark.parametrize(("source", "forwarded"), [("192.168.5.5", True), ("10.0.0.255", False), ("10.1.0.254", False)])
def test_source_check_when_a_packet_leaves_where_it_came_in(source: str, forwarded: bool) -> None:
    """8.3: mode 0 with send_redirects: local and broadcast sources fail, a missing reverse route does not."""
    net = Stick()
    b0, a0, r0 = (space.dev("eth0") for space in (net.b, net.a, net.r))
    seen = net.lab.capture(b0)
    net.lab.send(a0, echo_frame(r0.mac, a0.mac, source, "10.1.0.1"))
    net.lab.run(0.5)
    assert len([s for s in seen.of("echo") if s.type is HOST]) == forwarded


@pytest.mark.rule("8.10")
def test_identification() -> None:
    """8.10: 0 for ping -M do, else a counter per destination."""
    net = Routed()
    net.lab.ping(net.a, "10.1.0.1", 3, interval=0.1, wait=0.1)
    ids = [s.packet["IP"].id for s in net.near.of("echo")]
    assert [b - a for a, b in pairwise(ids)] == [1, 1]
    replies = [s.packet["IP"].id for s in net.near.of("reply")]
    assert [b - a for a, b in pairwise(replies)] == [1, 1]
    net.near.clear()
    net.lab.ping(net.a, "10.1.0.1", 2, interval=0.1, wait=0.1, pmtu="do")
    assert [s.packet["IP"].id for s in net.near.of("echo")] == [0, 0]


@pytest.mark.rule("8.11")
def test_timestamp_request_is_answered() -> None:
    """8.11."""
    net = Routed()
    net.inject(_icmp_packet(icmp.TIMESTAMP, 0, bytes(12), dst="10.0.0.254"))
    assert [s.kind for s in net.near if s.type is HOST] == ["14/0"]


@pytest.mark.rule("8.5")
def test_router_alert_and_source_route() -> None:
    """8.5: router alert passes, a strict source route that leads elsewhere does not."""
    net = Routed()
    plain = echo_packet("10.0.0.1", "10.1.0.1")

    def with_options(options: bytes) -> bytes:
        head = bytearray(plain[:20] + options)
        head[0] = 0x40 | len(head) // 4
        return ipv4.with_frag(bytes(head), len(head) + len(plain) - 20, 0) + plain[20:]

    net.inject(with_options(b"\x94\x04\0\0"))
    assert len(net.far.of("echo")) == 1
    assert net.errors() == []
    net.far.clear()
    net.inject(with_options(b"\x89\x07\x04" + bytes((10, 9, 0, 1)) + b"\0"))
    assert net.far.of("echo") == []


@pytest.mark.rule("8.8h")
@pytest.mark.parametrize(("everywhere", "device", "followed"), [(1, 1, True), (1, 0, False), (0, 1, False)])
def test_a_router_follows_redirects_only_where_both_flags_say_so(everywhere: int, device: int, followed: bool) -> None:
    """8.8: router: all AND dev; a host: all OR dev."""
    net = Stick()
    net.a.sysctl["net.ipv4.ip_forward"] = 1
    net.a.sysctl["net.ipv4.conf.all.accept_redirects"] = everywhere
    net.a.sysctl["net.ipv4.conf.eth0.accept_redirects"] = device
    net.lab.ping(net.a, "10.1.0.1", 4, wait=0.5)
    assert (net.a.exceptions.get(ip_int("10.1.0.1")) is not None) is followed


@pytest.mark.rule("8.5")
def test_enabling_ip_forward() -> None:
    """8.5: sets every device and `default`, and all.accept_redirects to 0; the devices' flags stay 1."""
    net = Routed(forwarding=0)
    net.r.sysctl["net.ipv4.ip_forward"] = 1
    names = ("all", "default", "lo", "eth0", "eth1")
    assert [net.r.sysctl[f"net.ipv4.conf.{name}.forwarding"] for name in names] == [1] * 5
    assert [net.r.sysctl[f"net.ipv4.conf.{name}.accept_redirects"] for name in names] == [0, 1, 1, 1, 1]


@pytest.mark.rule("8.11")
def test_icmp_echo_ignore_all() -> None:
    net = Routed()
    net.r.sysctl["net.ipv4.icmp_echo_ignore_all"] = 1
    assert net.lab.ping(net.a, "10.0.0.254", wait=0.5).silent


@pytest.mark.rule("8.13a")
def test_network_address_is_no_broadcast() -> None:
    """Trap 38: since 5.14 the first address of a subnet is one like any other: it is asked for by ARP."""
    net = Routed()
    net.lab.ping(net.a, "10.0.0.0", wait=0.1)
    assert [(s.kind, s.dst) for s in net.near] == [("who-has", "10.0.0.0")]


@pytest.mark.rule("8.6")
def test_error_about_a_packet_to_an_own_address_comes_from_that_address() -> None:
    """8.6: the address the packet was sent to, whichever interface it came in on."""
    net = Routed()
    UdpSocket(net.a).send_to(b"x", ip_int("10.1.0.254"), 9)
    net.lab.run(0.5)
    assert net.errors() == [("3/3", "10.1.0.254")]


@pytest.mark.rule("8.6")
def test_icmp_errors_use_inbound_ifaddr() -> None:
    """8.6: by default the address routing picks towards the sender, with the parameter that of the inbound device."""
    net = Routed()
    third, other = net.lab.veth(net.r, "eth2", net.lab.ns("c"), "eth0")
    net.lab.address(third, "10.2.0.254/24")
    seen = net.lab.capture(net.a0)
    for value, sender in ((0, "10.0.0.254"), (1, "10.2.0.254")):
        seen.clear()
        net.r.sysctl["net.ipv4.icmp_errors_use_inbound_ifaddr"] = value
        net.lab.send(other, echo_frame(third.mac, other.mac, "10.0.0.1", "10.1.0.1", ttl=1))
        net.lab.run(2)
        assert [s.src for s in seen.of("11/0")] == [sender]
