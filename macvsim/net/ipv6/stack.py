"""The IPv6 of one namespace: its layers, its tables, and what happens when a device changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from macvsim.dev.base import NetDevice
from macvsim.dev.contracts import Event
from macvsim.net.exceptions import Exceptions
from macvsim.net.ipv6.addrconf import Addrconf, link_ready
from macvsim.net.ipv6.address import Dad, Flag
from macvsim.net.ipv6.conf import DevConf6, Icmpv6Conf, Ipv6Conf, NeighParms6, RouteConf6
from macvsim.net.ipv6.exthdrs import ExtensionHeaders
from macvsim.net.ipv6.fib6 import Fib6
from macvsim.net.ipv6.fragment import Reassembly6
from macvsim.net.ipv6.icmpv6 import Icmpv6Layer
from macvsim.net.ipv6.ip6 import Ipv6Layer
from macvsim.net.ipv6.ndisc import NdiscLayer
from macvsim.net.ipv6.route6 import Router6
from macvsim.net.ipv6.snmp6 import Snmp6
from macvsim.net.ipv6.sysctl6 import Sysctl6
from macvsim.net.ipv6.udp6 import Udp6Layer
from macvsim.net.neightable import NeighTable
from macvsim.net.parts import Parts
from macvsim.net.sysctl import NeighThresholds
from macvsim.wire.addr6 import ip6_text, is_link_local6, solicited_node
from macvsim.wire.frame import ETH_P_IPV6, IPV6_MIN_MTU

if TYPE_CHECKING:
    from macvsim.net.ipv6.contracts import Net
    from macvsim.net.ipv6.device import Inet6Dev

_CONFIRMING = 16


class NeighTable6(NeighTable):
    """All neighbour entries for IPv6 (nd_tbl)."""

    __slots__ = ()
    ethertype = ETH_P_IPV6.to_bytes(2)
    suffix = "6"
    address_bits = 128

    def text(self, ip: int) -> str:
        return ip6_text(ip)

    def indev(self, dev: NetDevice) -> Inet6Dev:
        side: Inet6Dev = dev.inet.inet6
        return side


class Ipv6(Parts):
    """IPv6 of one namespace.

    Parameters
    ----------
    init : the machine's first namespace, None for itself
    disabled : the kernel was started with ``ipv6.disable_ipv6=1``: devices have IPv6 off until a parameter turns it on
    multiple_tables : own addresses stand in a table of their own, as distributions' kernels have it
    """

    __slots__ = (
        "addrconf", "conf", "conf_all", "conf_default", "confirming", "exceptions", "extensions", "fib",
        "first", "icmp", "icmp_conf", "ip6", "ndisc", "neigh", "ns", "parms_default", "reassembly",
        "route_conf", "router", "snmp", "sysctl", "udp",
    )  # fmt: skip
    conf: Ipv6Conf
    exceptions: Exceptions
    extensions: ExtensionHeaders
    icmp: Icmpv6Layer
    icmp_conf: Icmpv6Conf
    ip6: Ipv6Layer
    ndisc: NdiscLayer
    neigh: NeighTable
    parms_default: NeighParms6
    reassembly: Reassembly6
    route_conf: RouteConf6
    snmp: Snmp6
    sysctl: Sysctl6
    udp: Udp6Layer
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "conf": lambda _: Ipv6Conf(),
        "exceptions": lambda stack: Exceptions(stack.ns.sim),
        "extensions": ExtensionHeaders,
        "icmp": Icmpv6Layer,
        "icmp_conf": lambda _: Icmpv6Conf(),
        "ip6": Ipv6Layer,
        "ndisc": NdiscLayer,
        "neigh": lambda stack: stack._new_neigh(),
        "parms_default": lambda _: NeighParms6(),
        "reassembly": Reassembly6,
        "route_conf": lambda _: RouteConf6(),
        "snmp": lambda _: Snmp6(),
        "sysctl": Sysctl6,
        "udp": Udp6Layer,
    }

    def __init__(self, ns: Net, init: Net | None, *, disabled: bool, multiple_tables: bool) -> None:
        self.ns = ns
        self.first = init is None
        """The machine's first namespace shows the defaults of neighbours."""
        self.confirming: deque[tuple[int, int]] = deque(maxlen=_CONFIRMING) if init is None else init.ipv6.confirming
        """Packets whose senders say that next hops are reachable, and where they go (an answer may have the identity of
        what it answers); the mark stays on them in all of the machine.
        """
        self.conf_all = DevConf6()
        self.conf_all.accept_dad = 0
        self.conf_default = DevConf6()
        if disabled:
            self.conf_all.disable_ipv6 = self.conf_default.disable_ipv6 = 1
        self.router = Router6(self)
        self.fib = Fib6(multiple=multiple_tables, changed=self.router.forget)
        self.addrconf = Addrconf(self)

    def touched(self, name: str) -> None:
        self.ns.sim.mark_made(self.ns, f"ipv6.{name}")

    def _new_neigh(self) -> NeighTable:
        table = NeighTable6(self.ns.sim, self.ndisc, NeighThresholds())
        table.proxies.changed = self._proxied
        return table

    # -- devices -------------------------------------------------------------------------------------------------------

    def adopt(self, devices: Iterable[NetDevice]) -> None:
        """Take over the devices that were there before (net/quiet6.py)."""
        for dev in devices:
            attached, dev.inet.quiet6 = dev.inet.quiet6, None
            if attached is not None:
                self.addrconf.adopt(dev, attached)

    def attach(self, dev: NetDevice) -> None:
        """A device comes to the namespace; IPv6 looks at it unless its MTU is too small."""
        if dev.mtu >= IPV6_MIN_MTU:
            self.addrconf.add_device(dev)

    def detach(self, dev: NetDevice) -> None:
        """A device leaves the namespace."""
        if dev.inet.inet6 is not None:
            self.addrconf.down(dev, gone=True)

    def device_event(self, dev: NetDevice, event: Event) -> None:
        """Addresses, routes and neighbours follow their device (addrconf_notify, ndisc_netdev_event)."""
        inet6 = dev.inet.inet6
        if event is Event.CHANGEMTU:
            self._mtu_changed(dev)
        elif inet6 is None:
            return
        elif event is Event.UP or event is Event.CHANGE:
            if not inet6.conf.disable_ipv6:
                self.addrconf.up(dev, inet6, event)
        elif event is Event.DOWN:
            self.addrconf.down(dev)
        elif event is Event.CHANGEADDR and self.made("neigh"):
            self.neigh.flush(dev)
        if (
            event is Event.CHANGE
            and not dev.carrier
            and inet6 is not None
            and inet6.conf.ndisc_evict_nocarrier
            and self.conf_all.ndisc_evict_nocarrier
        ):
            self.neigh.flush(dev, keep_permanent=True)
        self.router.forget()

    def arp_changed(self, dev: NetDevice) -> None:
        """A device began or ceased to ask for MACs: its addresses are checked anew (IFF_NOARP in addrconf_notify)."""
        inet6 = dev.inet.inet6
        if inet6 is not None:
            if inet6.ready and link_ready(dev):
                for address in inet6.addresses:
                    address.state = Dad.BEFORE
                    self.addrconf.dad.resume(inet6, address)
            self.neigh.flush(dev)

    def _proxied(self, dev: NetDevice, ip: int, there: bool) -> None:
        """Who answers for an address of somebody else hears those who ask for it (pndisc_constructor)."""
        if dev.inet.inet6 is not None:
            groups = self.addrconf.groups
            (groups.join if there else groups.leave)(dev, solicited_node(ip))

    def _mtu_changed(self, dev: NetDevice) -> None:
        """IPv6 leaves a device whose MTU is too small for it, and comes back."""
        inet6 = dev.inet.inet6
        if dev.mtu < IPV6_MIN_MTU:
            if inet6 is not None:
                self.addrconf.down(dev, gone=not dev.loopback)
        elif inet6 is not None:
            inet6.conf.mtu = dev.mtu
        else:
            inet6 = self.addrconf.add_device(dev)
            if inet6.ready and not inet6.conf.disable_ipv6:
                self.addrconf.start(dev, inet6)

    def mtu(self, dev: NetDevice) -> int:
        """What a device carries in one piece (mtu6)."""
        inet6: Inet6Dev | None = dev.inet.inet6
        return IPV6_MIN_MTU if inet6 is None else inet6.conf.mtu

    # -- addresses -----------------------------------------------------------------------------------------------------

    def is_local(self, ip: int, dev: NetDevice | None = None, *, tentative: bool = True) -> bool:
        """True if `ip` is one of our own addresses, on `dev` or on any device (ipv6_chk_addr_and_flags).

        tentative : count those that are still being checked, too; optimistic ones always count
        """
        devices = self.ns.devices.values() if dev is None else (dev,)
        for candidate in devices:
            inet6 = candidate.inet.inet6
            found = None if inet6 is None else inet6.address(ip)
            if found is not None and (tentative or not found.flags & Flag.TENTATIVE or found.flags & Flag.OPTIMISTIC):
                return True
        return False

    def answers_for(self, ip: int, dev: NetDevice | None) -> bool:
        """True if what is sent to `ip` by way of `dev` is for us (ipv6_chk_addr, ipv6_chk_acast_addr_src)."""
        where = dev if is_link_local6(ip) else None
        return self.is_local(ip, where, tentative=False) or any(
            candidate.inet.inet6 is not None and ip in candidate.inet.inet6.anycast
            for candidate in (self.ns.devices.values() if where is None else (where,))
        )

    def owner(self, ip: int) -> NetDevice | None:
        """The device that has an address."""
        return next((dev for dev in self.ns.devices.values() if self.is_local(ip, dev)), None)
