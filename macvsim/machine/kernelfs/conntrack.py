"""Connections as text: lines of ``conntrack -L`` and of /proc/net/nf_conntrack (ct_seq_show)."""

from __future__ import annotations

from macvsim.net.netfilter.conn import Conn, Status
from macvsim.net.netfilter.conntrack import Conntrack, remaining
from macvsim.net.netfilter.core import Netfilter
from macvsim.net.netfilter.tuple import WITH_PORTS, Tuple
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text

_NAMES = {ipv4.PROTO_ICMP: "icmp", ipv4.PROTO_TCP: "tcp", ipv4.PROTO_UDP: "udp"}


def tuple_text(name: Tuple) -> str:
    """``src=… dst=… sport=… dport=…``; ICMP: type, code and identifier."""
    text = f"src={ip_text(name.src)} dst={ip_text(name.dst)}"
    if name.proto == ipv4.PROTO_ICMP:
        return f"{text} type={name.dport >> 8} code={name.dport & 0xFF} id={name.sport}"
    return f"{text} sport={name.sport} dport={name.dport}" if name.proto in WITH_PORTS else text


def line(table: Conntrack, conn: Conn, *, network: bool, use: int) -> str:
    """One connection.

    network : begin with the network protocol; use : how many references are shown
    """
    sim = table.ns.sim
    proto = conn.tuples[0].proto
    name = _NAMES.get(proto, "unknown")
    words = [f"{'ipv4':<8} 2"] if network else []
    words.append(f"{name:<8} {proto} {remaining(conn, sim.jiffies, sim.hz)}")
    if conn.tcp is not None:
        words.append(conn.tcp.state.name)
    for direction, flag in ((0, "" if conn.status & Status.SEEN_REPLY else "[UNREPLIED]"), (1, "")):
        words.append(tuple_text(conn.tuples[direction]))
        if table.conf.nf_conntrack_acct:
            words.append("packets={} bytes={}".format(*conn.counts[direction]))
        words += [flag] if flag else []
    words += ["[ASSURED]"] if conn.status & Status.ASSURED else []
    return " ".join([*words, f"mark={conn.mark}", f"use={use}"]) + "\n"


def listing(netfilter: Netfilter) -> str:
    """/proc/net/nf_conntrack."""
    table = netfilter.conntrack
    return "".join(line(table, conn, network=True, use=2) for conn in table.listing())
