"""``-m recent``: lists of addresses with the times they were seen (net/netfilter/xt_recent.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from macvsim.net.netfilter.fieldmatches import sign
from macvsim.net.netfilter.rule import EVERYTHING, Match, Spec
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_text

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.hooks import Hook, Way
    from macvsim.net.netfilter.packet import Tracked

_MOST_ADDRESSES = 100
_FEWEST_STAMPS = 32


class Entry:
    """An address: its TTL when last seen, and a ring of the jiffies it was seen at."""

    def __init__(self, ttl: int, now: int) -> None:
        self.ttl = ttl
        self.stamps = [now]
        self.index = 1

    def seen(self, now: int, size: int) -> None:
        """Once more (recent_entry_update)."""
        self.index %= size
        if self.index == len(self.stamps):
            self.stamps.append(now)
        else:
            self.stamps[self.index] = now
        self.index += 1


class RecentTable:
    """One list, for all rules that name it: entries by address, longest unseen first; size: stamps of each."""

    def __init__(self) -> None:
        self.users = 0
        self.size = 0
        self.entries: dict[int, Entry] = {}

    def hold(self, size: int) -> None:
        """One rule more; more stamps begin a new list (recent_mt_check)."""
        self.users += 1
        if size > self.size:
            self.size = size
            self.entries.clear()

    def add(self, address: int, ttl: int, now: int) -> None:
        """A new entry, for which the longest unseen may have to go (recent_entry_init)."""
        if len(self.entries) >= _MOST_ADDRESSES:
            del self.entries[next(iter(self.entries))]
        self.entries[address] = Entry(ttl, now)

    def update(self, address: int, ttl: int, now: int) -> None:
        """An entry was seen again."""
        entry = self.entries[address] = self.entries.pop(address)
        entry.seen(now, self.size)
        entry.ttl = ttl

    def reap(self, before: int) -> None:
        """Forget the longest unseen if it has not been seen since (recent_entry_reap)."""
        oldest = next(iter(self.entries), None)
        if oldest is not None and self.entries[oldest].stamps[self.entries[oldest].index - 1] < before:
            del self.entries[oldest]

    def lines(self) -> list[str]:
        """As /proc/net/xt_recent/NAME shows it (recent_seq_show)."""
        found = []
        for address, entry in self.entries.items():
            last = entry.stamps[entry.index - 1]
            stamps = ", ".join(map(str, entry.stamps))
            found.append(
                f"src={ip_text(address)} ttl: {entry.ttl} last_seen: {last} oldest_pkt: {entry.index} {stamps}\n"
            )
        return found


@dataclass(frozen=True)
class Recent(Match):
    """`how`: ``set``, ``rcheck``, ``update`` or ``remove``."""

    name: ClassVar[str] = "recent"
    how: str
    table: str = "DEFAULT"
    seconds: int = 0
    reap: bool = False
    hits: int = 0
    same_ttl: bool = False
    mask: int = EVERYTHING
    to: bool = False
    negated: bool = False

    def hold(self, ns: Host) -> None:
        size = max(1 << (self.hits - 1).bit_length(), 1) if self.hits else _FEWEST_STAMPS
        ns.netfilter.recent.setdefault(self.table, RecentTable()).hold(size)

    def release(self, ns: Host) -> None:
        table = ns.netfilter.recent[self.table]
        table.users -= 1
        if not table.users:
            del ns.netfilter.recent[self.table]

    def matches(self, packet: Tracked, way: Way, ns: Host) -> bool:
        table, now = ns.netfilter.recent[self.table], ns.sim.jiffies
        ttl = packet.data[8] + (way.out_dev is not None and way.in_dev is not None)
        address = ipv4.addresses(packet.data)[self.to] & self.mask
        entry = table.entries.get(address)
        if entry is not None and self.same_ttl and entry.ttl != ttl:
            entry = None
        if entry is None:
            if self.how == "set":
                table.add(address, ttl, now)
            return (self.how == "set") != self.negated
        if self.how == "remove":
            del table.entries[address]
            return not self.negated
        since = now - self.seconds * ns.sim.hz
        counted = [stamp for stamp in entry.stamps if not self.seconds or stamp >= since]
        found = (self.how == "set" or len(counted) >= max(self.hits, 1)) != self.negated
        if self.reap:
            table.reap(since)
        if address in table.entries and (self.how == "set" or (self.how == "update" and found)):
            table.update(address, ttl, now)
        return found

    def words(self) -> list[str]:
        found = [*sign(self.negated), f"--{self.how}"]
        found += ["--seconds", str(self.seconds)] if self.seconds else []
        found += ["--reap"] if self.reap else []
        found += ["--hitcount", str(self.hits)] if self.hits else []
        found += ["--rttl"] if self.same_ttl else []
        return [*found, "--name", self.table, "--mask", ip_text(self.mask), "--rdest" if self.to else "--rsource"]

    def allowed(self, spec: Spec, hook: Hook | None) -> bool:
        asks = bool(self.seconds or self.hits or self.reap or self.same_ttl)
        return not (asks and self.how in ("set", "remove"))
