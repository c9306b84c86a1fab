"""Address lists of a device, its way up and down and after its carrier, and its flags as user space sees them
(net/core/dev_addr_lists.c, dev.c, link_watch.c).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from macvsim.dev.attributes import Attributes, joined, left
from macvsim.dev.contracts import Event
from macvsim.engine.history import recorded
from macvsim.errors import NetlinkError

IFF_UP = 0x1
IFF_BROADCAST = 0x2
IFF_LOOPBACK = 0x8
IFF_RUNNING = 0x40
IFF_NOARP = 0x80
IFF_PROMISC = 0x100
IFF_ALLMULTI = 0x200
IFF_MULTICAST = 0x1000
IFF_LOWER_UP = 0x10000


class Listening(Attributes):
    """The address lists of a device, and who wants to see more."""

    __slots__ = ()

    def add_uc(self, mac: bytes) -> None:
        """Listen for one more unicast address (dev_uc_add, counted)."""
        self.uc = joined(self.uc, mac)
        self.sync_rx_mode()
        if self.uc[mac] == 1 and self.up:
            self.on_uc(mac, True)

    def del_uc(self, mac: bytes) -> None:
        """Undo one `add_uc` (dev_uc_del)."""
        if mac not in self.uc:
            return
        self.uc = left(self.uc, mac)
        if mac not in self.uc and self.up:
            self.on_uc(mac, False)
        self.sync_rx_mode()

    def add_mc(self, mac: bytes) -> None:
        """Listen for a group address (dev_mc_add, counted)."""
        self.mc = joined(self.mc, mac)
        if self.mc[mac] == 1 and self.up:
            self.on_mc(mac, True)

    def del_mc(self, mac: bytes) -> None:
        """Undo one `add_mc` (dev_mc_del)."""
        if mac not in self.mc:
            return
        self.mc = left(self.mc, mac)
        if mac not in self.mc and self.up:
            self.on_mc(mac, False)

    def sync_rx_mode(self) -> None:
        """Without a unicast filter the device is promiscuous while it has extra addresses (__dev_set_rx_mode)."""
        if self.unicast_filter or not self.up:
            return
        want = bool(self.uc)
        if want != self._uc_promisc:
            self._uc_promisc = want
            self.add_promiscuity(1 if want else -1)

    def add_promiscuity(self, change: int) -> None:
        """Count the wishes to see everything (dev_set_promiscuity)."""
        was = self.promiscuity
        self.promiscuity = max(was + change, 0)
        if bool(was) != bool(self.promiscuity) and self.up:
            self.on_promisc(bool(self.promiscuity))

    def add_allmulti(self, change: int) -> None:
        """Count the wishes to see every group frame (dev_set_allmulti)."""
        was = self.allmulti
        self.allmulti = max(was + change, 0)
        if bool(was) != bool(self.allmulti) and self.up:
            self.on_allmulti(bool(self.allmulti))

    @recorded
    def set_promisc(self, on: bool) -> None:
        """``ip link set … promisc on|off``: the user's own wish, which also shows as PROMISC among the flags."""
        if on != self.user_promisc:
            self.user_promisc = on
            self.add_promiscuity(1 if on else -1)

    @recorded
    def set_allmulti(self, on: bool) -> None:
        """``ip link set … allmulticast on|off``."""
        if on != self.user_allmulti:
            self.user_allmulti = on
            self.add_allmulti(1 if on else -1)

    def on_uc(self, mac: bytes, added: bool) -> None:
        """The unicast list changed while up: stacked kinds pass it down."""

    def on_mc(self, mac: bytes, added: bool) -> None:
        """The group list changed while up."""

    def on_promisc(self, on: bool) -> None:
        """Promiscuity switched while up."""

    def on_allmulti(self, on: bool) -> None:
        """Allmulti switched while up."""


class State(Listening):
    """The administrative state of a device, and its carrier."""

    __slots__ = ()

    @recorded
    def set_up(self) -> None:
        """``ip link set … up`` (__dev_open); `NetlinkError` if the kind refuses, and then nothing has changed."""
        if self.up:
            return
        with self._one_call():
            self.started = True
            try:
                self.on_open()
            except NetlinkError:
                self.started = False
                raise
            self.up = True
            self.sync_rx_mode()
            # captures are hooked in again only after the protocols have heard of it (packet_notifier)
            held, self.taps = self.taps, ()
            self._activate()
            self.notify(Event.UP)
            self.taps = (*held, *self.taps)

    @recorded
    def set_down(self) -> None:
        """``ip link set … down`` (__dev_close_many)."""
        if not self.up:
            return
        with self._one_call():
            self.notify(Event.GOING_DOWN)
            self.started = self.tx_active = False
            self.on_stop()
            self.up = False
            self.notify(Event.DOWN)

    def _one_call(self) -> AbstractContextManager[None]:
        """What happens inside is one system call for the link watch."""
        return nullcontext() if self.linkwatch is None else self.linkwatch.held()

    def on_open(self) -> None:
        """Before the device goes up (ndo_open); raise to refuse."""

    def on_stop(self) -> None:
        """Before the device goes down (ndo_stop)."""

    def _activate(self) -> None:
        """The queue takes packets if there is a carrier; it gets its discipline when first used (dev_activate)."""
        if self.qdisc == "noop":
            self.qdisc = self.default_qdisc if self.numtxqueues == 1 or self.default_qdisc == "noqueue" else "mq"
        self.tx_active = self.carrier

    def set_carrier(self, carrier: bool) -> None:
        """netif_carrier_on / netif_carrier_off."""
        if carrier != self.carrier:
            self.carrier = carrier
            self.carrier_changes += 1
            self.link_changed()

    def link_changed(self) -> None:
        """Let the link watch look at the carrier."""
        if self.linkwatch is not None:
            self.linkwatch.fire(self)
        else:
            self.settle_link()

    @property
    def link_urgent(self) -> bool:
        """True if a change of the carrier must not wait (linkwatch_urgent_event)."""
        if not self.started:
            return False
        if self.iflink != self.ifindex:
            return True
        return self.carrier and not self.tx_active and self.qdisc != "noop"

    def settle_link(self) -> None:
        """State, queue and what is stacked here follow the carrier (linkwatch_do_dev)."""
        self.operstate = self.find_operstate()
        if self.up:
            self.tx_active = self.carrier
            self.notify(Event.CHANGE)

    def find_operstate(self) -> str:
        """State by the carrier; the index of what is below is looked up in this device's own namespace
        (default_operstate).
        """
        if self.carrier:
            return "UP"
        link = self.iflink
        below = None if link == self.ifindex else next((d for d in self.ns.devices.values() if d.ifindex == link), None)
        return "DOWN" if below is None or below.carrier else "LOWERLAYERDOWN"

    @property
    def oper_up(self) -> bool:
        """Usable as far as anybody was told (netif_oper_up)."""
        return self.operstate in ("UP", "UNKNOWN")

    @property
    def iflink(self) -> int:
        """Index of the device below or of the other end, in whatever namespace; its own if there is none
        (dev_get_iflink).
        """
        return self.ifindex if self.lower is None else self.lower.ifindex

    @property
    def running(self) -> bool:
        """Up, and not known to be without carrier (IFF_RUNNING)."""
        return self.up and self.oper_up


def _fixed(dev: State) -> int:
    """Flags that come with the kind of device."""
    if dev.loopback:
        return IFF_LOOPBACK
    return IFF_BROADCAST | (IFF_MULTICAST if dev.multicast else 0) | (IFF_NOARP if dev.noarp else 0)


def kernel_flags(dev: State) -> int:
    """``dev->flags``, what /sys/class/net/DEV/flags shows: PROMISC whoever asked for it, no RUNNING and LOWER_UP."""
    flags = _fixed(dev) | (IFF_UP if dev.up else 0)
    return flags | (IFF_PROMISC if dev.promiscuity else 0) | (IFF_ALLMULTI if dev.allmulti else 0)


def user_flags(dev: State) -> int:
    """What SIOCGIFFLAGS and netlink show: PROMISC and ALLMULTI only where the user asked for them."""
    flags = _fixed(dev) | (IFF_PROMISC if dev.user_promisc else 0) | (IFF_ALLMULTI if dev.user_allmulti else 0)
    if dev.up:
        flags |= IFF_UP | (IFF_RUNNING if dev.oper_up else 0) | (IFF_LOWER_UP if dev.carrier else 0)
    return flags


def operstate(dev: State) -> str:
    """``up``, ``down``, ``lowerlayerdown`` or ``unknown``, as /sys/class/net/DEV/operstate has it."""
    return dev.operstate.lower() if dev.up else "down"
