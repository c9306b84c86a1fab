"""IPv4 in path order: receive, local, forward; send, output, fragment (net/ipv4/ip_{input,forward,output}.c)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, cast

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder, reported
from macvsim.net import martians, optioned
from macvsim.net.dst import CHILD, DROP, ERROR, FORWARD, LOCAL, Dst
from macvsim.net.fibroute import RouteType
from macvsim.net.netfilter.hooks import FORWARD as AT_FORWARD
from macvsim.net.netfilter.hooks import INPUT, OUTPUT, POSTROUTING, PREROUTING
from macvsim.net.netfilter.packet import Tracked
from macvsim.net.outgoing import Outgoing, Pieces
from macvsim.net.packet import Packet
from macvsim.wire import icmp, ipv4
from macvsim.wire.compose import ipv4_template
from macvsim.wire.frame import ETH_HLEN, HOST, LOOPBACK, OTHERHOST, Frame, PacketType
from macvsim.wire.ipv4 import decrement_ttl

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace
    from macvsim.net.netfilter.core import Netfilter

Finish = Callable[[Packet], DropReason | None]

_NO_OPTIONS = 0x45
"""First byte of a header of 20 bytes."""


class Ipv4Layer:
    """The IPv4 of one namespace."""

    __slots__ = ("_idents", "count", "netfilter", "ns", "sim")

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.sim = ns.sim
        self.count = ns.snmp.ip_counters
        self.netfilter: Netfilter | None = None
        """Hooks, while anything is registered at them (net/netfilter/core.py)."""
        self._idents: dict[int, list[int]] = {}

    def tick(self, name: str) -> None:
        """One more of what a counter counts."""
        self.sim.count(self.count, name)

    # -- up: from a device ---------------------------------------------------------------------------------------------

    @reported
    def receive(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """An IPv4 frame for this namespace: validate, route, and go where the route says (ip_rcv)."""
        if packet_type is not HOST:
            unwanted = self._not_for_us(dev, frame, packet_type)
            if unwanted is not None:
                return self.sim.drop(frame.uid, dev, unwanted, frame)
        self.tick("InReceives")
        data = self._validate(frame.raw[ETH_HLEN:])
        if not isinstance(data, bytes):
            return self.sim.drop(frame.uid, dev, data, frame)
        if self.netfilter is not None:
            packet = self.netfilter.arrived(data, frame, dev, packet_type)
            return self.netfilter.run(PREROUTING, packet, dev, None, self.received)
        arrived = Packet(data, frame.uid, dev, packet_type, None, frame.unkeyed)
        arrived.link = frame.raw[:ETH_HLEN]
        return self.received(arrived)

    def _not_for_us(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """Why a packet is not taken because of its link-layer destination (RFC 1122, 3.3.6 where it is asked for)."""
        if packet_type is OTHERHOST:
            return DropReason.OTHERHOST
        if not (dev.inet.conf.drop_unicast_in_l2_multicast or self.ns.conf_all.drop_unicast_in_l2_multicast):
            return None
        dst = int.from_bytes(frame.raw[30:34], "big")
        if self.ns.address_type(dst) in (None, RouteType.BROADCAST):
            return None
        self.count["InReceives"] += 1
        return DropReason.IP_UNICAST_IN_L2_GROUP

    def received(self, packet: Packet) -> DropReason | None:
        """A packet that has passed PREROUTING: route, and go where the route says (ip_rcv_finish)."""
        assert packet.in_dev is not None
        mark = packet.mark if isinstance(packet, Tracked) else 0
        way = self.ns.router.input(packet.data[12:20], packet.in_dev, mark)
        packet.dst = way
        if not way.lasting:
            self.sim.unrepeatable()
        if packet.data[0] != _NO_OPTIONS and (way.kind is not DROP or way.errno):
            found = optioned.arrived(self, packet, way)
            if isinstance(found, DropReason):
                return self.sim.drop(packet.uid, packet.in_dev, found)
            packet.dst = way = found
        if way.kind is FORWARD:
            return self.forward(packet, way)
        if way.kind is LOCAL:
            return self.local(packet)
        if way.kind is CHILD:
            return self.local(packet, self._to_child)
        return self._no_way(packet, way)

    def _validate(self, data: bytes) -> bytes | DropReason:
        """Header checks of ip_rcv_core; the packet without padding, or what is wrong with it, counted."""
        length = int.from_bytes(data[2:4])
        hlen = (data[0] & 15) * 4 if data else 0
        reason = DropReason.IP_INHDR
        if len(data) >= ipv4.HLEN and data[0] >> 4 == 4 and ipv4.HLEN <= hlen <= len(data):
            if int.from_bytes(data[:hlen]) % 0xFFFF:  # RFC 1071
                reason = DropReason.IP_CSUM
                self.ns.snmp.ext["InCsumErrors"] += 1
            elif len(data) < length:
                self.ns.snmp.ext["InTruncatedPkts"] += 1
                return DropReason.PKT_TOO_SMALL
            elif length >= hlen:
                return data[:length]
        self.count["InHdrErrors"] += 1
        return reason

    def _no_way(self, packet: Packet, way: Dst) -> DropReason:
        """ip_error: count; and tell the sender, if we forward and it was not a silent refusal."""
        assert packet.in_dev is not None
        if way.errno == "EHOSTUNREACH" and way.kind is DROP:
            self.count["InAddrErrors"] += 1
        reason = way.reason or DropReason.IP_INNOROUTES
        if reason is DropReason.IP_RPFILTER:
            self.ns.snmp.ext["IPReversePathFilter"] += 1
        self.ns.sim.drop(packet.uid, packet.in_dev, reason)
        martians.log(self.ns, packet.in_dev, *ipv4.addresses(packet.data), reason, packet.link)
        if way.kind is ERROR:
            code = {"ENETUNREACH": icmp.NET_UNREACH, "EHOSTUNREACH": icmp.HOST_UNREACH, "EACCES": icmp.PKT_FILTERED}[
                way.errno
            ]
            if way.errno == "ENETUNREACH":
                self.ns.snmp.ext["InNoRoutes"] += 1
            self.ns.icmp.no_route(packet, code)
        return reason

    def local(self, packet: Packet, finish: Finish | None = None) -> DropReason | None:
        """For this host: put fragments together, then to its protocol (ip_local_deliver); `finish` stands for
        `deliver`.
        """
        data = packet.data
        if data[6] & 0x3F or data[7]:
            if self.sim.recorder is not None:
                self._report_delivery(self.sim.recorder, partial(self.local, finish=finish), packet)
            whole = self.ns.reassembly.add(packet)
            if whole is None:
                return None
            packet = whole
        if self.netfilter is not None:
            return self.netfilter.run(INPUT, packet, packet.in_dev, None, finish or self.deliver)
        return self.deliver(packet) if finish is None else finish(packet)

    def deliver(self, packet: Packet) -> DropReason | None:
        """A whole packet that has passed INPUT, to its protocol (ip_local_deliver_finish)."""
        self.tick("InDelivers")
        if self.sim.journal is not None:
            self.sim.note(packet.uid, packet.in_dev or self.ns, "local")
        handler = self.protocol(packet.data[9])
        if self.sim.recorder is not None:
            self._report_delivery(self.sim.recorder, handler, packet)
        return handler(packet)

    @staticmethod
    def _report_delivery(recorder: Recorder, handler: Finish, packet: Packet) -> None:
        in_dev, packet_type, dst = packet.in_dev, packet.packet_type, packet.dst

        def take(frame: Frame) -> DropReason | None:
            arrived = copy(packet) if isinstance(packet, Tracked) else Packet(b"", 0, in_dev, packet_type, dst)
            arrived.data, arrived.uid = frame.raw[ETH_HLEN:], frame.uid
            arrived.link = frame.raw[:ETH_HLEN]
            return handler(arrived)

        recorder.delivered(handler, Frame(packet.link + packet.data, packet.uid), take)

    def protocol(self, number: int) -> Finish:
        """Who takes packets of a protocol for this host."""
        if number == ipv4.PROTO_ICMP:
            return self.ns.icmp.receive
        if number == ipv4.PROTO_UDP:
            return self.ns.udp.receive
        if number == ipv4.PROTO_TCP:
            return self.ns.receive_tcp
        if number == ipv4.PROTO_IGMP:
            from macvsim.net import igmp  # a ping does not load it

            return partial(igmp.receive, self.ns)
        return self.unknown_protocol

    def unknown_protocol(self, packet: Packet) -> DropReason:
        self.count["InDelivers"] -= 1
        self.count["InUnknownProtos"] += 1
        reason = self.sim.drop(packet.uid, packet.in_dev or self.ns, DropReason.IP_NOPROTO)
        self.ns.icmp.send_error(packet, icmp.DEST_UNREACH, icmp.PROT_UNREACH)
        return reason

    def _to_child(self, packet: Packet) -> DropReason | None:
        """A whole packet that has passed INPUT goes on in an ipvlan child's hands, in mode l3s (ipvlan_nf_input)."""
        way = packet.dst
        assert way is not None and way.dev is not None
        self.sim.unrepeatable()
        child = way.dev
        child.count_received(len(packet.data) + ETH_HLEN)
        packet.in_dev = child
        layer = cast("Namespace", child.ns).ipv4
        self.count["InDelivers"] += 1
        layer.count["InDelivers"] -= 1  # it counts where it came in
        return layer.deliver(packet)

    def forward(self, packet: Packet, way: Dst) -> DropReason | None:
        """Through this host, in the kernel's order (ip_forward)."""
        ns = self.ns
        sim = ns.sim
        dev = packet.in_dev
        assert dev is not None and way.dev is not None
        data = packet.data
        if packet.packet_type is not HOST:
            return sim.drop(packet.uid, dev, DropReason.IP_L2_GROUP)
        if data[8] <= 1:
            self.count["InHdrErrors"] += 1
            reason = sim.drop(packet.uid, dev, DropReason.IP_TTL)
            ns.icmp.send_error(packet, icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED)
            return reason
        options = packet.options
        if options is not None and options.strict and way.nexthop != (options.nexthop or ipv4.addresses(data)[1]):
            reason = sim.drop(packet.uid, dev, DropReason.IP_SOURCE_ROUTE)
            ns.icmp.send_error(packet, icmp.DEST_UNREACH, icmp.SR_FAILED)
            return reason
        self.tick("ForwDatagrams")
        mtu = way.mtu
        if len(data) > mtu and data[6] & 0x40:
            self.count["FragFails"] += 1
            reason = sim.drop(packet.uid, way.dev, DropReason.PKT_TOO_BIG)
            ns.icmp.send_error(packet, icmp.DEST_UNREACH, icmp.FRAG_NEEDED, mtu)
            return reason
        packet.data = decrement_ttl(data)
        if way.do_redirect:
            sim.unrepeatable()
            ns.icmp.send_redirect(packet, way)
        if self.netfilter is not None:
            return self.netfilter.run(AT_FORWARD, packet, dev, way.dev, self._forwarded)
        return self._forwarded(packet)

    def _forwarded(self, packet: Packet) -> DropReason | None:
        """A packet that has passed FORWARD (ip_forward_finish)."""
        ns = self.ns
        way = packet.dst
        assert way is not None
        if packet.options is not None:
            packet.data = optioned.forwarded(ns, packet, packet.options, way)
        if ns.sim.journal is not None:
            ns.sim.note(packet.uid, ns, "forward", None, (packet.in_dev, way.dev, way.nexthop))
        return self.output(packet, way)

    # -- down: to a device ---------------------------------------------------------------------------------------------

    def send(
        self,
        proto: int,
        payload: bytes,
        way: Dst,
        dst: int,
        uid: int,
        tos: int = 0,
        ttl: int | None = None,
        df: bool = False,
        ident: int | None = None,
        cause: Packet | None = None,
    ) -> DropReason | None:
        """A locally made packet goes out along `way`, from the way's source (ip_push_pending_frames, ip_local_out).

        df : set DF where the packet fits the MTU, as sockets do by default (IP_PMTUDISC_WANT); ident : None takes the
        next one; cause : the packet that this one is an error about, whose connection it belongs to (nf_ct_attach)
        """
        return self.outgoing(way, dst, proto, ttl, tos).send(payload, uid, df, ident, cause)

    def outgoing(self, way: Dst, dst: int, proto: int, ttl: int | None, tos: int) -> Outgoing:
        """Packets of one kind along `way`."""
        kind = proto | tos << 8 | (0 if ttl is None else ttl + 1) << 16
        outgoing = way.outgoing
        while outgoing is not None:
            if outgoing.kind == kind:
                return outgoing
            outgoing = outgoing.earlier
        hops = ttl
        if hops is None:
            hops = 1 if way.multicast else self.ns.ipv4_conf.ip_default_ttl
        if way.neighbour is None and way.dev is not None and not way.loops:
            way.neighbour = self.ns.neigh.lookup(way.dev, way.nexthop)
        idents = self.idents(dst, way.src, proto)
        head = ipv4.head(ipv4_template(proto), way.src, dst, tos, hops)
        way.outgoing = outgoing = Outgoing(self, way, kind, head, idents)
        return outgoing

    def idents(self, dst: int, src: int, proto: int) -> list[int]:
        """The counter of packets with these in their headers, which starts anywhere (__ip_select_ident)."""
        key = (dst << 32 | src) << 8 | proto
        idents = self._idents.get(key)
        if idents is None:
            start = self.sim.number(f"ident/{self.ns.name}/{src}/{dst}/{proto}", 0x7FFF)
            idents = self._idents[key] = [start]
        return idents

    def next_ident(self, idents: list[int]) -> int:
        """Of one of these counters; never 0."""
        if self.sim.recorder is not None:
            self.sim.recorder.identified(idents)
        idents[0] = ident = idents[0] % 0xFFFF + 1
        return ident

    def local_out(
        self, data: bytes, uid: int, way: Dst, cause: Packet | None, flow: bytes | None = b""
    ) -> DropReason | None:
        """A packet of ours, to OUTPUT and out (ip_local_out)."""
        if self.sim.journal is not None:
            self.sim.note(uid, self.ns, "send", None, (way.dev, way.nexthop))
        if self.netfilter is not None:
            packet = Packet(data, uid, None, HOST, way, flow)
            if cause is not None:
                packet = self.netfilter.attached(data, uid, way, cause)
            return self.netfilter.run(OUTPUT, packet, None, way.dev, self.dst_output)
        reason = self.output(Packet(data, uid, None, HOST, way, flow), way)
        if reason is not None and reason is DropReason.XMIT_DROP:
            self.count["OutDiscards"] += 1
        return reason

    def route_out(self, dev: NetDevice, data: bytes, uid: int) -> DropReason | None:
        """A packet of a stacked device goes out by our routes bound to `dev`, as if it were ours, whatever its source
        (ipvlan_process_v4_outbound).
        """
        sim = self.ns.sim
        if not 20 <= len(data) <= 0xFFFF:  # its length has 16 bits
            return sim.drop(uid, dev, DropReason.IP_INHDR if len(data) < 20 else DropReason.PKT_TOO_BIG)
        src, dst = ipv4.addresses(data)
        way = self.ns.router.output(dst, src, dev, True)
        if way.kind is ERROR:
            return sim.drop(uid, dev, way.reason or DropReason.IP_OUTNOROUTES)
        if way.broadcast or way.multicast:
            return sim.drop(uid, dev, DropReason.IPVLAN_NO_GROUPS)
        data = ipv4.with_frag(data, len(data), data[6] << 8 | data[7]) + data[(data[0] & 15) * 4 :]
        return self.send_packet(data, way, uid)

    def send_packet(self, data: bytes, way: Dst, uid: int) -> DropReason | None:
        """A whole packet goes out along `way` (ip_local_out)."""
        sim = self.ns.sim
        self.tick("OutRequests")
        if sim.journal is not None:
            sim.note(uid, self.ns, "send", None, (way.dev, way.nexthop))
        packet = Packet(data, uid, dst=way)
        if self.netfilter is not None:
            return self.netfilter.run(OUTPUT, packet, None, way.dev, self.dst_output)
        return self.output(packet, way)

    def output(self, packet: Packet, way: Dst) -> DropReason | None:
        """Fragment if need be, then to the neighbour (ip_output, ip_mc_output, ip_finish_output)."""
        packet.dst = way
        netfilter = self.netfilter
        if way.loops:
            self.sim.unrepeatable()
            copy = Packet(packet.data, packet.uid, way.dev, LOOPBACK, way)
            if netfilter is None:
                self._loop_back(copy)
            else:
                netfilter.run(POSTROUTING, netfilter.same_connection(copy, packet), None, way.dev, self._loop_back)
        if netfilter is not None:
            return netfilter.run(POSTROUTING, packet, packet.in_dev, way.dev, self._leave)
        if len(packet.data) > way.mtu:
            return self._fragment(packet, way)
        return self._finish(packet, way)

    def dst_output(self, packet: Packet) -> DropReason | None:
        """A packet of ours that has passed OUTPUT, where its way may have changed (dst_output)."""
        assert packet.dst is not None
        return self.output(packet, packet.dst)

    def _leave(self, packet: Packet) -> DropReason | None:
        """A packet that has passed POSTROUTING (ip_finish_output); put together from fragments, it leaves in pieces no
        larger than those.
        """
        way = packet.dst
        assert way is not None
        if isinstance(packet, Tracked) and packet.longest:
            return self._fragment(packet, way, min(packet.longest, way.mtu))
        if len(packet.data) > way.mtu:
            return self._fragment(packet, way)
        return self._finish(packet, way)

    def _loop_back(self, packet: Packet) -> None:
        """Our own copy of a packet to a group comes in at the device it left by (dev_loopback_xmit)."""
        self.ns.sim.call_at(self.ns.sim._now, self._looped, packet)

    def _looped(self, packet: Packet) -> DropReason | None:
        """That copy, unseen by captures."""
        self.count["InReceives"] += 1
        if self.netfilter is not None:
            return self.netfilter.run(PREROUTING, packet, packet.in_dev, None, self.local)
        return self.local(packet)

    def _finish(self, packet: Packet, way: Dst) -> DropReason | None:
        """ip_finish_output2: the next hop's neighbour entry sends, or keeps the packet until it can."""
        self.tick("OutTransmits")
        entry = way.neighbour
        if entry is None or entry.dead:
            if self.sim.recorder is not None:
                self.sim.recorder.once()
            assert way.dev is not None
            entry = self.ns.neigh.create(way.dev, way.nexthop)
            if entry is None:
                return self.sim.drop(packet.uid, way.dev, DropReason.NEIGH_TABLE_FULL)
            way.neighbour = entry
        return entry.output(packet)

    def _pieces(self, way: Dst, packet: Packet) -> Pieces:
        """Fragments of packets like this one along `way`."""
        outgoing = way.outgoing
        while outgoing is not None and not isinstance(outgoing, Pieces):
            outgoing = outgoing.earlier
        if outgoing is None:
            in_dev, packet_type = packet.in_dev, packet.packet_type

            def take(frame: Frame) -> DropReason | None:
                data = frame.raw[ETH_HLEN:]
                return self._finish(Packet(data, frame.uid, in_dev, packet_type, way, frame.unkeyed), way)

            way.outgoing = outgoing = Pieces(self, way, take)
        return outgoing

    def _fragment(self, packet: Packet, way: Dst, mtu: int = 0) -> DropReason | None:
        """Cut to the MTU, or to less if `mtu` says so (ip_fragment)."""
        data = packet.data
        sim = self.ns.sim
        assert way.dev is not None
        sim.unrepeatable()
        if data[6] & 0x40:
            self.count["FragFails"] += 1
            sim.drop(packet.uid, way.dev, DropReason.PKT_TOO_BIG)
            self.ns.icmp.send_error(packet, icmp.DEST_UNREACH, icmp.FRAG_NEEDED, way.mtu)
            return DropReason.PKT_TOO_BIG
        pieces = self._pieces(way, packet)
        for piece in pieces.cut(packet, mtu or way.mtu):
            reason = pieces.take(piece)
            if reason is DropReason.XMIT_DROP:
                self.count["FragFails"] += 1
                return reason
            self.count["FragCreates"] += 1
            if packet.in_dev is None:
                sim.run_softirqs()
        self.count["FragOKs"] += 1
        return None
