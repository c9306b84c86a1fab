"""Putting IPv4 fragments together (net/ipv4/ip_fragment.c; RFC 791 section 3.2, RFC 5722 for overlaps)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.drop import DropReason
from macvsim.net.packet import Packet
from macvsim.sim import Timer
from macvsim.wire import icmp, ipv4
from macvsim.wire.checksum import checksum

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace

_Key = tuple[int, int, int, int]
MAX_DATAGRAM = 65535


class Queue:
    """Fragments of one datagram: pieces by offset, the total length once the last is here."""

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        self.pieces: dict[int, bytes] = {}
        self.total: int | None = None
        self.first: Packet | None = None
        self.last_uid = 0
        self.memory = 0
        self.longest = 0


class Reassembly:
    """All datagrams of one namespace that wait for fragments."""

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.queues: dict[_Key, Queue] = {}
        self.longest = 0
        """Bytes of the longest fragment of the packet that was last put together."""

    def add(self, packet: Packet) -> Packet | None:
        """A fragment came; the whole packet if it was the one missing (ip_defrag)."""
        ns = self.ns
        count = ns.snmp.ip_counters
        count["ReasmReqds"] += 1
        head = ipv4.parse(packet.data)
        key = (head.src, head.dst, head.ident, head.proto)
        queue = self.queues.get(key)
        if queue is None:
            if sum(q.memory for q in self.queues.values()) > ns.ipv4_conf.ipfrag_high_thresh:
                self._fail(packet, DropReason.FRAG_REASM_TIMEOUT)
                return None
            queue = self.queues[key] = Queue(Timer(ns.sim, lambda: self._expire(key)))
            queue.timer.start(ns.ipv4_conf.ipfrag_time * ns.sim.hz)
        at = (head.frag & ipv4.OFFSET_MASK) * 8
        piece = packet.data[head.hlen :]
        more = bool(head.frag & ipv4.MF)
        if more:
            piece = piece[: len(piece) & ~7]
        end = at + len(piece)
        if (
            end > MAX_DATAGRAM
            or not piece
            or (queue.total is not None and (end > queue.total or (not more and end != queue.total)))
        ):
            self._fail(packet, DropReason.IP_INHDR)
            return None
        if queue.pieces.get(at) == piece:
            ns.sim.drop(packet.uid, packet.in_dev or ns, DropReason.DUP_FRAG)
            return None
        if any(at < start + len(old) and start < end for start, old in queue.pieces.items()):
            self._discard(key)
            self._fail(packet, DropReason.DUP_FRAG)
            return None
        queue.pieces[at] = piece
        queue.memory += len(packet.data)
        queue.longest = max(queue.longest, len(packet.data))
        if not more:
            queue.total = end
        if at == 0:
            queue.first = packet
        ns.sim.note(packet.uid, packet.in_dev or ns, "fragment", None, (at, end))
        if queue.total is None or queue.first is None or sum(map(len, queue.pieces.values())) != queue.total:
            return None
        self._discard(key)
        count["ReasmOKs"] += 1
        self.longest = queue.longest
        body = b"".join(queue.pieces[start] for start in sorted(queue.pieces))
        first = queue.first
        hlen = (first.data[0] & 15) * 4
        fields = (
            first.data[:2]
            + (hlen + len(body)).to_bytes(2, "big")
            + first.data[4:6]
            + b"\0\0"
            + first.data[8:10]
            + b"\0\0"
        )
        fields += first.data[12:hlen]
        header = fields[:10] + checksum(fields).to_bytes(2, "big") + fields[12:]
        return Packet(header + body, first.uid, packet.in_dev, packet.packet_type, packet.dst)

    def _discard(self, key: _Key) -> None:
        self.queues.pop(key).timer.stop()

    def _fail(self, packet: Packet, reason: DropReason) -> None:
        self.ns.snmp.ip["ReasmFails"] += 1
        self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    def _expire(self, key: _Key) -> None:
        """30 s are over: if the first fragment came, its sender hears of it (ip_expire)."""
        queue = self.queues.pop(key)
        count = self.ns.snmp.ip_counters
        count["ReasmTimeout"] += 1
        count["ReasmFails"] += 1
        if queue.first is not None:
            self.ns.sim.drop(queue.first.uid, queue.first.in_dev or self.ns, DropReason.FRAG_REASM_TIMEOUT)
            self.ns.icmp.send_error(queue.first, icmp.TIME_EXCEEDED, icmp.REASSEMBLY)
