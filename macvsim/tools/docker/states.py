"""``docker rename``, ``pause``, ``unpause``, ``wait``, ``logs``, ``top``."""

from __future__ import annotations

from datetime import UTC, datetime

from macvsim.docker.container import Container
from macvsim.docker.inspection import timestamp
from macvsim.docker.log import LogLine
from macvsim.docker.tables import render_columns
from macvsim.engine.sim import SECOND
from macvsim.errors import DockerError, Effect
from macvsim.machine.call import Waiting
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _rename(run: Invocation) -> int:
    old, new = (name.strip() for name in run.args)
    if not old or not new:
        raise run.profile.error("cli.rename_empty")
    try:
        run.engine.rename(old, new)
    except DockerError as error:
        run.complain(error)
        run.complain(run.profile.error("cli.rename_failed", name=old))
        return 1
    return 0


def _pause(run: Invocation) -> int:
    return 1 if run.each(run.engine.pause) else 0


def _unpause(run: Invocation) -> int:
    return 1 if run.each(run.engine.unpause) else 0


def _wait(run: Invocation) -> Waiting:
    """Exit codes in the order of the arguments, then the errors."""
    errors: list[DockerError] = []
    for name in run.args:
        try:
            container = run.engine.find(name)
        except DockerError as error:
            errors.append(error)
            continue
        if container.running or container.restarting:
            yield container.ended
        run.out(str(container.exit_code))
    for problem in errors:
        run.complain(problem)
    return 1 if errors else 0


# -- logs


def _logs(run: Invocation) -> Waiting:
    container = run.engine.find(run.args[0])
    log, given = container.log, run.parsed
    tail = given.last("tail", "all")
    at = max(0, len(log.lines) - int(tail)) if tail.isdecimal() else 0
    while True:
        for line in log.lines[at:]:
            _print(run, line)
        at = len(log.lines)
        if not given.on("follow") or not container.running:
            return 0
        yield from log.more()


def _print(run: Invocation, line: LogLine) -> None:
    """One line, on the stream it came from."""
    stamp = f"{fixed_time(line.time)} " if run.parsed.on("timestamps") else ""
    (run.call.err if line.is_error else run.call.out)(stamp + line.text)


def fixed_time(time: int) -> str:
    """A time with all its nine decimals."""
    whole = timestamp(time - time % SECOND).removesuffix("Z")
    return f"{whole}.{time % SECOND:09d}Z"


# -- processes


def _top(run: Invocation) -> int:
    if len(run.args) > 1:
        return run.call.not_simulated("docker top with options of ps", Effect.READS)
    container = run.engine.find(run.args[0])
    container.check_running()
    head = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
    run.call.out(render_columns(20, [head, *_processes(container)]))
    return 0


def _processes(container: Container) -> list[tuple[str, ...]]:
    """The main process, a child of containerd's shim, and what ``docker exec`` started."""
    started = datetime.fromtimestamp(container.started // SECOND, UTC).strftime("%H:%M")
    parent = str(container.pid - 1)
    rows = [(str(container.pid), " ".join(container.config.argv))]
    rows += [(str(process.pid), process.text) for process in container.execs]
    return [("root", pid, parent, "0", started, "?", "00:00:00", text) for pid, text in rows]


RENAME = Subcommand(_rename, minimum=2, maximum=2)
PAUSE = Subcommand(_pause, minimum=1, maximum=None)
UNPAUSE = Subcommand(_unpause, minimum=1, maximum=None)
WAIT = Subcommand(_wait, minimum=1, maximum=None)
LOGS = Subcommand(_logs, flags("follow tail timestamps"), 1, 1)
TOP = Subcommand(_top, minimum=1, maximum=None, interspersed=False)
