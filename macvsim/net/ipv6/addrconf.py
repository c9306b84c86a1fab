"""Addresses follow devices: link-local ones come by themselves, routes come and go with addresses
(net/ipv6/addrconf.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.errors import NetlinkError
from macvsim.net.fibroute import RouteType
from macvsim.net.ipv6.address import FOREVER, NO_FLAGS, Address6, Dad, Flag
from macvsim.net.ipv6.conf import GEN_MODES, DevConf6, NeighParms6
from macvsim.net.ipv6.dad import DuplicateDetection
from macvsim.net.ipv6.device import Group, Inet6Dev
from macvsim.net.ipv6.fib6 import METRIC_ADDRCONF, Route6
from macvsim.net.ipv6.mcast import ROUTER_GROUPS, Groups
from macvsim.net.ipv6.ra import Routers
from macvsim.net.quiet6 import Attached
from macvsim.wire.addr6 import (
    ALL_NODES,
    ALL_ROUTERS,
    LINK_LOCAL,
    LOOPBACK,
    NODE_LOCAL_ALL_NODES,
    eui64,
    is_link_local6,
    is_multicast6,
    mask6,
)

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

EUI64, NONE, STABLE_PRIVACY, RANDOM = range(4)
"""Values of addr_gen_mode."""
_GROUPS_PREFIX = 0xFF << 120


class Addrconf:
    """The address configuration of one namespace."""

    __slots__ = ("dad", "groups", "routers", "stack")

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack
        self.groups = Groups(stack)
        self.dad = DuplicateDetection(stack)
        self.routers = Routers(stack)

    # -- devices -------------------------------------------------------------------------------------------------------

    def add_device(self, dev: NetDevice) -> Inet6Dev:
        """IPv6 looks at a device: parameters, and the groups every node is in (ipv6_add_dev)."""
        inet6 = self._add(dev, Attached.of(dev))
        inet6.ready = dev.up and link_ready(dev)
        self.groups.join(dev, NODE_LOCAL_ALL_NODES)
        self.groups.join(dev, ALL_NODES)
        if inet6.conf.forwarding and dev.multicast and not dev.loopback:
            self.groups.join(dev, ALL_ROUTERS)
        return inet6

    def adopt(self, dev: NetDevice, attached: Attached) -> None:
        """A device that IPv6 has looked at before there was a stack: it listens to all nodes already."""
        inet6 = self._add(dev, attached)
        inet6.groups = {group: Group(group) for group in (NODE_LOCAL_ALL_NODES, ALL_NODES)}
        inet6.groups[ALL_NODES].filtered = not dev.loopback

    def _add(self, dev: NetDevice, attached: Attached) -> Inet6Dev:
        stack = self.stack
        conf = DevConf6(stack.conf_default)
        conf.mtu = attached.mtu
        if not attached.asks:
            conf.accept_dad = -1
        if dev.loopback:
            conf.use_tempaddr = -1
        inet6 = Inet6Dev(dev, conf, NeighParms6(stack.parms_default if stack.made("parms_default") else None))
        dev.inet.inet6 = inet6
        return inet6

    def up(self, dev: NetDevice, inet6: Inet6Dev, event: Event) -> None:
        """The device came up, or its carrier (NETDEV_UP and NETDEV_CHANGE in addrconf_notify)."""
        if event is Event.UP:
            for address in inet6.addresses:
                if address.flags & Flag.PERMANENT:
                    self._restore(dev, address)
        if not link_ready(dev):
            return
        if event is Event.CHANGE and inet6.ready:
            self.groups.device_up(inet6)
            return
        inet6.ready = True
        self.start(dev, inet6)

    def _restore(self, dev: NetDevice, address: Address6) -> None:
        """What an address lacks that was given or kept while its device was down (fixup_permanent_addr)."""
        if not address.flags & Flag.NOPREFIXROUTE:
            self._prefix_route(dev, address, address.local & mask6(address.plen), address.plen)
        if address.state is Dad.BEFORE:
            self.dad.start(dev, address)

    def start(self, dev: NetDevice, inet6: Inet6Dev) -> None:
        """The device is ready: groups, the routes every device has, and its own address (addrconf_init_auto_addrs)."""
        if dev.up:
            self.groups.device_up(inet6)
        if dev.loopback:
            self._init_loopback(dev, inet6)
        else:
            self._add_route(Route6(_GROUPS_PREFIX, 8, dev, RouteType.MULTICAST, metric=METRIC_ADDRCONF, proto="kernel",
                                   table=self.stack.fib.local_table))  # fmt: skip
            self.generate(dev, inet6)
        for address in inet6.addresses:
            if address.tentative and address.state is Dad.RUNNING:
                self.dad.resume(inet6, address)
        inet6.conf.mtu = dev.mtu

    def _init_loopback(self, dev: NetDevice, inet6: Inet6Dev) -> None:
        """::1, which needs no check (init_loopback)."""
        if inet6.address(LOOPBACK) is None:
            address = Address6(LOOPBACK, 128, Flag.PERMANENT, proto="kernel_lo", state=Dad.AFTER)
            inet6.insert(address)
            self.receive_for(dev, address)

    def generate(self, dev: NetDevice, inet6: Inet6Dev) -> None:
        """The link-local address that comes from the MAC (addrconf_addr_gen)."""
        mode = inet6.conf.addr_gen_mode
        if mode == NONE:
            return
        if mode == EUI64:
            identifier = eui64(dev.mac, dev.dev_id)
        else:
            identifier = self.stack.ns.sim.rng(f"stable/{dev.label}").getrandbits(64)
        local = LINK_LOCAL | identifier
        if inet6.address(local) is None:
            self._put(dev, Address6(local, 64, Flag.PERMANENT | Flag.TENTATIVE, proto="kernel_ll"))

    def set_mode(self, dev: NetDevice, mode: str) -> None:
        """``ip link set … addrgenmode MODE``, for addresses to come (inet6_set_link_af)."""
        inet6 = dev.inet.inet6
        if inet6 is None or mode == GEN_MODES[STABLE_PRIVACY]:
            raise NetlinkError("EINVAL", f"{dev.label}: no mode {mode} here; choose eui64, none or random")
        inet6.conf.addr_gen_mode = GEN_MODES.index(mode)

    def down(self, dev: NetDevice, *, gone: bool = False) -> None:
        """The device went down or loses IPv6: addresses, routes and neighbours go, unlike IPv4's (addrconf_ifdown).

        gone : the device leaves, or its MTU is too small: IPv6 forgets it altogether
        """
        stack, inet6 = self.stack, dev.inet.inet6
        keep = not gone and (stack.conf_all.keep_addr_on_down > 0 or inet6.conf.keep_addr_on_down > 0)
        stack.fib.remove_if(lambda route: route.dev is dev)
        stack.neigh.device_down(dev)
        was_ready, inet6.ready = inet6.ready, False
        if inet6.solicitation is not None:
            inet6.solicitation.timer.stop()
            inet6.solicitation = None
        for address in list(inet6.addresses):
            self.dad.cancel(address)
            self._unlisten(dev, inet6, address)
            if keep and address.flags & Flag.PERMANENT and not is_own_link(address.local):
                if not address.flags & Flag.NODAD:
                    address.flags |= Flag.TENTATIVE
                address.state = Dad.BEFORE
            else:
                address.state = Dad.DEAD
                inet6.addresses.remove(address)
                dev.on_address(address.local.to_bytes(16, "big"), False)
        if was_ready or gone:
            self.groups.device_down(inet6)
        if gone:
            dev.inet.inet6 = None
        stack.router.forget()

    # -- addresses -----------------------------------------------------------------------------------------------------

    def add(self, dev: NetDevice, address: Address6) -> Address6:
        """``ip addr add`` (inet6_addr_add): `NetlinkError` EEXIST, EINVAL, EADDRNOTAVAIL, EACCES."""
        inet6, local = dev.inet.inet6, address.local
        if inet6 is None or inet6.conf.disable_ipv6:
            raise NetlinkError(
                "EACCES",
                f"{dev.label} has IPv6 off: sysctl -w net.ipv6.conf.{dev.name.replace('.', '/')}.disable_ipv6=0",
                "ipv6: IPv6 is disabled on this device",
            )
        where = f"{address.text} on {dev.label}"
        if not local:
            raise NetlinkError("EADDRNOTAVAIL", f"{where}: give an address", "ipv6: Invalid address")
        if is_multicast6(local) and not address.flags & Flag.MCAUTOJOIN:
            raise NetlinkError("EADDRNOTAVAIL", f"{where}: a group is joined, not owned",
                               'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag')  # fmt: skip
        if local == LOOPBACK and not dev.loopback:
            raise NetlinkError(
                "EADDRNOTAVAIL", f"{where}: ::1 belongs on lo", "ipv6: Cannot assign loopback address on this device"
            )
        if inet6.address(local) is not None:
            raise NetlinkError("EEXIST", f"{where}: it is there already", "ipv6: address already assigned")
        dev.check_address(local.to_bytes(16, "big"))
        if is_multicast6(local):
            self.groups.join(dev, local)
        address.flags |= Flag.TENTATIVE | (Flag.PERMANENT if address.valid == FOREVER else NO_FLAGS)
        if not address.preferred:
            address.flags |= Flag.DEPRECATED
        self._put(dev, address)
        return address

    def modify(
        self, dev: NetDevice, address: Address6, *, flags: Flag, valid: int, preferred: int, metric: int
    ) -> None:
        """Other flags and lifetimes for an address that is there (inet6_addr_modify)."""
        changeable = Flag.MANAGETEMPADDR | Flag.NOPREFIXROUTE | Flag.HOMEADDRESS | Flag.NODAD
        address.flags = address.flags & ~(changeable | Flag.DEPRECATED | Flag.PERMANENT) | flags & changeable
        address.flags |= Flag.PERMANENT if valid == FOREVER else NO_FLAGS
        address.flags |= NO_FLAGS if preferred else Flag.DEPRECATED
        address.valid, address.preferred, address.stamp = valid, preferred, self.stack.ns.sim.jiffies
        dst, plen = address.local & mask6(address.plen), address.plen
        self.stack.fib.remove_if(lambda r: r.dev is dev and (r.dst, r.plen, r.proto) == (dst, plen, "kernel")
                                 and r.type is RouteType.UNICAST)  # fmt: skip
        address.metric = metric
        if not address.flags & Flag.NOPREFIXROUTE:
            self._prefix_route(dev, address, dst, plen)
        self.routers.watch(dev, address)

    def _put(self, dev: NetDevice, address: Address6) -> None:
        """A new address, its prefix route, and its check (ipv6_add_addr, addrconf_prefix_route, addrconf_dad_start)."""
        stack = self.stack
        address.stamp = stack.ns.sim.jiffies
        dev.inet.inet6.insert(address)
        dev.on_address(address.local.to_bytes(16, "big"), True)
        if not address.flags & Flag.NOPREFIXROUTE:
            self._prefix_route(dev, address, address.local & mask6(address.plen), address.plen)
        self.dad.start(dev, address)
        self.routers.watch(dev, address)
        stack.router.forget()

    def _prefix_route(self, dev: NetDevice, address: Address6, dst: int, plen: int) -> None:
        """addrconf_prefix_route; a device that is down gets none."""
        if not dev.up:
            return
        expires = 0 if address.valid == FOREVER else address.stamp + address.valid * self.stack.ns.sim.hz
        metric = address.metric or METRIC_ADDRCONF
        self._add_route(Route6(dst, plen, dev, metric=metric, proto="kernel", expires=expires))

    def receive_for(self, dev: NetDevice, address: Address6) -> None:
        """Packets to an address are ours from now on (ipv6_ifa_notify(RTM_NEWADDR))."""
        fib = self.stack.fib
        self._add_route(Route6(address.local, 128, dev, RouteType.LOCAL, metric=0, proto="kernel",
                               table=fib.local_table))  # fmt: skip
        if dev.inet.inet6.conf.forwarding:
            self.join_anycast(dev, address)
        if address.peer and address.peer != address.local:
            self._prefix_route(dev, address, address.peer, 128)

    def remove(self, dev: NetDevice, address: Address6) -> None:
        """An address goes, and what came with it (ipv6_del_addr)."""
        stack, inet6 = self.stack, dev.inet.inet6
        self.dad.cancel(address)
        address.state = Dad.DEAD
        inet6.addresses.remove(address)
        dev.on_address(address.local.to_bytes(16, "big"), False)
        if address.flags & Flag.PERMANENT and not address.flags & Flag.NOPREFIXROUTE:
            self._cleanup_prefix(dev, inet6, address)
        self._unlisten(dev, inet6, address)
        dead = address.local
        stack.fib.remove_if(
            lambda r: (
                (r.dev is dev and r.type is RouteType.LOCAL and r.dst == dead and r.plen == 128)
                or (r.dev is dev and bool(address.peer) and r.dst == address.peer and r.proto == "kernel")
                or (r.src == dead and not stack.is_local(dead))
            )
        )
        if address.flags & Flag.MCAUTOJOIN:
            self.groups.leave(dev, address.local)
        stack.router.forget()

    def _cleanup_prefix(self, dev: NetDevice, inet6: Inet6Dev, gone: Address6) -> None:
        """The prefix route goes with the last address that has the prefix (check_cleanup_prefix_route)."""
        dst, plen = gone.local & mask6(gone.plen), gone.plen
        if not any(a.plen == plen and a.local & mask6(plen) == dst for a in inet6.addresses):
            self.stack.fib.remove_if(
                lambda r: (r.dst, r.plen) == (dst, plen) and r.dev is dev and r.proto == "kernel" and not r.gateway
                and r.type is RouteType.UNICAST
            )  # fmt: skip

    def _unlisten(self, dev: NetDevice, inet6: Inet6Dev, address: Address6) -> None:
        if inet6.conf.forwarding:
            self.leave_anycast(dev, address)
        self.groups.leave_solicited(dev, address.local)

    def _add_route(self, route: Route6) -> None:
        self.stack.fib.ensure(route)

    # -- routers -------------------------------------------------------------------------------------------------------

    def forwarding_changed(self, dev: NetDevice, inet6: Inet6Dev) -> None:
        """A device begins or ceases to be a router's (dev_forward_change)."""
        router = bool(inet6.conf.forwarding)
        if dev.multicast and not dev.loopback:
            for group in ROUTER_GROUPS:
                if router:
                    self.groups.join(dev, group)
                else:
                    self.groups.leave(dev, group)
        for address in inet6.addresses:
            if not address.tentative:
                if router:
                    self.join_anycast(dev, address)
                else:
                    self.leave_anycast(dev, address)
        if router:
            self.routers.forget(dev)

    def join_anycast(self, dev: NetDevice, address: Address6) -> None:
        """A router answers for the first address of its subnets (addrconf_join_anycast; RFC 4291, section 2.6.1)."""
        subnet = address.local & mask6(address.plen)
        anycast: dict[int, int] = dev.inet.inet6.anycast
        if address.plen >= 127 or not subnet:
            return
        anycast[subnet] = anycast.get(subnet, 0) + 1
        if anycast[subnet] == 1:
            self._add_route(Route6(subnet, 128, dev, RouteType.ANYCAST, metric=0, proto="kernel",
                                   table=self.stack.fib.local_table))  # fmt: skip
            self.groups.join_solicited(dev, subnet)

    def leave_anycast(self, dev: NetDevice, address: Address6) -> None:
        """Undo one `join_anycast`."""
        subnet = address.local & mask6(address.plen)
        anycast: dict[int, int] = dev.inet.inet6.anycast
        if subnet not in anycast:
            return
        anycast[subnet] -= 1
        if not anycast[subnet]:
            del anycast[subnet]
            self.groups.leave_solicited(dev, subnet)
            self.stack.fib.remove_if(lambda r: r.dev is dev and r.type is RouteType.ANYCAST and r.dst == subnet)


def is_own_link(ip: int) -> bool:
    """True for addresses that come by themselves (addr_is_local)."""
    return ip == LOOPBACK or is_link_local6(ip)


def link_ready(dev: NetDevice) -> bool:
    """True if packets could leave (addrconf_link_ready)."""
    return dev.oper_up and dev.qdisc != "noop" and dev.tx_active
