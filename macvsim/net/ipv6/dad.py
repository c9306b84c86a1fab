"""Duplicate address detection, and asking for routers once an address stands (net/ipv6/addrconf.c; RFC 4862,
RFC 7527).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.wheel import Timer
from macvsim.net.ipv6.address import Address6, Dad, Flag
from macvsim.wire.addr6 import LINK_LOCAL, SCOPE_LINK, eui64, solicited_node

if TYPE_CHECKING:
    from macvsim.net.ipv6.device import Inet6Dev
    from macvsim.net.ipv6.stack import Ipv6

_MILLION = 1_000_000


class DuplicateDetection:
    """The detection of one namespace."""

    __slots__ = ("sim", "stack")

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.sim = stack.ns.sim

    def start(self, dev: NetDevice, address: Address6) -> None:
        """Check an address, once the program that gave it has come to rest (addrconf_dad_start)."""
        if address.state is not Dad.DEAD:
            address.state = Dad.BEFORE
            self._later(dev, address, 0)

    def resume(self, inet6: Inet6Dev, address: Address6) -> None:
        """The device of an address that waited is ready (addrconf_dad_run)."""
        self._kick(inet6, address)

    def _begin(self, dev: NetDevice, inet6: Inet6Dev, address: Address6) -> None:
        """addrconf_dad_begin: not every device and address needs it."""
        stack, flags = self.stack, address.flags
        stack.addrconf.groups.join_solicited(dev, address.local)
        address.state = Dad.RUNNING
        unchecked = stack.conf_all.accept_dad < 1 and inet6.conf.accept_dad < 1
        if dev.noarp or dev.loopback or unchecked or not flags & Flag.TENTATIVE or flags & Flag.NODAD:
            self._succeed(dev, address)
        elif not inet6.ready:
            self._stop(dev, address, failed=False)
        else:
            if flags & Flag.OPTIMISTIC:
                stack.addrconf.receive_for(dev, address)
            self._kick(inet6, address)

    def _kick(self, inet6: Inet6Dev, address: Address6) -> None:
        """After a random delay, the first solicitation (addrconf_dad_kick)."""
        dev = inet6.dev
        dice = self.sim.rng(f"dad/{dev.label}")
        longest = inet6.conf.router_solicitation_delay * self.sim.hz
        delay = 0 if address.flags & Flag.OPTIMISTIC or longest < 1 else dice.randrange(longest)
        enhanced = inet6.conf.enhanced_dad or self.stack.conf_all.enhanced_dad
        address.nonce = dice.randrange(1, 1 << 48) if enhanced else 0
        address.probes = max(inet6.conf.dad_transmits, 0)
        self._later(dev, address, delay)

    def _later(self, dev: NetDevice, address: Address6, delay: int) -> None:
        """Do the next step in so many jiffies (addrconf_mod_dad_work); without delay a kernel thread does it now."""
        if address.timer is None:
            address.timer = Timer(self.sim, lambda: self._work(dev, address))
        if delay:
            address.timer.start(delay)
        elif not address.queued:
            address.timer.stop()
            address.queued = True
            self.sim.call_in_process(0, address.timer.fn)

    def _work(self, dev: NetDevice, address: Address6) -> None:
        """addrconf_dad_work."""
        address.queued = False
        inet6 = dev.inet.inet6
        if inet6 is None or address not in inet6.addresses:
            return
        if address.state is Dad.BEFORE:
            self._begin(dev, inet6, address)
        elif address.state is Dad.FAILED:
            self._abort(dev, inet6, address)
        elif inet6.ready and address.state is Dad.RUNNING:
            if not address.probes:
                self._succeed(dev, address)
                return
            address.probes -= 1
            self._later(dev, address, self.stack.neigh.retrans(inet6))
            self.stack.ndisc.send_ns(dev, address.local, solicited_node(address.local), 0, nonce=address.nonce)

    def _succeed(self, dev: NetDevice, address: Address6) -> None:
        """Nobody else has it (addrconf_dad_completed): receive for it, report groups and ask for routers from it."""
        stack, inet6 = self.stack, dev.inet.inet6
        announce = bool(address.flags & Flag.TENTATIVE) and not address.flags & Flag.OPTIMISTIC
        address.flags &= ~(Flag.TENTATIVE | Flag.OPTIMISTIC | Flag.DADFAILED)
        address.state = Dad.AFTER
        self.cancel(address)
        stack.addrconf.receive_for(dev, address)
        lonely = address.scope == SCOPE_LINK and not any(
            a is not address and a.scope == SCOPE_LINK and not a.flags & (Flag.TENTATIVE | Flag.DADFAILED)
            for a in inet6.addresses
        )
        if lonely and not dev.loopback:
            stack.addrconf.groups.address_settled(inet6)
        if announce and (inet6.conf.ndisc_notify or stack.conf_all.ndisc_notify):
            stack.ndisc.send_na(dev, (0xFF02 << 112) | 1, address.local, router=bool(inet6.conf.forwarding),
                                solicited=False, override=True, option=True)  # fmt: skip
        if lonely and accepts_ra(inet6) and inet6.conf.router_solicitations and not dev.loopback:
            if inet6.solicitation is not None:
                inet6.solicitation.timer.stop()
            inet6.solicitation = RouterSolicitation(self.stack, inet6)
        stack.router.forget()

    def failed(self, dev: NetDevice, address: Address6) -> None:
        """Somebody else has the address (addrconf_dad_failure)."""
        if address.state is Dad.RUNNING:
            address.state = Dad.FAILED
            self._later(dev, address, 0)

    def _abort(self, dev: NetDevice, inet6: Inet6Dev, address: Address6) -> None:
        address.state = Dad.AFTER
        strict = max(self.stack.conf_all.accept_dad, inet6.conf.accept_dad) > 1
        own = address.local == LINK_LOCAL | eui64(dev.mac, dev.dev_id)
        self._stop(dev, address, failed=True)
        if strict and own and not inet6.conf.disable_ipv6:
            inet6.conf.disable_ipv6 = 1
            self.stack.addrconf.down(dev)

    def _stop(self, dev: NetDevice, address: Address6, *, failed: bool) -> None:
        """The address stays, but tentative; one that is not permanent goes (addrconf_dad_stop)."""
        if failed:
            address.flags |= Flag.DADFAILED
        if address.flags & Flag.PERMANENT or not failed:
            self.cancel(address)
            address.flags |= Flag.TENTATIVE
            if failed:
                address.flags &= ~Flag.OPTIMISTIC
        else:
            self.stack.addrconf.remove(dev, address)

    @staticmethod
    def cancel(address: Address6) -> None:
        """Ask no further."""
        if address.timer is not None:
            address.timer.stop()


class RouterSolicitation:
    """Router solicitations of one device: at once, then ever less often (RFC 7559)."""

    def __init__(self, stack: Ipv6, inet6: Inet6Dev) -> None:
        self.stack = stack
        self.inet6 = inet6
        self.answered = False
        self.timer = Timer(stack.ns.sim, self._next)
        self._dice = stack.ns.sim.rng(f"rs/{inet6.dev.label}")
        self._interval = self._spread(inet6.conf.router_solicitation_interval * stack.ns.sim.hz, 900_000)
        self._probes = 1
        source = inet6.link_local()
        if source is not None:
            stack.ndisc.send_rs(inet6.dev, source)
            self.timer.start(self._interval)

    def _spread(self, jiffies: int, least: int) -> int:
        """A time multiplied with a random number between `least` and `least` + 0.2 millionths."""
        return (least + self._dice.randrange(200_001)) * jiffies // _MILLION

    def _next(self) -> None:
        """addrconf_rs_timer."""
        inet6, conf = self.inet6, self.inet6.conf
        source = inet6.link_local()
        if not inet6.ready or not accepts_ra(inet6) or self.answered or source is None:
            return
        limit = conf.router_solicitations
        again = self._probes < limit or limit < 0
        self._probes += 1
        if not again:
            return
        self.stack.ndisc.send_rs(inet6.dev, source)
        hz = self.stack.ns.sim.hz
        longest = conf.router_solicitation_max_interval * hz
        self._interval = self._spread(self._interval, 1_900_000)
        if self._interval > longest:
            self._interval = self._spread(longest, 900_000)
        last = self._probes == limit
        self.timer.start(conf.router_solicitation_delay * hz if last else self._interval)


def accepts_ra(inet6: Inet6Dev) -> bool:
    """True if router advertisements are listened to (ipv6_accept_ra): routers need accept_ra 2."""
    conf = inet6.conf
    return conf.accept_ra == 2 if conf.forwarding else bool(conf.accept_ra)
