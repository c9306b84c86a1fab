"""Capture files in the simulated file system: pcap, as libpcap reads and writes it (pcap-savefile(5)).

Files of boxes are texts; bytes that are no UTF-8 are kept in them as surrogates, so that every tool passes them on.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, pack
from typing import NamedTuple

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.wire.pcapfilter import COOKED, ETHERNET, LinkType

LINKTYPES = {1: ETHERNET, 276: COOKED}
_NUMBERS = {ETHERNET.name: 1, COOKED.name: 276}
_MICRO, _NANO = 0xA1B2C3D4, 0xA1B23C4D
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_HEADER = 24
_RECORD = 16
_SECOND = 1_000_000_000


class Record(NamedTuple):
    """time : ns since 1970; data : what was captured; length : of the whole frame"""

    time: int
    data: bytes
    length: int


class Savefile(NamedTuple):
    """A capture file that has been opened."""

    link: LinkType
    snaplen: int
    records: Iterator[Record]


def to_text(data: bytes) -> str:
    """Bytes as the text of a file."""
    return data.decode("utf-8", "surrogateescape")


def file_header(link: LinkType, snaplen: int, *, nano: bool) -> bytes:
    """What a file begins with."""
    return pack("<IHHiIII", _NANO if nano else _MICRO, 2, 4, 0, 0, snaplen, _NUMBERS[link.name])


def record_bytes(record: Record, *, nano: bool) -> bytes:
    """A packet in a file."""
    seconds, rest = divmod(record.time, _SECOND)
    fraction = rest if nano else rest // 1000
    return pack("<IIII", seconds & 0xFFFFFFFF, fraction, len(record.data), record.length) + record.data


def read(data: bytes) -> Savefile:
    """Open a file; `ToolError` when it is none, `NotSimulated` for other formats than pcap."""
    if len(data) < 4:
        raise ToolError(f"truncated dump file; tried to read 4 file header bytes, only got {len(data)}")
    if data[:4] == _PCAPNG:
        raise NotSimulated("tcpdump -r of a pcapng file", Effect.READS)
    for order in "<>":
        magic = int.from_bytes(data[:4], "little" if order == "<" else "big")
        if magic in (_MICRO, _NANO):
            break
    else:
        raise ToolError("unknown file format")
    if len(data) < _HEADER:
        raise ToolError(f"truncated dump file; tried to read {_HEADER} file header bytes, only got {len(data)}")
    _, _, _, _, _, snaplen, number = Struct(order + "IHHiIII").unpack(data[:_HEADER])
    link = LINKTYPES.get(number)
    if link is None:
        raise NotSimulated(f"tcpdump -r of a file with link type {number}", Effect.READS)
    return Savefile(link, snaplen or 262144, _records(data, order, 1 if magic == _NANO else 1000))


def _records(data: bytes, order: str, unit: int) -> Iterator[Record]:
    header = Struct(order + "IIII")
    at = _HEADER
    while at < len(data):
        left = len(data) - at
        if left < _RECORD:
            raise ToolError(f"truncated dump file; tried to read {_RECORD} header bytes, only got {left}")
        seconds, fraction, captured, length = header.unpack(data[at : at + _RECORD])
        at += _RECORD
        if captured > len(data) - at:
            raise ToolError(f"truncated dump file; tried to read {captured} captured bytes, only got {len(data) - at}")
        yield Record(seconds * _SECOND + fraction * unit, data[at : at + captured], length)
        at += captured
