"""``docker stop``, ``restart``, ``kill``, ``rm``, ``update``."""

from __future__ import annotations

from dataclasses import replace

from macvsim.docker.container import Container
from macvsim.docker.creation import check_restart
from macvsim.docker.lifecycle import STOP_TIMEOUT
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.tools.docker.flagvalues import integer
from macvsim.tools.docker.programs import check_program
from macvsim.tools.docker.runflags import read_restart
from macvsim.tools.docker.signals import IGNORED, SIGKILL, SIGTERM, signal_number
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _timeout(run: Invocation, container: Container, bad_signal: str) -> float:
    """``-t SECONDS``, or what the container was made with; none if ``--signal`` kills.

    bad_signal : what is said about a signal that is none
    """
    signal = run.parsed.last("signal")
    if signal and container.running:
        number = signal_number(signal)
        if number is None:
            raise run.profile.error(bad_signal, name=container.name, signal=signal)
        if number == SIGKILL:
            return 0.0
        if number not in IGNORED or (container.main is not None and number != SIGTERM):
            raise NotSimulated(
                f"{run.page.path} --signal {signal}: only KILL, TERM, and what a shell ignores", Effect.CHANGES
            )
    if run.parsed.has("time"):
        return float(integer(run.parsed.last("time")))
    own = container.config.stop_timeout
    return STOP_TIMEOUT if own is None else float(own)


def check_stoppable(container: Container, timeout: float) -> None:
    """`NotSimulated` for waiting until a shell ends by itself."""
    if container.running and container.main is None and timeout < 0:
        raise NotSimulated(f"waiting for ever until {container.name} ends", Effect.CHANGES)


def _stop(run: Invocation) -> Waiting:
    """All at once; the names come as they end, the errors last."""
    sim = run.call.box.sim
    errors: list[DockerError] = []
    waiting = []
    for name in run.args:
        try:
            container = run.engine.find(name, by_daemon=True)
            timeout = _timeout(run, container, "container.stop_signal")
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
            timeout = _timeout(run, container, "container.restart_signal")
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
        container = run.engine.victim(name)
        number = signal_number(signal)
        if number is None:
            raise run.profile.error("container.bad_signal", name=name, signal=signal)
        if number == SIGKILL:
            run.engine.kill(name)
        elif container.main is not None or number not in IGNORED:
            raise NotSimulated(f"docker kill --signal {signal}: only KILL, and what a shell ignores", Effect.CHANGES)

    return 1 if run.each(kill) else 0


def _update(run: Invocation) -> int:
    """The errors last."""
    given = run.parsed
    if not given.given:
        raise run.profile.error("cli.update_nothing")
    policy = read_restart(run.profile, given.last("restart"))
    errors = []
    for name in run.args:
        try:
            container = run.engine.find(name, by_daemon=True)
            check_restart(run.profile, policy)
            if container.config.auto_remove:
                raise run.profile.error("container.auto_removed")
        except DockerError as error:
            errors.append(error)
        else:
            container.config = replace(container.config, restart=policy)
            run.out(name)
    for problem in errors:
        run.complain(problem)
    return 1 if errors else 0


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


STOP = Subcommand(_stop, flags("signal time"), 1, None)
RESTART = Subcommand(_restart, flags("signal time"), 1, None)
UPDATE = Subcommand(_update, flags("restart"), 1, None)
KILL = Subcommand(_kill, flags("signal"), 1, None)
RM = Subcommand(_rm, flags("force volumes"), 1, None)
