"""The probes of traceroute for Linux: how long to wait for one, and where a late answer belongs."""

from __future__ import annotations

from macvsim.engine.sim import MS
from macvsim.net.ipv6.socket6 import Udp6Socket
from macvsim.net.socket import UdpSocket

PRECISION = MS
LONG_AGO = -(1 << 62)


class Probe:
    """One probe; times in ns, None: not yet."""

    __slots__ = ("arrived", "done", "final", "mark", "sender", "sent", "seq", "sock", "ttl")

    def __init__(self) -> None:
        self.sent: int | None = None
        self.arrived: int | None = None
        self.done = False
        self.final = False
        self.sender = 0
        self.ttl = 0
        self.mark = ""
        self.seq = 0
        self.sock: UdpSocket | Udp6Socket | None = None

    @property
    def trip(self) -> int:
        """Round trip in ns, 0 without an answer."""
        return 0 if self.sent is None or self.arrived is None else self.arrived - self.sent


class Probes:
    """All probes there can be, in order of hops.

    per_hop : probes for each; wait : longest time to wait (ns); here, near : see `LinuxTraceroute`
    """

    def __init__(self, hops: int, per_hop: int, wait: int, here: float, near: float) -> None:
        self.probes = [Probe() for _ in range(hops * per_hop)]
        self.per_hop = per_hop
        self.wait = wait
        self.here = here
        self.near = near

    def __len__(self) -> int:
        return len(self.probes)

    def __getitem__(self, n: int) -> Probe:
        return self.probes[n]

    def by_seq(self, seq: int) -> Probe | None:
        """The probe under way with that number."""
        return next((probe for probe in self.probes if probe.seq == seq and seq), None)

    def sender_before(self, n: int) -> int:
        """Who answered the latest answered probe of the same hop before this one; 0: nobody."""
        return next((p.sender for p in reversed(self.probes[n - n % self.per_hop : n]) if p.sender), 0)

    def patience(self, n: int) -> int:
        """For how long (ns) to wait for a probe: less when its hop, or one behind, has answered (get_timeout)."""
        if self.here:
            first = n - n % self.per_hop
            for probe in self.probes[first : first + self.per_hop]:
                if probe.done and probe.trip > 0:
                    return min(int((probe.trip + PRECISION) * self.here), self.wait)
        if self.near:
            for probe in self.probes[n + 1 :]:
                if probe.sent is None:
                    break
                if probe.done and probe.trip > 0:
                    return min(int((probe.trip + PRECISION) * self.near), self.wait)
        return self.wait

    def expired(self, n: int) -> None:
        """An unreachable that came for a later probe may belong here: hosts answer only some (check_expired)."""
        probes, per_hop = self.probes, self.per_hop
        before = probes[n - n % per_hop : n]
        if any(not probe.done or not probe.final for probe in before):
            return
        answered = next((i for i, p in self._sent_behind(n) if p.done), None)
        if answered is None or not probes[answered].final or not probes[answered].mark:
            return
        final = probes[answered]
        same_hop = bool(before) or n % per_hop + answered - n < per_hop
        if same_hop or any(p.sender == final.sender for p in probes[:n] if p.sender) or self._is_at(n, final):
            probes[n] = final
            gone = probes[answered] = Probe()
            gone.sent = LONG_AGO

    def _sent_behind(self, n: int) -> list[tuple[int, Probe]]:
        found = []
        for i in range(n + 1, len(self.probes)):
            if self.probes[i].sent is None:
                break
            found.append((i, self.probes[i]))
        return found

    def _is_at(self, n: int, final: Probe) -> bool:
        """Guess from the TTL of the answer how far away its sender is: not farther than this hop?"""
        if not final.ttl:
            return False
        hop = n // self.per_hop + 1
        distance = hops(final.ttl)
        for i in range(n - 1, -1, -1):
            probe = self.probes[i]
            if probe.done and not probe.final and probe.ttl and hops(probe.ttl) < distance:
                distance = distance - hops(probe.ttl) + i // self.per_hop + 1
                break
        return distance <= hop


def hops(ttl: int) -> int:
    """How many hops away a sender is whose packets arrive with this TTL, if it started with 64, 128 or 255."""
    return (65 if ttl <= 64 else 129 if ttl <= 128 else 256) - ttl
