"""Ethernet headers, VLAN tags and what follows them (print-ether.c)."""

from __future__ import annotations

from macvsim.wire.frame import ETH_HLEN
from macvsim.wire.text import llc
from macvsim.wire.text.core import Dissection, Part
from macvsim.wire.text.dump import hex_and_ascii
from macvsim.wire.text.numbers import ETHERTYPES, MAX_LENGTH, VLANS

_JUMBO = 0x8870


def show(d: Dissection, at: int, length: int) -> int:
    """A frame; returns how many bytes its link-layer headers have."""
    headers = _show(d, at, length)
    if at == 0:
        d.headers = headers
    return headers


def _show(d: Dissection, at: int, length: int) -> int:
    d.proto = "ether"
    if d.end - at < ETH_HLEN or length < ETH_HLEN:
        d.put(" [|ether]")
        return min(d.end - at, length)
    if d.options.e:
        _addresses(d, at)
    start, whole, first = at, length, True
    ethertype = d.u16(at + 12)
    at, length, headers = at + ETH_HLEN, length - ETH_HLEN, ETH_HLEN
    if start == 0:
        d.headers = headers
    while ethertype in VLANS:
        if d.end - at < 4 or length < 4:
            d.proto = "vlan"
            d.truncated()
            return headers + min(d.end - at, length)
        if d.options.e:
            _type(d, ethertype, whole if first else None)
            d.put(f"{tci_text(d.u16(at))}, ")
        first = False
        ethertype = d.u16(at + 2)
        at, length, headers = at + 4, length - 4, headers + 4
        if start == 0:
            d.headers = headers
    if ethertype <= MAX_LENGTH:
        length = min(length, ethertype)
        if d.options.e:
            d.put("802.3" + (f", length {length}: " if first else ""))
        return headers + llc.show(d, at, length, start)
    if ethertype == _JUMBO:
        return headers + llc.show(d, at, length, start)
    if d.options.e:
        _type(d, ethertype, whole if first else None)
    part = d.ethertypes.get(ethertype)
    if part is not None:
        part(d, at, length)
        return headers
    if not d.options.e:
        _addresses(d, start)
        _type(d, ethertype, whole)
    if not d.options.dumps and not d.options.q:
        d.put(hex_and_ascii(d.data[at : d.end]))
    return headers


def _addresses(d: Dissection, at: int) -> None:
    d.put(f"{d.mac(at + 6)} > {d.mac(at)}, ")


def _type(d: Dissection, ethertype: int, length: int | None) -> None:
    """The type; behind the addresses the length of the frame, too."""
    name = ETHERTYPES.get(ethertype)
    if d.options.q:
        d.put(name or f"Unknown Ethertype (0x{ethertype:04x})")
    else:
        d.put(f"ethertype {name or 'Unknown'} (0x{ethertype:04x})")
    d.put(", " if length is None else f", length {length}: ")


def tci_text(tci: int) -> str:
    """Priority, drop eligibility and VLAN of a tag."""
    return f"vlan {tci & 0xFFF}, p {tci >> 13}{', DEI' if tci & 0x1000 else ''}"


__all__ = ["Part", "show", "tci_text"]
