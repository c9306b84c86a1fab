"""TCP's view of its namespace, and of the sockets of programs: the contracts, and no behaviour."""

from __future__ import annotations

from typing import Protocol

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Sim
from macvsim.net.dst import Dst
from macvsim.net.snmp import Snmp
from macvsim.net.sysctl import Ipv4Conf


class Routes(Protocol):
    """Routing decisions (`macvsim.net.route.Router`)."""

    def output(self, dst: int, src: int = 0, oif: NetDevice | None = None) -> Dst:
        """The way for a locally made packet."""


class Ip(Protocol):
    """Takes segments (`macvsim.net.ipv4.Ipv4Layer`)."""

    def send(
        self,
        proto: int,
        payload: bytes,
        way: Dst,
        dst: int,
        uid: int,
        tos: int = 0,
        ttl: int | None = None,
        df: bool = False,
        ident: int | None = None,
    ) -> DropReason | None:
        """Send a packet along a way; returns why it was not sent."""


class Net(Protocol):
    """A namespace (`macvsim.net.namespace.Namespace`)."""

    sim: Sim
    name: str

    @property
    def label(self) -> str: ...
    @property
    def ipv4_conf(self) -> Ipv4Conf: ...
    @property
    def snmp(self) -> Snmp: ...
    @property
    def router(self) -> Routes: ...
    @property
    def ipv4(self) -> Ip: ...


class Owner(Protocol):
    """The socket of a program (`macvsim.net.tcp.socket.TcpSocket`); `port` is given to it when it is bound."""

    port: int

    @property
    def ns(self) -> Net: ...
    @property
    def source(self) -> int: ...
    @property
    def device(self) -> NetDevice | None: ...
    @property
    def dual(self) -> bool: ...
    @property
    def inode(self) -> int: ...
    @property
    def keepalive(self) -> bool: ...
    @property
    def reuse_address(self) -> bool: ...
    @property
    def tos(self) -> int: ...
    @property
    def user_mss(self) -> int: ...
    @property
    def no_delay(self) -> bool: ...
    @property
    def congestion(self) -> str: ...
    @property
    def sized(self) -> bool: ...
    @property
    def buffers(self) -> tuple[int, int]: ...
    @property
    def listener(self) -> object | None: ...

    def notify(self) -> None:
        """Something changed."""
