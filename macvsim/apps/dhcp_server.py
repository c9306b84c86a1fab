"""What DHCP servers share: leases, and listening on one device until SIGTERM."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

import simpy

from macvsim.apps.dhcp import KernelPort, Mailbox, Waiting
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND
from macvsim.net.fibroute import Scope
from macvsim.net.namespace import Namespace
from macvsim.wire import dhcp
from macvsim.wire.dhcp import Message

_SIGTERM = 15


@dataclass
class Lease:
    """An address given, or offered, until `expires` (ns)."""

    ip: int
    mac: bytes
    expires: int
    hostname: str = ""
    client: bytes = b""
    """The client's identifier (option 61), where it sent one."""


class Server(ABC):
    """The server on one device; `say` logs a line, `FAREWELL` is the last."""

    FAREWELL: ClassVar[str]

    def __init__(self, ns: Namespace, dev: NetDevice, say: Callable[[str], None]) -> None:
        self.ns, self.dev, self.sim = ns, dev, ns.sim
        self._say = say
        self._box = Mailbox(ns)
        self._port: KernelPort | None = None

    def open(self) -> None:
        """Listen; `SocketError` where somebody does already."""
        self._port = KernelPort(self.ns, self.dev, dhcp.SERVER_PORT, lambda message, source: self._box.put(message))

    def run(self) -> Waiting:
        """Serve until SIGTERM; the exit code."""
        assert self._port is not None
        try:
            while True:
                message = yield from self._box.get(self.pause())
                if message is None:
                    self.expire()
                elif message.op == dhcp.REQUEST:
                    yield from self.serve(message)
        except simpy.Interrupt as interrupt:
            if int(interrupt.cause or _SIGTERM) != _SIGTERM:
                raise
            self._say(self.FAREWELL)
            return 0
        finally:
            self._port.close()

    @abstractmethod
    def serve(self, asked: Message) -> Waiting:
        """Answer a client's message."""

    def pause(self) -> int | None:
        """The time (ns) after which `expire` is called if no message comes; None: never."""
        return None

    def expire(self) -> None:  # noqa: B027
        """Forget the leases whose time is up; a server without `pause` keeps them."""

    @property
    def own(self) -> int:
        """Our address on the device, 0 if it has none."""
        return self.ns.addresses.select_source(self.dev, 0, Scope.LINK) if self.dev.inet.addresses else 0

    def lease(self, mac: bytes, ip: int, seconds: int, hostname: str = "", client: bytes = b"") -> Lease:
        """A lease from now on."""
        return Lease(ip, mac, int(self.sim.now) + seconds * SECOND, hostname, client)

    def is_over(self, lease: Lease) -> bool:
        """True if its time is up."""
        return lease.expires <= int(self.sim.now)


def lease_of(leases: Iterable[Lease], mac: bytes) -> Lease | None:
    """What a client has."""
    return next((one for one in leases if one.mac == mac), None)
