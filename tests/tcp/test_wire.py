"""TCP segments as bytes: each is what scapy builds from its fields; nothing that arrives is an exception."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from macvsim.engine.drop import DropReason
from macvsim.engine.sim import MS
from macvsim.machine.capture import Capture
from macvsim.wire import ipv4, tcp
from macvsim.wire._scapy import load
from macvsim.wire.addr import ip_text
from macvsim.wire.compose import ipv4_template, recompose, tcp_template
from macvsim.wire.tcp import MAX_OPTIONS, Options, encode_options, parse, parse_options
from tests.tcp.tcp_lab import PORT, A, B, Pair, Receiver, Sender, counters

WORD = st.integers(0, 0xFFFFFFFF)
PORTS = st.integers(0, 0xFFFF)
OPTIONS = st.builds(
    Options,
    mss=st.none() | st.integers(1, 0xFFFF),
    wscale=st.none() | st.integers(0, 14),
    sack_ok=st.booleans(),
    timestamps=st.none() | st.tuples(WORD, WORD),
    sacks=st.lists(st.tuples(WORD, WORD), max_size=3).map(tuple),
)


@settings(deadline=None)
@given(src=WORD, dst=WORD, ports=st.tuples(PORTS, PORTS), seq=WORD, ack=WORD, flags=st.integers(0, 255), window=PORTS,
       options=OPTIONS, payload=st.binary(max_size=100))  # fmt: skip
def test_segments_are_scapys(
    src: int, dst: int, ports: tuple[int, int], seq: int, ack: int, flags: int, window: int, options: Options,
    payload: bytes,
) -> None:  # fmt: skip
    """The same fields in scapy's hands give the same bytes, checksum included."""
    encoded = encode_options(options)
    if len(encoded) > MAX_OPTIONS:
        return
    data = tcp.segment(tcp_template(), src, dst, ports, seq, ack, flags, window, encoded, payload)
    s = load()
    header = s.TCP(sport=ports[0], dport=ports[1], seq=seq, ack=ack, dataofs=5 + len(encoded) // 4, flags=flags,
                   window=window, urgptr=0, options=_scapy_options(options))  # fmt: skip
    packet = s.IP(src=ip_text(src), dst=ip_text(dst), proto=6) / header / s.Raw(payload)
    assert bytes(packet)[20:] == data
    assert tcp.is_valid(src, dst, data)
    parsed = parse(data)
    assert parsed is not None
    assert (parsed.seq, parsed.ack, parsed.flags, parsed.window, parsed.payload) == (seq, ack, flags, window, payload)


def _scapy_options(options: Options) -> list[tuple[str, object]]:
    """In Linux' order, with its padding."""
    found: list[tuple[str, object]] = []
    if options.mss is not None:
        found.append(("MSS", options.mss))
    if options.timestamps is not None:
        found += [("SAckOK", b"")] if options.sack_ok else [("NOP", None)] * 2
        found.append(("Timestamp", options.timestamps))
    elif options.sack_ok:
        found += [("NOP", None), ("NOP", None), ("SAckOK", b"")]
    if options.wscale is not None:
        found += [("NOP", None), ("WScale", options.wscale)]
    if options.sacks:
        found += [("NOP", None), ("NOP", None), ("SAck", tuple(edge for block in options.sacks for edge in block))]
    return found


@given(OPTIONS)
def test_options_come_back(options: Options) -> None:
    assert parse_options(encode_options(options), syn=True) == options
    assert parse_options(encode_options(options), syn=False) == options._replace(mss=None, wscale=None, sack_ok=False)


@given(st.binary(max_size=60))
@example(b"\x08")
@example(b"\x05\x02")
@example(b"\x02\x00\x00")
@example(b"\x01" * 40)
def test_any_options_can_be_parsed(data: bytes) -> None:
    parse_options(data, syn=True)
    parse(data)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 40_000),
    loss=st.sampled_from([0.0, 0.05]),
    mtu=st.integers(576, 1500),
)
def test_every_frame_of_a_connection_is_scapys(seed: int, size: int, loss: float, mtu: int) -> None:
    pair = Pair(seed=seed, loss=loss, delay=5 * MS, mtu=mtu)
    capture = Capture()
    for ns in (pair.a, pair.b):
        capture.attach(ns.dev("eth0"))
    receiver, _ = pair.transfer(bytes(size))
    assert len(receiver.data) == size
    for data in {record.data for record in capture.records}:
        assert recompose(data) == data


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 255), st.integers(-70_000, 70_000), st.integers(-70_000, 70_000), PORTS, OPTIONS,
            st.binary(max_size=40), st.booleans(),
        ),
        max_size=25,
    ),
    st.sampled_from(["syn", "open", "closing", "wait"]),
)  # fmt: skip
def test_hostile_segments(segments: list[tuple[int, int, int, int, Options, bytes, bool]], stage: str) -> None:
    """Anything near the window, in any state: never an exception, and numbers stay sane."""
    pair = Pair()
    server = pair.listen()
    client = pair.connect()
    if stage != "syn":
        pair.run(0.1)
    accepted = server.accept()
    if stage == "closing" and accepted is not None:
        Sender(client, b"x" * 3000)
    elif stage == "wait" and accepted is not None:
        client.close()
        pair.run(0.1)
        accepted.close()
        pair.run(0.1)
    port, seq, ack = pair.seen[0].segment.sport, pair.seen[0].segment.seq, 0
    if len(pair.seen) > 1:
        ack = pair.seen[1].segment.seq
    for flags, ahead, back, window, options, payload, to_b in segments:
        encoded = encode_options(options)
        encoded = encoded if len(encoded) <= MAX_OPTIONS else b""
        ends, ports = ((A, B), (port, PORT)) if to_b else ((B, A), (PORT, port))
        first, second = (seq + ahead, ack + back) if to_b else (ack + ahead, seq + back)
        data = tcp.segment(tcp_template(), *ends, ports, first, second, flags, window, encoded, payload)
        sender, receiver = (pair.a, pair.b) if to_b else (pair.b, pair.a)
        sender.ipv4.send(ipv4.PROTO_TCP, data, sender.router.output(ends[1]), ends[1], pair.sim.born())
        pair.run(0.05)
        for held in receiver.tcp.pairs.values():
            tx = getattr(held, "tx", None)
            if tx is not None:
                assert tx.una <= tx.nxt <= tx.write_seq
                assert 0 <= tx.sacked_out + tx.lost_out <= len(tx.rtx)
                assert 0 <= tx.retrans_out <= len(tx.rtx)
                assert tx.cwnd >= 1
    pair.run(5)


@given(st.integers(0, 59))
@settings(max_examples=30, deadline=None)
def test_truncated_and_broken_segments_are_dropped(length: int) -> None:
    pair = Pair()
    pair.listen()
    encoded = encode_options(Options(mss=1460, wscale=7, sack_ok=True, timestamps=(1, 0)))
    data = tcp.segment(tcp_template(), A, B, (40_000, PORT), 1, 0, tcp.SYN, 500, encoded, b"")[: max(length - 20, 0)]
    way = pair.a.router.output(B)
    pair.a.ipv4.send(ipv4.PROTO_TCP, data, way, B, pair.sim.born())
    pair.run(0.1)
    reasons = {reason for (_, reason) in pair.sim.drops}
    assert reasons & {DropReason.TCP_SHORT, DropReason.TCP_CSUM}
    assert counters(pair.b)["InErrs"] == (DropReason.TCP_CSUM in reasons)  # what is too short is not counted
    assert pair.b.tcp.pairs == {}


def test_a_wrong_checksum_is_counted() -> None:
    pair = Pair()
    pair.listen()
    data = bytearray(tcp.segment(tcp_template(), A, B, (40_000, PORT), 1, 0, tcp.SYN, 500))
    data[16] ^= 0x40
    pair.a.ipv4.send(ipv4.PROTO_TCP, bytes(data), pair.a.router.output(B), B, pair.sim.born())
    pair.run(0.1)
    assert (counters(pair.b)["InCsumErrors"], counters(pair.b)["InErrs"]) == (1, 1)
    assert ipv4_template(ipv4.PROTO_TCP)[9] == 6


def test_broadcasts_are_not_answered() -> None:
    pair = Pair()
    pair.listen()
    data = tcp.segment(tcp_template(), A, 0x0A0000FF, (40_000, PORT), 1, 0, tcp.SYN, 500)
    way = pair.a.router.output(0x0A0000FF)
    pair.a.ipv4.send(ipv4.PROTO_TCP, data, way, 0x0A0000FF, pair.sim.born())
    pair.run(0.1)
    assert pair.sent("b") == []


def test_a_reader_sees_bytes_once_and_in_order() -> None:
    """Segments that overlap, come twice and in any order."""
    pair = Pair(damage=lambda sender, segment, number: (number * 7 % 5) * MS if sender == "a" else 0)
    client, accepted = pair.open()
    receiver = Receiver(accepted)
    data = bytes(range(256)) * 100
    Sender(client, data)
    pair.run(3)
    assert receiver.data == data
