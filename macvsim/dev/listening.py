"""What a device listens for besides its own address (net/core/dev_addr_lists.c): more addresses, groups, everything."""

from __future__ import annotations

from macvsim.dev.attributes import Attributes
from macvsim.dev.joined import joined, left
from macvsim.engine.history import recorded


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
