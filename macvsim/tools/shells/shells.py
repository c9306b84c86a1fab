"""``sh``, ``dash``, ``ash`` and ``bash``: a shell process that runs a line, a file, or what it reads."""

from __future__ import annotations

import re

from macvsim.errors import Effect
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.streams import Text
from macvsim.machine.tool import tool
from macvsim.shell.dialects.ash import Ash
from macvsim.shell.dialects.base import Dialect
from macvsim.shell.dialects.bash import Bash, Bash5
from macvsim.shell.interpreter import Interpreter
from macvsim.shell.state import PATH, State

_LEFT_OUT = frozenset(("--help", "--init-file", "--login", "--posix", "--rcfile", "--restricted", "--version"))
_FUNCTION = "BASH_FUNC_"
"""Begins the names of functions in the environment (``export -f``)."""


@tool("sh", "dash", flavour="debian", effect=Effect.CHANGES)
def dash(call: Call) -> Waiting:
    """``sh [-eusx] [-c LINE [NAME [ARG…]] | FILE [ARG…]]``."""
    return _shell(call, Dialect)


@tool("bash", flavour="debian", effect=Effect.CHANGES)
def bash5(call: Call) -> Waiting:
    """bash on Debian."""
    return _shell(call, Bash5)


@tool("sh", "ash", flavour="busybox", effect=Effect.CHANGES)
def ash(call: Call) -> Waiting:
    """busybox' shell."""
    return _shell(call, Ash)


@tool("sh", "bash", flavour="centos", effect=Effect.CHANGES)
def bash(call: Call) -> Waiting:
    """bash on CentOS."""
    return _shell(call, Bash)


def _shell(call: Call, dialect: type[Dialect]) -> Waiting:
    """A shell process of its own."""
    words = call.args
    bash = issubclass(dialect, Bash)
    options: list[str] = []
    named: list[str] = []
    while words and re.fullmatch(r"[-+][A-Za-z]+", words[0]):
        option = words.pop(0)
        options += option[1:]
        if "o" in option and words:
            named.append(words.pop(0))
        if bash and "O" in option:
            return call.not_simulated("bash -O", Effect.CHANGES)
    if words and words[0].startswith("--") and bash:
        if words[0] in ("--norc", "--noprofile", "--"):
            words.pop(0)
        elif words[0] in _LEFT_OUT:
            return call.not_simulated(f"bash {words[0]}", Effect.CHANGES)
        else:
            call.err(f"{call.name}: {words[0]}: invalid option\n")
            return 2
    arg0, script = call.name, False
    text: str | None = None
    if "c" in options:
        if not words:
            what = "-c: option requires an argument\n" if bash else "0: -c requires an argument\n"
            call.err(f"{call.name}: {what}")
            return 2
        text, *words = words
        if words:
            arg0 = words.pop(0)
    elif words and "s" not in options:
        arg0, script = words.pop(0), True
        try:
            text = call.files.read(arg0)
        except FileError as error:
            call.err(dialect(call.name).cannot_run(error))
            return 127 if bash else 2
    else:
        options.append("s")
    state = State(call.box, dialect(arg0, script=script or (text is None and bash)))
    state.cwd, state.params = call.cwd, words
    for name in ("HOME", "PATH"):
        if name not in call.env:
            state.variables.unset(name)
    state.variables.setdefault("PATH", PATH)
    functions = {name: value for name, value in call.env.items() if name.startswith(_FUNCTION)}
    state.export({**{name: value for name, value in call.env.items() if name not in functions}, "PWD": call.cwd})
    known = "aCefnuvxcs" if bash else "aCefnuvx"
    state.options.update(dict.fromkeys(letter for letter in options if letter in known))
    state.options.update(dict.fromkeys(letter for name in named if (letter := dialect.option_names.get(name))))

    def body(job: Job) -> Waiting:
        state.pid = job.pid
        shell = Interpreter(state, job)
        for name, function in functions.items() if bash else ():
            definition = f"{name.removeprefix(_FUNCTION).removesuffix('%%')} {function}\n"
            yield from shell.lines(definition, job.fds)
        if text is not None:
            return (yield from shell.script(text, job.fds))
        read = job.fds.stdin.read_line if bash else _Blocks(call).line
        return (yield from shell.script_from(read, job.fds))

    job = Job(call.box, body, call.fds, call.name if text is None else text)
    return (yield from job.wait())


class _Blocks:
    """Standard input as dash and ash read a script from it: blocks, whose rest no command of the script can read."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._text = ""

    def line(self) -> Text:
        """The next line with its end; empty at the end of input."""
        while "\n" not in self._text:
            piece = yield from self._call.read_piece()
            if not piece:
                break
            self._text += piece
        at = self._text.find("\n") + 1 or len(self._text)
        line, self._text = self._text[:at], self._text[at:]
        return line
