"""``docker network …``."""

from __future__ import annotations

import re

from macvsim.docker.inspection import Document
from macvsim.docker.network import Network
from macvsim.docker.tables import NetworkRow, natural_key, network_table
from macvsim.errors import DockerError
from macvsim.shell.docker.flags import Flags
from macvsim.shell.docker.formats import go_time, inspect_all, rows_text
from macvsim.shell.docker.tool import Invocation, Subcommand


def _create(run: Invocation) -> int:
    given = run.parsed
    if given.last("scope", "local") == "swarm":
        raise run.profile.error("network.no_swarm")
    if given.last("scope", "local") != "local" or given.last("ipam-driver", "default") != "default":
        return run.call.not_simulated("network scopes and address drivers other than the default ones")
    network = run.engine.network_create(
        run.args[0],
        driver=given.last("driver", "bridge"),
        subnet=given.all("subnet"),
        gateway=given.all("gateway"),
        ip_range=given.all("ip-range"),
        aux_address=given.pairs("aux-address"),
        options=given.pairs("opt"),
        internal=given.on("internal"),
        attachable=given.on("attachable"),
        ipv6=given.on("ipv6"),
        labels=given.pairs("label"),
    )
    run.out(network.id)
    return 0


def _rm(run: Invocation) -> int:
    def remove(name: str) -> None:
        try:
            run.engine.network_rm(name)
        except DockerError as error:
            if not (run.parsed.on("force") and str(error) == run.profile.text("network.not_found", name=name)):
                raise

    return 1 if run.each(remove) else 0


def _ls(run: Invocation) -> int:
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
        run.call.out(rows_text(run.profile, form, _HEADERS, [_fields(network, full) for network in ordered]))
        return 0
    rows = [NetworkRow(network.id, network.name, network.driver) for network in networks]
    run.call.out(network_table(run.profile, rows, no_trunc=full, quiet=quiet))
    return 0


_HEADERS = {
    "ID": "NETWORK ID",
    "Name": "NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "CreatedAt": "CREATED AT",
}


def _fields(network: Network, full: bool) -> dict[str, str]:
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


def _inspect(run: Invocation) -> int:
    def document(name: str) -> Document:
        return run.engine.network_inspect(name)

    return inspect_all(run, document)


def _connect(run: Invocation) -> int:
    given = run.parsed
    run.engine.network_connect(*run.args, ip=given.last("ip"), alias=given.all("alias"))
    return 0


def _disconnect(run: Invocation) -> int:
    run.engine.network_disconnect(*run.args, force=run.parsed.on("force"))
    return 0


def _prune(run: Invocation) -> int:
    if not run.parsed.on("force"):
        run.call.out(run.profile.text("network.prune_question"))
        if (run.call.stdin or "").strip().lower() not in ("y", "yes"):
            return 0
    removed = run.engine.network_prune()
    if removed:
        run.call.out("".join(f"{line}\n" for line in ["Deleted Networks:", *removed, ""]))
    return 0


def _switches(*names: str) -> frozenset[str]:
    return frozenset((*names, "help"))


CREATE = Subcommand(
    "docker network create",
    "[OPTIONS] NETWORK",
    "Create a network",
    _create,
    Flags(
        _switches("attachable", "internal", "ipv6"),
        frozenset(("aux-address", "driver", "gateway", "ip-range", "ipam-driver", "label", "opt", "scope", "subnet")),
        {"d": "driver", "o": "opt"},
        frozenset(("config-from", "config-only", "ingress", "ipam-opt")),
    ),
    1,
    1,
)
RM = Subcommand(
    "docker network rm",
    "NETWORK [NETWORK...]",
    "Remove one or more networks",
    _rm,
    Flags(_switches("force"), short={"f": "force"}),
    1,
    None,
)
LS = Subcommand(
    "docker network ls",
    "[OPTIONS]",
    "List networks",
    _ls,
    Flags(_switches("no-trunc", "quiet"), frozenset(("filter", "format")), {"f": "filter", "q": "quiet"}),
)
INSPECT = Subcommand(
    "docker network inspect",
    "[OPTIONS] NETWORK [NETWORK...]",
    "Display detailed information on one or more networks",
    _inspect,
    Flags(_switches("verbose"), frozenset(("format",)), {"f": "format", "v": "verbose"}),
    1,
    None,
)
CONNECT = Subcommand(
    "docker network connect",
    "[OPTIONS] NETWORK CONTAINER",
    "Connect a container to a network",
    _connect,
    Flags(_switches(), frozenset(("alias", "ip")), left_out=frozenset(("driver-opt", "ip6", "link", "link-local-ip"))),
    2,
    2,
)
DISCONNECT = Subcommand(
    "docker network disconnect",
    "[OPTIONS] NETWORK CONTAINER",
    "Disconnect a container from a network",
    _disconnect,
    Flags(_switches("force"), short={"f": "force"}),
    2,
    2,
)
PRUNE = Subcommand(
    "docker network prune",
    "[OPTIONS]",
    "Remove all unused networks",
    _prune,
    Flags(_switches("force"), short={"f": "force"}, left_out=frozenset(("filter",))),
)
