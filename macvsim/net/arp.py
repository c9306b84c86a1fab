"""ARP: asking for MACs, answering, and learning (net/ipv4/arp.c; RFC 826, RFC 5227)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder, reported
from macvsim.net import martians
from macvsim.net.dst import DROP, FORWARD, LOCAL, Dst
from macvsim.net.fibroute import RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST, Scope
from macvsim.net.neigh import Known, Neighbour
from macvsim.net.nud import REACHABLE, STALE, VALID_BITS, Nud
from macvsim.net.packet import Packet
from macvsim.wire import arp, ipv4
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, is_loopback_ip, is_multicast_ip, multicast_mac
from macvsim.wire.arp import REPLY, REQUEST, Arp
from macvsim.wire.compose import arp_template
from macvsim.wire.frame import ETH_HLEN, ETH_P_ARP, HOST, LOOPBACK, OTHERHOST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.net.addr import InDev
    from macvsim.net.namespace import Namespace
    from macvsim.net.sysctl import DevConf

_HEED_ALL = frozenset(("arp_accept", "drop_gratuitous_arp", "log_martians", "proxy_arp", "proxy_arp_pvlan"))
"""Parameters that, once set, make any request a device hears worth looking at."""
_LOOPBACK_PLEN = 8
_ETHERTYPE = ETH_P_ARP.to_bytes(2)


class ArpLayer:
    """The ARP of one namespace; `net.neigh.Solicitor` for its neighbour table."""

    __slots__ = ("ns",)

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns

    # -- asking --------------------------------------------------------------------------------------------------------

    def overflown(self) -> None:
        """The table is full: the log hears of it."""
        self.ns.log.limited("neighbour: arp_cache: neighbor table overflow!")

    def construct(self, entry: Neighbour) -> None:
        """Addresses that need no question: groups, broadcasts, loopback and NOARP devices (arp_constructor)."""
        dev, ip = entry.dev, entry.ip
        if is_multicast_ip(ip):
            ha = multicast_mac(ip)
        elif dev.noarp or dev.loopback:
            ha = dev.mac
        elif self.ns.address_type(ip) is RTN_BROADCAST:
            ha = BROADCAST_MAC
        else:
            return
        entry.ha = ha
        entry.state = Nud.NOARP

    def solicit(self, entry: Neighbour, unicast: bool, trigger: Packet | None) -> None:
        """Send a request (arp_solicit): to the known MAC while probing, to everybody otherwise."""
        dev, sim = entry.dev, self.ns.sim
        known = unicast and entry.bits & VALID_BITS != 0
        source = self._announced(dev, entry.ip, trigger)
        uid = sim.born(trigger.uid if trigger is not None else 0)
        request = Arp(REQUEST, dev.mac, source, ZERO_MAC, entry.ip)
        self.send(dev, entry.ha if known else BROADCAST_MAC, request, uid)

    def _announced(self, dev: NetDevice, target: int, trigger: Packet | None) -> int:
        """Sender address of a request, by arp_announce."""
        ns = self.ns
        announce = max(dev.inet.conf.arp_announce, ns.conf_all.arp_announce)
        wanted = ipv4.addresses(trigger.data)[0] if trigger is not None else 0
        if wanted and ns.is_local(wanted):
            if announce == 0:
                return wanted
            if announce == 1 and any(a.contains(wanted) and a.contains(target) for a in dev.inet.addresses):
                return wanted
        return ns.addresses.select_source(dev, target, Scope.LINK)

    def unreachable(self, packet: Packet) -> None:
        """Nobody answered for the next hop of a packet that waited: tell its sender (ipv4_link_failure)."""
        way = packet.dst
        assert way is not None
        self.ns.sim.drop(packet.uid, way.dev or self.ns.devices["lo"], DropReason.NEIGH_FAILED)
        if way.route is None or not way.route.gone:
            self.ns.icmp.host_unreachable(packet)

    def failing(self, entry: Neighbour) -> None:
        """Decisions that depend on gateways are not kept."""

    def send(self, dev: NetDevice, eth_dst: bytes, message: Arp, uid: int) -> None:
        """Compose an ARP frame and hand it to the device (arp_send_dst)."""
        raw = dev.hard_header(eth_dst, message.sha, _ETHERTYPE) + arp.patch(arp_template(), message)
        indev: InDev = dev.inet
        if indev.arp_out is None:
            indev.arp_out = self.ns.sim.ingress(dev.xmit)
        indev.arp_out(Frame(raw, uid, 0, None))

    def announce(self, dev: NetDevice, ip: int) -> None:
        """A gratuitous request for an own address (arp_notify, Docker since 28)."""
        self.send(dev, BROADCAST_MAC, Arp(REQUEST, dev.mac, ip, ZERO_MAC, ip), self.ns.sim.born())

    # -- broadcasts that end here --------------------------------------------------------------------------------------

    def targets(self, dev: NetDevice) -> Collection[bytes] | None:
        """Addresses whose requests `receive` does more about than to look for the sender among the neighbours and drop
        the frame as ARP_NOT_FOR_US; None: it may do more about any.
        """
        ns = self.ns
        if _heeds_all(dev.inet.conf, ns.conf_all):
            return None
        if ns.made("neigh") and ns.neigh.is_proxy:
            return None
        found = []
        for route in ns.fib.further_routes():
            if route.info.type is not RTN_LOCAL:
                continue
            if route.plen == 32:
                found.append(route.dst.to_bytes(4))
            elif not is_loopback_ip(route.dst) or route.plen < _LOOPBACK_PLEN:
                return None
        return frozenset(found)

    # -- hearing -------------------------------------------------------------------------------------------------------

    @reported
    def receive(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """An ARP frame for this namespace (arp_rcv)."""
        sim = self.ns.sim
        if dev.noarp or packet_type is OTHERHOST or packet_type is LOOPBACK:
            reason = DropReason.ARP_NOARP if dev.noarp else DropReason.ARP_OTHERHOST
            return sim.drop(frame.uid, dev, reason, frame)
        if len(frame.raw) < ETH_HLEN + arp.HLEN:
            return sim.drop(frame.uid, dev, DropReason.PKT_TOO_SMALL, frame)
        message = arp.parse(frame.raw[14:42])
        if message is None or message.op not in (REQUEST, REPLY):
            return sim.drop(frame.uid, dev, DropReason.ARP_MALFORMED, frame)
        conf, tip = dev.inet.conf, message.tip
        if is_multicast_ip(tip) or (is_loopback_ip(tip) and not self._routes_localnet(dev)):
            return sim.drop(frame.uid, dev, DropReason.ARP_MALFORMED, frame)
        if message.sip == tip and max(conf.drop_gratuitous_arp, self.ns.conf_all.drop_gratuitous_arp):
            return sim.drop(frame.uid, dev, DropReason.ARP_IGNORED, frame)
        return self._process(dev, frame, packet_type, message)

    def _process(self, dev: NetDevice, frame: Frame, packet_type: PacketType, message: Arp) -> DropReason | None:
        """arp_process: answer requests for our addresses, learn their senders, update entries we have."""
        ns = self.ns
        op, sha, sip, _, tip = message
        if ns.sim.recorder is not None:
            self._report(ns.sim.recorder, dev, message)
        if not sip:
            if op == REQUEST and ns.address_type(tip) is RTN_LOCAL and self._answers(dev, message):
                self._reply(dev, frame, message)
                return None
            return ns.sim.drop(frame.uid, dev, DropReason.ARP_NOT_FOR_US, frame)
        ignored = False
        if op == REQUEST:
            way = ns.router.input(frame.raw[28:32] + frame.raw[38:42], dev)
            if way.kind is LOCAL and way.route is not None:
                if self._answers(dev, message) and not self._filtered(dev, message):
                    entry = ns.neigh.create(dev, sip)
                    if entry is not None:
                        entry.update(sha, STALE, override=True)
                    self._reply(dev, frame, message)
                    return None
                return ns.sim.drop(frame.uid, dev, DropReason.ARP_IGNORED, frame)
            if way.kind is FORWARD and self._proxies(dev, way, message):
                entry = ns.neigh.create(dev, sip)
                if entry is not None:
                    entry.update(sha, STALE, override=True)
                self._proxy_reply(dev, frame, packet_type, message)
                return None
            ignored = way.kind is DROP and ns.address_type(tip) is RTN_LOCAL
            if way.kind is DROP:
                martians.log(ns, dev, sip, tip, way.reason, frame.raw[:ETH_HLEN])
        self._update_existing(dev, packet_type, message)
        if op == REPLY and tip and ns.is_local(tip):
            return None
        return ns.sim.drop(frame.uid, dev, DropReason.ARP_IGNORED if ignored else DropReason.ARP_NOT_FOR_US, frame)

    def _report(self, recorder: Recorder, dev: NetDevice, message: Arp) -> None:
        """A request for one of our addresses, by a neighbour whose MAC is known, is answered and changes nothing."""
        ns = self.ns
        entry = ns.neigh.lookup(dev, message.sip)
        filtered = dev.inet.conf.arp_filter or ns.conf_all.arp_filter
        asked = message.op == REQUEST and ns.address_type(message.tip) is RTN_LOCAL
        if entry is None or entry.news(message.sha) or filtered or not asked:
            recorder.forbid()
        else:
            recorder.depends(Known(entry), message.sha)

    def _update_existing(self, dev: NetDevice, packet_type: PacketType, message: Arp) -> None:
        """Replies, and requests for others: they change entries, and make some only where arp_accept allows."""
        ns = self.ns
        op, sha, sip, tha, tip = message
        entry = ns.neigh.lookup(dev, sip)
        gratuitous = sip == tip and (op == REQUEST or tha == sha) and ns.address_type(sip) is RTN_UNICAST
        if entry is None:
            if not self._accepts(dev, sip):
                return
            unicast_reply = op == REPLY and ns.address_type(sip) is RTN_UNICAST
            if not gratuitous and not unicast_reply:
                return
            entry = ns.neigh.create(dev, sip)
            if entry is None:
                return
        state = REACHABLE if op == REPLY and packet_type is HOST else STALE
        entry.update(sha, state, override=gratuitous or sha == entry.ha or not entry.locked())

    def _accepts(self, dev: NetDevice, sip: int) -> bool:
        """arp_accept: 1 always, 2 only for senders in one of the device's subnets."""
        accept = max(dev.inet.conf.arp_accept, self.ns.conf_all.arp_accept)
        return accept == 1 or (accept == 2 and any(a.contains(sip) for a in dev.inet.addresses))

    # -- answering -----------------------------------------------------------------------------------------------------

    def _answers(self, dev: NetDevice, message: Arp) -> bool:
        """arp_ignore lets us answer on this device (arp_ignore())."""
        ns = self.ns
        level = max(dev.inet.conf.arp_ignore, ns.conf_all.arp_ignore)
        if level == 0:
            return True
        here = [a for a in dev.inet.addresses if a.local == message.tip]
        if level == 1:
            return bool(here)
        if level == 2:
            return bool(here) and (not message.sip or any(a.contains(message.sip) for a in here))
        if level == 3:
            return any(
                a.local == message.tip and (a.scope < Scope.HOST or self._routes_localnet(d))
                for d in ns.devices.values()
                for a in d.inet.addresses
            )
        return bool(level != 8)

    def _routes_localnet(self, dev: NetDevice) -> bool:
        """Addresses of scope host and 127.0.0.0/8 count like others on this device (IN_DEV_ROUTE_LOCALNET)."""
        return bool(dev.inet.conf.route_localnet or self.ns.conf_all.route_localnet)

    def _filtered(self, dev: NetDevice, message: Arp) -> bool:
        """arp_filter: only if the way back to the asker leaves through this device."""
        if not (dev.inet.conf.arp_filter or self.ns.conf_all.arp_filter):
            return False
        return self.ns.router.output(message.sip, message.tip).dev is not dev

    def _proxies(self, dev: NetDevice, way: Dst, message: Arp) -> bool:
        """We answer for a host we forward to: behind another device (arp_fwd_proxy) or on this one (arp_fwd_pvlan)."""
        conf, everywhere = dev.inet.conf, self.ns.conf_all
        if not conf.forwarding or way.dev is None:
            return False
        if way.dev is dev:
            return message.sip != message.tip and bool(conf.proxy_arp_pvlan or everywhere.proxy_arp_pvlan)
        neigh = self.ns.neigh
        if neigh.is_proxy and (dev, message.tip) in neigh.proxies.entries:
            return True
        if not (conf.proxy_arp or everywhere.proxy_arp) or conf.medium_id == -1:
            return False
        return not conf.medium_id or way.dev.inet.conf.medium_id not in (conf.medium_id, -1)

    def _reply(self, dev: NetDevice, frame: Frame, message: Arp) -> None:
        """Answer a request."""
        reply = Arp(REPLY, dev.mac, message.tip, message.sha, message.sip)
        self.send(dev, message.sha, reply, self.ns.sim.born(frame.uid))

    def _proxy_reply(self, dev: NetDevice, frame: Frame, packet_type: PacketType, message: Arp) -> None:
        """At once if we were asked directly, otherwise after a random part of proxy_delay (pneigh_enqueue)."""
        parms = dev.inet.parms
        if packet_type is HOST or not parms.proxy_delay:
            self._reply(dev, frame, message)
            return
        if not self.ns.neigh.proxies.delay(dev, parms, lambda: self._reply(dev, frame, message)):
            self.ns.sim.drop(frame.uid, dev, DropReason.ARP_PROXY_QUEUE, frame)


def _heeds_all(*confs: DevConf) -> bool:
    for conf in confs:
        for key in _HEED_ALL.intersection(conf.changed):
            if getattr(conf, key):
                return True
    return False
