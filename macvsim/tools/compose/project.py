"""A compose file as a project: services and networks, with what compose adds by itself (compose-go loader)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from macvsim.docker.profile import get_profile
from macvsim.errors import DockerError
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.runflags import read_ports

DEFAULT = "default"


@dataclass
class Membership:
    """A service's place on a network."""

    priority: int = 0
    aliases: Sequence[str] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: Sequence[str] = ()
    mac_address: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """A service: the settings as in the file with short notations written out, and where it goes.

    networks : None for a service with ``network_mode``; a membership that is None has nothing but its name
    """

    name: str
    settings: dict[str, Any]
    networks: dict[str, Membership | None] | None

    @property
    def scale(self) -> int:
        """How many containers it has."""
        deployed = (self.settings.get("deploy") or {}).get("replicas")
        return int(self.settings.get("scale", 1 if deployed is None else deployed))

    @property
    def depends_on(self) -> dict[str, dict[str, Any]]:
        """Services that start before it."""
        found: dict[str, dict[str, Any]] = dict(self.settings.get("depends_on") or {})
        mode, _, other = self.settings.get("network_mode", "").partition(":")
        if mode == "service" and other:
            found.setdefault(other, {"condition": "service_started", "restart": True, "required": True})
        return found

    def by_priority(self) -> list[str]:
        """Its networks, those of the highest priority first."""
        networks = self.networks or {}
        return sorted(networks, key=lambda name: (-(m.priority if (m := networks[name]) else 0), name))


@dataclass
class ComposeNetwork:
    """A network; `name` as Docker knows it."""

    key: str
    name: str
    settings: dict[str, Any]

    @property
    def external(self) -> bool:
        """Somebody else makes it."""
        return bool(self.settings.get("external"))


@dataclass
class Project:
    """A project. `files`: absolute paths of its files; `extensions`: keys that begin with ``x-``."""

    name: str
    services: dict[str, Service]
    networks: dict[str, ComposeNetwork]
    files: Sequence[str] = ()
    folder: str = "/"
    extensions: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def service(self, name: str) -> Service:
        """A service by name.  Raises `ToolError`."""
        if name not in self.services:
            raise ToolError(f"no such service: {name}")
        return self.services[name]

    def waves(self, names: Sequence[str] | None = None) -> list[list[Service]]:
        """Services in the order in which they may start: those of a wave need only those of the waves before."""
        left = {name: self.services[name] for name in (self.services if names is None else names)}
        waves: list[list[Service]] = []
        while left:
            ready = [s for s in left.values() if not any(other in left for other in s.depends_on)]
            waves.append(ready)
            left = {name: left[name] for name in left if name not in {service.name for service in ready}}
        return waves


def project_name(text: str) -> str:
    """A name as projects may have it (NormalizeProjectName)."""
    return re.sub(r"[^-_a-z0-9]", "", text.lower()).lstrip("_-")


def build(document: Mapping[str, Any], name: str, files: Sequence[str], folder: str, active: Sequence[str]) -> Project:
    """The project of a document.  Raises `ToolError`.

    active : profiles that are asked for
    """
    extensions = {key: value for key, value in document.items() if str(key).startswith("x-")}
    project = Project(name, {}, {}, files, folder, extensions)
    if "version" in document:
        what = "the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion"
        project.warnings.append(f"{files[0]}: {what}")
    for key, settings in (document.get("networks") or {}).items():
        project.networks[key] = _network(project, key, dict(settings or {}))
    for key, settings in (document.get("services") or {}).items():
        profiles = settings.get("profiles") or ()
        if not profiles or any(profile in active or "*" in active for profile in profiles):
            project.services[key] = _service(key, dict(settings))
    _check(project)
    _default_network(project)
    used = {name for service in project.services.values() for name in service.networks or ()}
    project.networks = {key: project.networks[key] for key in sorted(project.networks) if key in used}
    project.services = dict(sorted(project.services.items()))
    return project


def _network(project: Project, key: str, settings: dict[str, Any]) -> ComposeNetwork:
    external = settings.get("external")
    if isinstance(external, dict):
        what = "external.name is deprecated. Please set name and external: true"
        project.warnings.append(f"networks.{key}: {what}")
        settings |= {"name": external.get("name", key), "external": True}
    elif external:
        settings.setdefault("name", key)
    settings["labels"] = pairs(settings.get("labels"))
    settings["driver_opts"] = {k: text(v) for k, v in (settings.get("driver_opts") or {}).items()}
    return ComposeNetwork(key, str(settings.pop("name", f"{project.name}_{key}")), settings)


def _service(name: str, settings: dict[str, Any]) -> Service:
    for key in ("command", "entrypoint"):
        if isinstance(settings.get(key), str):
            try:
                settings[key] = shlex.split(settings[key])
            except ValueError:
                place = f"services[{name}].{key}"
                what = f"* error decoding '{place}': invalid command line string"
                raise ToolError(f"1 error(s) decoding:\n\n{what}") from None
    for key in ("dns", "dns_search"):
        if isinstance(settings.get(key), str):
            settings[key] = [settings[key]]
    for key in ("labels", "sysctls"):
        if key in settings:
            settings[key] = pairs(settings[key])
    if "environment" in settings:
        settings["environment"] = pairs(settings["environment"], missing=None)
    if "extra_hosts" in settings:
        settings["extra_hosts"] = _hosts(settings["extra_hosts"])
    if "expose" in settings:
        settings["expose"] = [text(port) for port in settings["expose"]]
    if settings.get("ports"):
        settings["ports"] = [port for entry in settings["ports"] for port in _port(entry)]
    if isinstance(settings.get("depends_on"), list):
        settings["depends_on"] = {other: {} for other in settings["depends_on"]}
    for other, wish in (settings.get("depends_on") or {}).items():
        settings["depends_on"][other] = {"condition": "service_started", "required": True, **wish}
    networks = settings.pop("networks", None)
    if isinstance(networks, list):
        networks = dict.fromkeys(networks)
    if networks is not None:
        networks = {
            key: None if wish is None else Membership(**{k: v for k, v in wish.items() if not k.startswith("x-")})
            for key, wish in networks.items()
        }
    return Service(name, settings, networks)


def _port(entry: Any) -> list[dict[str, Any]]:
    """A published port in the long notation.  Raises `ToolError`."""
    if isinstance(entry, dict):
        return [{"mode": "ingress", **entry, "protocol": entry.get("protocol", "tcp")}]
    try:
        ports = read_ports(get_profile(), [text(entry)])
    except DockerError as error:
        raise ToolError(str(error)) from None
    return [
        {
            "mode": "ingress",
            **({"host_ip": address} if address else {}),
            "target": int(port.partition("/")[0]),
            **({"published": number} if number else {}),
            "protocol": port.partition("/")[2],
        }
        for port, places in ports.items()
        for address, number in places
    ]


def _hosts(value: Any) -> list[str]:
    """``NAME=ADDRESS`` for every host."""
    if isinstance(value, dict):
        return sorted(f"{name}={address}" for name, address in value.items())
    return sorted("=".join(re.split(r"[=:]", entry, maxsplit=1)) for entry in value)


def pairs(value: Any, missing: str | None = "") -> dict[str, Any]:
    """``[A=b, C]`` or ``{A: b, C: null}``; `missing`: for what has no value."""
    if isinstance(value, dict):
        return {str(k): missing if v is None else text(v) for k, v in value.items()}
    split = (str(item).partition("=") for item in value or ())
    return {key: item if sign else missing for key, sign, item in split}


def text(value: Any) -> str:
    """A scalar as a string."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _default_network(project: Project) -> None:
    """Services that name no network are on one called default."""
    for service in project.services.values():
        if service.networks is None and not service.settings.get("network_mode"):
            service.networks = {DEFAULT: None}
    if any(DEFAULT in (service.networks or ()) for service in project.services.values()):
        project.networks.setdefault(DEFAULT, ComposeNetwork(DEFAULT, f"{project.name}_{DEFAULT}", {}))


def _check(project: Project) -> None:
    """Consistency (compose-go loader checkConsistency)."""
    for name, service in project.services.items():
        settings = service.settings
        if not settings.get("image") and not settings.get("build"):
            what = "has neither an image nor a build context specified: invalid compose project"
            raise ToolError(f'service "{name}" {what}')
        if settings.get("network_mode") and service.networks:
            what = "declares mutually exclusive `network_mode` and `networks`: invalid compose project"
            raise ToolError(f"service {name} {what}")
        for network in service.networks or ():
            if network not in project.networks and network != DEFAULT:
                raise ToolError(f'service "{name}" refers to undefined network {network}: invalid compose project')
        for other in service.depends_on:
            if other not in project.services:
                raise ToolError(f'service "{name}" depends on undefined service "{other}": invalid compose project')
        if settings.get("container_name") and service.scale > 1:
            what = f"can't set container_name and {name} as container name must be unique: invalid compose project"
            raise ToolError(f"services.scale: {what}")
    _check_cycles(project)


def _check_cycles(project: Project) -> None:
    """No service waits for itself."""
    for start in sorted(project.services):
        path: list[str] = []

        def visit(name: str, path: list[str]) -> None:
            if name in path:
                circle = " -> ".join([*path[path.index(name) :], name])
                raise ToolError(f"dependency cycle detected: {circle}")
            for other in sorted(project.services[name].depends_on):
                visit(other, [*path, name])

        visit(start, path)
