"""Which address and port a translated connection gets (get_unique_tuple in net/netfilter/nf_nat_core.c)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from macvsim.net.netfilter.conn import ORIGINAL, REPLY
from macvsim.net.netfilter.tuple import WITH_PORTS, Tuple
from macvsim.wire import ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.conn import Conn
    from macvsim.net.netfilter.conntrack import Conntrack
    from macvsim.net.netfilter.contracts import Host

_MAX_ATTEMPTS = 128


@dataclass(frozen=True)
class Range:
    """Where to map to (struct nf_nat_range2).

    low, high : addresses, 0 to keep it; ports : first and last port or identifier, None to keep it where possible;
    random : draw the port; fully_random : even if the old one is free; persistent : one address for each source
    """

    low: int = 0
    high: int = 0
    ports: tuple[int, int] | None = None
    random: bool = False
    fully_random: bool = False
    persistent: bool = False

    def at(self, low: int, high: int) -> Range:
        """The same with other addresses."""
        return replace(self, low=low, high=high)


NOWHERE = Range()
"""Nothing in particular is asked for."""


def unique(ns: Host, table: Conntrack, conn: Conn, current: Tuple, wanted: Range, *, source: bool) -> Tuple:
    """The tuple nearest to `current` within `wanted` whose answers belong to no other connection."""

    def taken(candidate: Tuple) -> bool:
        reply = candidate.inverted()
        return reply is None or table.is_taken(reply, conn)

    draw = wanted.random or wanted.fully_random
    if source and not draw:
        tried = current if _inside(current, wanted, source=True) else _known(table, current, wanted)
        if tried is not None and not taken(tried):
            return tried
    found = _address(current, wanted, source=source)
    if not draw:
        if wanted.ports is not None:
            single = wanted.ports[0] == wanted.ports[1]
            if _port_inside(found, wanted, source=source) and (single or not taken(found)):
                return found
        elif not taken(found):
            return found
    return _other_port(ns, found, wanted, taken, source=source)


def _known(table: Conntrack, current: Tuple, wanted: Range) -> Tuple | None:
    """What the same source is mapped to already, towards others (find_appropriate_src)."""
    for conn in table.listing():
        name = conn.tuples[ORIGINAL]
        if (name.src, name.sport, name.proto) == (current.src, current.sport, current.proto):
            mapped = conn.tuples[REPLY].inverted()
            assert mapped is not None
            mapped = mapped._replace(dst=current.dst, dport=current.dport)
            if _inside(mapped, wanted, source=True):
                return mapped
    return None


def _address(current: Tuple, wanted: Range, *, source: bool) -> Tuple:
    """An address of the range, by a hash of who talks to whom (find_best_ips_proto)."""
    if not wanted.low:
        return current
    talk = f"{current.src} {0 if wanted.persistent else current.dst} {current.proto}"
    digest = int.from_bytes(hashlib.sha256(talk.encode()).digest()[:4], "big")
    address = wanted.low + (digest * (wanted.high - wanted.low + 1) >> 32)
    return current._replace(src=address) if source else current._replace(dst=address)


def _port(name: Tuple, *, source: bool) -> int:
    return name.sport if source or name.proto == ipv4.PROTO_ICMP else name.dport


def _port_inside(name: Tuple, wanted: Range, *, source: bool) -> bool:
    if wanted.ports is None or (name.proto not in WITH_PORTS and name.proto != ipv4.PROTO_ICMP):
        return True
    return wanted.ports[0] <= _port(name, source=source) <= wanted.ports[1]


def _inside(name: Tuple, wanted: Range, *, source: bool) -> bool:
    address = name.src if source else name.dst
    return (not wanted.low or wanted.low <= address <= wanted.high) and _port_inside(name, wanted, source=source)


def _other_port(ns: Host, name: Tuple, wanted: Range, taken: Callable[[Tuple], bool], *, source: bool) -> Tuple:
    """Try ports, or identifiers of ICMP, until one is free (nf_nat_l4proto_unique_tuple)."""
    proto, ports = name.proto, wanted.ports
    if proto == ipv4.PROTO_ICMP:
        low, high = ports or (0, 0xFFFF)
    elif proto not in WITH_PORTS or (ports is None and not source):
        return name
    elif ports is not None:
        low, high = min(ports), max(ports)
    else:
        old = name.sport
        low, high = (1024, 0xFFFF) if old >= 1024 else (600, 1023) if old >= 512 else (1, 511)
    size = high - low + 1
    dice = ns.sim.rng(f"nat/{ns.name}")
    offset = dice.randrange(0x10000) if source or wanted.random or wanted.fully_random else 0
    attempts = min(size, _MAX_ATTEMPTS)
    candidate = name
    while True:
        for step in range(attempts):
            port = low + (offset + step) % size
            if source or proto == ipv4.PROTO_ICMP:
                candidate = name._replace(sport=port)
            else:
                candidate = name._replace(dport=port)
            if not taken(candidate):
                return candidate
        if attempts >= size or attempts < 16:
            return candidate
        attempts //= 2
        offset = dice.randrange(0x10000)
