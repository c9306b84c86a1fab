"""Putting IPv6 fragments together (net/ipv6/reassembly.c; RFC 8200 section 4.5, RFC 5722)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.drop import DropReason
from macvsim.net.ipv6.packet import Packet6
from macvsim.sim import Timer
from macvsim.wire import icmpv6, ipv6

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.ipv6.stack import Ipv6

_Key = tuple[int, int, int, "NetDevice | None"]
_MAX_PAYLOAD = 65535


class _Queue:
    """Fragments of one packet: pieces by offset, the total length once the last is here."""

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        self.pieces: dict[int, bytes] = {}
        self.total: int | None = None
        self.first: Packet6 | None = None
        self.largest = 0


class Reassembly6:
    """All packets of one namespace that wait for fragments."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.queues: dict[_Key, _Queue] = {}

    def add(self, packet: Packet6) -> Packet6 | None:
        """A fragment came; the whole packet if it was the one missing (ipv6_frag_rcv)."""
        stack, data = self.stack, packet.data
        count, sim = stack.snmp.ip, stack.ns.sim
        count["ReasmReqds"] += 1
        head_at = _fragment_at(data)
        word = int.from_bytes(data[head_at + 2 : head_at + 4], "big")
        ident = int.from_bytes(data[head_at + 4 : head_at + 8], "big")
        src, dst = ipv6.addresses(data)
        key = (ident, src, dst, packet.in_dev)
        queue = self.queues.get(key)
        if queue is None:
            queue = self.queues[key] = _Queue(Timer(sim, lambda: self._expire(key)))
            queue.timer.start(stack.conf.ip6frag_time * sim.hz)
        at, piece, more = word & 0xFFF8, data[head_at + 8 :], bool(word & ipv6.MORE)
        end = at + len(piece)
        if end > _MAX_PAYLOAD or (more and len(piece) & 7) or (queue.total is not None and end > queue.total):
            self._fail(packet, DropReason.IP_INHDR)
            if end > _MAX_PAYLOAD or (more and len(piece) & 7):
                pointer = head_at + 2 if end > _MAX_PAYLOAD else 4
                stack.icmp.send_error(packet, icmpv6.PARAMPROB, icmpv6.HDR_FIELD, pointer)
            return None
        if queue.pieces.get(at) == piece:
            sim.drop(packet.uid, packet.in_dev or stack.ns, DropReason.DUP_FRAG)
            return None
        if any(at < start + len(old) and start < end for start, old in queue.pieces.items()):
            self.queues.pop(key).timer.stop()
            self._fail(packet, DropReason.DUP_FRAG)
            return None
        queue.pieces[at] = piece
        queue.largest = max(queue.largest, len(data))
        if not more:
            queue.total = end
        if not at:
            queue.first = packet
        if queue.total is None or queue.first is None or sum(map(len, queue.pieces.values())) != queue.total:
            return None
        self.queues.pop(key).timer.stop()
        count["ReasmOKs"] += 1
        return self._whole(queue, packet)

    @staticmethod
    def _whole(queue: _Queue, last: Packet6) -> Packet6:
        """The packet without its fragment header (ip6_frag_reasm)."""
        first = queue.first
        assert first is not None
        data, at = first.data, _fragment_at(first.data)
        named = _named_at(data, at)
        body = b"".join(queue.pieces[start] for start in sorted(queue.pieces))
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
