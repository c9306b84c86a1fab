"""The view that netfilter has of its namespace: the contracts, and no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Sim
from macvsim.net.dst import Dst
from macvsim.net.fib import Fib
from macvsim.net.fibroute import RouteType, Scope
from macvsim.net.machine import KernelLog
from macvsim.net.neightable import NeighTable
from macvsim.net.netfilter.core import Netfilter
from macvsim.net.packet import Packet
from macvsim.net.snmp import Snmp
from macvsim.net.sysctl import Ipv4Conf


class Routes(Protocol):
    """Routing decisions (`macvsim.net.route.Router`)."""

    def output(
        self, dst: int, src: int = 0, oif: NetDevice | None = None, any_source: bool = False, mark: int = 0
    ) -> Dst:
        """The way for a locally made packet."""

    def input(self, addresses: bytes, dev: NetDevice, mark: int = 0) -> Dst:
        """The routing decision for a packet that came in on `dev`."""

    def forget(self) -> None:
        """Decisions may be other ones from now on."""


class Ip(Protocol):
    """IPv4 (`macvsim.net.ipv4.Ipv4Layer`), which calls the hooks of `netfilter` while there are rules."""

    netfilter: Netfilter | None

    def dst_output(self, packet: Packet) -> DropReason | None:
        """Send a packet its way."""


class Errors(Protocol):
    """ICMP (`macvsim.net.icmp.IcmpLayer`)."""

    def send_error(self, packet: Packet, kind: int, code: int, info: int = 0) -> None:
        """Tell the sender of a packet what happened to it."""


class Addresses(Protocol):
    """The addresses of the namespace (`macvsim.net.addr.AddressTable`)."""

    def select_source(self, dev: NetDevice | None, dst: int, scope: Scope) -> int:
        """The best source address towards `dst`."""


class Host(Protocol):
    """A namespace (`macvsim.net.namespace.Namespace`)."""

    sim: Sim
    name: str
    log: KernelLog
    fib: Fib

    @property
    def label(self) -> str: ...
    @property
    def is_first(self) -> bool: ...
    @property
    def netfilter(self) -> Netfilter: ...
    @property
    def ipv4(self) -> Ip: ...
    @property
    def ipv4_conf(self) -> Ipv4Conf: ...
    @property
    def icmp(self) -> Errors: ...
    @property
    def router(self) -> Routes: ...
    @property
    def neigh(self) -> NeighTable: ...
    @property
    def addresses(self) -> Addresses: ...
    @property
    def snmp(self) -> Snmp: ...

    def is_local(self, ip: int) -> bool:
        """An address of this namespace."""

    def address_type(self, ip: int) -> RouteType | None:
        """Of an address: local, unicast, …"""

    def listen(self, listener: Callable[[NetDevice, Event], None]) -> None:
        """Call `listener` when something happens to a device."""
