"""Capturing on a device, until as many packets were seen as wanted, or a signal comes."""

from __future__ import annotations

import simpy

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import Sim
from macvsim.machine.call import Call, Waiting
from macvsim.machine.job import SIGHUP, SIGINT, SIGTERM, signal_of
from macvsim.net.capture_socket import Captured, CaptureSocket
from macvsim.tools.tcpdump.savefile import Record
from macvsim.tools.tcpdump.settings import Settings
from macvsim.tools.tcpdump.sink import PacketSink
from macvsim.wire.pcapfilter import COOKED, Filter, LinkType, View
from macvsim.wire.text.cooked import cooked

_ETHER, _LOOPBACK = 1, 772
_ENDING = (SIGINT, SIGTERM, SIGHUP)


class Bell:
    """Lets a program wait for what a socket calls back about."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._event = sim.event()

    def ring(self) -> None:
        """There is news."""
        if not self._event.triggered:
            self._event.succeed()

    def wait(self) -> simpy.Event:
        """Happens at the next ring."""
        if self._event.triggered:
            self._event = self._sim.event()
        return self._event


class Live:
    """One live capture; `dev` is None for all devices at once."""

    def __init__(
        self, call: Call, settings: Settings, dev: NetDevice | None, link: LinkType, keep: Filter, sink: PacketSink
    ) -> None:
        self._call = call
        self._settings = settings
        self._dev = dev
        self._link = link
        self._filter = keep
        self._sink = sink

    def run(self) -> Waiting:
        """Capture, and say at the end how much there was."""
        settings, call = self._settings, self._call
        socket = CaptureSocket(call.box.ns, self._dev, promiscuous=settings.promiscuous, keep=self._keep)
        news = Bell(call.box.sim)
        socket.on_news = news.ring
        interrupted = False
        try:
            self._banner()
            while not self._sink.full:
                while socket.queue and not self._sink.full:
                    self._take(socket.queue.popleft())
                if socket.gone or self._sink.full:
                    break
                yield news.wait()
        except simpy.Interrupt as interrupt:
            if signal_of(interrupt) not in _ENDING:
                raise
            interrupted = True
        finally:
            socket.close()
            self._sink.flush()
        if interrupted and not settings.write:
            call.out("\n")
        if socket.gone and not self._sink.full:
            call.err("tcpdump: pcap_loop: The interface disappeared\n")
        self._summary(socket.received)
        return int(socket.gone and not self._sink.full)

    def _banner(self) -> None:
        settings = self._settings
        quiet = not settings.options.v and not settings.write
        if quiet:
            self._call.err("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
        name = "any" if self._dev is None else self._dev.name
        self._call.err(
            f"{'' if quiet else 'tcpdump: '}listening on {name}, link-type {self._link.name} "
            f"({self._link.description}), snapshot length {settings.snaplen} bytes\n"
        )

    def _summary(self, received: int) -> None:
        for count, what in ((self._sink.captured, "captured"), (received, "received by filter"),
                            (0, "dropped by kernel")):  # fmt: skip
            self._call.err(f"{count} packet{'' if count == 1 else 's'} {what}\n")

    # -- packets -------------------------------------------------------------------------------------------------------

    def _keep(self, packet: Captured) -> bool:
        """The filter, as the kernel runs it."""
        data = packet.bytes
        tag = packet.frame.tag
        if self._link is COOKED:
            data, tag = self._cooked(data, packet), 0
        return self._filter(View(data, None, tag, outgoing=packet.outgoing, ifindex=packet.dev.ifindex))

    def _cooked(self, frame: bytes, packet: Captured) -> bytes:
        return cooked(frame, packet.dev.ifindex, _LOOPBACK if packet.dev.loopback else _ETHER, packet.packet_type)

    def _take(self, packet: Captured) -> None:
        """What libpcap does with a packet that the kernel gave it, and tcpdump then."""
        wanted_in, wanted_out = self._settings.directions
        if (packet.outgoing and (not wanted_out or packet.dev.loopback)) or (not packet.outgoing and not wanted_in):
            return
        if self._link is COOKED:
            data = self._cooked(packet.bytes, packet)
        else:
            data = packet.frame.wire
        record = Record(self._call.box.kernel.boot_time + packet.time, data[: self._settings.snaplen], len(data))
        self._sink.put(record, packet.dev.name)
