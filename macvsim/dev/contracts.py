"""The words between devices, their rx_handlers and namespaces: taps, verdicts on a frame, events of a device."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

from macvsim.wire.frame import Frame, PacketType

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
