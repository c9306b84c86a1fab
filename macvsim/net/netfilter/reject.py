"""Telling a sender that its packet was refused (net/ipv4/netfilter/nf_reject_ipv4.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.dst import ERROR
from macvsim.net.netfilter import segment
from macvsim.net.netfilter.conntrack import attach
from macvsim.net.netfilter.hooks import OUTPUT
from macvsim.net.netfilter.packet import Tracked
from macvsim.wire import icmp, ipv4
from macvsim.wire.checksum import checksum, pseudo_header
from macvsim.wire.compose import ipv4_template

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host


def unreachable(ns: Host, packet: Tracked, code: int) -> None:
    """ICMP destination unreachable (nf_send_unreach); the limits of ICMP errors hold."""
    ns.icmp.send_error(packet, icmp.DEST_UNREACH, code)


def reset(ns: Host, packet: Tracked) -> None:
    """A TCP RST in the name of the destination (nf_send_reset; RFC 9293, 3.10.7.1); never against a RST."""
    hlen = packet.header_length
    got = segment.parse(packet.data, hlen)
    if packet.data[9] != ipv4.PROTO_TCP or got is None or got.flags & segment.RST:
        return
    if not segment.checksum_ok(packet.data, hlen):
        return
    src, dst = ipv4.addresses(packet.data)
    way = ns.router.output(src, dst if ns.is_local(dst) else 0)
    if way.kind is ERROR or way.broadcast or way.multicast:
        return
    answering = bool(got.flags & segment.ACK)
    seq, ack = (got.ack, 0) if answering else (0, got.end)
    flags = segment.RST if answering else segment.RST | segment.ACK
    tcp = b"".join((
        got.dport.to_bytes(2, "big"), got.sport.to_bytes(2, "big"), seq.to_bytes(4, "big"), ack.to_bytes(4, "big"),
        bytes((segment.HLEN // 4 << 4, flags)), bytes(6),
    ))  # fmt: skip
    pseudo = pseudo_header(dst.to_bytes(4, "big"), src.to_bytes(4, "big"), ipv4.PROTO_TCP, len(tcp))
    tcp = tcp[:16] + checksum(pseudo + tcp).to_bytes(2, "big") + tcp[18:]
    head = ipv4.header(
        ipv4_template(ipv4.PROTO_TCP),
        length=ipv4.HLEN + len(tcp),
        ident=0,
        src=dst,
        dst=src,
        frag=ipv4.DF,
        ttl=ns.ipv4_conf.ip_default_ttl,
    )
    answer = Tracked(head + tcp, ns.sim.born(packet.uid), dst=way)
    attach(answer, packet)
    ns.snmp.ip_counters["OutRequests"] += 1
    if ns.sim.journal is not None:
        ns.sim.note(answer.uid, ns, "send", None, (way.dev, way.nexthop))
    ns.netfilter.run(OUTPUT, answer, None, way.dev, ns.ipv4.dst_output)
