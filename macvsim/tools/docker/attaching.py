"""``docker start`` and ``attach``: being connected to what a container's main process prints."""

from __future__ import annotations

import simpy

from macvsim.docker.container import Container
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.job import SIGTERM
from macvsim.tools.docker.programs import check_program
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def attached(container: Container) -> Waiting:
    """Wait for the main process, and pass signals on to it."""
    main = container.main
    if main is None:
        return container.exit_code
    try:
        yield main.done
    except simpy.Interrupt as signal:
        main.kill(int(signal.cause or SIGTERM))
        raise
    return main.code or 0


def _start(run: Invocation) -> int | Waiting:
    if run.parsed.on("attach") or run.parsed.on("interactive"):
        return _start_attached(run)

    def start(name: str) -> None:
        run.engine.lifecycle.start(run.engine.find(name, by_daemon=True), check=check_program)

    failed = run.each(start)
    if failed:
        run.call.err(run.profile.text("cli.start_failed", names=", ".join(failed)) + "\n")
    return 1 if failed else 0


def _start_attached(run: Invocation) -> int | Waiting:
    if len(run.args) > 1:
        raise run.profile.error("cli.attach_several")
    container = run.engine.find(run.args[0], by_daemon=True)
    _check_program(container)
    if container.running:
        return _watch(run, container)
    run.engine.lifecycle.start(container, check=check_program, stdout=run.call.out, stderr=run.call.err)
    return attached(container)


def _check_program(container: Container) -> None:
    """`NotSimulated` for a shell that waits for what is typed."""
    config = container.config
    if config.is_shell and (config.tty or config.interactive):
        raise NotSimulated(f"a shell at the terminal: docker exec {container.name} COMMAND", Effect.NONE)


def _attach(run: Invocation) -> int | Waiting:
    container = run.engine.find(run.args[0])
    for state, key in (("paused", "cli.attach_paused"), ("restarting", "cli.attach_restarting")):
        if container.status == state:
            raise run.profile.error(key)
    if not container.running:
        raise run.profile.error("cli.attach_stopped")
    _check_program(container)
    return _watch(run, container)


def _watch(run: Invocation, container: Container) -> Waiting:
    """What it prints from now on, until it ends."""
    log, ended = container.log, container.ended
    at = len(log.lines)
    try:
        while container.running:
            yield from log.more()
            for line in log.lines[at:]:
                (run.call.err if line.is_error else run.call.out)(line.text)
            at = len(log.lines)
    except simpy.Interrupt as signal:
        if container.main is not None and run.parsed.last("sig-proxy") != "false":
            container.main.kill(int(signal.cause or SIGTERM))
        raise
    if not ended.triggered:
        yield ended
    return container.exit_code


START = Subcommand(_start, flags("attach interactive"), 1, None)
ATTACH = Subcommand(_attach, flags("no-stdin sig-proxy"), 1, 1)

__all__ = ["ATTACH", "START", "DockerError", "attached"]
