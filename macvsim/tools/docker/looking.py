"""``docker inspect``, ``container inspect``, ``port``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from macvsim.docker.images import SIZE
from macvsim.docker.inspection import Document
from macvsim.docker.tables import natural_key
from macvsim.errors import DockerError, Effect
from macvsim.tools.docker.formats import inspect_all
from macvsim.tools.docker.image_inspect import image_document
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _inspect(run: Invocation) -> int:
    kind = run.parsed.last("type")
    if kind in ("volume", "node", "service", "task", "secret", "plugin"):
        return run.call.not_simulated(f"docker inspect --type {kind}", Effect.READS)
    if kind not in ("", "container", "network", "image"):
        run.call.err(run.profile.text("cli.bad_type", type=kind) + "\n")
        return 1

    def document(name: str) -> Document:
        engine = run.engine
        looks: dict[str, Callable[[str], Document]] = {
            "container": lambda name: _container(run, name),
            "image": lambda name: image_document(engine, name),
            "network": engine.network_inspect,
        }
        if kind:
            return looks[kind](name)
        for look in looks.values():
            with suppress(DockerError):
                return look(name)
        raise run.profile.error("cli.no_object", name=name)

    return inspect_all(run, document)


def _container_inspect(run: Invocation) -> int:
    return inspect_all(run, lambda name: _container(run, name))


def _container(run: Invocation, name: str) -> Document:
    """With ``--size``, how large its files are."""
    document = run.engine.inspect(name)
    if not run.parsed.on("size"):
        return document
    size = run.engine.find(name).size
    at = list(document).index("GraphDriver") + 1
    return dict(
        [*list(document.items())[:at], ("SizeRw", size), ("SizeRootFs", SIZE + size), *list(document.items())[at:]]
    )


def _port(run: Invocation) -> int:
    published = run.engine.ports.map(run.engine.find(run.args[0]))
    if len(run.args) == 2:
        port, _, protocol = run.args[1].partition("/")
        if not port.isdecimal() or int(port) > 65535:
            raise run.profile.error("cli.bad_port", port=port)
        if protocol not in ("", "tcp", "udp", "sctp"):
            return run.call.not_simulated(f"docker port of the protocol {protocol}", Effect.READS)
        places = published.get(f"{int(port)}/{protocol or 'tcp'}")
        if not places:
            raise run.profile.error("cli.no_port", port=run.args[1], name=run.args[0])
        run.call.out("".join(f"{place.host}:{place.host_port}\n" for place in places))
        return 0
    lines = [f"{port} -> {place.host}:{place.host_port}" for port, places in published.items() for place in places]
    run.call.out("".join(f"{line}\n" for line in sorted(lines, key=natural_key)))
    return 0


INSPECT = Subcommand(_inspect, flags("format size type"), 1, None)
CONTAINER_INSPECT = Subcommand(_container_inspect, flags("format size"), 1, None)
PORT = Subcommand(_port, minimum=1, maximum=2)
