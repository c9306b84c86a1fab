"""Captures: what interfaces see, kept as bytes, shown as scapy packets, written as pcap or pcapng."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.errors import MacvsimError
from macvsim.wire.capture import CaptureRecord, write_pcap, write_pcapng
from macvsim.wire.frame import Frame, PacketType

if TYPE_CHECKING:
    from scapy.packet import Packet

TYPE_TEXT = {
    PacketType.HOST: "HOST",
    PacketType.BROADCAST: "BCAST",
    PacketType.MULTICAST: "MCAST",
    PacketType.OTHERHOST: "OTHER",
    PacketType.OUTGOING: "OUT",
    PacketType.LOOPBACK: "LOOP",
}


class Capture:
    """Frames in the order in which the interfaces saw them.

    records : time (ns), interface (``host1/enp0s8``), direction, bytes as on the wire, packet type
    names : name of each address, for the name block of a pcapng file
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.records: list[CaptureRecord] = []
        self.uids: list[int] = []
        self.interfaces: list[str] = []
        self.names: Mapping[str, str] = names if names is not None else {}
        self._stops: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self.records)

    def attach(self, dev: NetDevice) -> None:
        """Start to record what a device sees."""
        label = f"{dev.ns.name}/{dev.name}"
        sim = dev.sim
        if label not in self.interfaces:
            self.interfaces.append(label)

        def see(packet_type: PacketType, frame: Frame) -> None:
            direction = "out" if packet_type is PacketType.OUTGOING else "in"
            self.records.append(CaptureRecord(int(sim.now), label, direction, frame.wire, TYPE_TEXT[packet_type]))
            self.uids.append(frame.uid)

        self._stops.append(dev.add_tap(see))

    def on_stop(self, fn: Callable[[], None]) -> None:
        """Call `fn` when the capture stops."""
        self._stops.append(fn)

    def stop(self) -> None:
        """Record no more."""
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    def packets(self, interface: str | None = None) -> list[Packet]:
        """The frames, of one interface or of all, as scapy packets with their time in seconds."""
        from macvsim.wire.compose import dissect

        packets = []
        for record in self.records:
            if interface in (None, record.interface):
                packet = dissect(record.data)
                packet.time = record.time_ns / 1e9
                packets.append(packet)
        return packets

    def save(self, path: str | Path) -> int:
        """Write to ``NAME.pcapng`` (all interfaces) or ``NAME.pcap`` (one interface); returns the number of frames.

        Raises
        ------
        MacvsimError : another file name, or a .pcap of more than one interface
        """
        path = Path(path)
        if path.suffix == ".pcapng":
            return write_pcapng(path, self.records, names=self.names, interfaces=self.interfaces)
        if path.suffix != ".pcap":
            raise MacvsimError(
                f"{path}: captures are written as NAME.pcapng (all interfaces) or NAME.pcap (one interface)"
            )
        if len(self.interfaces) > 1:
            seen = ", ".join(self.interfaces)
            raise MacvsimError(f"{path}: a .pcap holds one interface, this capture has {seen}: write a .pcapng")
        return write_pcap(path, self.records)
