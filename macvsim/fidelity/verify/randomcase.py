"""Random topologies without loops, and what happens to them, from a seed."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Spec = dict[str, Any]

BROADCAST = "ff:ff:ff:ff:ff:ff"
GROUPS = tuple(f"01:00:5e:00:01:{number:02x}" for number in range(1, 5))
LINK_LOCAL = ("01:80:c2:00:00:00", "01:80:c2:00:00:01", "01:80:c2:00:00:03", "01:80:c2:00:00:0e")
NOBODY = "02:00:00:00:0f:ff"
_MODES = ("bridge", "bridge", "bridge", "bridge", "private", "vepa", "source")
_FLAG_NOPROMISC, _FLAG_NODST = 1, 2


class _Place(NamedTuple):
    """A device that frames are sent from."""

    ns: str
    dev: str
    mac: str


class _Draw:
    """One topology being drawn: switches in a tree, hosts on them, macvlan devices on the hosts' cards or bridges."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"macvsim.verify {seed}")
        self.devs: list[Spec] = []
        self.ports: list[Spec] = []
        self.down: list[list[str]] = []
        self.mcast: list[list[str]] = []
        self.promisc: list[list[str]] = []
        self.parents: list[_Place] = []
        self.switches: list[_Place] = []
        self.children: list[tuple[_Place, _Place]] = []
        self._macs = 0x100
        self._draw()

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def mac(self) -> str:
        self._macs += 1
        return f"02:00:00:00:{self._macs >> 8:02x}:{self._macs & 255:02x}"

    @property
    def macs(self) -> list[str]:
        """Addresses of those that frames are for."""
        return [place.mac for place in (*self.parents, *self.switches, *(child for child, _ in self.children))]

    # -- topology ------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        for number in range(self.rng.choice((0, 1, 1, 1, 2, 2, 3))):
            self._switch(number)
        if not self.switches:
            one, other = _Place("h0", "p0", self.mac()), _Place("h1", "p0", self.mac())
            self._veth(one, other)
            self.parents += [one, other]
        else:
            for host in range(self.rng.randint(2, 5)):
                for card in range(self.rng.choice((1, 1, 1, 2))):
                    self._card(f"h{host}", card)
        for parent in self.parents:
            if not self.chance(0.15):
                self._children(parent)
            if self.chance(0.1):
                self.promisc.append([parent.ns, parent.dev])
            if self.chance(0.2):
                self.mcast.append([parent.ns, parent.dev, self.rng.choice(GROUPS)])

    def _veth(self, one: _Place, other: _Place) -> None:
        self.devs.append(
            {
                "kind": "veth",
                "ns": one.ns,
                "name": one.dev,
                "mac": one.mac,
                "peer_ns": other.ns,
                "peer": other.dev,
                "peer_mac": other.mac,
            }
        )

    def _switch(self, number: int) -> None:
        """A bridge, linked to one of those before it."""
        place = _Place(f"sw{number}", "br0", self.mac())
        self.devs.append({"kind": "bridge", "ns": place.ns, "name": place.dev, "mac": place.mac})
        if self.switches:
            other = self.rng.choice(self.switches)
            up, down = _Place(place.ns, f"u{number}", self.mac()), _Place(other.ns, f"d{number}", self.mac())
            self._veth(up, down)
            self.ports += [{"ns": end.ns, "bridge": "br0", "dev": end.dev} for end in (up, down)]
        self.switches.append(place)

    def _card(self, host: str, number: int) -> None:
        """A card on a switch; now and then it is the port of a bridge of the host."""
        card = _Place(host, f"p{number}", self.mac())
        port = _Place(self.rng.choice(self.switches).ns, f"{host}p{number}", self.mac())
        self._veth(card, port)
        bridged = self.chance(0.15)
        self.ports.append({"ns": port.ns, "bridge": "br0", "dev": port.dev, **self._switches(hairpin=not bridged)})
        if bridged:
            bridge = _Place(host, f"lb{number}", self.mac())
            self.devs.append({"kind": "bridge", "ns": host, "name": bridge.dev, "mac": bridge.mac})
            self.ports.append({"ns": host, "bridge": bridge.dev, "dev": card.dev})
            card = bridge
        self.parents.append(card)

    def _switches(self, *, hairpin: bool) -> Spec:
        """Switches of a port that differ from the default; with hairpin only where that makes no loop."""
        found: Spec = {}
        if self.chance(0.12) and hairpin:
            found["hairpin"] = 1
        if self.chance(0.08):
            found["isolated"] = 1
        for name in ("learning", "flood", "mcast_flood", "bcast_flood"):
            if self.chance(0.05):
                found[name] = 0
        return found

    def _children(self, parent: _Place) -> None:
        if self.chance(0.12):
            modes = ["passthru"]
        else:
            base = self.rng.choice(_MODES)
            modes = [base if self.chance(0.8) else self.rng.choice(_MODES) for _ in range(self.rng.randint(1, 4))]
        for mode in modes:
            number = len(self.children)
            child = _Place(f"c{number}", "eth0", self.mac())
            spec = self._macvlan(child, parent, mode)
            if mode == "passthru":  # the kernel gives it the parent's address, whatever is asked for
                child = child._replace(mac=parent.mac)
                spec["mac"] = parent.mac
            self.devs.append(spec)
            self.children.append((child, parent))
            if self.chance(0.08):
                self.down.append([child.ns, child.dev])
            if self.chance(0.35):
                self.mcast.append([child.ns, child.dev, self.rng.choice(GROUPS)])
            if self.chance(0.08):
                self.promisc.append([child.ns, child.dev])

    def _macvlan(self, child: _Place, parent: _Place, mode: str) -> Spec:
        spec: Spec = {
            "kind": "macvlan",
            "ns": child.ns,
            "name": child.dev,
            "mac": child.mac,
            "parent_ns": parent.ns,
            "parent": parent.dev,
            "mode": mode,
        }
        if mode == "source":
            spec["sources"] = self.rng.sample(self.macs, min(len(self.macs), self.rng.randint(1, 2)))
            if self.chance(0.3):
                spec["flags"] = _FLAG_NODST
        elif mode == "passthru" and self.chance(0.5):
            spec["flags"] = _FLAG_NOPROMISC
        return spec

    # -- stimuli -------------------------------------------------------------------------------------------------------

    def stimuli(self) -> list[Spec]:
        """Frames, and one change in ten."""
        changeable = [number for number, _ in enumerate(self.children)]
        return [
            self._change(number) if changeable and self.chance(0.1) else self._frame()
            for number in range(self.rng.randint(12, 28))
        ]

    def _frame(self) -> Spec:
        places = [*self.switches, *self.parents, *[child for child, _ in self.children] * 3]
        place = self.rng.choice(places)
        source = place.mac if self.chance(0.85) else self.rng.choice([*self.macs, "02:00:00:00:0f:00"])
        kind = self.rng.random()
        if kind < 0.6:
            target = self.rng.choice(self.macs)
        elif kind < 0.78:
            target = BROADCAST
        elif kind < 0.9:
            target = self.rng.choice(GROUPS)
        else:
            target = self.rng.choice(LINK_LOCAL) if kind < 0.94 else NOBODY
        return {"inject": [place.ns, place.dev], "src": source, "dst": target}

    def _change(self, number: int) -> Spec:
        child, parent = self.rng.choice(self.children)
        here: Spec = {"ns": child.ns, "dev": child.dev}
        on_parent: Spec = {"ns": parent.ns, "dev": parent.dev}
        match self.rng.choice(("up", "up", "down", "promisc", "nopromisc", "join", "mac", "parent", "port", "add")):
            case "join":
                return {"op": "join", **here, "mac": self.rng.choice(GROUPS)}
            case "mac":
                return {"op": "mac", **here, "mac": self.rng.choice([self.rng.choice(self.macs), self.mac()])}
            case "parent":
                return {"op": self.rng.choice(("up", "down")), **on_parent}
            case "port" if self.ports:
                return self._port()
            case "add":
                place = _Place(self.rng.choice(self.children)[0].ns, f"x{number}", self.mac())
                mode = self.rng.choice(("bridge", "private", "vepa", "passthru"))
                spec = {**self._macvlan(place, parent, mode)}
                if self.chance(0.3):
                    spec["mac"] = self.rng.choice(self.macs)
                return {"op": "macvlan", "ns": place.ns, "dev": place.dev, "dev_spec": spec}
            case "up" | "down" | "promisc" | "nopromisc" as op:
                return {"op": op, **here}
            case _:
                return {"op": "up", **here}

    def _port(self) -> Spec:
        """A change of a bridge port: one of its switches, or an entry of the bridge for it."""
        port = self.rng.choice(self.ports)
        here: Spec = {"ns": port["ns"], "dev": port["dev"]}
        if self.chance(0.5):
            name = self.rng.choice(("isolated", "learning", "flood", "mcast_flood", "bcast_flood"))
            return {"op": "brport", **here, "set": {name: self.rng.randint(0, 1)}}
        return {"op": "fdb_add", **here, "mac": self.rng.choice(self.macs), "permanent": int(self.chance(0.3))}


def random_case(seed: int) -> tuple[Spec, list[Spec]]:
    """Topology and stimuli of a seed, in the language of `macvsim.fidelity.replay.caselab`."""
    draw = _Draw(seed)
    topology: Spec = {
        "devs": draw.devs,
        "ports": draw.ports,
        "down": draw.down,
        "mcast": draw.mcast,
        "promisc": draw.promisc,
    }
    return topology, draw.stimuli()


__all__ = ["random_case"]
