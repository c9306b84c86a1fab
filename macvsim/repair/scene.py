"""The lab as it stands when a ping has failed: who is where, who has which address, and how to type something there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.nic import Nic, is_nic
from macvsim.docker.container import Container
from macvsim.docker.host import DockerHost
from macvsim.docker.network import Network
from macvsim.engine.drop import DropReason
from macvsim.errors import MacvsimError
from macvsim.machine.host import Box, Result
from macvsim.net.fibroute import Route, RouteType
from macvsim.net.ipv6.fib6 import Route6
from macvsim.net.namespace import Namespace
from macvsim.record.references import Topology
from macvsim.repair.edit import Edit
from macvsim.switch import SwitchPort
from macvsim.wire.addr import ip_int, ip_text, mask_int
from macvsim.wire.addr6 import ip6_int, ip6_text, is_link_local6, mask6


class Repairable(Topology, Protocol):
    """A lab (`macvsim.lab.Lab`) as repairs use it: its boxes, commands, and copies to try edits on."""

    def boxes(self) -> Mapping[str, Box]: ...
    def __getitem__(self, name: str) -> Box: ...
    def sh(self, node: str, line: str) -> Result: ...
    def copy(self) -> Repairable: ...


def space(dev: NetDevice) -> Namespace:
    """The namespace of a device."""
    assert isinstance(dev.ns, Namespace)
    return dev.ns


def addresses(box: Box) -> list[int]:
    """IPv4 addresses of a box, but not those of lo and of docker0; of a container that does not run, those it asked
    for.
    """
    devices = [dev for dev in box.ns.devices.values() if not dev.loopback and dev.name != "docker0"]
    found = [address.local for dev in devices for address in dev.inet.addresses]
    if not found and isinstance(box, Container):
        found = [ip_int(settings.ip) for settings in box.settings.values() if settings.ip]
    return found


def owners_of(lab: Repairable, address: str) -> frozenset[str]:
    """Names of the namespaces that have an address."""
    six = ":" in address
    try:
        ip = ip6_int(address.partition("%")[0]) if six else ip_int(address)
    except (MacvsimError, ValueError):
        return frozenset()
    spaces = [box.ns for box in lab.boxes().values()]
    spaces += [ns for host in lab.hosts.values() for ns in host.kernel.netns.values()]
    return frozenset(ns.name for ns in spaces if any(_has(dev, ip, six) for dev in ns.devices.values()))


def _has(dev: NetDevice, ip: int, six: bool) -> bool:
    if six:
        return dev.inet.inet6 is not None and dev.inet.inet6.address(ip) is not None
    return any(address.local == ip for address in dev.inet.addresses)


class Held(NamedTuple):
    """An address of a device, in a namespace."""

    ip: int
    plen: int
    dev: NetDevice
    ns: Namespace


class Ended(NamedTuple):
    """What is known of the ending: labels of the places where copies ended, their reasons, VLANs of the frames, the
    labels of all places the packet was at, and what to type according to the explanations."""

    places: tuple[str, ...] = ()
    reasons: tuple[DropReason, ...] = ()
    vids: tuple[int, ...] = ()
    seen: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Door:
    """How commands are typed in a namespace: on `node`, after `prefix`; `plain`: there with the tools of busybox."""

    node: str
    prefix: str = ""
    plain: str = ""
    """Node on which simple commands can be typed without the prefix."""

    def edit(self, command: str) -> Edit:
        return Edit(self.node, f"{self.prefix}{command}")

    def simple(self, command: str) -> Edit:
        """A command that busybox has too."""
        return Edit(self.plain, command) if self.plain else self.edit(command)


class Scene:
    """One failed ping in one lab.

    source : the namespace it was sent from; target : the address as typed
    ended : where the packet ended; typed : the commands that were typed before, with the node of each
    """

    def __init__(
        self, lab: Repairable, source: Namespace, target: str, ended: Ended, typed: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.lab = lab
        self.source = source
        self.ended = ended
        self.typed = typed
        self.six = ":" in target
        self.wanted = self._address(target)

    def _address(self, text: str) -> int:
        try:
            return ip6_int(text) if self.six else ip_int(text)
        except (MacvsimError, ValueError):
            return 0

    # -- namespaces ----------------------------------------------------------------------------------------------------

    @cached_property
    def doors(self) -> dict[Namespace, Door]:
        """Every namespace that somebody can type in."""
        found: dict[Namespace, Door] = {}
        for name, box in self.lab.boxes().items():
            if not isinstance(box, Container):
                found[box.ns] = Door(name)
                found.update({ns: Door(name, f"ip netns exec {space} ") for space, ns in box.kernel.netns.items()})
            elif box.running and not box.paused:
                pid = f"$(docker inspect -f '{{{{.State.Pid}}}}' {box.name})"
                plain = name if box.net_admin and not box.read_only_parameters else ""
                found.setdefault(box.ns, Door(box.engine.host.name, f"nsenter -t {pid} -n ", plain))
        return found

    def door(self, dev: NetDevice) -> Door:
        """Of the namespace that a device is in."""
        return self.doors[space(dev)]

    @cached_property
    def engines(self) -> list[DockerHost]:
        """Hosts on which a Docker daemon runs."""
        return [host for host in self.lab.hosts.values() if host.has_docker]

    def containers(self) -> Iterator[Container]:
        for host in self.lab.hosts.values():
            yield from host.containers()

    def networks(self) -> Iterator[tuple[DockerHost, Network]]:
        """Those that people made."""
        for host in self.engines:
            for network in host.docker.controller.networks.values():
                if not network.predefined:
                    yield host, network

    # -- devices and addresses -----------------------------------------------------------------------------------------

    @cached_property
    def devices(self) -> list[NetDevice]:
        return [dev for ns in self.doors for dev in ns.devices.values() if not dev.loopback]

    @cached_property
    def held(self) -> list[Held]:
        """Every address of the family that is asked for, loopback's left out."""
        found = []
        for dev in self.devices:
            ns = space(dev)
            if netif_is_bridge_master(dev) and not dev.ports:
                continue  # Docker's own, which nobody uses
            if not self.six:
                found += [Held(a.local, a.plen, dev, ns) for a in dev.inet.addresses]
            elif dev.inet.inet6 is not None:
                found += [
                    Held(a.local, a.plen, dev, ns) for a in dev.inet.inet6.addresses if not is_link_local6(a.local)
                ]
        return found

    def owners(self, ip: int) -> list[NetDevice]:
        return [one.dev for one in self.held if ip and one.ip == ip]

    def prefix(self, ip: int, plen: int) -> int:
        return ip & (mask6(plen) if self.six else mask_int(plen))

    def contains(self, net: Held, ip: int) -> bool:
        return self.prefix(net.ip, net.plen) == self.prefix(ip, net.plen)

    def text(self, ip: int) -> str:
        return ip6_text(ip) if self.six else ip_text(ip)

    def net_text(self, ip: int, plen: int) -> str:
        return f"{self.text(self.prefix(ip, plen))}/{plen}"

    @property
    def ip(self) -> str:
        """The command with its family."""
        return "ip -6" if self.six else "ip"

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 128 if self.six else 32

    def ports(self) -> Iterator[SwitchPort]:
        for switch in self.lab.switches.values():
            yield from switch.ports.values()

    def nics(self) -> Iterator[Nic]:
        for dev in self.devices:
            if is_nic(dev):
                yield dev

    # -- routes --------------------------------------------------------------------------------------------------------

    def routes(self, ns: Namespace) -> list[Route] | list[Route6]:
        """The main table."""
        return ns.ipv6.fib.routes() if self.six else ns.fib.routes()

    def forwards(self, ns: Namespace) -> bool:
        return bool((ns.ipv6.conf_all if self.six else ns.conf_all).forwarding)

    def is_routed(self, ns: Namespace, ip: int) -> bool:
        """True if it knows a way to an address."""
        if self.six:
            return ns.ipv6.router.lookup(ip) is not None
        route = ns.fib.lookup(ip)
        return route is not None and route.type is RouteType.UNICAST

    def multihomed(self) -> list[Namespace]:
        """Namespaces with addresses in several networks, which may be routers; those that forward first."""
        nets: dict[Namespace, set[tuple[int, int]]] = {}
        for one in self.held:
            nets.setdefault(one.ns, set()).add((self.prefix(one.ip, one.plen), one.plen))
        return sorted((ns for ns, some in nets.items() if len(some) > 1), key=lambda ns: not self.forwards(ns))

    def ends(self) -> list[Namespace]:
        """The source, and who has the target."""
        found = [self.source, *(space(dev) for dev in self.owners(self.wanted))]
        return [ns for ns in dict.fromkeys(found) if ns in self.doors]
