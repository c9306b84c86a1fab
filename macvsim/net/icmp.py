"""ICMP: echo, errors with Linux's rate limits, redirects (net/ipv4/icmp.c, route.c; RFC 792, RFC 1812)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder, Subject, reported
from macvsim.net import ipoptions, optioned
from macvsim.net.dst import ERROR, Dst
from macvsim.net.exceptions import BURST, Peer
from macvsim.net.fibroute import RouteType, Scope
from macvsim.net.nud import VALID
from macvsim.net.packet import Packet
from macvsim.net.snmp import OUT
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import BROADCAST_IP, is_multicast_ip, is_zeronet_ip
from macvsim.wire.compose import icmp_template
from macvsim.wire.frame import ETH_HLEN, HOST, Frame

if TYPE_CHECKING:
    from macvsim.net.namespace import Namespace
    from macvsim.net.socket import RawIcmpSocket

_ICMP = ipv4.PROTO_ICMP
_number = int.from_bytes
_ECHO = icmp.ECHO
_ECHO_REPLY = icmp.ECHO_REPLY
_MESSAGE = ETH_HLEN + ipv4.HLEN
_NO_OPTIONS = 0x45
MAX_ERROR = 576
ERROR_TOS = 0xC0
NO_ROUTE_BURST_SECONDS = 5
REDIRECT_NUMBER = 9
_QUERY_TYPES = frozenset((icmp.ECHO_REPLY, icmp.ECHO, icmp.TIMESTAMP, icmp.TIMESTAMP_REPLY, icmp.INFO_REQUEST,
                          icmp.INFO_REPLY, icmp.ADDRESS, icmp.ADDRESS_REPLY))  # fmt: skip


class IcmpLayer(Subject):
    """The ICMP of one namespace; its answers to echo requests depend on what raw sockets want to hear."""

    __slots__ = ("_global_credit", "_global_stamp", "_peers", "conf", "ns", "sockets", "version")

    def __init__(self, ns: Namespace) -> None:
        self.version = 0
        self.ns = ns
        self.conf = ns.ipv4_conf
        self.sockets: tuple[RawIcmpSocket, ...] = ()
        self._peers: dict[int, Peer] | None = None
        self._global_credit = 0
        self._global_stamp: int | None = None

    # -- receiving -----------------------------------------------------------------------------------------------------

    @reported
    def receive(self, packet: Packet) -> DropReason | None:
        """An ICMP message for this host (icmp_rcv): raw sockets get a copy of what they want, then the kernel acts."""
        data = packet.data
        message = data[20:] if data[0] == 0x45 else data[(data[0] & 15) * 4 :]
        recorder = self.ns.sim.recorder
        if recorder is not None:
            self._report(recorder, packet, message)
        heard = False
        for sock in self.sockets:
            if sock.icmp_receive(packet, message):
                heard = True
        if len(message) < 8 or _number(message) % 0xFFFF:
            return self._malformed(packet, message)
        kind = message[0]
        self.ns.snmp.count_icmp(kind)
        if kind == _ECHO:
            return self._echo(packet, message)
        refused = self._refused(packet, kind, len(message))
        if refused is not None:
            self.ns.snmp.icmp["InErrors"] += 1
            return self._ignored(packet, refused)
        if kind == icmp.TIMESTAMP:
            return self._timestamp(packet, message)
        if kind in icmp.ERRORS:
            return self._error_received(packet, message, heard)
        if heard:
            return None
        if kind in (_ECHO_REPLY, icmp.EXT_ECHO_REPLY):
            return self.unheard(packet)
        return self._ignored(packet, DropReason.ICMP_NO_LISTENER)

    def _report(self, recorder: Recorder, packet: Packet, message: bytes) -> None:
        """Requests that no program wants to hear are answered alike; replies are counted, and go to the sockets."""
        if message[0] == _ECHO:
            recorder.depends(self, self.version)
            if any(sock.wants(message) for sock in self.sockets):
                recorder.forbid()
            return
        if message[0] == _ECHO_REPLY and packet.data[0] == _NO_OPTIONS:
            recorder.counted(self.ns.snmp, _ECHO_REPLY, 0)
            recorder.delivered(self.unheard, Frame(packet.link + packet.data, packet.uid), self._replies(packet))
        recorder.forbid()

    def _replies(self, packet: Packet) -> Callable[[Frame], DropReason | None]:
        """The function that hands replies like this one to the sockets, once they are counted."""
        (src, dst), ttl, dev = ipv4.addresses(packet.data), packet.data[8], packet.in_dev

        def take(frame: Frame) -> DropReason | None:
            heard, is_heard = (src, frame.raw[_MESSAGE:], ttl, b""), False
            for sock in self.sockets:
                is_heard = sock.icmp_heard(heard, dev, dst) or is_heard
            return None if is_heard else self.unheard(Packet(frame.raw[ETH_HLEN:], frame.uid, dev))

        return take

    def unheard(self, packet: Packet) -> DropReason:
        """An echo reply that no program waits for."""
        return self._ignored(packet, DropReason.PING_NO_SOCKET)

    def _refused(self, packet: Packet, kind: int, length: int) -> DropReason | None:
        """Why the kernel does not act on a message (RFC 1122, 3.2.2); extended echo it answers only where told to."""
        way = packet.dst
        assert way is not None
        if kind in (icmp.EXT_ECHO, icmp.EXT_ECHO_REPLY):
            return None
        if kind > icmp.KNOWN_TYPES:
            return DropReason.ICMP_UNKNOWN
        if way.broadcast or way.multicast:
            if kind == icmp.TIMESTAMP and self.conf.icmp_echo_ignore_broadcasts:
                return DropReason.ICMP_BROADCAST_ECHO
            if kind not in (icmp.TIMESTAMP, icmp.ADDRESS, icmp.ADDRESS_REPLY):
                return DropReason.ICMP_IN_GROUP
        if kind == icmp.TIMESTAMP and length < icmp.HLEN + 4:
            return DropReason.ICMP_MALFORMED
        return None

    def _malformed(self, packet: Packet, message: bytes) -> DropReason:
        """Too short, or its checksum is wrong (that a zero follows an odd last byte changes nothing)."""
        count = self.ns.snmp.icmp
        count["InMsgs"] += 1
        count["InErrors"] += 1
        reason = DropReason.ICMP_MALFORMED
        if not any(message) or _number(message + b"\0" * (len(message) & 1)) % 0xFFFF:
            count["InCsumErrors"] += 1
            reason = DropReason.ICMP_CSUM
        return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    def _echo(self, packet: Packet, request: bytes) -> DropReason | None:
        """icmp_echo."""
        conf = self.conf
        way = packet.dst
        assert way is not None
        if conf.icmp_echo_ignore_all:
            return self._ignored(packet, DropReason.ICMP_ECHO_IGNORED)
        if (way.broadcast or way.multicast) and conf.icmp_echo_ignore_broadcasts:
            self.ns.snmp.icmp["InErrors"] += 1
            return self._ignored(packet, DropReason.ICMP_BROADCAST_ECHO)
        return self._reply(packet, way, _ECHO_REPLY, icmp.echo_reply(request))

    def _timestamp(self, packet: Packet, request: bytes) -> DropReason | None:
        """Originate as it was sent, receive and transmit now (icmp_timestamp)."""
        way = packet.dst
        assert way is not None
        now = ipoptions.now(self.ns).to_bytes(4, "big")
        times = request[icmp.HLEN : icmp.HLEN + 4] + now + now
        rest = int.from_bytes(request[4:8], "big")
        message = icmp.message(icmp_template(icmp.TIMESTAMP_REPLY), icmp.TIMESTAMP_REPLY, 0, rest, times)
        return self._reply(packet, way, icmp.TIMESTAMP_REPLY, message)

    def _ignored(self, packet: Packet, reason: DropReason) -> DropReason:
        return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    def _reply(self, packet: Packet, way: Dst, kind: int, message: bytes) -> DropReason | None:
        """Answer a request from the address it was sent to (icmp_reply; RFC 1122, 3.2.2.6 and 3.2.2.8)."""
        ns = self.ns
        src, dst = ipv4.addresses(packet.data)
        options = None if packet.options is None else packet.options.echo(ns)
        if packet.options is not None and options is None:
            return None
        to_group = way.broadcast or way.multicast
        if to_group:
            dst = ns.addresses.select_source(packet.in_dev, src, Scope.LINK)
        target = src if options is None else options.target or src
        back = ns.router.output(target, dst)
        if back.kind is ERROR:
            return self._ignored(packet, DropReason.IP_OUTNOROUTES)
        if not back.lasting or self.conf.icmp_ratemask >> kind & 1:
            ns.sim.unrepeatable()
        if not self._allowed(kind, 0, back, src, packet):
            return None
        ns.snmp.count_icmp(OUT | _ECHO_REPLY)  # any answer: icmp_reply leaves fl4_icmp_type 0
        if options is not None and options.data:
            uid = ns.sim.born(packet.uid)
            return optioned.send(ns.ipv4, _ICMP, message, back, src, uid, packet.data[1], options)
        return ns.ipv4.outgoing(back, src, _ICMP, None, packet.data[1]).send(
            message, ns.sim.born(packet.uid), answers=True
        )

    def _error_received(self, packet: Packet, message: bytes, heard: bool) -> DropReason | None:
        """An error about a packet of ours: learn from it, tell the socket that sent the packet (icmp_unreach,
        icmp_redirect).
        """
        ns = self.ns
        quoted = message[icmp.HLEN :]
        kind, code = message[0], message[1]
        if len(quoted) < ipv4.HLEN or (kind != icmp.REDIRECT and quoted[0] & 15 < 5):
            ns.snmp.icmp["InErrors"] += 1
            reason = DropReason.ICMP_MALFORMED if kind == icmp.REDIRECT else DropReason.ICMP_BAD_QUOTE
            if len(quoted) >= ipv4.HLEN:
                reason = DropReason.IP_INHDR
            return self._ignored(packet, reason)
        if kind == icmp.DEST_UNREACH and code > icmp.KNOWN_UNREACH:
            return self._ignored(packet, DropReason.ICMP_NO_LISTENER)
        if len(quoted) < (quoted[0] & 15) * 4 + 8:  # ports, or what stands there
            ns.snmp.icmp["InErrors"] += 1
            return self._ignored(packet, DropReason.ICMP_SHORT_QUOTE)
        _, target = ipv4.addresses(quoted)
        if kind == icmp.DEST_UNREACH and code == icmp.FRAG_NEEDED:
            mode = ns.ipv4_conf.ip_no_pmtu_disc
            if mode == 2 or (mode == 3 and quoted[9] != ipv4.PROTO_TCP):  # only TCP can tell its own from forged ones
                return ns.sim.drop(packet.uid, packet.in_dev or ns, DropReason.ICMP_PMTU_IGNORED)
            mtu = int.from_bytes(message[6:8], "big") if mode in (0, 3) else 0
            ns.exceptions.learn_mtu(target, mtu, ns.router.output(target).mtu)
            ns.router.forget()
        proto = quoted[9]
        owner: bool | None = None
        if proto == ipv4.PROTO_UDP:
            owner = ns.udp.error(packet, message, quoted)
        elif proto == ipv4.PROTO_TCP:
            owner = ns.tcp.error(message, quoted)
        if owner is False:
            ns.snmp.icmp["InErrors"] += 1
        if kind == icmp.REDIRECT:
            if not self._follow_redirect(packet, message, target):
                return self._ignored(packet, DropReason.ICMP_REDIRECT_IGNORED)
            return None
        heard = heard or bool(owner)
        for sock in self.sockets:
            heard = sock.icmp_error(packet, message, quoted) or heard
        if not heard:
            return ns.sim.drop(packet.uid, packet.in_dev or ns, DropReason.ICMP_NO_LISTENER)
        return None

    def _follow_redirect(self, packet: Packet, message: bytes, target: int) -> bool:
        """Use another gateway for one destination, if we may and it is resolved (__ip_do_redirect)."""
        ns = self.ns
        dev = packet.in_dev
        if dev is None or len(message) < 8:
            return False
        gateway = int.from_bytes(message[4:8], "big")
        sender, _ = ipv4.addresses(packet.data)
        conf, everywhere = dev.inet.conf, ns.conf_all
        if conf.forwarding:
            accept = conf.accept_redirects and everywhere.accept_redirects
        else:
            accept = conf.accept_redirects or everywhere.accept_redirects
        way = ns.router.output(target)
        if not accept or gateway == sender or way.nexthop != sender or way.dev is not dev:
            return False
        if is_multicast_ip(gateway) or is_zeronet_ip(gateway) or gateway == BROADCAST_IP:
            return False
        if conf.shared_media or everywhere.shared_media:
            if ns.address_type(gateway) is not RouteType.UNICAST:
                return False
        else:
            if not any(a.contains(gateway) and a.contains(sender) for a in dev.inet.addresses):
                return False
            if (conf.secure_redirects or everywhere.secure_redirects) and not ns.fib.has_gateway(gateway, dev):
                return False
        entry = ns.neigh.create(dev, gateway)
        if entry is None:
            return False
        if not entry.state & VALID:
            entry.ask()
            return False
        ns.exceptions.learn_gateway(target, gateway)
        ns.router.forget()
        return True

    # -- sending errors ------------------------------------------------------------------------------------------------

    def host_unreachable(self, packet: Packet) -> None:
        """Resolution of the next hop failed (ipv4_link_failure)."""
        self.send_error(packet, icmp.DEST_UNREACH, icmp.HOST_UNREACH)

    def no_route(self, packet: Packet, code: int) -> None:
        """A forwarding host has no route: a limit of its own comes before the usual one (ip_error)."""
        sim = self.ns.sim
        src, _ = ipv4.addresses(packet.data)
        peer = self._peer(src)
        now = sim.jiffies
        peer.rate_tokens = min(peer.rate_tokens + now - peer.rate_last, NO_ROUTE_BURST_SECONDS * sim.hz)
        peer.rate_last = now
        if peer.rate_tokens < sim.hz:
            self._limited(packet)
            return
        peer.rate_tokens -= sim.hz
        self.send_error(packet, icmp.DEST_UNREACH, code)

    def send_error(self, packet: Packet, kind: int, code: int, info: int = 0) -> None:
        """Tell the sender of `packet` what happened to it, unless the rules forbid (__icmp_send; RFC 1122, 3.2.2)."""
        ns = self.ns
        data = packet.data
        head = ipv4.parse(data)
        if packet.packet_type is not HOST or head.frag & ipv4.OFFSET_MASK:
            return
        if packet.dst is not None and (packet.dst.broadcast or packet.dst.multicast):
            return
        if head.proto == ipv4.PROTO_ICMP and kind in icmp.ERRORS:
            quoted_kind = data[head.hlen] if len(data) > head.hlen else 255
            if quoted_kind > icmp.KNOWN_TYPES or quoted_kind not in _QUERY_TYPES:
                return
        source = head.dst if ns.is_local(head.dst) and packet.in_dev is not None else 0
        if not source and ns.ipv4_conf.icmp_errors_use_inbound_ifaddr and packet.in_dev is not None:
            source = ns.addresses.select_source(packet.in_dev, head.src, Scope.LINK)
        options = None if packet.options is None else packet.options.echo(ns)
        if packet.options is not None and options is None:
            return
        target = head.src if options is None else options.target or head.src
        way = ns.router.output(target, source)
        if way.kind is ERROR or way.broadcast or way.multicast or not self._allowed(kind, code, way, head.src, packet):
            return
        extra = options is not None and len(options.data)
        room = min(MAX_ERROR, way.mtu) - ipv4.HLEN - extra - icmp.HLEN
        tos = (head.tos & 0x1E) | ERROR_TOS
        ns.snmp.count_icmp(OUT | kind)
        uid = ns.sim.born(packet.uid)
        message = icmp.message(icmp_template(kind), kind, code, info, data[:room])
        if options is not None and options.data:
            optioned.send(ns.ipv4, _ICMP, message, way, head.src, uid, tos, options, cause=packet)
            return
        ns.ipv4.send(ipv4.PROTO_ICMP, message, way, head.src, uid=uid, tos=tos, cause=packet)

    def _allowed(self, kind: int, code: int, way: Dst, target: int, packet: Packet) -> bool:
        """Global and per-host rate limits (icmp_global_allow, icmpv4_xrlim_allow)."""
        conf = self.ns.ipv4_conf
        if kind == icmp.DEST_UNREACH and code == icmp.FRAG_NEEDED:
            return True
        if not conf.icmp_ratemask >> kind & 1 or kind > icmp.KNOWN_TYPES:
            return True
        if way.dev is not None and way.dev.loopback:
            return True
        if not self.global_allows():
            self.ns.snmp.icmp["OutRateLimitGlobal"] += 1
            self._limited(packet)
            return False
        sim = self.ns.sim
        timeout = conf.icmp_ratelimit * sim.hz // 1000
        peer = self._peer(target)
        now = sim.jiffies
        tokens = min(peer.rate_tokens + now - peer.rate_last, BURST * timeout)
        peer.rate_last = now
        peer.rate_tokens = tokens
        if tokens < timeout:
            self.ns.snmp.icmp["OutRateLimitHost"] += 1
            self._limited(packet)
            return False
        peer.rate_tokens -= timeout
        return True

    def global_allows(self) -> bool:
        """icmp_msgs_per_sec with a burst; refilled not more often than every 20 ms."""
        sim, conf = self.ns.sim, self.ns.ipv4_conf
        now = sim.jiffies
        if self._global_stamp is None:
            self._global_stamp, self._global_credit = now, conf.icmp_msgs_burst
        delta = min(now - self._global_stamp, sim.hz)
        if delta >= sim.hz // 50:
            self._global_credit = min(
                self._global_credit + conf.icmp_msgs_per_sec * delta // sim.hz, conf.icmp_msgs_burst
            )
            self._global_stamp = now
        if not self._global_credit:
            return False
        self._global_credit = max(self._global_credit - sim.rng(f"icmp/{self.ns.name}").randrange(3), 0)
        return True

    def _limited(self, packet: Packet) -> None:
        self.ns.sim.drop(self.ns.sim.born(packet.uid), packet.in_dev or self.ns, DropReason.ICMP_RATELIMIT)

    def _peer(self, ip: int) -> Peer:
        if self._peers is None:
            self._peers = {}
        peer = self._peers.get(ip)
        if peer is None:
            peer = self._peers[ip] = Peer(self.ns.sim.jiffies, self.ns.sim.hz)
        return peer

    def send_redirect(self, packet: Packet, way: Dst) -> None:
        """Tell the sender of the nearer gateway, ever less often (ip_rt_send_redirect)."""
        sim = self.ns.sim
        src, _ = ipv4.addresses(packet.data)
        peer = self._peer(src)
        now = sim.jiffies
        load = max(sim.hz // 50, 1)
        if now > peer.rate_last + (load << (REDIRECT_NUMBER + 1)):
            peer.rate_tokens = 0
            peer.n_redirects = 0
        if peer.n_redirects >= REDIRECT_NUMBER:
            peer.rate_last = now
            return
        if peer.n_redirects == 0 or now > peer.rate_last + (load << peer.n_redirects):
            self.send_error(packet, icmp.REDIRECT, icmp.REDIR_HOST, way.nexthop)
            peer.rate_last = now
            peer.n_redirects += 1
