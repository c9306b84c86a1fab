"""IGMP (print-igmp.c)."""

from __future__ import annotations

from macvsim.wire.checksum import checksum
from macvsim.wire.text.core import Dissection, relative_time, token

RECORDS = {1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}
"""What a group record of IGMP or MLD reports."""


def show(d: Dissection, at: int, length: int) -> None:
    """A message of any version."""
    d.proto = "igmp"
    if d.options.q:
        d.put("igmp")
        return
    match d.u8(at):
        case 0x11:
            d.put("igmp query")
            if length >= 12:
                _query3(d, at, length)
            else:
                _query(d, at, length)
        case 0x12:
            d.put(f"igmp v1 report {d.ip(at + 4)}{f' [len {length}]' if length != 8 else ''}")
        case 0x16:
            d.put(f"igmp v2 report {d.ip(at + 4)}")
        case 0x17:
            d.put(f"igmp leave {d.ip(at + 4)}")
        case 0x22:
            d.put("igmp v3 report")
            _report3(d, at, length)
        case kind:
            d.put(f"igmp-{kind}")
    if d.options.v and d.has(at, length) and checksum(d.data[at : at + length]):
        d.put(f" bad igmp cksum {d.u16(at + 2):x}!")


def _query(d: Dissection, at: int, length: int) -> None:
    delay = d.u8(at + 1)
    if delay:
        d.put(" v2")
        if delay != 100:
            d.put(f" [max resp time {delay}]")
    else:
        d.put(" v1")
    if d.u32(at + 4):
        d.put(f" [gaddr {d.ip(at + 4)}]")
    if length != 8:
        d.put(f" [len {length}]")


def _query3(d: Dissection, at: int, length: int) -> None:
    d.put(" v3")
    if length & 3:
        d.put(f" [invalid len {length}]")
        return
    code = d.u8(at + 1)
    tenths = code if code < 128 else (code & 15 | 16) << ((code >> 4 & 7) + 3)
    if code != 100:
        d.put(
            f" [max resp time {tenths // 10}.{tenths % 10}s]"
            if tenths < 600
            else f" [max resp time {relative_time(tenths // 10)}]"
        )
    if d.u32(at + 4) == 0:
        return
    d.put(f" [gaddr {d.ip(at + 4)}")
    sources = d.u16(at + 10)
    if sources:
        if length < 12 + 4 * sources:
            d.put(" [invalid number of sources]")
        elif d.options.v > 1:
            d.put(" {" + "".join(f" {d.ip(at + 12 + 4 * n)}" for n in range(sources)) + " }")
        else:
            d.put(f", {sources} source(s)")
    d.put("]")


def _report3(d: Dissection, at: int, length: int) -> None:
    if length < 16 or length & 3:
        d.put(f" [invalid len {length}]")
        return
    count = d.u16(at + 6)
    d.put(f", {count} group record(s)")
    if d.options.v:
        records(d, at, length, count, 4, " [v3-report-#{}]")


def records(d: Dissection, at: int, length: int, count: int, size: int, unknown: str) -> None:
    """Group records of a report, whose addresses have `size` bytes."""
    address = d.ip if size == 4 else d.ip6
    header = 4 + size
    place = 8
    for _ in range(count):
        if length < place + header:
            d.put(" [invalid number of groups]")
            return
        d.put(f" [gaddr {address(at + place + 4)} {token(RECORDS, d.u8(at + place), unknown)}")
        sources = d.u16(at + place + 2)
        if length < place + header + size * sources:
            d.put(f" [invalid number of sources {sources}]")
            return
        if d.options.v == 1:
            d.put(f", {sources} source(s)")
        else:
            d.put(" {" + "".join(f" {address(at + place + header + size * n)}" for n in range(sources)) + " }")
        place += header + size * sources
        d.put("]")
