"""A namespace without protocols: it notes what its devices hand up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from macvsim.dev.base import BridgeHooks, NetDevice, ProtocolHandler
from macvsim.dev.contracts import Event
from macvsim.dev.registry import Kinds
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import Sim
from macvsim.wire.addr import mac_bytes
from macvsim.wire.frame import Frame, PacketType

TEST_TYPE = b"\x88\xb5"
"""IEEE 802 local experimental EtherType 1."""
BCAST = "ff:ff:ff:ff:ff:ff"


SNOOPERS = (b"\x01\x00\x5e\x00\x00\x6a", b"\x33\x33\x00\x00\x00\x6a")


class FakeNamespace:
    """What a device needs of its namespace (`macvsim.dev.base.Stack`)."""

    def __init__(self, sim: Sim, name: str) -> None:
        self.sim = sim
        self.name = name
        self.kinds = Kinds()
        self.default_qdisc = "fq_codel"
        self.devices: dict[str, Any] = {}
        self.bridge_hooks: BridgeHooks | None = None
        self.delivered: list[tuple[str, PacketType, Frame]] = []
        self.events: list[tuple[str, Event]] = []

    def protocol(self, ethertype: bytes) -> ProtocolHandler | None:
        return None

    def unknown_protocol(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        self.delivered.append((dev.name, packet_type, frame))
        return None

    def defragment(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Frame | None:
        return frame

    def device_event(self, dev: NetDevice, event: Event) -> None:
        self.events.append((dev.name, event))

    def join_snoopers(self, dev: NetDevice, join: bool) -> None:
        """As a namespace does."""
        for group in SNOOPERS:
            if join:
                dev.add_mc(group)
            else:
                dev.del_mc(group)

    def register(self, dev: NetDevice, *, rename: str | None = None, ifindex: int | None = None) -> None:
        self.devices[dev.name] = dev

    def unregister(self, dev: NetDevice) -> None:
        self.devices.pop(dev.name, None)

    def route_out(self, dev: NetDevice, ethertype: bytes, packet: bytes, uid: int) -> DropReason | None:
        return DropReason.IP_OUTNOROUTES

    def routes_changed(self) -> None:
        pass

    def arp_changed(self, dev: NetDevice) -> None:
        pass

    def arp_targets(self, dev: NetDevice) -> Collection[bytes] | None:
        return None


def frame(sim: Sim, src: str, dst: str, *, vid: int | None = None, tpid: int = 0x8100, size: int = 46) -> Frame:
    """A frame of the test EtherType; `vid` None: untagged."""
    raw = mac_bytes(dst) + mac_bytes(src) + TEST_TYPE + bytes(size)
    return Frame(raw, sim.born(), 0 if vid is None else tpid << 16 | vid)


def drops(sim: Sim) -> dict[tuple[str, DropReason], int]:
    """How many packets ended where and why, places by label."""
    return {(where.label, reason): count for (where, reason), count in sim.drops.items()}
