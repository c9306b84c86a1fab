"""Docker's networks and running containers, made again by the simulated daemon."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from macvsim.exchange.machine import BRIDGE_NAME, SHARED, Device, Machine
from macvsim.exchange.records import DockerContainer, DockerNetwork, Endpoint
from macvsim.exchange.restore import Restorer

PREDEFINED = ("bridge", "host", "none")
DRIVERS = ("bridge", "macvlan", "ipvlan")


def made_by_docker(machine: Machine) -> Iterator[Device]:
    """Devices that Docker makes together with networks and containers."""
    bridges = machine.docker_bridges.values()
    parents = {f"{kind}-{network.id[:12]}" for network in machine.networks for kind in ("dm", "di")}
    for device, link in machine.devices():
        peer = machine.peers.get(device)
        is_inside = any(one.place.startswith("container ") for one in (device, peer) if one is not None)
        is_port = machine.is_paired(link) and peer is None and link.master in bridges
        if is_inside or (device.place == "host" and (is_port or device.name in bridges or device.name in parents)):
            yield device


def restore_docker(restorer: Restorer) -> None:
    """Networks, then containers; those that run on another's network come after it."""
    machine = restorer.machine
    if not machine.networks and not machine.containers:
        return
    restorer.do("docker ps -q")
    for network in machine.networks:
        if network.name in PREDEFINED:
            _check_default(restorer, network)
        elif network.driver in DRIVERS:
            restorer.do(_create(network, machine.docker_bridges.get(network.name, "")), f"network {network.name}")
        else:
            restorer.note(f"network {network.name}", f"networks of driver {network.driver}")
    for name in machine.stopped:
        restorer.note(f"container {name}", "it does not run, and is left out")
    oldest_first = machine.containers[::-1]  # docker ps -q begins with the newest
    for container in sorted(oldest_first, key=_order):
        _run(restorer, container)


def _check_default(restorer: Restorer, network: DockerNetwork) -> None:
    subnets = [config.subnet for config in network.ipam.configs or [] if ":" not in config.subnet]
    if network.name == "bridge" and subnets not in ([], ["172.17.0.0/16"]):
        restorer.note("network bridge", f"a default bridge with {subnets[0]}; 172.17.0.0/16 is in its place")


def _create(network: DockerNetwork, bridge: str) -> str:
    words = ["docker", "network", "create", "-d", network.driver]
    for config in network.ipam.configs or []:
        words += ["--subnet", config.subnet] if config.subnet else []
        words += ["--gateway", config.gateway.partition("/")[0]] if config.gateway else []
        words += ["--ip-range", config.ip_range] if config.ip_range else []
        for name, address in (config.auxiliary or {}).items():
            words += ["--aux-address", f"{name}={address}"]
    options = dict(network.options or {})
    if network.driver == "bridge":
        options.setdefault(BRIDGE_NAME, bridge)
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    words += ["--internal"] if network.internal else []
    words += ["--ipv6"] if network.ipv6 else []
    return " ".join(map(quote, [*words, network.name]))


def _order(container: DockerContainer) -> tuple[int, tuple[int, ...]]:
    """Those on other containers' networks last; on the default bridge by address, which is given in order there."""
    address = (container.settings.networks or {}).get("bridge", Endpoint()).ip
    parts = tuple(int(part) for part in address.split(".") if part.isdecimal())
    return container.host.network_mode.startswith("container:"), parts


def _run(restorer: Restorer, container: DockerContainer) -> None:
    settings = container.host
    networks = container.settings.networks or {}
    mode = _network(restorer.machine, container)
    words = ["docker", "run", "-itd", "--name", container.name]
    hostname = container.config.hostname
    if hostname and hostname != container.id[:12] and mode.partition(":")[0] not in SHARED:
        words += ["--hostname", hostname]
    words += ["--privileged"] if settings.privileged else []
    for capability in settings.cap_add or []:
        words += ["--cap-add", capability]
    for name, value in (settings.sysctls or {}).items():
        words += ["--sysctl", f"{name}={value}"]
    for port, bindings in (settings.ports or {}).items():
        for binding in bindings or []:
            words += ["-p", ":".join(part for part in (binding.address, binding.port, port) if part)]
    if mode != "bridge":
        words += ["--network", mode]
    words += _endpoint(restorer.machine, mode, networks.get(mode, Endpoint()), first=True)
    what = f"container {container.name}"
    if not restorer.do(" ".join(map(quote, [*words, "busybox"])), what):
        return
    restorer.containers.add(container.name)
    for name, endpoint in networks.items():
        if name != mode and not mode.startswith("container:"):
            more = ["docker", "network", "connect", *_endpoint(restorer.machine, name, endpoint, first=False)]
            restorer.do(" ".join(map(quote, [*more, name, container.name])), f"{what} on {name}")


def _network(machine: Machine, container: DockerContainer) -> str:
    """The network a container was run with, by name."""
    mode = container.host.network_mode
    kind, _, owner = mode.partition(":")
    if kind == "container":
        return "container:" + next((one.name for one in machine.containers if owner in (one.id, one.name)), owner)
    if mode in ("default", "bridge"):
        return "bridge"
    return next((network.name for network in machine.networks if mode in (network.name, network.id)), mode)


def _endpoint(machine: Machine, name: str, endpoint: Endpoint, *, first: bool) -> list[str]:
    """The flags for addresses on a network."""
    network = next((one for one in machine.networks if one.name == name), None)
    if network is None or name in PREDEFINED:
        return []
    words = ["--ip", endpoint.ip] if endpoint.ip else []
    words += ["--ip6", endpoint.ip6] if endpoint.ip6 else []
    if first and endpoint.mac and network.driver != "ipvlan":
        octets = [int(part) for part in endpoint.ip.split(".") if part.isdecimal()]
        if endpoint.mac != "02:42:" + ":".join(f"{octet:02x}" for octet in octets):
            words += ["--mac-address", endpoint.mac]
    return words


__all__ = ["made_by_docker", "restore_docker"]
