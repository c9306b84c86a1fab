"""Running one program that is not part of the shell."""

from __future__ import annotations

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.call import Call, Waiting, WriteError
from macvsim.machine.host import Box
from macvsim.machine.job import Killed, ProgramWarning, internal_error
from macvsim.machine.resolve import NotExecutable, NotFound, find_program
from macvsim.machine.streams import PipeSignal


def execute(call: Call) -> Waiting:
    """Run the program a call names; `NotFound` or `NotExecutable` where there is none.

    A feature that is left out on purpose is named on standard error, and the program ends with 95; an error that the
    program does not catch ends it with 70 (`internal_error`).  A write to a pipe without readers ends it with SIGPIPE.
    """
    try:
        fn = find_program(call.box, call.name, call.cwd, call.args)
        call.process = call.box.sim.active_process
        code = fn(call)
        if not isinstance(code, int):
            code = yield from code
        if call.fds.full:
            yield from call.fds.drain()
        return code
    except NotSimulated as error:
        return call.not_simulated(str(error), error.effect)
    except WriteError as failed:
        call.err(f"{call.name}: write error: {failed.error.strerror}\n")
        return 1
    except simpy.Interrupt as interrupt:
        if isinstance(interrupt.cause, PipeSignal):
            return Killed(128 + interrupt.cause)
        raise
    except (NotFound, NotExecutable, ProgramWarning):
        raise
    except Exception as error:
        return internal_error(call.fds, call.name, error)
    finally:
        call.process = None


def run_program(call: Call, *, failed: str = "", error_codes: tuple[int, int] = (127, 126)) -> Waiting:
    """Run a program for another one.  Where it cannot be run, `failed` is printed with the reason behind it."""
    try:
        return (yield from execute(call))
    except NotFound:
        call.fds.err(f"{failed}: No such file or directory\n")
        return error_codes[0]
    except NotExecutable as error:
        call.fds.err(f"{failed}: {error}\n")
        return error_codes[1]


def run_in(call: Call, box: Box, argv: list[str]) -> Waiting:
    """Run a program in another box with the caller's descriptors and environment, as ``ip netns exec`` does."""
    failed = f'exec of "{argv[0]}" failed'
    return run_program(call.derived(argv, box=box), failed=failed, error_codes=(1, 1))
