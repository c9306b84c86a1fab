"""``timeout`` and ``sleep`` (GNU coreutils 9, busybox 1.37)."""

from __future__ import annotations

import re

import simpy

from macvsim.engine.sim import SECOND
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import run_program
from macvsim.machine.job import SIGKILL, SIGNALS, Job, signal_of
from macvsim.tools.coreutils.env import cannot_run
from macvsim.tools.getopt import NumberError, busybox_duration
from macvsim.tools.toolkit import Manner, Misuse, Refused, everywhere, options


def _seconds(manner: Manner, word: str) -> int:
    """A duration in ns, as sleep and timeout read it."""
    try:
        return round(busybox_duration(word) * SECOND)
    except NumberError as error:
        if manner.busybox:
            raise Refused(str(error)) from None
        raise Misuse(f"invalid time interval '{word}'") from None


@everywhere("sleep")
def sleep(call: Call, manner: Manner) -> Waiting:
    """``sleep SECONDS[smhd]…``."""
    _, words = options(call, "")
    if not words:
        raise Misuse("" if manner.busybox else "missing operand")
    yield call.box.sim.timeout(sum(_seconds(manner, word) for word in words))
    return 0


@everywhere("timeout")
def timeout(call: Call, manner: Manner) -> Waiting:
    """``timeout [-s SIGNAL] [-k SECONDS] SECONDS PROGRAM [WORD…]``."""
    args = call.args
    given: dict[str, str] = {}
    while args and args[0].startswith("-") and len(args[0]) > 1:
        option = args.pop(0)
        if option == "--":
            break
        match = re.fullmatch(r"-([sk])(.*)|--(signal|kill-after)=(.*)", option)
        if match is None:
            return call.not_simulated(f"timeout {option}")
        letter, value = (match[1], match[2]) if match[1] else (match[3][0], match[4])
        if not value and not args:
            raise Misuse(f"option requires an argument -- '{letter}'")
        given[letter] = value or args.pop(0)
    if len(args) < 2:
        raise Misuse("")
    wait = _seconds(manner, args[0])
    name = given.get("s", "TERM").removeprefix("SIG")
    signal = SIGNALS.get(name, int(name) if name.isdigit() else 0)
    if not signal:
        raise Misuse(f"'{given['s']}': invalid signal")
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
