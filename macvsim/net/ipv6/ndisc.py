"""Neighbour discovery: asking for MACs, answering, and learning (net/ipv6/ndisc.c; RFC 4861)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.recording import Recorder
from macvsim.net.ipv6.address import Address6, Flag, select_source
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.redirect import Redirects
from macvsim.net.neigh import Known, Neighbour
from macvsim.net.nud import Nud
from macvsim.net.packet import Packet
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import (
    ALL_NODES,
    ALL_ROUTERS,
    is_link_local6,
    is_multicast6,
    is_solicited_node,
    multicast_mac6,
    solicited_node,
)
from macvsim.wire.compose6 import icmpv6_template, link_layer_template, nonce_template
from macvsim.wire.frame import HOST

if TYPE_CHECKING:
    from macvsim.net.ipv6.device import Inet6Dev
    from macvsim.net.ipv6.stack import Ipv6

_FROM_ROUTERS = (icmpv6.ROUTER_ADVERT, icmpv6.REDIRECT)
_LENGTHS = {icmpv6.ROUTER_SOLICIT: 8, icmpv6.ROUTER_ADVERT: 16, icmpv6.REDIRECT: 40}
"""Bytes before the options; 24 for solicitations and advertisements of neighbours."""


class NdiscLayer:
    """The neighbour discovery of one namespace; `net.neigh.Solicitor` for its neighbour table."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.ns = stack.ns
        self.redirects = Redirects(stack)

    # -- asking --------------------------------------------------------------------------------------------------------

    def overflown(self) -> None:
        """The table is full: the log hears of it."""
        self.ns.log.limited("neighbour: ndisc_cache: neighbor table overflow!")

    def construct(self, entry: Neighbour) -> None:
        """Addresses that need no question: groups, and everything on loopback and NOARP devices (ndisc_constructor)."""
        dev = entry.dev
        if is_multicast6(entry.ip):
            entry.ha = multicast_mac6(entry.ip)
        elif dev.noarp or dev.loopback:
            entry.ha = dev.mac
        else:
            return
        entry.state = Nud.NOARP

    def solicit(self, entry: Neighbour, unicast: bool, trigger: Packet | None) -> None:
        """Ask who has the entry's address (ndisc_solicit): itself while probing, its solicited-node group otherwise."""
        dev = entry.dev
        source = None
        if trigger is not None:
            wanted = ipv6.addresses(trigger.data)[0]
            if self.stack.is_local(wanted, dev, tentative=False):
                source = wanted
        uid = self.ns.sim.born(trigger.uid if trigger is not None else 0)
        self.send_ns(dev, entry.ip, entry.ip if unicast else solicited_node(entry.ip), source, uid=uid)

    def unreachable(self, packet: Packet) -> None:
        """Nobody answered for the next hop of a packet that waited: tell its sender (ndisc_error_report)."""
        assert isinstance(packet, Packet6)
        out = None if packet.way is None else packet.way.dev
        self.ns.sim.drop(packet.uid, out or self.ns.devices["lo"], DropReason.NEIGH6_FAILED)
        self.stack.icmp.send_error(packet, icmpv6.DEST_UNREACH, icmpv6.ADDR_UNREACH)

    def failing(self, entry: Neighbour) -> None:
        """Hosts avoid a gateway that does not answer."""
        if any(route.gateway == entry.ip for route in self.stack.fib.routes()):
            self.stack.router.forget()

    # -- sending -------------------------------------------------------------------------------------------------------

    def send_ns(
        self, dev: NetDevice, target: int, dst: int, src: int | None, *, nonce: int = 0, uid: int | None = None
    ) -> None:
        """A neighbour solicitation (ndisc_send_ns).

        src : None: the device's link-local address; 0: none, as duplicate address detection asks
        """
        if src is None:
            src = dev.inet.inet6.link_local()
            if src is None:
                return
        body = target.to_bytes(16, "big")
        if src:
            body += icmpv6.link_layer_option(link_layer_template(), icmpv6.OPT_SOURCE_LL, dev.mac)
        if nonce:
            body += icmpv6.nonce_option(nonce_template(), nonce)
        self.transmit(dev, icmpv6.NEIGHBOUR_SOLICIT, 0, body, src, dst, uid)

    def send_na(
        self,
        dev: NetDevice,
        dst: int,
        target: int,
        *,
        router: bool,
        solicited: bool,
        override: bool,
        option: bool,
        uid: int | None = None,
    ) -> None:
        """A neighbour advertisement (ndisc_send_na)."""
        inet6 = dev.inet.inet6
        own = inet6.address(target)
        if own is not None:
            src = target
            override = override and not own.flags & Flag.OPTIMISTIC
            option = option or bool(inet6.conf.force_tllao)
        else:
            found = select_source(self.ns.devices.values(), dev, dst)
            if found is None:
                return
            src = found
        flags = icmpv6.NA_ROUTER * router | icmpv6.NA_SOLICITED * solicited | icmpv6.NA_OVERRIDE * override
        body = target.to_bytes(16, "big")
        if option:
            body += icmpv6.link_layer_option(link_layer_template(), icmpv6.OPT_TARGET_LL, dev.mac)
        self.transmit(dev, icmpv6.NEIGHBOUR_ADVERT, flags, body, src, dst, uid)

    def send_rs(self, dev: NetDevice, src: int) -> None:
        """A router solicitation (ndisc_send_rs)."""
        option = icmpv6.link_layer_option(link_layer_template(), icmpv6.OPT_SOURCE_LL, dev.mac)
        self.transmit(dev, icmpv6.ROUTER_SOLICIT, 0, option, src, ALL_ROUTERS, None)

    def transmit(self, dev: NetDevice, kind: int, rest: int, body: bytes, src: int, dst: int, uid: int | None) -> None:
        """Send a message straight to a neighbour or a group (ndisc_send_skb)."""
        inet6 = dev.inet.inet6
        message = icmpv6.message(icmpv6_template(kind), kind, 0, rest, body)
        self.stack.icmp.send(
            message,
            self.stack.router.direct(dev, dst),
            dst,
            self.ns.sim.born() if uid is None else uid,
            src=src,
            tclass=inet6.conf.ndisc_tclass,
            hop_limit=icmpv6.ND_HOP_LIMIT,
            flow=0,
            loop=False,
        )

    # -- hearing -------------------------------------------------------------------------------------------------------

    def receive(self, packet: Packet6, message: bytes) -> DropReason | None:
        """A neighbour discovery message for this host (ndisc_rcv)."""
        dev = packet.in_dev
        assert dev is not None
        kind = message[0]
        if packet.fragment and dev.inet.inet6.conf.suppress_frag_ndisc:
            return self._drop(packet, DropReason.IPV6_NDISC_FRAG)
        if packet.data[7] != icmpv6.ND_HOP_LIMIT:
            return self._drop(packet, DropReason.IPV6_NDISC_HOP_LIMIT)
        if message[1]:
            return self._drop(packet, DropReason.IPV6_NDISC_BAD_CODE)
        if kind in _FROM_ROUTERS and not is_link_local6(ipv6.addresses(packet.data)[0]):
            return self._drop(packet, DropReason.ND_REFUSED)
        length = _LENGTHS.get(kind, icmpv6.ND_HLEN)
        if len(message) < length:
            return self._drop(packet, DropReason.PKT_TOO_SMALL)
        options = icmpv6.options(message, length)
        if options is None:
            return self._drop(packet, DropReason.IPV6_NDISC_BAD_OPTIONS)
        if any(len(options.get(o, bytes(6))) != 6 for o in (icmpv6.OPT_SOURCE_LL, icmpv6.OPT_TARGET_LL)):
            return self._drop(packet, DropReason.ND_REFUSED)
        if kind == icmpv6.NEIGHBOUR_SOLICIT:
            return self._solicited(packet, dev, message, options)
        if kind == icmpv6.NEIGHBOUR_ADVERT:
            return self._advertised(packet, dev, message, options)
        if kind == icmpv6.ROUTER_SOLICIT:
            return self._router_solicited(packet, dev, options)
        if kind == icmpv6.ROUTER_ADVERT:
            return self.stack.addrconf.routers.receive(packet, dev, message, options)
        return self.redirects.receive(packet, dev, message, options)

    def _drop(self, packet: Packet6, reason: DropReason) -> DropReason:
        return self.ns.sim.drop(packet.uid, packet.in_dev or self.ns, reason)

    def _solicited(
        self, packet: Packet6, dev: NetDevice, message: bytes, options: dict[int, bytes]
    ) -> DropReason | None:
        """Somebody asks for an address (ndisc_recv_ns): answer for our own, learn who asks."""
        src, dst = ipv6.addresses(packet.data)
        target = int.from_bytes(message[8:24], "big")
        lladdr = options.get(icmpv6.OPT_SOURCE_LL)
        detection = not src
        if is_multicast6(target) or (detection and (not is_solicited_node(dst) or lladdr is not None)):
            return self._drop(packet, DropReason.ND_REFUSED)
        inet6, group = dev.inet.inet6, is_multicast6(dst)
        own = inet6.address(target)
        if self.ns.sim.recorder is not None:
            self._report(self.ns.sim.recorder, self.stack.neigh.lookup(dev, src), own, lladdr)
        router = bool(inet6.conf.forwarding)
        if own is None:
            if target not in inet6.anycast:
                proxied = self._proxied(dev, inet6, target)
                if proxied is None:
                    return self._drop(packet, DropReason.IPV6_NDISC_NS_OTHERHOST)
                router = proxied
            if group and packet.packet_type is not HOST and inet6.parms.proxy_delay:
                late = partial(self._answer, packet, dev, target, lladdr, router, override=False)
                if self.stack.neigh.proxies.delay(dev, inet6.parms, late):
                    return None
                return self._drop(packet, DropReason.ARP_PROXY_QUEUE)
        elif own.flags & (Flag.TENTATIVE | Flag.OPTIMISTIC):
            if detection:
                nonce = int.from_bytes(options.get(icmpv6.OPT_NONCE, b""), "big")
                if not nonce or nonce != own.nonce:
                    self.stack.addrconf.dad.failed(dev, own)
                return None
            if not own.flags & Flag.OPTIMISTIC:
                return self._drop(packet, DropReason.IPV6_NDISC_NS_OTHERHOST)
        self._answer(packet, dev, target, lladdr, router, override=own is not None)
        return None

    @staticmethod
    def _report(recorder: Recorder, entry: Neighbour | None, own: Address6 | None, lladdr: bytes | None) -> None:
        """A solicitation for an address of ours, by a neighbour with that MAC, is answered and changes nothing."""
        settled = own is not None and not own.flags & (Flag.TENTATIVE | Flag.OPTIMISTIC)
        if entry is None or lladdr is None or entry.news(lladdr) or not settled:
            recorder.forbid()
        else:
            recorder.depends(Known(entry), lladdr)

    def _proxied(self, dev: NetDevice, inet6: Inet6Dev, target: int) -> bool | None:
        """None unless we answer for an address of somebody else; then whether it is a router's (pndisc_is_router)."""
        if not inet6.conf.forwarding or not (inet6.conf.proxy_ndp or self.stack.conf_all.proxy_ndp):
            return None
        return self.stack.neigh.proxies.entries.get((dev, target))

    def _answer(
        self, packet: Packet6, dev: NetDevice, target: int, lladdr: bytes | None, router: bool, *, override: bool
    ) -> None:
        """Tell our MAC, and learn who asked; for addresses that are not ours alone it overrides nothing."""
        src, dst = ipv6.addresses(packet.data)
        group, uid = is_multicast6(dst), self.ns.sim.born(packet.uid)
        if not src:
            self.send_na(dev, ALL_NODES, target, router=router, solicited=False, override=override, option=True,
                         uid=uid)  # fmt: skip
            return
        entry = self.stack.neigh.lookup(dev, src)
        if entry is None and (not group or lladdr is not None):
            entry = self.stack.neigh.create(dev, src)
        if entry is None:
            self._drop(packet, DropReason.NEIGH_TABLE_FULL)
            return
        entry.update(lladdr, Nud.STALE, override=True, weak=True)
        self.send_na(dev, src, target, router=router, solicited=True, override=override and group, option=group,
                     uid=uid)  # fmt: skip

    def _advertised(
        self, packet: Packet6, dev: NetDevice, message: bytes, options: dict[int, bytes]
    ) -> DropReason | None:
        """Somebody tells its MAC (ndisc_recv_na): it is news only of neighbours that we asked for or know."""
        src, dst = ipv6.addresses(packet.data)
        target = int.from_bytes(message[8:24], "big")
        flags = int.from_bytes(message[4:8], "big")
        inet6 = dev.inet.inet6
        solicited = bool(flags & icmpv6.NA_SOLICITED)
        if is_multicast6(target) or (is_multicast6(dst) and solicited):
            return self._drop(packet, DropReason.ND_REFUSED)
        if not solicited and inet6.conf.drop_unsolicited_na:
            return self._drop(packet, DropReason.IPV6_NDISC_NS_OTHERHOST)
        own = inet6.address(target)
        if own is not None:
            if own.flags & Flag.TENTATIVE:
                self.stack.addrconf.dad.failed(dev, own)
                return None
            return self._drop(packet, DropReason.IP_LOCAL_SOURCE)
        lladdr = options.get(icmpv6.OPT_TARGET_LL)
        state = Nud.REACHABLE if solicited else Nud.STALE
        entry = self.stack.neigh.lookup(dev, target)
        if (
            entry is None
            and lladdr is not None
            and inet6.conf.forwarding
            and self._takes_untracked(inet6.conf, src, dev)
        ):
            entry, state = self.stack.neigh.create(dev, target), Nud.STALE
        if entry is None or entry.state & Nud.FAILED:
            return self._drop(packet, DropReason.IPV6_NDISC_NS_OTHERHOST)
        was_router = entry.router
        entry.update(
            lladdr,
            state,
            override=bool(flags & icmpv6.NA_OVERRIDE),
            weak=True,
            router=bool(flags & icmpv6.NA_ROUTER),
        )
        if was_router and not entry.router:
            self.stack.addrconf.routers.no_longer(target, dev)
        return None

    def _takes_untracked(self, conf: object, src: int, dev: NetDevice) -> bool:
        """accept_untracked_na: 1 always, 2 from our own subnets only (RFC 9131)."""
        accept = max(getattr(conf, "accept_untracked_na", 0), self.stack.conf_all.accept_untracked_na)
        if accept != 2:
            return bool(accept == 1)
        return any(not (a.local ^ src) >> (128 - a.plen) for a in dev.inet.inet6.addresses if a.plen)

    def _router_solicited(self, packet: Packet6, dev: NetDevice, options: dict[int, bytes]) -> DropReason | None:
        """A host looks for routers (ndisc_recv_rs): only a program can answer, the kernel learns its MAC."""
        src, _ = ipv6.addresses(packet.data)
        if not dev.inet.inet6.conf.forwarding or not src:
            return self._drop(packet, DropReason.ICMP_NO_LISTENER)
        entry = self.stack.neigh.create(dev, src)
        if entry is not None:
            entry.update(options.get(icmpv6.OPT_SOURCE_LL), Nud.STALE, override=True, weak=True, router=False)
        return None
