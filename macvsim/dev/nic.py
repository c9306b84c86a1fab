"""A physical NIC: a cable end with an address filter in front of the receive path (linux.md, section 6)."""

from __future__ import annotations

from typing import ClassVar, TypeGuard

from macvsim.dev.attributes import ETH_DATA_LEN
from macvsim.dev.base import VLAN_HLEN, NetDevice, Stack, classify
from macvsim.dev.cable import Cable
from macvsim.dev.registry import Ethtool, Kind
from macvsim.engine.drop import DropReason
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import ETH_HLEN, Frame


class Nic(NetDevice):
    """An Ethernet card.

    Parameters
    ----------
    unicast_filter : the card filters extra unicast addresses itself (e1000, igb, virtio); without it the kernel turns
        it promiscuous as soon as one is wanted (vmxnet3, VMware's 82545EM)
    filter_slots : extra addresses the filter holds before it gives up and passes all unicast (14 for the 82540EM)
    vlan_filter : the card discards tagged frames of VIDs no sub-interface asked for, unless promiscuous
    """

    kind: ClassVar[str] = "nic"
    inserts_tags: ClassVar[bool] = True
    default_qdisc = "fq_codel"
    unicast_filter = True
    shows_core_stats: ClassVar[bool] = True

    def __init__(
        self,
        ns: Stack,
        name: str,
        mac: bytes,
        *,
        mtu: int = ETH_DATA_LEN,
        unicast_filter: bool = True,
        filter_slots: int = 14,
        vlan_filter: bool = False,
    ) -> None:
        super().__init__(ns, name, mac, mtu=mtu)
        self.check_limits(mtu)
        self.unicast_filter = unicast_filter  # type: ignore[misc]
        self.filter_slots = filter_slots
        self.vlan_filter = vlan_filter
        self.permanent_mac = mac
        self.cable: Cable | None = None
        self.admin_up = False
        self.carrier = False
        self.operstate = "DOWN"

    # -- frames --------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        self.count_sent(len(frame.raw))
        if self.cable is None:  # and the queue has not been told yet
            return self.sim.drop(frame.uid, self, DropReason.DEV_NO_CARRIER, frame)
        return self.cable.line(self).send(frame)

    def wire_receive(self, frame: Frame) -> DropReason | None:
        """A frame comes off the cable: filter, classify, and up."""
        if len(frame.raw) < ETH_HLEN:
            return self.sim.drop(frame.uid, self, DropReason.RUNT, frame)
        if not self.carrier:  # down, or unplugged while the frame was under way
            return self.sim.drop(frame.uid, self, DropReason.DEV_DOWN, frame)
        raw = frame.raw
        dst = raw[:6]
        if (self.vlan_filter or (dst != self.mac and dst not in self.uc)) and not self.promiscuity:
            reason = self._filter(frame, dst)
            if reason is not None:
                return self.sim.drop(frame.uid, self, reason, frame)
        self.count_received(len(raw))
        if dst[0] & 1 and dst != BROADCAST_MAC:
            self.counters.multicast += 1
        return self.receive(frame, classify(dst, self.mac))

    def _filter(self, frame: Frame, dst: bytes) -> DropReason | None:
        """Why the card does not take this frame, or None (table of linux.md 6.1)."""
        if self.vlan_filter:
            tag = frame.tag or (int.from_bytes(frame.raw[12:16], "big") if frame.has_inline_tag() else 0)
            vlan = tag & 0xFFFF0FFF
            if vlan & 0xFFF and vlan not in self.vlans and vlan not in self.vids:
                return DropReason.NIC_VLAN_FILTER
        if dst[0] & 1:
            if dst == BROADCAST_MAC or self.allmulti or dst in self.mc:
                return None
            return DropReason.NIC_FILTER
        if dst == self.mac or dst in self.uc or len(self.uc) > self.filter_slots:
            return None
        return DropReason.NIC_FILTER

    @property
    def max_frame(self) -> int:
        """Longest frame in bytes this card sends or takes, without FCS; a VLAN tag does not count."""
        return self.mtu + ETH_HLEN + VLAN_HLEN

    # -- carrier -------------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        self.admin_up = True
        if self.cable is not None:
            self.cable.other(self).wire_changed()
        self.wire_changed()

    def on_stop(self) -> None:
        self.admin_up = False
        self.set_carrier(False)
        if self.cable is not None:
            self.cable.other(self).wire_changed()

    def wire_changed(self) -> None:
        self.set_carrier(self.admin_up and self.cable is not None and self.cable.other(self).admin_up)

    def on_destroy(self) -> None:
        if self.cable is not None:
            self.cable.unplug()


def _link(nic: Nic) -> tuple[str, str, str, str]:
    """Speed, duplex and port as ethtool prints them: the cable's, while there is a link."""
    rate = None if nic.cable is None or not nic.running else nic.cable.rate
    speed, duplex = (f"{rate // 1_000_000}Mb/s", "Full") if rate else ("Unknown!", "Unknown! (255)")
    return speed, duplex, "Twisted Pair", ""


KIND = Kind(
    name="nic",
    device=Nic,
    ethtool=Ethtool(link=_link, hardware=True, features=lambda nic: ("rx-vlan-filter",) if nic.vlan_filter else ()),
    title="network card",
    summary=lambda nic: "",
    path_cost=4,
)


def is_nic(dev: object) -> TypeGuard[Nic]:
    """True if it is a network card, which a cable can be plugged into."""
    return isinstance(dev, Nic)
