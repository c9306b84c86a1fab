"""What the words of ``docker run`` and ``create`` mean: flags, ``--network`` in both notations, ``-p`` (docker/cli
opts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from macvsim.docker.container import ContainerConfig
from macvsim.docker.ipam_config import PREDEFINED, parse_address
from macvsim.docker.network import EndpointSettings
from macvsim.docker.profile import Profile
from macvsim.errors import NotSimulated
from macvsim.shell.docker.flags import Flags, Parsed

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2}")
_PORT = re.compile(r"(?:(?:(?P<ip>[^:]*):)?(?P<host>[^:]*):)?(?P<port>[^:/]+)(?:/(?P<proto>\w+))?")

_LEFT_OUT = """annotation attach blkio-weight blkio-weight-device cgroup-parent cgroupns cidfile cpu-count cpu-percent
    cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device
    device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops disable-content-trust dns
    dns-option dns-search domainname entrypoint env-file expose gpus group-add health-cmd health-interval
    health-retries health-start-interval health-start-period health-timeout init io-maxbandwidth io-maxiops ip6 ipc
    isolation kernel-memory label-file link link-local-ip log-driver log-opt memory memory-reservation memory-swap
    memory-swappiness mount no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform publish-all read-only
    runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt sysctl tmpfs ulimit userns uts volume
    volume-driver volumes-from workdir"""
_VALUES = """add-host cap-add cap-drop env hostname ip label mac-address name net net-alias network network-alias
    publish pull restart user"""
FLAGS = Flags(
    switches=frozenset(("detach", "help", "interactive", "privileged", "quiet", "rm", "tty")),
    values=frozenset(_VALUES.split()),
    short={
        "a": "attach", "c": "cpu-shares", "d": "detach", "e": "env", "h": "hostname", "i": "interactive", "l": "label",
        "m": "memory", "p": "publish", "P": "publish-all", "q": "quiet", "t": "tty", "u": "user", "v": "volume",
        "w": "workdir",
    },
    left_out=frozenset(_LEFT_OUT.split()),
    interspersed=False,
)  # fmt: skip


def check_left_out(given: Parsed) -> None:
    """`NotSimulated` for values that would change what happens."""
    if given.last("restart", "no") != "no":
        raise NotSimulated("docker run --restart: containers stay as they end")
    if given.last("pull", "missing") == "always":
        raise NotSimulated("docker run --pull always: there is no registry")
    if given.last("user", "root") not in ("root", "0", "0:0", "root:root"):
        raise NotSimulated("docker run --user: everything runs as root")


def read(profile: Profile, given: Parsed) -> tuple[ContainerConfig, dict[str, EndpointSettings]]:
    """The container that is asked for, and its networks by name.  Raises `DockerClientError`."""
    mac = given.last("mac-address").strip()
    if mac and not _MAC.fullmatch(mac):
        raise profile.error("cli.bad_mac", mac=mac)
    networks = _networks(profile, given)
    mode = next(iter(networks), "bridge")
    hostname = given.last("hostname")
    if mode.startswith("container:"):
        if hostname:
            raise profile.error("cli.conflict", what="hostname and the network mode")
        if given.all("publish"):
            raise profile.error("cli.conflict", what="port publishing and the container type network mode")
        networks = {}
    config = ContainerConfig(
        image=given.args[0],
        command=tuple(given.args[1:]),
        network=mode,
        hostname=hostname,
        tty=given.on("tty"),
        interactive=given.on("interactive"),
        attached=not given.on("detach"),
        env=tuple(given.all("env")),
        labels=given.pairs("label"),
        ports=_ports(profile, given.all("publish")),
        extra_hosts=tuple(_host(text) for text in given.all("add-host")),
        auto_remove=given.on("rm"),
        privileged=given.on("privileged"),
        cap_add=tuple(given.all("cap-add")),
        cap_drop=tuple(given.all("cap-drop")),
        mac=mac,
    )
    return config, networks


def _networks(profile: Profile, given: Parsed) -> dict[str, EndpointSettings]:
    """Every ``--network``; ``--ip``, ``--mac-address`` and ``--network-alias`` belong to the first."""
    networks: dict[str, EndpointSettings] = {}
    for text in [value for key, value in given.given if key in ("network", "net")] or ["bridge"]:
        name, settings = _network(profile, text)
        if name in networks:
            raise profile.error("cli.network_twice", network=name)
        networks[name] = settings
    if len(networks) > 1:
        kinds = {name in PREDEFINED or name.startswith("container:") for name in networks}
        if kinds != {False}:
            what = "cannot attach both user-defined and non-user-defined network-modes"
            raise profile.error("cli.conflict", what=what)
    first = next(iter(networks.values()))
    for own, flags, words in (
        ("aliases", ("network-alias", "net-alias"), "--network-alias and per-network alias"),
        ("ip", ("ip",), "--ip and per-network IPv4 address"),
        ("mac", ("mac-address",), "--mac-address and per-network MAC address"),
    ):
        values = [value for key, value in given.given if key in flags]
        if not values:
            continue
        if getattr(first, own):
            raise profile.error("cli.conflict", what=f"cannot specify both {words}")
        setattr(first, own, tuple(values) if own == "aliases" else values[-1].strip())
    return networks


def _network(profile: Profile, text: str) -> tuple[str, EndpointSettings]:
    """``NAME``, or ``name=NAME,ip=…,mac-address=…,alias=…``."""
    if "=" not in text:
        return ("bridge" if text == "default" else text), EndpointSettings()
    name, settings, aliases = "", EndpointSettings(), []
    for part in text.split(","):
        key, _, value = part.partition("=")
        match key.strip().lower():
            case "name":
                name = value
            case "ip":
                settings.ip = value
            case "mac-address":
                if not _MAC.fullmatch(value):
                    raise profile.error("cli.bad_mac", mac=value)
                settings.mac = value
            case "alias":
                aliases.append(value)
            case "ip6" | "link-local-ip" | "driver-opt":
                raise NotSimulated(f"docker run --network {key}=…")
            case _:
                raise profile.error("cli.network_field", field=key)
    settings.aliases = tuple(aliases)
    return name, settings


def _ports(profile: Profile, texts: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """``-p [[IP:]HOST_PORT:]CONTAINER_PORT[/PROTOCOL]`` by container port."""
    ports: dict[str, list[tuple[str, str]]] = {}
    for text in texts:
        match = _PORT.fullmatch(text)
        if match is None or "=" in text or "-" in text:
            raise NotSimulated(f"docker run -p {text}: write [IP:][HOST_PORT:]CONTAINER_PORT[/PROTOCOL]")
        for which, number in (("containerPort", match["port"]), ("hostPort", match["host"] or "0")):
            if not (number.isdigit() and int(number) <= 65535):
                raise profile.error("cli.port", which=which, port=number)
        ports.setdefault(f"{match['port']}/{match['proto'] or 'tcp'}", []).append(
            (match["ip"] or "", match["host"] or "")
        )
    return ports


def _host(text: str) -> tuple[str, str]:
    """``--add-host NAME:ADDRESS`` or ``NAME=ADDRESS``."""
    name, _, address = text.partition("=") if "=" in text else text.partition(":")
    if parse_address(address) is None:
        raise NotSimulated(f"docker run --add-host {text}: write NAME:ADDRESS")
    return name, address
