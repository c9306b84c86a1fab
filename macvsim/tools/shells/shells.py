"""``sh``, ``dash``, ``ash`` and ``bash``: a shell process that runs a line, a file, or what it reads."""

from __future__ import annotations

import re

from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.streams import Text
from macvsim.machine.tool import tool
from macvsim.shell.dialect import Ash, Bash, Bash5, Dialect
from macvsim.shell.interpreter import Interpreter
from macvsim.shell.state import State


@tool("sh", "dash", flavour="debian")
def dash(call: Call) -> Waiting:
    """``sh [-eusx] [-c LINE [NAME [ARG…]] | FILE [ARG…]]``."""
    return _shell(call, Dialect)


@tool("bash", flavour="debian")
def bash5(call: Call) -> Waiting:
    """bash on Debian."""
    return _shell(call, Bash5)


@tool("sh", "ash", flavour="busybox")
def ash(call: Call) -> Waiting:
    """busybox' shell."""
    return _shell(call, Ash)


@tool("sh", "bash", flavour="centos")
def bash(call: Call) -> Waiting:
    """bash on CentOS."""
    return _shell(call, Bash)


def _shell(call: Call, dialect: type[Dialect]) -> Waiting:
    """A shell process of its own."""
    words = call.args
    options: list[str] = []
    while words and re.fullmatch(r"-[a-z]+", words[0]):
        options += words.pop(0)[1:]
    arg0, script = call.name, False
    text: str | None = None
    if "c" in options:
        if not words:
            call.err(Dialect(call.name).say(0, "-c requires an argument"))
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
            return 127 if issubclass(dialect, Bash) else 2
    state = State(call.box, dialect(arg0, script=script or (text is None and issubclass(dialect, Bash))))
    state.cwd, state.params = call.cwd, words
    state.variables.update(call.env, PWD=call.cwd)
    state.exported.update(dict.fromkeys(call.env))
    state.options.update(dict.fromkeys(letter for letter in options if letter in "efux"))

    def body(job: Job) -> Waiting:
        state.pid = job.pid
        shell = Interpreter(state, job)
        if text is not None:
            return (yield from shell.script(text, job.fds))
        read = job.fds.stdin.read_line if issubclass(dialect, Bash) else _Blocks(call).line
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
