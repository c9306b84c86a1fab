"""Flows: what is sent arrives, whatever happens on the way, and fills the link."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim.engine.sim import MS
from macvsim.wire.tcp import Segment
from tests.tcp.tcp_lab import Pair, Receiver, Sender, connection, counters

pytestmark = pytest.mark.slow

SEGMENT_SHARE = 1448 / (1500 + 14 + 24)
"""Data in what a full frame occupies of a cable: headers, preamble, FCS and gap are the rest."""


def noise(count: int) -> bytes:
    return random.Random(1).randbytes(count)


@pytest.mark.parametrize(
    ("rate", "delay", "queue", "seconds"),
    [(10_000_000, 5, 100, 4), (10_000_000, 20, 50, 6), (1_000_000, 30, 20, 12), (100_000_000, 1, 1000, 0.5)],
)
def test_an_iperf_like_flow_fills_a_shaped_link(rate: int, delay: int, queue: int, seconds: float) -> None:
    pair = Pair(rate=rate, delay=delay * MS, queue=queue)
    data = noise(round(rate / 8 * seconds))
    receiver, took = pair.transfer(data)
    assert receiver.data == data
    assert len(data) * 8 / took > 0.9 * rate * SEGMENT_SHARE
    assert counters(pair.a).get("TCPTimeouts", 0) == 0


def test_reno_fills_a_shaped_link_too() -> None:
    pair = Pair(rate=10_000_000, delay=10 * MS, queue=60)
    pair.a.sysctl["net.ipv4.tcp_congestion_control"] = "reno"
    data = noise(4_000_000)
    receiver, took = pair.transfer(data)
    assert receiver.data == data
    assert len(data) * 8 / took > 0.9 * 10_000_000 * SEGMENT_SHARE


def test_two_flows_share_a_link() -> None:
    pair = Pair(rate=10_000_000, delay=5 * MS, queue=60)
    data = noise(2_000_000)
    receivers, start = [], pair.sim.now
    for _ in range(2):
        client, accepted = pair.open()
        receivers.append(Receiver(accepted))
        Sender(client, data)
    pair.run(60)
    assert all(receiver.ended and receiver.data == data for receiver in receivers)
    ends = sorted(receiver.finished_at - start for receiver in receivers)
    assert ends[1] / 1e9 < 4_000_000 * 8 / (0.9 * 10_000_000 * SEGMENT_SHARE)
    assert ends[0] > ends[1] * 0.55  # neither starves


def test_both_directions_at_once() -> None:
    pair = Pair(rate=10_000_000, delay=5 * MS, queue=100)
    forth, back = noise(500_000), noise(400_000)[::-1]
    client, accepted = pair.open()
    receivers = Receiver(accepted), Receiver(client)
    Sender(client, forth)
    Sender(accepted, back)
    pair.run(10)
    assert [receiver.data for receiver in receivers] == [forth, back]
    assert all(receiver.ended for receiver in receivers)


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1])
def test_random_loss(loss: float) -> None:
    pair = Pair(loss=loss, delay=5 * MS, seed=3)
    data = noise(400_000)
    receiver, took = pair.transfer(data)
    assert receiver.data == data
    sender = counters(pair.a)
    assert sender["RetransSegs"] >= 300 * loss / 2
    assert took < 400_000 * 8 / 1_000_000 / (1 - loss) ** 20


def test_without_sack_and_timestamps() -> None:
    pair = Pair(loss=0.03, delay=5 * MS, seed=5)
    for name in ("tcp_sack", "tcp_timestamps", "tcp_window_scaling"):
        pair.b.sysctl[f"net.ipv4.{name}"] = 0
    data = noise(200_000)
    receiver, _ = pair.transfer(data)
    assert receiver.data == data
    assert counters(pair.a).get("TCPRenoRecovery", 0) > 0
    assert "TCPSackRecovery" not in counters(pair.a)
    assert all(seen.segment.options.timestamps is None for seen in pair.seen if not seen.segment.flags & 2)


def test_sequence_numbers_wrap() -> None:
    pair = Pair()
    pair.a.tcp.initial_sequence = lambda local, remote: 0xFFFFFFFF - 20_000  # type: ignore[method-assign]
    data = noise(100_000)
    receiver, _ = pair.transfer(data)
    assert receiver.data == data
    numbers = [seen.segment.seq for seen in pair.sent("a") if seen.segment.payload]
    assert sum(after < before for before, after in pairwise(numbers)) == 1
    assert "RetransSegs" in counters(pair.a) and counters(pair.a)["RetransSegs"] == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    forth=st.integers(0, 60_000),
    back=st.integers(0, 20_000),
    lost=st.sets(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), max_size=12),
    late=st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), st.integers(1, 40), max_size=8),
    mtu=st.integers(576, 1500),
)
def test_whatever_is_lost_or_late(
    seed: int, forth: int, back: int, lost: set[tuple[str, int]], late: dict[tuple[str, int], int], mtu: int
) -> None:
    """Any segments may be lost or overtaken: both streams arrive whole, both sides close."""

    def damage(sender: str, segment: Segment, number: int) -> int | None:
        return None if (sender, number) in lost else late.get((sender, number), 0) * MS

    pair = Pair(seed=seed, delay=2 * MS, damage=damage, mtu=mtu)
    client, accepted = pair.open()
    receivers = Receiver(accepted), Receiver(client)
    Sender(client, noise(forth))
    Sender(accepted, noise(back))
    pair.run(400)
    assert [receiver.data for receiver in receivers] == [noise(forth), noise(back)]
    assert all(receiver.ended for receiver in receivers)
    assert max(len(seen.segment.payload) for seen in pair.seen) <= mtu - 52
    assert connection(client).tx.wmem == connection(accepted).tx.wmem == 0
    assert connection(client).win.rmem == connection(accepted).win.rmem == 0


def test_runs_repeat() -> None:
    """One seed, one run: every segment at the same time."""
    runs = []
    for _ in range(2):
        pair = Pair(loss=0.05, rate=5_000_000, delay=5 * MS, seed=7)
        pair.transfer(noise(100_000))
        runs.append(pair.seen)
    assert runs[0] == runs[1]
