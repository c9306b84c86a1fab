"""Connection tracking of one namespace (net/netfilter/nf_conntrack_core.c).

A connection is in the table from the moment its first packet has got through (`confirm`).  Entries end when somebody
looks and their time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder, reported
from macvsim.engine.wheel import NEVER
from macvsim.net.fragment import Reassembly
from macvsim.net.netfilter.conn import REPLY, Conn, Info, Status
from macvsim.net.netfilter.hooks import (
    INPUT,
    OUTPUT,
    POSTROUTING,
    PREROUTING,
    Hook,
    HookFunction,
    Priority,
    Verdict,
    Way,
)
from macvsim.net.netfilter.protocols import Judgement, judge, repeated, well_formed
from macvsim.net.netfilter.tuple import Tuple, tuple_of
from macvsim.wire import icmp, ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.core import Netfilter
    from macvsim.net.netfilter.packet import Tracked

_Looping = tuple[Conn | None, Info | None, bool, int]


class Conntrack:
    """The table, and its functions at the hooks, which are there while somebody uses it."""

    def __init__(self, netfilter: Netfilter) -> None:
        self.netfilter = netfilter
        self.ns: Host = netfilter.ns
        self.conf = netfilter.conf
        self.statistics: dict[str, int] = {}
        """What ``conntrack -S`` counts."""
        self._entries: dict[Tuple, Conn] = {}
        self._users = 0
        self._fragments = Reassembly(self.ns)
        self._looping: dict[tuple[int, bytes], _Looping] = {}
        """What leaves by lo keeps its connection until it comes in again (loopback_xmit)."""
        self.ns.listen(self._device_event)

    # -- users ---------------------------------------------------------------------------------------------------------

    def acquire(self) -> None:
        """A rule that needs connections was made (nf_ct_netns_get)."""
        self._users += 1
        if self._users == 1:
            for hook, priority, function in self._functions():
                self.netfilter.register(hook, priority, function)

    def release(self) -> None:
        """Such a rule is gone; known connections stay until their time is over."""
        self._users -= 1
        if not self._users:
            for hook, _, function in self._functions():
                self.netfilter.unregister(hook, function)

    def _functions(self) -> tuple[tuple[Hook, Priority, HookFunction], ...]:
        return (
            (PREROUTING, Priority.DEFRAG, self._defragment),
            (OUTPUT, Priority.DEFRAG, self._defragment),
            (PREROUTING, Priority.CONNTRACK, self._track),
            (OUTPUT, Priority.CONNTRACK, self._track),
            (INPUT, Priority.CONFIRM, self._confirm),
            (POSTROUTING, Priority.CONFIRM, self._confirm),
        )

    # -- the table -----------------------------------------------------------------------------------------------------

    def find(self, name: Tuple) -> Conn | None:
        """The living connection with that name in either direction."""
        conn = self._entries.get(name)
        if conn is not None and conn.expires <= self.ns.sim.jiffies:
            self.ns.sim.flush()
            if conn.expires <= self.ns.sim.jiffies:
                self.kill(conn)
                return None
        return conn

    def kill(self, conn: Conn) -> None:
        """Forget a connection (nf_ct_kill)."""
        self._change(conn, Status.DYING)
        for name in conn.tuples:
            if self._entries.get(name) is conn:
                del self._entries[name]

    def _change(self, conn: Conn, status: Status) -> None:
        """From here on its packets are handled otherwise."""
        self.ns.sim.flush()
        conn.status |= status
        conn.version += 1

    def insert(self, conn: Conn) -> None:
        """A connection enters the table, and lives for its timeout from now."""
        conn.status |= Status.CONFIRMED
        conn.expires = self.ns.sim.jiffies + conn.timeout
        for name in conn.tuples:
            self._entries[name] = conn

    def listing(self) -> list[Conn]:
        """Living connections, oldest first."""
        self.ns.sim.flush()
        for conn in [c for name, c in self._entries.items() if name == c.tuples[0]]:
            self.find(conn.tuples[0])
        return [conn for name, conn in self._entries.items() if name == conn.tuples[0]]

    def kill_all(self, condition: Callable[[Conn], bool]) -> None:
        """Forget those for which `condition` holds (nf_ct_iterate_cleanup)."""
        for conn in self.listing():
            if condition(conn):
                self.kill(conn)

    def is_taken(self, reply: Tuple, conn: Conn) -> bool:
        """True if another connection has that name, unless it is the same flow (nf_conntrack_tuple_taken)."""
        other = self.find(reply)
        return other is not None and other is not conn and other.tuples[0] != conn.tuples[0]

    def __len__(self) -> int:
        return len(self.listing())

    # -- hook functions ------------------------------------------------------------------------------------------------

    @reported
    def _defragment(self, packet: Tracked, way: Way) -> Verdict:
        """Rules see whole packets (ipv4_conntrack_defrag)."""
        if not (packet.data[6] & 0x3F or packet.data[7]):
            return Verdict.ACCEPT
        self.ns.sim.unrepeatable()
        whole = self._fragments.add(packet)
        if whole is None:
            return Verdict.STOLEN
        packet.data, packet.uid = whole.data, whole.uid
        packet.longest = self._fragments.longest
        return Verdict.ACCEPT

    @reported
    def _track(self, packet: Tracked, way: Way) -> Verdict:
        """Find or begin the packet's connection (nf_conntrack_in)."""
        recorder = self.ns.sim.recorder
        if way.in_dev is not None and way.in_dev.loopback:
            self.ns.sim.unrepeatable()
            kept = self._looping.pop((packet.uid, packet.data), None)
            if kept is not None:
                packet.conn, packet.info, packet.untracked, packet.mark = kept
        if packet.conn is not None or packet.untracked:
            return Verdict.ACCEPT
        verify = way.hook is PREROUTING and bool(self.conf.nf_conntrack_checksum)
        if not well_formed(packet, verify=verify):
            return self._count("error" if packet.data[9] == ipv4.PROTO_ICMP else "invalid")
        if packet.data[9] == ipv4.PROTO_ICMP and packet.data[packet.header_length] in icmp.ERRORS:
            self._relate(packet)
            return Verdict.ACCEPT
        name = tuple_of(packet.data)
        if name is None:
            return self._count()
        while True:
            conn = self.find(name) or self._begin(name)
            if conn is None:
                return Verdict.ACCEPT
            if recorder is not None and not conn.confirmed:
                recorder.once()
            if not conn.confirmed and not self._room():
                self._count("drop")
                self.ns.log.limited("nf_conntrack: nf_conntrack: table full, dropping packet")
                self.ns.sim.drop(packet.uid, way.in_dev or self.ns, DropReason.CONNTRACK_FULL)
                return Verdict.DROP
            self._meet(packet, conn, name)
            judgement = judge(conn, packet, self.conf, self.ns.sim.jiffies, self.ns.sim.hz)
            if judgement is not Judgement.REPEAT:
                break
            self.kill(conn)
        if recorder is not None:
            self._report(recorder, packet, conn)
        if judgement is Judgement.INVALID:
            packet.conn = packet.info = None
            return self._count()
        if judgement is Judgement.KILL:
            self.kill(conn)
        if self.conf.nf_conntrack_acct:
            self.ns.sim.count(conn, packet.direction, len(packet.data))
        if packet.info is Info.ESTABLISHED_REPLY and not conn.status & Status.SEEN_REPLY:
            if recorder is not None:
                recorder.once()
            self._change(conn, Status.SEEN_REPLY)
        return Verdict.ACCEPT

    def _report(self, recorder: Recorder, packet: Tracked, conn: Conn) -> None:
        """A packet has refreshed the life of its connection; TCP's sequence numbers are followed packet by packet."""
        sim, conf, kind = self.ns.sim, self.conf, packet.data[9]
        again = repeated(kind, conn, conf, sim.hz)
        if again is None:
            recorder.forbid()
            return
        refresh, until = again
        limit = until * sim.tick if until > sim.jiffies else NEVER

        def lasts(now: int) -> int:
            self.find(conn.tuples[0])
            return min(limit, conn.expires * sim.tick)

        recorder.depends(conn, conn.version)
        recorder.lasts(lasts)
        recorder.counted(self, (conn, refresh), 0)

    def count(self, what: tuple[Conn, Callable[[int], None]], packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`: a connection, and what refreshes its life."""
        conn, refresh = what
        expires = conn.expires
        refresh(last // self.ns.sim.tick)
        conn.expires = max(expires, conn.expires)  # a packet in the other direction may have come later

    def _count(self, what: str = "invalid") -> Verdict:
        """One more of what ``conntrack -S`` counts; the packet goes on."""
        self.statistics[what] = self.statistics.get(what, 0) + 1
        return Verdict.ACCEPT

    @staticmethod
    def _begin(name: Tuple) -> Conn | None:
        """A new connection; None if nothing can answer such a packet (init_conntrack)."""
        reply = name.inverted()
        return None if reply is None else Conn(name, reply)

    def _room(self) -> bool:
        """Whether the table takes another one; if it is full, the oldest goes that is not assured (early_drop)."""
        if len(self._entries) < 2 * self.conf.nf_conntrack_max:
            return True
        known = self.listing()
        if len(known) < self.conf.nf_conntrack_max:
            return True
        victim = next((conn for conn in known if not conn.status & Status.ASSURED), None)
        if victim is not None:
            self.kill(victim)
            self._count("early_drop")
        return victim is not None

    @staticmethod
    def _meet(packet: Tracked, conn: Conn, name: Tuple) -> None:
        """What the packet is to its connection (resolve_normal_ct)."""
        packet.conn = conn
        if not conn.confirmed:
            packet.info = Info.NEW
        elif conn.tuples[REPLY] == name:
            packet.info = Info.ESTABLISHED_REPLY
        else:
            packet.info = Info.ESTABLISHED if conn.status & Status.SEEN_REPLY else Info.NEW

    def _relate(self, packet: Tracked) -> None:
        """An ICMP error belongs to the connection of the packet it quotes, if it is sent to that packet's sender
        (nf_conntrack_inet_error).
        """
        quoted = packet.data[packet.header_length + icmp.HLEN :]
        inner = tuple_of(quoted) if len(quoted) >= ipv4.HLEN else None
        name = None if inner is None else inner.inverted()
        conn = None if name is None else self.find(name)
        if conn is None or name is None:
            return
        replying = conn.tuples[REPLY] == name
        if conn.tuples[replying].dst == ipv4.addresses(packet.data)[1]:
            packet.conn = conn
            packet.info = Info.RELATED_REPLY if replying else Info.RELATED

    @reported
    def _confirm(self, packet: Tracked, way: Way) -> Verdict:
        """The packet has got through: its connection enters the table (__nf_conntrack_confirm)."""
        conn = packet.conn
        if conn is not None and not conn.confirmed and not conn.status & Status.DYING and packet.direction != REPLY:
            if any(self.find(name) is not None for name in conn.tuples):
                self._count("insert_failed")
                self.ns.sim.drop(packet.uid, way.in_dev or self.ns, DropReason.CONNTRACK_CLASH)
                return Verdict.DROP
            self.insert(conn)
        if way.out_dev is not None and way.out_dev.loopback:
            self.ns.sim.unrepeatable()
            self._looping[packet.uid, packet.data] = packet.conn, packet.info, packet.untracked, packet.mark
        return Verdict.ACCEPT

    def _device_event(self, dev: object, event: object) -> None:
        """What borrows the address of a device ends with it (masq_device_event)."""
        if getattr(event, "name", "") == "DOWN":
            self.kill_all(lambda conn: conn.masquerade is dev)


def attach(packet: Tracked, cause: Tracked) -> None:
    """An answer of ours belongs to the connection of the packet that made us send it (nf_conntrack_attach)."""
    packet.conn = cause.conn
    if cause.info is not None:
        packet.info = Info.RELATED if cause.info.direction else Info.RELATED_REPLY


def remaining(conn: Conn, jiffies: int, hz: int) -> int:
    """Seconds left."""
    return max(conn.expires - jiffies, 0) // hz


__all__ = ["Conntrack", "attach", "remaining"]
