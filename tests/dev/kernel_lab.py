"""Topologies and stimuli as a live kernel's recordings describe them (data/README.md), built of macvsim's devices."""

from __future__ import annotations

from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.veth import veth_pair
from macvsim.errors import NetlinkError
from macvsim.sim import MS, Sim
from macvsim.wire.addr import mac_bytes
from macvsim.wire.frame import Frame, PacketType
from tests.dev.fake import TEST_TYPE, FakeNamespace

ERRNO = {"EADDRINUSE": 98, "EADDRNOTAVAIL": 99, "EBUSY": 16, "EINVAL": 22}
ENETDOWN, ENODEV = 100, 19
FLAG_NOPROMISC, FLAG_NODST = 1, 2
LETTERS = {
    PacketType.HOST: "H",
    PacketType.BROADCAST: "B",
    PacketType.MULTICAST: "M",
    PacketType.OTHERHOST: "O",
    PacketType.OUTGOING: "T",
}


class KernelLab:
    """One recorded topology; `play` gives for each stimulus what every device saw, as the recordings have it."""

    def __init__(self, topology: dict[str, Any]) -> None:
        self.sim = Sim(journal=0)
        self.spaces: dict[str, FakeNamespace] = {}
        self.seen: dict[str, list[str]] = {}
        down = {tuple(entry) for entry in topology.get("down", [])}
        made: list[NetDevice] = []
        for spec in topology["devs"]:
            if spec["kind"] == "veth":
                left = (self.space(spec["ns"]), spec["name"], mac_bytes(spec["mac"]))
                right = (self.space(spec["peer_ns"]), spec["peer"], mac_bytes(spec["peer_mac"]))
                made += veth_pair(left, right)
            elif spec["kind"] == "bridge":
                bridge = Bridge(self.space(spec["ns"]), spec["name"], mac_bytes(spec["mac"]))
                bridge.set_mcast_snooping(False)
                made.append(bridge)
        for dev in made:
            self.adopt(dev)
        for port in topology.get("ports", []):
            if not port.get("late"):
                self.enslave(port)
        for spec in topology["devs"]:
            if spec["kind"] == "macvlan":
                made.append(self.macvlan(spec))
        for port in topology.get("ports", []):
            if port.get("late"):
                self.enslave(port)
        for dev in made:
            if (dev.ns.name, dev.name) not in down:
                dev.set_up()
        for ns, name, group in topology.get("mcast", []):
            self.dev(ns, name).add_mc(mac_bytes(group))
        for ns, name in topology.get("promisc", []):
            self.dev(ns, name).set_promisc(True)
        self.sim.run()

    def space(self, name: str) -> FakeNamespace:
        return self.spaces.setdefault(name, FakeNamespace(self.sim, name))

    def dev(self, ns: str, name: str) -> NetDevice:
        dev = self.spaces[ns].devices[name]
        assert isinstance(dev, NetDevice)
        return dev

    def adopt(self, dev: NetDevice) -> None:
        dev.ns.register(dev)

        def tap(packet_type: PacketType, frame: Frame) -> None:
            self.seen.setdefault(dev.label, ["", ""])[0] += LETTERS[packet_type]

        dev.add_tap(tap)

    def macvlan(self, spec: dict[str, Any]) -> Macvlan:
        flags = spec.get("flags") or 0
        child = Macvlan(
            self.space(spec["ns"]),
            spec["name"],
            self.dev(spec["parent_ns"], spec["parent"]),
            mac_bytes(spec["mac"]) if spec.get("mac") else b"\x02" + bytes(5),
            mode=Mode(spec["mode"]),
            nopromisc=bool(flags & FLAG_NOPROMISC),
            nodst=bool(flags & FLAG_NODST),
        )
        for mac in spec.get("sources") or []:
            child.add_source(mac_bytes(mac))
        self.adopt(child)
        return child

    def enslave(self, spec: dict[str, Any]) -> None:
        bridge = self.dev(spec["ns"], spec["bridge"])
        assert isinstance(bridge, Bridge)
        port = bridge.enslave(self.dev(spec["ns"], spec["dev"]))
        for name in spec.keys() - {"ns", "bridge", "dev", "late"}:
            port.set_flag(name, bool(spec[name]))

    def play(self, uid: int, stimulus: dict[str, Any]) -> dict[str, Any]:
        """``{"ns:dev": [letters at its tap, letters at its stack]}``, or ``{"errno": n}`` of a refused command."""
        self.seen = {}
        for space in self.spaces.values():
            space.delivered.clear()
        if "op" in stimulus:
            try:
                self.configure(stimulus)
            except NetlinkError as refused:
                return {"errno": ERRNO[refused.errno]}
            self.sim.run()
            return {}
        ns, name = stimulus["inject"]
        dev = self.spaces[ns].devices.get(name)
        if dev is None or not dev.up:
            return {"send_errno": ENODEV if dev is None else ENETDOWN}
        raw = mac_bytes(stimulus["dst"]) + mac_bytes(stimulus["src"]) + TEST_TYPE + bytes(46)
        dev.xmit(Frame(raw, uid))
        self.sim.run(until=self.sim.now + MS)
        for space in self.spaces.values():
            for device, packet_type, _ in space.delivered:
                self.seen[f"{space.name}:{device}"][1] += LETTERS[packet_type]
        return dict(sorted(self.seen.items()))

    def configure(self, stimulus: dict[str, Any]) -> None:
        op = stimulus["op"]
        if op == "macvlan":
            self.macvlan(stimulus["dev_spec"]).set_up()
            return
        dev = self.dev(stimulus["ns"], stimulus["dev"])
        mac = mac_bytes(stimulus["mac"]) if "mac" in stimulus else b""
        match op:
            case "up":
                dev.set_up()
            case "down":
                dev.set_down()
            case "promisc" | "nopromisc":
                dev.set_promisc(op == "promisc")
            case "join":
                dev.add_mc(mac)
            case "mac":
                dev.set_mac(mac)
            case "delete":
                dev.destroy()
            case "fdb_add":
                assert isinstance(dev.master, Bridge)
                state = "permanent" if stimulus.get("permanent") else "static"
                dev.master.fdb.add(mac, dev.master.port_of(dev), state=state, vid=None)
            case _:
                raise AssertionError(op)
