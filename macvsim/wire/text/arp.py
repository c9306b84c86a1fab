"""ARP (print-arp.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, mac_name, token
from macvsim.wire.text.dump import hex_and_ascii
from macvsim.wire.text.numbers import ETHERTYPES, IP, TRAIL

_OPERATIONS = {
    1: "Request", 2: "Reply", 3: "Reverse Request", 4: "Reverse Reply", 8: "Inverse Request", 9: "Inverse Reply",
    10: "NACK Reply",
}  # fmt: skip
_HARDWARE = {
    1: "Ethernet", 6: "TokenRing", 7: "ArcNet", 15: "FrameRelay", 19: "ATM", 23: "Strip", 24: "IEEE 1394",
    32: "InfiniBand",
}  # fmt: skip
_HEADER = 8


def show(d: Dissection, at: int, length: int) -> None:
    """An ARP message for any hardware whose addresses are bytes."""
    d.proto = "arp"
    hardware, protocol, hlen, plen, operation = d.u16(at), d.u16(at + 2), d.u8(at + 4), d.u8(at + 5), d.u16(at + 6)
    sha = at + _HEADER
    spa, tha, tpa = sha + hlen, sha + hlen + plen, sha + 2 * hlen + plen
    d.need(tpa, plen)
    if not d.options.e:
        d.put("ARP, ")
    if protocol not in (IP, TRAIL) or plen != 4 or hlen == 0 or d.options.v:
        d.put(
            f"{token(_HARDWARE, hardware, 'Unknown Hardware ({})')} (len {hlen}), "
            f"{token(ETHERTYPES, protocol, 'Unknown Protocol (0x{:04x})')} (len {plen})"
        )
        if not d.options.v:
            d.put(f", length {length}")
            return
        d.put(", ")

    def address(place: int) -> str:
        if protocol not in (IP, TRAIL):
            return "<wrong proto type>"
        return d.ip(place) if plen == 4 else "<wrong len>"

    def link(place: int) -> str:
        return link_text(d, place, hlen)

    d.put(f"{token(_OPERATIONS, operation, 'Unknown ({})')} ")
    match operation:
        case 1:
            d.put(f"who-has {address(tpa)}")
            if any(d.take(tha, hlen)):
                d.put(f" ({link(tha)})")
            d.put(f" tell {address(spa)}")
        case 2:
            d.put(f"{address(spa)} is-at {link(sha)}")
        case 3 | 8:
            d.put(f"who-is {link(tha)} tell {link(sha)}")
        case 4:
            d.put(f"{link(tha)} at {address(tpa)}")
        case 9:
            d.put(f"{link(sha)} at {address(spa)}")
        case _:
            d.put(hex_and_ascii(d.data[at : d.end]))
            return
    d.put(f", length {length}")


def link_text(d: Dissection, at: int, count: int) -> str:
    """A link-layer address of any length (linkaddr_string)."""
    if count == 0:
        return "<empty>"
    address = d.take(at, count)
    return mac_name(address, d.options) if count == 6 else address.hex(":")
