"""The VLANs of a Linux bridge: filtering, the default PVID, and who is a member of what (net/bridge/br_vlan.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.portvlan import MAX_VID, PortVlans
from macvsim.dev.vlan import PROTOCOLS
from macvsim.errors import NetlinkError
from macvsim.wire.frame import ETH_P_8021AD, ETH_P_8021Q

if TYPE_CHECKING:
    from macvsim.dev.bridge import Bridge
    from macvsim.dev.bridge_port import BridgePort

_PROVIDER_BRIDGE_MASK = 0xB801
"""Customer bridges' link-local groups, which a provider bridge forwards (BR_GROUPFWD_8021AD)."""


class BridgeVlans:
    """What ``bridge vlan`` and ``vlan_…`` options of ``ip link … type bridge`` change.

    enabled : vlan_filtering; while it is off tags are payload and VLAN 0 holds all that is learnt
    own : the VLANs of the bridge device itself
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.enabled = False
        self.protocol = ETH_P_8021Q
        self.default_pvid = 1
        self.own = PortVlans()

    @property
    def required_fwd_mask(self) -> int:
        """Link-local groups that have to be forwarded (br_recalculate_fwd_mask)."""
        return _PROVIDER_BRIDGE_MASK if self.enabled and self.protocol == ETH_P_8021AD else 0

    def of(self, port: BridgePort | None) -> PortVlans:
        """The VLANs of a port, or (None) of the bridge itself."""
        return self.own if port is None else port.vlans

    # -- members -----------------------------------------------------------------------------------------------------

    def add(self, port: BridgePort | None, vid: int, *, pvid: bool = False, untagged: bool = False) -> None:
        """``bridge vlan add dev … vid N [pvid] [untagged]``; None is the bridge itself (nbp_vlan_add, br_vlan_add)."""
        if not 1 <= vid <= MAX_VID:
            text = f"{self._where(port)}: a VLAN of a bridge is 1 to {MAX_VID}, not {vid}"
            raise NetlinkError("EINVAL", text, "bridge: Vlan id is invalid")
        vlans = self.of(port)
        is_new = vid not in vlans
        vlans.add(vid, pvid=pvid, untagged=untagged)
        self._bridge.sim.change()
        if is_new:
            self._bridge.fdb.add_local(port, (self._bridge if port is None else port.dev).mac, vid)
            if port is not None:
                port.dev.vids |= {self.protocol << 16 | vid}

    def remove(self, port: BridgePort | None, vid: int) -> bool:
        """``bridge vlan del``; False if the VLAN was not there (nbp_vlan_delete, br_vlan_delete)."""
        vlans = self.of(port)
        if vid not in vlans:
            return False
        self._bridge.fdb.delete_local(port, (self._bridge if port is None else port.dev).mac, vid)
        if port is not None:
            self._bridge.fdb.flush_port(port, vid)
            port.dev.vids -= {self.protocol << 16 | vid}
        self._bridge.sim.change()
        return vlans.remove(vid)

    def join(self, port: BridgePort) -> None:
        """A new port gets the default PVID (nbp_vlan_init)."""
        if self.default_pvid:
            self.add(port, self.default_pvid, pvid=True, untagged=True)

    def part(self, port: BridgePort) -> None:
        """A port leaves and gives its VLANs up (nbp_vlan_flush)."""
        for member in list(port.vlans):
            port.dev.vids -= {self.protocol << 16 | member.vid}
            port.vlans.remove(member.vid)
        self._bridge.sim.change()

    # -- options -----------------------------------------------------------------------------------------------------

    def set_enabled(self, on: bool) -> None:
        """``vlan_filtering 0|1``."""
        if on != self.enabled:
            self.enabled = on
            self._bridge.sim.change()
            self._bridge.update_promisc()

    def set_protocol(self, protocol: int) -> None:
        """``vlan_protocol 802.1Q|802.1ad``; EPROTONOSUPPORT for another TPID."""
        if protocol not in PROTOCOLS:
            where = self._where(None)
            raise NetlinkError("EPROTONOSUPPORT", f"{where}: vlan_protocol is 802.1Q or 802.1ad, not 0x{protocol:04x}")
        for port in self._bridge.ports:
            for member in port.vlans:
                port.dev.vids -= {self.protocol << 16 | member.vid}
                port.dev.vids |= {protocol << 16 | member.vid}
            port.vlans.protocol = protocol
        self.protocol = self.own.protocol = protocol
        self._bridge.sim.change()

    def set_default_pvid(self, pvid: int) -> None:
        """``vlan_default_pvid N``, 0: none; ports that still have the old one follow (__br_vlan_set_default_pvid)."""
        if not 0 <= pvid <= MAX_VID:
            raise NetlinkError("EINVAL", f"{self._where(None)}: vlan_default_pvid is 0 to {MAX_VID}, not {pvid}")
        old = self.default_pvid
        if pvid == old:
            return
        for port in (None, *self._bridge.ports):
            vlans = self.of(port)
            follows = vlans.pvid == old and vlans.egress(old) is False if old else bool(pvid)
            if not follows or (pvid and pvid in vlans):
                continue
            if pvid:
                self.add(port, pvid, pvid=True, untagged=True)
            if old:
                self.remove(port, old)
        self.default_pvid = pvid

    def _where(self, port: BridgePort | None) -> str:
        return self._bridge.label if port is None else port.dev.label
