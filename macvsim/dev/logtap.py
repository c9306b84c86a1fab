"""A tap that keeps what one device sees in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.recording import Log, Station
from macvsim.wire.frame import OUTGOING, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.attributes import Attributes


class LogTap:
    """A tap of one device for one log.  A flow table need not call it: its entries tell the log themselves."""

    __slots__ = ("dev", "log")

    def __init__(self, dev: Attributes, log: Log) -> None:
        self.dev = dev
        self.log = log

    def __call__(self, packet_type: PacketType, frame: Frame) -> None:
        """A frame comes in or goes out here."""
        sim = self.dev.sim
        step = "xmit" if packet_type is OUTGOING else "receive"
        station = Station(self.dev, step, frame.tag, packet_type)
        self.log.passed(sim._now, frame, frame, (station,))
        if sim.recorder is not None:
            sim.recorder.noted(self.log, station, frame, frame.uid)
