"""``docker ps``, ``docker network ls``, ``docker volume ls``: tables, filters, and lines by template."""

from __future__ import annotations

from macvsim.docker.container import Container
from macvsim.docker.network import Network
from macvsim.docker.tables import (
    NetworkRow,
    command_cell,
    container_table,
    human_duration,
    natural_key,
    network_table,
    render_table,
)
from macvsim.engine.sim import SECOND
from macvsim.tools.docker.flagvalues import integer
from macvsim.tools.docker.formats import go_time, rows_text
from macvsim.tools.docker.psfilters import PS_FILTERS, choose, labelled, matches, read_filters
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _ps(run: Invocation) -> int:
    given = run.parsed
    filters = read_filters(run, PS_FILTERS)
    last = 1 if given.on("latest") else integer(given.last("last", "-1"))
    everything = given.on("all") or last > 0 or bool({"status", "exited"} & set(filters))
    containers = choose(run.engine, filters, everything=everything)
    if last > 0:
        containers = containers[:last]
    full, quiet = given.on("no-trunc"), given.on("quiet")
    form = given.last("format")
    if form and form != "table" and not quiet:
        fields = [_container_fields(container, full, given.on("size")) for container in containers]
        run.call.out(rows_text(run.profile, form, _CONTAINER_HEADERS, fields, "*formatter.ContainerContext"))
        return 0
    rows = [container.row() for container in containers]
    run.call.out(container_table(run.profile, rows, no_trunc=full, quiet=quiet, sizes=given.on("size")))
    return 0


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


def _container_fields(container: Container, full: bool, sizes: bool) -> dict[str, str]:
    """What ``--format`` can ask of a container."""
    row = container.row()
    return {
        "Command": command_cell(row.command, full=full),
        "CreatedAt": go_time(container.created - container.created % SECOND),
        "ID": container.id if full else container.short_id,
        "Image": row.image,
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.config.labels.items())),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": container.name,
        "Networks": ",".join(sorted(container.settings)),
        "Ports": row.ports,
        "RunningFor": f"{human_duration(row.age)} ago",
        "Size": row.size if sizes else "0B",
        "State": container.status,
        "Status": row.status,
    }


# -- networks


def _networks(run: Invocation) -> int:
    filters = read_filters(run, ("dangling", "driver", "id", "label", "name", "scope", "type"))
    for value in filters.get("type", []):
        if value not in ("builtin", "custom"):
            raise run.profile.error("filter.bad_network_value", name="type", value=value)
    networks = [
        network
        for network in run.engine.network_ls()
        if all(any(_matches(network, key, value) for value in values) for key, values in filters.items())
    ]
    full, quiet = run.parsed.on("no-trunc"), run.parsed.on("quiet")
    form = run.parsed.last("format")
    if form and form != "table" and not quiet:
        ordered = sorted(networks, key=lambda network: natural_key(network.name))
        fields = [_network_fields(network, full) for network in ordered]
        run.call.out(rows_text(run.profile, form, _NETWORK_HEADERS, fields, "*network.networkContext"))
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
        case "label":
            return labelled(network.config.labels, value)
        case "dangling":
            return (not network.predefined and not network.endpoints) == (value in ("1", "t", "true", "TRUE", "True"))
    return matches(value, network.name)


def _volumes(run: Invocation) -> int:
    """There are none: nothing is mounted in these labs."""
    run.engine  # noqa: B018  asking the daemon starts it
    if not run.parsed.on("quiet"):
        run.call.out(render_table(run.profile, ("DRIVER", "VOLUME NAME"), []))
    return 0


PS = Subcommand(_ps, flags("all filter format last latest no-trunc quiet size"))
NETWORKS = Subcommand(_networks, flags("filter format no-trunc quiet"))
VOLUMES = Subcommand(_volumes, flags("quiet"))
