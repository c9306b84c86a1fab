"""Matches that ask the stack: state and conntrack, addrtype, limit, mac, physdev (net/netfilter/xt_*.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.fibroute import RouteType
from macvsim.net.netfilter.conn import Status
from macvsim.net.netfilter.hooks import INPUT, OUTPUT, POSTROUTING, PREROUTING, Hook
from macvsim.net.netfilter.rule import Match, Net, Spec
from macvsim.wire import ipv4
from macvsim.wire.addr import is_multicast_ip, mac_text

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")
"""In the order in which they are printed."""
CT_STATUSES = ("NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED")
ADDRESS_TYPES = ("UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
                 "PROHIBIT", "THROW", "NAT", "XRESOLVE")  # fmt: skip


def states_of(packet: Tracked) -> set[str]:
    """What --state and --ctstate call the packet; used for membership only."""
    if packet.conn is None or packet.info is None:
        return {"UNTRACKED" if packet.untracked else "INVALID"}
    found = {packet.info.state}
    if packet.conn.status & Status.SRC_NAT:
        found.add("SNAT")
    if packet.conn.status & Status.DST_NAT:
        found.add("DNAT")
    return found


@dataclass(frozen=True)
class StateMatch(Match):
    """``-m state``."""

    name: ClassVar[str] = "state"
    repeatable: ClassVar[bool] = True
    conntrack: ClassVar[bool] = True
    states: tuple[str, ...]
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return bool(states_of(packet).intersection(self.states)) != self.negated

    def words(self) -> list[str]:
        return [*(["!"] if self.negated else []), "--state", ",".join(self.states)]


@dataclass(frozen=True)
class ConntrackMatch(Match):
    """``-m conntrack``; what is None or empty is not asked.  Each value stands with whether it is negated."""

    name: ClassVar[str] = "conntrack"
    repeatable: ClassVar[bool] = True
    conntrack: ClassVar[bool] = True
    states: tuple[str, ...] = ()
    not_states: bool = False
    proto: int | None = None
    not_proto: bool = False
    nets: tuple[tuple[str, Net], ...] = ()
    """``("origsrc", net)``, likewise origdst, replsrc, repldst."""
    statuses: tuple[str, ...] = ()
    not_statuses: bool = False
    direction: int | None = None

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        conn = packet.conn
        if self.states and bool(states_of(packet).intersection(self.states)) == self.not_states:
            return False
        if conn is None or packet.info is None:
            return bool(self.states)
        if self.direction is not None and packet.direction != self.direction:
            return False
        if self.proto is not None and (conn.tuples[0].proto == self.proto) == self.not_proto:
            return False
        for which, net in self.nets:
            name = conn.tuples[which.startswith("repl")]
            if not net.holds(name.src if which.endswith("src") else name.dst):
                return False
        return not self.statuses or self._has_status(conn.status) != self.not_statuses

    def _has_status(self, status: Status) -> bool:
        if "NONE" in self.statuses and not status:
            return True
        return any(word in Status.__members__ and bool(status & Status[word]) for word in self.statuses)

    def words(self) -> list[str]:
        found = []
        if self.states:
            found += [*(["!"] if self.not_states else []), "--ctstate", ",".join(self.states)]
        if self.proto is not None:
            found += [*(["!"] if self.not_proto else []), "--ctproto", str(self.proto)]
        for which, net in self.nets:
            found += [*(["!"] if net.negated else []), f"--ct{which}", net.short()]
        if self.statuses:
            found += [*(["!"] if self.not_statuses else []), "--ctstatus", ",".join(self.statuses)]
        if self.direction is not None:
            found += ["--ctdir", ("ORIGINAL", "REPLY")[self.direction]]
        return found


@dataclass(frozen=True)
class AddrType(Match):
    """What kinds of addresses they are for this host; `limit`: for its incoming (``in``) or outgoing device only."""

    name: ClassVar[str] = "addrtype"
    repeatable: ClassVar[bool] = True
    source: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    not_source: bool = False
    not_destination: bool = False
    limit: str = ""

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        dev = {"in": way.in_dev, "out": way.out_dev}.get(self.limit)
        src, dst = ipv4.addresses(packet.data)
        for ip, wanted, negated in (
            (src, self.source, self.not_source),
            (dst, self.destination, self.not_destination),
        ):
            if wanted and (_address_type(ns, ip, dev) in wanted) == negated:
                return False
        return True

    def words(self) -> list[str]:
        found = []
        for option, wanted, negated in (
            ("--src-type", self.source, self.not_source),
            ("--dst-type", self.destination, self.not_destination),
        ):
            if wanted:
                found += [*(["!"] if negated else []), option, ",".join(wanted)]
        return found + ([f"--limit-iface-{self.limit}"] if self.limit else [])

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        return hook not in {"out": (PREROUTING, INPUT), "in": (POSTROUTING, OUTPUT)}.get(self.limit, ())


def _address_type(ns: Host, ip: int, dev: NetDevice | None) -> str:
    """inet_addr_type, or inet_dev_addr_type where a device is given."""
    if is_multicast_ip(ip):
        return "MULTICAST"
    kind = ns.address_type(ip)
    if kind is RouteType.LOCAL and dev is not None and all(a.local != ip for a in dev.inet.addresses):
        return "UNICAST"
    return "UNICAST" if kind is None else kind.name


@dataclass(frozen=True)
class Limit(Match):
    """So many packets in a time, a bucket of `burst` at first; `per`: ``sec``, ``min``, ``hour``, ``day``."""

    name: ClassVar[str] = "limit"
    count: int
    per: str
    burst: int = 5
    bucket: list[int] = field(default_factory=list, compare=False, repr=False)
    """Credit in millionths of a packet, and when it was counted (ns)."""

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        now = int(ns.sim.now)
        if not self.bucket:
            self.bucket.extend((self.burst * 1_000_000, now))
        period = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}[self.per] * 1_000_000_000
        earned = (now - self.bucket[1]) * self.count * 1_000_000 // period
        if earned:
            self.bucket[:] = [min(self.bucket[0] + earned, self.burst * 1_000_000), now]
        if self.bucket[0] < 1_000_000:
            return False
        self.bucket[0] -= 1_000_000
        return True

    def words(self) -> list[str]:
        return ["--limit", f"{self.count}/{self.per}", *(["--limit-burst", str(self.burst)] if self.burst != 5 else [])]


@dataclass(frozen=True)
class SourceMac(Match):
    """Who sent the frame that the packet came in."""

    name: ClassVar[str] = "mac"
    repeatable: ClassVar[bool] = True
    mac: bytes
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        return bool(packet.source_mac) and (packet.source_mac == self.mac) != self.negated

    def words(self) -> list[str]:
        return [*(["!"] if self.negated else []), "--mac-source", mac_text(self.mac)]


@dataclass(frozen=True)
class PhysDev(Match):
    """Bridge ports of a bridged packet; `flags`: of ``is-in``, ``is-out``, ``is-bridged``, with a ``!`` where
    negated.
    """

    name: ClassVar[str] = "physdev"
    in_port: str = ""
    out_port: str = ""
    not_in: bool = False
    not_out: bool = False
    flags: tuple[str, ...] = ()

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        ports = {"is-in": packet.physical is not None, "is-out": packet.physical_out is not None}
        ports["is-bridged"] = packet.physical is not None and packet.physical_out is not None
        for flag in self.flags:
            if ports[flag.lstrip("!")] == flag.startswith("!"):
                return False
        for wanted, negated, port in (
            (self.in_port, self.not_in, packet.physical),
            (self.out_port, self.not_out, packet.physical_out),
        ):
            actual = "" if port is None else port.name
            same = actual.startswith(wanted[:-1]) if wanted.endswith("+") else actual == wanted
            if wanted and same == negated:
                return False
        return True

    def words(self) -> list[str]:
        found: list[str] = []
        for option, port, negated in (
            ("--physdev-in", self.in_port, self.not_in),
            ("--physdev-out", self.out_port, self.not_out),
        ):
            if port:
                found += [*(["!"] if negated else []), option, port]
        for flag in self.flags:
            found += [*(["!"] if flag.startswith("!") else []), f"--physdev-{flag.lstrip('!')}"]
        return found
