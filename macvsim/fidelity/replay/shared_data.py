"""What a capture that is read late shows of packets that ipvlan routes (modes l3 and l3s).

A packet that an ipvlan child hands to its lower device's stack is captured without being copied.  That stack writes its
own link-layer header in front of it, in the same memory, before any program runs again; so the recorder, which reads
its sockets like any program, finds the second header on the child's device.  tcpdump, for which the kernel copies at
once, shows the child's own.
"""

from __future__ import annotations

from dataclasses import replace

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Ipvlan, Mode, netif_is_ipvlan
from macvsim.engine.sim import Sim
from macvsim.fidelity.replay.entries import FrameEntry
from macvsim.wire.frame import ETH_HLEN, Frame, PacketType


class SharedData:
    """Rewrites the headers of captured frames whose memory somebody wrote to at the same moment."""

    def __init__(self, sim: Sim, frames: list[FrameEntry]) -> None:
        self._sim = sim
        self._frames = frames
        self._open: dict[tuple[int, bytes], tuple[int, int]] = {}
        """By packet (what asks for its next hop may have its identity): when it was captured, and as which frame."""
        self._watched: list[NetDevice] = []

    def watch(self, child: Ipvlan) -> None:
        """Notice what the lower device of a captured child sends, and the loopback device beside it."""
        for dev in (child.lower, child.lower.ns.devices["lo"]):
            if dev not in self._watched:
                self._watched.append(dev)
                dev.add_tap(self._sent)

    def captured(self, dev: NetDevice, packet_type: PacketType, frame: Frame) -> None:
        """The last frame captured came from a device that may share it."""
        if packet_type is PacketType.OUTGOING and netif_is_ipvlan(dev) and dev.port.mode is not Mode.L2:
            self._open[frame.uid, frame.raw[ETH_HLEN:]] = (self._sim._now, len(self._frames) - 1)

    def _sent(self, packet_type: PacketType, frame: Frame) -> None:
        packet = frame.uid, frame.raw[ETH_HLEN:]
        found = self._open.pop(packet, None) if packet_type is PacketType.OUTGOING else None
        if found is not None and found[0] == self._sim._now:
            entry = self._frames[found[1]]
            self._frames[found[1]] = replace(entry, hex=frame.raw[:ETH_HLEN].hex() + entry.hex[2 * ETH_HLEN :])
