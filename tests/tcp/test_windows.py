"""Acknowledgements and windows: when, and how large (numbers as Linux 6.12 answered)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from macvsim.engine.sim import MS, SECOND
from macvsim.net.tcp.memory import condensed, crafted, truesize
from macvsim.net.tcp.window import initial_window
from tests.conformance.lab import late
from tests.tcp.tcp_lab import OnWire, Pair, Receiver, Sender, connection, counters


def acks(pair: Pair, side: str) -> list[OnWire]:
    return [seen for seen in pair.sent(side) if not seen.segment.payload and seen.flags == "A"]


@pytest.mark.parametrize(
    ("space", "mss", "window", "scale"),
    [(65536, 1460, 64240, 7), (65536, 1448, 65160, 7), (65536, 536, 65392, 7), (1000, 1460, 1000, 7)],
)
def test_initial_windows(space: int, mss: int, window: int, scale: int) -> None:
    assert initial_window(space, mss, 6_002_400, 212_992, scaling=True) == (window, scale)
    assert initial_window(space, mss, 6_002_400, 212_992, scaling=False) == (window, 0)


@pytest.mark.parametrize(("length", "cost", "room"), [(54, 960, 314), (590, 1280, 98), (1514, 2304, 198)])
def test_a_frame_of_a_packet_socket_stands_in_one_buffer(length: int, cost: int, room: int) -> None:
    assert crafted(length) == (cost, room)


@pytest.mark.parametrize(
    ("sizes", "windows"),
    [
        ([3], [510]),
        ([75], [509]),
        ([1024], [521]),
        ([1448], [524]),
        ([1024, 1024, 1024], [521, 513, 505]),
        ([3000, 3000], [524, 546, 546, 569, 563, 563]),
    ],
)
def test_windows_a_server_offers_while_its_program_sleeps(sizes: list[int], windows: list[int]) -> None:
    """As recorded: `ss` showed the same memory, and ssthresh 66561 after 1024 bytes."""
    pair = Pair()
    client, accepted = pair.open()
    for size in sizes:
        client.send(bytes(size))
        pair.run(0.005)
    assert [seen.segment.window for seen in acks(pair, "b")] == windows
    segments = sum(-(-size // 1448) for size in sizes)
    assert connection(accepted).win.rmem == sum(sizes) + 960 * segments
    if sizes == [1024]:
        assert connection(accepted).win.ssthresh == 66561


@pytest.mark.parametrize(
    ("size", "booked"),
    [
        (100, 1060), (1000, 1960), (1448, 2408), (1500, 6812), (2896, 11_600), (5792, 23_200), (14_480, 58_000),
    ],
)  # fmt: skip
def test_data_of_files_costs_more(size: int, booked: int) -> None:
    """As `ss -m` showed after sendfile(): segments cut from a larger one have heads that grew, and pages beside."""
    pair = Pair()
    client, accepted = pair.open()
    client.send(bytes(size), shared=True)
    pair.run(1)
    assert connection(accepted).win.rmem == booked
    assert not pair.sim.shared


def test_what_files_data_costs_is_forgotten_with_its_connection() -> None:
    pair = Pair()
    client, _ = pair.open()
    pair.wire.loss = 1.0
    client.send(bytes(5000), shared=True)
    pair.run(1)
    assert pair.sim.shared
    connection(client).fail("ETIMEDOUT")
    assert not pair.sim.shared


def test_memory_of_segments() -> None:
    assert (truesize(52), truesize(52, True), truesize(1448, False), truesize(1448, True)) == (1012, 1012, 2408, 5800)
    assert (condensed(0), condensed(64), condensed(928), condensed(1448)) == (960, 960, 2304, 4352)


@pytest.mark.parametrize(("sizes", "windows"), [([208, 12], [501, 501]), ([14], [502]), ([1448], [524])])
def test_windows_a_client_offers(sizes: list[int], windows: list[int]) -> None:
    pair = Pair()
    _, accepted = pair.open()
    for size in sizes:
        accepted.send(bytes(size))
        pair.run(0.005)
    assert [seen.segment.window for seen in acks(pair, "a")][1:] == windows


def test_the_first_segments_are_acknowledged_at_once() -> None:
    pair = Pair()
    client, accepted = pair.open()
    for _ in range(5):
        client.send(b"x")
        pair.run(0.01)
    assert len(acks(pair, "b")) == 5
    assert accepted.recv(99) == b"xxxxx"


def test_answers_carry_the_acknowledgement() -> None:
    """Ping-pong: what the program answers within 40 ms acknowledges; where it does not answer, a timer does."""
    pair = Pair()
    client, accepted = pair.open()
    for _ in range(4):
        client.send(b"question")
        pair.run(0.005)
        accepted.recv(99)
        accepted.send(b"answer")
        pair.run(0.005)
        client.recv(99)
    before = len(acks(pair, "b"))
    client.send(b"question")
    start = pair.sim.now
    pair.run(0.2)
    (delayed,) = acks(pair, "b")[before:]
    low, high = late(0.04)
    assert low <= delayed.at - start - MS <= high
    assert counters(pair.b)["DelayedACKs"] == 1


def test_small_writes_wait_while_a_small_segment_is_out() -> None:
    """Nagle, Minshall's variant: the second write goes at once after a full-sized first, the third waits."""
    pair = Pair(delay=10 * MS)
    client, _ = pair.open()
    for size in (3, 4, 5, 6):
        client.send(bytes(size))
    pair.run(0.1)
    sizes = [len(seen.segment.payload) for seen in pair.sent("a") if seen.segment.payload]
    assert sizes == [3, 15]
    client.send(bytes(1448))
    client.send(b"1")
    client.send(b"2")
    pair.run(0.1)
    assert [len(seen.segment.payload) for seen in pair.sent("a") if seen.segment.payload][2:] == [1448, 1, 1]


def test_nodelay() -> None:
    pair = Pair(delay=10 * MS)
    client, _ = pair.open()
    client.set_nodelay()
    for size in (3, 4, 5):
        client.send(bytes(size))
    assert [len(seen.segment.payload) for seen in pair.sent("a") if seen.segment.payload] == [3, 4, 5]


def test_a_shut_window_is_probed_until_the_program_reads() -> None:
    pair = Pair()
    client, accepted = pair.open()
    pair.b.sysctl["net.ipv4.tcp_rmem"] = "4096 131072 131072"
    Sender(client, bytes(400_000))
    pair.run(60)
    shut = [seen for seen in acks(pair, "b") if not seen.segment.window]
    assert shut
    probes = [seen.at for seen in acks(pair, "a") if seen.at > shut[0].at]
    gaps = [b - a for a, b in pairwise(probes)]
    assert gaps[0] >= 400 * MS
    assert all(1.7 <= second / first <= 2.3 for first, second in pairwise(gaps[:5]))
    assert connection(accepted).rx.waiting < 200_000
    receiver = Receiver(accepted)
    pair.run(60)
    assert receiver.data == bytes(400_000)
    assert receiver.ended
    assert counters(pair.a)["RetransSegs"] <= 2


def test_a_reader_that_waits_gets_a_larger_window() -> None:
    """The receive buffer grows with what the program reads in a round trip (tcp_rcv_space_adjust)."""
    pair = Pair(delay=20 * MS)
    client, accepted = pair.open()
    Receiver(accepted)
    Sender(client, bytes(4_000_000))
    pair.run(10)
    assert connection(accepted).win.rcvbuf > 1_000_000
    assert max(seen.segment.window for seen in pair.sent("b")) << 7 > 500_000


def test_slow_start_doubles() -> None:
    """Ten segments, then twice as many each round trip."""
    pair = Pair(delay=50 * MS)
    client, accepted = pair.open()
    Receiver(accepted)
    start = int(pair.sim.now)
    Sender(client, bytes(200_000))
    pair.run(2)
    flights: dict[int, int] = {}
    for seen in pair.sent("a"):
        if seen.segment.payload:
            trip = (seen.at - start) // (100 * MS)
            flights[trip] = flights.get(trip, 0) + 1
    assert [flights[trip] for trip in (0, 1, 2)] == [10, 20, 40]


def test_idle_restarts_slow_start() -> None:
    pair = Pair(delay=20 * MS)
    client, accepted = pair.open()
    Receiver(accepted)
    client.send(bytes(80_000))
    pair.run(1)
    grown = connection(client).tx.cwnd
    assert grown > 20
    pair.run(5)
    client.send(b"x")
    assert connection(client).tx.cwnd == 10


def test_timestamps_are_milliseconds_and_echoed() -> None:
    pair = Pair(delay=25 * MS)
    client, _ = pair.open()
    client.send(b"x")
    pair.run(1)
    client.send(b"y")
    pair.run(1)
    first, second = (seen.segment.options.timestamps for seen in pair.sent("a") if seen.segment.payload)
    answers = [seen.segment.options.timestamps for seen in acks(pair, "b")]
    assert first is not None and second is not None
    assert second[0] - first[0] & 0xFFFFFFFF == 1000
    assert [stamps[1] for stamps in answers if stamps is not None] == [first[0], second[0]]
    assert connection(client).rtt.srtt >> 3 == 50_000
    assert connection(client).rtt.rto < SECOND // 2
