"""Learned paths: what became of one unicast frame tells what becomes of the next with the same Ethernet header.

Between the cable and the protocols, a frame's way through stacked devices follows from its header and from the
configuration alone.  So the first one goes the long way, `NetDevice.receive` or `NetDevice.xmit`; what it passed is
kept as a path, a function that does the same in one step for those that follow.  Frames that a device treats otherwise
(groups, bridges, whatever looks into the payload) never make a path.

Two things keep paths honest.  Every change of the configuration starts a new epoch (`NetDevice.__setattr__`), and what
was learnt in an earlier one is forgotten.  And the devices' counters, which a path only adds up for itself, are settled
whenever somebody reads them (`Sim.settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any, TypeVar

from macvsim.sim import SOFTIRQ, Sim
from macvsim.wire.frame import OUTGOING, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.drop import DropReason
    from macvsim.link import Line

PATHS = 4096
"""How many paths are kept at one place before all of them are forgotten."""

Round = tuple["NetDevice", Frame, PacketType]
"""A device, and the frame as it is there."""
RxPath = Callable[[Frame], "DropReason | None"]
TxPath = Callable[[bytes, int], "DropReason | None"]
"""Takes a packet from the link-layer header on, and its uid."""

P = TypeVar("P")


class Paths(dict[Any, P]):
    """Paths learnt at one place in one epoch."""

    __slots__ = ("epoch",)

    def __init__(self) -> None:
        self.epoch = -1

    def keep(self, key: Any, path: P, epoch: int) -> None:
        """One more; those of another epoch are forgotten."""
        if epoch != self.epoch or len(self) >= PATHS:
            self.clear()
            self.epoch = epoch
        self[key] = path


def rx_path(sim: Sim, rounds: Sequence[Round]) -> RxPath:
    """The way up from a card to a protocol, as the devices of `rounds` were passed."""
    dev, last, packet_type = rounds[-1]
    receiver = dev.ns.receiver(last.raw[12:14], dev, packet_type)
    counters = [(dev.counters, dev.rx_uncounted) for dev, _, _ in rounds]
    unsettled = sim.unsettled
    packets = octets = 0

    def settle() -> None:
        nonlocal packets, octets
        for count, uncounted in counters:
            count.rx_packets += packets
            count.rx_bytes += octets - packets * uncounted
        packets = octets = 0

    def receive(frame: Frame) -> DropReason | None:
        nonlocal packets, octets
        if not packets:
            unsettled.append(settle)
        packets += 1
        raw = frame.raw
        octets += len(raw)
        return receiver(raw, frame.uid)

    if sim.journal is None and not any(dev.taps for dev, _, _ in rounds):
        return receive

    def receive_watched(frame: Frame) -> DropReason | None:
        arrived = Frame(frame.raw, frame.uid)
        for dev, form, packet_type in rounds:
            dev.show(frame if form.tag else arrived, packet_type)
        return receive(frame)

    return receive_watched


def tx_path(dev: NetDevice, header: bytes) -> TxPath | None:
    """The way down from a device to the cable of the card below it; None if it takes more than the header to tell.

    header : destination and source MAC and EtherType, 14 bytes
    """
    rounds: list[tuple[NetDevice, int]] = []
    at: NetDevice | None = None if header[0] & 1 or not dev.sim.learns else dev
    tag = 0
    line: Line | None = None
    while line is None:
        if at is None or not at.tx_active:
            return None
        rounds.append((at, tag))
        line = at.line()
        if line is None:
            at, pushed = at.below(header)
            if pushed and tag:  # the one that is there goes into the bytes
                return None
            tag = pushed or tag
    return _down(dev.sim, rounds, header, tag, line)


def _down(sim: Sim, rounds: Sequence[tuple[NetDevice, int]], header: bytes, tag: int, line: Line) -> TxPath:
    counters = [dev.counters for dev, _ in rounds]
    queue, turns, unsettled, key = sim._queue, sim._eid, sim.unsettled, (tag, header)
    plain, delay, arrival = line.plain, line.delay, line.arrival
    packets = octets = 0

    def settle() -> None:
        nonlocal packets, octets
        for count in counters:
            count.tx_packets += packets
            count.tx_bytes += octets
        packets = octets = 0

    def xmit(data: bytes, uid: int) -> DropReason | None:
        nonlocal packets, octets
        if not packets:
            unsettled.append(settle)
        raw = header + data
        packets += 1
        octets += len(raw)
        frame = Frame(raw, uid, tag, key)
        if not plain:
            return line.send(frame)
        heappush(queue, (sim._now + delay, SOFTIRQ, next(turns), arrival, frame))
        return None

    if sim.journal is None and not any(dev.taps for dev, _ in rounds):
        return xmit

    def xmit_watched(data: bytes, uid: int) -> DropReason | None:
        for dev, tag in rounds:
            dev.show(Frame(header + data, uid, tag), OUTGOING)
        return xmit(data, uid)

    return xmit_watched
