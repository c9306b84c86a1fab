"""``docker compose config``, ``ls``, ``ps``, ``logs``, ``version``."""

from __future__ import annotations

import json

from macvsim.docker.container import Container
from macvsim.docker.tables import command_cell, human_duration, render_columns
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.tools.compose.containers import LABEL, check_simulated, number_of
from macvsim.tools.compose.render import render
from macvsim.tools.compose.run import Run
from macvsim.tools.docker.manual import SWITCH, Option
from macvsim.tools.docker.states import fixed_time

VERSION_FLAG = Option("version", "v", SWITCH)
_VERSION = "2.26.1-4"
_CLEAR = "\x1b[2K"
"""Compose clears the line it writes, whether it goes to a terminal or not."""


def print_version(call: Call) -> int:
    """``docker compose --version``."""
    call.out(f"Docker Compose version {_VERSION}\n")
    return 0


def version(run: Run) -> int:
    if run.parsed.on("short"):
        run.call.out(f"{_VERSION}\n")
        return 0
    if run.parsed.last("format") == "json":
        run.call.out(json.dumps({"version": _VERSION}, separators=(",", ":")) + "\n")
        return 0
    return print_version(run.call)


def config(run: Run) -> int:
    given, project = run.parsed, run.project
    if given.on("no-interpolate"):
        raise NotSimulated("docker compose config --no-interpolate", Effect.READS)
    chosen = run.services
    if given.on("quiet"):
        return 0
    if given.on("services") or given.on("images"):
        key = "image" if given.on("images") else ""
        names = [project.services[name].settings.get("image", "") if key else name for name in chosen]
        run.call.out("".join(f"{name}\n" for name in names))
        return 0
    if given.last("format") not in ("", "yaml", "json"):
        run.call.err(f'unsupported format "{given.last("format")}"\n')
        return 1
    project.services = {name: service for name, service in project.services.items() if name in chosen}
    for service in project.services.values():
        check_simulated(service, Effect.READS)
    text = render(project, given.last("format") or "yaml")
    if given.has("output"):
        run.call.files.write(given.last("output"), text)
    else:
        run.call.out(text)
    return 0


def ps(run: Run) -> int:
    given = run.parsed
    services = run.services if run.args else ()
    wanted = given.all("status")
    everything = given.on("all") or bool(wanted)
    containers = [c for c in run.session.containers(services) if everything or c.running or c.restarting]
    containers = [c for c in containers if not wanted or c.status in wanted]
    if given.on("quiet"):
        run.call.out("".join(f"{container.id}\n" for container in containers))
        return 0
    if given.on("services"):
        names = dict.fromkeys(_service(container) for container in containers)
        run.call.out("".join(f"{name}\n" for name in names))
        return 0
    head = ("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")
    rows = [_row(container, full=given.on("no-trunc")) for container in containers]
    run.call.out(render_columns(10, [head, *rows]))
    return 0


def _service(container: Container) -> str:
    return container.config.labels.get(f"{LABEL}service", "")


def _row(container: Container, *, full: bool) -> tuple[str, ...]:
    row = container.row()
    age = f"{human_duration(row.age)} ago"
    return (row.name, row.image, command_cell(row.command, full=full), _service(container), age, row.status, row.ports)


def ls(run: Run) -> int:
    projects: dict[str, list[Container]] = {}
    for container in run.engine.containers.values():
        name = container.config.labels.get(f"{LABEL}project")
        if name and (container.running or run.parsed.on("all")):
            projects.setdefault(name, []).append(container)
    if run.parsed.on("quiet"):
        run.call.out("".join(f"{name}\n" for name in sorted(projects)))
        return 0
    rows = [(name, _states(found), _files(found)) for name, found in sorted(projects.items())]
    run.call.out(render_columns(20, [("NAME", "STATUS", "CONFIG FILES"), *rows], padding=1))
    return 0


def _states(containers: list[Container]) -> str:
    """``exited(1), running(2)``."""
    counts: dict[str, int] = {}
    for container in containers:
        counts[container.status] = counts.get(container.status, 0) + 1
    return ", ".join(f"{status}({count})" for status, count in sorted(counts.items()))


def _files(containers: list[Container]) -> str:
    return ",".join(dict.fromkeys(c.config.labels.get(f"{LABEL}project.config_files", "") for c in containers))


def logs(run: Run) -> int:
    given = run.parsed
    containers = run.session.containers(run.services if run.args else ())
    names = {container.name: f"{_service(container)}-{number_of(container)}" for container in containers}
    width = max((len(names[container.name]) for container in containers if container.log.lines), default=0)
    tail = given.last("tail", "all")
    for container in containers:
        lines = container.log.lines
        for line in lines[max(0, len(lines) - int(tail)) :] if tail.isdecimal() else lines:
            prefix = "" if given.on("no-log-prefix") else f"{_CLEAR}{names[container.name].ljust(width)}  | "
            stamp = f"{fixed_time(line.time)} " if given.on("timestamps") else ""
            (run.call.err if line.is_error else run.call.out)(prefix + stamp + line.text)
    return 0
