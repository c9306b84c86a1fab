"""``timeout`` and ``sleep`` (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

import simpy

from macvsim.engine.sim import SECOND
from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.job import SIGKILL, SIGNALS, Job, signal_of
from macvsim.machine.tool import ToolError, UsageError
from macvsim.tools.busybox.applet import duration
from macvsim.tools.coreutils.env import cannot_run
from macvsim.tools.coreutils.inputs import BUSYBOX_IN_ORDER, STARTER, TEXTS
from macvsim.tools.toolkit import Wording, everywhere, letters_of


def _seconds(manner: Wording, word: str) -> int:
    """A duration in ns, as sleep and timeout read it."""
    try:
        return round(duration(word) * SECOND)
    except ToolError:
        if manner.busybox:
            raise
        raise UsageError(f"invalid time interval '{word}'") from None


@everywhere("sleep", usage=TEXTS, works="", effect=Effect.NONE)
def sleep(call: Call, manner: Wording) -> Waiting:
    """``sleep SECONDS[smhd]…``."""
    words = call.given.operands
    if not words:
        raise UsageError("" if manner.busybox else "missing operand")
    yield call.box.sim.timeout(sum(_seconds(manner, word) for word in words))
    return 0


@everywhere("timeout", usage=TEXTS, works="-s -k", gnu=STARTER, busybox=BUSYBOX_IN_ORDER, effect=Effect.CHANGES)
def timeout(call: Call, manner: Wording) -> Waiting:
    """``timeout [-s SIGNAL] [-k SECONDS] SECONDS PROGRAM [WORD…]``."""
    given, args = letters_of(call), call.given.operands
    if len(args) < 2:
        raise UsageError
    wait = _seconds(manner, args[0])
    name = given.get("s", "TERM").removeprefix("SIG")
    signal = SIGNALS.get(name, int(name) if name.isdecimal() else 0)
    if not signal:
        raise UsageError(f"'{given['s']}': invalid signal")
    failed = cannot_run(call, manner, args[1], "failed to run command ")

    def body(job: Job) -> Waiting:
        return (yield from run_program(call.derived(args[1:], fds=job.fds), failed=failed))

    sim = call.box.sim
    job = Job(call.box, body, call.fds, " ".join(args[1:]))
    expired = False
    try:
        if wait:
            yield job.done | sim.timeout(wait)
        if wait and job.code is None:
            expired = True
            job.kill(signal)
            if "k" in given:
                yield job.done | sim.timeout(_seconds(manner, given["k"]))
                if job.code is None:
                    job.kill(SIGKILL)
        if job.code is None:
            yield job.done
    except simpy.Interrupt as interrupt:
        job.kill(signal_of(interrupt))
        if job.code is None:
            yield job.done
        raise
    if expired and not manner.busybox and job.signal != SIGKILL:
        return 124
    return job.code if job.code is not None else 1
