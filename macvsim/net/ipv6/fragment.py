"""Putting IPv6 fragments together (net/ipv6/reassembly.c; RFC 8200 section 4.5, RFC 5722)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.wheel import Timer
from macvsim.net.fragqueue import Pieces, Placed
from macvsim.net.ipv6.packet import Packet6
from macvsim.wire import icmpv6, ipv6

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.stack import Ipv6

_Key = tuple[int, int, int, "NetDevice | None"]
_MAX_PAYLOAD = 65535
_PAYLOAD_LENGTH = 4
"""Where the length stands in a header."""
_LEAST = {ipv6.TCP: 20, ipv6.UDP: 8, ipv6.ICMPV6: 8}
"""Bytes of upper-layer headers."""


class _Queue:
    """Fragments of one packet, and the first of them."""

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        self.pieces = Pieces()
        self.first: Packet6 | None = None
        self.largest = 0


class Reassembly6:
    """All packets of one namespace that wait for fragments."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.queues: dict[_Key, _Queue] = {}

    def add(self, packet: Packet6, head_at: int) -> Packet6 | None:
        """A packet with a fragment header at an offset: the whole one, if this is it or was what was missing
        (ipv6_frag_rcv).
        """
        stack, data = self.stack, packet.data
        count, sim = stack.snmp.ip, stack.ns.sim
        count["ReasmReqds"] += 1
        if len(data) < head_at + ipv6.FRAGMENT_HLEN:
            self._problem(packet, icmpv6.HDR_FIELD, head_at)
            return None
        word = int.from_bytes(data[head_at + 2 : head_at + 4], "big")
        if not word & ~6:
            count["ReasmOKs"] += 1
            packet.fragment = len(data)
            return packet
        if not word & 0xFFF8 and _is_cut(data):
            self._problem(packet, icmpv6.HDR_INCOMPLETE, 0)
            return None
        ident = int.from_bytes(data[head_at + 4 : head_at + 8], "big")
        src, dst = ipv6.addresses(data)
        key = (ident, src, dst, packet.in_dev)
        queue = self.queues.get(key)
        if queue is None:
            queue = self.queues[key] = _Queue(Timer(sim, lambda: self._expire(key)))
            queue.timer.start(stack.conf.ip6frag_time * sim.hz)
        at, piece, more = word & 0xFFF8, data[head_at + 8 :], bool(word & ipv6.MORE)
        if at + len(piece) > _MAX_PAYLOAD:
            self._problem(packet, icmpv6.HDR_FIELD, head_at + 2)
            return None
        if more and len(piece) & 7:
            self._problem(packet, icmpv6.HDR_FIELD, _PAYLOAD_LENGTH)
            return None
        placed = queue.pieces.place(at, piece, last=not more)
        if placed is Placed.DUPLICATE:
            sim.drop(packet.uid, packet.in_dev or stack.ns, DropReason.DUP_FRAG)
            return None
        if placed is not Placed.STORED:
            self.queues.pop(key).timer.stop()
            overlaps = placed is Placed.OVERLAP
            self._fail(packet, DropReason.FRAG_OVERLAP if overlaps else DropReason.FRAG_MALFORMED)
            return None
        queue.largest = max(queue.largest, len(data))
        if not at:
            queue.first = packet
        if queue.first is None or not queue.pieces.is_whole:
            return None
        self.queues.pop(key).timer.stop()
        count["ReasmOKs"] += 1
        return self._whole(queue, packet)

    def _problem(self, packet: Packet6, code: int, pointer: int) -> None:
        """The sender hears what is wrong with a fragment."""
        self.stack.snmp.ip["InHdrErrors"] += 1
        self.stack.ns.sim.drop(packet.uid, packet.in_dev or self.stack.ns, DropReason.FRAG_MALFORMED)
        self.stack.icmp.send_error(packet, icmpv6.PARAMPROB, code, pointer)

    @staticmethod
    def _whole(queue: _Queue, last: Packet6) -> Packet6:
        """The packet without its fragment header (ip6_frag_reasm)."""
        first = queue.first
        assert first is not None
        data, at = first.data, _fragment_at(first.data)
        named = _named_at(data, at)
        body = queue.pieces.joined()
        head = data[:named] + data[at : at + 1] + data[named + 1 : at]
        length = len(head) - ipv6.HLEN + len(body)
        head = head[:4] + length.to_bytes(2, "big") + head[6:]
        whole = Packet6(head + body, first.uid, last.in_dev, last.packet_type, last.way)
        whole.fragment = queue.largest
        return whole

    def _fail(self, packet: Packet6, reason: DropReason) -> None:
        self.stack.snmp.ip["ReasmFails"] += 1
        self.stack.ns.sim.drop(packet.uid, packet.in_dev or self.stack.ns, reason)

    def _expire(self, key: _Key) -> None:
        """60 s are over: if the first fragment came, its sender hears of it (ip6frag_expire_frag_queue)."""
        queue = self.queues.pop(key)
        count = self.stack.snmp.ip
        count["ReasmTimeout"] += 1
        count["ReasmFails"] += 1
        if queue.first is not None:
            first = queue.first
            self.stack.ns.sim.drop(first.uid, first.in_dev or self.stack.ns, DropReason.FRAG_REASM_TIMEOUT)
            self.stack.icmp.send_error(first, icmpv6.TIME_EXCEED, icmpv6.REASSEMBLY)


def _is_cut(data: bytes) -> bool:
    """A first fragment without all its headers (ipv6frag_thdr_truncated; RFC 8200, section 4.5)."""
    upper = ipv6.upper(data)
    return upper is not None and upper.at + _LEAST.get(upper.proto, 1) > len(data)


def _fragment_at(data: bytes) -> int:
    """Where the fragment header begins; the packet is known to have one."""
    proto, at = data[6], ipv6.HLEN
    while proto != ipv6.FRAGMENT:
        proto, at = data[at], at + (data[at + 1] + 1) * 8
    return at


def _named_at(data: bytes, header: int) -> int:
    """Where the next-header byte stands that names the header at an offset."""
    named, at = 6, ipv6.HLEN
    while at != header:
        named, at = at, at + (data[at + 1] + 1) * 8
    return named
