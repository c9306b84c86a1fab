"""The fast path: one exact-match flow table, and broadcasts as one fact.  It changes speed and nothing else.

The plain path handles the first two frames of a flow at each station; a recorder writes down what it did to the second,
and later frames with the same key repeat that (flowtable.py; rewrite.py derives how bytes change).  A broadcast
ARP request to macvlan devices is kept as one fact (broadcast.py).  The plain path offers hooks for both
(`macvsim.engine.recording`) and imports nothing from here: without this folder every frame takes the plain path.

This room may import engine, wire, dev and net.  Start with flowtable.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macvsim.fastpath.flowtable import Ingress

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim
    from macvsim.net.neigh import Neighbour


def install(sim: Sim) -> None:
    """Put a flow table in front of each entry point that is made in `sim` from now on."""
    sim.ingress = lambda plain: Ingress(sim, plain).arrive

    def begin() -> None:
        from macvsim.fastpath.broadcast import hear_at_once  # a lab without neighbours does not load it

        sim.hear = hear_at_once(sim)

    def hear(*request: Any) -> bool:
        begin()
        assert sim.hear is not None
        return sim.hear(*request)

    def watch(entry: Neighbour) -> None:
        begin()
        assert sim.watch_neighbour is not None
        sim.watch_neighbour(entry)

    sim.hear, sim.watch_neighbour = hear, watch
