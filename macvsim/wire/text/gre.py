"""Generic routing encapsulation, version 0 (print-gre.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, flags_text
from macvsim.wire.text.numbers import ETHERTYPES, IP, IPV6

_FLAGS = ((0x8000, "checksum present"), (0x4000, "routing present"), (0x2000, "key present"),
          (0x1000, "sequence# present"), (0x0800, "source routing present"))  # fmt: skip
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE = 0x8000, 0x4000, 0x2000, 0x1000
_ETHERNET = 0x6558


def show(d: Dissection, at: int, length: int) -> None:
    """A tunnelled packet."""
    d.proto = "gre"
    whole = length
    flags = d.u16(at)
    version = flags & 7
    d.put(f"GREv{version}")
    if version:
        d.put(f" unknown-version {version}")
        return
    if d.options.v:
        d.put(f", Flags [{flags_text(_FLAGS, flags)}]")
    kind = d.u16(at + 2)
    place = at + 4
    if flags & (_CHECKSUM | _ROUTING):
        if flags & _CHECKSUM and d.options.v:
            d.put(f", sum 0x{d.u16(place):x}")
        if d.options.v or flags & _CHECKSUM:
            d.put(f", off 0x{d.u16(place + 2):x}")
        place += 4
    if flags & _KEY:
        d.put(f", key=0x{d.u32(place):x}")
        place += 4
    if flags & _SEQUENCE:
        d.put(f", seq {d.u32(place)}")
        place += 4
    if d.options.e:
        d.put(f", proto {ETHERTYPES.get(kind, 'unknown')} (0x{kind:04x})")
    d.put(f", length {whole}")
    d.put("\n\t" if d.options.v else ": ")
    length -= place - at
    if kind in (IP, IPV6):
        d.ethertypes[kind](d, place, length)
    elif kind == _ETHERNET:
        d.frame(d, place, length)
    else:
        d.put(f"gre-proto-0x{kind:x}")
