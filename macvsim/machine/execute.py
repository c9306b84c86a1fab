"""Which program a word names in a box, and running it: programs that are not part of the shell."""

from __future__ import annotations

from collections.abc import Sequence

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting, WriteError
from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.job import Killed, ProgramWarning, internal_error
from macvsim.machine.programs import left_out
from macvsim.machine.streams import PipeSignal
from macvsim.machine.tool import Tool

FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")


class NotFound(Exception):
    """There is no such program (ENOENT)."""


class NotExecutable(Exception):
    """There is such a file, but it is no program (EACCES); the text says why."""


def find_program(box: Box, word: str, cwd: str = "/", args: Sequence[str] = ()) -> Tool:
    """The command a word runs, by name or path; `args` are the words behind it.

    `NotFound`, `NotExecutable`, or `NotSimulated` where a real machine has what macvsim leaves out
    """
    folder, slash, name = word.rpartition("/")
    if slash and folder not in FOLDERS:
        if FileSystem(box, cwd).exists(word):
            raise NotExecutable("Permission denied")
        raise NotFound(word)
    found = box.kernel.programs.find(name, box.flavour.name)
    if found is not None:
        return found
    from macvsim.machine.applets import BUSYBOX_APPLETS, TOOLS  # programs of real machines

    effect = left_out(name, args)
    if box.flavour.name == "busybox":
        effect = (effect or Effect.NONE) if name in BUSYBOX_APPLETS else None
    elif name in TOOLS:
        effect = effect or Effect.NONE
    if effect is not None:
        raise NotSimulated(name, effect)
    raise NotFound(word)


def where_is(box: Box, word: str) -> str:
    """Path of a program, empty if there is none; for ``which``, ``type`` and ``command -v``."""
    try:
        find_program(box, word)
    except (NotFound, NotExecutable):
        return ""
    except NotSimulated:
        pass
    if "/" in word:
        return word
    if word in _SBIN:
        return f"/sbin/{word}" if box.flavour.name == "busybox" else f"/usr/sbin/{word}"
    return f"/bin/{word}" if box.flavour.name == "busybox" else f"/usr/bin/{word}"


_SBIN = frozenset(
    ("arp", "arping", "bridge", "brctl", "ethtool", "ifconfig", "ip", "iptables", "iptables-save", "modprobe", "nft",
     "rarp", "route", "sysctl", "tc", "vconfig")
)  # fmt: skip


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
