"""The view that IPv6 has of its namespace: the contracts, and no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import Sim
from macvsim.net.ipv6.stack import Ipv6
from macvsim.net.machine import KernelLog
from macvsim.net.sysctl import Ipv4Conf
from macvsim.net.tcp.layer import TcpLayer


class Limits(Protocol):
    """The limit of ICMP errors that IPv4 and IPv6 share (`macvsim.net.icmp.IcmpLayer`)."""

    def global_allows(self) -> bool:
        """icmp_msgs_per_sec allows one more."""


class Net(Protocol):
    """A namespace (`macvsim.net.namespace.Namespace`)."""

    sim: Sim
    name: str
    log: KernelLog

    @property
    def label(self) -> str: ...
    @property
    def devices(self) -> Mapping[str, NetDevice]: ...
    @property
    def ipv4_conf(self) -> Ipv4Conf: ...
    @property
    def ipv6(self) -> Ipv6: ...
    @property
    def icmp(self) -> Limits: ...
    @property
    def tcp(self) -> TcpLayer: ...

    def wake(self, fn: Callable[..., None], *args: object) -> None:
        """Run ``fn(*args)`` in process context, when the program that waits for it runs."""
