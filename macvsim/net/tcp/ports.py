"""The ports of a namespace: who has which, and which are free (net/ipv4/inet_connection_sock.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.errors import SocketError
from macvsim.net.tcp.connection import Address, Connection
from macvsim.net.tcp.timewait import TimeWait

if TYPE_CHECKING:
    from macvsim.net.tcp.contracts import Owner
    from macvsim.net.tcp.layer import TcpLayer
    from macvsim.net.tcp.listener import Request


class Ports:
    """`bound` has sockets by the port they are bound to."""

    def __init__(self, layer: TcpLayer) -> None:
        self.layer = layer
        self.bound: dict[int, list[Owner]] = {}

    def bind(self, sock: Owner, port: int) -> None:
        """Give a socket a port, 0 any free one; EADDRINUSE (inet_csk_get_port)."""
        if not port:
            port = self._free()
        for other in self.bound.get(port, []):
            apart = sock.source and other.source and sock.source != other.source
            shared = sock.reuse_address and other.reuse_address and other.listener is None
            if not apart and not shared:
                raise SocketError("EADDRINUSE")
        if not sock.reuse_address and self._lingers(sock.source, port):
            raise SocketError("EADDRINUSE")
        sock.port = port
        self.bound.setdefault(port, []).append(sock)

    def _lingers(self, source: int, port: int) -> bool:
        """True if a connection without a socket still uses the port."""
        return any(
            local[1] == port and (not source or local[0] == source) and _is_orphan(held)
            for (local, _), held in self.layer.pairs.items()
        )

    def _free(self) -> int:
        """bind() takes odd ports first, connect() even ones (inet_csk_find_open_port)."""
        low, high = self.layer.ns.ipv4_conf.ip_local_port_range
        used = {local[1] for local, _ in self.layer.pairs}
        first = (low + self.layer.dice.randrange(high - low + 1)) | 1
        for parity in (0, 1):
            for step in range(0, high - low + 1, 2):
                port = low + (first - low + parity + step) % (high - low + 1)
                if port not in self.bound and port not in used:
                    return port
        raise SocketError("EADDRINUSE")

    def unbind(self, sock: Owner) -> None:
        """The socket is closed."""
        sockets = self.bound.get(sock.port, [])
        if sock in sockets:
            sockets.remove(sock)
            if not sockets:
                del self.bound[sock.port]

    def pick(self, source: int, remote: Address) -> tuple[int, int | None]:
        """A free port for a connection to `remote`; and where its sequence numbers must start, if anywhere
        (__inet_hash_connect); EADDRNOTAVAIL when all are taken.
        """
        low, high = self.layer.ns.ipv4_conf.ip_local_port_range
        count = high - low + 1
        first = self.layer.dice.randrange(count) & ~1
        for parity in (0, 1):
            for step in range(0, count, 2):
                port = low + (first + step) % count + parity
                if port > high or port in self.layer.listeners:
                    continue
                held = self.layer.pairs.get(((source, port), remote))
                if held is None:
                    return port, None
                if isinstance(held, TimeWait) and (start := held.reusable()) is not None:
                    held.kill()
                    return port, start
        raise SocketError("EADDRNOTAVAIL")


def _is_orphan(held: Connection | Request | TimeWait) -> bool:
    return isinstance(held, TimeWait) or (isinstance(held, Connection) and held.orphan)
