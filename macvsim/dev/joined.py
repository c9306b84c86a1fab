"""What devices listen to: addresses, and how often each was asked for.

Nearly all devices of a lab listen to the same few.  So these counts are values: one wish more makes new ones, and the
usual ones are one object for all.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from macvsim.wire.addr import multicast_mac
from macvsim.wire.addr6 import ALL_NODES, multicast_mac6

A = TypeVar("A", bound=Hashable)
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
_ALL_HOSTS = 0xE0000001
_ALL_NODES_MAC, _ALL_HOSTS_MAC = multicast_mac6(ALL_NODES), multicast_mac(_ALL_HOSTS)
_USUAL: Final[Mapping[Any, Mapping[Any, int]]] = {
    (): NOTHING,
    ((_ALL_HOSTS, 1),): MappingProxyType({_ALL_HOSTS: 1}),
    ((_ALL_NODES_MAC, 1),): MappingProxyType({_ALL_NODES_MAC: 1}),
    ((_ALL_NODES_MAC, 1), (_ALL_HOSTS_MAC, 1)): MappingProxyType({_ALL_NODES_MAC: 1, _ALL_HOSTS_MAC: 1}),
}
_MOST = max(map(len, _USUAL))


def joined(counts: Mapping[A, int], address: A) -> Mapping[A, int]:
    """The counts with one more wish; a new address stands last."""
    return _kept({**counts, address: counts.get(address, 0) + 1})


def left(counts: Mapping[A, int], address: A) -> Mapping[A, int]:
    """The counts with one wish less for an address that is among them."""
    if counts[address] > 1:
        return _kept({**counts, address: counts[address] - 1})
    return _kept({other: count for other, count in counts.items() if other != address})


def _kept(counts: dict[A, int]) -> Mapping[A, int]:
    return counts if len(counts) > _MOST else _USUAL.get(tuple(counts.items()), counts)
