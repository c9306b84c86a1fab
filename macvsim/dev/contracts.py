"""The words between devices, their rx_handlers and namespaces: taps, verdicts on a frame, events of a device."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from macvsim.engine.recording import Log, Station
from macvsim.wire.frame import OUTGOING, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.attributes import Attributes

Tap = Callable[[PacketType, Frame], None]


class Rx(enum.Enum):
    """What an rx_handler did with a frame (enum rx_handler_result)."""

    PASS = 0
    """Not mine, or a copy was enough: go on with the protocols of this device."""
    CONSUMED = 1
    """Taken, or dropped: stop."""


PASS: Final = Rx.PASS
CONSUMED: Final = Rx.CONSUMED


class Event(enum.Enum):
    """What happened to a device (netdevice notifier chain)."""

    UP = enum.auto()
    GOING_DOWN = enum.auto()
    DOWN = enum.auto()
    CHANGE = enum.auto()
    """Carrier came or went."""
    CHANGEMTU = enum.auto()
    CHANGEADDR = enum.auto()
    UNREGISTER = enum.auto()


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
