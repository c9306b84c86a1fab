"""IPv6 in path order: receive, local, forward; send, output, fragment (net/ipv6/ip6_{input,output}.c)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast
from zlib import crc32

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import Ipvlan, l3s_child, layer3_address
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import reported
from macvsim.net.dst import ERROR, FORWARD, LOCAL
from macvsim.net.ipv6.outgoing import Outgoing6
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.route6 import Dst6, loops_back
from macvsim.net.ipv6.snmp6 import received
from macvsim.net.neigh import Confirmed
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import LOOPBACK as LOOPBACK_IP
from macvsim.wire.addr6 import SCOPE_NODE, is_link_local6, is_multicast6, multicast_scope
from macvsim.wire.compose6 import fragment_template, ipv6_template, router_alert_template
from macvsim.wire.frame import (
    BROADCAST,
    ETH_HLEN,
    HOST,
    IPV6_MIN_MTU,
    LOOPBACK,
    MULTICAST,
    OTHERHOST,
    Frame,
    PacketType,
)

if TYPE_CHECKING:
    from macvsim.net.ipv6.contracts import Net
    from macvsim.net.ipv6.stack import Ipv6

FLOW_MASK = 0xFFFFF
_FINAL = (ipv6.ICMPV6, ipv6.UDP)


class Ipv6Layer:
    """The IPv6 of one namespace above devices and below protocols."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.ns = stack.ns
        self.count = stack.snmp.ip

    def tick(self, name: str) -> None:
        """One more of what a counter counts."""
        self.ns.sim.count(self.count, name)

    # -- up: from a device ---------------------------------------------------------------------------------------------

    @reported
    def receive(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """An IPv6 frame for this namespace: validate, route, and go where the route says (ipv6_rcv)."""
        sim, count = self.ns.sim, self.count
        if packet_type is OTHERHOST:
            return sim.drop(frame.uid, dev, DropReason.OTHERHOST, frame)
        data = frame.raw[ETH_HLEN:]
        sim.count(self.stack.snmp, received(data), len(data))
        inet6 = dev.inet.inet6
        if inet6 is None or inet6.conf.disable_ipv6:
            count["InDiscards"] += 1
            return sim.drop(frame.uid, dev, DropReason.IPV6_DISABLED, frame)
        reason = self._refused(data, dev, packet_type)
        if reason is not None:
            count["InTruncatedPkts" if reason is DropReason.PKT_TOO_SMALL else "InHdrErrors"] += 1
            return sim.drop(frame.uid, dev, reason, frame)
        data = data[: ipv6.HLEN + int.from_bytes(data[4:6], "big")]
        packet = Packet6(data, frame.uid, dev, packet_type, None, frame.unkeyed)
        packet.link = frame.raw[:ETH_HLEN]
        if data[6] == ipv6.HOP_BY_HOP:
            reason = self.stack.extensions.hop_by_hop(packet)
            if reason is not None:
                return reason
        if dev.rx_handler is not None:
            child = l3s_child(dev.rx_handler, layer3_address(frame.raw, target=True))
            if child is not None:
                sim.unrepeatable()
                return self._to_child(packet, child)
        return self._route(packet)

    def _to_child(self, packet: Packet6, child: Ipvlan) -> DropReason | None:
        """A packet for an ipvlan child in mode l3s: its stack knows the way and takes it over (ipvlan_l3_rcv,
        ipvlan_nf_input).
        """
        layer: Ipv6Layer = cast("Net", child.ns).ipv6.ip6
        way = packet.way = layer.stack.router.input(ipv6.addresses(packet.data)[1], child)
        if way.kind is not LOCAL:
            return self._no_way(packet, way)
        stats = child.stats
        stats.rx_packets += 1
        stats.rx_bytes += len(packet.data) + ETH_HLEN
        packet.in_dev = child
        before = layer.count["InDelivers"]
        reason = layer.local(packet)
        self.count["InDelivers"] += layer.count["InDelivers"] - before  # they count where it came in
        layer.count["InDelivers"] = before
        return reason

    @staticmethod
    def _refused(data: bytes, dev: NetDevice, packet_type: PacketType) -> DropReason | None:
        """Why a header is not acceptable (ip6_rcv_core; RFC 4291, sections 2.5.3 and 2.7)."""
        if len(data) < ipv6.HLEN:
            return DropReason.IP_INHDR
        if data[0] >> 4 != ipv6.VERSION:
            return DropReason.IPV6_VERSION
        src, dst = ipv6.addresses(data)
        group = is_multicast6(dst)
        scope = multicast_scope(dst)
        if LOOPBACK_IP in (src, dst) and not dev.loopback:
            return DropReason.IP_INHDR
        if group and (not scope or (scope == SCOPE_NODE and not dev.loopback and packet_type is not LOOPBACK)):
            return DropReason.IP_INHDR
        linked = packet_type is MULTICAST or packet_type is BROADCAST
        if not group and linked and dev.inet.inet6.conf.drop_unicast_in_l2_multicast:
            return DropReason.IP_UNICAST_IN_L2_GROUP
        if is_multicast6(src):
            return DropReason.IP_INHDR
        return DropReason.PKT_TOO_SMALL if ipv6.HLEN + int.from_bytes(data[4:6], "big") > len(data) else None

    def _route(self, packet: Packet6) -> DropReason | None:
        dev = packet.in_dev
        assert dev is not None
        src, dst = ipv6.addresses(packet.data)
        way = self.stack.router.input(dst, dev, src)
        packet.way = way
        if not way.lasting:
            self.ns.sim.unrepeatable()
        if way.multicast:
            self.stack.snmp.received_group(len(packet.data))
        if way.kind is LOCAL:
            return self.local(packet)
        if way.kind is FORWARD:
            return self.forward(packet, way)
        return self._no_way(packet, way)

    def _no_way(self, packet: Packet6, way: Dst6) -> DropReason:
        """ip6_pkt_drop: count, and tell the sender."""
        assert packet.in_dev is not None
        reason = way.reason or DropReason.IP_INNOROUTES
        nowhere = way.kind is ERROR and not ipv6.addresses(packet.data)[1]
        if nowhere:
            reason = DropReason.IPV6_ADDRESS
        self.ns.sim.drop(packet.uid, packet.in_dev, reason)
        if way.kind is ERROR:
            self.count["InAddrErrors" if nowhere else "InNoRoutes"] += 1
            code = icmpv6.ADM_PROHIBITED if way.errno == "EACCES" else icmpv6.NO_ROUTE
            self.stack.icmp.send_error(packet, icmpv6.DEST_UNREACH, code)
        return reason

    def local(self, packet: Packet6) -> DropReason | None:
        """For this host: put fragments together, then by protocol (ip6_protocol_deliver_rcu)."""
        sim = self.ns.sim
        found = self._through_extensions(packet)
        if not isinstance(found, Packet6):
            return found
        packet, where = found, found.in_dev or self.ns
        if sim.journal is not None:
            sim.note(packet.uid, where, "local")
        if packet.proto in _FINAL:
            self.tick("InDelivers")
            handler = self.stack.icmp.receive if packet.proto == ipv6.ICMPV6 else self.stack.udp.receive
            if sim.recorder is not None:
                sim.recorder.delivered(handler, Frame(packet.link + packet.data, packet.uid), _again(handler, packet))
            return handler(packet)
        if packet.proto == ipv6.NO_NEXT:
            self.count["InDelivers"] += 1
            return sim.drop(packet.uid, where, DropReason.IPV6_NO_NEXT)
        self.count["InUnknownProtos"] += 1
        reason = sim.drop(packet.uid, where, DropReason.IP_NOPROTO)
        self.stack.icmp.send_error(packet, icmpv6.PARAMPROB, icmpv6.UNK_NEXTHDR, packet.named_at)
        return reason

    def _through_extensions(self, packet: Packet6) -> Packet6 | DropReason | None:
        """One extension header after the other: the packet, whole and with its protocol found, or why it ends, or None
        while it waits for fragments.
        """
        extensions = self.stack.extensions
        at, named = ipv6.HLEN, 6
        if packet.data[named] == ipv6.HOP_BY_HOP:  # looked at when it came in
            at, named = at + (packet.data[at + 1] + 1) * 8, at
        while True:
            proto = packet.data[named]
            if proto == ipv6.FRAGMENT:
                whole = self.stack.reassembly.add(packet, at)
                if whole is None:
                    return None
                if whole is packet:
                    at, named = at + ipv6.FRAGMENT_HLEN, at
                packet = whole
                continue
            if proto not in (ipv6.DESTINATION, ipv6.ROUTING):
                packet.proto, packet.at, packet.named_at = proto, at, named
                return packet
            reason = (extensions.destination if proto == ipv6.DESTINATION else extensions.routing)(packet, at)
            if reason is not None:
                return reason
            at, named = at + (packet.data[at + 1] + 1) * 8, at

    def forward(self, packet: Packet6, way: Dst6) -> DropReason | None:
        """Through this host, in the kernel's order (ip6_forward)."""
        sim, stack, dev, out = self.ns.sim, self.stack, packet.in_dev, way.dev
        assert dev is not None and out is not None
        data = packet.data
        if not stack.conf_all.forwarding:
            return self._not_forwarded(packet, DropReason.FORWARDING_OFF6)
        if packet.packet_type is not HOST:
            return sim.drop(packet.uid, dev, DropReason.IP_L2_GROUP)
        if data[7] <= 1:
            stack.icmp.send_error(packet, icmpv6.TIME_EXCEED, icmpv6.HOP_LIMIT)
            self.count["InHdrErrors"] += 1
            return sim.drop(packet.uid, dev, DropReason.IP_TTL)
        src, dst = ipv6.addresses(data)
        if stack.conf_all.proxy_ndp and (dev, dst) in stack.neigh.proxies.entries:
            upper = ipv6.upper(data)
            if upper is not None and upper.proto == ipv6.ICMPV6 and data[upper.at] in icmpv6.NEIGHBOUR_DISCOVERY:
                return self.local(packet)
            if is_link_local6(dst):
                return self._not_forwarded(packet, DropReason.IPV6_ADDRESS)
        if out is dev or stack.conf_all.proxy_ndp:
            sim.unrepeatable()
        if out is dev:
            stack.ndisc.redirects.maybe_send(packet, way)
        elif not src or is_multicast6(src) or src == LOOPBACK_IP:
            return self._not_forwarded(packet, DropReason.IPV6_ADDRESS)
        elif is_link_local6(src):
            stack.icmp.send_error(packet, icmpv6.DEST_UNREACH, icmpv6.NOT_NEIGHBOUR)
            return self._not_forwarded(packet, DropReason.IPV6_ADDRESS)
        self.tick("OutForwDatagrams")
        mtu = max(way.mtu, IPV6_MIN_MTU)
        if len(data) > mtu:
            stack.icmp.send_error(packet, icmpv6.PKT_TOOBIG, 0, mtu, out)
            self.count["InTooBigErrors"] += 1
            self.count["FragFails"] += 1
            return sim.drop(packet.uid, out, DropReason.PKT_TOO_BIG)
        packet.data = ipv6.decrement_hop_limit(data)
        if sim.journal is not None:
            sim.note(packet.uid, self.ns, "forward", None, (dev, out, way.nexthop))
        return self.output(packet, way)

    def _not_forwarded(self, packet: Packet6, reason: DropReason) -> DropReason:
        self.count["InAddrErrors"] += 1
        return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    # -- down: to a device ---------------------------------------------------------------------------------------------

    def send(
        self,
        proto: int,
        payload: bytes,
        way: Dst6,
        dst: int,
        uid: int,
        *,
        src: int | None = None,
        tclass: int = 0,
        hop_limit: int | None = None,
        flow: int | None = None,
        alert: bool = False,
        loop: bool = True,
    ) -> DropReason | None:
        """A locally made packet goes out along `way` (ip6_send_skb).

        src : None: the way's; flow : None: a label of its own for the conversation; alert : put a router alert before
        the payload, as multicast listener discovery must; loop : give groups of our own a copy (IPV6_MULTICAST_LOOP)
        """
        source = way.src if src is None else src
        if alert:
            payload, proto = router_alert_template(proto) + payload, ipv6.HOP_BY_HOP
        confirms = bool(self.stack.confirming) and (uid, dst) in self.stack.confirming
        shape = proto, len(payload), source, dst, tclass, hop_limit, flow, confirms, self.ns.sim.generation
        outgoing = way.outgoing
        if outgoing is None or outgoing.shape != shape:
            limit = self.hop_limit(way) if hop_limit is None else hop_limit
            label = self._flow_label(proto, source, dst) if flow is None else flow
            head = ipv6.head(ipv6_template(proto), source, dst, len(payload), limit, tclass, label)
            send = self.ns.sim.ingress(partial(self._send, way)) if outgoing is None else outgoing.send
            way.outgoing = outgoing = Outgoing6(shape, head, send)
        if way.multicast:
            return self._local_out(way, Packet6(outgoing.head[ETH_HLEN:] + payload, uid, way=way), loop=loop)
        return outgoing.send(Frame(outgoing.head + payload, uid, 0, outgoing.flow(proto, payload)))

    def _send(self, way: Dst6, frame: Frame) -> DropReason | None:
        """A packet behind the place of its Ethernet header goes out."""
        if not way.lasting:
            self.ns.sim.unrepeatable()
        return self._local_out(way, Packet6(frame.raw[ETH_HLEN:], frame.uid, None, HOST, way, frame.unkeyed))

    def send_packet(self, data: bytes, way: Dst6, uid: int) -> DropReason | None:
        """A whole packet goes out along `way`."""
        return self._local_out(way, Packet6(data, uid, way=way))

    def _local_out(self, way: Dst6, packet: Packet6, *, loop: bool = True) -> DropReason | None:
        self.tick("OutRequests")
        if self.ns.sim.journal is not None:
            self.ns.sim.note(packet.uid, self.ns, "send", None, (way.dev, way.nexthop))
        return self.output(packet, way, loop=loop)

    def route_out(self, dev: NetDevice, data: bytes, uid: int) -> DropReason | None:
        """A packet of a stacked device goes out by our routes bound to `dev`, as if it were ours, whatever its source
        (ipvlan_process_v6_outbound).
        """
        sim = self.ns.sim
        if len(data) < ipv6.HLEN:
            return sim.drop(uid, dev, DropReason.IP_INHDR)
        src, dst = ipv6.addresses(data)
        way = self.stack.router.output(dst, src, dev)
        if way.kind is ERROR:
            return sim.drop(uid, dev, way.reason or DropReason.IP_OUTNOROUTES)
        self.tick("OutRequests")
        if sim.journal is not None:
            sim.note(uid, self.ns, "send", None, (way.dev, way.nexthop))
        return self.output(Packet6(data, uid, way=way), way)

    def hop_limit(self, way: Dst6) -> int:
        """What packets begin with: the route's, the device's, 1 to groups (ip6_dst_hoplimit)."""
        if way.multicast:
            return 1
        if way.route is not None and way.route.hop_limit:
            return way.route.hop_limit
        inet6 = None if way.dev is None else way.dev.inet.inet6
        if inet6 is None:
            return self.stack.conf_all.hop_limit
        return int(inet6.conf.hop_limit if inet6.hop_limit is None else inet6.hop_limit)

    def _flow_label(self, proto: int, src: int, dst: int) -> int:
        """Something that looks random and belongs to the conversation (ip6_make_flowlabel; RFC 6437)."""
        if self.stack.conf.auto_flowlabels not in (1, 3):
            return 0
        flow = (src << 128 | dst).to_bytes(32, "big") + bytes((proto,))
        return crc32(flow, self.ns.sim.seed & 0xFFFFFFFF) & FLOW_MASK or 1

    def output(self, packet: Packet6, way: Dst6, *, loop: bool = True) -> DropReason | None:
        """Fragment if need be, then to the neighbour (ip6_output, ip6_finish_output2)."""
        sim, out = self.ns.sim, way.dev
        assert out is not None
        packet.way = way
        inet6 = out.inet.inet6
        if inet6 is None or inet6.conf.disable_ipv6:
            self.count["OutDiscards"] += 1
            return sim.drop(packet.uid, out, DropReason.IPV6_DISABLED)
        if len(packet.data) > way.mtu or (packet.fragment and packet.fragment < len(packet.data)):
            return self._fragment(packet, way, loop)
        return self._finish(packet, way, loop)

    def _finish(self, packet: Packet6, way: Dst6, loop: bool) -> DropReason | None:
        """To the next hop's neighbour entry, which sends, or keeps the packet until it can."""
        sim, out = self.ns.sim, way.dev
        assert out is not None
        if way.multicast:
            sim.unrepeatable()
            dst = ipv6.addresses(packet.data)[1]
            if loop and loops_back(way, dst):
                sim.call_at(sim._now, self._loop_back, packet.data, packet.uid, out)
                if not packet.data[7]:
                    return None
            if multicast_scope(dst) <= SCOPE_NODE and not out.loopback:
                return sim.drop(packet.uid, out, DropReason.IP_NOT_JOINED)
        sim.count(self.stack.snmp, ("sent", ""), len(packet.data))
        if packet.data[24] == 0xFF:
            self.stack.snmp.sent_group(len(packet.data))
        entry = way.neighbour
        if entry is None or entry.dead:
            if sim.recorder is not None:
                sim.recorder.once()
            entry = self.stack.neigh.create(out, way.nexthop)
            if entry is None:
                return sim.drop(packet.uid, out, DropReason.NEIGH_TABLE_FULL)
            way.neighbour = entry
        confirming = self.stack.confirming
        if confirming:
            if packet.in_dev is not None:
                sim.unrepeatable()
            if (packet.uid, ipv6.addresses(packet.data)[1]) in confirming:
                Confirmed(entry).admits(b"")
                if sim.recorder is not None:
                    sim.recorder.depends(Confirmed(entry), b"")
        return entry.output(packet)

    def _loop_back(self, data: bytes, uid: int, dev: NetDevice) -> None:
        """Our own copy of a packet to a group: in at the device it left by, unseen by captures (dev_loopback_xmit)."""
        self.ns.sim.count(self.stack.snmp, received(data), len(data))
        self._route(Packet6(data, uid, dev, LOOPBACK))

    def _fragment(self, packet: Packet6, way: Dst6, loop: bool) -> DropReason | None:
        """Cut to the MTU; only the sender of a packet may (ip6_fragment; RFC 8200, section 4.5)."""
        sim, data = self.ns.sim, packet.data
        assert way.dev is not None
        sim.unrepeatable()
        mtu = max(min(way.mtu, packet.fragment or way.mtu), IPV6_MIN_MTU)
        if packet.in_dev is not None and not packet.fragment:
            self.count["FragFails"] += 1
            return sim.drop(packet.uid, way.dev, DropReason.PKT_TOO_BIG)
        room = (mtu - ipv6.HLEN - ipv6.FRAGMENT_HLEN) & ~7
        body, ident = data[ipv6.HLEN :], sim.rng(f"ident6/{self.ns.name}").randrange(1, 1 << 32)
        for at in range(0, len(body), room):
            piece = body[at : at + room]
            head = ipv6.fragment_header(fragment_template(), data[6], at, at + room < len(body), ident)
            cut = ipv6.with_payload(data, ipv6.FRAGMENT, head + piece)
            reason = self._finish(Packet6(cut, packet.uid, packet.in_dev, packet.packet_type, way), way, loop)
            if reason is DropReason.XMIT_DROP:
                self.count["FragFails"] += 1
                return reason
            self.count["FragCreates"] += 1
            if packet.in_dev is None:
                sim.run_softirqs()
        self.count["FragOKs"] += 1
        return None


def _again(handler: Callable[[Packet6], DropReason | None], packet: Packet6) -> Callable[[Frame], DropReason | None]:
    """The function that hands another packet of the same flow to a protocol."""

    dev, packet_type, way = packet.in_dev, packet.packet_type, packet.way

    def take(frame: Frame) -> DropReason | None:
        return handler(Packet6(frame.raw[ETH_HLEN:], frame.uid, dev, packet_type, way))

    return take
