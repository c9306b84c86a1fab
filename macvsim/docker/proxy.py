"""docker-proxy: what comes to a published port without having been translated, from this host or from other bridges,
is relayed to the container (moby ``cmd/docker-proxy``).
"""

from __future__ import annotations

from typing import Protocol

from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.namespace import Namespace
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.socket import TcpSocket

_CHUNK = 32 * 1024
_BACKLOG = 4096
_UDP_SILENCE = 90 * SECOND


class Proxy(Protocol):
    """One running docker-proxy."""

    def close(self) -> None:
        """It is killed: every connection through it ends."""


class TcpProxy:
    """Listens on `ip` (0: every address) and `port` of a host; raises `SocketError` if somebody else does.

    address, target : where every connection is relayed to
    """

    def __init__(self, ns: Namespace, ip: int, port: int, address: int, target: int) -> None:
        self.ns = ns
        self.target = (address, target)
        self.relays: list[Relay] = []
        self.sock = TcpSocket(ns)
        self.sock.reuse_address = True
        self.sock.bind(ip, port)
        self.sock.listen(_BACKLOG)
        self.sock.waiters = [self._accept]

    def _accept(self) -> None:
        if self.sock.listener is None:  # it was killed between a connection's arrival and its own next turn
            return
        while (client := self.sock.accept()) is not None:
            self.relays = [relay for relay in self.relays if not relay.over]
            self.relays.append(Relay(client, TcpSocket(self.ns), self.target))
        self.sock.waiters = [self._accept]

    def close(self) -> None:
        for relay in self.relays:
            relay.close()
        self.sock.close()


class Relay:
    """One connection through a proxy, both ways."""

    def __init__(self, client: TcpSocket, backend: TcpSocket, target: tuple[int, int]) -> None:
        self.client = client
        self.backend = backend
        self.over = False
        self._waiting = {client: b"", backend: b""}
        """What each side has said and the other has not taken yet."""
        self._open = {client: True, backend: True}
        """Sides that may say more."""
        try:
            backend.connect(*target)
        except SocketError:
            self.close()
            return
        self._step()

    def _step(self) -> None:
        """Something has changed: pass on what can be passed on."""
        if self.over:
            return
        try:
            if not self.backend.connecting:
                if error := self.backend.take_error():
                    raise SocketError(error)
                self._pass(self.client, self.backend)
                self._pass(self.backend, self.client)
        except SocketError:
            self.close()
            return
        if not any(self._open.values()):
            self.close()
            return
        self.client.waiters, self.backend.waiters = [self._step], [self._step]

    def _pass(self, source: TcpSocket, sink: TcpSocket) -> None:
        while self._open[source]:
            data = self._waiting[source] or source.recv(_CHUNK)
            if data is None:
                return
            if not data:
                self._open[source] = False
                sink.shutdown()
                return
            sent = sink.send(data)
            self._waiting[source] = data[sent:]
            if self._waiting[source]:
                return

    def close(self) -> None:
        """Both sides."""
        self.over = True
        self.client.close()
        self.backend.close()


class UdpProxy:
    """As `TcpProxy`, with a socket for each sender, which is forgotten after 90 s of silence."""

    def __init__(self, ns: Namespace, ip: int, port: int, address: int, target: int) -> None:
        self.ns = ns
        self.target = (address, target)
        self.backends: dict[tuple[int, int], UdpSocket] = {}
        self._heard: dict[tuple[int, int], int] = {}
        self.sock = UdpSocket(ns, self._from_client)
        self.sock.bind(ip, port)

    def _from_client(self, payload: bytes, ip: int, port: int, packet: Packet) -> None:
        client = (ip, port)
        backend = self.backends.get(client)
        if backend is None:

            def back(answer: bytes, _ip: int, _port: int, _packet: Packet) -> None:
                self._to_client(client, answer)

            backend = self.backends[client] = UdpSocket(self.ns, back)
            try:
                backend.connect(*self.target)
            except SocketError:
                self._forget(client)
                return
        self._touch(client)
        self._send(backend, payload, *self.target)

    def _to_client(self, client: tuple[int, int], answer: bytes) -> None:
        self._touch(client)
        self._send(self.sock, answer, *client)

    @staticmethod
    def _send(sock: UdpSocket, payload: bytes, ip: int, port: int) -> None:
        try:
            sock.send_to(payload, ip, port)
        except SocketError:
            return  # as any datagram, it may be lost

    def _touch(self, client: tuple[int, int]) -> None:
        """It is heard of now."""
        now = int(self.ns.sim.now)
        if client not in self._heard:
            self.ns.sim.call_later(_UDP_SILENCE, self._expire, client)
        self._heard[client] = now

    def _expire(self, client: tuple[int, int]) -> None:
        heard = self._heard.get(client)
        if heard is None:
            return
        left = heard + _UDP_SILENCE - int(self.ns.sim.now)
        if left > 0:
            self.ns.sim.call_later(left, self._expire, client)
        else:
            self._forget(client)

    def _forget(self, client: tuple[int, int]) -> None:
        self._heard.pop(client, None)
        backend = self.backends.pop(client, None)
        if backend is not None:
            backend.close()

    def close(self) -> None:
        for client in list(self.backends):
            self._forget(client)
        self.sock.close()
