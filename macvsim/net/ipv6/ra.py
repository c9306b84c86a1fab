"""What routers advertise: default routes, prefixes, parameters; and addresses whose time runs out
(ndisc_router_discovery, addrconf_prefix_rcv and addrconf_verify in net/ipv6; RFC 4861, RFC 4862).

macvsim has no program that sends advertisements; they may come from frames that a test or a capture injects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.wheel import Timer
from macvsim.net.ipv6.address import FOREVER, Address6, Flag
from macvsim.net.ipv6.dad import accepts_ra
from macvsim.net.ipv6.fib6 import METRIC_ADDRCONF, Route6
from macvsim.net.nud import Nud
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import eui64, is_link_local6, is_multicast6, mask6
from macvsim.wire.frame import IPV6_MIN_MTU

if TYPE_CHECKING:
    from macvsim.net.ipv6.device import Inet6Dev
    from macvsim.net.ipv6.packet import Packet6
    from macvsim.net.ipv6.stack import Ipv6

_HLEN = 16
_PREFERENCES = {0: "medium", 1: "high", 3: "low"}
_ON_LINK, _AUTONOMOUS = 0x80, 0x40
_MIN_VALID = 7200
"""Seconds below which an advertisement cannot shorten a lifetime (RFC 4862, section 5.5.3)."""


class Routers:
    """What one namespace knows from routers."""

    __slots__ = ("_clock", "stack")

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self._clock = Timer(stack.ns.sim, self._verify)

    def receive(self, packet: Packet6, dev: NetDevice, message: bytes, options: dict[int, bytes]) -> DropReason | None:
        """A router advertisement."""
        stack, inet6 = self.stack, dev.inet.inet6
        src, _ = ipv6.addresses(packet.data)
        accepted = accepts_ra(inet6)
        if accepted:
            if inet6.solicitation is not None:
                inet6.solicitation.answered = True
            self._default_route(dev, inet6, src, message)
            self._parameters(inet6, message)
        entry = stack.neigh.create(dev, src)
        if entry is not None:
            entry.update(options.get(icmpv6.OPT_SOURCE_LL), Nud.STALE, override=True, weak=True, router=True)
        if not accepted:
            return stack.ns.sim.drop(packet.uid, dev, DropReason.IPV6_RA_IGNORED)
        if inet6.conf.accept_ra_pinfo:
            for option in icmpv6.all_options(message, _HLEN, icmpv6.OPT_PREFIX):
                if len(option) == 30:
                    self._prefix(dev, inet6, option)
        if inet6.conf.accept_ra_mtu and len(option := options.get(icmpv6.OPT_MTU, b"")) >= 6:
            mtu = int.from_bytes(option[2:6], "big")
            if IPV6_MIN_MTU <= mtu <= dev.mtu:
                inet6.conf.mtu = mtu
        stack.router.forget()
        return None

    def _default_route(self, dev: NetDevice, inet6: Inet6Dev, src: int, message: bytes) -> None:
        stack, conf = self.stack, inet6.conf
        lifetime = int.from_bytes(message[6:8], "big")
        if not conf.accept_ra_defrtr or 0 < lifetime < conf.accept_ra_min_lft:
            return
        if stack.is_local(src) and not conf.accept_ra_from_local:
            return
        fib, now = stack.fib, stack.ns.sim.jiffies
        known = [r for r in fib.routes(254) if r.plen == 0 and r.gateway == src and r.dev is dev and r.proto == "ra"]
        pref = _PREFERENCES.get(message[5] >> 3 & 3, "medium")
        if not known and lifetime:
            metric = conf.ra_defrtr_metric
            route = Route6(0, 0, dev, gateway=src, metric=metric, proto="ra", pref=pref)
            known = [fib.add(route, append=True)]
        for route in known:
            if not lifetime:
                fib.remove(route)
            route.expires, route.pref = now + lifetime * stack.ns.sim.hz, pref
            if message[4] >= conf.accept_ra_min_hop_limit and message[4]:
                inet6.hop_limit = route.hop_limit = message[4]

    @staticmethod
    def _parameters(inet6: Inet6Dev, message: bytes) -> None:
        """Timers of neighbours."""
        reachable, retrans = int.from_bytes(message[8:12], "big"), int.from_bytes(message[12:16], "big")
        if reachable:
            inet6.parms.base_reachable_time_ms = reachable
        if retrans:
            inet6.parms.retrans_time_ms = max(retrans, 10)

    def _prefix(self, dev: NetDevice, inet6: Inet6Dev, option: bytes) -> None:
        """A prefix: on this link, and to make an address of (addrconf_prefix_rcv)."""
        stack = self.stack
        plen, flags = option[0], option[1]
        valid, preferred = int.from_bytes(option[2:6], "big"), int.from_bytes(option[6:10], "big")
        prefix = int.from_bytes(option[14:30], "big") & mask6(min(plen, 128))
        if is_multicast6(prefix) or is_link_local6(prefix) or preferred > valid or plen > 128:
            return
        now, hz = stack.ns.sim.jiffies, stack.ns.sim.hz
        if flags & _ON_LINK:
            expires = 0 if valid == FOREVER else now + valid * hz
            at = [
                r
                for r in stack.fib.routes(254)
                if (r.dst, r.plen, r.proto) == (prefix, plen, "kernel") and r.dev is dev
            ]
            for route in at:
                if not valid:
                    stack.fib.remove(route)
                route.expires = expires
            if not at and valid:
                stack.fib.ensure(Route6(prefix, plen, dev, metric=METRIC_ADDRCONF, proto="kernel", expires=expires))
        if flags & _AUTONOMOUS and inet6.conf.autoconf and plen == 64:
            self._autoconfigure(dev, inet6, prefix | eui64(dev.mac, dev.dev_id), valid, preferred)

    def _autoconfigure(self, dev: NetDevice, inet6: Inet6Dev, local: int, valid: int, preferred: int) -> None:
        stack = self.stack
        found = inet6.address(local)
        if found is None:
            if valid:
                flags = Flag.MANAGETEMPADDR | Flag.NOPREFIXROUTE
                stack.addrconf.add(dev, Address6(local, 64, flags, valid=valid, preferred=preferred, proto="kernel_ra"))
                added = inet6.address(local)
                if added is not None:
                    added.flags &= ~(Flag.NOPREFIXROUTE | Flag.PERMANENT)
            return
        left, _ = found.lifetimes(stack.ns.sim)
        found.valid = valid if valid > _MIN_VALID or valid > left else min(left, _MIN_VALID)
        found.preferred = min(preferred, found.valid)
        found.stamp = stack.ns.sim.jiffies
        found.flags &= ~Flag.DEPRECATED
        self.watch(dev, found)

    # -- routers come and go -------------------------------------------------------------------------------------------

    def no_longer(self, ip: int, dev: NetDevice) -> None:
        """A neighbour says it is no router any more (rt6_clean_tohost)."""
        self.stack.fib.remove_if(lambda r: r.dev is dev and r.proto == "ra" and r.gateway == ip)

    def forget(self, dev: NetDevice) -> None:
        """A router does not use other routers' default routes (rt6_purge_dflt_routers)."""
        self.stack.fib.remove_if(lambda r: r.dev is dev and r.proto == "ra" and not r.plen)

    # -- lifetimes -----------------------------------------------------------------------------------------------------

    def watch(self, dev: NetDevice, address: Address6) -> None:
        """Look after an address whose time is limited."""
        if address.valid != FOREVER or address.preferred != FOREVER:
            self._verify()

    def _verify(self) -> None:
        """Addresses grow old, then go (addrconf_verify_rtnl)."""
        stack, sim = self.stack, self.stack.ns.sim
        now, hz = sim.jiffies, sim.hz
        due: list[int] = []
        for dev in stack.ns.devices.values():
            inet6 = dev.inet.inet6
            for address in [] if inet6 is None else list(inet6.addresses):
                if address.valid != FOREVER and now >= (end := address.stamp + address.valid * hz):
                    stack.addrconf.remove(dev, address)
                    continue
                due += [] if address.valid == FOREVER else [end]
                if address.preferred != FOREVER:
                    old = address.stamp + address.preferred * hz
                    if now >= old:
                        address.flags |= Flag.DEPRECATED
                    else:
                        due.append(old)
        if due:
            self._clock.start_at(min(due))
