"""A device goes up and down, and follows its carrier (net/core/dev.c, link_watch.c)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from macvsim.dev.contracts import Event
from macvsim.dev.listening import Listening
from macvsim.engine.history import recorded
from macvsim.errors import NetlinkError


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
