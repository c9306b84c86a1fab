"""Capture files that Wireshark opens: pcap for one tap, pcapng for a whole lab.

Both hold simulated time in nanoseconds (the epoch is the start of the simulation) and nothing of the machine that
wrote them: the same records give the same bytes everywhere.  Formats: draft-ietf-opsawg-pcap (magic 0xa1b23c4d for
nanoseconds) and draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import io
import ipaddress
import os
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from struct import Struct
from typing import NamedTuple, Protocol

from macvsim.errors import MacvsimError
from macvsim.output import write_file
from macvsim.wire import _scapy

LINKTYPE_ETHERNET = 1
NS_PER_S = 1_000_000_000
MAX_PCAP_NS = 2**32 * NS_PER_S  # pcap counts seconds in 32 bits
MAX_PCAPNG_NS = 2**63  # 64 bits in the file, but readers count in signed integers

# The two fields of epb_flags: direction (bits 0-1) and reception type (bits 2-4; 4 = seen only by promiscuity).
DIRECTIONS = {"in": 1, "out": 2}
RECEPTIONS = {"OUT": 0, "HOST": 1, "MCAST": 2, "BCAST": 3, "OTHER": 4}


_TIME = itemgetter(0)
_pack_packet = Struct("<IIII").pack
"""The header of a packet in a pcap file: seconds, nanoseconds, and twice its length."""


class ByteSink(Protocol):
    """Anything bytes can be written to: an open binary file, `io.BytesIO`, a pipe."""

    def write(self, data: bytes, /) -> object: ...


Target = str | os.PathLike[str] | ByteSink


class CaptureRecord(NamedTuple):
    """One frame as a packet socket on one device saw it.

    ``time_ns`` is simulated time; ``interface`` is ``"host1/enp0s8.100"``; ``direction`` is ``"in"`` or ``"out"``;
    ``data`` is the frame as on the wire, with its VLAN tag and without preamble and FCS; ``packet_type`` is the
    kernel's ``PACKET_*`` class: HOST, BCAST, MCAST, OTHER or OUT; ``comment`` is shown beside the packet.
    """

    time_ns: int
    interface: str
    direction: str
    data: bytes
    packet_type: str
    comment: str = ""


def write_pcap(target: Target, records: Iterable[CaptureRecord]) -> int:
    """Write ``records`` as a nanosecond pcap file, in order of time, and return how many there were.

    The format has no place for interfaces, directions and comments: give it the records of one device, or use
    `write_pcapng`.  A file object is left open.  Raises `MacvsimError` for a record that cannot be written; the
    target is then untouched.
    """
    ordered = _in_order(records, MAX_PCAP_NS)
    buffer = io.BytesIO()
    writer = _scapy.load_writers().RawPcapWriter(
        buffer, linktype=LINKTYPE_ETHERNET, endianness="<", nano=True, snaplen=0x40000
    )
    writer.write_header(None)
    for time_ns, _, _, data, _, _ in ordered:
        size = len(data)
        buffer.write(_pack_packet(time_ns // NS_PER_S, time_ns % NS_PER_S, size, size))
        buffer.write(data)
    _save(target, buffer.getvalue())
    return len(ordered)


def write_pcapng(
    target: Target,
    records: Iterable[CaptureRecord],
    *,
    names: Mapping[str, str] | None,
    interfaces: Sequence[str] | Mapping[str, str],
    application: str = "macvsim",
) -> int:
    """Write ``records`` of a whole lab as one pcapng file, in order of time, and return how many there were.

    Parameters
    ----------
    names : IP address to container name, for the name resolution block; Wireshark shows the names instead of the
        addresses once "resolve network addresses" is on (``tshark -N n``)
    interfaces : every device that may occur in ``records``, in the order wanted in the file; a mapping also gives
        each one's description, a sequence leaves it at "enp0s8.100 on host1"
    application : name of the program, for the section header

    A file object is left open.  Raises `MacvsimError` for an unlisted or repeated interface, for an address that is
    not one, and for a record that cannot be written; the target is then untouched.
    """
    described = _described(interfaces)
    ordered = _in_order(records, MAX_PCAPNG_NS)
    ids = {name: index for index, name in enumerate(described)}
    for unknown in dict.fromkeys(record.interface for record in ordered if record.interface not in ids):
        raise MacvsimError(
            f"a captured frame is from interface {unknown!r}, which interfaces= does not list: "
            f"add it (listed: {', '.join(ids) or 'none'})"
        )
    from macvsim.wire._pcapng import LabWriter

    buffer = io.BytesIO()
    writer = LabWriter(buffer)
    writer.write_section(application)
    writer.write_names(packed_names(names or {}))
    for name, text in described.items():
        writer.write_interface(name, text)
    for record in ordered:
        writer.write_frame(ids[record.interface], record.time_ns, record.data, epb_flags(record), record.comment)
    _save(target, buffer.getvalue())
    return len(ordered)


def _in_order(records: Iterable[CaptureRecord], end_ns: int) -> list[CaptureRecord]:
    """Checked records by time; those of one instant keep their order."""
    checked = list(records)
    for index, (time_ns, _, direction, _, packet_type, _) in enumerate(checked):
        if not 0 <= time_ns < end_ns:
            raise MacvsimError(f"record {index} has time {time_ns} ns: this file format holds 0 to {end_ns - 1}")
        if direction not in DIRECTIONS:
            raise MacvsimError(f"record {index} has direction {direction!r}: use 'in' or 'out'")
        if packet_type not in RECEPTIONS:
            raise MacvsimError(f"record {index} has packet type {packet_type!r}: use {', '.join(RECEPTIONS)}")
    checked.sort(key=_TIME)
    return checked


def _described(interfaces: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Interface names in order, each with its description."""
    if isinstance(interfaces, Mapping):
        return dict(interfaces)
    described: dict[str, str] = {}
    for name in interfaces:
        if name in described:
            raise MacvsimError(f"interface {name!r} is listed twice: list each interface once")
        described[name] = description(name)
    return described


def description(interface: str) -> str:
    """``enp0s8.100 on host1`` for ``host1/enp0s8.100``."""
    owner, slash, device = interface.rpartition("/")
    return f"{device} on {owner}" if slash else interface


def epb_flags(record: CaptureRecord) -> int:
    """Direction and reception type as ``epb_flags`` has them."""
    return DIRECTIONS[record.direction] | RECEPTIONS[record.packet_type] << 2


def packed_names(names: Mapping[str, str]) -> list[tuple[int, bytes, str]]:
    """``(address family 4 or 6, packed address, name)``, by address, so that the mapping's order does not matter."""
    packed = []
    for text, name in names.items():
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise MacvsimError(f"{text!r}, named {name!r}, is not an IP address: write it like 172.16.10.2") from None
        if not name or "\0" in name:
            raise MacvsimError(f"{name!r} cannot be the name of {text}: use a text without NUL characters")
        packed.append((address.version, address.packed, name))
    return sorted(packed)


def _save(target: Target, data: bytes) -> None:
    """Write a finished file in one go."""
    if isinstance(target, str | os.PathLike):
        write_file(Path(target), data)
    else:
        target.write(data)
