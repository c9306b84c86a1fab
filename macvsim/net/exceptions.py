"""Knowledge of single destinations: path MTU and redirects (struct fib_nh_exception, net/ipv4/route.c), and how many
errors went there (struct inet_peer, net/ipv4/inetpeer.c).
"""

from __future__ import annotations

from typing import NamedTuple

from macvsim.engine.sim import SECOND, Sim

PMTU_EXPIRES = 600 * SECOND
REDIRECT_EXPIRES = 300 * SECOND
MIN_PMTU = 552
MAX_MTU = 0xFFFF
BURST = 6
"""Errors to one host at once (XRLIM_BURST_FACTOR)."""


class RouteException(NamedTuple):
    """For one destination: `mtu` (0: not learnt), `gateway` (0: not redirected), and when (ns) it is forgotten.

    locked : the MTU is not to be trusted: packets are sent without DF
    """

    mtu: int
    gateway: int
    expires: int
    locked: bool = False

    def applied(self, mtu: int, gateway: int) -> tuple[int, int]:
        """MTU and gateway towards the destination."""
        return min(mtu, self.mtu) if self.mtu else mtu, self.gateway or gateway


class Exceptions:
    """The exceptions of one namespace."""

    __slots__ = ("by_dst", "sim")

    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.by_dst: dict[int, RouteException] = {}

    def get(self, dst: int) -> RouteException | None:
        """The exception for `dst` while it lasts."""
        found = self.by_dst.get(dst)
        if found is not None and found.expires <= self.sim.now:
            del self.by_dst[dst]
            return None
        return found

    def learn_mtu(self, dst: int, mtu: int, now: int = MAX_MTU) -> None:
        """A router said how large packets to `dst` may be; `now` : what was known before (__ip_rt_update_pmtu)."""
        old = self.get(dst)
        if now < mtu or (old is not None and old.locked):
            return
        locked = mtu < MIN_PMTU
        expires = int(self.sim.now) + PMTU_EXPIRES
        gateway = old.gateway if old else 0
        self.by_dst[dst] = RouteException(min(now, MIN_PMTU) if locked else mtu, gateway, expires, locked)

    def learn_gateway(self, dst: int, gateway: int) -> None:
        """A router said that another one is nearer to `dst`."""
        old = self.get(dst)
        expires = int(self.sim.now) + REDIRECT_EXPIRES
        self.by_dst[dst] = RouteException(old.mtu if old else 0, gateway, expires, old is not None and old.locked)

    def clear(self) -> None:
        """Forget all (``ip route flush cache``)."""
        self.by_dst.clear()


class Peer:
    """The memory of one host that errors went to (struct inet_peer); times in jiffies."""

    __slots__ = ("n_redirects", "rate_last", "rate_tokens")

    def __init__(self, now: int, hz: int) -> None:
        self.rate_tokens = 0
        self.rate_last = now - 60 * hz
        self.n_redirects = 0
