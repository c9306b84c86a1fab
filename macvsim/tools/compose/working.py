"""``docker compose up``, ``create``, ``down``, ``start``, ``stop``, ``restart``, ``kill``, ``rm``, ``exec``."""

from __future__ import annotations

from macvsim.docker.container import Container
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.tool import ToolError
from macvsim.tools.compose.containers import number_of, of_project
from macvsim.tools.compose.run import Run
from macvsim.tools.docker.flagvalues import integer
from macvsim.tools.docker.running import exec_in, missing_program
from macvsim.tools.docker.signals import SIGKILL, signal_number


def up(run: Run) -> Waiting:
    given = run.parsed
    if given.on("no-recreate") and given.on("force-recreate"):
        raise ToolError("--force-recreate and --no-recreate are incompatible")
    services = _with_needs(run)
    _scale(run)
    if not given.on("detach") and not given.on("no-start"):
        raise NotSimulated(
            "docker compose up at the terminal: docker compose up -d, then docker compose logs", Effect.CHANGES
        )
    yield from create(run)
    if not given.on("no-start"):
        run.session.start(services)
    return 0


def create(run: Run) -> Waiting:
    services = _with_needs(run)
    _scale(run)
    session = run.session
    session.check()
    session.ensure_networks()
    yield from session.create(services, recreate=run.parsed.on("force-recreate"), timeout=run.timeout)
    return 0


def _with_needs(run: Run) -> list[str]:
    """The services named and those they depend on."""
    wanted = dict.fromkeys(run.services)
    if not run.parsed.on("no-deps"):
        for name in list(wanted):
            pending = [name]
            while pending:
                needs = run.project.services[pending.pop()].depends_on
                pending += [other for other in needs if other not in wanted]
                wanted.update(dict.fromkeys(needs))
    return [name for name in run.project.services if name in wanted]


def _scale(run: Run) -> None:
    """``--scale SERVICE=NUMBER``."""
    for text in run.parsed.all("scale"):
        name, _, number = text.partition("=")
        if not number.isdecimal():
            raise ToolError(f'invalid --scale option "{text}". Should be SERVICE=NUM')
        run.project.service(name).settings["scale"] = int(number)


def down(run: Run) -> Waiting:
    services = run.services if run.args else ()
    session = run.session
    yield from session.remove(services, run.timeout)
    if not services:
        session.remove_networks()
    return 0


def start(run: Run) -> int:
    run.session.start(run.services)
    return 0


def stop(run: Run) -> Waiting:
    return (yield from run.session.stop(run.services, run.timeout))


def restart(run: Run) -> Waiting:
    session = run.session
    for container in session.containers(run.services):
        session.event(f"Container {container.name}", "Restarting")
        patience = run.timeout if run.timeout is not None else 10.0
        if container.running and container.main is None and patience < 0:
            raise NotSimulated(f"waiting for ever until {container.name} ends", Effect.CHANGES)
        yield from run.engine.lifecycle.stopping(container, patience)
        run.engine.lifecycle.start(container)
        session.event(f"Container {container.name}", "Started")
    return 0


def kill(run: Run) -> int:
    signal = run.parsed.last("signal", "SIGKILL")
    if signal_number(signal) != SIGKILL:
        raise NotSimulated(f"docker compose kill --signal {signal}: only KILL", Effect.CHANGES)
    session = run.session
    for container in session.containers(run.services):
        if container.running:
            session.event(f"Container {container.name}", "Killing")
            run.engine.kill(container.name)
            session.event(f"Container {container.name}", "Killed")
    return 0


def rm(run: Run) -> Waiting:
    session = run.session
    if run.parsed.on("stop"):
        yield from session.stop(run.services, None)
    idle = [container for container in session.containers(run.services) if not container.running]
    if not idle:
        run.call.out("No stopped containers\n")
        return 0
    run.call.out(f"Going to remove {', '.join(container.name for container in idle)}")
    if not run.parsed.on("force") and (yield from run.call.read_line()).strip().lower() not in ("y", "yes"):
        return 0
    run.call.out("\n")
    for container in idle:
        session.take_away(container)
    return 0


def execute(run: Run) -> int | Waiting:
    """In the first container of a service, or another one (``--index``)."""
    name, *argv = run.args
    given = run.parsed
    container = _running(run, name, integer(given.last("index", "0")))
    if missing := missing_program(container, argv[0]):
        run.call.out(f"{missing}\n")
        return 126
    env, cwd = container.environment(given.all("env")), given.last("workdir") or container.config.workdir or "/"
    interactive = given.on("interactive") or not given.has("interactive")
    return exec_in(run.call, container, argv, env=env, cwd=cwd, interactive=interactive, detached=given.on("detach"))


def _running(run: Run, name: str, index: int) -> Container:
    there = [c for c in of_project(run.engine, run.project.name, name) if c.running]
    chosen = [c for c in sorted(there, key=number_of) if not index or number_of(c) == index]
    if not chosen:
        which = f" container #{index}" if index else ""
        raise ToolError(f'service "{name}" is not running{which}')
    return chosen[0]
