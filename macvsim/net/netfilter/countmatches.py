"""Matches that remember packets: statistic, quota, hashlimit, connlimit (net/netfilter/xt_*.c, nf_conncount.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.conn import ORIGINAL, Conn, Status
from macvsim.net.netfilter.fieldmatches import sign
from macvsim.net.netfilter.matches import first_bytes
from macvsim.net.netfilter.rule import EVERYTHING, Match
from macvsim.net.netfilter.segment import State
from macvsim.wire import ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Way
    from macvsim.net.netfilter.packet import Tracked

CHANCE = 0x80000000
"""Certainty, as the kernel writes probabilities."""
PERIODS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}
_SECOND = 1_000_000_000
_PORTS = (6, 17, 33, 132, 136)
_CLOSED = (State.TIME_WAIT, State.CLOSE)


@dataclass(frozen=True)
class Nth(Match):
    """Every `every`th packet, the first one being number `packet` counted from 0."""

    name: ClassVar[str] = "statistic"
    every: int
    packet: int
    negated: bool = False
    seen: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        turn = self.seen[0] % self.every == self.packet
        self.seen[0] += 1
        return turn != self.negated

    def words(self) -> list[str]:
        return ["--mode", "nth", *sign(self.negated), "--every", str(self.every), "--packet", str(self.packet)]


@dataclass(frozen=True)
class Chance(Match):
    """Some packets, each with a probability of `chance` in `CHANCE`."""

    name: ClassVar[str] = "statistic"
    chance: int
    negated: bool = False

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        drawn = ns.sim.rng(f"statistic/{ns.name}").randrange(CHANCE)
        return (drawn < self.chance) != self.negated

    def words(self) -> list[str]:
        return ["--mode", "random", *sign(self.negated), "--probability", self.probability()]

    def probability(self) -> str:
        """``0.50000000000``."""
        return f"{self.chance / CHANCE:.11f}"


@dataclass(frozen=True)
class Quota(Match):
    """Packets until they had so many bytes together."""

    name: ClassVar[str] = "quota"
    quota: int
    negated: bool = False
    used: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        fits = self.used[0] + len(packet.data) <= self.quota
        self.used[0] = self.used[0] + len(packet.data) if fits else self.quota
        return fits != self.negated

    def words(self) -> list[str]:
        return [*sign(self.negated), "--quota", str(self.quota)]


@dataclass(frozen=True)
class HashLimit(Match):
    """So many packets in a time for each of what `modes` tells apart (srcip, srcport, dstip, dstport), a bucket of
    `burst` at first; above: the packets beyond that.

    sizes : htable-size, -max, -gcinterval and -expire (ms) as far as they were given; expire : ms until a bucket that
    nobody asks for is forgotten
    """

    name: ClassVar[str] = "hashlimit"
    count: int
    per: str
    table: str
    above: bool = False
    burst: int = 5
    modes: tuple[str, ...] = ()
    src_mask: int = 32
    dst_mask: int = 32
    sizes: tuple[tuple[str, int], ...] = ()
    expire: int = 1000
    buckets: dict[tuple[int, ...], list[int]] = field(default_factory=dict, compare=False, repr=False)
    """By what is told apart: credit in millionths of a packet, and when it was counted (ns)."""

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        key = self._key(packet)
        if key is None:
            return False
        now = int(ns.sim.now)
        full = self.burst * 1_000_000
        bucket = self.buckets.get(key)
        if bucket is None or now - bucket[1] >= self.expire * 1_000_000:
            bucket = self.buckets[key] = [full, now]
        earned = (now - bucket[1]) * self.count * 1_000_000 // (PERIODS[self.per] * _SECOND)
        if earned:
            bucket[:] = [min(bucket[0] + earned, full), now]
        within = bucket[0] >= 1_000_000
        if within:
            bucket[0] -= 1_000_000
        return within != self.above

    def _key(self, packet: Tracked) -> tuple[int, ...] | None:
        """What tells the packet's bucket from others; None without the ports that are asked for."""
        src, dst = ipv4.addresses(packet.data)
        ports = first_bytes(packet, 4) if packet.data[9] in _PORTS else bytes(4)
        found = []
        for mode in self.modes:
            if mode.endswith("ip"):
                found.append(src & _mask(self.src_mask) if mode == "srcip" else dst & _mask(self.dst_mask))
            elif ports is None:
                return None
            else:
                found.append(int.from_bytes(ports[:2] if mode == "srcport" else ports[2:], "big"))
        return tuple(found)

    def words(self) -> list[str]:
        found = ["--hashlimit-above" if self.above else "--hashlimit-upto", f"{self.count}/{self.per}"]
        found += ["--hashlimit-burst", str(self.burst)]
        found += ["--hashlimit-mode", ",".join(self.modes)] if self.modes else []
        found += ["--hashlimit-name", self.table]
        for name, value in self.settings():
            found += [f"--hashlimit-{name}", str(value)]
        return found

    def settings(self) -> list[tuple[str, int]]:
        """``htable-size`` and its like, and masks, as far as they are not what they are without being given."""
        masks = [(name, mask) for name, mask in (("srcmask", self.src_mask), ("dstmask", self.dst_mask)) if mask != 32]
        return [*self.sizes, *masks]


def _mask(length: int) -> int:
    return EVERYTHING << (32 - length) & EVERYTHING


@dataclass(frozen=True)
class ConnLimit(Match):
    """How many living connections there are from (or `to`) the packet's network: at most `limit`, or `above` it."""

    name: ClassVar[str] = "connlimit"
    conntrack: ClassVar[bool] = True
    limit: int
    above: bool
    length: int = 32
    to: bool = False
    known: dict[int, list[Conn]] = field(default_factory=dict, compare=False, repr=False)

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        if packet.conn is None:
            return False
        key = ipv4.addresses(packet.data)[self.to] & _mask(self.length)
        living = [conn for conn in self.known.get(key, ()) if _lives(conn, ns)]
        if not any(conn is packet.conn for conn in living):
            living.append(packet.conn)
        self.known[key] = living
        return (len(living) > self.limit) == self.above

    def words(self) -> list[str]:
        how = "--connlimit-above" if self.above else "--connlimit-upto"
        side = "--connlimit-daddr" if self.to else "--connlimit-saddr"
        return [how, str(self.limit), "--connlimit-mask", str(self.length), side]


def _lives(conn: Conn, ns: Host) -> bool:
    """It is in the table, and if of TCP, not closed (find_or_evict, already_closed)."""
    if conn.status & Status.DYING or ns.netfilter.conntrack.find(conn.tuples[ORIGINAL]) is not conn:
        return False
    return conn.tcp is None or conn.tcp.state not in _CLOSED
