"""UDP, and which protocols are told by their ports (print-udp.c)."""

from __future__ import annotations

from macvsim.wire.text import dhcp, dns, small
from macvsim.wire.text.core import Dissection
from macvsim.wire.text.packet import Packet, correction

HEADER = 8
_DNS, _MDNS, _LLMNR, _DHCP_SERVER, _DHCP_CLIENT, _SYSLOG, _VXLAN = 53, 5353, 5355, 67, 68, 514, 4789


def show(d: Dissection, packet: Packet, at: int, length: int) -> None:
    """A datagram."""
    d.proto = "udp"
    if not d.has(at, 4):
        d.put(f"{addresses(d, packet)}: " if packet.direct else "")
        d.truncated()
        return
    source, target = d.u16(at), d.u16(at + 2)
    if packet.direct:
        first, _, last = addresses(d, packet).partition(" > ")
        ends = f"{first}.{d.udp_port(source)} > {last}.{d.udp_port(target)}: "
    else:
        ends = f"{d.udp_port(source)} > {d.udp_port(target)}: "
    if length < HEADER:
        d.put(f"{ends}truncated-udp {length}")
        return
    if not d.has(at + 4, 2):
        d.put(ends)
        d.truncated()
        return
    size = d.u16(at + 4)
    if size == 0 and packet.version == 6:
        size = length  # a jumbogram
    if size < HEADER:
        d.put(f"{ends}truncated-udplength {size}")
        return
    size -= HEADER
    payload = min(length - HEADER, size)
    if not d.has(at, HEADER):
        d.put(ends)
        d.truncated()
        return
    d.put(ends)
    checked = d.options.v > 1 or (d.options.v and packet.version == 6)
    if checked and not d.options.K and not packet.fragmented:
        _checksum(d, packet, at, payload + HEADER)
    if d.options.q or not _payload(d, (source, target), at + HEADER, payload):
        room = length - HEADER
        missing = size > room and not packet.fragmented
        d.put(f"UDP, bad length {size} > {room}" if missing else f"UDP, length {size}")


def addresses(d: Dissection, packet: Packet) -> str:
    """Both ends of an IP packet."""
    if packet.version == 6:
        return f"{d.ip6(packet.at + 8)} > {d.ip6(packet.at + 24)}"
    return f"{d.ip(packet.at + 12)} > {d.ip(packet.at + 16)}"


def _checksum(d: Dissection, packet: Packet, at: int, length: int) -> None:
    field = d.u16(at + 6)
    if field == 0 and packet.version == 4:
        d.put("[no cksum] ")
    elif d.has(at, length):
        difference = packet.checksum(d.data[at : at + length], length)
        if difference:
            d.put(f"[bad udp cksum 0x{field:04x} -> 0x{correction(field, difference):04x}!] ")
        else:
            d.put("[udp sum ok] ")


def _payload(d: Dissection, ports: tuple[int, int], at: int, length: int) -> bool:
    """What the ports say is inside; False for an unknown protocol."""
    if _DNS in ports or _MDNS in ports or _LLMNR in ports:
        dns.show(d, at, length, multicast=_DNS not in ports)
    elif _DHCP_SERVER in ports or _DHCP_CLIENT in ports:
        dhcp.show(d, at, length)
    elif _SYSLOG in ports:
        small.syslog(d, at, length)
    elif ports[1] == _VXLAN:
        small.vxlan(d, at, length)
    else:
        return False
    return True
