"""The embedded name server as containers ask it: datagrams to 127.0.0.11 (moby ``libnetwork/resolver.go``).

Names of containers it answers itself, addresses of containers too; everything else goes to the servers of the host,
from inside the container.  dockerd listens on a port of its own and rewrites packets to and from port 53; here it
listens on port 53 itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

from macvsim.docker import dns as names
from macvsim.docker.network import Endpoint
from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.namespace import Namespace
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket, pmtu_discover
from macvsim.wire import dns

if TYPE_CHECKING:
    import random

    from macvsim.docker.resolv import ResolvConf

ADDRESS = 0x7F00000B
TTL = 600
FORWARD_TIMEOUT = 4 * SECOND
_LENGTHS = {dns.TYPES["A"]: (4, 4), dns.TYPES["AAAA"]: (6, 16)}


class Resolving(Protocol):
    """A daemon (`macvsim.docker.engine.Engine`) as its name servers need it."""

    @property
    def dns_rng(self) -> random.Random: ...
    @property
    def resolv_conf(self) -> ResolvConf: ...


class NameServer:
    """Answers in one container's namespace.

    endpoints : the container's, as they are at the moment; engine : its daemon
    """

    __slots__ = ("_endpoints", "_engine", "_pmtu_discover", "_socket", "ns")

    def __init__(self, ns: Namespace, endpoints: Sequence[Endpoint], engine: Resolving) -> None:
        self.ns = ns
        self._endpoints = endpoints
        self._engine = engine
        self._pmtu_discover = ""
        """As its socket has it from the beginning; empty while there is none."""
        self._socket: UdpSocket | None = None

    def serve(self) -> None:
        """Start to listen, once the container is on a network where names resolve."""
        if not self._pmtu_discover and any(endpoint.network.names_resolve for endpoint in self._endpoints):
            self._pmtu_discover = pmtu_discover(self.ns)
            self.ns.serve_udp(self)

    def listen(self) -> None:
        """Somebody looks at the sockets: from here on there is one."""
        self._socket = UdpSocket(self.ns, self._asked)
        self._socket.pmtu_discover = self._pmtu_discover
        self._socket.source = ADDRESS
        self.ns.udp.bind(self._socket, dns.PORT)

    def close(self) -> None:
        """The container is gone."""
        if self._pmtu_discover:
            self._pmtu_discover = ""
            self.ns.serve_udp(None)
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _upstream(self) -> list[int]:
        """Addresses of the host's own name servers."""
        servers = self._engine.resolv_conf.servers
        return [int(IPv4Address(server)) for server in servers if ":" not in server and not server.startswith("127.")]

    def _asked(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        try:
            query = dns.parse(payload)
        except dns.BadMessage:
            return
        if query.is_response:
            return

        def reply(data: bytes) -> None:
            if self._socket is not None:
                self._socket.send_to(data, address, port)

        records = self._own(query)
        if records is None:
            _Forward(self.ns, payload, query, self._upstream(), reply).next()
        else:
            reply(dns.answer(query, records))

    def _own(self, query: dns.Message) -> list[tuple[int, int, bytes]] | None:
        """Records of our own, perhaps none; None for what is not ours to answer."""
        if query.kind == dns.TYPES["PTR"]:
            ip = dns.reversed_address(query.name)
            name = None if ip is None else names.name_of(ip, self._endpoints)
            return None if name is None else [(query.kind, TTL, dns.encode_name(name))]
        if query.kind not in _LENGTHS:
            return None
        version, length = _LENGTHS[query.kind]
        found = names.resolve(query.name, self._endpoints, self._engine.dns_rng, version=version)
        if found is not None:
            return [(query.kind, TTL, found.to_bytes(length, "big"))]
        other = names.resolve(query.name, self._endpoints, self._engine.dns_rng, version=10 - version)
        return None if other is None else []


class _Forward:
    """A query on its way to the servers of the host, one after the other."""

    def __init__(
        self, ns: Namespace, payload: bytes, query: dns.Message, servers: list[int], reply: Callable[[bytes], None]
    ) -> None:
        self._ns = ns
        self._payload = payload
        self._query = query
        self._servers = servers
        self._reply = reply
        self._socket: UdpSocket | None = None

    def next(self) -> None:
        """Ask the next server; where there is none, say that it failed."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if not self._servers:
            self._reply(dns.answer(self._query, [], dns.SERVFAIL))
            return
        server = self._servers.pop(0)
        sock = self._socket = UdpSocket(self._ns, self._answered, lambda error: self._give_up(sock))
        try:
            sock.connect(server, dns.PORT)
            sock.send(self._payload)
        except SocketError:
            self.next()
            return
        self._ns.sim.call_in_process(FORWARD_TIMEOUT, lambda: self._give_up(sock))

    def _answered(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        if self._socket is not None and payload[:2] == self._payload[:2]:
            self._socket.close()
            self._socket = None
            self._reply(payload)

    def _give_up(self, sock: UdpSocket) -> None:
        if self._socket is sock:
            self.next()
