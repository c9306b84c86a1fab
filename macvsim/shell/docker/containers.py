"""``docker start``, ``stop``, ``restart``, ``kill``, ``rm``."""

from __future__ import annotations

from macvsim.docker.container import Container
from macvsim.docker.lifecycle import STOP_TIMEOUT
from macvsim.errors import DockerError, NotSimulated
from macvsim.shell.call import Waiting
from macvsim.shell.docker.flagvalues import integer
from macvsim.shell.docker.programs import check_program
from macvsim.shell.docker.signals import IGNORED, SIGKILL, signal_number
from macvsim.shell.docker.tool import Invocation, Subcommand, flags


def _start(run: Invocation) -> int:
    def start(name: str) -> None:
        container = run.engine.find(name, by_daemon=True)
        run.engine.lifecycle.start(container, check=check_program)

    failed = run.each(start)
    if failed:
        run.call.err(run.profile.text("cli.start_failed", names=", ".join(failed)) + "\n")
    return 1 if failed else 0


def _timeout(run: Invocation, container: Container) -> float:
    """``-t SECONDS``, or what the container was made with."""
    if run.parsed.has("time"):
        return float(integer(run.parsed.last("time")))
    own = container.config.stop_timeout
    return STOP_TIMEOUT if own is None else float(own)


def check_stoppable(container: Container, timeout: float) -> None:
    """`NotSimulated` for waiting until a shell ends by itself."""
    if container.running and container.main is None and timeout < 0:
        raise NotSimulated(f"waiting for ever until {container.name} ends")


def _stop(run: Invocation) -> Waiting:
    """All at once; the names come as they end, the errors last."""
    sim = run.call.box.sim
    errors: list[DockerError] = []
    waiting = []
    for name in run.args:
        try:
            container = run.engine.find(name, by_daemon=True)
            timeout = _timeout(run, container)
            check_stoppable(container, timeout)
        except DockerError as error:
            errors.append(error)
        else:
            waiting.append((name, sim.process(run.engine.lifecycle.stopping(container, timeout))))
    for name, process in waiting:
        yield process
        run.out(name)
    for problem in errors:
        run.complain(problem)
    return 1 if errors else 0


def _restart(run: Invocation) -> Waiting:
    """One after the other."""
    errors: list[DockerError] = []
    for name in run.args:
        try:
            container: Container = run.engine.find(name, by_daemon=True)
            timeout = _timeout(run, container)
            check_stoppable(container, timeout)
            yield from run.engine.lifecycle.stopping(container, timeout)
            run.engine.lifecycle.start(container, check=check_program)
        except DockerError as error:
            errors.append(error)
        else:
            run.out(name)
    for problem in errors:
        run.complain(problem)
    return 1 if errors else 0


def _kill(run: Invocation) -> int:
    signal = run.parsed.last("signal") or "KILL"

    def kill(name: str) -> None:
        container = run.engine.find(name, by_daemon=True)
        if not container.running:
            raise run.profile.error("container.kill_stopped", name=name, id=container.id)
        number = signal_number(signal)
        if number is None:
            raise run.profile.error("container.bad_signal", name=name, signal=signal)
        if number == SIGKILL:
            run.engine.kill(name)
        elif container.main is not None or number not in IGNORED:
            raise NotSimulated(f"docker kill --signal {signal}: only KILL, and what a shell ignores")

    return 1 if run.each(kill) else 0


def _rm(run: Invocation) -> int:
    force = run.parsed.on("force")
    missing = 0
    failed = 0
    for name in run.args:
        try:
            run.engine.rm(name, force=force)
        except DockerError as error:
            run.complain(error)
            missing += str(error) == run.profile.text("container.not_found", name=name)
            failed += 1
        else:
            run.out(name)
    return 1 if failed > (missing if force else 0) else 0


START = Subcommand(_start, minimum=1, maximum=None)
STOP = Subcommand(_stop, flags("time"), 1, None)
RESTART = Subcommand(_restart, flags("time"), 1, None)
KILL = Subcommand(_kill, flags("signal"), 1, None)
RM = Subcommand(_rm, flags("force volumes"), 1, None)
