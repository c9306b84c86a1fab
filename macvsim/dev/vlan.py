"""802.1Q / 802.1ad sub-interface, such as enp0s8.100 (net/8021q/vlan_dev.c, vlan_core.c)."""

from __future__ import annotations

from typing import ClassVar, TypeGuard

from macvsim.dev.base import VLAN_HLEN, NetDevice, Stack
from macvsim.dev.contracts import Event
from macvsim.engine.drop import DropReason
from macvsim.errors import NetlinkError
from macvsim.wire.frame import (
    ETH_HLEN,
    ETH_P_8021AD,
    ETH_P_8021Q,
    HOST,
    MULTICAST,
    OTHERHOST,
    Frame,
    PacketType,
    ShownTagFrame,
)

MVRP_GROUP = b"\x01\x80\xc2\x00\x00\x21"
"""A real device with VLANs listens for their registration protocol (IEEE 802.1Q, 11.2; vlan_mvrp_init_applicant)."""
PROTOCOLS = {ETH_P_8021Q: "802.1Q", ETH_P_8021AD: "802.1ad"}


PCP_SHIFT = 13
_TOS_TO_PRIORITY = (0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4)
"""Priority of a packet by the four TOS bits (ip_tos2prio in net/ipv4/route.c)."""

_FIRST_TTL = 64
_BY_KERNEL = frozenset(bytes([kind]) for kind in (0, 3, 5, 11, 12, 14))
"""ICMP types that no program sends."""


def _priority(raw: bytes) -> int:
    """The packet's priority (skb->priority): IPv4's comes from its TOS, everything else has 0.

    So have the kernel's own ICMP messages, whatever their TOS (icmp_push_reply's socket has no priority): those that
    still have the TTL they start with, as a router goes by the TOS again (ip_forward).
    """
    if raw[12:14] != b"\x08\x00" or len(raw) < 34:
        return 0
    priority = _TOS_TO_PRIORITY[(raw[15] & 0x1E) >> 1]
    if priority and raw[23] == 1 and raw[22] == _FIRST_TTL and raw[14 + (raw[14] & 0xF) * 4 :][:1] in _BY_KERNEL:
        return 0
    return priority


class Vlan(NetDevice):
    """A device that tags what it sends and receives what its lower device got with its tag.

    Parameters
    ----------
    lower : the real device; VID 0-4094 of `protocol` (0x8100 or 0x88a8) must be free on it
    mac : None inherits the real device's address and follows its changes
    reorder_hdr : REORDER_HDR, on by default: the tag is taken out before anybody on this device sees the frame
    """

    kind: ClassVar[str] = "vlan"
    rx_uncounted: ClassVar[int] = ETH_HLEN
    unicast_filter: ClassVar[bool] = True
    header_cache: ClassVar[bool] = False

    def __init__(
        self,
        ns: Stack,
        name: str,
        lower: NetDevice,
        vid: int,
        *,
        protocol: int = ETH_P_8021Q,
        mac: bytes | None = None,
        mtu: int | None = None,
        reorder_hdr: bool = True,
        loose_binding: bool = False,
    ) -> None:
        check_new_vlan(lower, vid, protocol)
        if mtu is not None and mtu > lower.mtu:
            raise NetlinkError("EINVAL", f"{name}: mtu {mtu} is above that of {lower.label} ({lower.mtu})")
        super().__init__(ns, name, lower.mac if mac is None else mac, mtu=lower.mtu if mtu is None else mtu)
        self.lower: NetDevice = lower
        self.vid = vid
        self.protocol = protocol
        self.mac_inherited = mac is None
        self.reorder_hdr = reorder_hdr
        self.loose_binding = loose_binding
        self.gvrp = False
        self.mvrp = False
        self.bridge_binding = False
        self.xmit_dst_release = lower.xmit_dst_release
        """IFF_XMIT_DST_RELEASE, which only /proc/net/vlan shows: missing on devices made by SIOCSIFVLAN (vconfig), and
        on those of bridges and macvlan devices (netif_keep_dst).
        """
        self.ingress_map = [0] * 8
        self.egress_map: dict[int, int] = {}
        self.carrier = lower.carrier
        self.min_mtu = 0
        self.noarp = lower.noarp
        self.multicast = lower.multicast
        self.tso_max_size = lower.tso_max_size
        self._tag = protocol << 16 | vid
        self._own_mac_below = b""
        if not lower.vlans:
            lower.add_mc(MVRP_GROUP)
        lower.vlans = {**lower.vlans, self._tag: self}
        lower.stack(self)

    # -- frames --------------------------------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        length = len(frame.raw) + (VLAN_HLEN if frame.tag else 0)  # it cannot keep a tag beside
        if self.reorder_hdr or frame.ethertype != self.protocol:
            tag = self._egress_tag(frame.raw) if self.egress_map else self._tag
            frame = frame.with_tag(tag) if frame.tag else frame.tagged(tag)
        elif self.lower.inserts_tags and not frame.tag:
            frame = frame.untag() or frame  # left to the real device
        reason = self.lower.xmit(frame)
        if reason is DropReason.XMIT_DROP:
            self.counters.tx_dropped += 1
        else:
            self.count_sent(length)
        return reason

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes, packet: bytes = b"") -> bytes:
        """With REORDER_HDR off the tag stands in the header from the start (vlan_dev_hard_header)."""
        if self.reorder_hdr:
            return dst + src + ethertype
        tag = self._egress_tag(dst + src + ethertype + packet) if self.egress_map else self._tag
        return dst + src + tag.to_bytes(4, "big") + ethertype

    def _egress_tag(self, raw: bytes) -> int:
        """The tag with the PCP of an untagged frame's priority (vlan_dev_get_egress_qos_mask)."""
        return self._tag | self.egress_map.get(_priority(raw), 0) << PCP_SHIFT

    def vlan_receive(self, frame: Frame, packet_type: PacketType) -> tuple[NetDevice, Frame, PacketType]:
        """Take a frame whose tag is ours (vlan_do_receive)."""
        if packet_type is OTHERHOST and frame.raw[:6] == self.mac:
            packet_type = HOST
        self.count_received(len(frame.raw) - self.rx_uncounted)
        if packet_type is MULTICAST:
            self.counters.multicast += 1
        if not self.reorder_hdr and self.rx_handler is None:
            self.sim.unrepeatable()
            return self, ShownTagFrame(frame.raw, frame.uid, frame.tag), packet_type
        return self, frame.tagged(0), packet_type

    # -- configuration -------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        if not self.lower.up and not self.loose_binding:
            raise NetlinkError("ENETDOWN", f"{self.label} cannot go up: ip link set {self.lower.name} up first")
        if self.mac_inherited:
            self.mac = self.lower.mac
        self._listen_below(True)
        for mac in self.uc:
            self.lower.add_uc(mac)
        for mac in self.mc:
            self.lower.add_mc(mac)
        if self.promiscuity:
            self.lower.add_promiscuity(1)
        if self.allmulti:
            self.lower.add_allmulti(1)
        if self.lower.carrier:
            self.set_carrier(True)

    def on_stop(self) -> None:
        for mac in self.uc:
            self.lower.del_uc(mac)
        for mac in self.mc:
            self.lower.del_mc(mac)
        if self.promiscuity:
            self.lower.add_promiscuity(-1)
        if self.allmulti:
            self.lower.add_allmulti(-1)
        self._listen_below(False)
        self.set_carrier(False)

    def _listen_below(self, on: bool) -> None:
        """An address of our own is one more for the real device's filter."""
        if self._own_mac_below:
            self.lower.del_uc(self._own_mac_below)
            self._own_mac_below = b""
        if on and self.mac != self.lower.mac:
            self._own_mac_below = self.mac
            self.lower.add_uc(self.mac)

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
        self.lower.add_promiscuity(1 if on else -1)

    def on_allmulti(self, on: bool) -> None:
        self.lower.add_allmulti(1 if on else -1)

    def on_set_mac(self, mac: bytes) -> None:
        self.mac_inherited = False
        self.mac = mac
        if self.up:
            self._listen_below(True)

    def check_mtu(self, mtu: int) -> None:
        if mtu > self.lower.mtu:
            raise NetlinkError(
                "ERANGE", f"mtu {mtu} on {self.label} is above that of {self.lower.label} ({self.lower.mtu})"
            )

    def lower_event(self, event: Event) -> None:
        """Follow the real device (vlan_device_event)."""
        lower = self.lower
        if event is Event.GOING_DOWN and not self.loose_binding:
            self.set_down()
        elif event is Event.UP and not self.loose_binding:
            self.set_up()
        elif event is Event.CHANGEMTU and self.mtu > lower.mtu:
            self.set_mtu(lower.mtu)
        elif event is Event.CHANGEADDR:
            if self.mac_inherited and self.up:
                self.mac = lower.mac
                self.notify(Event.CHANGEADDR)
            elif self.up:
                self._listen_below(True)
        if event in (Event.UP, Event.CHANGE) or (event is Event.DOWN and not self.loose_binding):
            self.set_carrier(lower.carrier)

    def on_destroy(self) -> None:
        self.lower.vlans = {tag: vlan for tag, vlan in self.lower.vlans.items() if vlan is not self}
        if not self.lower.vlans:
            self.lower.del_mc(MVRP_GROUP)
        self.lower.unstack(self)


def check_new_vlan(lower: NetDevice, vid: int, protocol: int) -> None:
    """Raise what the kernel answers when a VLAN device cannot be made (register_vlan_device, vlan_check_real_dev)."""
    where = f"VLAN {vid} on {lower.label}"
    if not 0 <= vid <= 4094:
        raise NetlinkError("ERANGE", f"{where}: a VID is 0 to 4094", "8021q: Invalid VLAN id")
    if protocol not in PROTOCOLS:
        raise NetlinkError(
            "EPROTONOSUPPORT",
            f"{where}: protocol 0x{protocol:04x} is neither 802.1Q nor 802.1ad",
            "8021q: Invalid VLAN protocol",
        )
    if lower.vlan_challenged:
        raise NetlinkError(
            "EOPNOTSUPP", f"{where}: a {lower.kind} device carries no VLANs", "8021q: VLANs not supported on device"
        )
    if protocol << 16 | vid in lower.vlans:
        other = lower.vlans[protocol << 16 | vid].name
        raise NetlinkError("EEXIST", f"{where} exists already: {other}", "8021q: VLAN device already exists")


def is_vlan_dev(dev: object) -> TypeGuard[Vlan]:
    """True if it is a VLAN device (IFF_802_1Q_VLAN)."""
    return isinstance(dev, Vlan)
