"""Packet sockets for all protocols: what tcpdump reads (net/packet/af_packet.c, and libpcap's part of it)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.net.namespace import Namespace
from macvsim.wire.frame import OUTGOING, Frame, PacketType

KernelFilter = Callable[["Captured"], bool]


class Captured(NamedTuple):
    """A frame as a socket hears it; `time` in ns of simulated time."""

    time: int
    dev: NetDevice
    packet_type: PacketType
    frame: Frame

    @property
    def bytes(self) -> bytes:
        """The frame as the kernel has it: without a tag that is kept in metadata."""
        return self.frame.raw if self.frame.tag else self.frame.wire

    @property
    def outgoing(self) -> bool:
        return self.packet_type is OUTGOING


class CaptureSocket:
    """socket(AF_PACKET, SOCK_RAW, ETH_P_ALL) on one device, or on all of a namespace, those that come later too.

    The device is promiscuous meanwhile if wanted (PACKET_MR_PROMISC).  What the filter takes is counted when it
    happens, and can be read when the program has woken up.

    Attributes
    ----------
    queue : frames to be read; received : how many the filter took; gone : the device has disappeared
    on_news : called when there is something to read, or nothing more to come
    """

    def __init__(
        self, ns: Namespace, dev: NetDevice | None, *, promiscuous: bool = False, keep: KernelFilter | None = None
    ) -> None:
        self.ns = ns
        self.dev = dev
        self.queue: deque[Captured] = deque()
        self.received = 0
        self.gone = False
        self._keep = keep
        self._promiscuous = promiscuous and dev is not None
        self._taps: dict[NetDevice, Callable[[], None]] = {}
        self.on_news: Callable[[], None] = lambda: None
        self._open = True
        for device in [dev] if dev is not None else list(ns.devices.values()):
            self._listen(device)
        if self._promiscuous and dev is not None:
            dev.add_promiscuity(1)
        ns.listen(self._device_event)

    def close(self) -> None:
        """Hear no more."""
        if not self._open:
            return
        self._open = False
        self.ns.unlisten(self._device_event)
        for stop in self._taps.values():
            stop()
        self._taps.clear()
        if self._promiscuous and self.dev is not None and not self.gone:
            self.dev.add_promiscuity(-1)

    def _listen(self, dev: NetDevice) -> None:
        def tap(packet_type: PacketType, frame: Frame) -> None:
            packet = Captured(int(self.ns.sim.now), dev, packet_type, frame)
            if self._keep is None or self._keep(packet):
                self.received += 1
                self.ns.wake(self._deliver, packet)

        self._taps[dev] = dev.add_tap(tap)

    def _deliver(self, packet: Captured) -> None:
        if self._open:
            self.queue.append(packet)
            self.on_news()

    def _device_event(self, dev: NetDevice, event: Event) -> None:
        if event is Event.UNREGISTER and dev in self._taps:
            self._taps.pop(dev)()
            if dev is self.dev:
                self.gone = True
                if self._promiscuous:
                    dev.add_promiscuity(-1)
                self.on_news()
        elif event is Event.UP and self.dev is None and dev not in self._taps:
            self._listen(dev)
