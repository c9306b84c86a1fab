"""One machine as its collector's output tells: namespaces with their devices, what stands on what, and Docker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from macvsim.dev.registry import Kind, Kinds
from macvsim.exchange.records import (
    Addresses,
    DockerContainer,
    DockerNetwork,
    FdbEntry,
    Link,
    Neighbour,
    PortVlans,
    Route,
    Rule,
    rows,
)
from macvsim.exchange.sections import Output

SHARED = ("host", "container")
"""Modes of containers that have the network of somebody else."""
_RED_HAT = ("centos", "rhel", "fedora", "rocky", "almalinux")
_NSID = re.compile(r"^nsid (\d{1,9}) .*\(iproute2 netns name: (\S+)\)", re.MULTILINE)
BRIDGE_NAME = "com.docker.network.bridge.name"
BONDS = ("bond", "team")


@dataclass(frozen=True)
class Place:
    """A network namespace: ``host``, ``netns NAME`` or ``container NAME``."""

    name: str
    links: Sequence[Link]
    addresses: Sequence[Addresses]
    routes: Sequence[Route]
    routes6: Sequence[Route]
    neighbours: Sequence[Neighbour]
    rules: Sequence[Rule]
    vlans: Sequence[PortVlans]
    fdb: Sequence[FdbEntry]
    iptables: str
    ip6tables: str
    sysctls: dict[str, str]
    nsids: dict[int, str]
    """Names of other namespaces by their number here, as far as they have one."""

    @property
    def kind(self) -> str:
        return self.name.split()[0]

    @property
    def label(self) -> str:
        """Its own name; that of the machine's is empty."""
        return self.name.partition(" ")[2]

    def link(self, name: str | None) -> Link | None:
        return next((link for link in self.links if link.ifname == name), None)


@dataclass(frozen=True)
class Device:
    """A device and where it is."""

    place: str
    name: str


@dataclass
class Machine:
    """What was collected on one machine.

    containers : those that run; stopped : names of the others
    is_root : the collector was run as root, and has seen everything
    below : of each stacked device, its parent; peers : of each end of a veth pair, the other; cards : devices that lead
    out of the machine; kinds : the kinds of devices that can be made anew
    """

    file: str
    hostname: str
    flavour: str
    virtualization: str
    is_root: bool
    places: dict[str, Place]
    networks: list[DockerNetwork]
    containers: list[DockerContainer]
    stopped: list[str]
    below: dict[Device, Device] = field(default_factory=dict)
    peers: dict[Device, Device] = field(default_factory=dict)
    cards: list[Device] = field(default_factory=list)
    kinds: Kinds = field(default_factory=Kinds)

    def __post_init__(self) -> None:
        for device, link in self.devices():
            if self._is_stacked(link):
                parent = self._parent(device, link)
                if parent is not None:
                    self.below[device] = parent
            elif self.is_paired(link) and device not in self.peers:
                peer = self._peer(device, link)
                if peer is not None:
                    self.peers[device], self.peers[peer] = peer, device
        for device, link in self.devices():
            if self._is_card(device, link):
                self.cards.append(device)

    def kind(self, link: Link | None) -> Kind | None:
        """The kind of a device; None: it is one that is not known, or a card."""
        kind = None if link is None else self.kinds.get(link.kind)
        return kind if kind is not None and kind.made else None

    def _is_stacked(self, link: Link | None) -> bool:
        kind = self.kind(link)
        return kind is not None and kind.stacked

    def is_paired(self, link: Link | None) -> bool:
        """True if a device is an end of a pair."""
        kind = self.kind(link)
        return kind is not None and kind.paired

    def is_bridge(self, link: Link | None) -> bool:
        """True if a device has ports."""
        kind = self.kind(link)
        return kind is not None and kind.master

    def devices(self) -> Iterator[tuple[Device, Link]]:
        """All but loopback, in the order of their places and numbers."""
        for place in self.places.values():
            for link in place.links:
                if link.link_type != "loopback":
                    yield Device(place.name, link.ifname), link

    @property
    def docker_bridges(self) -> dict[str, str]:
        """Devices of Docker's bridge networks by the network's name."""
        return {
            network.name: (network.options or {}).get(BRIDGE_NAME)
            or ("docker0" if network.name == "bridge" else f"br-{network.id[:12]}")
            for network in self.networks
            if network.driver == "bridge"
        }

    def link(self, device: Device) -> Link:
        found = self.places[device.place].link(device.name)
        assert found is not None
        return found

    def roots(self, device: Device) -> set[Device]:
        """The cards below a device, through parents, bridge ports and veth pairs."""
        seen: set[Device] = set()
        waiting = [device]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            waiting += [other for other in (self.below.get(one), self.peers.get(one)) if other is not None]
            link, place = self.link(one), self.places[one.place]
            if self.is_bridge(link):
                waiting += [Device(one.place, port.ifname) for port in place.links if port.master == one.name]
            elif link.master is not None and one in self.peers and place.link(link.master) is not None:
                waiting.append(Device(one.place, link.master))
        return {one for one in seen if one in self.cards}

    def vid(self, device: Device) -> int:
        """The VLAN in which a device's frames leave its card; 0: untagged."""
        at: Device | None = device
        while at is not None:
            link = self.link(at)
            kind = self.kind(link)
            if kind is not None and (vid := kind.tag(link.linkinfo.info_data)):
                return vid
            at = self.below.get(at)
        return 0

    # -- what belongs together -----------------------------------------------------------------------------------------

    def _is_card(self, device: Device, link: Link) -> bool:
        if link.link_type != "ether" or device in self.below or device in self.peers:
            return False
        master = self.places[device.place].link(link.master)
        if master is not None and (master.kind in BONDS or (self.is_paired(link) and link.ifname.startswith("veth"))):
            return False  # part of another card; or a container's, which was not collected
        return link.kind in ("", *BONDS) or self.is_paired(link) or (self._is_stacked(link) and link.link is None)

    def _parent(self, device: Device, link: Link) -> Device | None:
        if link.link is not None:
            own = self.places[device.place].link(link.link)
            return None if own is None or own is link else Device(device.place, own.ifname)
        found = [
            (other, candidate)
            for other, candidate in self.devices()
            if other.place != device.place
            and candidate.ifindex == link.link_index
            and candidate.master is None
            and not ((kind := self.kind(candidate)) is not None and not kind.nests)
            and self._may_be_at(device, link, other.place)
        ]
        surest = [other for other, candidate in found if self._carries(other, candidate, link)]
        first = [other for other, _ in found if other.place == "host"]
        return next(iter([*surest, *first, *(other for other, _ in found)]), None)

    def _carries(self, device: Device, link: Link, child: Link) -> bool:
        """True if a device shows that `child` stands on it: it listens for its MAC, or has the same."""
        kind = self.kind(child)
        if kind is not None and not kind.own_mac:
            return child.address == link.address
        return any(e.mac == child.address and e.ifname == device.name for e in self.places[device.place].fdb)

    def _peer(self, device: Device, link: Link) -> Device | None:
        found = [
            other
            for other, candidate in self.devices()
            if candidate.kind == link.kind
            and other != device
            and other not in self.peers
            and (candidate.ifname == link.link or link.link is None)
            and (other.place == device.place) == (link.link is not None)
            and (link.link is not None or (candidate.ifindex, candidate.link_index) == (link.link_index, link.ifindex))
            and self._may_be_at(device, link, other.place)
            and self._may_be_at(other, candidate, device.place)
        ]
        return next(iter(found), None)

    def _may_be_at(self, device: Device, link: Link, place: str) -> bool:
        """False if the name of the namespace at the other end is known, and another."""
        known = self.places[device.place].nsids.get(-1 if link.link_netnsid is None else link.link_netnsid)
        return known is None or place == f"netns {known}"


def read_machine(output: Output) -> Machine:
    """The machine of a collector's output; `ScenarioError` names the section that is not what it should be."""
    release = re.search(r'^ID="?([a-z]+)', output.text("machine", "os-release"), re.MULTILINE)
    hostname = output.text("machine", "hostname").strip().partition(".")[0]
    inspected = rows(DockerContainer, output, "machine", "docker inspect")
    containers = [one for one in inspected if one.state.running]
    shared = {f"container {one.name}" for one in containers if one.host.network_mode.partition(":")[0] in SHARED}
    return Machine(
        file=output.file,
        hostname=re.sub(r"[^\w.-]+", "-", hostname, flags=re.ASCII).lstrip("-._") or "host",
        flavour="centos" if release and release[1] in _RED_HAT else "debian",
        virtualization=output.text("machine", "virtualization").strip(),
        is_root=output.text("machine", "user").strip() in ("", "0"),
        places={name: _place(output, name) for name in output.places if name not in shared},
        networks=rows(DockerNetwork, output, "machine", "docker network inspect"),
        containers=containers,
        stopped=[one.name for one in inspected if not one.state.running],
    )


def _place(output: Output, name: str) -> Place:
    return Place(
        name,
        links=rows(Link, output, name, "ip -j -d link", needed=True),
        addresses=rows(Addresses, output, name, "ip -j addr", needed=True),
        routes=rows(Route, output, name, "ip -j route"),
        routes6=rows(Route, output, name, "ip -j -6 route"),
        neighbours=rows(Neighbour, output, name, "ip -j neigh"),
        rules=rows(Rule, output, name, "ip -j rule"),
        vlans=rows(PortVlans, output, name, "bridge -j vlan"),
        fdb=rows(FdbEntry, output, name, "bridge -j fdb"),
        iptables=output.text(name, "iptables-save"),
        ip6tables=output.text(name, "ip6tables-save"),
        sysctls=dict(_sysctls(output.text(name, "sysctl"))),
        nsids={int(number): known for number, known in _NSID.findall(output.text(name, "ip netns list-id"))},
    )


def _sysctls(text: str) -> Iterator[tuple[str, str]]:
    """Lines ``net/ipv4/ip_forward:1`` as names with slashes, and values."""
    for line in text.splitlines():
        name, colon, value = line.rpartition(":")
        if colon and re.fullmatch(r"net/(ipv4|ipv6|bridge)/\S+", name):
            yield name, value.strip()
