"""The header that captures on all devices have: Linux cooked v2 (print-sll.c, draft of LINKTYPE_LINUX_SLL2)."""

from __future__ import annotations

from macvsim.wire.frame import ETH_HLEN
from macvsim.wire.text import llc
from macvsim.wire.text.core import Dissection
from macvsim.wire.text.dump import hex_and_ascii
from macvsim.wire.text.ether import tci_text
from macvsim.wire.text.numbers import ETHERTYPES, MAX_LENGTH, VLANS

HEADER = 20
_WHOSE = ("In", "B", "M", "P", "Out")
_802_2 = 4


def header(frame: bytes, ifindex: int, hardware: int, packet_type: int) -> bytes:
    """What stands instead of an Ethernet header; the rest of the frame follows."""
    ethertype = frame[12:14]
    if int.from_bytes(ethertype, "big") <= MAX_LENGTH:
        ethertype = _802_2.to_bytes(2, "big")
    return (
        ethertype + bytes(2) + ifindex.to_bytes(4, "big") + hardware.to_bytes(2, "big") + bytes((packet_type, 6))
        + frame[6:12] + bytes(2)
    )  # fmt: skip


def cooked(frame: bytes, ifindex: int, hardware: int, packet_type: int) -> bytes:
    """A whole frame with this header."""
    return header(frame, ifindex, hardware, packet_type) + frame[ETH_HLEN:]


def show(d: Dissection, length: int, name: str) -> int:
    """A frame with this header; `name` is that of its device.  Returns how many bytes the headers have."""
    d.proto = "sll2"
    d.headers = HEADER
    whose = d.u8(10)
    d.put(f"{name:<5} {_WHOSE[whose] if whose < len(_WHOSE) else '?':<3} ")
    ethertype = d.u16(0)
    if d.options.e:
        d.put(f"ifindex {d.u32(4)} ")
        if d.u8(11) == 6:
            d.put(f"{d.mac(12)} ")
        if not d.options.q:
            d.put(f"ethertype {ETHERTYPES.get(ethertype, 'Unknown')} (0x{ethertype:04x}), length {length}: ")
    at, length = HEADER, length - HEADER
    while ethertype in VLANS:
        if d.options.e:
            d.put(f"{tci_text(d.u16(at))}, ")
        ethertype = d.u16(at + 2)
        if d.options.e and ethertype > MAX_LENGTH:
            d.put(f"ethertype {ETHERTYPES.get(ethertype, 'Unknown')} (0x{ethertype:04x}), ")
        at, length = at + 4, length - 4
        d.headers = at
    if ethertype <= MAX_LENGTH:
        return at + llc.show(d, at, length, HEADER - 14)
    part = d.ethertypes.get(ethertype)
    if part is not None:
        part(d, at, length)
    elif not d.options.dumps:
        d.put(hex_and_ascii(d.data[at : d.end]))
    return at
