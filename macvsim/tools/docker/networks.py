"""``docker network …``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.errors import DockerError, Effect
from macvsim.tools.docker.tool import Invocation, Subcommand, flags

if TYPE_CHECKING:
    from macvsim.docker.inspection import Document


def _create(run: Invocation) -> int:
    given = run.parsed
    scope = given.last("scope")
    if scope == "swarm":
        raise run.profile.error("network.no_swarm")
    if scope not in ("", "local") or given.last("ipam-driver", "default") != "default":
        return run.call.not_simulated("network scopes and address drivers other than the default ones", Effect.CHANGES)
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
        ipam_options=given.pairs("ipam-opt"),
        scope=scope,
        ingress=given.on("ingress"),
        config_only=given.on("config-only"),
        config_from=given.last("config-from"),
    )
    run.out(network.id)
    return 0


def _rm(run: Invocation) -> int:
    force = run.parsed.on("force")
    failed = 0
    for name in run.args:
        try:
            run.engine.network_rm(name)
        except DockerError as error:
            if force and str(error) == run.profile.text("network.not_found", name=name):
                continue
            run.complain(error)
            failed += 1
        else:
            run.out(name)
    return 1 if failed else 0


def _inspect(run: Invocation) -> int:
    def document(name: str) -> Document:
        return run.engine.network_inspect(name)

    from macvsim.tools.docker.formats import inspect_all

    return inspect_all(run, document)


def _connect(run: Invocation) -> int:
    given = run.parsed
    options = given.all("driver-opt")
    if any("=" not in option for option in options):
        raise run.profile.error("cli.driver_opt")
    run.engine.network_connect(
        *run.args,
        ip=given.last("ip"),
        ip6=given.last("ip6"),
        alias=given.all("alias"),
        link=given.all("link"),
        link_local_ip=given.all("link-local-ip"),
        driver_opts=given.pairs("driver-opt"),
    )
    return 0


def _disconnect(run: Invocation) -> int:
    run.engine.network_disconnect(*run.args, force=run.parsed.on("force"))
    return 0


CREATE = Subcommand(
    _create,
    flags(
        "attachable aux-address config-from config-only driver gateway ingress internal ip-range ipam-driver ipam-opt"
        " ipv6 label opt scope subnet"
    ),
    1,
    1,
)
RM = Subcommand(_rm, flags("force"), 1, None)
INSPECT = Subcommand(_inspect, flags("format verbose"), 1, None)
CONNECT = Subcommand(_connect, flags("alias driver-opt ip ip6 link link-local-ip"), 2, 2)
DISCONNECT = Subcommand(_disconnect, flags("force"), 2, 2)
