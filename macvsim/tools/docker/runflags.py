"""What the words of ``docker run`` and ``create`` mean: flags, ``--network`` in both notations, ``-p`` (docker/cli
opts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from macvsim.docker.container_config import ContainerConfig, RestartPolicy
from macvsim.docker.images import check_reference
from macvsim.docker.ipam_config import PREDEFINED
from macvsim.docker.network import EndpointSettings
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.files import FileError
from macvsim.tools.docker.flags import Parsed
from macvsim.tools.docker.flagvalues import host_entry, integer
from macvsim.tools.docker.manual import Option
from macvsim.tools.docker.programs import check_user
from macvsim.tools.docker.tool import flags

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2}")
_PORT = re.compile(r"(?:(?:(?P<ip>[^:]*):)?(?P<host>[^:]*):)?(?P<port>[^:/]+)(?:/(?P<proto>\w+))?")

SIMULATED = flags(
    "add-host cap-add cap-drop cidfile detach dns dns-option dns-search domainname entrypoint env env-file expose"
    " hostname interactive ip ip6 label label-file link link-local-ip mac-address name network network-alias privileged"
    " publish publish-all pull quiet restart rm stop-timeout sysctl tty user workdir"
)
INERT = flags(
    "annotation blkio-weight blkio-weight-device cgroup-parent cgroupns cpu-period cpu-quota cpu-rt-period"
    " cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device-read-bps device-read-iops"
    " device-write-bps device-write-iops disable-content-trust gpus kernel-memory memory memory-reservation memory-swap"
    " memory-swappiness no-healthcheck oom-kill-disable oom-score-adj pids-limit shm-size storage-opt ulimit"
)
"""Limits of resources, and whatever else concerns no network."""
HIDDEN: Mapping[str, Option] = {
    "net": Option("net", "", "network"),
    "net-alias": Option("net-alias", "", "list"),
    "dns-opt": Option("dns-opt", "", "list"),
}
"""Old names of flags."""


def check_left_out(profile: Profile, given: Parsed) -> None:
    """`NotSimulated` for values that would change what happens."""
    pull = given.last("pull", "missing")
    if pull not in ("always", "missing", "never", ""):
        raise profile.error("cli.pull", pull=pull)
    if pull == "always":
        raise NotSimulated("docker run --pull always: there is no registry", Effect.CHANGES)
    with suppress(DockerError):
        check_user(profile, given.last("user"))


def read(profile: Profile, given: Parsed, call: Call) -> tuple[ContainerConfig, dict[str, EndpointSettings]]:
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
    ports = read_ports(profile, given.all("publish"))
    restart = _restart(profile, given)
    check_reference(profile, given.args[0])
    config = ContainerConfig(
        image=given.args[0],
        command=tuple(given.args[1:]),
        network=mode,
        hostname=hostname,
        domainname=given.last("domainname"),
        tty=given.on("tty"),
        interactive=given.on("interactive"),
        attached=not given.on("detach"),
        env=read_environment(profile, given, call),
        labels=_labels(profile, given, call),
        ports=ports,
        publish_all=given.on("publish-all"),
        exposed=_exposed(profile, given.all("expose")),
        extra_hosts=tuple(_host(text) for text in given.all("add-host")),
        auto_remove=given.on("rm"),
        privileged=given.on("privileged"),
        cap_add=tuple(given.all("cap-add")),
        cap_drop=tuple(given.all("cap-drop")),
        mac=mac,
        entrypoint=tuple(filter(None, given.all("entrypoint")[-1:])) if given.has("entrypoint") else None,
        user=given.last("user"),
        workdir=given.last("workdir"),
        dns=tuple(given.all("dns")),
        dns_search=tuple(given.all("dns-search")),
        dns_options=tuple(value for key, value in given.given if key in ("dns-option", "dns-opt")),
        sysctls=given.pairs("sysctl"),
        restart=restart,
        stop_timeout=integer(given.last("stop-timeout")) if given.has("stop-timeout") else None,
    )
    return config, networks


def _restart(profile: Profile, given: Parsed) -> RestartPolicy:
    """``--restart``, which ``--rm`` excludes."""
    policy = given.last("restart", "no")
    if given.on("rm") and policy.partition(":")[0] not in ("no", ""):
        raise profile.error("cli.restart_remove")
    return read_restart(profile, policy)


def read_restart(profile: Profile, text: str) -> RestartPolicy:
    """``NAME[:MOST]`` (opts.ParseRestartPolicy)."""
    name, colon, most = text.partition(":")
    if colon and (not name or not most.isdecimal()):
        what = "maximum retry count must be an integer" if name else "no policy provided before colon"
        raise profile.error("cli.restart", what=what)
    return RestartPolicy(name or "no", int(most or 0))


def _lines(profile: Profile, call: Call, paths: Sequence[str]) -> list[str]:
    """The lines of files, without comments."""
    lines: list[str] = []
    for path in paths:
        try:
            text = call.files.read(path)
        except FileError as error:
            raise profile.error("cli.open", path=path, error=error.strerror.lower()) from None
        lines += [line.lstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return lines


def read_environment(profile: Profile, given: Parsed, call: Call) -> Sequence[str]:
    """``--env-file``, then ``--env``; a name alone stands for the caller's value, if there is one."""
    words = [*_lines(profile, call, given.all("env-file")), *given.all("env")]
    return tuple(
        word if "=" in word else f"{word}={call.env[word]}" for word in words if "=" in word or word in call.env
    )


def _labels(profile: Profile, given: Parsed, call: Call) -> Mapping[str, str]:
    """``--label-file``, then ``--label``."""
    words = [*_lines(profile, call, given.all("label-file")), *given.all("label")]
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _networks(profile: Profile, given: Parsed) -> dict[str, EndpointSettings]:
    """Every ``--network``; ``--ip``, ``--mac-address`` and ``--network-alias`` belong to the first."""
    networks: dict[str, EndpointSettings] = {}
    for text in [value for key, value in given.given if key in ("network", "net")] or ["bridge"]:
        name, settings = _network(profile, text)
        if not name:
            raise profile.error("cli.no_network_name")
        if name in networks:
            raise profile.error("cli.network_twice", network=name)
        networks[name] = settings
    if len(networks) > 1:
        kinds = {name in PREDEFINED or name.startswith("container:") for name in networks}
        if kinds != {False}:
            what = "cannot attach both user-defined and non-user-defined network-modes"
            raise profile.error("cli.conflict", what=what)
    first = next(iter(networks.values()))
    for own, names, words in (
        ("aliases", ("network-alias", "net-alias"), "--network-alias and per-network alias"),
        ("ip", ("ip",), "--ip and per-network IPv4 address"),
        ("ip6", ("ip6",), "--ip6 and per-network IPv6 address"),
        ("links", ("link",), "--link and per-network links"),
        ("link_local", ("link-local-ip",), "--link-local-ip and per-network link-local IP addresses"),
        ("mac", ("mac-address",), "--mac-address and per-network MAC address"),
    ):
        values = [value for key, value in given.given if key in names]
        if not values:
            continue
        if getattr(first, own):
            raise profile.error("cli.conflict", what=f"cannot specify both {words}")
        setattr(first, own, tuple(values) if own in ("aliases", "links", "link_local") else values[-1].strip())
    if first.links and next(iter(networks)) in PREDEFINED:
        raise NotSimulated(
            f"docker run --link on the network {next(iter(networks))}: make a network of your own", Effect.CHANGES
        )
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
            case "ip6":
                settings.ip6 = value
            case "driver-opt":
                option, _, text = value.partition("=")
                settings.driver_opts = {**settings.driver_opts, option: text}
            case "link-local-ip":
                settings.link_local = (*settings.link_local, value)
    settings.aliases = tuple(aliases)
    return name, settings


def read_ports(profile: Profile, texts: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """``-p [[IP:]HOST_PORT:]CONTAINER_PORT[/PROTOCOL]`` by container port; ports may be ranges (go-connections/nat)."""
    ports: dict[str, list[tuple[str, str]]] = {}
    for text in texts:
        match = _PORT.fullmatch(text)
        if match is None or "=" in text or "[" in text:
            raise NotSimulated(
                f"docker run -p {text}: write [IP:][HOST_PORT:]CONTAINER_PORT[/PROTOCOL]", Effect.CHANGES
            )
        protocol = (match["proto"] or "tcp").lower()
        inside, outside = _range(match["port"]), _range(match["host"] or "")
        for which, number, found in (("containerPort", match["port"], inside), ("hostPort", match["host"], outside)):
            if found is None and number:
                raise profile.error("cli.port", which=which, port=number)
        if protocol not in ("tcp", "udp", "sctp"):
            raise profile.error("cli.proto", protocol=match["proto"])
        numbers = [*(outside or [])] or [""] * len(inside or [])
        if len(numbers) != len(inside or []):
            raise NotSimulated(
                f"docker run -p {text}: write as many ports on the host as in the container", Effect.CHANGES
            )
        for port, number in zip(inside or [], numbers, strict=True):
            ports.setdefault(f"{port}/{protocol}", []).append((match["ip"] or "", str(number)))
    return ports


def _range(text: str) -> range | None:
    """``PORT`` or ``PORT-PORT``; None if it is neither."""
    first, dash, last = text.partition("-")
    if not (first.isascii() and first.isdigit()) or (dash and not (last.isascii() and last.isdigit())):
        return None
    numbers = range(int(first), int(last or first) + 1)
    return numbers if numbers and int(last or first) <= 65535 else None


def _exposed(profile: Profile, texts: Sequence[str]) -> Sequence[str]:
    """``--expose PORT[-PORT][/PROTOCOL]``."""
    ports: list[str] = []
    for text in texts:
        port, _, protocol = text.partition("/")
        numbers = _range(port)
        if numbers is None:
            raise profile.error("cli.exposed", port=text)
        ports += [f"{number}/{protocol or 'tcp'}" for number in numbers]
    return tuple(ports)


def _host(text: str) -> tuple[str, str]:
    """``--add-host``; the host's own address is not known."""
    name, address = host_entry(text)
    if address == "host-gateway":
        raise NotSimulated("docker run --add-host NAME:host-gateway", Effect.CHANGES)
    return name, address
