"""A compiled filter, and the packet it looks at."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.errors import MacvsimError


class FilterError(MacvsimError):
    """An expression that libpcap refuses, in its words."""


class OutOfPacket(Exception):
    """A load from beyond the packet: it ends a BPF program, and the packet is not wanted."""


class View:
    """A packet as the program sees it.

    data : its bytes; the outermost VLAN tag is not among them where the kernel keeps it in metadata
    length : of the whole packet on the wire
    tag : VLAN tag in metadata, TPID << 16 | TCI; 0 for none
    outgoing : sent by this machine; ifindex : of the device
    """

    __slots__ = ("data", "ifindex", "length", "outgoing", "shift", "tag")

    def __init__(
        self, data: bytes, length: int | None = None, tag: int = 0, *, outgoing: bool = False, ifindex: int = 0
    ) -> None:
        self.data = data
        self.length = len(data) if length is None else length
        self.tag = tag
        self.outgoing = outgoing
        self.ifindex = ifindex
        self.shift = 0
        """By how much headers are further back because a VLAN tag was looked for in the bytes."""

    def load(self, at: int, size: int) -> int:
        """An unsigned number in network order."""
        if at < 0 or at + size > len(self.data):
            raise OutOfPacket
        return int.from_bytes(self.data[at : at + size], "big")


Test = Callable[[View], bool]
Value = Callable[[View], int]


class Filter:
    """What `compile_filter` returns: call it with a packet."""

    def __init__(self, test: Test) -> None:
        self._test = test

    def __call__(self, view: View) -> bool:
        """True if the packet is wanted."""
        view.shift = 0
        try:
            return self._test(view)
        except OutOfPacket:
            return False


class Resolver:
    """What names in expressions mean; this kind knows none."""

    def host(self, name: str) -> list[int] | None:
        """IPv4 addresses of a host."""
        return None

    def port(self, name: str, protocol: str) -> int | None:
        """Number of a port of ``tcp`` or ``udp``."""
        return None

    def protocol(self, name: str) -> int | None:
        """Number of an IP protocol."""
        return None


def both(first: Test, second: Test) -> Test:
    """and"""
    return lambda view: first(view) and second(view)


def either(first: Test, second: Test) -> Test:
    """or"""
    return lambda view: first(view) or second(view)


def negated(test: Test) -> Test:
    """not"""
    return lambda view: not test(view)
