"""What routers and routes say about TCP: unreachable, too big, no way (tcp_v4_err; linux.md case T50)."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.fibroute import RouteType
from macvsim.net.namespace import Namespace
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import icmp_template, ipv4_template
from tests.conformance.lab import Lab, late, within
from tests.tcp.tcp_lab import B, Pair, Receiver, Sender, connection, counters

FAR = ip_int("10.1.0.1")


class Routed:
    """a (10.0.0.1) — r — b (10.1.0.1)."""

    def __init__(self) -> None:
        self.lab = lab = Lab()
        self.a, self.r, self.b = (lab.ns(name) for name in "arb")
        near, self.r0 = lab.veth(self.a, "eth0", self.r, "eth0")
        self.r1, self.b0 = lab.veth(self.r, "eth1", self.b, "eth0")
        for dev, ip in ((near, "10.0.0.1/24"), (self.r0, "10.0.0.254/24"), (self.r1, "10.1.0.254/24"),
                        (self.b0, "10.1.0.1/24")):  # fmt: skip
            lab.address(dev, ip)
        lab.route(self.a, "default", via="10.0.0.254")
        lab.route(self.b, "default", via="10.1.0.254")
        self.r.sysctl["net.ipv4.ip_forward"] = 1

    def connect(self, to: int = FAR, ns: Namespace | None = None) -> TcpSocket:
        sock = TcpSocket(ns or self.a)
        sock.connect(to, 80)
        return sock


@pytest.mark.rule("T50", "7.8")
def test_T50_nobody_there() -> None:
    """No answer to ARP: EHOSTUNREACH after three requests, 3.0 to 3.1 s; a datagram is not told."""
    net = Routed()
    other = UdpSocket(net.a)
    other.connect(ip_int("10.0.0.78"), 9)
    other.send(b"x")
    sock = net.connect(ip_int("10.0.0.77"))
    start = net.lab.sim.now
    while sock.connecting:
        net.lab.run(0.01)
    assert within(int(net.lab.sim.now - start), late(3.0))
    assert sock.take_error() == "EHOSTUNREACH"
    net.lab.run(5)
    assert other.error == ""


def test_nobody_behind_the_router() -> None:
    net = Routed()
    sock = net.connect(ip_int("10.1.0.77"))
    net.lab.run(5)
    assert sock.take_error() == "EHOSTUNREACH"


@pytest.mark.parametrize(
    ("kind", "errno"),
    [(RouteType.UNREACHABLE, "EHOSTUNREACH"), (RouteType.PROHIBIT, "EHOSTUNREACH")],
)
def test_routes_that_refuse(kind: RouteType, errno: str) -> None:
    """The first SYN is sent within connect(), which only remembers; here the error comes later."""
    pair = Pair()
    lab = pair.lab
    lab.route(pair.a, "10.9.0.0/24", via="10.0.0.2")
    lab.route(pair.b, "10.9.0.0/24", type=kind)
    pair.b.sysctl["net.ipv4.ip_forward"] = 1
    sock = TcpSocket(pair.a)
    sock.connect(ip_int("10.9.0.1"), 80)
    pair.run(3)
    assert sock.take_error() == errno


def test_no_route_at_all() -> None:
    net = Routed()
    with pytest.raises(SocketError, match="Network is unreachable"):
        net.connect(ip_int("10.9.0.1"), net.r)
    net.lab.route(net.a, "10.8.0.0/24", type=RouteType.UNREACHABLE)
    with pytest.raises(SocketError, match="No route to host"):
        net.connect(ip_int("10.8.0.1"))


def test_an_error_within_the_call_is_only_remembered() -> None:
    """As measured with iptables' REJECT: nothing takes time, so the first error arrives while connect() owns the
    socket; only the error about the second SYN, a second later, ends it.
    """
    net = Routed()
    net.lab.route(net.r, "10.8.0.0/24", type=RouteType.UNREACHABLE)
    sock = net.connect(ip_int("10.8.0.1"))
    net.lab.run(0.5)
    assert sock.connecting
    assert connection(sock).soft_error == "EHOSTUNREACH"
    net.lab.run(1)
    assert sock.take_error() == "EHOSTUNREACH"


@pytest.mark.parametrize(
    ("code", "errno"),
    [
        (icmp.NET_UNREACH, "ENETUNREACH"),
        (icmp.PORT_UNREACH, "ECONNREFUSED"),
        (icmp.PROT_UNREACH, "ENOPROTOOPT"),
        (icmp.PKT_FILTERED, "EHOSTUNREACH"),
    ],
)
def test_codes(code: int, errno: str) -> None:
    """Hard while the handshake lasts, soft afterwards."""
    pair = Pair(damage=lambda sender, segment, number: None)
    client = pair.connect()
    pair.run(0.01)
    _error(pair, client, code, connection(client).tx.una)
    assert client.take_error() == errno

    pair = Pair()
    client, accepted = pair.open()
    _error(pair, client, code, connection(client).tx.una)
    assert client.take_error() == ""
    assert connection(client).soft_error == errno
    client.send(b"x")
    pair.run(1)
    assert accepted.recv(9) == b"x"
    assert connection(client).soft_error == ""


def test_errors_about_other_numbers_are_ignored() -> None:
    pair = Pair(damage=lambda sender, segment, number: None)
    client = pair.connect()
    pair.run(0.01)
    _error(pair, client, icmp.PORT_UNREACH, connection(client).tx.una + 5000)
    assert client.connecting
    assert counters(pair.a)["OutOfWindowIcmps"] == 1


def _error(pair: Pair, client: TcpSocket, code: int, seq: int) -> None:
    """b tells a that a segment of the connection could not be delivered."""
    c = connection(client)
    ports = c.local[1] << 16 | c.remote[1]
    body = (ports << 32 | seq & 0xFFFFFFFF).to_bytes(8, "big")
    head = ipv4.header(ipv4_template(ipv4.PROTO_TCP), length=40, ident=1, src=c.local[0], dst=B)
    message = icmp.message(icmp_template(icmp.DEST_UNREACH), icmp.DEST_UNREACH, code, 0, head + body)
    way = pair.b.router.output(c.local[0])
    pair.b.ipv4.send(ipv4.PROTO_ICMP, message, way, c.local[0], pair.sim.born())
    pair.run(0.01)


def test_path_mtu() -> None:
    """A router with a smaller MTU on its far side: one segment comes back as too big, the next ones fit."""
    net = Routed()
    for dev in (net.r1, net.b0):
        dev.set_mtu(1200)
    net.b0.set_mtu(1500)
    server = TcpSocket(net.b)
    server.bind(0, 80)
    server.listen(5)
    client = net.connect()
    net.lab.run(0.1)
    accepted = server.accept()
    assert accepted is not None
    receiver = Receiver(accepted)
    Sender(client, bytes(100_000))
    net.lab.run(5)
    assert receiver.data == bytes(100_000)
    assert connection(client).mss_cache == 1200 - 52
    assert connection(client).pmtu == 1200
    found = net.a.exceptions.get(FAR)
    assert found is not None and found.mtu == 1200
    assert counters(net.a).get("TCPTimeouts", 0) == 0


def test_mss_follows_the_devices() -> None:
    """Each side announces its own MTU less 40; segments obey the smaller."""
    pair = Pair(mtu=1500)
    pair.b.dev("eth0").set_mtu(1000)
    server, client = pair.listen(), pair.connect()
    pair.run(0.1)
    assert [seen.segment.options.mss for seen in pair.seen[:2]] == [1460, 960]
    accepted = server.accept()
    assert accepted is not None
    receiver = Receiver(accepted)
    Sender(client, bytes(50_000))
    pair.run(3)
    assert receiver.data == bytes(50_000)
    assert max(len(seen.segment.payload) for seen in pair.sent("a")) == 960 - 12


def test_an_orphan_gives_up_early() -> None:
    """tcp_orphan_retries: a connection nobody has is not kept for a quarter of an hour."""
    pair = Pair()
    client, _ = pair.open()
    pair.wire.damage = lambda sender, segment, number: None
    client.send(b"x")
    client.close()
    start = pair.sim.now
    while pair.a.tcp.pairs and pair.sim.now - start < 900 * SECOND:
        pair.run(1)
    assert 100 * SECOND < pair.sim.now - start < 130 * SECOND
