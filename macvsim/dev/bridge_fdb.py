"""The filtering database of a Linux bridge: what was learnt, its own addresses, what was added by hand (br_fdb.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from macvsim.dev.bridge_port import FORWARDING, LEARNING, BridgePort
from macvsim.dev.fdb import FdbEntry, FilteringDatabase
from macvsim.errors import NetlinkError
from macvsim.wire.addr import ZERO_MAC, is_group, mac_text

if TYPE_CHECKING:
    from macvsim.dev.portvlan import PortVlans
    from macvsim.engine.sim import Sim

Entry = FdbEntry[BridgePort]


class OwnVlans(Protocol):
    """The VLANs of the bridge device itself (`macvsim.dev.bridge_vlan.BridgeVlans`)."""

    own: PortVlans


class Ported(Protocol):
    """The bridge (`macvsim.dev.bridge.Bridge`) whose database it is."""

    sim: Sim
    mac: bytes

    @property
    def label(self) -> str: ...
    @property
    def ports(self) -> Sequence[BridgePort]: ...
    @property
    def vlan_config(self) -> OwnVlans: ...


class BridgeFdb(FilteringDatabase[BridgePort]):
    """Times are jiffies.  Static addresses are kept in the filters of ports that are not promiscuous."""

    def __init__(self, bridge: Ported) -> None:
        sim = bridge.sim

        def wheel(clock: int, delay: int) -> int:
            return sim.wheel.time(clock + delay, clock) // sim.tick

        super().__init__(300 * sim.hz, schedule=wheel, pause=-(-sim.hz // 100), unit=sim.tick)
        self._bridge = bridge
        self.on_change = sim.change
        self.before_look = sim.flush

    def put(self, entry: Entry) -> None:
        super().put(entry)
        if entry.static:
            self._tell_ports(entry.mac, True)

    def remove(self, entry: Entry) -> None:
        super().remove(entry)
        if entry.static:
            self._tell_ports(entry.mac, False)

    # -- the ports' address filters ----------------------------------------------------------------------------------

    def _tell_ports(self, mac: bytes, added: bool) -> None:
        """A static address came or went (fdb_add_hw_addr, fdb_del_hw_addr)."""
        for port in self._bridge.ports:
            if port.synced:
                if added:
                    port.dev.add_uc(mac)
                else:
                    port.dev.del_uc(mac)

    def sync_static(self, port: BridgePort) -> None:
        """Tell a port's device every static address (br_fdb_sync_static)."""
        if not port.synced:
            port.synced = True
            for entry in self.entries.values():
                if entry.static:
                    port.dev.add_uc(entry.mac)

    def unsync_static(self, port: BridgePort) -> None:
        """Undo `sync_static`."""
        if port.synced:
            port.synced = False
            for entry in self.entries.values():
                if entry.static:
                    port.dev.del_uc(entry.mac)

    # -- own addresses -----------------------------------------------------------------------------------------------

    def add_local(self, port: BridgePort | None, mac: bytes, vid: int) -> None:
        """An address of a port or (None) of the bridge; the first to have it keeps it (fdb_add_local)."""
        if is_group(mac) or mac == ZERO_MAC:
            return
        entry = self.entries.get((vid, mac))
        if entry is not None:
            if entry.local:
                return
            self.remove(entry)
        self.put(Entry(mac, vid, port, self._bridge.sim.jiffies, local=True))

    def _delete_local(self, entry: Entry, port: BridgePort | None) -> None:
        """An own address goes, unless another port or the bridge has it too (fdb_delete_local)."""
        bridge, vid = self._bridge, entry.vid
        for other in bridge.ports:
            if other is not port and other.dev.mac == entry.mac and (not vid or vid in other.vlans):
                entry.port, entry.user = other, False
                self.on_change()
                return
        if port is not None and bridge.mac == entry.mac and (not vid or vid in bridge.vlan_config.own):
            entry.port, entry.user = None, False
            self.on_change()
            return
        self.remove(entry)

    def delete_local(self, port: BridgePort | None, mac: bytes, vid: int) -> None:
        """`port` (None: the bridge) gives up its address in a VLAN (br_fdb_find_delete_local)."""
        entry = self.entries.get((vid, mac))
        if entry is not None and entry.local and not entry.user and entry.port is port:
            self._delete_local(entry, port)

    def change_port_mac(self, port: BridgePort) -> None:
        """The device of a port has another address (br_fdb_changeaddr)."""
        for entry in list(self.entries.values()):
            if entry.port is port and entry.local and not entry.user:
                self._delete_local(entry, port)
        self.add_local(port, port.dev.mac, 0)
        for member in port.vlans:
            self.add_local(port, port.dev.mac, member.vid)

    def change_bridge_mac(self, mac: bytes) -> None:
        """The bridge is about to have the address `mac` (br_fdb_change_mac_address)."""
        for vid in (0, *(member.vid for member in self._bridge.vlan_config.own)):
            entry = self.entries.get((vid, self._bridge.mac))
            if entry is not None and entry.local and entry.port is None:
                self._delete_local(entry, None)
            self.add_local(None, mac, vid)

    def delete_port(self, port: BridgePort) -> None:
        """A port leaves: all of its entries go, static ones too (br_fdb_delete_by_port with do_all)."""
        for entry in list(self.entries.values()):
            if entry.port is port:
                if entry.local:
                    self._delete_local(entry, port)
                else:
                    self.remove(entry)

    # -- by hand -----------------------------------------------------------------------------------------------------

    def add(
        self,
        mac: bytes,
        port: BridgePort | None,
        *,
        vid: int | None = None,
        state: str = "permanent",
        sticky: bool = False,
        exclusive: bool = True,
    ) -> None:
        """``bridge fdb add|replace MAC dev … master`` (br_fdb_add).

        port : None is the bridge itself
        vid : one VLAN; None is VLAN 0 and all VLANs of the port
        state : ``permanent`` (delivered here), ``static`` or ``dynamic``
        exclusive : EEXIST if there is an entry already
        """
        where = self._bridge.label if port is None else port.dev.label
        if mac == ZERO_MAC:
            raise NetlinkError("EINVAL", f"{where}: {mac_text(mac)} cannot be a forwarding entry; name a MAC")
        if port is None and state != "permanent":
            raise NetlinkError("EINVAL", f"{where}: entries of the bridge itself are permanent")
        if sticky and state == "permanent":
            raise NetlinkError("EINVAL", f"{where}: a permanent entry cannot be sticky: make it static")
        if port is not None and state == "dynamic" and port.state not in (LEARNING, FORWARDING):
            raise NetlinkError("EPERM", f"{where} is {port.state.value}: make the entry permanent or static")
        for one in self._vids_to_change(port, vid, where):
            self._add(mac, port, one, state, sticky, exclusive, where)

    def _vids_to_change(self, port: BridgePort | None, vid: int | None, where: str) -> list[int]:
        """The VLANs a command without or with a VLAN means; EINVAL if the port has it not."""
        vlans = self._bridge.vlan_config.own if port is None else port.vlans
        if vid is None:
            return [0, *(member.vid for member in vlans)]
        if vid not in vlans:
            raise NetlinkError("EINVAL", f"{where} has no VLAN {vid}: bridge vlan add dev … vid {vid}")
        return [vid]

    def _add(
        self, mac: bytes, port: BridgePort | None, vid: int, state: str, sticky: bool, exclusive: bool, where: str
    ) -> None:
        entry = self.entries.get((vid, mac))
        now = self._bridge.sim.jiffies
        static = state != "dynamic"
        if entry is None:
            entry = Entry(mac, vid, port, now, static=static)
            entry.user = True
            self.put(entry)
        elif exclusive:
            raise NetlinkError("EEXIST", f"{where}: {mac_text(mac)} is in the forwarding table; bridge fdb replace …")
        elif static != entry.static:
            entry.static = static
            self._tell_ports(mac, static)
        entry.port = port
        entry.user = True
        entry.local = state == "permanent"
        entry.sticky = sticky
        entry.used = entry.updated = now
        self.on_change()

    def delete(self, mac: bytes, port: BridgePort | None, *, vid: int | None = None) -> None:
        """``bridge fdb del MAC dev … master``; ENOENT if no such entry is there (br_fdb_delete)."""
        where = self._bridge.label if port is None else port.dev.label
        found = False
        for one in self._vids_to_change(port, vid, where):
            entry = self.entries.get((one, mac))
            if entry is not None and entry.port is port:
                self.remove(entry)
                found = True
        if not found:
            raise NetlinkError("ENOENT", f"{where}: no forwarding entry {mac_text(mac)}; see bridge fdb show")

    def age(self, entry: Entry) -> tuple[int, int]:
        """Whole seconds since the entry was last a destination, and a source, as ``bridge -s fdb`` shows them."""
        now, hz = self._bridge.sim.jiffies, self._bridge.sim.hz
        self.before_look()
        return (now - entry.used) // hz, (now - entry.updated) // hz
