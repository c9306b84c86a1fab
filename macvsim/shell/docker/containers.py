"""``docker start``, ``stop``, ``restart``, ``kill``, ``rm``."""

from __future__ import annotations

from macvsim.docker.container import Container
from macvsim.docker.lifecycle import STOP_TIMEOUT
from macvsim.errors import DockerError
from macvsim.shell.call import Waiting
from macvsim.shell.docker.flags import Flags
from macvsim.shell.docker.programs import check_program
from macvsim.shell.docker.tool import FLAG_ERROR, Invocation, Subcommand


def _start(run: Invocation) -> int:
    def start(name: str) -> None:
        container = run.engine.find(name, by_daemon=True)
        run.engine.lifecycle.start(container, check=check_program)

    failed = run.each(start)
    if failed:
        run.call.err(run.profile.text("cli.start_failed", names=", ".join(failed)) + "\n")
    return 1 if failed else 0


def _timeout(run: Invocation) -> float | None:
    """``-t SECONDS``; None when it is no number, which is then printed."""
    text = run.parsed.last("time") or str(int(STOP_TIMEOUT))
    try:
        return float(int(text))
    except ValueError:
        error = f'invalid argument "{text}" for "-t, --time" flag: strconv.ParseInt: parsing "{text}": invalid syntax'
        run.call.err(run.profile.text("cli.flag", error=error, command=run.command.path) + "\n")
        return None


def _stop(run: Invocation) -> int | Waiting:
    timeout = _timeout(run)
    return FLAG_ERROR if timeout is None else _stop_all(run, timeout)


def _stop_all(run: Invocation, timeout: float) -> Waiting:
    """All at once; the names come as they end, the errors last."""
    sim = run.call.box.sim
    errors: list[DockerError] = []
    waiting = []
    for name in run.args:
        try:
            container = run.engine.find(name, by_daemon=True)
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


def _restart(run: Invocation) -> int | Waiting:
    timeout = _timeout(run)
    return FLAG_ERROR if timeout is None else _restart_all(run, timeout)


def _restart_all(run: Invocation, timeout: float) -> Waiting:
    """One after the other."""
    errors: list[DockerError] = []
    for name in run.args:
        try:
            container: Container = run.engine.find(name, by_daemon=True)
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
    signal = run.parsed.last("signal", "KILL").upper().removeprefix("SIG")
    if signal not in ("KILL", "9"):
        return run.call.not_simulated(f"docker kill --signal {signal}: only KILL")
    return 1 if run.each(run.engine.kill) else 0


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


_TIMED = Flags(frozenset(("help",)), frozenset(("time",)), {"t": "time", "s": "signal"}, frozenset(("signal",)))
_MANY = "[OPTIONS] CONTAINER [CONTAINER...]"

START = Subcommand(
    "docker start",
    _MANY,
    "Start one or more stopped containers",
    _start,
    Flags(
        frozenset(("help",)),
        short={"a": "attach", "i": "interactive"},
        left_out=frozenset(("attach", "interactive", "checkpoint", "checkpoint-dir", "detach-keys")),
    ),
    1,
    None,
)
STOP = Subcommand("docker stop", _MANY, "Stop one or more running containers", _stop, _TIMED, 1, None)
RESTART = Subcommand("docker restart", _MANY, "Restart one or more containers", _restart, _TIMED, 1, None)
KILL = Subcommand(
    "docker kill",
    _MANY,
    "Kill one or more running containers",
    _kill,
    Flags(frozenset(("help",)), frozenset(("signal",)), {"s": "signal"}),
    1,
    None,
)
RM = Subcommand(
    "docker rm",
    _MANY,
    "Remove one or more containers",
    _rm,
    Flags(
        frozenset(("force", "volumes", "help")),
        short={"f": "force", "v": "volumes", "l": "link"},
        left_out=frozenset(("link",)),
    ),
    1,
    None,
)
