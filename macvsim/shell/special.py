"""Variables that a shell computes when they are read: RANDOM, SECONDS, LINENO and their relatives (bash(1), Shell
Variables; busybox ash has some of them, dash only PPID).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND
from macvsim.shell.traps import Subprocess
from macvsim.shell.variables import Special, Value

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess


def install(shell: ShellProcess) -> None:
    """Give a shell its computed variables, without the ones that its parent has unset."""
    state = shell.state
    table = {"dash": _dash, "ash": _ash, "bash": _bash}[state.dialect.name](shell)
    gone = state.specials_gone
    state.variables.specials.update({name: special for name, special in table.items() if name not in gone})
    state.variables.on_unset = gone.add


def _dash(shell: ShellProcess) -> dict[str, Special]:
    return {"PPID": Special(lambda: str(shell.state.parent))}


def _ash(shell: ShellProcess) -> dict[str, Special]:
    return {
        "HOSTNAME": Special(lambda: shell.state.box.hostname),
        "LINENO": Special(lambda: str(shell.line)),
        "PPID": Special(lambda: str(shell.state.parent)),
        "RANDOM": _random(shell),
    }


def _bash(shell: ShellProcess) -> dict[str, Special]:
    state = shell.state
    box = state.box

    def text(value: object) -> Special:
        return Special(lambda: str(value), lambda _: None)

    def clock() -> int:
        return int(box.wall_clock)

    def micro() -> str:
        seconds, rest = divmod(clock(), SECOND)
        return f"{seconds}.{rest // 1000:06d}"

    version = state.dialect.version
    return {
        "BASH": text("/usr/bin/bash"),
        "BASHPID": Special(lambda: str(_own_pid(shell)), lambda _: None),
        "BASH_COMMAND": Special(lambda: state.command),
        "BASH_LINENO": _list(lambda: [str(frame.line) for frame in reversed(state.frames)] + ["0"] * _scripted(shell)),
        "BASH_ARGC": _list(list),
        "BASH_ARGV": _list(list),
        "BASH_SOURCE": _list(lambda: _sources(shell)),
        "BASH_SUBSHELL": Special(lambda: str(state.depth)),
        "BASH_VERSINFO": _list(lambda: version, "ar"),
        "BASH_VERSION": text(f"{'.'.join(version[:3])}({version[3]})-{version[4]}"),
        "DIRSTACK": _list(lambda: [state.cwd, *state.directories]),
        "EPOCHREALTIME": Special(micro),
        "EPOCHSECONDS": Special(lambda: str(clock() // SECOND)),
        "EUID": Special(lambda: "0", attributes="ir"),
        "FUNCNAME": Special(lambda: _numbered(_functions(shell)) if state.frames else None, lambda _: None, "a"),
        "GROUPS": _list(lambda: ["0"]),
        "HOSTNAME": text(box.hostname),
        "HOSTTYPE": text("x86_64"),
        "LINENO": Special(lambda: str(shell.line)),
        "MACHTYPE": text(version[5]),
        "OSTYPE": text("linux-gnu"),
        "PIPESTATUS": _list(lambda: [str(status) for status in state.pipe_status]),
        "PPID": Special(lambda: str(state.parent), attributes="ir"),
        "RANDOM": _random(shell),
        "SECONDS": _seconds(shell),
        "SHELLOPTS": Special(lambda: ":".join(_options(shell)), attributes="r"),
        "BASHOPTS": Special(lambda: ":".join(sorted(state.shopts)), attributes="r"),
        "SRANDOM": Special(lambda: str(box.sim.rng(f"{box.name} SRANDOM").getrandbits(32))),
        "UID": Special(lambda: "0", attributes="ir"),
    }


def _list(get: Callable[[], Iterable[str]], attributes: str = "a") -> Special:
    return Special(lambda: _numbered(get()), lambda _: None, attributes)


def _numbered(values: Iterable[str]) -> Value:
    return {str(number): value for number, value in enumerate(values)}


def _scripted(shell: ShellProcess) -> bool:
    return shell.dialect.script or bool(shell.state.frames)


def _sources(shell: ShellProcess) -> list[str]:
    script = shell.dialect.arg0 if shell.dialect.script else ""
    return [frame.source for frame in reversed(shell.state.frames)] + [script] * bool(script)


def _functions(shell: ShellProcess) -> list[str]:
    return [frame.name for frame in reversed(shell.state.frames)] + ["main"]


def _options(shell: ShellProcess) -> list[str]:
    names = shell.dialect.option_names
    on = [name for name, letter in names.items() if letter == "!" or (letter and letter in shell.state.options)]
    return sorted(on)


def _own_pid(shell: ShellProcess) -> int:
    """The process id of this shell; a subshell in the process of its parent gets one when it asks."""
    state = shell.state
    if not state.depth:
        return state.pid
    if state.own_pid is None:
        shared = shell.job.handler is None or shell.job.handler != shell.traps.receive
        state.own_pid = state.box.kernel.next_pid() if shared else shell.job.pid
        if shared:
            state.box.kernel.processes[state.own_pid] = Subprocess(shell.job, shell.traps)
    return state.own_pid


def _seconds(shell: ShellProcess) -> Special:
    """SECONDS: since the shell began, or since a number was assigned."""
    state = shell.state

    def assign(value: str) -> None:
        state.began = int(state.box.sim.now) // SECOND - (int(value) if value.lstrip("-").isdecimal() else 0)

    return Special(lambda: str(int(state.box.sim.now) // SECOND - state.began), assign, "i")


def _random(shell: ShellProcess) -> Special:
    """RANDOM, a generator of Park and Miller (lib/sh/random.c); a subshell of bash has numbers of its own."""
    state = shell.state
    state.random_seed = None if state.depth else state.random_seed

    def get() -> str:
        if state.random_seed is None:
            state.random_seed = state.box.sim.rng(f"{state.box.name} RANDOM").getrandbits(31)
        last = state.random_last
        while state.random_last == last:
            seed = state.random_seed or 123459876
            high, low = divmod(seed, 127773)
            found = 16807 * low - 2836 * high
            state.random_seed = found + 0x7FFFFFFF if found < 0 else found
            old = state.dialect.name != "bash" or state.dialect.version[0] < "5"
            mixed = state.random_seed if old else (state.random_seed >> 16) ^ (state.random_seed & 0xFFFF)
            state.random_last = mixed & 32767
        return str(state.random_last)

    def assign(value: str) -> None:
        state.random_seed = int(value) if value.lstrip("-").isdecimal() else 0
        state.random_last = -1

    return Special(get, assign, "i")
