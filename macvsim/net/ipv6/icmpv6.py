"""ICMPv6: echo, errors with Linux's rate limits (net/ipv6/icmp.c; RFC 4443)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder, Subject, reported
from macvsim.net.dst import ERROR
from macvsim.net.exceptions import BURST, Peer
from macvsim.net.ipv6.address import select_source
from macvsim.net.ipv6.packet import REFUSED_BELOW, Packet6
from macvsim.net.ipv6.route6 import Dst6
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import is_multicast6, needs_zone
from macvsim.wire.compose6 import icmpv6_template
from macvsim.wire.flow import MESSAGE6
from macvsim.wire.frame import ETH_HLEN, HOST, IPV6_MIN_MTU, Frame

if TYPE_CHECKING:
    from macvsim.net.ipv6.socket6 import RawIcmp6Socket
    from macvsim.net.ipv6.stack import Ipv6

_DISCOVERY = range(icmpv6.ROUTER_SOLICIT, icmpv6.REDIRECT + 1)
_LISTENERS = (icmpv6.MLD_QUERY, icmpv6.MLD_REPORT, icmpv6.MLD_DONE, icmpv6.MLDV2_REPORT)


class Icmpv6Layer(Subject):
    """The ICMPv6 of one namespace."""

    def __init__(self, stack: Ipv6) -> None:
        self.version = 0
        self.stack = stack
        self.ns = stack.ns
        self.sockets: list[RawIcmp6Socket] = []
        self.peers: dict[int, Peer] = {}

    # -- receiving -----------------------------------------------------------------------------------------------------

    @reported
    def receive(self, packet: Packet6) -> DropReason | None:
        """A message for this host (icmpv6_rcv): raw sockets get a copy of what they want, then the kernel acts."""
        snmp, sim = self.stack.snmp, self.ns.sim
        if sim.recorder is not None:
            self._report(sim.recorder, packet)
        where = packet.in_dev or self.ns
        message = packet.data[packet.at :]
        src, dst = ipv6.addresses(packet.data)
        valid = len(message) >= 4 and icmpv6.is_valid(src, dst, message)
        heard = False
        if valid:
            for sock in self.sockets:
                heard = sock.icmp_receive(packet, message) or heard
        if len(message) < icmpv6.HLEN or not valid:
            snmp.icmp["InMsgs"] += 1
            snmp.icmp["InErrors"] += 1
            if not valid:
                snmp.icmp["InCsumErrors"] += 1
                return sim.drop(packet.uid, where, DropReason.ICMP_CSUM)
            return sim.drop(packet.uid, where, DropReason.ICMP_MALFORMED)
        kind = message[0]
        sim.count(snmp, ("in", kind))
        if kind == icmpv6.ECHO_REQUEST:
            return self._echo(packet, message)
        if kind in _DISCOVERY:
            return self.stack.ndisc.receive(packet, message)
        if kind in icmpv6.ERRORS:
            return self._error_received(packet, message)
        if kind in _LISTENERS:
            return self.stack.addrconf.groups.receive(packet, message)
        if not kind & icmpv6.INFORMATIONAL:
            return self._error_received(packet, message)
        if heard:
            return None
        return (
            self.unheard(packet) if kind == icmpv6.ECHO_REPLY else sim.drop(packet.uid, where, DropReason.ICMP6_UNKNOWN)
        )

    def unheard(self, packet: Packet6) -> DropReason:
        """An echo reply that no program waits for."""
        return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, DropReason.PING_NO_SOCKET)

    def _report(self, recorder: Recorder, packet: Packet6) -> None:
        """Requests that no program hears are answered alike; replies are counted, and go to the sockets."""
        kind = packet.data[packet.at]
        if kind in (icmpv6.ECHO_REQUEST, icmpv6.NEIGHBOUR_SOLICIT):
            recorder.depends(self, self.version)
            if any(sock.kinds is None or kind in sock.kinds for sock in self.sockets):
                recorder.forbid()
            return
        if kind == icmpv6.ECHO_REPLY:
            recorder.counted(self.stack.snmp, ("in", kind), 0)
            recorder.delivered(self.unheard, Frame(packet.link + packet.data, packet.uid), self._replies(packet))
        recorder.forbid()

    def _replies(self, packet: Packet6) -> Callable[[Frame], DropReason | None]:
        """The function that hands replies like this one to the sockets, once they are counted."""
        dev, packet_type, way = packet.in_dev, packet.packet_type, packet.way

        def take(frame: Frame) -> DropReason | None:
            heard, message = False, frame.raw[MESSAGE6:]
            arrived = Packet6(frame.raw[ETH_HLEN:], frame.uid, dev, packet_type, way)
            for sock in self.sockets:
                heard = sock.icmp_receive(arrived, message) or heard
            return None if heard else self.unheard(arrived)

        return take

    def _echo(self, packet: Packet6, message: bytes) -> DropReason | None:
        """Answer from the address that was asked, from another one if it was a group (icmpv6_echo_reply)."""
        stack, conf = self.stack, self.stack.icmp_conf
        src, dst = ipv6.addresses(packet.data)
        group = is_multicast6(dst)
        anycast = packet.way is not None and packet.way.anycast
        if (
            conf.echo_ignore_all
            or (group and conf.echo_ignore_multicast)
            or (anycast and conf.echo_ignore_anycast)
        ):  # fmt: skip
            return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, DropReason.ICMP_ECHO_IGNORED)
        own = not group and (not anycast or bool(stack.conf.anycast_src_echo_reply))
        way = stack.router.output(src, dst if own else 0, self.interface(packet))
        if not way.lasting:
            self.ns.sim.unrepeatable()
        if way.kind is ERROR:
            stack.snmp.ip["OutNoRoutes"] += 1
            return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, DropReason.IP_OUTNOROUTES)
        rest = int.from_bytes(message[4:8], "big")
        reply = icmpv6.message(
            icmpv6_template(icmpv6.ECHO_REPLY), icmpv6.ECHO_REPLY, message[1], rest, message[icmpv6.HLEN :]
        )
        return self.send(reply, way, src, self.ns.sim.born(packet.uid), tclass=ipv6.traffic_class(packet.data))

    def interface(self, packet: Packet6) -> NetDevice | None:
        """The device a packet belongs to: what came in by lo belongs to the device of its address (icmp6_iif)."""
        dev = packet.in_dev
        if dev is not None and dev.loopback and packet.way is not None and packet.way.route is not None:
            return packet.way.route.dev
        return dev

    def _error_received(self, packet: Packet6, message: bytes) -> DropReason | None:
        """An error about a packet of ours: learn from it, tell the socket that sent the packet (icmpv6_notify)."""
        stack, where = self.stack, packet.in_dev or self.ns
        quoted = message[icmpv6.HLEN :]
        upper = ipv6.upper(quoted) if len(quoted) >= ipv6.HLEN else None
        if upper is None or len(quoted) < upper.at + 8:
            stack.snmp.icmp["InErrors"] += 1
            reason = DropReason.IPV6_BAD_EXTHDR if upper is None else DropReason.ICMP_MALFORMED
            if len(quoted) < ipv6.HLEN:
                too_big = message[0] == icmpv6.PKT_TOOBIG
                reason = DropReason.ICMP_BAD_QUOTE if too_big else DropReason.ICMP_MALFORMED
            return self.ns.sim.drop(packet.uid, where, reason)
        _, target = ipv6.addresses(quoted)
        if message[0] == icmpv6.PKT_TOOBIG:
            mtu = max(int.from_bytes(message[4:8], "big"), IPV6_MIN_MTU)
            stack.exceptions.learn_mtu(target, mtu)
            stack.router.forget()
        heard = False
        if upper.proto == ipv6.UDP:
            heard = stack.udp.error(packet, message, quoted, upper.at)
            stack.snmp.icmp["InErrors"] += not heard
        for sock in self.sockets:
            heard = sock.icmp_error(packet, message, quoted, upper) or heard
        return None if heard else self.ns.sim.drop(packet.uid, where, DropReason.ICMP_NO_LISTENER)

    # -- sending -------------------------------------------------------------------------------------------------------

    def send(
        self,
        message: bytes,
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
        """Send a message, whose checksum is written now; the words are those of `Ipv6Layer.send`."""
        source = way.src if src is None else src
        self.ns.sim.count(self.stack.snmp, ("out", message[0]))
        reason = self.stack.ip6.send(
            ipv6.ICMPV6,
            icmpv6.sealed(source, dst, message),
            way,
            dst,
            uid,
            src=source,
            tclass=tclass,
            hop_limit=hop_limit,
            flow=flow,
            alert=alert,
            loop=loop,
        )
        if reason in REFUSED_BELOW:
            if way.route is None:  # neighbour and listener discovery count what went out
                self.stack.snmp.out_types[message[0]] -= 1
            if way.route is not None or message[0] in _LISTENERS:
                self.stack.snmp.ip["OutDiscards"] += 1
        return reason

    def send_error(self, packet: Packet6, kind: int, code: int, info: int = 0, via: NetDevice | None = None) -> None:
        """Tell the sender of `packet` what happened to it, unless the rules forbid (icmp6_send; RFC 4443, 2.4).

        via : the device to speak for, by default the one the packet came in by
        """
        stack = self.stack
        data = packet.data
        src, dst = ipv6.addresses(data)
        dev = via or packet.in_dev or (packet.way.dev if packet.way is not None else None)
        source = dst if stack.answers_for(dst, dev) else 0
        if is_multicast6(dst) or packet.packet_type is not HOST:
            if kind != icmpv6.PKT_TOOBIG and not (kind == icmpv6.PARAMPROB and code == icmpv6.UNK_OPTION):
                return
            source = 0
        if not src or is_multicast6(src) or self._is_error(data):
            return
        if dev is not None and not dev.loopback and stack.icmp_conf.limits(kind) and not self.ns.icmp.global_allows():
            self._limited(packet)
            return
        oif = dev if needs_zone(src) else None
        if not source and packet.in_dev is not None and not self._has_preferred_source(src, oif):
            source = select_source(self.ns.devices.values(), packet.in_dev, src) or 0
        way = stack.router.output(src, source, oif)
        if way.kind is ERROR:
            return
        if not self._peer_allows(kind, way, src):
            stack.snmp.icmp["OutRateLimitHost"] += 1
            self._limited(packet)
            return
        room = IPV6_MIN_MTU - ipv6.HLEN - icmpv6.HLEN
        message = icmpv6.message(icmpv6_template(kind), kind, code, info, data[:room])
        self.send(message, way, src, self.ns.sim.born(packet.uid))

    def _has_preferred_source(self, dst: int, oif: NetDevice | None) -> bool:
        """icmpv6_rt_has_prefsrc."""
        way = self.stack.router.output(dst, 0, oif)
        return way.route is not None and bool(way.route.src)

    @staticmethod
    def _is_error(data: bytes) -> bool:
        """Errors are not answered with errors (is_ineligible)."""
        upper = ipv6.upper(data)
        if upper is None or upper.proto != ipv6.ICMPV6 or upper.offset:
            return False
        return len(data) <= upper.at or not data[upper.at] & icmpv6.INFORMATIONAL

    def _peer_allows(self, kind: int, way: Dst6, target: int) -> bool:
        """Limit per host, wider for short prefixes (icmpv6_xrlim_allow)."""
        conf, sim = self.stack.icmp_conf, self.ns.sim
        if not conf.limits(kind) or (way.dev is not None and way.dev.loopback):
            return True
        timeout = conf.ratelimit * sim.hz // 1000
        plen = 128 if way.route is None else way.route.plen
        if plen < 128:
            timeout >>= (128 - plen) >> 5
        return self.take_token(target, timeout)

    def take_token(self, ip: int, timeout: int) -> bool:
        """True if a host may be written to again; a token comes every `timeout` jiffies (inet_peer_xrlim_allow)."""
        sim = self.ns.sim
        peer = self.peers.get(ip)
        if peer is None:
            peer = self.peers[ip] = Peer(sim.jiffies, sim.hz)
        now = sim.jiffies
        peer.rate_tokens = min(peer.rate_tokens + now - peer.rate_last, BURST * timeout)
        peer.rate_last = now
        if peer.rate_tokens < timeout:
            return False
        peer.rate_tokens -= timeout
        return True

    def _limited(self, packet: Packet6) -> None:
        sim = self.ns.sim
        sim.drop(sim.born(packet.uid), packet.in_dev or self.ns, DropReason.ICMP_RATELIMIT)
