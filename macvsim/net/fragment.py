"""Putting IPv4 fragments together (net/ipv4/ip_fragment.c; RFC 791 section 3.2, RFC 5722 for overlaps)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from macvsim.engine.drop import DropReason
from macvsim.engine.wheel import Timer
from macvsim.net.fragqueue import Pieces, Placed
from macvsim.net.packet import Packet
from macvsim.wire import icmp, ipv4

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim
    from macvsim.net.snmp import Snmp
    from macvsim.net.sysctl import Ipv4Conf

MAX_DATAGRAM = 65535


class Errors(Protocol):
    """ICMP (`macvsim.net.icmp.IcmpLayer`)."""

    def send_error(self, packet: Packet, kind: int, code: int) -> None:
        """Tell the sender of a packet what happened to it."""


class Host(Protocol):
    """The namespace (`macvsim.net.namespace.Namespace`) that packets are put together in."""

    sim: Sim

    @property
    def label(self) -> str: ...
    @property
    def ipv4_conf(self) -> Ipv4Conf: ...
    @property
    def snmp(self) -> Snmp: ...
    @property
    def icmp(self) -> Errors: ...


class Queue:
    """Fragments of one datagram, and the first of them.

    disorder : how many fragments of its sender had come when its last one did
    """

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        self.pieces = Pieces()
        self.first: Packet | None = None
        self.memory = 0
        self.longest = 0
        self.disorder = 0


class Reassembly:
    """All datagrams of one namespace that wait for fragments."""

    __slots__ = ("_came", "longest", "ns", "queues")

    def __init__(self, ns: Host) -> None:
        self.ns = ns
        self.queues: dict[bytes, Queue] = {}
        """By identification, protocol, source and destination."""
        self.longest = 0
        """Bytes of the longest fragment of the packet that was last put together."""
        self._came: dict[bytes, int] = {}
        """Fragments by sender (inet_peer's rid)."""

    def add(self, packet: Packet) -> Packet | None:
        """A fragment came; the whole packet if it was the one missing (ip_defrag)."""
        ns, data = self.ns, packet.data
        ns.snmp.ip_counters["ReasmReqds"] += 1
        src = data[12:16]
        key = data[4:6] + data[9:10] + data[12:20]
        queue = self.queues.get(key)
        if queue is None:
            if sum(q.memory for q in self.queues.values()) > ns.ipv4_conf.ipfrag_high_thresh:
                self._fail(packet, DropReason.FRAG_REASM_TIMEOUT)
                return None
            queue = self._new(key)
        if self._too_far(queue, src):
            ns.snmp.ip["ReasmFails"] += 1
            self._discard(key)
            if queue.first is not None:
                ns.sim.drop(queue.first.uid, queue.first.in_dev or ns, DropReason.FRAG_TOO_FAR)
            disorder, queue = queue.disorder, self._new(key)
            queue.disorder = disorder
        at = (data[6] << 8 | data[7]) * 8 & 0xFFFF
        piece = data[(data[0] & 15) * 4 :]
        more = bool(data[6] & 0x20)
        if more:
            piece = piece[: len(piece) & ~7]
        placed = queue.pieces.place(at, piece, last=not more)
        if placed is Placed.DUPLICATE:
            ns.sim.drop(packet.uid, packet.in_dev or ns, DropReason.DUP_FRAG)
            return None
        if placed is not Placed.STORED:
            self._discard(key)
            overlaps = placed is Placed.OVERLAP
            ns.snmp.ext["ReasmOverlaps"] += overlaps
            self._fail(packet, DropReason.FRAG_OVERLAP if overlaps else DropReason.FRAG_MALFORMED)
            return None
        queue.memory += len(data)
        queue.longest = max(queue.longest, len(data))
        if at == 0:
            queue.first = packet
        if ns.sim.journal is not None:
            ns.sim.note(packet.uid, packet.in_dev or ns, "fragment", None, (at, at + len(piece)))
        if queue.first is None or not queue.pieces.is_whole:
            return None
        self._discard(key)
        return self._whole(queue, queue.first, packet)

    def _new(self, key: bytes) -> Queue:
        queue = self.queues[key] = Queue(Timer(self.ns.sim, lambda: self._expire(key)))
        queue.timer.start(self.ns.ipv4_conf.ipfrag_time * self.ns.sim.hz)
        return queue

    def _too_far(self, queue: Queue, src: bytes) -> bool:
        """Too many other fragments of the sender came since the last one of these (ip_frag_too_far)."""
        limit = self.ns.ipv4_conf.ipfrag_max_dist
        if not limit:
            return False
        since = queue.disorder
        queue.disorder = self._came[src] = self._came.get(src, 0) + 1
        return bool(queue.pieces.by_offset) and queue.disorder - since > limit

    def _whole(self, queue: Queue, first: Packet, last: Packet) -> Packet | None:
        """ip_frag_reasm."""
        hlen = (first.data[0] & 15) * 4
        length = hlen + queue.pieces.length
        if length > MAX_DATAGRAM:
            self._fail(first, DropReason.FRAG_MALFORMED)
            return None
        self.ns.snmp.ip_counters["ReasmOKs"] += 1
        self.longest = queue.longest
        header = ipv4.with_frag(first.data, length, 0)
        return Packet(header + queue.pieces.joined(), first.uid, last.in_dev, last.packet_type, last.dst)

    def _discard(self, key: bytes) -> None:
        self.queues.pop(key).timer.stop()

    def _fail(self, packet: Packet, reason: DropReason) -> None:
        self.ns.snmp.ip["ReasmFails"] += 1
        self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    def _expire(self, key: bytes) -> None:
        """30 s are over: if the first fragment came, its sender hears of it (ip_expire)."""
        queue = self.queues.pop(key)
        count = self.ns.snmp.ip_counters
        count["ReasmTimeout"] += 1
        count["ReasmFails"] += 1
        if queue.first is not None:
            self.ns.sim.drop(queue.first.uid, queue.first.in_dev or self.ns, DropReason.FRAG_REASM_TIMEOUT)
            self.ns.icmp.send_error(queue.first, icmp.TIME_EXCEEDED, icmp.REASSEMBLY)
