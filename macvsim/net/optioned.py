"""IPv4 packets with options in their headers, on their way in, through and out (net/ipv4/ip_{input,forward,output}.c).
What the options say is in net/ipoptions.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net import martians
from macvsim.net.dst import LOCAL, Dst
from macvsim.net.fibroute import Scope
from macvsim.net.ipoptions import Answer, BadOption, Options
from macvsim.net.packet import Packet
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_text
from macvsim.wire.compose import ipv4_template
from macvsim.wire.frame import HOST

if TYPE_CHECKING:
    from macvsim.net.ipv4 import Ipv4Layer
    from macvsim.net.namespace import Namespace


def arrived(layer: Ipv4Layer, packet: Packet, way: Dst) -> Dst | DropReason:
    """The options of a header: the way they let the packet go, or why it ends (ip_rcv_options)."""
    ns, dev, data = layer.ns, packet.in_dev, packet.data
    assert dev is not None
    options = packet.options = Options(data[: (data[0] & 15) * 4])
    try:
        options.compile(ns, lambda: specific_destination(ns, packet, way))
    except BadOption as bad:
        layer.count["InHdrErrors"] += 1
        _rewrite(packet, options)
        return _refuse(ns, packet, bad, DropReason.IP_OPTION)
    if options.srr:
        if not (dev.inet.conf.accept_source_route and ns.conf_all.accept_source_route):
            if martians.are_logged(ns, dev):
                src, dst = ipv4.addresses(data)
                ns.log.limited(f"IPv4: source route option {ip_text(src)} -> {ip_text(dst)}")
            return DropReason.IP_SOURCE_ROUTE
        if packet.packet_type is not HOST:
            return DropReason.IP_SOURCE_ROUTE
        try:
            led = options.follow(ns, dev, way, ipv4.addresses(data)[0])
        except BadOption as bad:
            return _refuse(ns, packet, bad, DropReason.IP_SOURCE_ROUTE)
        if led is None:
            return DropReason.IP_SOURCE_ROUTE
        way = led
    _rewrite(packet, options)
    return way


def _rewrite(packet: Packet, options: Options) -> None:
    """The packet as its options have become; nobody has computed the checksum."""
    packet.data = bytes(options.header) + packet.data[len(options.header) :]


def _refuse(ns: Namespace, packet: Packet, bad: BadOption, reason: DropReason) -> DropReason:
    ns.icmp.send_error(packet, icmp.PARAMETER_PROBLEM, 0, bad.pointer << 24)
    return reason


def forwarded(ns: Namespace, packet: Packet, options: Options, way: Dst) -> bytes:
    """The packet with the header that its options leave with."""
    data = packet.data

    def source() -> int:
        """What a packet of ours to the destination would come from (ip_rt_get_source)."""
        assert way.route is not None
        return ns.router.preferred_source(way.route, ipv4.addresses(data)[1])

    hlen = len(options.header)
    return options.forward(data[:hlen], source) + data[hlen:]


def send(
    layer: Ipv4Layer,
    proto: int,
    payload: bytes,
    way: Dst,
    dst: int,
    uid: int,
    tos: int,
    options: Answer,
    ttl: int | None = None,
    cause: Packet | None = None,
    *,
    df: bool = False,
) -> DropReason | None:
    """`Ipv4Layer.send` with options in the header; `dst` is where the packet goes in the end."""
    built = options.build(dst, way.src, layer.ns)
    target = options.target or dst
    ident = layer.next_ident(layer.idents(target, way.src, proto))
    length = ipv4.HLEN + len(built) + len(payload)
    head = ipv4.header(
        ipv4_template(proto),
        length=length,
        ident=ident,
        src=way.src,
        dst=target,
        tos=tos,
        frag=ipv4.DF if df else 0,
        ttl=layer.ns.ipv4_conf.ip_default_ttl if ttl is None else ttl,
    )
    header = ipv4.sealed(bytes((0x40 | (ipv4.HLEN + len(built)) // 4,)) + head[1:] + built)
    layer.count["OutRequests"] += 1
    return layer.local_out(header + payload, uid, way, cause)


def specific_destination(ns: Namespace, packet: Packet, way: Dst) -> int:
    """The address of ours that a packet came to, or would have (fib_compute_spec_dst)."""
    src, dst = ipv4.addresses(packet.data)
    if way.kind is LOCAL and not way.broadcast and not way.multicast:
        return dst
    route = ns.fib.lookup(src) if src else None
    if route is not None and route.dev is not None:
        return ns.router.preferred_source(route, src)
    return ns.addresses.select_source(packet.in_dev, src, Scope.UNIVERSE if src else Scope.LINK)
