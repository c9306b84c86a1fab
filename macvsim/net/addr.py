"""IPv4 addresses of devices, and the routes that come and go with them (net/ipv4/devinet.c, fib_frontend.c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from macvsim.dev.attributes import NOTHING
from macvsim.dev.base import NetDevice
from macvsim.engine.sim import Sim
from macvsim.engine.wheel import Timer
from macvsim.errors import NetlinkError
from macvsim.net.fib import Fib
from macvsim.net.fibroute import TABLE_LOCAL, TABLE_MAIN, Route, RouteType, Scope
from macvsim.net.parts import differ
from macvsim.net.sysctl import DevConf, NeighParms
from macvsim.wire.addr import ip_text, is_multicast_ip, is_zeronet_ip, mask_int

if TYPE_CHECKING:
    from macvsim.net.igmp import Reporter
    from macvsim.net.ipv6.address import Address6
    from macvsim.net.ipv6.device import Inet6Dev
    from macvsim.net.multipath import Hop
    from macvsim.net.namespace import Namespace
    from macvsim.net.quiet6 import Attached
    from macvsim.wire.frame import Frame

ALL_HOSTS = 0xE0000001
ALL_SNOOPERS = 0xE000006A
FOREVER = 0xFFFFFFFF


class Address:
    """One IPv4 address of a device (struct in_ifaddr).

    broadcast : 0 when none was given; metric : of the connected route; peer : equals `local` unless point-to-point;
    autojoin : a multicast address whose group the device joins; valid, preferred : seconds it lives from the jiffy
    `since` on
    """

    __slots__ = ("__dict__", "broadcast", "label", "local", "peer", "plen", "scope", "since")
    # what few addresses have
    secondary: bool = False
    noprefixroute: bool = False
    autojoin: bool = False
    metric: int = 0
    valid: int = FOREVER
    preferred: int = FOREVER
    ageing: Timer | None = None

    def __init__(
        self,
        local: int,
        plen: int,
        broadcast: int = 0,
        scope: Scope = Scope.UNIVERSE,
        label: str = "",
        peer: int = 0,
        **further: Any,
    ) -> None:
        self.local = local
        self.plen = plen
        self.broadcast = broadcast
        self.scope = scope
        self.label = label
        self.peer = peer
        self.since = 0
        differ(self, further)

    @property
    def prefix(self) -> int:
        """Network part, which is the peer's."""
        return (self.peer or self.local) & mask_int(self.plen)

    def contains(self, ip: int) -> bool:
        """True if `ip` is in this address's subnet."""
        return (ip ^ (self.peer or self.local)) & mask_int(self.plen) == 0

    def lifetimes(self, sim: Sim) -> tuple[int, int]:
        """Seconds it is still valid and preferred (inet_fill_ifaddr)."""
        gone = (sim.jiffies - self.since) // sim.hz
        left = [life if life == FOREVER else max(life - gone, 0) for life in (self.valid, self.preferred)]
        return left[0], left[1]

    @property
    def text(self) -> str:
        return f"{ip_text(self.local)}/{self.plen}"


class InDev:
    """IPv4 side of one device (struct in_device): addresses, parameters, groups joined."""

    __slots__ = (
        "_inet6", "addresses", "arp_out", "conf", "dev", "groups", "igmp", "parms", "quiet6", "reachable_drawn",
        "reachable_time",
    )  # fmt: skip

    def __init__(self, dev: NetDevice, conf: DevConf, parms: NeighParms) -> None:
        self.dev = dev
        self.conf = conf
        self.parms = parms
        self.reachable_time = 0
        """Jiffies a neighbour stays reachable; drawn anew every 300 s."""
        self.reachable_drawn: int | None = None
        self.addresses: tuple[Address, ...] = ()
        self.groups: Mapping[int, int] = NOTHING
        """Multicast groups joined, and how often; the newest last."""
        self.arp_out: Callable[[Frame], object] | None = None
        """The entry point of ARP frames that leave by the device, once one was sent."""
        self.igmp: Reporter | None = None
        """Who tells others about them, once there was something to tell."""
        self._inet6: Inet6Dev | None = None
        self.quiet6: Attached | None = None
        """What `inet6` is to be made of: IPv6 is off in the whole namespace, and nobody has asked."""

    @property
    def inet6(self) -> Inet6Dev | None:
        """IPv6 side of the device, even where IPv6 is disabled; None if the MTU is below 1280."""
        if self.quiet6 is not None:
            cast("Namespace", self.dev.ns).wake_ipv6()
        return self._inet6

    @inet6.setter
    def inet6(self, inet6: Inet6Dev | None) -> None:
        self._inet6 = inet6

    @property
    def addresses6(self) -> Sequence[Address6]:
        """Its IPv6 addresses; asking for them makes no `inet6`."""
        return () if self._inet6 is None else self._inet6.addresses

    def insert(self, place: int, address: Address) -> None:
        """One more address."""
        self.addresses = (*self.addresses[:place], address, *self.addresses[place:])

    def drop(self, address: Address) -> None:
        """One less."""
        self.addresses = tuple(other for other in self.addresses if other is not address)

    def primary_for(self, ip: int) -> Address | None:
        """First primary address whose subnet contains `ip`."""
        return next((a for a in self.addresses if not a.secondary and a.contains(ip)), None)


class AddressTable:
    """Adds and removes addresses of one namespace and keeps the FIB in step."""

    __slots__ = ("fib", "ns")

    def __init__(self, ns: Namespace, fib: Fib) -> None:
        self.ns = ns
        self.fib = fib

    def add(self, dev: NetDevice, address: Address) -> Address:
        """``ip addr add`` (__inet_insert_ifa): a second one in the same subnet becomes secondary."""
        indev: InDev = dev.inet
        if address.autojoin and not is_multicast_ip(address.local):
            raise NetlinkError(
                "EINVAL", f"{address.text} on {dev.label}: only a multicast address joins", "Multicast auto join failed"
            )
        if not address.local:
            return address  # 0.0.0.0 is quietly left out
        for other in indev.addresses:
            if other.plen == address.plen and other.prefix == address.prefix:
                if other.local == address.local:
                    raise NetlinkError(
                        "EEXIST", f"{dev.label} has {address.text} already", "ipv4: Address already assigned"
                    )
                if other.scope is not address.scope:
                    raise NetlinkError(
                        "EINVAL",
                        f"{address.text} on {dev.label}: {other.text} has scope {other.scope.text}, take the same",
                        "ipv4: Invalid scope value",
                    )
                address.secondary = True
        address.peer = address.peer or address.local
        dev.check_address(address.peer.to_bytes(4, "big"))
        address.label = address.label or dev.name
        # a primary address stands behind the last primary one whose scope is no wider
        before = [i for i, a in enumerate(indev.addresses) if not a.secondary and a.scope >= address.scope]
        place = len(indev.addresses) if address.secondary else before[-1] + 1 if before else 0
        indev.insert(place, address)
        self._routes_up(dev, address)
        dev.on_address(address.peer.to_bytes(4, "big"), True)
        if address.autojoin:
            self.ns.join_group(dev, address.local)
        self.let_live(dev, address, address.valid, address.preferred)
        return address

    def let_live(self, dev: NetDevice, address: Address, valid: int, preferred: int) -> None:
        """From now on an address lives so many seconds (set_ifa_lifetime); at the end it is removed
        (check_lifetime).
        """
        differ(address, {"valid": valid, "preferred": preferred})
        address.since = self.ns.sim.jiffies
        if address.ageing is not None:
            address.ageing.stop()
        if valid != FOREVER:
            address.ageing = Timer(self.ns.sim, partial(self._expire, dev, address))
            address.ageing.start(valid * self.ns.sim.hz)

    def _expire(self, dev: NetDevice, address: Address) -> None:
        if address in dev.inet.addresses:
            self.remove(dev, address.local, address.plen)

    def remove(self, dev: NetDevice, local: int, plen: int | None = None) -> Address:
        """``ip addr del``: a primary address takes its secondaries along unless promote_secondaries is set."""
        indev: InDev = dev.inet
        found = next((a for a in indev.addresses if a.local == local and plen in (None, a.plen)), None)
        if found is None:
            raise NetlinkError(
                "EADDRNOTAVAIL", f"{dev.label} has no address {ip_text(local)}", "ipv4: Address not found"
            )
        self._remove(dev, found)
        if found.autojoin:
            self.ns.leave_group(dev, found.local)
        if not indev.addresses:
            self._without(dev, lambda r: True)
            self.ns.neigh.device_down(dev)  # fib_disable_ip, arp_ifdown
        return found

    def _remove(self, dev: NetDevice, gone: Address) -> None:
        indev: InDev = dev.inet
        indev.drop(gone)
        if gone.ageing is not None:
            gone.ageing.stop()
        secondaries = [a for a in indev.addresses if a.secondary and a.plen == gone.plen and a.prefix == gone.prefix]
        promote = max(indev.conf.promote_secondaries, self.ns.conf_all.promote_secondaries)
        if not gone.secondary and not promote:
            for other in secondaries:
                indev.drop(other)
                self._routes_down(dev, other)
                dev.on_address(other.peer.to_bytes(4, "big"), False)
        self._routes_down(dev, gone)
        dev.on_address(gone.peer.to_bytes(4, "big"), False)
        if self.ns.made("netfilter"):
            self.ns.netfilter.address_gone(dev, gone.local)
        if not gone.secondary and promote and secondaries:
            heir = secondaries[0]
            heir.secondary = False
            indev.drop(heir)
            indev.insert(sum(not a.secondary for a in indev.addresses), heir)
            for other in secondaries:
                self._routes_up(dev, other)

    def remove_all(self, dev: NetDevice) -> None:
        """The device leaves the namespace: addresses and routes go with it."""
        indev: InDev = dev.inet
        for address in indev.addresses:
            dev.on_address(address.peer.to_bytes(4, "big"), False)
        indev.addresses = ()
        self.fib.remove_if(lambda r: r.dev is dev or any(hop.dev is dev for hop in r.hops))

    # -- routes that the kernel makes ----------------------------------------------------------------------------------

    def _routes_up(self, dev: NetDevice, address: Address) -> None:
        """fib_add_ifaddr: the local route always, subnet and broadcast only while the device is up."""
        src = self._primary_local(dev, address)
        self._magic(RouteType.LOCAL, address.local, 32, dev, src)
        if not dev.up:
            return
        mask = mask_int(address.plen)
        broadcast = address.broadcast if address.broadcast != 0xFFFFFFFF else 0
        if broadcast:
            self._magic(RouteType.BROADCAST, broadcast, 32, dev, src)
        if is_zeronet_ip(address.prefix) or address.secondary:
            return
        if address.prefix != address.local or address.plen < 32:
            if not address.noprefixroute:
                kind = RouteType.LOCAL if dev.loopback else RouteType.UNICAST
                self._magic(kind, address.prefix, address.plen, dev, src, address.metric)
            last = address.prefix | ~mask & 0xFFFFFFFF
            if address.plen < 31 and last != broadcast:
                self._magic(RouteType.BROADCAST, last, 32, dev, src)

    def _routes_down(self, dev: NetDevice, address: Address) -> None:
        """fib_del_ifaddr: what this address brought and no other address of the device still needs."""
        indev: InDev = dev.inet
        keep: list[tuple[RouteType, int, int]] = []
        for other in indev.addresses:
            mask = mask_int(other.plen)
            keep.append((RouteType.LOCAL, other.local, 32))
            keep.append((RouteType.BROADCAST, other.broadcast, 32))
            keep.append((RouteType.BROADCAST, other.prefix | (~mask & 0xFFFFFFFF), 32))
            if not other.secondary:
                keep.append((RouteType.UNICAST, other.prefix, other.plen))
        self.fib.remove_if(
            lambda r: (
                r.dev is dev
                and r.proto == "kernel"
                and (r.src == address.local or (r.type is RouteType.LOCAL and r.dst == address.local))
                and (r.type, r.dst, r.plen) not in keep
            )
        )
        still_local = any(a.local == address.local for d in self.ns.devices.values() for a in d.inet.addresses)
        if not still_local:
            self.fib.remove_if(lambda r: r.src == address.local)

    def _primary_local(self, dev: NetDevice, address: Address) -> int:
        if not address.secondary:
            return address.local
        primary = dev.inet.primary_for(address.local)
        return primary.local if primary is not None else address.local

    def _magic(self, kind: RouteType, dst: int, plen: int, dev: NetDevice, src: int, metric: int = 0) -> None:
        """fib_magic: a route of the kernel's own; one that is there already stays."""
        if src == 0xFFFFFFFF and kind is not RouteType.LOCAL:
            return  # no source for packets: the kernel refuses the route to itself
        table = TABLE_MAIN if kind is RouteType.UNICAST else TABLE_LOCAL
        scope = Scope.HOST if kind is RouteType.LOCAL else Scope.LINK
        route = Route(dst, plen, kind, dev=dev, scope=scope, src=src, metric=metric, proto="kernel", table=table)
        self.fib.ensure(route)

    # -- the device changes --------------------------------------------------------------------------------------------

    def device_up(self, dev: NetDevice) -> None:
        """Connected and broadcast routes come back, next hops live again (fib_sync_up); static routes do not."""
        for address in dev.inet.addresses:
            self._routes_up(dev, address)
        for hop in self._hops(dev):
            hop.dead = False

    def device_down(self, dev: NetDevice) -> None:
        """Every route through the device goes, except that its own addresses stay local (fib_disable_ip)."""
        self._without(dev, lambda r: r.type is not RouteType.LOCAL)
        self.fib.changed()

    def _without(self, dev: NetDevice, condition: Callable[[Route], bool]) -> None:
        """Routes through a device go; those with other next hops as well go on without it (fib_sync_down_dev)."""
        for hop in self._hops(dev):
            hop.dead = True
        self.fib.remove_if(lambda r: all(hop.dead for hop in r.hops) if r.hops else r.dev is dev and condition(r))

    def _hops(self, dev: NetDevice) -> list[Hop]:
        """Next hops through a device of routes that have several."""
        return [hop for route in self.fib.further_routes() for hop in route.hops if hop.dev is dev]

    def select_source(self, dev: NetDevice | None, dst: int, scope: Scope) -> int:
        """Best own address to talk from (inet_select_addr); 0 when there is none."""
        if dev is not None:
            fallback = 0
            indev: InDev = dev.inet
            for address in indev.addresses:
                if address.secondary or address.scope > scope:
                    continue
                if not dst or address.contains(dst):
                    return address.local
                fallback = fallback or address.local
            if fallback:
                return fallback
        for other in self.ns.devices.values():
            for address in other.inet.addresses:
                if not address.secondary and address.scope is not Scope.LINK and address.scope <= scope:
                    return int(address.local)
        return 0
