"""Single matches and targets of iptables (net/netfilter/xt_*.c, and as a real kernel counted)."""

from __future__ import annotations

import pytest

from macvsim.engine.drop import DropReason
from macvsim.engine.sim import MS, SECOND
from macvsim.net.netfilter.countmatches import ConnLimit
from macvsim.net.netfilter.fieldtargets import TcpMssTarget
from macvsim.net.netfilter.matches import MarkMatch, Multiport
from macvsim.net.netfilter.rule import Interface
from macvsim.net.netfilter.statematches import ConntrackMatch, Limit
from macvsim.net.netfilter.targets import Masquerade, NoTrack
from macvsim.wire import ipv4, tcp
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import ipv4_template, tcp_template
from tests.conformance.test_netfilter import A, B, Routed, Udp


def packet(proto: int, payload: bytes) -> bytes:
    """From a to b."""
    head = ipv4.header(ipv4_template(proto), length=20 + len(payload), ident=1, src=ip_int(A), dst=ip_int(B), ttl=64)
    return head + payload


def send(lab: Routed, data: bytes) -> None:
    """A frame with this packet from a to the router."""
    a0, r0 = lab.a.dev("eth0"), lab.r.dev("eth0")
    lab.send(a0, r0.mac + a0.mac + b"\x08\x00" + data)
    lab.run(1)


def test_ports_and_marks() -> None:
    lab = Routed()
    ports = ((53, 53), (1000, 1010))
    lab.rule("filter", "FORWARD", None, Multiport("dports", ports), proto=17)
    lab.rule("filter", "FORWARD", None, Multiport("dports", ports, negated=True), proto=17)
    lab.rule("filter", "FORWARD", None, MarkMatch(0))
    client = Udp(lab.a)
    for port in (53, 54, 1005):
        client.send(b"x", B, port)
    lab.run(1)
    assert lab.counts("filter", "FORWARD")[0] == 2
    assert lab.counts("filter", "FORWARD")[1] == 1
    assert lab.counts("filter", "FORWARD")[2] >= 3


@pytest.mark.parametrize(
    ("match", "packets"),
    [
        (ConntrackMatch(("UNTRACKED",)), 2),
        (ConntrackMatch(("UNTRACKED",), proto=1), 2),
        (ConntrackMatch(proto=1), 0),
        (ConntrackMatch(("NEW",), proto=1), 0),
    ],
)
def test_only_states_are_asked_of_what_has_no_connection(match: ConntrackMatch, packets: int) -> None:
    """As recorded: where a state is asked, the packet's is enough, whatever else is (conntrack_mt)."""
    lab = Routed()
    lab.rule("raw", "PREROUTING", NoTrack())
    lab.rule("filter", "FORWARD", None, match)
    assert lab.ping(lab.a, B).ok
    assert lab.counts("filter", "FORWARD")[0] == packets


def test_connections_of_a_net_are_counted() -> None:
    lab = Routed()
    for above in (True, False):
        lab.rule("filter", "FORWARD", None, ConnLimit(1, above, 24), proto=17, in_dev=Interface("eth0"))
    first, second = Udp(lab.a), Udp(lab.a2)
    for client in (first, first, second):
        client.send(b"x", B, 53)
        lab.run(0.1)
    assert lab.counts("filter", "FORWARD")[:2] == [1, 2]
    lab.run(40)  # both connections are over
    second.send(b"x", B, 54)
    lab.run(0.1)
    assert lab.counts("filter", "FORWARD")[:2] == [1, 3]


def test_a_bucket_starts_full_and_never_holds_more() -> None:
    lab = Routed()
    lab.rule("filter", "FORWARD", None, Limit(1, "sec", burst=2), in_dev=Interface("eth0"))
    client, counted = Udp(lab.a), []
    client.send(b"x", A, 53)
    lab.ping(lab.r, A)
    lab.ping(lab.r, B)
    start = int(lab.sim.now)
    for moment in (0, 0.01, 0.02, 0.999999, 1.01, 10, 10.01, 10.02):
        lab.sim.run(until=start + round(moment * SECOND))
        client.send(b"x", B, 53)
        lab.sim.run(until=int(lab.sim.now) + MS)
        counted.append(lab.counts("filter", "FORWARD")[0])
    assert counted == [1, 2, 2, 2, 3, 4, 5, 5]


@pytest.mark.parametrize(
    ("asked", "payload", "given"),
    [
        (b"\x02\x04\x05\xb4", b"", b"\x02\x04\x03\xe8"),
        (b"\x08\x0a\0\0\0\x05\0\0\0\0\x02\x04\x05\xb4\1\1", b"", b"\x08\x0a\0\0\0\x05\0\0\0\0\x02\x04\x03\xe8\1\1"),
        (b"\x02\x04\x01\0", b"", b"\x02\x04\x01\0"),
        (b"\1\1\1\1", b"", b"\x02\x04\x02\x18\1\1\1\1"),
        (b"\1\1\1\1", b"data", b"\1\1\1\1"),
        (b"\1" * 40, b"", b"\1" * 40),
    ],
)  # fmt: skip
def test_the_segment_size_of_a_syn(asked: bytes, payload: bytes, given: bytes) -> None:
    """It only becomes less, and is added where it is missing and there is room (tcpmss_mangle_packet)."""
    lab = Routed()
    lab.rule("mangle", "FORWARD", TcpMssTarget(1000), proto=6)
    lab.ping(lab.a, B)
    syn = tcp.segment(tcp_template(), ip_int(A), ip_int(B), (1000, 80), 7, 0, tcp.SYN, 500, asked, payload)
    send(lab, packet(6, syn))
    (seen,) = [s.frame.raw[34:] for s in lab.far if s.frame.raw[23] == 6 and s.frame.raw[47] == tcp.SYN]
    came = tcp.parse(seen)
    assert came is not None
    head = (seen[12] >> 4) * 4
    assert (seen[20:head], seen[head:]) == (given, payload)
    assert tcp.segment(tcp_template(), ip_int(A), ip_int(B), (1000, 80), 7, 0, tcp.SYN, 500, given, payload) == seen


def test_a_masqueraded_connection_that_leaves_elsewhere_ends() -> None:
    """The packet is lost on the device that it would have left by (nf_nat_oif_changed)."""
    lab = Routed()
    other = lab.nic(lab.r, "eth2", "10.2.0.254/24")
    lab.rule("nat", "POSTROUTING", Masquerade())
    client = Udp(lab.a)
    client.send(b"x", B, 53)
    lab.run(1)
    lab.route(lab.r, f"{B}/32", dev=other)
    client.send(b"x", B, 53)
    lab.run(0.1)
    assert lab.sim.drops[other, DropReason.NAT_FAILED] == 1
