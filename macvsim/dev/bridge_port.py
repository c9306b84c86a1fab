"""A port of a Linux bridge: the rx_handler of an enslaved device, and its switches (net/bridge/br_input.c, br_if.c)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

from macvsim.dev.base import Another, NetDevice
from macvsim.dev.contracts import CONSUMED, PASS, Rx
from macvsim.dev.portvlan import PortVlans
from macvsim.engine.drop import DropReason
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.wire.addr import ZERO_MAC
from macvsim.wire.frame import HOST, LOOPBACK, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.bridge_fdb import BridgeFdb
    from macvsim.engine.sim import Sim

RESERVED_PREFIX = b"\x01\x80\xc2\x00\x00"
"""01:80:c2:00:00:00 to :0f are link-local: for the neighbour on the cable, not for other ports (IEEE 802.1Q, 8.6.3)."""
_STP, _PAUSE = 0, 1
_MASK_PAUSE = 1 << _PAUSE


class PortState(enum.Enum):
    """What a port lets through (BR_STATE_…); without spanning tree a port with carrier is forwarding."""

    DISABLED = "disabled"
    LISTENING = "listening"
    LEARNING = "learning"
    FORWARDING = "forwarding"
    BLOCKING = "blocking"


# Looking a member up in its Enum class is slow in CPython 3.11; the data path uses these names.
LEARNING = PortState.LEARNING
FORWARDING = PortState.FORWARDING

FLAGS = {
    "hairpin": "hairpin",
    "guard": "guard",
    "root_block": "root_block",
    "fastleave": "fastleave",
    "learning": "learning",
    "flood": "flood",
    "mcast_flood": "mcast_flood",
    "bcast_flood": "bcast_flood",
    "mcast_to_unicast": "",
    "neigh_suppress": "",
    "neigh_vlan_suppress": "",
    "proxy_arp": "",
    "proxy_arp_wifi": "",
    "vlan_tunnel": "",
    "isolated": "isolated",
    "locked": "locked",
    "mab": "",
}
"""Switches of a port by iproute2's name, and the attribute of `BridgePort`; those without one can only be off."""


class Filtering(Protocol):
    """VLAN filtering of a bridge (`macvsim.dev.bridge_vlan.BridgeVlans`)."""

    enabled: bool
    protocol: int


class Master(Protocol):
    """The bridge (`macvsim.dev.bridge.Bridge`) as its ports know it."""

    sim: Sim
    name: str
    mac: bytes
    fdb: BridgeFdb
    priority: int
    bridge_mac: bytes
    group_fwd_mask: int
    no_linklocal_learn: bool

    @property
    def vlan_config(self) -> Filtering: ...
    @property
    def required_fwd_mask(self) -> int: ...

    def from_port(self, port: BridgePort, frame: Frame, packet_type: PacketType) -> None:
        """A frame entered at a port that is not blocked."""

    def select_states(self) -> None:
        """The state of a port has changed."""

    def update_promisc(self) -> None:
        """Ports are promiscuous, or filter addresses, as their switches now say."""


class BridgePort:
    """One enslaved device.

    number : from 1, the lowest free one
    cost : path cost somebody chose, 0 for none
    promisc : the bridge made the device promiscuous; False where all it must take is known (br_manage_promisc)
    guard, root_block, fastleave : kept and shown; they change nothing without spanning tree and queriers
    """

    __slots__ = (
        "bcast_flood",
        "bridge",
        "cost",
        "dev",
        "fastleave",
        "flood",
        "group_fwd_mask",
        "guard",
        "hairpin",
        "isolated",
        "learning",
        "locked",
        "mcast_flood",
        "mcast_router",
        "number",
        "priority",
        "promisc",
        "root_block",
        "state",
        "synced",
        "vlans",
    )
    owner = "bridge"

    def __init__(self, bridge: Master, dev: NetDevice, number: int) -> None:
        self.bridge: Master
        object.__setattr__(self, "bridge", bridge)
        self.dev = dev
        self.number = number
        self.state = PortState.DISABLED
        self.vlans = PortVlans(protocol=bridge.vlan_config.protocol)
        self.learning = self.flood = self.mcast_flood = self.bcast_flood = True
        self.hairpin = self.isolated = self.locked = False
        self.guard = self.root_block = self.fastleave = False
        self.group_fwd_mask = 0
        self.mcast_router = 1
        self.priority = 32
        self.cost = 0
        self.promisc = False
        self.synced = False

    def __setattr__(self, name: str, value: object) -> None:
        """Every attribute of a port is configuration: a change begins a new generation."""
        object.__setattr__(self, name, value)
        self.bridge.sim.change()

    def __repr__(self) -> str:
        return f"<BridgePort {self.number} {self.dev.label} {self.state.value}>"

    # -- per frame ---------------------------------------------------------------------------------------------------

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another:
        """A frame came in on the enslaved device (br_handle_frame)."""
        if packet_type is LOOPBACK:
            return PASS
        raw = frame.raw
        if raw[6] & 1 or raw[6:12] == ZERO_MAC:
            dev.sim.drop(frame.uid, dev, DropReason.BRIDGE_SOURCE, frame)
            return CONSUMED
        if raw[0] == 1 and raw[:5] == RESERVED_PREFIX and raw[5] < 16 and not self._forwards_reserved(raw[5]):
            if raw[5] == _PAUSE:
                dev.sim.drop(frame.uid, dev, DropReason.RESERVED_MULTICAST, frame)
                return CONSUMED
            self._learn_reserved(frame)
            return PASS
        if self.state is not FORWARDING and self.state is not LEARNING:
            dev.sim.drop(frame.uid, dev, DropReason.PORT_STATE, frame)
            return CONSUMED
        bridge = self.bridge
        bridge.from_port(self, frame, HOST if raw[:6] == bridge.mac else packet_type)
        return CONSUMED

    def _forwards_reserved(self, last: int) -> bool:
        """True if frames for 01:80:c2:00:00:<last> go to other ports; without spanning tree its BPDUs do."""
        bridge = self.bridge
        mask = bridge.required_fwd_mask | self.group_fwd_mask
        if last == _STP:
            return True
        if last == _PAUSE:
            return False
        return bool((mask | bridge.group_fwd_mask) >> last & 1)

    def _learn_reserved(self, frame: Frame) -> None:
        """Link-local frames teach addresses too, unless their VLAN is not allowed here (__br_handle_local_finish)."""
        bridge = self.bridge
        if self.learning and self.state in (LEARNING, FORWARDING) and not bridge.no_linklocal_learn:
            vid = self.vlans.ingress(frame.tag) if bridge.vlan_config.enabled else 0
            if isinstance(vid, int):
                bridge.fdb.learn(frame.src, vid, self, bridge.sim.jiffies)

    def admits_source(self, mac: bytes, vid: int) -> bool:
        """True if a locked port may take frames from `mac`: it is known to be behind it."""
        entry = self.bridge.fdb.find(mac, vid, self.bridge.sim.jiffies)
        return entry is not None and entry.port is self and not entry.local

    def refuses(self, vid: int, source: BridgePort | None) -> DropReason | None:
        """Why a frame of VLAN `vid` from `source` (None: the bridge) may not leave here, or None (should_deliver)."""
        if source is self and not self.hairpin:
            return DropReason.PORT_SAME
        if self.state is not FORWARDING:
            return DropReason.PORT_STATE
        if self.bridge.vlan_config.enabled and self.vlans.egress(vid) is None:
            return DropReason.PORT_VLAN
        if self.isolated and source is not None and source.isolated:
            return DropReason.PORT_ISOLATED
        return None

    # -- configuration -----------------------------------------------------------------------------------------------

    @property
    def port_id(self) -> int:
        """Priority and number as one 16-bit id."""
        return self.priority << 10 | self.number

    @property
    def path_cost(self) -> int:
        """Spanning tree cost: the chosen one, or that of the device's speed (port_cost)."""
        if self.cost:
            return self.cost
        dev = self.dev
        while dev.lower is not None:
            dev = dev.lower
        return dev.link_kind.path_cost

    def set_priority(self, priority: int) -> None:
        """``bridge link set dev … priority N``; ERANGE above 63."""
        if not 0 <= priority <= 63:
            raise NetlinkError("ERANGE", f"{self.dev.label}: the priority of a port is 0 to 63, not {priority}")
        self.priority = priority

    def set_cost(self, cost: int) -> None:
        """``bridge link set dev … cost N``; ERANGE outside 1 to 65535."""
        if not 1 <= cost <= 0xFFFF:
            raise NetlinkError("ERANGE", f"{self.dev.label}: the path cost of a port is 1 to 65535, not {cost}")
        self.cost = cost

    def flag(self, name: str) -> bool:
        """State of a switch by iproute2's name (`FLAGS`)."""
        attribute = FLAGS[name]
        return bool(attribute) and bool(getattr(self, attribute))

    def set_flag(self, name: str, on: bool) -> None:
        """``bridge link set dev … NAME on|off``; `NotSimulated` for those of `FLAGS` that have no attribute."""
        attribute = FLAGS[name]
        if attribute:
            setattr(self, attribute, on)
            if name in ("learning", "flood"):
                self.bridge.update_promisc()
        elif on:
            raise NotSimulated(f"{self.dev.label}: {name} on a bridge port; leave it off", Effect.CHANGES)

    def set_group_fwd_mask(self, mask: int) -> None:
        """Forward these link-local groups that come in here; EINVAL for the bit of PAUSE frames."""
        if mask & _MASK_PAUSE or not 0 <= mask <= 0xFFFF:
            raise NetlinkError("EINVAL", f"{self.dev.label}: group_fwd_mask is 16 bits without 0x2, not 0x{mask:x}")
        self.group_fwd_mask = mask

    def set_state(self, state: PortState) -> None:
        """``bridge link set dev … state``; ENETDOWN while the device is down or without carrier."""
        if not self.dev.up or (not self.dev.carrier and state is not PortState.DISABLED):
            raise NetlinkError("ENETDOWN", f"{self.dev.label} is down: ip link set {self.dev.name} up first")
        self.state = state
        self.bridge.select_states()

    def set_promisc(self, on: bool) -> None:
        """Make the device promiscuous, or tell its filter what it must take (br_port_set_promisc, …clear_promisc)."""
        if on:
            if not self.promisc:
                self.promisc = True
                self.dev.add_promiscuity(1)
            self.bridge.fdb.unsync_static(self)
        else:
            self.bridge.fdb.sync_static(self)
            if self.promisc:
                self.promisc = False
                self.dev.add_promiscuity(-1)


def br_port_get(dev: NetDevice) -> BridgePort | None:
    """The bridge port that a device is, if it is one (br_port_get_rtnl)."""
    return dev.rx_handler if isinstance(dev.rx_handler, BridgePort) else None
