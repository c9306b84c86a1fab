"""Routes with several next hops: which of them a flow takes (net/ipv4/fib_semantics.c, route.c)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

_RANGE = 1 << 31
"""Hashes are of 31 bits."""


class Hop:
    """One next hop (struct fib_nh).

    gateway : 0 when the destination is on the link; dead : its device is down; view : the route as if this were its
    only way, made when first taken
    """

    __slots__ = ("dead", "dev", "gateway", "onlink", "view", "weight")

    def __init__(self, gateway: int, dev: Any, weight: int = 1, *, onlink: bool = False) -> None:
        self.gateway = gateway
        self.dev = dev
        self.weight = weight
        self.onlink = onlink
        self.dead = False
        self.view: Any = None

    @property
    def way(self) -> tuple[int, Any, int]:
        """What tells hops apart."""
        return self.gateway, self.dev, self.weight

    @property
    def linkdown(self) -> bool:
        """True while there is no carrier (RTNH_F_LINKDOWN)."""
        return not (self.dev.up and self.dev.carrier)

    def end(self) -> None:
        """The route was taken out: what still waits to go this way has no device any more."""
        if self.view is not None:
            self.view.gone = True


def flow_hash(key: bytes, src: int, dst: int) -> int:
    """The hash of a flow by its addresses (fib_multipath_hash_policy 0): 31 bits, another one on each machine."""
    text = src.to_bytes(16, "big") + dst.to_bytes(16, "big")
    return int.from_bytes(blake2b(text, digest_size=4, key=key).digest(), "big") >> 1


def choose(hops: Sequence[Hop], number: int, usable: Callable[[Hop], bool]) -> Hop:
    """The hop whose share of all hashes a hash is in (fib_rebalance, fib_select_multipath).

    usable : asked of each hop whether it counts; if none does, the first is taken
    """
    alive = [hop for hop in hops if not hop.dead and usable(hop)]
    total, so_far = sum(hop.weight for hop in alive), 0
    for hop in alive:
        so_far += hop.weight
        if number <= (so_far * _RANGE + total // 2) // total - 1:
            return hop
    return hops[0]


__all__ = ["Hop", "choose", "flow_hash"]
