"""``docker inspect``, ``container inspect``, ``port``."""

from __future__ import annotations

from macvsim.docker.inspection import Document
from macvsim.errors import DockerError
from macvsim.shell.docker.formats import inspect_all
from macvsim.shell.docker.tool import Invocation, Subcommand, flags


def _inspect(run: Invocation) -> int:
    kind = run.parsed.last("type")
    if kind not in ("", "container", "network"):
        return run.call.not_simulated(f"docker inspect --type {kind}")

    def document(name: str) -> Document:
        engine = run.engine
        for look in [engine.inspect] * (kind != "network") + [engine.network_inspect] * (kind != "container"):
            try:
                return look(name)
            except DockerError:
                continue
        raise run.profile.error("cli.no_object", name=name)

    return inspect_all(run, document)


def _container_inspect(run: Invocation) -> int:
    return inspect_all(run, run.engine.inspect)


def _port(run: Invocation) -> int:
    container = run.engine.find(run.args[0])
    if len(run.args) == 2:  # nothing is ever published here: macvlan ignores it, bridges refuse it
        raise run.profile.error("cli.no_port", port=run.args[1], name=container.name)
    return 0


INSPECT = Subcommand(_inspect, flags("format type"), 1, None)
CONTAINER_INSPECT = Subcommand(_container_inspect, flags("format"), 1, None)
PORT = Subcommand(_port, minimum=1, maximum=2)
