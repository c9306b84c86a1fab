"""macvlan: many devices with a MAC each on one lower device (drivers/net/macvlan.c).

Receiving is `macvsim.dev.macvlan_port.MacvlanPort.handle` (macvlan_handle_frame), sending is `Macvlan.start_xmit`
(macvlan_queue_xmit).  Modes decide about what children send and about group frames; a unicast frame from the lower
device goes to whoever owns its destination, whatever the mode.
"""

from __future__ import annotations

from typing import ClassVar, TypeGuard

from macvsim.dev.base import NetDevice, Stack, check_unicast_mac
from macvsim.dev.contracts import Event
from macvsim.dev.macvlan_port import BC_QUEUE_LEN, BRIDGE, BRIDGE_ONLY, PASSTHRU, SOURCE, VEPA, MacvlanPort, Mode
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.errors import AddressInUse, DeviceBusy, NetlinkError
from macvsim.wire.addr import BROADCAST_MAC, mac_text
from macvsim.wire.frame import Frame


class Macvlan(NetDevice):
    """A child with a MAC of its own on a lower device.

    Parameters
    ----------
    lower : the lower (parent) device; a macvlan given here stands for its own lower device, children never nest
    mac : None for a passthru child, which takes the lower device's; others need one
    mode : the kernel's default is vepa; Docker passes bridge
    """

    __slots__ = ("bcqueuelen", "mode", "nodst", "nopromisc", "port", "sources")
    kind: ClassVar[str] = "macvlan"
    unicast_filter: ClassVar[bool] = True
    xmit_dst_release = False

    def __init__(
        self,
        ns: Stack,
        name: str,
        lower: NetDevice,
        mac: bytes,
        *,
        mode: Mode = VEPA,
        mtu: int | None = None,
        nopromisc: bool = False,
        nodst: bool = False,
        bcqueuelen: int = BC_QUEUE_LEN,
    ) -> None:
        lower = real_lower(lower)
        port = check_new_child(lower, name, mode)
        if mtu is not None and mtu > lower.mtu:
            raise NetlinkError("EINVAL", f"{name}: mtu {mtu} is above that of {lower.label} ({lower.mtu})")
        check_unicast_mac(mac, name)
        super().__init__(ns, name, mac, mtu=lower.mtu if mtu is None else mtu)
        if port is None:
            port = MacvlanPort(lower)
            lower.rx_handler = port
        self.port = port
        self.lower: NetDevice = lower
        self.mode = mode
        self.nopromisc = nopromisc
        self.nodst = nodst
        self.bcqueuelen = bcqueuelen
        self.sources: tuple[bytes, ...] = ()
        if mode is PASSTHRU:
            port.passthru = True
            port.saved_mac = lower.mac
            self.mac = lower.mac
        self.carrier = lower.carrier
        self.max_mtu = lower.max_mtu
        self.tso_max_size = lower.tso_max_size
        port.children.append(self)
        lower.stack(self)

    # -- frames --------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        if frame.tag:
            frame = frame.inline()  # no NETIF_F_HW_VLAN_CTAG_TX (validate_xmit_vlan)
        raw = frame.raw
        to_sibling = False
        if self.mode is BRIDGE:
            if not raw[0] & 1:
                to_sibling = self._is_sibling(raw[:6])
            elif len(self.port.by_mac) > 1:
                self.port.broadcast(frame, self, BRIDGE_ONLY)
        if to_sibling:
            reason = None
            self.lower.forward(frame)  # by way of the lower device, whose taps see it arrive
        else:
            reason = self.lower.xmit(frame)
        if reason is DropReason.XMIT_DROP:
            self.counters.tx_dropped += 1
        else:
            self.count_sent(len(raw))
        return reason

    def _is_sibling(self, mac: bytes) -> bool:
        """True if frames to `mac` from a child in bridge mode stay on this machine."""
        child = self.port.by_mac.get(mac)
        return child is not None and child.mode is BRIDGE

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes, packet: bytes = b"") -> bytes:
        return self.lower.hard_header(dst, src, ethertype, packet)

    def listens(self, group: bytes) -> bool:
        """True if a group frame for this address is wanted here (the child's mc_filter, exact instead of hashed)."""
        return group == BROADCAST_MAC or group in self.mc or bool(self.promiscuity or self.allmulti)

    # -- configuration -------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        lower = self.lower
        if self.mode is PASSTHRU:
            if not self.nopromisc:
                lower.add_promiscuity(1)
        else:
            if self.port.is_busy(self.mac):
                raise AddressInUse(
                    "EADDRINUSE",
                    f"{self.label} cannot go up: {mac_text(self.mac)} is used on {lower.label} already; "
                    f"ip link set {self.name} address …",
                )
            lower.add_uc(self.mac)
            if self.allmulti:
                lower.add_allmulti(1)
            if self.promiscuity:
                lower.add_promiscuity(1)
        self.port.by_mac[self.mac] = self
        for mac in self.uc:
            lower.add_uc(mac)
        for mac in self.mc:
            lower.add_mc(mac)

    def on_stop(self) -> None:
        lower = self.lower
        for mac in self.uc:
            lower.del_uc(mac)
        for mac in self.mc:
            lower.del_mc(mac)
        if self.mode is PASSTHRU:
            if not self.nopromisc:
                lower.add_promiscuity(-1)
        else:
            if self.allmulti:
                lower.add_allmulti(-1)
            if self.promiscuity:
                lower.add_promiscuity(-1)
            lower.del_uc(self.mac)
        del self.port.by_mac[self.mac]

    def sync_rx_mode(self) -> None:
        """The child's unicast list changed, or it came up."""
        if self.up:
            self.port.update_filters()

    def add_mc(self, mac: bytes) -> None:
        super().add_mc(mac)
        self.sync_rx_mode()

    def del_mc(self, mac: bytes) -> None:
        super().del_mc(mac)
        self.sync_rx_mode()

    def add_promiscuity(self, change: int) -> None:
        was = self.promiscuity
        super().add_promiscuity(change)
        if bool(was) is not bool(self.promiscuity):
            self.sync_rx_mode()

    def add_allmulti(self, change: int) -> None:
        was = self.allmulti
        super().add_allmulti(change)
        if bool(was) is not bool(self.allmulti):
            self.sync_rx_mode()

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

    def on_promisc(self, on: bool) -> None:
        if self.mode is not PASSTHRU:
            self.lower.add_promiscuity(1 if on else -1)

    def on_allmulti(self, on: bool) -> None:
        self.lower.add_allmulti(1 if on else -1)

    def on_set_mac(self, mac: bytes) -> None:
        if mac == self.mac:
            return
        if self.mode is PASSTHRU:
            saved = self.port.saved_mac
            self.lower.set_mac(mac)
            self.port.saved_mac = saved
            return
        if self.port.is_busy(mac):
            raise AddressInUse(
                "EADDRINUSE", f"{mac_text(mac)} is used on {self.lower.label} already: choose another for {self.label}"
            )
        if self.up:
            self.lower.add_uc(mac)
            self.lower.del_uc(self.mac)
            del self.port.by_mac[self.mac]
            self.port.by_mac[mac] = self

    def check_mtu(self, mtu: int) -> None:
        if mtu > self.lower.mtu:
            raise NetlinkError(
                "EINVAL", f"mtu {mtu} on {self.label} is above that of {self.lower.label} ({self.lower.mtu})"
            )

    @recorded
    def set_mode(self, mode: Mode) -> None:
        """``ip link set … type macvlan mode …``; to or from passthru is EINVAL (macvlan_changelink)."""
        if (mode is PASSTHRU) != (self.mode is PASSTHRU):
            raise NetlinkError(
                "EINVAL",
                f"{self.label}: mode {self.mode.value} cannot become {mode.value}; delete the device and make it anew",
            )
        if self.mode is SOURCE and mode is not SOURCE:
            self.sources = ()
        self.mode = mode

    def _need_source_mode(self) -> None:
        if self.mode is not SOURCE:
            raise NetlinkError(
                "EINVAL", f"{self.label} is in mode {self.mode.value}: only source mode has a list of MACs"
            )

    @recorded
    def add_source(self, mac: bytes) -> None:
        """``macaddr add``: let frames from `mac` in; source mode only."""
        self._need_source_mode()
        check_unicast_mac(mac, self.label)
        if mac not in self.sources:
            self.sources += (mac,)
            self.port.has_sources = True

    @recorded
    def del_source(self, mac: bytes) -> None:
        """``macaddr del``."""
        self._need_source_mode()
        if mac in self.sources:
            self.sources = tuple(other for other in self.sources if other != mac)

    @recorded
    def set_sources(self, macs: list[bytes]) -> None:
        """``macaddr set`` or ``flush``: the whole list at once."""
        self._need_source_mode()
        self.sources = ()
        for mac in macs:
            self.add_source(mac)

    def lower_event(self, event: Event) -> None:
        """Follow the lower device (macvlan_device_event)."""
        if event in (Event.UP, Event.DOWN, Event.CHANGE):
            self.set_carrier(self.lower.carrier)
        elif event is Event.CHANGEMTU and self.mtu > self.lower.mtu >= self.min_mtu:
            self.set_mtu(self.lower.mtu)
        elif event is Event.CHANGEADDR and self.mode is PASSTHRU and self.mac != self.lower.mac:
            if self.up:
                del self.port.by_mac[self.mac]
                self.port.by_mac[self.lower.mac] = self
            self.mac = self.port.saved_mac = self.lower.mac  # which nobody is told

    def on_destroy(self) -> None:
        lower, port = self.lower, self.port
        port.children.remove(self)
        lower.unstack(self)
        if not port.children:
            lower.rx_handler = None
            if port.passthru and lower.mac != port.saved_mac and not lower.destroyed:
                lower.set_mac(port.saved_mac)


def real_lower(lower: NetDevice) -> NetDevice:
    """The lower device itself, or a macvlan's own one: macvlans never nest."""
    return lower.lower if isinstance(lower, Macvlan) else lower


def check_new_child(lower: NetDevice, name: str, mode: Mode) -> MacvlanPort | None:
    """The port to join, None if one has to be made; raises what macvlan_common_newlink answers."""
    if lower.loopback:
        raise NetlinkError(
            "EINVAL", f"{name}: the loopback device cannot have macvlan children; choose an Ethernet device"
        )
    handler = lower.rx_handler
    if handler is None:
        if lower.no_rx_handler:
            raise NetlinkError("EINVAL", f"{name}: nothing can stand on {lower.label}, an {lower.kind} device")
        return None
    if not isinstance(handler, MacvlanPort):
        raise DeviceBusy(
            "EBUSY",
            f"{name}: {lower.label} is in use by {handler.owner}; choose another parent, such as the {handler.owner}",
        )
    if handler.passthru or mode is PASSTHRU:
        raise NetlinkError(
            "EINVAL", f"{name}: {lower.label} can have one passthru child, or others, not both; delete the others first"
        )
    return handler


def netif_is_macvlan(dev: object) -> TypeGuard[Macvlan]:
    """True if it is a macvlan child, or one of a kind derived from it (IFF_MACVLAN)."""
    return isinstance(dev, Macvlan)


__all__ = ["BC_QUEUE_LEN", "Macvlan", "MacvlanPort", "Mode", "check_new_child", "netif_is_macvlan", "real_lower"]
