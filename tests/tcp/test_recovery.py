"""Losses one by one: what brings a segment back, and how soon (RFC 6298, 6675, 8985; linux.md and measured on 6.12)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from macvsim.engine.sim import MS, SECOND
from macvsim.wire.tcp import ACK, FIN, SYN, Segment
from tests.conformance.lab import late, within
from tests.tcp.tcp_lab import OnWire, Pair, Receiver, Sender, connection, counters

DELAY = 10 * MS
TRIP = 2 * DELAY


def losing(*lost: int, side: str = "a") -> Callable[[str, Segment, int], int | None]:
    """Lose data segments of a side by their number, from 0; each sending counts."""
    seen: list[int] = []

    def damage(sender: str, segment: Segment, number: int) -> int | None:
        if sender != side or not segment.payload:
            return 0
        seen.append(number)
        return None if len(seen) - 1 in lost else 0

    return damage


def flow(*lost: int, size: int = 14_480) -> tuple[Pair, Receiver]:
    """Ten full segments, or as many as `size` bytes fill, some lost."""
    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    pair.wire.damage = losing(*lost)
    pair.seen.clear()
    receiver = Receiver(accepted)
    Sender(client, bytes(size))
    pair.run(8)
    assert receiver.data == bytes(size)
    assert receiver.ended
    return pair, receiver


def again(pair: Pair, side: str = "a") -> list[OnWire]:
    """Segments with data that were sent a second time."""
    known: set[int] = set()
    found = []
    for seen in pair.sent(side):
        if seen.segment.payload:
            if seen.segment.seq in known:
                found.append(seen)
            known.add(seen.segment.seq)
    return found


def lost_times(pair: Pair) -> list[int]:
    return [seen.at for seen in pair.seen if seen.lost]


@pytest.mark.parametrize("number", [0, 3, 6])
def test_a_hole_is_filled_after_a_round_trip(number: int) -> None:
    """Three selective acknowledgements: fast retransmit, no timeout."""
    pair, _ = flow(number)
    (retransmitted,) = again(pair)
    waited = retransmitted.at - lost_times(pair)[0]
    assert TRIP <= waited <= TRIP + TRIP // 4 + MS
    sender = counters(pair.a)
    assert (sender["RetransSegs"], sender["TCPFastRetrans"], sender["TCPSackRecovery"]) == (1, 1, 1)
    assert "TCPTimeouts" not in sender


def test_duplicate_acknowledgements_carry_sack_blocks() -> None:
    pair, _ = flow(2)
    blocks = [seen.segment.options.sacks for seen in pair.sent("b") if seen.segment.options.sacks]
    first = pair.sent("a")[0].segment.seq
    edges = [[(left - first, right - first) for left, right in sacks] for sacks in blocks]
    assert edges[:3] == [[(4344, 5792)], [(4344, 7240)], [(4344, 8688)]]
    assert all(seen.segment.ack == first + 2896 for seen in pair.sent("b") if seen.segment.options.sacks)


def test_several_holes_in_one_window() -> None:
    pair, _ = flow(1, 4, 7)
    assert len(again(pair)) == 3
    assert again(pair)[-1].at - lost_times(pair)[0] < 2 * TRIP + 10 * MS
    assert counters(pair.a)["TCPSackRecovery"] == 1


def test_a_lost_tail_is_probed() -> None:
    """The last segment is lost, nothing tells: a loss probe, where the timeout would be but without its consequences
    (RFC 8985, 7: two round trips and 200 ms while one segment is out, not later than the timeout).
    """
    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    pair.wire.damage = losing(4)
    pair.seen.clear()
    client.send(bytes(7240))
    pair.run(2)
    assert accepted.recv(10_000) == bytes(7240)
    (probe,) = again(pair)
    last_heard = max(seen.at for seen in pair.sent("b") if seen.at < probe.at) + DELAY
    assert within(probe.at - last_heard, late((TRIP + 200 * MS) / SECOND))
    sender = counters(pair.a)
    assert sender["TCPLossProbes"] == 1
    assert "TCPTimeouts" not in sender


def test_data_sent_later_tells_of_a_lost_tail() -> None:
    """FIN is selectively acknowledged: what was sent before it and is not there is lost (RACK)."""
    pair, _ = flow(9)
    (retransmitted,) = again(pair)
    assert retransmitted.at - lost_times(pair)[0] <= 2 * TRIP + 2 * MS
    assert counters(pair.a)["TCPFastRetrans"] == 1


def test_a_lost_retransmission_waits_for_the_timeout() -> None:
    """Everything of the flight is lost twice: the timeout, doubled each time."""
    pair, _ = flow(*range(10), 10, 11, 12, size=1448 * 10)
    assert counters(pair.a)["TCPTimeouts"] >= 2
    times = [seen.at for seen in pair.sent("a") if seen.lost][9:]
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps[-1] > 1.7 * gaps[-2] > 200 * MS


def test_rto_is_srtt_and_two_tenths() -> None:
    """A lone small segment: probe timeout is not sooner than the 200 ms minimum, then the timeout."""
    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    pair.wire.damage = losing(0, 1)
    pair.seen.clear()
    client.send(b"x")
    pair.run(3)
    assert accepted.recv(10) == b"x"
    first, probe, timeout = (seen.at for seen in pair.sent("a") if seen.segment.payload)
    assert 200 * MS <= probe - first <= (200 + 2 * 20) * MS * 9 // 8 + 8 * MS
    assert 200 * MS <= timeout - probe <= (220) * MS * 9 // 8 + 12 * MS
    assert connection(client).rtt.rto >= 200 * MS


def test_nothing_is_sent_again_when_acknowledgements_are_lost() -> None:
    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    lost: list[int] = []

    def damage(sender: str, segment: Segment, number: int) -> int | None:
        if sender == "b" and not segment.payload and not segment.flags & (SYN | FIN) and len(lost) < 5:
            lost.append(number)
            return None
        return 0

    pair.wire.damage = damage
    receiver = Receiver(accepted)
    Sender(client, bytes(14_480))
    pair.run(3)
    assert receiver.ended
    assert len(lost) == 5
    assert counters(pair.a)["RetransSegs"] == 0


def test_reordering_is_no_loss() -> None:
    """A segment that is overtaken by two others is not sent again; one overtaken by all is, and the receiver says that
    it came twice.
    """
    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    pair.wire.damage = lambda sender, segment, number: MS // 2 if sender == "a" and number == 4 else 0
    receiver = Receiver(accepted)
    Sender(client, bytes(14_480))
    pair.run(3)
    assert receiver.data == bytes(14_480)
    assert counters(pair.a)["RetransSegs"] <= 1

    pair = Pair(delay=DELAY)
    client, accepted = pair.open()
    start = pair.count["a"]
    pair.wire.damage = lambda sender, segment, number: 200 * MS if sender == "a" and number == start + 2 else 0
    receiver = Receiver(accepted)
    Sender(client, bytes(14_480))
    pair.run(3)
    assert receiver.data == bytes(14_480)
    assert counters(pair.b)["TCPDSACKOldSent"] == 1
    assert counters(pair.a)["TCPDSACKRecv"] == 1


@pytest.mark.parametrize(
    ("flags", "sender", "first", "second"),
    [(SYN, "a", 1.0, 1.0), (SYN | ACK, "b", 1.0, 1.0)],
)
def test_lost_handshakes(flags: int, sender: str, first: float, second: float) -> None:
    """SYN and SYN+ACK come again after a second."""
    lost: list[int] = []

    def damage(side: str, segment: Segment, number: int) -> int | None:
        if side == sender and segment.flags == flags and not lost:
            lost.append(number)
            return None
        return 0

    pair = Pair(delay=DELAY, damage=damage)
    client, accepted = pair.open()
    assert not client.take_error()
    moments = [seen.at for seen in pair.sent(sender) if seen.segment.flags == flags]
    low, high = late(first)
    assert low <= moments[1] - moments[0] <= high
    client.send(b"x")
    pair.run(0.1)
    assert accepted.recv(10) == b"x"


def test_a_lost_third_segment_is_made_up_for_by_data() -> None:
    lost: list[int] = []

    def damage(side: str, segment: Segment, number: int) -> int | None:
        if side == "a" and segment.flags == ACK and not lost:
            lost.append(number)
            return None
        return 0

    pair = Pair(delay=DELAY, damage=damage)
    server, client = pair.listen(), pair.connect()
    pair.run(0.1)
    assert server.accept() is None
    client.send(b"hello")
    pair.run(0.1)
    accepted = server.accept()
    assert accepted is not None
    assert accepted.recv(10) == b"hello"


def test_a_lost_fin_comes_again() -> None:
    lost: list[int] = []

    def damage(side: str, segment: Segment, number: int) -> int | None:
        if segment.flags & FIN and not lost:
            lost.append(number)
            return None
        return 0

    pair = Pair(delay=DELAY, damage=damage)
    client, accepted = pair.open()
    receiver = Receiver(accepted)
    client.close()
    pair.run(1)
    assert lost
    assert receiver.ended


def test_syn_gives_up_after_ten_more() -> None:
    """Four linear and six doubled timeouts: 131 s, as measured; then ETIMEDOUT."""
    pair = Pair(damage=lambda sender, segment, number: None)
    client = pair.connect()
    pair.run(150)
    moments = [seen.at for seen in pair.sent("a")]
    assert len(moments) == 11
    gaps = [b - a for a, b in pairwise(moments)]
    for gap, wanted in zip(gaps, (1, 1, 1, 1, 1, 2, 4, 8, 16, 32), strict=True):
        assert within(gap, late(wanted))
    assert client.take_error() == "ETIMEDOUT"
    assert pair.a.tcp.pairs == {}


def test_a_connection_gives_up_after_fifteen() -> None:
    """tcp_retries2: about 924.6 s, and timer wheels are late."""
    pair = Pair()
    client, _ = pair.open()
    pair.wire.damage = lambda sender, segment, number: None
    client.send(b"x")
    start = pair.sim.now
    while connection(client).error == "" and pair.sim.now - start < 2000 * SECOND:
        pair.run(1)
    assert 924 <= (pair.sim.now - start) / SECOND <= 924.6 * 9 / 8 + 2
    assert client.take_error() == "ETIMEDOUT"
