"""A port of a switch: one end of a cable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from macvsim.dev.base import VLAN_HLEN
from macvsim.dev.cable import Cable
from macvsim.dev.injecting import Injecting
from macvsim.dev.portvlan import MAX_VID, PortVlans
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.errors import TopologyError
from macvsim.switch.policy import MacChange, PortPolicy, Promiscuous, get_policy
from macvsim.wire.frame import ETH_HLEN, Frame

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim
    from macvsim.switch.switch import Switch

SETTINGS = ("hairpin", "isolated", "mtu", "policy")


class PortStats:
    """Frames and bytes (without tag and FCS) that a port took in and gave out."""

    __slots__ = ("rx_bytes", "rx_packets", "tx_bytes", "tx_packets")

    def __init__(self) -> None:
        self.rx_packets = self.rx_bytes = self.tx_packets = self.tx_bytes = 0

    def count(self, what: str, packets: int, octets: int, last: int = 0) -> None:
        """As `engine.recording.Counter`: ``rx`` or ``tx``."""
        if what == "rx":
            self.rx_packets += packets
            self.rx_bytes += octets
        else:
            self.tx_packets += packets
            self.tx_bytes += octets


@runtime_checkable
class Adapter(Protocol):
    """What a virtual switch knows of the card at the other end: a NIC is one, another switch's port is not."""

    mac: bytes
    promiscuity: int


class SwitchPort(Injecting):
    """One port.  A trunk that carries every VLAN, VLAN 1 untagged, unless told otherwise by `access` or `trunk`.

    hairpin : frames may leave where they came in (a VEPA switch)
    isolated : isolated ports do not reach each other
    link : up, with a cable whose other end is up too
    adapter : the NIC at the other end, None if there is none
    assigned : the MAC that NIC had when it was cabled
    learns, guarded : the policy as it works out with what is at the other end (`Switch.port_changed`)
    """

    __slots__ = (
        "_mtu",
        "_policy",
        "adapter",
        "admin_up",
        "assigned",
        "cable",
        "counters",
        "guarded",
        "hairpin",
        "isolated",
        "label",
        "learns",
        "link",
        "max_frame",
        "name",
        "sim",
        "switch",
        "vlans",
    )

    PUBLIC = "access cable hairpin isolated label link mtu name policy set_up stats switch trunk vlans"

    def __init__(self, switch: Switch, name: str, policy: PortPolicy, mtu: int) -> None:
        self.sim: Sim
        object.__setattr__(self, "sim", switch.sim)
        self.switch = switch
        self.name = name
        self.label = f"{switch.name}:{name}"
        self.cable: Cable | None = None
        self.adapter: Adapter | None = None
        self.assigned = b""
        self.admin_up = True
        self.link = False
        self.learns: bool
        self.guarded = False
        self.hairpin = False
        self.isolated = False
        self.counters = PortStats()
        self.vlans = _trunk_vlans(None, 1)
        self.mtu = mtu
        self.policy = policy

    def __setattr__(self, name: str, value: object) -> None:
        """Every attribute of a port is configuration: a change begins a new generation."""
        if name in SETTINGS:
            self.set(name, value)
        else:
            self._put(name, value)

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        self.sim.change()

    @recorded
    def set(self, name: str, value: object) -> None:
        """Set one of `SETTINGS`."""
        self._put(name, value)

    def __repr__(self) -> str:
        return f"<SwitchPort {self.label} {'up' if self.link else 'down'} {self._policy.name}>"

    # -- the cable -----------------------------------------------------------------------------------------------------

    def wire_receive(self, frame: Frame) -> DropReason | None:
        """A frame arrives from the cable."""
        return self.switch.forward(self, frame)

    def _tapped(self) -> Cable:
        if self.cable is None:
            raise TopologyError(f"{self.label} has no cable")
        return self.cable

    def _entry(self, to: str) -> SwitchPort:
        return self

    @property
    def stats(self) -> PortStats:
        """The counters, up to date."""
        self.sim.flush()
        return self.counters

    def wire_changed(self) -> None:
        """The cable came or went, or its other end went up or down."""
        far = self.cable.other(self) if self.cable is not None else None
        adapter = far if isinstance(far, Adapter) else None
        if adapter is not self.adapter:
            self.adapter = adapter
            self.assigned = b"" if adapter is None else adapter.mac
        self.link = self.admin_up and far is not None and far.admin_up
        self.switch.port_changed(self)

    @recorded
    def set_up(self, up: bool = True) -> None:
        """Switch the port on or off; the other end of its cable sees carrier come or go."""
        if up != self.admin_up:
            self.admin_up = up
            if self.cable is not None:
                self.cable.other(self).wire_changed()
            self.wire_changed()

    # -- VLANs ---------------------------------------------------------------------------------------------------------

    @recorded
    def access(self, vid: int) -> SwitchPort:
        """Carry one VLAN, untagged; returns the port."""
        vlans = PortVlans()
        vlans.add(_vid(vid, self.label), pvid=True, untagged=True)
        return self._set_vlans(vlans)

    @recorded
    def trunk(self, allowed: Iterable[int] | None = None, *, native: int | None = 1) -> SwitchPort:
        """Carry `allowed` VLANs (None: every one) tagged, `native` (None: none) untagged; returns the port."""
        vids = None if allowed is None else [_vid(vid, self.label) for vid in allowed]
        return self._set_vlans(_trunk_vlans(vids, None if native is None else _vid(native, self.label)))

    def _set_vlans(self, vlans: PortVlans) -> SwitchPort:
        if not self.switch.vlan_aware:
            raise TopologyError(f"{self.label}: the switch does not know VLANs; make it with vlan_aware=True")
        self.vlans = vlans
        self.switch.fdb.flush_port(self)
        return self

    # -- policy --------------------------------------------------------------------------------------------------------

    @property
    def policy(self) -> PortPolicy:
        """The rules of this port; set it to a name of `POLICIES` or to a `PortPolicy`."""
        return self._policy

    @policy.setter
    def policy(self, policy: str | PortPolicy) -> None:
        self._policy = get_policy(policy)
        self.switch.port_changed(self)

    @property
    def mtu(self) -> int:
        """Longest payload in bytes; longer frames are dropped silently."""
        return self._mtu

    @mtu.setter
    def mtu(self, mtu: int) -> None:
        if mtu < 68:
            raise TopologyError(f"{self.label}: an MTU of {mtu} is too small; 1500 is usual")
        self._mtu = mtu
        self.max_frame = mtu + ETH_HLEN + VLAN_HLEN

    @property
    def address(self) -> bytes:
        """The MAC the switch takes the adapter to have."""
        if self.adapter is None or self._policy.mac_change is not MacChange.FOLLOW:
            return self.assigned
        return self.adapter.mac

    @property
    def is_blocked(self) -> bool:
        """True if nothing is delivered because the guest changed its MAC."""
        adapter = self.adapter
        return self._policy.mac_change is MacChange.BLOCK and adapter is not None and adapter.mac != self.assigned

    def sees(self, known: bool, from_adapter: bool) -> bool:
        """True if the adapter gets unicast for another MAC.

        known : the destination is the MAC of an adapter of this switch
        from_adapter : the frame came from one, not from an uplink
        """
        allowed = self._policy.promiscuous
        if allowed is Promiscuous.NONE or self.adapter is None or not self.adapter.promiscuity:
            return False
        return allowed is Promiscuous.ALL or known or from_adapter

    def refuses_source(self, mac: bytes, vid: int) -> DropReason | None:
        """Why a frame from `mac` may not come in here, or None."""
        policy = self._policy
        if policy.own_source_only and self.adapter is not None and mac != self.address:
            return policy.foreign
        if policy.max_macs:
            fdb = self.switch.fdb
            entry = fdb.find(mac, vid, self.switch.sim._now)
            if (entry is None or entry.port is not self) and len(fdb.learned_at(self)) >= policy.max_macs:
                return DropReason.PORT_SECURITY
        return None


def _vid(vid: int, where: str) -> int:
    if not 1 <= vid <= MAX_VID:
        raise TopologyError(f"{where}: VLAN {vid} does not exist; choose 1 to {MAX_VID}")
    return vid


def _trunk_vlans(allowed: list[int] | None, native: int | None) -> PortVlans:
    vlans = PortVlans(every=allowed is None)
    for vid in allowed or ():
        vlans.add(vid)
    if native is not None:
        vlans.add(native, pvid=True, untagged=True)
    return vlans
