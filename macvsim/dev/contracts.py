"""What devices, those who take their frames, and namespaces ask of each other: the contracts, and no behaviour.

A device (`macvsim.dev.base`) knows its namespace only as a `Stack`, and what hangs on it only as an `RxHandler`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from macvsim.engine.drop import DropReason
from macvsim.wire.frame import Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.dev.registry import Kinds
    from macvsim.engine.sim import Sim

Tap = Callable[[PacketType, Frame], None]


class Rx(enum.Enum):
    """What an rx_handler did with a frame (enum rx_handler_result)."""

    PASS = 0
    """Not mine, or a copy was enough: go on with the protocols of this device."""
    CONSUMED = 1
    """Taken, or dropped: stop."""


PASS: Final = Rx.PASS
CONSUMED: Final = Rx.CONSUMED

Another = tuple["NetDevice", Frame, PacketType]
"""The frame now belongs to another device: one more round (RX_HANDLER_ANOTHER)."""


class RxHandler(Protocol):
    """What macvlan, ipvlan and bridges hang on a lower device; one per device."""

    owner: str
    """The kind of device that hung it there, for messages."""

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another: ...


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


ProtocolHandler = Callable[["NetDevice", Frame, PacketType], DropReason | None]


class Stack(Protocol):
    """What a device needs of its namespace."""

    sim: Sim
    name: str

    @property
    def kinds(self) -> Kinds:
        """The kinds of devices that its kernel knows."""

    @property
    def default_qdisc(self) -> str:
        """The queueing discipline of a device with a queue (net.core.default_qdisc)."""

    @property
    def devices(self) -> Mapping[str, Any]:
        """All its devices by name, in the order of their indices."""

    @property
    def bridge_hooks(self) -> BridgeHooks | None:
        """Who looks at what bridges forward, while anybody does."""

    def protocol(self, ethertype: bytes) -> ProtocolHandler | None:
        """Who takes frames of an EtherType (two bytes), if anybody does."""

    def unknown_protocol(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """Nobody handles the frame's EtherType."""

    def defragment(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Frame | None:
        """A frame with an IPv4 fragment: the whole packet once it is there."""

    def device_event(self, dev: NetDevice, event: Event) -> None:
        """A device of this namespace changed."""

    def join_snoopers(self, dev: NetDevice, join: bool) -> None:
        """A bridge that snoops on group membership joins the groups of those who do, or leaves them."""

    def register(self, dev: NetDevice, *, rename: str | None = None, ifindex: int | None = None) -> None:
        """Take a device in."""

    def unregister(self, dev: NetDevice) -> None:
        """Let a device go."""

    def route_out(self, dev: NetDevice, ethertype: bytes, packet: bytes, uid: int) -> DropReason | None:
        """An IP packet of a stacked device goes out by this stack's routes, bound to `dev` (ip_local_out)."""

    def routes_changed(self) -> None:
        """Something that routing decisions depend on has changed (rt_cache_flush)."""

    def arp_changed(self, dev: NetDevice) -> None:
        """A device does ARP now, or no longer (neigh_changeaddr)."""

    def arp_targets(self, dev: NetDevice) -> Collection[bytes] | None:
        """Addresses for whose sake a broadcast ARP request on `dev` does anything here, besides those that come from a
        known neighbour; None: any may do something.  It holds until `Sim.generation` changes.
        """


class BridgeHooks(Protocol):
    """Who looks at what the bridges of a namespace forward (br_netfilter)."""

    def enter(
        self, bridge: NetDevice, port: NetDevice, frame: Frame, packet_type: PacketType
    ) -> tuple[Frame, PacketType] | None:
        """A frame came in at a port: the one to go on with, or None if it ended."""

    def leave(
        self, bridge: NetDevice, source: NetDevice, port: NetDevice, frame: Frame
    ) -> DropReason | Iterator[Frame]:
        """A frame is about to leave by a port: the frames to send, or why there are none."""

    def resume(self, frame: Frame) -> tuple[NetDevice, Frame] | None:
        """The bridge itself sends a frame: port and frame, if that came in at a port and waited for a neighbour."""
