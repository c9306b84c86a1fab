"""Docker's embedded name server: who a container can find by name (moby ``libnetwork/sandbox.go`` ResolveName).

It answers for the containers of its own daemon that run, on networks their users made; it is asked inside the
container, so no packet is sent.  Names it does not know would go to the servers of the host, which these labs do not
have.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from macvsim.docker.network import Endpoint


def resolve(name: str, endpoints: Iterable[Endpoint], rng: random.Random, *, version: int = 4) -> int | None:
    """Address of `name`, seen by a container with these endpoints; None when nobody has it.

    A name is a container's name, alias, short identifier or hostname on a network the two share, alone or as
    ``NAME.NETWORK``; of several that have it, one is drawn.  What the container has links for comes first, and no
    other of that name is seen beside it.

    version : 4 for A records, 6 for AAAA
    """
    own = [endpoint for endpoint in endpoints if endpoint.network.names_resolve]
    for wanted, network in _readings(name.lower().removesuffix(".")):
        there = [endpoint for endpoint in own if network in ("", endpoint.network.name.lower())]
        linked = [(endpoint, endpoint.links[wanted].lower()) for endpoint in there if wanted in endpoint.links]
        for endpoint, target in linked + [(endpoint, wanted) for endpoint in there if wanted not in endpoint.links]:
            found = [
                int(assignment.address)
                for other in endpoint.network.endpoints.values()
                if (assignment := other.assignment if version == 4 else other.assignment6) is not None
                and target in (known.lower() for known in other.dns_names)
            ]
            if found:
                return found[0] if len(found) == 1 else rng.choice(found)
    return None


def name_of(ip: int, endpoints: Iterable[Endpoint]) -> str | None:
    """``CONTAINER.NETWORK`` of an address on a network of the container's (ResolveIP)."""
    for endpoint in endpoints:
        network = endpoint.network
        for other in network.endpoints.values() if network.names_resolve else ():
            if other.address is not None and int(other.address) == ip:
                return f"{other.container}.{network.name}"
    return None


def _readings(name: str) -> list[tuple[str, str]]:
    """The name as a whole, then with everything after each dot, from the last one on, as the network's name."""
    readings = [(name, "")]
    position = name.rfind(".")
    while position != -1:
        readings.append((name[:position], name[position + 1 :]))
        position = name.rfind(".", 0, position)
    return readings
