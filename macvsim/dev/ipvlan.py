"""ipvlan: many devices with the lower device's MAC, told apart by their IP addresses (drivers/net/ipvlan/).

Receiving is `IpvlanPort.handle` (ipvlan_handle_frame), sending is `Ipvlan.start_xmit` (ipvlan_queue_xmit).  Mode and
flag belong to the lower device, not to a child: who sets them last sets them for all.  In mode l2 a child speaks ARP
and its frames go out as they are; in l3 and l3s what leaves it is routed by the stack of the lower device's namespace,
and in l3s what comes in passes that stack too (net/route.py finds the child there).
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import ClassVar, TypeGuard

from macvsim.dev.base import NetDevice, Stack
from macvsim.dev.contracts import Event
from macvsim.dev.ipvlan_port import IP, IPV6, L2, L3, PRIVATE, VEPA, Flag, IpvlanPort, Mode, l3s_child, layer3_address
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.errors import AddressInUse, DeviceBusy, NetlinkError
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import ETH_HLEN, Frame

_REFUSED_BELOW = frozenset((DropReason.DEV_DOWN, DropReason.DEV_NO_CARRIER, DropReason.DUMMY))
"""A queue that takes nothing swallows frames, and the sender hears of no failure (noop_enqueue)."""
_UNROUTED = (DropReason.IP_OUTNOROUTES, DropReason.IP_UNREACHABLE_ROUTE, DropReason.IP_BLACKHOLE)


class Ipvlan(NetDevice):
    """A child with addresses of its own and the lower device's MAC.

    Parameters
    ----------
    lower : the lower (parent) device; an ipvlan given here stands for its own lower device, children never nest
    mode : for all children of `lower`; the kernel's default is l3, Docker passes l2
    flag : for all children of `lower`; None leaves it as it is
    mtu : None follows the lower device's
    mac_given : the user named a MAC, which the kernel ignores, but remembers that there was one
    """

    kind: ClassVar[str] = "ipvlan"
    unicast_filter: ClassVar[bool] = True
    no_rx_handler: ClassVar[bool] = True
    vlan_challenged: ClassVar[bool] = True

    def __init__(
        self,
        ns: Stack,
        name: str,
        lower: NetDevice,
        *,
        mode: Mode = L3,
        flag: Flag | None = None,
        mtu: int | None = None,
        mac_given: bool = False,
    ) -> None:
        lower = real_lower(lower)
        port = check_new_child(lower, name)
        super().__init__(ns, name, lower.mac, mtu=lower.mtu if mtu is None else mtu)
        if port is None:
            port = IpvlanPort(lower)
            lower.rx_handler = port
        self.port = port
        self.lower: NetDevice = lower
        self.permanent_mac = b"" if mac_given else lower.mac
        self.addresses: list[bytes] = []
        self.dev_id = port.next_id()
        self.carrier = lower.carrier
        self.tso_max_size = lower.tso_max_size
        lower.stack(self)
        if flag is not None:
            port.flag = flag
        port.set_mode(mode)  # before it is a child: its own NOARP comes when it opens
        port.children.append(self)

    # -- down ----------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        reason = self._xmit_l2(frame) if self.port.mode is L2 else self._xmit_l3(frame)
        if reason is not None and reason not in _REFUSED_BELOW:
            self.counters.tx_dropped += 1
            unrouted = reason in _UNROUTED and frame.raw[12:14] == IPV6  # IPv6 tells senders why, IPv4 does not
            return reason if unrouted else DropReason.XMIT_DROP
        self.count_sent(len(frame.raw))
        return reason

    def _xmit_l2(self, frame: Frame) -> DropReason | None:
        """ipvlan_xmit_mode_l2: to a sibling, to the lower device's own stack, to everybody, or to the wire."""
        raw = frame.raw
        port = self.port
        if raw[:6] == raw[6:12] and port.flag is not VEPA:
            child = port.by_ip.get(layer3_address(raw, target=True))
            if child is not None:
                return self._to_sibling(child, frame)
            self.lower.forward(frame)
            return None
        if raw[0] & 1:
            port.enqueue(frame, self)
            return None
        return self.lower.xmit(frame)

    def _xmit_l3(self, frame: Frame) -> DropReason | None:
        """ipvlan_xmit_mode_l3: to a sibling by its address, or by way of the routes of the lower device's namespace."""
        raw = frame.raw
        port = self.port
        if port.flag is not VEPA:
            child = port.by_ip.get(layer3_address(raw, target=True))
            if child is not None:
                return self._to_sibling(child, frame)
        if raw[0] & 1:
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_NO_GROUPS, frame)
        if raw[12:14] not in (IP, IPV6):
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_NO_L2, frame)
        lower = self.lower
        reason = lower.ns.route_out(lower, raw[12:14], raw[ETH_HLEN:], frame.uid)
        if reason is not None and reason not in _REFUSED_BELOW and lower.shows_core_stats:
            lower.counters.tx_errors += 1
        return reason

    def _to_sibling(self, child: Ipvlan, frame: Frame) -> DropReason | None:
        """Straight into a sibling's receive path (ipvlan_rcv_frame)."""
        if self.port.flag is PRIVATE:
            return self.sim.drop(frame.uid, self, DropReason.IPVLAN_PRIVATE, frame)
        if child.forward(frame) is None:
            child.count_received(len(frame.raw) + ETH_HLEN)  # the kernel counts the header twice
        else:
            child.counters.rx_errors += 1
        return None

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes, packet: bytes = b"") -> bytes:
        return self.lower.hard_header(dst, src, ethertype, packet)

    def listens(self, group: bytes) -> bool:
        """True if a group frame for this address is wanted here (mac_filters, exact instead of hashed)."""
        return group == BROADCAST_MAC or group in self.mc or bool(self.promiscuity or self.allmulti)

    # -- addresses -----------------------------------------------------------------------------------------------------

    def check_address(self, address: bytes) -> None:
        other = self.port.owner_of(address)
        if other is not None:
            raise AddressInUse(
                "EADDRINUSE",
                f"{ip_address(address)} is the address of {other.label}: children of {self.lower.label} are told "
                f"apart by theirs, choose another for {self.label}",
                "Address already assigned to an ipvlan device",
            )

    def on_address(self, address: bytes, added: bool) -> None:
        if added:
            if self.port.owner_of(address) is None:
                self.addresses.append(address)
                if self.started:
                    self.port.by_ip[address] = self
        elif address in self.addresses:
            self.addresses.remove(address)
            self.port.by_ip.pop(address, None)

    # -- configuration -------------------------------------------------------------------------------------------------

    def set_noarp(self, noarp: bool) -> None:
        """Whether the child asks for and answers with MACs: in mode l2 only (IFF_NOARP)."""
        if self.noarp is not noarp:
            self.noarp = noarp
            self.ns.arp_changed(self)

    def on_open(self) -> None:
        self.noarp = self.port.mode is not L2
        for address in self.addresses:
            self.port.by_ip[address] = self
        for mac in self.uc:
            self.lower.add_uc(mac)
        for mac in self.mc:
            self.lower.add_mc(mac)

    def on_stop(self) -> None:
        for mac in self.uc:
            self.lower.del_uc(mac)
        for mac in self.mc:
            self.lower.del_mc(mac)
        for address in self.addresses:
            self.port.by_ip.pop(address, None)

    def on_uc(self, mac: bytes, added: bool) -> None:
        if added:
            self.lower.add_uc(mac)
        else:
            self.lower.del_uc(mac)

    def on_mc(self, mac: bytes, added: bool) -> None:
        if added:
            self.lower.add_mc(mac)
        else:
            self.lower.del_mc(mac)

    def add_allmulti(self, change: int) -> None:
        """Count the wishes to see every group frame; the lower device hears of it even while the child is down."""
        was = bool(self.allmulti)
        super().add_allmulti(change)
        if bool(self.allmulti) is not was:
            self.lower.add_allmulti(-1 if was else 1)

    @recorded
    def set_mac(self, mac: bytes) -> None:
        """EOPNOTSUPP: the MAC is the lower device's."""
        raise NetlinkError(
            "EOPNOTSUPP", f"{self.label} has the MAC of {self.lower.label}: ip link set {self.lower.name} address …"
        )

    def lower_event(self, event: Event) -> None:
        """Follow the lower device (ipvlan_device_event)."""
        lower = self.lower
        if event in (Event.UP, Event.DOWN, Event.CHANGE):
            self.set_carrier(lower.carrier)
        elif event is Event.CHANGEMTU:
            self.mtu = lower.mtu  # nobody is told
            self.ns.routes_changed()
        elif event is Event.CHANGEADDR:
            self.mac = lower.mac
            self.notify(Event.CHANGEADDR)

    def on_destroy(self) -> None:
        lower, port = self.lower, self.port
        port.children.remove(self)
        lower.unstack(self)
        if not port.children:
            lower.rx_handler = None
            port.backlog.clear()
            lower.ns.routes_changed()


def real_lower(lower: NetDevice) -> NetDevice:
    """The lower device itself, or an ipvlan's own one: ipvlans never nest."""
    return lower.lower if isinstance(lower, Ipvlan) else lower


def check_new_child(lower: NetDevice, name: str) -> IpvlanPort | None:
    """The port to join, None if one has to be made; raises what ipvlan_link_new answers."""
    if lower.loopback:
        raise NetlinkError(
            "EINVAL", f"{name}: the loopback device cannot have ipvlan children; choose an Ethernet device"
        )
    handler = lower.rx_handler
    if handler is not None and not isinstance(handler, IpvlanPort):
        raise DeviceBusy(
            "EBUSY",
            f"{name}: {lower.label} is in use by {handler.owner}; choose another parent, or delete what uses it",
        )
    return handler


def netif_is_ipvlan(dev: object) -> TypeGuard[Ipvlan]:
    """True if it is an ipvlan child, or one of a kind derived from it (IFF_IPVLAN_SLAVE)."""
    return isinstance(dev, Ipvlan)


__all__ = [
    "Flag",
    "Ipvlan",
    "IpvlanPort",
    "Mode",
    "check_new_child",
    "l3s_child",
    "layer3_address",
    "netif_is_ipvlan",
    "real_lower",
]
