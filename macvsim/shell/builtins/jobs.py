"""Builtins that deal with children and signals."""

from __future__ import annotations

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.job import SIGNALS, SIGTERM, Job, Killed, signal_of
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.builtins.variables import quoted
from macvsim.shell.dialect import SIGNAL_TEXT
from macvsim.shell.state import State


def _find_job(run: Invocation, word: str) -> Job | None:
    """``%N``, ``%%`` or a process id."""
    jobs = run.state.jobs
    if word in ("%%", "%+", "%"):
        return jobs[-1] if jobs else None
    if word.startswith("%"):
        number = int(word[1:]) if word[1:].isdigit() else 0
        return jobs[number - 1] if 0 < number <= len(jobs) else None
    if not word.isdigit():
        return None
    children = {job.pid: job for job in jobs}
    pid = int(word)
    return children.get(pid) or run.state.box.kernel.processes.get(pid)


def wait(run: Invocation) -> Waiting:
    state = run.state
    if not run.args:
        for job in list(state.jobs):
            run.shell.tell_of_signal((yield from _wait_for(job)), run.streams)
        return 0
    status = 0
    for word in run.args:
        found = _find_job(run, word)
        if found is None or found not in state.jobs:
            status = 127
            continue
        status = yield from _wait_for(found)
    return status


def _wait_for(job: Job) -> Waiting:
    """Wait for a child; a signal ends the waiting, not the child."""
    if job.code is None:
        yield job.done
    assert job.code is not None
    return job.code


def jobs(run: Invocation) -> int:
    state = run.state
    bash = state.dialect.name == "bash"
    listed = list(enumerate(state.jobs, 1))
    for number, job in listed if bash else reversed(listed):
        run.out(describe_job(state, number, job, pid="-l" in run.args))
    state.jobs[:] = [job for job in state.jobs if job.code is None]
    return 0


def describe_job(state: State, number: int, job: Job, *, pid: bool = False) -> str:
    """A child's line in ``jobs``; shells that people type at print it also when a child has ended."""
    bash = state.dialect.name == "bash"
    last = len(state.jobs)
    mark = "+" if number == last else "-" if number == last - 1 else " "
    text = job.text if bash or "i" in state.options else ""
    if bash and job.code is None:
        text += " &"
    gap = f" {mark} " if state.dialect.name == "dash" else f"{mark}  "
    return f"[{number}]{gap}{f'{job.pid} ' if pid else ''}{_fate(job):<{24 if bash else 27}}{text}\n"


def _fate(job: Job) -> str:
    """What ``jobs`` says of a child."""
    if isinstance(job.code, Killed):
        return SIGNAL_TEXT.get(job.code.signal, f"Signal {job.code.signal}")
    return "Running" if job.code is None else f"Done({job.code})" if job.code else "Done"


def foreground(run: Invocation) -> Waiting:
    """``fg [%N]``: wait for a child, which gets the signals meanwhile."""
    job = _controlled(run)
    if isinstance(job, int):
        return job
    run.out(f"{job.text}\n")
    try:
        status = yield from _wait_for(job)
    except simpy.Interrupt as interrupt:
        job.kill(signal_of(interrupt))
        status = yield from _wait_for(job)
    run.state.jobs.remove(job)
    run.shell.tell_of_signal(status, run.streams)
    return status


def background(run: Invocation) -> int:
    """``bg [%N]``: nothing here stops a child, so all are in the background already."""
    job = _controlled(run)
    if isinstance(job, int):
        return job
    number = run.state.jobs.index(job) + 1
    if run.state.dialect.name == "bash":
        run.complain(f"job {number} already in background")
    else:
        run.out(f"[{number}] {job.text}\n")
    return 0


def _controlled(run: Invocation) -> Job | int:
    """The job that fg or bg means; a status where there is none, or no terminal."""
    state = run.state
    word = run.args[0] if run.args else "%%"
    job = _find_job(run, word)
    named = "" if word in ("%%", "%+", "%") else word
    if state.dialect.name == "bash":
        if "i" not in state.options:
            return run.complain("no job control", 1)
        if job is None or job.code is not None or job not in state.jobs:
            return run.complain(f"{named or 'current'}: no such job", 1)
    elif job is None or job not in state.jobs:
        raise run.fail(f"No such job: {named}" if named else "No current job")
    elif "i" not in state.options:
        raise run.fail("job (null) not created under job control")
    return job


def kill(run: Invocation) -> int:
    words = list(run.args)
    signal = SIGTERM
    if words[:1] == ["-l"]:
        raise NotSimulated("kill -l")
    if words and words[0].startswith("-") and words[0] != "--":
        name = words.pop(0)[1:]
        if name == "s":
            name = words.pop(0) if words else ""
        plain = name.upper().removeprefix("SIG")
        number = SIGNALS.get(plain, int(plain) if plain.isdigit() else -1)
        if number < 0 and plain in ("STOP", "CONT", "TSTP", "CHLD", "WINCH"):
            raise NotSimulated(f"signal {plain}")
        if number and number not in SIGNALS.values():
            dash = run.state.dialect.name == "dash"
            return run.complain(f"Illegal option -{name}" if dash else f"bad signal name '{name}'")
        signal = number
    status = 0
    dialect, line = run.state.dialect, run.shell.line
    for word in words:
        job = _find_job(run, word)
        if job is None and word.startswith("%"):
            run.streams.err(dialect.no_such_job(line, word))
            return 2
        if job is None and not word.isdigit():
            raise run.fail(f"Illegal number: {word}")
        if job is None or job.code is not None:
            run.streams.err(dialect.no_such_process(line, word))
            status = 1
        elif signal:
            job.kill(signal)
    return status


def trap(run: Invocation) -> int:
    if not run.args:
        if run.state.exit_trap:
            run.out(f"trap -- {quoted(run.state.exit_trap)} EXIT\n")
        return 0
    action, *conditions = run.args
    for condition in conditions:
        if condition not in ("EXIT", "0"):
            raise NotSimulated(f"trap … {condition}")
        run.state.exit_trap = "" if action == "-" else action
    return 0
