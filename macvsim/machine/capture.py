"""Captures: what interfaces see, kept as bytes, shown as scapy packets, written as pcap or pcapng."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.dev.logtap import LogTap
from macvsim.engine.display import ShownCapture
from macvsim.engine.journal import OVERHEAD, Journal, Passage, Place, Scale
from macvsim.engine.recording import Station
from macvsim.errors import MacvsimError
from macvsim.net.namespace import Namespace
from macvsim.output import uninterrupted
from macvsim.wire.capture import CaptureRecord, write_pcap, write_pcapng
from macvsim.wire.frame import Frame, PacketType

if TYPE_CHECKING:
    from scapy.packet import Packet

    from macvsim.wire.pcapngstream import PcapngStream

BATCH = 1000
"""After so many passages a capture with a stream writes to it."""
TYPE_TEXT = {
    PacketType.HOST: "HOST",
    PacketType.BROADCAST: "BCAST",
    PacketType.MULTICAST: "MCAST",
    PacketType.OTHERHOST: "OTHER",
    PacketType.OUTGOING: "OUT",
    PacketType.LOOPBACK: "LOOP",
}


class Capture(ShownCapture):
    """Frames in the order in which the interfaces saw them.

    records : time (ns), interface (``host1/enp0s8``), direction, bytes as on the wire, packet type
    names : name of each address, for the name block of a pcapng file
    """

    PUBLIC = "interfaces ladder packets reasons records save stop"

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.interfaces: list[str] = []
        self.names: Mapping[str, str] = names if names is not None else {}
        self._records: list[CaptureRecord] = []
        self._uids: list[int] = []
        self._devices: list[NetDevice] = []
        self._entries: list[Passage] = []
        """What has come since the records were written."""
        self._labels: dict[NetDevice, str] = {}
        self._journal: Journal | None = None
        self._stops: list[Callable[[], None]] = []
        self._stream: PcapngStream | None = None
        self._octets = 0
        """Bytes of the records that were written, and about what they take besides."""
        self._scale = Scale()

    def __len__(self) -> int:
        return len(self.records)

    @property
    def records(self) -> list[CaptureRecord]:
        """What was captured so far."""
        self._write()
        return self._records

    @property
    def uids(self) -> list[int]:
        """Packet identities, one for each record."""
        self._write()
        return self._uids

    @property
    def devices(self) -> list[NetDevice]:
        """Who saw it, one for each record."""
        self._write()
        return self._devices

    def stream_to(self, stream: PcapngStream) -> None:
        """Write frames to a file while they come; their records have no bytes."""
        self._write()
        self._stream = stream

    def end_stream(self, *, reasons: bool = False) -> None:
        """Complete the file; `reasons` as for `save`."""
        self._write()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.finish(self.names, self.reasons() if reasons else {})

    def _write(self) -> None:
        """Write records of what has passed."""
        with uninterrupted() if self._stream is not None else nullcontext():
            self._write_entries()

    def _write_entries(self) -> None:
        stream = self._stream
        if stream is not None:
            stream.add_interfaces(self.interfaces)
        for time, came, left, script in self._entries:
            for dev, step, tag, packet_type, late, _ in script:
                frame = left if late else came
                outgoing = step == "xmit"
                direction, kind = ("out", "OUT") if outgoing else ("in", TYPE_TEXT[packet_type])
                record = CaptureRecord(time, self._labels[dev], direction, frame.tagged(tag).wire, kind)
                self._octets += OVERHEAD + len(record.data)
                if stream is not None:
                    stream.add(record)
                    record = record._replace(data=b"")
                self._records.append(record)
                self._uids.append(frame.uid)
                self._devices.append(dev)
        self._entries.clear()
        self._scale = Scale()

    def attach(self, dev: NetDevice) -> None:
        """Start to record what a device sees; one that is recorded already has moved, and goes on under its new
        name.
        """
        label = f"{dev.ns.name}/{dev.name}"
        self._journal = dev.sim.journal
        if label not in self.interfaces:
            self.interfaces.append(label)
        if dev not in self._labels:
            self._stops.append(dev.add_tap(LogTap(dev, self)))
        self._write()
        self._labels[dev] = label
        captures = dev.sim.meter.captures
        if self not in captures:
            captures.append(self)
            self._stops.append(lambda: captures.remove(self))

    def passed(self, time: int, came: Frame, left: Frame, script: Sequence[Station]) -> None:
        """As `engine.recording.Log.passed`."""
        self._entries.append((time, came, left, script))
        if self._stream is not None and len(self._entries) >= BATCH:
            self._write()

    def weigh(self) -> int:
        """Bytes of what was captured, estimated as far as no record of it was written."""
        self._scale.add(self._entries)
        return self._octets + self._scale.octets

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

    def reasons(self) -> dict[int, str]:
        """Why packets ended, by index of the record of their last frame: ``DROP NAME: meaning, at PLACE``, a line for
        each; nothing where the lab keeps no journal.

        A packet that no captured interface saw is told at what it caused (the question for a MAC that nobody
        answered), or at what caused it (the request that a lost answer is to); if none of these was seen, nowhere.
        """
        found: dict[int, list[str]] = {}
        if self._journal is None:
            return {}
        unread: dict[tuple[int, int, Place], deque[int]] = {}
        for index, record in enumerate(self.records):
            key = record.time_ns, self._uids[index], self._devices[index]
            unread.setdefault(key, deque()).append(index)
        trails: dict[int, list[int]] = {}
        children: dict[int, list[int]] = {}
        for uid, cause in self._journal.causes.items():
            children.setdefault(cause, []).append(uid)
        for noted in self._journal.records:
            if noted.step == "drop":
                cause = self._journal.causes.get(noted.uid, 0)
                relatives = (noted.uid, *children.get(noted.uid, ()), cause, *children.get(cause, ()))
                trail = next((trails[uid] for uid in relatives if uid in trails), None)
                if trail is not None:
                    text = f"{noted.detail}, at {noted.where.label}"
                    found.setdefault(self._last_seen(trail, noted.where), []).append(text)
            elif indexes := unread.get((noted.time, noted.uid, noted.where)):
                trails.setdefault(noted.uid, []).append(indexes.popleft())
        return {index: "\n".join(dict.fromkeys(texts)) for index, texts in found.items()}

    def _last_seen(self, trail: list[int], where: Place) -> int:
        """Of a packet's records so far the last on its way to the end: there, in that namespace, or before."""
        if isinstance(where, NetDevice | Namespace):
            ns = where if isinstance(where, Namespace) else where.ns
            near = [i for i in trail if self._devices[i] is where] or [i for i in trail if self._devices[i].ns is ns]
        else:  # a switch: other copies may have arrived elsewhere, this one was sent
            near = [i for i in trail if self._records[i].direction == "out"]
        return (near or trail)[-1]

    def save(self, path: str | Path, *, reasons: bool = False) -> int:
        """Write to ``NAME.pcapng`` (all interfaces) or ``NAME.pcap`` (one interface); returns the number of frames.

        reasons : in a pcapng, comment the frames after which packets were dropped (``frame.comment contains "DROP"``)

        Raises
        ------
        MacvsimError : another file name, or a .pcap of more than one interface
        """
        path = Path(path)
        if path.suffix == ".pcapng":
            records = self.records
            if reasons:
                said = self.reasons()
                records = [r._replace(comment=said[i]) if i in said else r for i, r in enumerate(records)]
            return write_pcapng(path, records, names=self.names, interfaces=self.interfaces)
        if path.suffix != ".pcap":
            raise MacvsimError(
                f"{path}: captures are written as NAME.pcapng (all interfaces) or NAME.pcap (one interface)"
            )
        if len(self.interfaces) > 1:
            seen = ", ".join(self.interfaces)
            raise MacvsimError(f"{path}: a .pcap holds one interface, this capture has {seen}: write a .pcapng")
        return write_pcap(path, self.records)
