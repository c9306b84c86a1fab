"""What a service asks of the docker engine: settings, names and labels of containers (compose create.go)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from macvsim.docker.container import Container
from macvsim.docker.container_config import ContainerConfig, RestartPolicy
from macvsim.docker.engine import Engine
from macvsim.docker.network import EndpointSettings
from macvsim.errors import Effect, NotSimulated
from macvsim.tools.compose.project import Membership, Project, Service
from macvsim.tools.docker.flagvalues import duration
from macvsim.tools.docker.tool import flags

VERSION = "2.26.1"
LABEL = "com.docker.compose."
_SIMULATED = flags(
    "cap_add cap_drop command container_name depends_on deploy dns dns_opt dns_search domainname entrypoint environment"
    " expose extra_hosts hostname image init labels mac_address network_mode ports privileged profiles restart scale"
    " stdin_open stop_grace_period sysctls tty working_dir"
)
_INERT = flags(
    "annotations blkio_config cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period"
    " cpu_rt_runtime cpu_shares cpus cpuset gpus mem_limit mem_reservation mem_swappiness memswap_limit"
    " oom_kill_disable oom_score_adj pids_limit shm_size storage_opt ulimits"
)
"""Limits of resources, and whatever else concerns no network."""


def notes(service: Service) -> list[str]:
    """A line for each setting that does nothing."""
    deployed = [f"deploy.{key}" for key in ("resources",) if (service.settings.get("deploy") or {}).get(key)]
    found = [*(key for key, value in service.settings.items() if key in _INERT and value), *deployed]
    return [f"note: docker compose: {key} of the service {service.name} has no effect here" for key in found]


def check_simulated(service: Service, effect: Effect) -> None:
    """`NotSimulated` for settings that would change what happens, and for all that cannot be shown where a command only
    reads.
    """
    known = _SIMULATED if effect is Effect.READS else _SIMULATED | _INERT
    for key, value in service.settings.items():
        if key not in known and not key.startswith("x-") and value:
            raise NotSimulated(f"docker compose: {key} of the service {service.name}", effect)
    if not all(str(port.get("target")).isdecimal() for port in service.settings.get("ports") or ()):
        raise NotSimulated(f"docker compose: a port without a target of the service {service.name}", effect)


def container_name(project: Project, service: Service, number: int) -> str:
    """``PROJECT-SERVICE-NUMBER``, unless the service says otherwise."""
    own: str = service.settings.get("container_name", "")
    return own or f"{project.name}-{service.name}-{number}"


def of_project(engine: Engine, project: str, service: str = "") -> list[Container]:
    """The containers of a project, or of one of its services, by name."""
    wanted = {f"{LABEL}project": project} | ({f"{LABEL}service": service} if service else {})
    found = (c for c in engine.containers.values() if all(c.config.labels.get(k) == v for k, v in wanted.items()))
    return sorted(found, key=lambda container: container.name)


def number_of(container: Container) -> int:
    """Which of its service's containers one is."""
    return int(container.config.labels.get(f"{LABEL}container-number", "1"))


def service_hash(service: Service) -> str:
    """What changes when a service's settings do."""
    networks = {name: member and asdict(member) for name, member in (service.networks or {}).items()}
    settings = {key: value for key, value in service.settings.items() if key not in ("build", "deploy", "scale")}
    text = json.dumps([settings, networks], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def create(engine: Engine, project: Project, service: Service, number: int) -> Container:
    """A container of a service, not started.  Raises `DockerError`."""
    settings = service.settings
    name = container_name(project, service, number)
    wishes = {
        project.networks[key].name: endpoint(service, name, key, (service.networks or {})[key])
        for key in service.by_priority()
    }
    main = next(iter(wishes), "")
    mode = main or _mode(engine, project, settings.get("network_mode", ""))
    mac = settings.get("mac_address", "") or (wishes[main].mac if main else "")
    if settings.get("mac_address") and main:
        wishes[main].mac = mac
    config = ContainerConfig(
        image=settings["image"],
        command=tuple(settings.get("command") or ()),
        entrypoint=tuple(settings["entrypoint"]) if settings.get("entrypoint") else None,
        network=mode,
        hostname=settings.get("hostname", ""),
        domainname=settings.get("domainname", ""),
        tty=_truth(settings.get("tty")),
        interactive=_truth(settings.get("stdin_open")),
        attached=True,
        env=tuple(f"{k}={v}" for k, v in (settings.get("environment") or {}).items() if v is not None),
        labels=dict(settings.get("labels") or {}) | labels(engine, project, service, number),
        ports=_bindings(settings.get("ports") or ()),
        exposed=tuple(f"{port}/tcp" if "/" not in port else port for port in settings.get("expose") or ()),
        extra_hosts=tuple((n, a) for n, _, a in (entry.partition("=") for entry in settings.get("extra_hosts") or ())),
        privileged=_truth(settings.get("privileged")),
        cap_add=tuple(settings.get("cap_add") or ()),
        cap_drop=tuple(settings.get("cap_drop") or ()),
        mac=mac,
        workdir=settings.get("working_dir", ""),
        dns=tuple(settings.get("dns") or ()),
        dns_search=tuple(settings.get("dns_search") or ()),
        dns_options=tuple(settings.get("dns_opt") or ()),
        sysctls=settings.get("sysctls") or {},
        restart=_restart(settings.get("restart", "")),
        stop_timeout=duration(settings["stop_grace_period"]) // 10**9 if "stop_grace_period" in settings else None,
        from_compose=True,
    )
    return engine.create(name, config, wishes)


def endpoint(service: Service, name: str, key: str, member: Membership | None) -> EndpointSettings:
    """What a container asks of one network."""
    wish = member or Membership()
    if wish.link_local_ips:
        raise NotSimulated(f"docker compose: link_local_ips of the service {service.name}", Effect.CHANGES)
    return EndpointSettings(
        ip=wish.ipv4_address,
        ip6=wish.ipv6_address,
        mac=wish.mac_address,
        aliases=(name, service.name, *wish.aliases),
        driver_opts={k: str(v) for k, v in wish.driver_opts.items()},
        kept_empty=frozenset() if member is None else frozenset(("IPAMConfig",)),
    )


def labels(engine: Engine, project: Project, service: Service, number: int) -> dict[str, str]:
    """By which compose finds its containers again."""
    image = engine.images.known(service.settings["image"])
    needs = (f"{name}:{wish['condition']}:false" for name, wish in service.depends_on.items())
    own = {
        "config-hash": service_hash(service),
        "container-number": str(number),
        "depends_on": ",".join(needs),
        "image": f"sha256:{image.id}" if image else "",
        "oneoff": "False",
        "project": project.name,
        "project.config_files": ",".join(project.files),
        "project.working_dir": project.folder,
        "service": service.name,
        "version": VERSION,
    }
    return {f"{LABEL}{key}": value for key, value in own.items()}


def _mode(engine: Engine, project: Project, mode: str) -> str:
    """``network_mode``; of a service, the network of its first container."""
    kind, _, name = mode.partition(":")
    if kind == "service" and name:
        first = of_project(engine, project.name, name)
        return f"container:{first[0].id}" if first else mode
    return mode or "none"


def _truth(value: Any) -> bool:
    return value is True or value in ("true", "yes", "y", "on")


def _restart(text: str) -> RestartPolicy:
    name, _, most = text.partition(":")
    return RestartPolicy(name or "no", int(most or 0) if most.isdecimal() or not most else 0)


def _bindings(entries: Iterable[Any]) -> dict[str, list[tuple[str, str]]]:
    """``ports`` by container port."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in entries:
        place = (entry.get("host_ip", ""), str(entry.get("published", "")))
        found.setdefault(f"{entry['target']}/{entry.get('protocol', 'tcp')}", []).append(place)
    return found
