"""Raw sockets whose programs write the IP header themselves (IP_HDRINCL: net/ipv4/raw.c, net/ipv6/raw.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.errors import SocketError
from macvsim.net.snmp import OUT
from macvsim.net.socket import Socket
from macvsim.wire import ipv4, ipv6

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace


def send_ipv4(ns: Namespace, data: bytes, device: str | None = None) -> int:
    """Send a packet with its own IPv4 header (raw_send_hdrinc); returns its uid.

    The kernel computes total length and checksum, and fills in a source or an identification of 0.

    device : the packet leaves by it (SO_BINDTODEVICE)

    Raises
    ------
    SocketError : EINVAL, no whole header; EMSGSIZE, larger than the MTU, as the packet is not cut; ENETUNREACH and
        others, no route; EPERM, a rule of OUTPUT drops it; ENODEV
    """
    if len(data) < ipv4.HLEN or not ipv4.HLEN <= (data[0] & 15) * 4 <= len(data):
        raise SocketError("EINVAL")
    sock = Socket(ns)
    sock.broadcast = True
    if device is not None:
        sock.bind_device(device)
    src, dst = ipv4.addresses(data)
    way = sock.route(dst)
    if len(data) > way.mtu:
        raise SocketError("EMSGSIZE")
    header = bytearray(data[: (data[0] & 15) * 4])
    header[2:4] = len(data).to_bytes(2)
    if not src:
        header[12:16] = way.src.to_bytes(4)
    if not header[4] and not header[5]:
        source = int.from_bytes(header[12:16])
        header[4:6] = ns.ipv4.next_ident(ns.ipv4.idents(dst, source, header[9])).to_bytes(2)
    payload = data[len(header) :]
    if header[9] == ipv4.PROTO_ICMP and payload:
        ns.snmp.count_icmp(OUT | payload[0])
    uid = ns.sim.born()
    reason = ns.ipv4.local_out(ipv4.sealed(bytes(header)) + payload, uid, way, None)
    if reason is not None:
        sock.refused(reason)
    return uid


def send_ipv6(ns: Namespace, data: bytes, device: str | None = None) -> int:
    """Send a packet with its own IPv6 header, as it is (rawv6_send_hdrinc); returns its uid.

    Raises
    ------
    SocketError : as `send_ipv4`
    """
    from macvsim.net.ipv6.socket6 import Socket6

    if len(data) < ipv6.HLEN:
        raise SocketError("EINVAL")
    sock = Socket6(ns)
    if device is not None:
        sock.bind_device(device)
    way = sock.route(ipv6.addresses(data)[1])
    if len(data) > way.mtu:
        raise SocketError("EMSGSIZE")
    uid = ns.sim.born()
    ns.ipv6.ip6.send_packet(data, way, uid)
    return uid
