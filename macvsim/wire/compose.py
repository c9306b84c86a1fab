"""scapy composes every kind of frame, and shows any frame to people.

scapy composes a template for each shape (ARP, an IPv4 header for a protocol, an ICMP message, a TCP header), most of
them beforehand (`macvsim.wire.templates`); packets are the template with their fields patched at fixed offsets.  In
ICMP and UDP headers every field is the packet's own, so nothing but the layout is left of the template; UDP needs none.
Every field is given: scapy would otherwise fill in addresses of the machine it runs on.  `recompose` builds a frame
anew from its field values, which is how the tests know that patching gives what scapy builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.wire.ipv4 import DEFAULT_TTL, PROTO_ICMP, PROTO_IGMP, PROTO_TCP, PROTO_UDP
from macvsim.wire.templates import template

if TYPE_CHECKING:
    from scapy.packet import Packet

    from macvsim.wire._scapy import Layers

_NO_MAC = "00:00:00:00:00:00"
_NO_IP = "0.0.0.0"


def load() -> Layers:
    """scapy's layers, which most labs need none of."""
    from macvsim.wire._scapy import load

    return load()


@template
def arp_template() -> bytes:
    """An ARP packet for Ethernet, 28 bytes."""
    s = load()
    return bytes(
        s.ARP(hwtype=1, ptype=0x0800, hwlen=6, plen=4, op=1, hwsrc=_NO_MAC, psrc=_NO_IP, hwdst=_NO_MAC, pdst=_NO_IP)
    )


@template
def ipv4_template(proto: int) -> bytes:
    """A 20-byte IPv4 header for a protocol number."""
    s = load()
    return bytes(
        s.IP(
            version=4,
            ihl=5,
            tos=0,
            len=20,
            id=0,
            flags=0,
            frag=0,
            ttl=DEFAULT_TTL,
            proto=proto,
            chksum=None,
            src=_NO_IP,
            dst=_NO_IP,
        )
    )


@template
def igmp_header_template() -> bytes:
    """The 24-byte IPv4 header of IGMP, with an option that tells routers on the link to look at the packet."""
    s = load()
    alert = s.RouterAlert(copy_flag=1, optclass=0, option=20, length=4, alert=0)
    header = s.IP(
        version=4, ihl=6, tos=0xC0, len=24, id=0, flags="DF", frag=0, ttl=1, proto=PROTO_IGMP, chksum=None, src=_NO_IP,
        dst=_NO_IP, options=[alert],
    )  # fmt: skip
    return bytes(header)


@template
def icmp_template(kind: int) -> bytes:
    """An ICMP message without payload."""
    return bytes(load().ICMP(type=kind, code=0, chksum=0))[:8]


@template
def tcp_template() -> bytes:
    """A 20-byte TCP header."""
    s = load()
    tcp = s.TCP(
        sport=0, dport=0, seq=0, ack=0, dataofs=5, reserved=0, flags=0, window=0, chksum=0, urgptr=0, options=[]
    )
    return bytes(tcp)


def dissect(wire: bytes) -> Packet:
    """The scapy packet of an Ethernet frame as it is on the wire."""
    packet: Packet = load().Ether(wire)
    packet.time = 0
    return packet


def recompose(wire: bytes) -> bytes:
    """What scapy builds from the field values of a frame, all lengths and checksums computed by scapy."""
    packet = dissect(wire)
    s = load()
    layer: Packet | None = packet
    while layer is not None and layer.name != "NoPayload":
        quoted = layer.underlayer is not None and str(layer.name).endswith("in ICMP")
        if not quoted:
            for field in ("chksum", "len", "dataofs"):
                if field in layer.fields and not (isinstance(layer, s.UDP) and field == "chksum" and layer.chksum == 0):
                    del layer.fields[field]
        if isinstance(layer, s.IP) and layer.frag:
            break
        layer = layer.payload if layer.payload else None
    packet.clear_cache()
    return bytes(packet)


__all__ = [
    "PROTO_ICMP",
    "PROTO_TCP",
    "PROTO_UDP",
    "arp_template",
    "dissect",
    "icmp_template",
    "igmp_header_template",
    "ipv4_template",
    "recompose",
    "tcp_template",
]
