"""A broadcast ARP request to macvlan devices as one fact: devices that only ignore it are counted, not visited.

A request that is flooded to a thousand containers concerns the owner of the address, every container with another MAC
for the sender, and every device with a parameter, a stacked device or a live capture.  They are visited as
macvlan_broadcast visits them; journal and captures get one entry for the devices between two of them, expanded on
reading, and `Sim.flush` adds up what those devices counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeAlias

from macvsim.dev.logtap import LogTap
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Log, Station
from macvsim.engine.wheel import SOFTIRQ
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, Frame

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.macvlan import Macvlan
    from macvsim.dev.macvlan_port import MacvlanPort, Mode
    from macvsim.engine.sim import Sim
    from macvsim.net.neigh import Neighbour

_REQUEST = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"
"""From the EtherType to the operation: a request for the MAC of an IPv4 address."""
_REQUEST_END = 42
_LOOPBACK_AND_GROUPS = frozenset((127, *range(224, 240)))
"""First bytes of addresses for which every stack drops a request as malformed."""
_Part = tuple[int, int, bool]
"""Members from one number to another, and whether they ignore the request."""
Hear: TypeAlias = "Callable[[MacvlanPort, Frame, Macvlan | None, frozenset[Mode]], bool]"


def is_request(frame: Frame) -> bool:
    """True for a broadcast ARP request that stacks look at: sender ``raw[22:32]``, address asked for ``raw[38:42]``."""
    raw = frame.raw
    return (
        raw[12:22] == _REQUEST
        and raw[:6] == BROADCAST_MAC
        and not frame.tag
        and len(raw) >= _REQUEST_END
        and raw[38] not in _LOOPBACK_AND_GROUPS
    )


def hear_at_once(sim: Sim) -> Hear:
    """As `Sim.hear`: True if the request has reached every child of the port that is meant."""
    acquaintances = Acquaintances()
    sim.watch_neighbour = acquaintances.watch

    def hear(port: MacvlanPort, frame: Frame, source: Macvlan | None, modes: frozenset[Mode]) -> bool:
        if not is_request(frame):
            return False
        of_port: dict[frozenset[Mode], Listeners] = port.listeners
        listeners = of_port.get(modes)
        if listeners is None or listeners.generation != sim.generation:
            if listeners is not None:
                listeners.flush()
                sim.lagging.pop(listeners, None)
            listeners = of_port[modes] = Listeners(port, modes, acquaintances)
        return listeners.hear(frame, source)

    return hear


class Acquaintances:
    """The neighbour entries of all IPv4 tables by address."""

    def __init__(self) -> None:
        self._entries: dict[int, list[Neighbour]] = {}

    def watch(self, entry: Neighbour) -> None:
        """As `Sim.watch_neighbour`."""
        if entry.table.address_bits != 32:
            return
        if not entry.dead:
            self._entries.setdefault(entry.ip, []).append(entry)
        elif entry in self._entries.get(entry.ip, ()):
            self._entries[entry.ip].remove(entry)
            if not self._entries[entry.ip]:
                del self._entries[entry.ip]

    def surprised(self, raw: bytes) -> Sequence[NetDevice]:
        """Devices whose table is changed by a request, because it has the sender with another MAC or none."""
        entries = self._entries.get(int.from_bytes(raw[28:32]), ())
        return [entry.dev for entry in entries if entry.news(raw[22:28])]


class Part(Sequence[Station]):
    """Lines `start` to `stop` of a script, as a script."""

    __slots__ = ("_script", "_start", "_stop")

    def __init__(self, script: Sequence[Station], start: int, stop: int) -> None:
        self._script = script
        self._start = start
        self._stop = stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, index: int | slice) -> Station:  # type: ignore[override]
        return self._script[self._start : self._stop][index]  # type: ignore[return-value]


def targets(dev: NetDevice) -> Collection[bytes] | None:
    """Addresses for which a request makes `dev` or its stack do anything; None: any request may."""
    if dev.vlans or dev.rx_handler is not None or dev.noarp or not dev.up:
        return None
    if not all(isinstance(tap, LogTap) for tap in dev.taps):
        return None
    return dev.ns.arp_targets(dev)


class Listeners:
    """The children of one port that hear broadcasts for some modes, in one generation.

    members : in the order of the port's hash table; children : of the port, heard or not
    """

    def __init__(self, port: MacvlanPort, modes: frozenset[Mode], acquaintances: Acquaintances) -> None:
        self._sim = sim = port.lower.sim
        self._port = port
        self.children = port.children
        self._modes = modes
        self._bridge_only = port.bridge_only(modes)
        self._acquaintances = acquaintances
        self.generation = sim.generation
        self.members = [child for child in port.in_hash_order() if child.mode in modes]
        self._rank: dict[NetDevice, int] = {child: i for i, child in enumerate(self.members)}
        self._attentive: list[int] = []
        self._targets: dict[bytes, tuple[int, ...]] = {}
        self._scripts: dict[Log, tuple[list[Station], list[int]]] = {}
        """For each log the stations of all members, and the index of the first station of each."""
        self._mtu = min((child.mtu for child in self.members), default=0)
        self._hits = self._octets = self._last = 0
        self._apart = [0] * len(self.members)
        """Broadcasts and octets (as two counts in one number) that a member was visited for, or did not hear."""
        for i, child in enumerate(self.members):
            wanted = targets(child)
            if wanted is None:
                self._attentive.append(i)
            for address in wanted or ():
                self._targets[address] = (*self._targets.get(address, ()), i)
        self._write_scripts()

    def _write_scripts(self) -> None:
        logs: dict[Log, None] = {} if self._sim.journal is None else {self._sim.journal: None}
        for child in self.members:
            logs.update((tap.log, None) for tap in child.taps if isinstance(tap, LogTap))
        for log in logs:
            script: list[Station] = []
            starts = [0]
            for child in self.members:
                if log is self._sim.journal:
                    script.append(Station(child, "receive", 0, BROADCAST))
                    script.append(Station(child, "drop", 0, DropReason.ARP_NOT_FOR_US))
                elif any(isinstance(tap, LogTap) and tap.log is log for tap in child.taps):
                    script.append(Station(child, "receive", 0, BROADCAST))
                starts.append(len(script))
            self._scripts[log] = script, starts

    def hear(self, frame: Frame, source: Macvlan | None) -> bool:
        """Hand a request to all members but its source; False if they must be visited one by one."""
        if len(frame.raw) > self._mtu:  # no request is that long
            return False
        raw, rank, members = frame.raw, self._rank, self.members
        octets = self._port.group_octets(frame, self._modes)
        visited = {*self._attentive, *self._targets.get(raw[38:42], ())}
        visited.update(rank[dev] for dev in self._acquaintances.surprised(raw) if dev in rank)
        skipped = rank.get(source) if source is not None else None
        if not self._hits:
            self._sim.lagging[self] = None
        self._hits += 1
        self._octets += octets
        parts: list[_Part] = []
        begin = 0
        for i in sorted(visited if skipped is None else visited | {skipped}):
            if begin < i:
                self._pass_by(frame, begin, i, parts)
            self._apart[i] += 1 << 64 | octets
            if i != skipped and self._port.visit(members[i], frame, self._modes):
                parts.append((i, i + 1, False))
            begin = i + 1
        if begin < len(members):
            self._pass_by(frame, begin, len(members), parts)
        if parts:
            self._sim.unrepeatable()
            self._sim.post(0, SOFTIRQ, self._take, (frame, parts))
        return True

    def _pass_by(self, frame: Frame, begin: int, end: int, parts: list[_Part]) -> None:
        """Members that ignore the request get it, in a softirq as the others; each is an event of the budget."""
        if self._bridge_only:
            parts.append((begin, end, True))
            return
        self._sim.meter.events += end - begin
        if self._scripts:
            self._sim.meter.events -= 1  # run_softirqs counts it
            self._sim.post(0, SOFTIRQ, self._ignore, (frame, begin, end))
            self._sim.run_softirqs()

    def _take(self, copies: tuple[Frame, list[_Part]]) -> None:
        """As `MacvlanPort._take`."""
        frame, parts = copies
        self._sim.meter.events += sum(end - begin for begin, end, _ in parts) - 1
        for begin, end, ignores in parts:
            if ignores:
                self._ignore((frame, begin, end))
            else:
                self.members[begin].enter(BROADCAST, frame)

    def _ignore(self, passed: tuple[Frame, int, int]) -> None:
        frame, begin, end = passed
        if self.generation != self._sim.generation:  # the members decide anew
            self.flush()
            for child in self.members[begin:end]:
                self._sim.dropped(child, DropReason.ARP_NOT_FOR_US, -1)
                child.enter(BROADCAST, frame)
            return
        for log, (script, starts) in self._scripts.items():
            if starts[begin] < starts[end]:
                log.passed(self._sim._now, frame, frame, Part(script, starts[begin], starts[end]))

    def flush(self) -> None:
        """As `engine.recording.Lagging.flush`."""
        total, self._hits, self._octets = self._hits << 64 | self._octets, 0, 0
        for i, child in enumerate(self.members):
            packets, octets = divmod(total - self._apart[i], 1 << 64)
            self._apart[i] = 0
            self._port.count_group_frame(child, octets, packets)
            self._sim.dropped(child, DropReason.ARP_NOT_FOR_US, packets)
