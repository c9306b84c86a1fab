"""``sh``, ``dash``, ``ash`` and ``bash``: a shell process that runs a line, a file, or what it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.job import Job
from macvsim.machine.options import Given
from macvsim.machine.streams import NULL, Text
from macvsim.machine.tool import Manner, Reader, Texts, ToolError, UsageError, tool
from macvsim.machine.usage import Option
from macvsim.shell.builtins.options import switch
from macvsim.shell.dialects import Dialect
from macvsim.shell.dialects.ash import Ash
from macvsim.shell.dialects.bash import Bash, Bash5
from macvsim.shell.interpreter import Interpreter
from macvsim.shell.state import PATH, State

_FUNCTION = "BASH_FUNC_"
"""Begins the names of functions in the environment (``export -f``)."""
_TEXTS = Texts(__package__)
_BASH_LETTERS = "".join(f"  -{letter}\n" for letter in "ilrsDcabefhkmnptuvxBCEHPT") + "  -O SHOPT\n  -o OPTION\n"
_BASH_WORKS = "-a -e -f -h -i -l -n -r -s -c -o -u -v -x -B -C -D -E -T --help --norc --noediting --noprofile --verbose"
_IGNORED = ("i", "m", "s")
"""Letters of dash's options that macvsim's shells take and do not heed when they start."""


def _reader(unknown: str, *, long: bool = False) -> Reader:
    """A reader of ``-LETTERS``, ``+LETTERS`` and, first, long options.

    unknown : the form of the complaint about a letter; long : there are long options
    """

    def read(words: list[str], options: Mapping[str, Option]) -> Given:
        given, rest = Given(), list(words)
        while long and rest and rest[0].startswith("--") and rest[0] != "--":
            word = rest.pop(0)
            if word not in options:
                raise UsageError(f"{word}: invalid option")
            given.add(options[word], word, "")
        while rest and rest[0][:1] in ("-", "+"):
            word = rest.pop(0)
            if word in ("-", "--"):
                break
            for letter in word[1:]:
                option = options.get(f"-{letter}")
                if option is None:
                    raise UsageError(unknown.format(sign=word[0], letter=letter))
                given.add(option, f"{word[0]}{letter}", rest.pop(0) if option.argument and rest else "")
        given.operands = rest
        return given

    return read


_DASH = Manner(
    reader=_reader("0: Illegal option -{letter}"), after="nothing", status=2, usage_status=2, help_options=(),
    version_options=(),
)  # fmt: skip
_BASH = replace(_DASH, reader=_reader("{sign}{letter}: invalid option", long=True))
_BASH5 = replace(
    _BASH, after="usage", usage_part=r"Usage:.*?-o option\n", help_options=("--help",), version_options=("--version",)
)


@tool("sh", "dash", flavour="debian", letters="aefnuvxCmIisbVEplco:", manner=_DASH, effect=Effect.CHANGES)
def dash(call: Call) -> Waiting:
    """``sh [-eusx] [-c LINE [NAME [ARG…]] | FILE [ARG…]]``."""
    return _shell(call, Dialect)


@tool(
    "bash",
    flavour="debian",
    usage=_TEXTS,
    version=_TEXTS.blocks["version"],
    more=_BASH_LETTERS,
    works=_BASH_WORKS + " --version",
    manner=_BASH5,
    effect=Effect.CHANGES,
)
def bash5(call: Call) -> Waiting:
    """bash on Debian."""
    return _shell(call, Bash5)


@tool(
    "sh",
    "ash",
    flavour="busybox",
    usage=Texts("macvsim.tools.busybox"),
    letters="ilCabefmnuvxsco:",
    manner=replace(
        _DASH,
        reader=_reader("illegal option -{letter}"),
        busybox=True,
        help_options=("--help",),
        help_on_stderr=True,
    ),
    effect=Effect.CHANGES,
)
def ash(call: Call) -> Waiting:
    """busybox' shell."""
    return _shell(call, Ash)


@tool(
    "sh",
    "bash",
    flavour="centos",
    usage=_TEXTS.blocks["bash"],
    more=_BASH_LETTERS,
    works=_BASH_WORKS.replace("--help ", ""),
    manner=_BASH,
    effect=Effect.CHANGES,
)
def bash(call: Call) -> Waiting:
    """bash on CentOS."""
    return _shell(call, Bash)


def _shell(call: Call, dialect: type[Dialect]) -> Waiting:
    """A shell process of its own."""
    given, words = call.given, list(call.given.operands)
    bash = issubclass(dialect, Bash)
    switched = _switched(call, dialect)
    arg0, script = call.name, False
    text: str | None = None
    if "-c" in given:
        if not words:
            where = "" if issubclass(dialect, Ash) else "0: "
            raise ToolError("-c: option requires an argument" if bash else f"{where}-c requires an argument")
        text, *words = words
        if words:
            arg0 = words.pop(0)
    elif words and "-s" not in given:
        arg0, script = words.pop(0), True
        try:
            text = call.files.read(arg0)
        except FileError as error:
            call.err(dialect(call.name).cannot_run(error))
            return 127 if bash else 2
    state = State(call.box, dialect(arg0, script=script or (text is None and bash)))
    state.cwd, state.params = call.cwd, words
    for name in ("HOME", "PATH"):
        if name not in call.env:
            state.variables.unset(name)
    state.variables.setdefault("PATH", PATH)
    functions = {name: value for name, value in call.env.items() if name.startswith(_FUNCTION)}
    state.export({**{name: value for name, value in call.env.items() if name not in functions}, "PWD": call.cwd})
    if "-s" in given or text is None:
        switched["s"] = True
        if call.fds.get(0) is None:
            call.fds = call.fds.having(stdin=NULL)
        if text is None and call.fds.stdin.endless:
            raise NotSimulated("a script from a file that has no end", Effect.NONE)
    if bash and "-c" in given:
        switched["c"] = True
    state.ignored = call.ignored
    if bash:
        state.traps.update(dict.fromkeys(sorted(call.ignored), ""))
    for option, on in switched.items():
        switch(state, option, on=on)

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


def _switched(call: Call, dialect: type[Dialect]) -> dict[str, bool]:
    """Whether each option that was named is on: ``-e``, ``+e``, ``-o errexit``."""
    switched: dict[str, bool] = {}
    known = set(dialect.option_names.values()).difference(_IGNORED)
    for (name, value), typed in zip(call.given.options, call.given.typed, strict=True):
        letter = {"-o": dialect.option_names.get(value), "--verbose": "v"}.get(name, name[1:])
        if letter is None:
            raise _unknown_name(call, dialect, typed, value)
        if letter in known:
            switched[letter] = typed[0] == "-"
    return switched


def _unknown_name(call: Call, dialect: type[Dialect], typed: str, name: str) -> ToolError:
    if not name:
        raise NotSimulated(f"{call.name} {typed}: the list of options", Effect.NONE)
    if issubclass(dialect, Bash):
        return ToolError(f"line 0: {call.name}: {name}: invalid option name")
    if issubclass(dialect, Ash):
        return ToolError(f"illegal option {typed} {name}", 0)
    return ToolError(f"0: Illegal option {typed} {name}")


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
            self._call.keeps(len(self._text))
        at = self._text.find("\n") + 1 or len(self._text)
        line, self._text = self._text[:at], self._text[at:]
        return line
