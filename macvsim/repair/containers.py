"""Containers that do not run or are on no network, and Docker networks made with the wrong words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_address, ip_network

from macvsim.dev.nic import is_nic
from macvsim.dev.vlan import is_vlan_dev
from macvsim.docker.container import Container
from macvsim.docker.host import DockerHost
from macvsim.docker.ipam_config import IpamConfig
from macvsim.docker.network import Network, NetworkConfig
from macvsim.engine.drop import DropReason
from macvsim.machine.host import Box
from macvsim.repair.devices import vids_elsewhere
from macvsim.repair.edit import Candidate, Edit, candidate
from macvsim.repair.scene import Scene

_NOBODY = (DropReason.NEIGH_FAILED, DropReason.NEIGH6_FAILED, DropReason.ARP_NOT_FOR_US, DropReason.IP_OUTNOROUTES)
_TWICE = (DropReason.PING_NO_SOCKET, DropReason.IP_LOCAL_SOURCE, DropReason.OTHERHOST)
_PARENT = (
    DropReason.VLAN_UNKNOWN,
    DropReason.PORT_VLAN,
    DropReason.DUMMY,
    DropReason.VLAN_HOOK,
    DropReason.ARP_NOARP,
    DropReason.NEIGH_FAILED,
)
_ONE_MAC = (
    DropReason.PORT_ASSIGNED_MAC,
    DropReason.PORT_FORGED_SOURCE,
    DropReason.PORT_NO_MATCH,
    DropReason.PORT_SECURITY,
)


def checks(scene: Scene) -> Iterator[Candidate]:
    """What may be wrong with containers and their networks."""
    yield from _twice(scene)
    for container in scene.containers():
        yield from _asleep(scene, container)
        yield from _off(scene, container)
        yield from _addressed(scene, container)
    yield from _networks(scene)
    yield from _run_again(scene)
    yield from _absent(scene)
    if set(scene.ended.reasons) & set(_ONE_MAC):
        yield from _ipvlan(scene)


def _name(container: Container) -> tuple[str, str]:
    return container.engine.host.name, container.name


def _asleep(scene: Scene, container: Container) -> Iterator[Candidate]:
    host, name = _name(container)
    if container.paused:
        yield candidate([Edit(host, f"docker unpause {name}")], (host, name), *_NOBODY)
    elif not container.running:
        start = Edit(host, f"docker start {name}")
        yield candidate([start], (host, name), *_NOBODY)
        for edits in _network_for(scene, container):
            yield candidate([*edits, start], (host, name), *_NOBODY)


def _network_for(scene: Scene, container: Container) -> Iterator[list[Edit]]:
    """The network that a container could not be started for want of: one with its address, as other hosts have it."""
    host = container.engine.host
    for name, wish in container.settings.items():
        there = next((network for owner, network in scene.networks() if owner is host and network.name == name), None)
        for other in (network for _, network in scene.networks() if network.name == name and network is not there):
            if there is None:
                yield [Edit(host.name, create_words(other.config))]
        if wish.ip and there is not None and not _fits(there, wish.ip):
            net = ip_network(f"{wish.ip}/24", strict=False)
            config = replace(there.config, configs=(IpamConfig(str(net), "", str(net[1])),))
            yield Remaking(host, there, config).edits()
        elif wish.ip and there is None:
            net = ip_network(f"{wish.ip}/24", strict=False)
            for parent in (dev.name for dev in host.ns.devices.values() if is_nic(dev) or is_vlan_dev(dev)):
                config = NetworkConfig(name, "macvlan", (IpamConfig(str(net), "", str(net[1])),), {"parent": parent})
                yield [Edit(host.name, create_words(config))]


def _twice(scene: Scene) -> Iterator[Candidate]:
    """A container whose address somebody else has: another one of its network."""
    for container in scene.containers():
        host, name = _name(container)
        for settings in container.settings.values():
            end = settings.endpoint
            if end is None or end.address is None or len(scene.owners(int(end.address))) < 2:
                continue
            free = next(ip for ip in range(int(end.address) + 100, int(end.address) + 250) if not scene.owners(ip))
            if _fits(end.network, scene.text(free)):
                leave = f"docker network disconnect {end.network.name} {name}"
                join = f"docker network connect --ip={scene.text(free)} {end.network.name} {name}"
                yield candidate([Edit(host, leave), Edit(host, join)], (host, name, f"{name}:eth0"), *_TWICE)


def _absent(scene: Scene) -> Iterator[Candidate]:
    """A container with the address that nobody has, where a network has room for it."""
    if scene.six or scene.owners(scene.wanted):
        return
    wanted = scene.text(scene.wanted)
    for host, network in scene.networks():
        if network.driver in ("macvlan", "ipvlan") and _fits(network, wanted):
            name = f"{network.name}-{wanted.rpartition('.')[2]}"
            run = f"docker run -itd --name {name} --ip={wanted} --network {network.name} busybox"
            yield candidate([Edit(host.name, run)], (host.name,), *_NOBODY, bold=1)


def _run_again(scene: Scene) -> Iterator[Candidate]:
    """A ``docker run`` that was refused, with the address that is asked for, on a network that has it."""
    if scene.six or scene.owners(scene.wanted):
        return
    wanted = scene.text(scene.wanted)
    made = {_name(container): container for container in scene.containers()}
    for node, command in scene.typed:
        name = re.search(r"--name[ =](\S+)", command)
        if re.match(r"docker (container )?run\b", command) is None or name is None:
            continue
        there = made.get((node, name[1]))
        if there is not None and there.running:
            continue
        gone = [] if there is None else [Edit(node, f"docker rm {name[1]}")]
        for host, network in scene.networks():
            if host.name == node and _fits(network, wanted):
                again = _with(_with(command, "--ip", "--ip", wanted), "--net(?:work)?", "--network", network.name)
                yield candidate([*gone, Edit(node, again)], (node, name[1]), *_NOBODY)


def _with(command: str, pattern: str, option: str, value: str) -> str:
    """A ``docker run`` with an option, or another value of it."""
    changed, count = re.subn(rf"({pattern})([ =])\S+", rf"\g<1>\g<2>{value}", command)
    return changed if count else re.sub(r"\brun\b", f"run {option}={value}", command, count=1)


def _off(scene: Scene, container: Container) -> Iterator[Candidate]:
    """A container that is on no network: on each of its host, with the address that is asked for if it fits."""
    host, name = _name(container)
    if any(settings.endpoint is not None for settings in container.settings.values()) or not container.running:
        return
    for owner, network in scene.networks():
        if owner.name != host or network.config.config_only:
            continue
        given = (
            [f"--ip={scene.text(scene.wanted)} "] if not scene.six and _fits(network, scene.text(scene.wanted)) else []
        )
        for ip in (*given, *_asked_before(scene, host, name, network), ""):
            edit = Edit(host, f"docker network connect {ip}{network.name} {name}")
            yield candidate([edit], (host, name), *_NOBODY)


def _asked_before(scene: Scene, host: str, name: str, network: Network) -> Iterator[str]:
    """The ``--ip`` with which a container was once run."""
    for node, command in scene.typed:
        words = command.split()
        if node == host and "docker" in words and (name in words or f"--name={name}" in words):
            for word, value in zip(words, [*words[1:], ""], strict=True):
                ip = value if word == "--ip" else word.removeprefix("--ip=") if word.startswith("--ip=") else ""
                if ip and _fits(network, ip):
                    yield f"--ip={ip} "


def _fits(network: Network, ip: str) -> bool:
    return any(ip_address(ip) in lease.pool.subnet for lease in network.leases)


def _addressed(scene: Scene, container: Container) -> Iterator[Candidate]:
    """The address that is asked for and that nobody has, for a container of a network it is in."""
    host, name = _name(container)
    if scene.six or scene.owners(scene.wanted) or not container.running or container.ns is scene.source:
        return
    wanted = scene.text(scene.wanted)
    for settings in container.settings.values():
        endpoint = settings.endpoint
        if endpoint is not None and _fits(endpoint.network, wanted):
            edits = [
                Edit(host, f"docker network disconnect {endpoint.network.name} {name}"),
                Edit(host, f"docker network connect --ip={wanted} {endpoint.network.name} {name}"),
            ]
            yield candidate(edits, (host, name), *_NOBODY, bold=2)


# -- networks ----------------------------------------------------------------------------------------------------------


def create_words(config: NetworkConfig) -> str:
    """The ``docker network create`` that asks for a network."""
    words = ["docker network create", f"-d {config.driver}"]
    words += ["--internal"] if config.internal else []
    for one in config.configs:
        words += [f"--subnet={one.subnet}"] if one.subnet else []
        words += [f"--ip-range={one.ip_range}"] if one.ip_range else []
        words += [f"--gateway={one.gateway}"] if one.gateway else []
    words += [f"-o {key}={value}" for key, value in config.options.items()]
    return " ".join([*words, config.name])


@dataclass(frozen=True)
class Remaking:
    """Commands that take containers off a network, make it anew, and put them back.

    before : commands once the old network is gone; ips : addresses by container, where they change
    """

    host: Box
    network: Network
    config: NetworkConfig
    before: tuple[str, ...] = ()
    ips: Mapping[str, str] | None = None

    def edits(self) -> list[Edit]:
        name = self.network.name
        members = [(end.container, str(end.address or "")) for end in self.network.endpoints.values()]
        lines = [f"docker network disconnect {name} {member}" for member, _ in members]
        lines += [f"docker network rm {name}", *self.before, create_words(self.config)]
        for member, ip in members:
            wanted = (self.ips or {}).get(member, ip)
            given = f"--ip={wanted} " if wanted and self._fits(wanted) else ""
            lines.append(f"docker network connect {given}{name} {member}")
        return [Edit(self.host.name, line) for line in lines]

    def _fits(self, ip: str) -> bool:
        return any(ip_address(ip) in ip_network(one.subnet, strict=False) for one in self.config.configs if one.subnet)


def _networks(scene: Scene) -> Iterator[Candidate]:
    """Each network of macvlan or ipvlan with one word otherwise: those that others of its kind have first."""
    all_of_them = list(scene.networks())
    for host, network in all_of_them:
        if network.driver not in ("macvlan", "ipvlan"):
            continue
        places: tuple[str, ...] = (network.device, f"{host.name}:{network.device}", host.name)
        places += tuple(end.container for end in network.endpoints.values())
        for config, before in _otherwise(scene, host, network, [other for _, other in all_of_them]):
            edits = Remaking(host, network, config, before).edits()
            bold = 0 if network.internal and not config.internal else 2
            yield candidate(edits, places, *_PARENT, bold=bold)


def _otherwise(
    scene: Scene, host: DockerHost, network: Network, others: list[Network]
) -> Iterator[tuple[NetworkConfig, tuple[str, ...]]]:
    config = network.config
    options = dict(config.options)
    if config.internal:
        yield replace(config, internal=False), ()
    mode = {key: value for key, value in options.items() if key.endswith(("_mode", "_flag"))}
    if mode:
        yield replace(config, options={k: v for k, v in options.items() if k not in mode}), ()
    for parent, before in _parents(scene, host, network):
        right = {key: value for key, value in options.items() if not get_close_matches(key, ["parent"])}
        yield replace(config, options={**right, "parent": parent}, internal=False), before
    for other in others:
        if other is not network and other.driver in ("macvlan", "ipvlan") and not _same_nets(config, other.config):
            yield replace(config, configs=other.config.configs), ()
    for driver in ("macvlan", "ipvlan"):
        if driver != config.driver and any(other.driver == driver for other in others):
            yield replace(config, driver=driver, options={"parent": options.get("parent", "")}), ()
    yield from ((fitting, ()) for fitting in _gateways(scene, config))


def _same_nets(one: NetworkConfig, other: NetworkConfig) -> bool:
    return [c.subnet for c in one.configs] == [c.subnet for c in other.configs]


def _parents(scene: Scene, host: DockerHost, network: Network) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Other devices of the host that a network could stand on: sub-interfaces it has, or of VLANs that others have."""
    now = network.device
    for dev in host.ns.devices.values():
        if is_vlan_dev(dev) and dev.name != now:
            yield dev.name, ()
    for nic in (dev for dev in host.ns.devices.values() if is_nic(dev)):
        for vid in vids_elsewhere(scene, nic):
            old = host.ns.devices.get(now)
            gone = (f"ip link del {now}",) if old is not None and old.lower is nic else ()
            yield f"{nic.name}.{vid}", gone
        if nic.name != now:
            yield nic.name, ()


def _gateways(scene: Scene, config: NetworkConfig) -> Iterator[NetworkConfig]:
    """The gateway that a router has in the subnet."""
    for number, one in enumerate(config.configs):
        if not one.subnet or ":" in one.subnet:
            continue
        net = ip_network(one.subnet, strict=False)
        for ns in scene.multihomed():
            for held in scene.held:
                if held.ns is ns and ip_address(scene.text(held.ip)) in net:
                    gateway = scene.text(held.ip)
                    if gateway != one.gateway:
                        changed = IpamConfig(one.subnet, one.ip_range, gateway, one.aux)
                        yield replace(
                            config, configs=(*config.configs[:number], changed, *config.configs[number + 1 :])
                        )


def _ipvlan(scene: Scene) -> Iterator[Candidate]:
    """Devices that share the parent's MAC, for where no other MAC is let through: on every host."""
    edits: list[Edit] = []
    places: list[str] = []
    for host, network in scene.networks():
        if network.driver == "macvlan" and network.parent is not None and not network.config.internal:
            options = {key: value for key, value in network.config.options.items() if key == "parent"}
            config = replace(network.config, driver="ipvlan", options=options)
            own = Remaking(host, network, config).edits()
            places += [network.device, f"{host.name}:{network.device}"]
            edits += own
    if edits:
        places += [port.label for port in scene.ports()]
        yield candidate(edits, places, *_ONE_MAC)
