"""Builtins that deal with children and signals: wait, jobs, fg, bg, disown, kill (POSIX.1-2017; bash(1))."""

from __future__ import annotations

from collections.abc import Iterable

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.job import SIGNALS, SIGTERM, Job, Killed, signal_of
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.dialects import SIGNAL_TEXT
from macvsim.shell.state import State

ALL_SIGNALS = (
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
)  # fmt: skip
"""The signals of Linux from 1 on (signal(7))."""


def signal_number(word: str) -> int | None:
    """The number of a signal by number or name, with or without ``SIG``; 0 for ``EXIT``."""
    plain = word.upper().removeprefix("SIG")
    if plain in ("0", "EXIT"):
        return 0
    if plain.isdecimal():
        return int(plain) if 0 < int(plain) <= len(ALL_SIGNALS) else None
    return ALL_SIGNALS.index(plain) + 1 if plain in ALL_SIGNALS else None


def _find_job(run: Invocation, word: str) -> Job | None:
    """``%N``, ``%%``, ``%-``, ``%TEXT`` or a process id."""
    jobs = run.state.jobs
    if word in ("%%", "%+", "%"):
        return jobs.current()
    if word == "%-":
        return jobs.current(1)
    if word.startswith("%"):
        if word[1:].isdecimal():
            return jobs.get(int(word[1:]))
        inside = word.startswith("%?")
        named = [
            job for _, job in jobs.numbered() if (word[2:] in job.text if inside else job.text.startswith(word[1:]))
        ]
        return named[-1] if named else None
    if not word.isdecimal():
        return None
    pid = int(word)
    return jobs.known.get(pid) or run.state.box.kernel.processes.get(pid)


def wait(run: Invocation) -> Waiting:
    """``wait [-n] [ID…]``."""
    state, bash = run.state, run.bash
    given, words = run.options("fnp:" if bash else "")
    if "n" in given:
        return (yield from _wait_for_any(run, words))
    if not words:
        for _, job in state.jobs.numbered():
            if job.pid not in state.jobs.known:
                continue
            status = yield from _wait_for(run, job)
            if job.code is None:
                return status
            _tell(run, job, status)
            _forget(run, job)
        return 0
    status = 0
    for word in words:
        found = _find_job(run, word)
        if found is None or found.pid not in state.jobs.known:
            status = _no_child(run, word)
            continue
        status = yield from _wait_for(run, found)
        if found.code is not None:
            _tell(run, found, status)
            _forget(run, found)
    return int(status)


def _forget(run: Invocation, job: Job) -> None:
    """A child was waited for: bash lists it no more."""
    if run.bash:
        number = run.state.jobs.number_of(job)
        if "i" in run.state.options and number is not None:
            run.streams.err(describe_job(run.state, number, job))
        run.state.jobs.remove(job)
    else:
        run.state.jobs.waited(job)


def _tell(run: Invocation, job: Job, status: int) -> None:
    """Print the signal that ended a child; bash prints SIGTERM only of a command it waited for at once."""
    if not (run.state.dialect.names_killed and isinstance(status, Killed) and status.signal == SIGTERM):
        run.shell.tell_of_signal(status, run.streams, job.text)


def _no_child(run: Invocation, word: str) -> int:
    if run.bash:
        if word.startswith("%"):
            return run.complain(f"{word}: no such job", 127)
        if not word.isdecimal():
            return run.complain(f"`{word}': not a pid or valid job spec", 1)
        return run.complain(f"pid {word} is not a child of this shell", 127)
    if word.startswith("%"):
        if run.state.dialect.name == "dash":
            raise run.fail(f"No such job: {word}")
        return run.complain(f"{word}: no such job")
    return 127


def _wait_for(run: Invocation, job: Job) -> Waiting:
    """Wait for a child; a signal ends the waiting, not the child."""
    if job.code is None:
        woken = run.shell.traps.wait_woken()
        yield job.done | woken
        if job.code is None:
            return 128 + run.shell.traps.pending[0]
    assert job.code is not None
    return job.code


def _wait_for_any(run: Invocation, words: list[str]) -> Waiting:
    """``wait -n``: the next child that ends."""
    jobs = run.state.jobs
    named = [_find_job(run, word) for word in words]
    candidates = [job for job in named if job is not None] if words else [job for _, job in jobs.numbered()]
    if not candidates:
        return 127
    ended = [job for job in candidates if job.code is not None]
    if not ended:
        yield simpy.AnyOf(run.state.box.sim, [job.done for job in candidates] + [run.shell.traps.wait_woken()])
        ended = [job for job in candidates if job.code is not None]
        if not ended:
            return 128 + run.shell.traps.pending[0]
    job = ended[0]
    jobs.remove(job)
    assert job.code is not None
    return job.code


def jobs(run: Invocation) -> int:
    """``jobs [-lprs] [ID…]``."""
    state, bash = run.state, run.bash
    given, words = run.options("lnprs" if bash else "lp")
    listed: Iterable[tuple[int, Job]] = state.jobs.numbered()
    status = 0
    if words:
        chosen = []
        for word in words:
            job = _find_job(run, word)
            number = None if job is None else state.jobs.number_of(job)
            if job is None or number is None:
                status = run.complain(f"{word}: no such job", 1)
            else:
                chosen.append((number, job))
        listed = chosen
    if "s" in given:
        listed = []
    for number, job in listed if bash else reversed(list(listed)):
        if "r" in given and job.code is not None:
            continue
        run.out(f"{job.pid}\n" if "p" in given else describe_job(state, number, job, pid="l" in given))
    state.jobs.forget_ended()
    return status


def describe_job(state: State, number: int, job: Job, *, pid: bool = False) -> str:
    """A child's line in ``jobs``; a shell at a terminal prints it also when a child has ended."""
    bash = state.dialect.name == "bash"
    mark = state.jobs.mark(number)
    text = job.text if bash or "i" in state.options else ""
    if bash and job.code is None:
        text += " &"
    gap = f" {mark} " if state.dialect.name == "dash" else f"{mark}  "
    return f"[{number}]{gap}{f'{job.pid} ' if pid else ''}{_fate(job):<{24 if bash else 27}}{text}\n"


def _fate(job: Job) -> str:
    """The state of a child in ``jobs``."""
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
        status = yield from _wait_for(run, job)
    except simpy.Interrupt as interrupt:
        job.kill(signal_of(interrupt))
        status = yield from _wait_for(run, job)
    run.state.jobs.remove(job)
    run.shell.tell_of_signal(status, run.streams)
    return status


def background(run: Invocation) -> int:
    """``bg [%N]``: nothing here stops a child, so all are in the background already."""
    job = _controlled(run)
    if isinstance(job, int):
        return job
    number = run.state.jobs.number_of(job)
    if run.bash:
        run.complain(f"job {number} already in background")
    else:
        run.out(f"[{number}] {job.text}\n")
    return 0


def _controlled(run: Invocation) -> Job | int:
    """The job that fg or bg means; a status where there is none, or no terminal."""
    state = run.state
    word = run.args[0] if run.args else "%%"
    job = _find_job(run, word)
    missing = job is None or state.jobs.number_of(job) is None
    named = "" if word in ("%%", "%+", "%") else word
    if run.bash:
        if "i" not in state.options:
            return run.complain("no job control", 1)
        if job is None or missing or job.code is not None:
            return run.complain(f"{named or 'current'}: no such job", 1)
    elif job is None or missing:
        raise run.fail(f"No such job: {named}" if named else "No current job")
    elif "i" not in state.options:
        raise run.fail("job (null) not created under job control")
    return job


def disown(run: Invocation) -> int:
    """``disown [-ar] [ID…]``."""
    given, words = run.options("har")
    jobs = run.state.jobs
    if "a" in given or "r" in given:
        for _, job in jobs.numbered():
            if "r" not in given or job.code is None:
                jobs.remove(job)
        return 0
    status = 0
    for word in words or ["%%"]:
        found = _find_job(run, word)
        if found is None or jobs.number_of(found) is None:
            status = run.complain(f"{word if words else 'current'}: no such job", 1)
        elif "h" not in given:
            jobs.remove(found)
    return status


def kill(run: Invocation) -> int:
    """``kill [-s SIGNAL | -SIGNAL] ID…``, ``kill -l [STATUS…]``."""
    words = list(run.args)
    dialect, line = run.state.dialect, run.shell.line
    if words[:1] in (["-l"], ["-L"]):
        return _list_signals(run, words[1:])
    signal = SIGTERM
    if words and words[0].startswith("-") and words[0] != "--":
        name = words.pop(0)[1:]
        if name in ("s", "n"):
            name = words.pop(0) if words else ""
        number = signal_number(name)
        if number is None:
            if run.bash:
                return run.complain(f"{name}: invalid signal specification", 1)
            dash = dialect.name == "dash"
            return run.complain(f"Illegal option -{name}" if dash else f"bad signal name '{name}'")
        if number and number not in SIGNALS.values():
            raise NotSimulated(f"signal {ALL_SIGNALS[number - 1]}", Effect.CHANGES)
        signal = number
    if not words and run.bash:
        raise run.misuse()
    status = 0
    for word in words[1:] if words[:1] == ["--"] else words:
        job = _find_job(run, word)
        if job is None and word.startswith("%"):
            run.streams.err(dialect.no_such_job(line, word))
            status = 1 if run.bash else 2
            if dialect.name == "dash":
                return 2
        elif job is None and not word.isdecimal():
            if run.bash:
                status = run.complain(f"{word}: arguments must be process or job IDs", 1)
            else:
                raise run.fail(f"Illegal number: {word}")
        elif job is None or job.code is not None:
            if job is not None and word.startswith("%") and dialect.name != "dash":
                continue
            run.streams.err(dialect.no_such_process(line, word))
            status = 1
        elif signal:
            job.kill(signal)
    return status


def _list_signals(run: Invocation, words: list[str]) -> int:
    """``kill -l``."""
    if not words:
        raise NotSimulated("kill -l without a number", Effect.NONE)
    status = 0
    for word in words:
        number = signal_number(str(int(word) - 128) if word.isdecimal() and int(word) > 128 else word)
        if number is None:
            status = run.complain(f"{word}: invalid signal specification", 1)
        elif word.isdecimal():
            run.out(f"{ALL_SIGNALS[number - 1] if number else 'EXIT'}\n")
        else:
            run.out(f"{number}\n")
    return status
