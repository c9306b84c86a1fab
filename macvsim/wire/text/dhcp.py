"""BOOTP and DHCP (print-bootp.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, Truncated, flags_text, printable, token

_OPERATIONS = {1: "Request", 2: "Reply"}
_FLAGS = ((0x8000, "Broadcast"),)
_MESSAGES = {1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "ACK", 6: "NACK", 7: "Release", 8: "Inform"}
_COOKIE = bytes((99, 130, 83, 99))
_HARDWARE = {1: "ether", 6: "ieee802", 7: "arcnet", 15: "frelay", 23: "strip", 24: "ieee1394"}
_OVERLOAD = {1: "file", 2: "sname", 3: "file+sname"}
_OPTIONS = {
    0: " PAD", 1: "iSubnet-Mask", 2: "LTime-Zone", 3: "iDefault-Gateway", 4: "iTime-Server", 5: "iIEN-Name-Server",
    6: "iDomain-Name-Server", 7: "iLOG", 8: "iCS", 9: "iLPR-Server", 10: "iIM", 11: "iRL", 12: "aHostname", 13: "sBS",
    14: "aDP", 15: "aDomain-Name", 16: "iSS", 17: "aRP", 18: "aEP", 19: "BIPF", 20: "BSRT", 21: "pPF", 22: "sRSZ",
    23: "bTTL", 24: "lMTU-Timeout", 25: "sMTU-Table", 26: "sMTU", 27: "BLSN", 28: "iBR", 29: "BMD", 30: "BMS",
    31: "BRouter-Discovery", 32: "iRSA", 33: "pStatic-Route", 34: "BUT", 35: "lAT", 36: "BIE", 37: "bTT", 38: "lKI",
    39: "BKG", 40: "aYD", 41: "iYS", 42: "iNTP", 43: "bVendor-Option", 44: "iNetbios-Name-Server", 45: "iWDD",
    46: "$Netbios-Node", 47: "aNetbios-Scope", 48: "iXFS", 49: "iXDM", 50: "iRequested-IP", 51: "lLease-Time",
    52: "$OO", 53: " DHCP-Message", 54: "iServer-ID", 55: "bParameter-Request", 56: "aMSG", 57: "sMSZ", 58: "lRN",
    59: "lRB", 60: "aVendor-Class", 61: "$Client-ID", 64: "sN+D", 65: "iN+S", 66: "aTFTP", 67: "aBF", 68: "iMH",
    69: "iSMTP", 70: "iPOP3", 71: "iNNTP", 72: "iWWW", 73: "iFG", 74: "iIRC", 75: "iSTS", 76: "iSTDA",
    77: "$User-Class", 81: "$FQDN", 82: "$Agent-Information", 119: "$Domain-Search", 121: "$Classless-Static-Route",
    255: " END",
}  # fmt: skip
_VENDOR = 236
_END = 255


def show(d: Dissection, at: int, length: int) -> None:
    """A message; what it says is shown with ``-v``."""
    d.proto = "bootp"
    d.put(f"BOOTP/DHCP, {token(_OPERATIONS, d.u8(at), 'unknown (0x{:02x})')}")
    operation, hardware, size = d.u8(at), d.u8(at + 1), d.u8(at + 2)
    ethernet = hardware == 1 and size == 6
    if ethernet and operation == 1:
        d.put(f" from {d.mac(at + 28)}")
    d.put(f", length {length}")
    if not d.options.v:
        return
    d.need(at + 8, 2)
    if hardware != 1:
        d.put(f", htype {hardware}")
    if not ethernet:
        d.put(f", hlen {size}")
    for name, value in (("hops", d.u8(at + 3)), ("xid", d.u32(at + 4)), ("secs", d.u16(at + 8))):
        if value:
            d.put(f", {name} 0x{value:x}" if name == "xid" else f", {name} {value}")
    flags = d.u16(at + 10)
    d.put(f", Flags [{flags_text(_FLAGS, flags)}]")
    if d.options.v > 1:
        d.put(f" (0x{flags:04x})")
    for place, name in ((12, "Client"), (16, "Your"), (20, "Server"), (24, "Gateway")):
        if d.u32(at + place):
            d.put(f"\n\t  {name}-IP {d.ip(at + place)}")
    if ethernet:
        d.put(f"\n\t  Client-Ethernet-Address {d.mac(at + 28)}")
    for place, name, room in ((44, "sname", 64), (108, "file", 128)):
        if d.u8(at + place):
            text = d.take(at + place, room).partition(b"\0")[0]
            d.put(f'\n\t  {name} "{printable(text)}"')
    if d.take(at + _VENDOR, 4) == _COOKIE:
        _options(d, at + _VENDOR)
    elif d.u32(at + _VENDOR):
        d.put(f"\n\t  Vendor-#0x{d.u32(at + _VENDOR):x}")


def _options(d: Dissection, at: int) -> None:
    d.put("\n\t  Vendor-rfc1048 Extensions")
    d.put(f"\n\t    Magic Cookie 0x{d.u32(at):08x}")
    at += 4
    while d.has(at, 1):
        tag = d.u8(at)
        at += 1
        if d.options.v < 3 and tag == 0:
            continue
        if d.options.v < 3 and tag == _END:
            return
        name = _OPTIONS.get(tag, "?Unknown")
        size = 0
        if tag not in (0, _END):
            size = d.u8(at)
            at += 1
        d.put(f"\n\t    {name[1:]} ({tag}), length {size}{': ' if size else ''}")
        if tag == 0:
            count = 1
            while d.has(at, 1) and d.u8(at) == 0:
                at, count = at + 1, count + 1
            if count > 1:
                d.put(f", occurs {count}")
        if not d.has(at, size):
            d.put(f"[|rfc1048 {size}]")
            return
        _value(d, tag, name[0], at, size)
        at += size


def _value(d: Dissection, tag: int, kind: str, at: int, size: int) -> None:
    """What an option says."""
    if tag == 53 and size == 1:
        d.put(token(_MESSAGES, d.u8(at), "Unknown ({})"))
        return
    if tag == 55:
        for number in range(size):
            wanted = d.u8(at + number)
            d.put("\n\t      " if number % 4 == 0 else ", ")
            d.put(f"{_OPTIONS.get(wanted, '?Unknown')[1:]} ({wanted})")
        return
    if kind == "?":
        kind = "b" if size & 1 else "s" if size & 2 else "l"
    match kind:
        case "a":
            d.put(f'"{printable(d.take(at, size))}"')
        case "i":
            d.put(",".join(d.ip(place) for place in range(at, at + size - 3, 4)))
        case "l":
            d.put(",".join(str(d.u32(place)) for place in range(at, at + size - 3, 4)))
        case "L":
            d.put(",".join(str((d.u32(p) ^ 1 << 31) - (1 << 31)) for p in range(at, at + size - 3, 4)))
        case "p":
            d.put(",".join(f"({d.ip(p)}:{d.ip(p + 4)})" for p in range(at, at + size - 7, 8)))
        case "s":
            d.put(",".join(str(d.u16(place)) for place in range(at, at + size - 1, 2)))
        case "B":
            d.put(",".join({0: "N", 1: "Y"}.get(byte, f"{byte}?") for byte in d.take(at, size)))
        case "$":
            _special(d, tag, at, size)
        case " ":
            pass
        case _:
            d.put(".".join(str(byte) for byte in d.take(at, size)))


def _special(d: Dissection, tag: int, at: int, size: int) -> None:
    if size < 1:
        d.put("ERROR: length < 1 bytes")
        return
    match tag:
        case 61:
            kind = d.u8(at)
            if kind == 0:
                d.put(f'"{printable(d.take(at + 1, size - 1))}"')
            elif kind == 255 and size >= 9:
                d.put(f"hardware-type {kind}, {d.take(at + 1, size - 1).hex(':')}")
            elif kind == 1 and size == 7:
                d.put(f"ether {d.take(at + 1, 6).hex(':')}")
            else:
                d.put(f"{token(_HARDWARE, kind, 'hardware-type {},')} {d.take(at + 1, size - 1).hex(':')}")
        case 52:
            d.put(token(_OVERLOAD, d.u8(at), "#{}"))
        case 121:
            _routes(d, at, size)
        case _:
            d.put(".".join(str(byte) for byte in d.take(at, size)))


def _routes(d: Dissection, at: int, size: int) -> None:
    """Routes with prefix lengths (RFC 3442)."""
    if size < 5:
        d.put("ERROR: length < 5 bytes")
        return
    end, separator = at + size, ""
    while at < end:
        plen = d.u8(at)
        if plen > 32:
            d.put(" bad width 0")
            return
        count = (plen + 7) // 8
        if at + 1 + count + 4 > end:
            raise Truncated
        shown = ".".join(str(byte) for byte in d.take(at + 1, count).ljust(4, b"\0"))
        d.put(f"{separator}({'default' if plen == 0 else f'{shown}/{plen}'}:{d.ip(at + 1 + count)})")
        at, separator = at + 1 + count + 4, ","
