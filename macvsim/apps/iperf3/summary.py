"""The figures of a finished test, as both kinds of reports show them (iperf_print_results)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from macvsim.apps.iperf3.stream import Interval, Stream
from macvsim.apps.iperf3.test import Test
from macvsim.engine.sim import SECOND


@dataclass(frozen=True)
class Side:
    """One side's figures of a stream, or of all; the time is in seconds.

    known : False where this side was never told; retransmits : None where they are not known
    """

    seconds: float
    size: int
    packets: int
    lost: int
    jitter: float
    out_of_order: int
    retransmits: int | None
    known: bool = True

    @property
    def rate(self) -> float:
        """Bits per second."""
        return self.size * 8 / self.seconds if self.seconds > 0 else 0.0


def sides(test: Test, stream: Stream) -> tuple[Side, Side]:
    """The sender's figures of a stream, and the receiver's."""
    counts = stream.result
    retransmits = counts.retransmits if stream.sends and not test.settings.udp else None
    seconds = round(test.ended / SECOND, 6)
    own = Side(seconds, counts.size, counts.packets, counts.lost, stream.jitter, counts.out_of_order, retransmits)
    other = _told(stream.peer, seconds)
    return (own, other) if stream.sends else (other, own)


def _told(peer: dict[str, Any] | None, seconds: float) -> Side:
    if peer is None:
        return Side(seconds, 0, 0, 0, 0.0, 0, None, known=False)
    return Side(
        float(peer["end_time"]),
        int(peer["bytes"]),
        int(peer["packets"]) - int(peer["omitted_packets"]),
        int(peer["errors"]) - int(peer["omitted_errors"]),
        float(peer["jitter"]),
        0,
        int(peer["retransmits"]) if int(peer["retransmits"]) >= 0 else None,
    )


def total(parts: list[Side]) -> Side:
    """All streams together; the jitter is their mean."""
    known = [part.retransmits for part in parts if part.retransmits is not None]
    return Side(
        parts[0].seconds,
        sum(part.size for part in parts),
        sum(part.packets for part in parts),
        sum(part.lost for part in parts),
        sum(part.jitter for part in parts) / len(parts),
        sum(part.out_of_order for part in parts),
        sum(known) if known else None,
        parts[0].known,
    )


def percent(lost: int, packets: int) -> float:
    """Lost datagrams of all, in percent."""
    return 100.0 * lost / packets if packets else 0.0


def together(last: list[Interval]) -> Interval:
    """One interval of all streams."""
    return last[0]._replace(
        size=sum(one.size for one in last),
        retransmits=sum(one.retransmits for one in last),
        packets=sum(one.packets for one in last),
        lost=sum(one.lost for one in last),
        jitter=sum(one.jitter for one in last) / len(last),
    )
