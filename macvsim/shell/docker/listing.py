"""``docker ps``, ``docker network ls``, ``docker volume ls``: tables, filters, and lines by template."""

from __future__ import annotations

import re

from macvsim.docker.container import Container
from macvsim.docker.network import Network
from macvsim.docker.tables import NetworkRow, container_table, human_duration, natural_key, network_table, render_table
from macvsim.shell.docker.flagvalues import integer
from macvsim.shell.docker.formats import go_time, rows_text
from macvsim.shell.docker.tool import Invocation, Subcommand, flags
from macvsim.sim import SECOND


def _ps(run: Invocation) -> int:
    given = run.parsed
    last = 1 if given.on("latest") else int(given.last("last", "-1")) if given.last("last", "-1").isdigit() else -1
    everything = given.on("all") or last >= 0 or any(text.startswith("status=") for text in given.all("filter"))
    containers = run.engine.ps(all=everything)
    for text in given.all("filter"):
        key, _, value = text.partition("=")
        if key not in ("id", "name", "network", "status"):
            return run.call.not_simulated(f"docker ps --filter {text}")
        containers = [container for container in containers if _has(container, key, value)]
    if last >= 0:
        containers = containers[:last]
    full, quiet = given.on("no-trunc"), given.on("quiet")
    form = given.last("format")
    if form and form != "table" and not quiet:
        run.call.out(rows_text(run.profile, form, _CONTAINER_HEADERS, [_container_fields(container, full) for container in containers]))
        return 0
    rows = [container.row() for container in containers]
    run.call.out(container_table(run.profile, rows, no_trunc=full, quiet=quiet))
    return 0


def _has(container: Container, key: str, value: str) -> bool:
    """Whether a container passes one filter."""
    match key:
        case "id":
            return container.id.startswith(value)
        case "status":
            return container.status == value
        case "network":
            return any(value in (name, s.network_id) for name, s in container.settings.items())
    return re.search(value.removeprefix("/"), container.name) is not None


_CONTAINER_HEADERS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED",
    "Status": "STATUS",
    "State": "STATE",
    "Ports": "PORTS",
    "Names": "NAMES",
    "Networks": "NETWORKS",
    "Labels": "LABELS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Mounts": "MOUNTS",
    "Size": "SIZE",
}


def _container_fields(container: Container, full: bool) -> dict[str, str]:
    """What ``--format`` can ask of a container."""
    row = container.row()
    command = row.command if full or len(row.command) <= 20 else row.command[:19] + "…"
    return {
        "Command": f'"{command}"',
        "CreatedAt": go_time(container.created - container.created % SECOND),
        "ID": container.id if full else container.short_id,
        "Image": row.image,
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.config.labels.items())),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": container.name,
        "Networks": ",".join(sorted(container.settings)),
        "Ports": "",
        "RunningFor": f"{human_duration(row.age)} ago",
        "Size": "0B",
        "State": container.status,
        "Status": row.status,
    }


# -- networks


def _networks(run: Invocation) -> int:
    networks = run.engine.network_ls()
    for text in run.parsed.all("filter"):
        key, _, value = text.partition("=")
        if key not in ("driver", "id", "name", "scope", "type"):
            return run.call.not_simulated(f"docker network ls --filter {text}")
        networks = [network for network in networks if _matches(network, key, value)]
    full, quiet = run.parsed.on("no-trunc"), run.parsed.on("quiet")
    form = run.parsed.last("format")
    if form and form != "table":
        ordered = sorted(networks, key=lambda network: natural_key(network.name))
        run.call.out(rows_text(run.profile, form, _NETWORK_HEADERS, [_network_fields(network, full) for network in ordered]))
        return 0
    rows = [NetworkRow(network.id, network.name, network.driver) for network in networks]
    run.call.out(network_table(run.profile, rows, no_trunc=full, quiet=quiet))
    return 0


_NETWORK_HEADERS = {
    "ID": "NETWORK ID",
    "Name": "NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "CreatedAt": "CREATED AT",
}


def _network_fields(network: Network, full: bool) -> dict[str, str]:
    """What ``--format`` can ask of a network, in the order of ``{{json .}}``."""
    view = network.view()
    return {
        "CreatedAt": go_time(network.created),
        "Driver": network.driver,
        "ID": network.id if full else network.id[:12],
        "IPv6": str(view.ipv6).lower(),
        "Internal": str(network.internal).lower(),
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(view.labels.items())),
        "Name": network.name,
        "Scope": view.scope,
    }


def _matches(network: Network, key: str, value: str) -> bool:
    """Whether a network passes one filter (moby daemon/network/filter.go)."""
    match key:
        case "driver":
            return network.driver == value
        case "scope":
            return value == "local"
        case "type":
            return network.predefined == (value == "builtin")
        case "id":
            return network.id.startswith(value)
    return re.search(value, network.name) is not None


def _volumes(run: Invocation) -> int:
    """There are none: nothing is mounted in these labs."""
    run.engine  # noqa: B018  asking the daemon starts it
    if not run.parsed.on("quiet"):
        run.call.out(render_table(run.profile, ("DRIVER", "VOLUME NAME"), []))
    return 0


PS = Subcommand(_ps, flags("all filter format last latest no-trunc quiet"))
NETWORKS = Subcommand(_networks, flags("filter format no-trunc quiet"))
VOLUMES = Subcommand(_volumes, flags("quiet"))
