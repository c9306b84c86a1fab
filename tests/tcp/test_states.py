"""The state machine: opening, closing, resets, what waits after the end (RFC 9293, RFC 5961; measured on 6.12)."""

from __future__ import annotations

import pytest

from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.tcp.connection import Connection
from macvsim.net.tcp.socket import TcpSocket
from macvsim.net.tcp.state import State
from macvsim.net.tcp.timewait import TimeWait
from macvsim.wire import tcp
from macvsim.wire.compose import tcp_template
from macvsim.wire.ipv4 import PROTO_TCP
from macvsim.wire.tcp import ACK, FIN, PSH, RST, SYN
from tests.tcp.tcp_lab import PORT, A, B, Pair, Receiver, connection, counters


def shape(pair: Pair) -> list[str]:
    """Segments as ``a S``, ``b SA``, with the number of bytes if there are any."""
    found = []
    for seen in pair.seen:
        size = len(seen.segment.payload)
        found.append(f"{seen.sender} {seen.flags}" + (f" {size}" if size else ""))
    return found


def states(pair: Pair) -> list[str]:
    """States of all pairs at a, then at b."""
    found = []
    for ns in (pair.a, pair.b):
        for held in ns.tcp.pairs.values():
            if isinstance(held, TimeWait):
                found.append(held.substate.name)
            elif isinstance(held, Connection):
                found.append(held.state.name)
    return found


def forge(pair: Pair, flags: int, seq: int, ack: int = 0, payload: bytes = b"", port: int = PORT) -> None:
    """A segment that a's connection never sent, from its address and port, to b."""
    (((_, source), _), *_) = pair.a.tcp.pairs
    data = tcp.segment(tcp_template(), A, B, (source, port), seq, ack, flags, 500, b"", payload)
    pair.a.ipv4.send(PROTO_TCP, data, pair.a.router.output(B), B, pair.sim.born(), df=True)


# -- opening -----------------------------------------------------------------------------------------------------------


def test_handshake_as_recorded() -> None:
    """Options in Linux' order; windows of 44 segments and 45 shorter ones; scale 7 (150-tcp-udp)."""
    pair = Pair()
    pair.open()
    syn, syn_ack, ack = (seen.segment for seen in pair.seen)
    assert shape(pair) == ["a S", "b SA", "a A"]
    assert (syn.window, syn_ack.window, ack.window) == (64240, 65160, 502)
    assert syn.options[:3] == syn_ack.options[:3] == (1460, 7, True)
    assert syn.options.timestamps is not None and syn.options.timestamps[1] == 0
    assert ack.options == (None, None, False, ack.options.timestamps, ())
    assert tcp.encode_options(syn.options)[:6] == bytes((2, 4, 1460 >> 8, 1460 & 255, 4, 2))
    assert states(pair) == ["ESTABLISHED", "ESTABLISHED"]
    assert counters(pair.a)["ActiveOpens"] == counters(pair.b)["PassiveOpens"] == 1
    assert counters(pair.a)["CurrEstab"] == counters(pair.b)["CurrEstab"] == 1


def test_ports_of_clients_are_even() -> None:
    pair = Pair()
    pair.listen(backlog=50)
    ports = {sock.port for sock in (pair.connect() for _ in range(30))}
    assert len(ports) == 30
    assert all(port % 2 == 0 and 32768 <= port <= 60999 for port in ports)


def test_closed_port() -> None:
    pair = Pair()
    client = pair.connect()
    pair.run(0.1)
    assert shape(pair) == ["a S", "b RA"]
    assert pair.seen[1].segment.window == 0
    assert pair.seen[1].segment.options == tcp.NO_OPTIONS
    assert client.take_error() == "ECONNREFUSED"
    assert (counters(pair.a)["AttemptFails"], counters(pair.b)["OutRsts"]) == (1, 1)


def test_simultaneous_open() -> None:
    pair = Pair()
    one, other = TcpSocket(pair.a), TcpSocket(pair.b)
    one.bind(0, 6000)
    other.bind(0, 6001)
    one.connect(B, 6001)
    other.connect(A, 6000)
    pair.run(0.5)
    assert states(pair) == ["ESTABLISHED", "ESTABLISHED"]
    one.send(b"x")
    pair.run(0.1)
    assert other.recv(9) == b"x"


def test_backlog() -> None:
    """listen(1) keeps two; the SYN of a third is not answered until one is accepted."""
    pair = Pair()
    server = pair.listen(backlog=1)
    clients = []
    for _ in range(3):
        clients.append(pair.connect())
        pair.run(0.1)
    assert [client.connecting for client in clients] == [False, False, True]
    assert counters(pair.b)["ListenOverflows"] >= 1
    assert server.accept() is not None
    pair.run(2)
    assert not clients[2].connecting


@pytest.mark.parametrize(("reuse", "free"), [(False, False), (True, True)])
def test_a_port_that_waits_is_free_with_reuse(reuse: bool, free: bool) -> None:
    pair = Pair()
    _, accepted = pair.open()
    accepted.close()
    pair.run(1)
    sock = TcpSocket(pair.b)
    sock.reuse_address = reuse
    if free:
        sock.bind(0, PORT)
    else:
        with pytest.raises(SocketError, match="Address already in use"):
            sock.bind(0, PORT)
    with pytest.raises(SocketError, match="Address already in use"):
        pair.listen(7000), pair.listen(7000)


# -- closing -----------------------------------------------------------------------------------------------------------


def test_one_side_after_the_other() -> None:
    pair = Pair()
    client, accepted = pair.open()
    client.shutdown()
    pair.run(0.1)
    assert states(pair) == ["FIN_WAIT2", "CLOSE_WAIT"]
    assert accepted.recv(9) == b""
    accepted.send(b"still")
    pair.run(0.1)
    assert client.recv(9) == b"still"
    accepted.close()
    pair.run(0.1)
    assert states(pair) == ["TIME_WAIT"]
    assert client.recv(9) == b""
    with pytest.raises(SocketError, match="Broken pipe"):
        client.send(b"x")
    pair.run(70)
    assert states(pair) == []
    assert counters(pair.a)["CurrEstab"] == counters(pair.b)["CurrEstab"] == 0


def test_both_at_once() -> None:
    pair = Pair()
    client, accepted = pair.open()
    client.close()
    accepted.close()
    pair.run(0.1)
    assert states(pair) == ["TIME_WAIT", "TIME_WAIT"]


def test_fin_waits_for_data() -> None:
    pair = Pair()
    client, accepted = pair.open()
    receiver = Receiver(accepted)
    taken = client.send(bytes(80_000))
    client.close()
    assert len(pair.seen) < 20
    pair.run(2)
    assert len(receiver.data) == taken > 20_000
    assert receiver.ended


def test_time_wait_is_a_minute() -> None:
    pair = Pair()
    client, accepted = pair.open()
    client.close()
    pair.run(0.1)
    accepted.close()
    pair.run(0.1)
    start = pair.sim.now
    while states(pair) == ["TIME_WAIT"]:
        pair.run(0.5)
    assert 59 <= (pair.sim.now - start) / SECOND <= 60 * 9 / 8 + 1


def test_fin_wait_2_of_an_orphan_ends() -> None:
    """The peer never closes: after a minute only a reset answers it."""
    pair = Pair()
    client, accepted = pair.open()
    client.close()
    pair.run(80)
    assert states(pair) == ["CLOSE_WAIT"]
    accepted.send(b"x")
    pair.run(0.1)
    assert shape(pair)[-1] == "a R"
    assert accepted.take_error() == "EPIPE"


def test_unread_data_resets() -> None:
    """As recorded: nc's program ends without having read, RST+ACK follows its answer (150-tcp-udp)."""
    pair = Pair()
    client, accepted = pair.open()
    client.send(b"hi\n")
    client.shutdown()
    pair.run(0.01)
    accepted.send(b"hello\n")
    accepted.close()
    pair.run(0.1)
    assert shape(pair)[3:] == ["a PA 3", "a FA", "b A", "b PA 6", "b RA", "a A", "b R"]
    assert client.recv(99) == b"hello\n"
    with pytest.raises(SocketError, match="Connection reset by peer"):
        client.recv(99)
    assert counters(pair.b)["TCPAbortOnClose"] == 1


def test_data_for_a_closed_socket_resets() -> None:
    pair = Pair()
    client, accepted = pair.open()
    accepted.close()
    pair.run(0.1)
    client.send(b"late")
    pair.run(0.1)
    assert shape(pair)[-1] == "b R"
    assert client.take_error() == "EPIPE"


def test_a_listener_that_closes_resets_what_it_did_not_accept() -> None:
    pair = Pair()
    server, client = pair.listen(), pair.connect()
    pair.run(0.1)
    server.close()
    pair.run(0.1)
    assert client.take_error() == "ECONNRESET"


# -- what nobody sent --------------------------------------------------------------------------------------------------


def test_a_segment_without_connection() -> None:
    """With ACK the reset takes its number from there; to a reset there is no answer."""
    pair = Pair()
    pair.open()
    forge(pair, ACK | PSH, 100, 777, b"x", port=9)
    forge(pair, RST, 100, port=9)
    forge(pair, FIN, 100, port=9)
    pair.run(0.1)
    resets = [seen.segment for seen in pair.sent("b") if seen.segment.flags & RST]
    assert [(seg.flags, seg.seq, seg.ack) for seg in resets] == [(RST, 777, 0), (RST | ACK, 0, 101)]


def test_blind_resets_and_syns_are_challenged() -> None:
    """RFC 5961: only the expected sequence number resets; everything else in the window is answered."""
    pair = Pair()
    _, accepted = pair.open()
    expected = connection(accepted).rx.nxt
    forge(pair, RST, expected + 100)
    pair.run(1)
    forge(pair, SYN, expected + 100)
    pair.run(1)
    forge(pair, RST, expected + 10_000_000)
    pair.run(1)
    assert states(pair) == ["ESTABLISHED", "ESTABLISHED"]
    assert counters(pair.b)["TCPChallengeACK"] == 2
    assert counters(pair.b)["TCPSYNChallenge"] == 1
    forge(pair, RST, expected)
    pair.run(1)
    assert states(pair) == ["ESTABLISHED"]
    assert accepted.take_error() == "ECONNRESET"


def test_half_open_connection_is_found_out() -> None:
    """b forgot the connection: a's next data is answered by a reset."""
    pair = Pair()
    client, _ = pair.open()
    pair.b.tcp.pairs.clear()
    client.send(b"x")
    pair.run(0.1)
    assert shape(pair)[-1] == "b R"
    assert client.take_error() == "ECONNRESET"


def test_a_new_syn_ends_time_wait() -> None:
    pair = Pair()
    client, accepted = pair.open()
    port = client.port
    accepted.close()
    pair.run(0.1)
    client.close()
    pair.run(1)
    assert states(pair) == ["TIME_WAIT"]
    server, again = pair.listen(), TcpSocket(pair.a)
    again.reuse_address = True
    again.bind(0, port)
    again.connect(B, PORT)
    pair.run(0.1)
    assert not again.connecting
    assert server.accept() is not None
    assert State.TIME_WAIT.name not in states(pair)


def test_keepalive() -> None:
    """Two silent hours, nine probes 75 s apart, then the end."""
    pair = Pair()
    client, _ = pair.open()
    client.set_keepalive()
    pair.run(7300)
    assert counters(pair.a)["TCPKeepAlive"] == 1
    pair.wire.damage = lambda sender, segment, number: None if sender == "b" else 0
    pair.run(9000)
    assert client.take_error() == "ETIMEDOUT"
    assert counters(pair.a)["TCPKeepAlive"] == 1 + 9
