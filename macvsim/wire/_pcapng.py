"""scapy's pcapng writer with what it lacks: nanoseconds, interface descriptions, names, reception types.

Block layouts: draft-ietf-opsawg-pcapng sections 4.1 (section header), 4.2 (interface description), 4.3 (enhanced
packet) and 4.5 (name resolution).  Importing this module imports scapy's writers.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct, pack
from typing import IO, TYPE_CHECKING, Protocol, cast

from macvsim.errors import MacvsimError
from macvsim.wire import _scapy

if TYPE_CHECKING:
    from scapy.utils import PcapNgWriter
else:
    PcapNgWriter = _scapy.load_writers().PcapNgWriter

LINKTYPE_ETHERNET = 1
MAX_OPTION = 0xFFFF

_SECTION_HEADER = b"\x0a\x0d\x0d\x0a"
_INTERFACE_DESCRIPTION = pack("<I", 1)
_NAME_RESOLUTION = pack("<I", 4)
_ENHANCED_PACKET = 6
_EPB_FRAME = 32
"""Bytes of an enhanced packet block around the packet and the options."""
_pack_packet = Struct("<IIIIIII").pack
_EPB_LENGTH, _EPB_DATA = 20, 28
"""Where it has the captured length, and the packet."""
_length = Struct("<I")
_pack_length = _length.pack
_ZEROS = (b"", b"\0", b"\0\0", b"\0\0\0")
_END = pack("<HH", 0, 0)
_COMMENT = 1
_SHB_USERAPPL = 4
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL = 2, 3, 9
_EPB_FLAGS = 2
_NRB_RECORD = {4: 1, 6: 2}  # by IP version


class Sink(Protocol):
    """Anything bytes can be written to."""

    def write(self, data: bytes, /) -> object: ...


class LabWriter(PcapNgWriter):
    """Writes blocks, in the order asked for, each with one call of the sink's `write`."""

    def __init__(self, sink: Sink) -> None:
        # Not scapy's own: that one opens a file by name and begins with an interface that has none.
        self.f = cast("IO[bytes]", sink)  # scapy's own methods call nothing but write()
        self.header_present = True
        self.sync = False
        self.endian = "<"
        self.endian_magic = pack("<I", 0x1A2B3C4D)

    def write_section(self, application: str) -> None:
        """Section header, version 1.0, length not stated."""
        options = _option(_SHB_USERAPPL, application.encode()) + _END
        self.f.write(self.build_block(_SECTION_HEADER, self.endian_magic + pack("<HHq", 1, 0, -1), options))

    def write_names(self, names: Iterable[tuple[int, bytes, str]]) -> None:
        """Name resolution block of ``(IP version, packed address, name)``; nothing when there are none."""
        body = b"".join(
            _option(_NRB_RECORD[version], address + name.encode() + b"\0") for version, address, name in names
        )
        if body:
            self.f.write(self.build_block(_NAME_RESOLUTION, body + _END))

    def write_interface(self, name: str, description: str) -> None:
        """Interface description: Ethernet, no snapshot limit, stamps in nanoseconds; numbered from 0 in this order."""
        options = _option(_IF_NAME, name.encode())
        if description:
            options += _option(_IF_DESCRIPTION, description.encode())
        options += _option(_IF_TSRESOL, b"\x09") + _END
        self.f.write(self.build_block(_INTERFACE_DESCRIPTION, pack("<HHI", LINKTYPE_ETHERNET, 0, 0), options))

    def write_frame(self, interface: int, time_ns: int, data: bytes, flags: int, comment: str) -> None:
        """Enhanced packet: the whole frame, ``epb_flags``, and a comment for each line of `comment`."""
        options = _EPB_OPTIONS[flags]
        if comment:
            options = _comment(comment) + options
        size = len(data)
        padding = -size % 4
        total = _EPB_FRAME + size + padding + len(options)
        start = _pack_packet(_ENHANCED_PACKET, total, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, size, size)
        self.f.write(b"%b%b%b%b%b" % (start, data, _ZEROS[padding], options, _pack_length(total)))


def with_comment(block: bytes, comment: str) -> bytes:
    """An enhanced packet block without comment as `write_frame` writes it with one."""
    options = _comment(comment)
    (size,) = _length.unpack_from(block, _EPB_LENGTH)
    at = _EPB_DATA + size + -size % 4
    total = _pack_length(len(block) + len(options))
    return b"%b%b%b%b%b%b" % (block[:4], total, block[8:at], options, block[at:-4], total)


def _comment(text: str) -> bytes:
    """A comment for each line."""
    return b"".join(_option(_COMMENT, line.encode()) for line in text.splitlines())


def _option(code: int, value: bytes) -> bytes:
    """One option or name record: code, length, value, padding to 32 bits."""
    if len(value) > MAX_OPTION:
        raise MacvsimError(f"the text {value[:40]!r}… has {len(value)} bytes, pcapng holds {MAX_OPTION}: shorten it")
    return pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


_EPB_OPTIONS = [_option(_EPB_FLAGS, pack("<I", flags)) + _END for flags in range(32)]
"""By ``epb_flags``: two bits of direction, three of reception type."""
