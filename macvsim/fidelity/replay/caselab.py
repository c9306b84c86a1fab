"""Topologies of devices and raw frames into them, as the recordings of a live kernel describe them in JSON.

topology : ``devs`` (kinds veth, bridge and macvlan, by namespace and name), ``ports`` of bridges with their switches,
    ``down``, ``mcast`` and ``promisc``: which devices stay down, join a group, are promiscuous
stimulus : ``{"inject": [ns, dev], "dst", "src", "type"?}``, or a command ``{"op", "ns", "dev", …}``
"""

from __future__ import annotations

import errno
from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.bridge_port import BridgePort, br_port_get
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.engine.budget import Budget
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import MS, Sim
from macvsim.errors import NetlinkError, ScenarioError
from macvsim.lab import install_fast_path
from macvsim.net import links
from macvsim.net.namespace import Namespace
from macvsim.net.packet_socket import send_frame
from macvsim.wire.addr import mac_bytes
from macvsim.wire.frame import Frame, PacketType

TEST_TYPE = 0x88B5
"""IEEE 802 local experimental EtherType 1: no protocol takes it."""
PAYLOAD = 46
FLAG_NOPROMISC, FLAG_NODST = 1, 2
QUIET = MS
"""Time after a frame in which everything it causes happens."""
LETTERS = {
    PacketType.HOST: "H",
    PacketType.BROADCAST: "B",
    PacketType.MULTICAST: "M",
    PacketType.OTHERHOST: "O",
    PacketType.OUTGOING: "T",
}
_SWITCHES = ("hairpin", "learning", "flood", "isolated", "mcast_flood", "bcast_flood")

Observation = dict[str, Any]
"""``{"ns:dev": [letters at its tap, letters at its protocols]}``; ``{"errno": n}`` or ``{"send_errno": n}`` where the
kernel refuses."""


class CaseLab:
    """One topology; `play` gives for each stimulus what every device saw, in the kernel's order.

    Raises `ScenarioError` for what no such recording holds.
    """

    def __init__(self, topology: dict[str, Any], budget: Budget | None = None) -> None:
        self.sim = Sim(journal=0, budget=budget)
        install_fast_path(self.sim)
        self.spaces: dict[str, Namespace] = {}
        self._seen: Observation = {}
        down = {tuple(entry) for entry in topology.get("down", ())}
        made: list[NetDevice] = []
        for spec in topology["devs"]:
            made += self._add(spec)
        self._enslave(port for port in topology.get("ports", ()) if not port.get("late"))
        made += [self._macvlan(spec) for spec in topology["devs"] if spec["kind"] == "macvlan"]
        self._enslave(port for port in topology.get("ports", ()) if port.get("late"))
        for dev in made:
            if (dev.ns.name, dev.name) not in down:
                dev.set_up()
        for ns, name, group in topology.get("mcast", ()):
            self.dev(ns, name).add_mc(mac_bytes(group))
        for ns, name in topology.get("promisc", ()):
            self.dev(ns, name).set_promisc(True)
        self._settle()

    # -- building ------------------------------------------------------------------------------------------------------

    def space(self, name: str) -> Namespace:
        """The namespace of that name, new if there is none; all are of one kernel."""
        found = self.spaces.get(name)
        if found is None:
            init = next(iter(self.spaces.values()), None)
            found = self.spaces[name] = Namespace(self.sim, name, init)
            found.set_protocol(TEST_TYPE.to_bytes(2, "big"), self._at_protocols)
        return found

    def dev(self, ns: str, name: str) -> NetDevice:
        """A device of the topology."""
        found = self.space(ns).devices.get(name)
        if found is None:
            raise ScenarioError(f"{ns} has no device {name}")
        return found

    def _add(self, spec: dict[str, Any]) -> list[NetDevice]:
        match spec["kind"]:
            case "veth":
                made: list[NetDevice] = [
                    *links.add_veth(
                        self.space(spec["ns"]),
                        spec["name"],
                        self.space(spec["peer_ns"]),
                        spec["peer"],
                        mac=_mac(spec, "mac"),
                        peer_mac=_mac(spec, "peer_mac"),
                    )
                ]
            case "bridge":
                bridge = links.add_bridge(self.space(spec["ns"]), spec["name"], mac=_mac(spec, "mac"))
                bridge.set_mcast_snooping(False)
                made = [bridge]
            case "macvlan":
                return []
            case other:
                raise ScenarioError(f"a device of kind {other!r}: topologies are of veth, bridge and macvlan devices")
        for dev in made:
            self._watch(dev)
        return made

    def _macvlan(self, spec: dict[str, Any]) -> Macvlan:
        flags = spec.get("flags") or 0
        child = links.add_macvlan(
            self.space(spec["ns"]),
            self.dev(spec["parent_ns"], spec["parent"]),
            spec["name"],
            mode=Mode(spec["mode"]),
            mac=_mac(spec, "mac"),
            nopromisc=bool(flags & FLAG_NOPROMISC),
            nodst=bool(flags & FLAG_NODST),
        )
        for mac in spec.get("sources") or ():
            child.add_source(mac_bytes(mac))
        self._watch(child)
        return child

    def _enslave(self, ports: Any) -> None:
        for spec in ports:
            bridge = self.dev(spec["ns"], spec["bridge"])
            if not netif_is_bridge_master(bridge):
                raise ScenarioError(f"{bridge.label} is no bridge")
            _switch(bridge.enslave(self.dev(spec["ns"], spec["dev"])), spec)

    def _settle(self) -> None:
        """Whoever asks for a device's state makes the kernel look at its carrier (linkwatch_sync_dev)."""
        self.sim.run(until=self.sim.now)
        for space in self.spaces.values():
            for dev in tuple(space.devices.values()):
                space.linkwatch.sync(dev)
        self.sim.run(until=self.sim.now + QUIET)

    # -- watching ------------------------------------------------------------------------------------------------------

    def _watch(self, dev: NetDevice) -> None:
        name = f"{dev.ns.name}:{dev.name}"

        def tap(packet_type: PacketType, frame: Frame) -> None:
            self._seen.setdefault(name, ["", ""])[0] += LETTERS[packet_type]

        dev.add_tap(tap)

    def _at_protocols(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        self._seen.setdefault(f"{dev.ns.name}:{dev.name}", ["", ""])[1] += LETTERS[packet_type]
        return None

    # -- stimuli -------------------------------------------------------------------------------------------------------

    def play(self, stimulus: dict[str, Any]) -> Observation:
        """Send a frame or change something; what every device saw of it."""
        self._seen = {}
        if "op" in stimulus:
            try:
                self._change(stimulus)
            except NetlinkError as refused:
                return {"errno": getattr(errno, refused.errno)}
            self._settle()
            return {}
        ns, name = stimulus["inject"]
        dev = self.space(ns).devices.get(name)
        if dev is None or not dev.up:
            return {"send_errno": errno.ENODEV if dev is None else errno.ENETDOWN}
        ethertype = int(stimulus.get("type", TEST_TYPE)).to_bytes(2, "big")
        raw = mac_bytes(stimulus["dst"]) + mac_bytes(stimulus["src"]) + ethertype + bytes(PAYLOAD)
        send_frame(dev, raw)
        self.sim.run(until=self.sim.now + QUIET)
        return dict(sorted(self._seen.items()))

    def _change(self, stimulus: dict[str, Any]) -> None:
        """A command, as `ip` or `bridge` would ask the kernel for it."""
        op = stimulus["op"]
        if op == "macvlan":
            self._macvlan(stimulus["dev_spec"]).set_up()
            return
        dev = self.dev(stimulus["ns"], stimulus["dev"])
        mac = _mac(stimulus, "mac") or b""
        match op:
            case "up":
                dev.set_up()
            case "down":
                dev.set_down()
            case "promisc" | "nopromisc":
                dev.set_promisc(op == "promisc")
            case "join":
                dev.add_mc(mac)
            case "leave":
                dev.del_mc(mac)
            case "mac":
                dev.set_mac(mac)
            case "delete":
                dev.destroy()
            case "fdb_add" if netif_is_bridge_master(dev.master):
                state = "permanent" if stimulus.get("permanent") else "static"
                dev.master.fdb.add(mac, dev.master.port_of(dev), state=state, vid=None)
            case "fdb_del" if netif_is_bridge_master(dev.master):
                dev.master.fdb.delete(mac, dev.master.port_of(dev))
            case "brport" if (port := br_port_get(dev)) is not None:
                _switch(port, stimulus["set"])
            case _:
                raise ScenarioError(f"no command {op!r} for {dev.label}")


def _mac(spec: dict[str, Any], key: str) -> bytes | None:
    return mac_bytes(spec[key]) if spec.get(key) else None


def _switch(port: BridgePort, settings: dict[str, Any]) -> None:
    for name in _SWITCHES:
        if name in settings:
            port.set_flag(name, bool(settings[name]))
