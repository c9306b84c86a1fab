"""IEEE 802.2 logical link control, SNAP (print-llc.c)."""

from __future__ import annotations

from macvsim.wire.text import stp
from macvsim.wire.text.core import Dissection, token
from macvsim.wire.text.dump import hex_and_ascii
from macvsim.wire.text.numbers import ETHERTYPES, IP

_SAPS = {
    0x00: "Null", 0x02: "802.1B I", 0x04: "SNA", 0x06: "IP", 0x0E: "ProWay NM", 0x42: "STP", 0x4E: "RS511",
    0x7E: "ISO8208", 0x8E: "ProWay", 0xAA: "SNAP", 0xE0: "IPX", 0xF0: "NetBeui", 0xFE: "OSI", 0xFF: "Global",
}  # fmt: skip
_UNNUMBERED = {
    0x03: "ui", 0xE3: "test", 0xAF: "xid", 0x63: "ua", 0x43: "disc", 0x0F: "dm", 0x6F: "sabme", 0x87: "frmr",
    0xEF: "ef",
}  # fmt: skip
_SUPERVISORY = ("Receiver Ready", "Receiver not Ready", "Reject", "Reserved")
_FLAGS = {0: "Command", 1: "Response", 2: "Poll", 3: "Final"}
_OUIS = {0x000000: "Ethernet", 0x00000C: "Cisco", 0x0000F8: "Cisco bridged", 0x0080C2: "RFC2684",
         0x080007: "Appletalk"}  # fmt: skip
_UI, _XID, _STP, _SNAP = 0x03, 0xAF, 0x42, 0xAA
_IP = 0x06
_POLL = 0x10


def show(d: Dissection, at: int, length: int, start: int) -> int:
    """An LLC header and what is behind it; returns how many bytes the header has.

    start : where the Ethernet header is, for the addresses of frames of unknown kind
    """
    d.proto = "llc"
    whole_at, whole = at, length
    if d.end - at < 3 or length < 3:
        d.truncated()
        d.put(hex_and_ascii(d.data[at : d.end]))
        return min(d.end - at, length)
    dsap_field, ssap_field = d.u8(at), d.u8(at + 1)
    unnumbered = d.u8(at + 2) & 3 == 3
    if not unnumbered and (d.end - at < 4 or length < 4):
        d.truncated()
        d.put(hex_and_ascii(d.data[at : d.end]))
        return min(d.end - at, length)
    control = d.u8(at + 2) if unnumbered else d.u8(at + 2) | d.u8(at + 3) << 8
    size = 3 if unnumbered else 4
    dsap, ssap = dsap_field & 0xFE, ssap_field & 0xFE
    response = ssap_field & 1
    if d.options.e:
        d.put(
            f"LLC, dsap {token(_SAPS, dsap, 'Unknown')} (0x{dsap:02x}) {'Group' if dsap_field & 1 else 'Individual'}, "
            f"ssap {token(_SAPS, ssap, 'Unknown')} (0x{ssap:02x}) {'Response' if response else 'Command'}, "
            f"ctrl 0x{control:0{2 * (size - 2)}x}: "
        )
    at, length = at + size, length - size
    if ssap == _SNAP and dsap == _SNAP and control == _UI:
        return _snap(d, at, length, size, start)
    if ssap == _STP and dsap == _STP and control == _UI:
        stp.show(d, at, length)
        return size
    if ssap == _IP and dsap == _IP and control == _UI:
        d.ethertypes[IP](d, at, length)
        return size
    if not d.options.e:
        d.put(_ends(d, start, dsap, ssap) + " ")
    if unnumbered:
        flag = _FLAGS[response | (2 if control & _POLL else 0)]
        command = control & ~_POLL
        d.put(f"Unnumbered, {token(_UNNUMBERED, command, '{:02x}')}, Flags [{flag}], length {whole}")
        if command == _XID and length > 0 and d.has(at, 1) and d.u8(at) == 0x81:
            d.put(f": {d.u8(at + 1):02x} {d.u8(at + 2):02x}")
            return size
    else:
        flag = _FLAGS[response | (2 if control & _POLL << 4 else 0)]
        if control & 1:
            d.put(f"Supervisory, {_SUPERVISORY[control >> 2 & 3]}, ")
        else:
            d.put(f"Information, send seq {control >> 1 & 0x7F}, ")
        d.put(f"rcv seq {control >> 9}, Flags [{flag}], length {whole}")
        if control & 1:
            return size
    _dump(d, whole_at)
    return size


def _ends(d: Dissection, start: int, dsap: int, ssap: int) -> str:
    """Who sends to whom, with the service access points that are not the same."""
    source, target = d.mac(start + 6), d.mac(start)
    name = token(_SAPS, dsap, "Unknown DSAP 0x{:02x}")
    if ssap == dsap:
        return f"{source} > {target} {name}"
    return f"{source} {token(_SAPS, ssap, 'Unknown SSAP 0x{:02x}')} > {target} {name}"


def _snap(d: Dissection, at: int, length: int, size: int, start: int) -> int:
    """Subnetwork access protocol: an organisation's own types, or EtherTypes."""
    d.proto = "snap"
    if d.end - at < 5 or length < 5:
        d.truncated()
        return size + d.end - at
    oui, kind = d.u24(at), d.u16(at + 3)
    name = ETHERTYPES.get(kind, "Unknown") if oui in (0, 0xF8) else "Unknown"
    what = f"{'pid' if oui else 'ethertype'} {name}"
    label = f"{what} (0x{kind:04x})"
    if d.options.e:
        d.put(f"oui {token(_OUIS, oui, 'Unknown')} (0x{oui:06x}), {label}, length {length - 5}: ")
    part = d.ethertypes.get(kind) if oui in (0, 0xF8) else None
    if part is not None:
        part(d, at + 5, length - 5)
        return size + 5
    if not d.options.e:
        d.put(f"{d.mac(start + 6)} > {d.mac(start)} SNAP, ")
        if oui:
            d.put(f"oui {token(_OUIS, oui, 'Unknown')} (0x{oui:06x}), ")
        d.put(f"{label}, length {length - 5}: ")
    _dump(d, at - size)
    return size + 5


def _dump(d: Dissection, at: int) -> None:
    if not d.options.dumps and not d.options.q:
        d.put(hex_and_ascii(d.data[at : d.end]))
