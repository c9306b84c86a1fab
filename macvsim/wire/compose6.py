"""scapy composes the templates of IPv6 packets; see `macvsim.wire.compose` for how they are used.

Every field is given: scapy would otherwise fill in addresses of the machine it runs on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.wire import icmpv6
from macvsim.wire.templates import template

if TYPE_CHECKING:
    from scapy.packet import Packet

    from macvsim.wire._scapy import Layers6

_NO_IP = "::"
_NO_MAC = "00:00:00:00:00:00"


def load6() -> Layers6:
    """scapy's layers of IPv6, which most labs need none of."""
    from macvsim.wire._scapy import load6

    return load6()


@template
def ipv6_template(next_header: int) -> bytes:
    """A 40-byte IPv6 header."""
    s = load6()
    return bytes(s.IPv6(version=6, tc=0, fl=0, plen=0, nh=next_header, hlim=64, src=_NO_IP, dst=_NO_IP))


@template
def router_alert_template(next_header: int) -> bytes:
    """A hop-by-hop header with a router alert and padding, 8 bytes (RFC 2711)."""
    s = load6()
    return bytes(s.HopByHop(nh=next_header, len=0, autopad=0, options=[s.RouterAlert(value=0), s.PadN(optdata=b"")]))


@template
def fragment_template() -> bytes:
    """A fragment header, 8 bytes."""
    return bytes(load6().Fragment(nh=0, res1=0, offset=0, res2=0, m=0, id=0))


@template
def icmpv6_template(kind: int) -> bytes:
    """The first 8 bytes of an ICMPv6 message."""
    s = load6()
    kinds: dict[int, Callable[[], Packet]] = {
        icmpv6.DEST_UNREACH: lambda: s.DestUnreach(code=0, cksum=0, length=0, unused=0),
        icmpv6.PKT_TOOBIG: lambda: s.PacketTooBig(code=0, cksum=0, mtu=0),
        icmpv6.TIME_EXCEED: lambda: s.TimeExceeded(code=0, cksum=0, length=0, unused=0),
        icmpv6.PARAMPROB: lambda: s.ParamProblem(code=0, cksum=0, ptr=0),
        icmpv6.ECHO_REQUEST: lambda: s.EchoRequest(code=0, cksum=0, id=0, seq=0, data=b""),
        icmpv6.ECHO_REPLY: lambda: s.EchoReply(code=0, cksum=0, id=0, seq=0, data=b""),
        icmpv6.ROUTER_SOLICIT: lambda: s.RouterSolicit(code=0, cksum=0, res=0),
        icmpv6.NEIGHBOUR_SOLICIT: lambda: s.NeighbourSolicit(code=0, cksum=0, res=0, tgt=_NO_IP),
        icmpv6.NEIGHBOUR_ADVERT: lambda: s.NeighbourAdvert(code=0, cksum=0, R=0, S=0, O=0, res=0, tgt=_NO_IP),
        icmpv6.REDIRECT: lambda: s.Redirect(code=0, cksum=0, res=0, tgt=_NO_IP, dst=_NO_IP),
        icmpv6.MLDV2_REPORT: lambda: s.MldReport2(res=0, cksum=0, reserved=0, records_number=0),
    }
    return bytes(kinds[kind]())[: icmpv6.HLEN]


@template
def link_layer_template() -> bytes:
    """A link-layer address option, 8 bytes."""
    return bytes(load6().LinkLayerOption(type=icmpv6.OPT_SOURCE_LL, len=1, lladdr=_NO_MAC))


@template
def nonce_template() -> bytes:
    """A nonce option, 8 bytes."""
    return bytes(load6().UnknownOption(type=icmpv6.OPT_NONCE, len=1, data=bytes(6)))


@template
def mld_record_template() -> bytes:
    """A multicast address record of an MLDv2 report, 20 bytes."""
    return bytes(load6().MldRecord(rtype=0, auxdata_len=0, sources_number=0, dst=_NO_IP))
