"""``awk [-F SEP] [-v NAME=VALUE] 'PROGRAM' | -f FILE [FILE | NAME=VALUE …]``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.options import Given, read_options
from macvsim.machine.tool import BUSYBOX_OWN, OWN, Texts, ToolError, UsageError
from macvsim.machine.usage import options_of
from macvsim.tools.mawk.lexer import AwkSyntaxError, unescaped
from macvsim.tools.mawk.output import Output
from macvsim.tools.mawk.parser import Parser
from macvsim.tools.mawk.record import records
from macvsim.tools.mawk.run import Exit, Run
from macvsim.tools.mawk.values import AwkError, Input, number, text
from macvsim.tools.toolkit import Wording, everywhere, lines_of

VERSION = """\
mawk 1.3.4 20250131
Copyright 2008-2024,2025, Thomas E. Dickey
Copyright 1991-1996,2014, Michael D. Brennan

random-funcs:       srandom/random
regex-funcs:        internal

compiled limits:
sprintf buffer      8192
maximum-integer     9223372036854775808
"""
_OPTIONS = options_of("", "F:v:f:W:eibE")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)


def _read(call: Call, manner: Wording) -> Given:
    """The options, which end at the program text."""
    given = read_options(call.args, _OPTIONS, permute=False)
    if given.wrong:
        if manner.busybox:
            raise UsageError(given.wrong)
        letter = given.wrong[-2]
        text = f"not an option: -{letter}" if "invalid" in given.wrong else f"option -{letter} lacks argument"
        raise ToolError(text, 2)
    if other := next((name for name in given.names if name not in ("-F", "-v", "-f")), None):
        raise NotSimulated(f"awk {other}", Effect.NONE)
    return given


@everywhere("awk", "mawk", usage=Texts(__package__), gnu=OWN, busybox=BUSYBOX_OWN, effect=Effect.NONE)
def awk(call: Call, manner: Wording) -> Waiting:
    """Run a program over lines as they come."""
    if call.args[:1] in (["--version"], ["-V"]) or call.args[:2] == ["-W", "version"]:
        if manner.busybox:
            raise NotSimulated(f"awk {call.args[0]}", Effect.NONE)
        call.out(VERSION)
        return 0
    given = _read(call, manner)
    words = given.operands
    try:
        source = "\n".join(call.files.read(name) for name in given.all("-f")) if "-f" in given else None
    except FileError as error:
        return _cannot_open(call, manner, error)
    if source is None:
        if not words:
            if manner.busybox:
                raise UsageError
            call.err(call.tool.text() if call.tool else "")
            return 0
        source = words.pop(0)
    try:
        program = Parser(source, busybox=manner.busybox).program()
    except AwkSyntaxError as error:
        return _syntax(call, manner, error, given.get("-f"))
    except NotSimulated as error:
        return call.not_simulated(error.feature, error.effect)
    run = Run(program, Output(call.out, call.err), call, busybox=manner.busybox)
    for word in given.all("-v"):
        _assign(run, word)
    run.set("ARGC", float(len(words) + 1))
    run.array("ARGV").update({str(at): Input(word) for at, word in enumerate([_name(call), *words])})
    if "-F" in given:
        separator = given.get("-F")
        run.set("FS", "\t" if separator == "t" and manner.busybox else unescaped(separator))
    try:
        yield from _all(call, manner, run, words)
        run.output.save(call.files)
    except NotSimulated as error:
        return call.not_simulated(error.feature, error.effect)
    except FileError as error:
        return _cannot_open(call, manner, error)
    except RecursionError:
        return call.not_simulated("awk's functions in functions, so deep", Effect.NONE)
    except AwkError as error:
        if manner.busybox:
            call.err(f"awk: cmd. line:1: {error.busybox}\n")
            return 1
        where = " ".join(f'{name}="{text(run.get(name))}"' if name == "FILENAME" else f"{name}={text(run.get(name))}"
                         for name in ("FILENAME", "FNR", "NR"))  # fmt: skip
        call.err(f"{_name(call)}: run time error: {error}\n\t{where}\n")
        return 2
    return run.code


def _all(call: Call, manner: Wording, run: Run, words: list[str]) -> Waiting:
    """BEGIN, the input, END; ``exit`` goes on to END."""
    try:
        run.begin()
        if run.program.rules or run.program.end:
            yield from _input(call, manner, run, words)
    except Exit:
        pass
    with suppress(Exit):
        run.end()
    return run.code


def _input(call: Call, manner: Wording, run: Run, words: list[str]) -> Waiting:
    """Lines of the files named, or of standard input; assignments among them happen in their turn."""
    for word in _operands(run):
        if _ASSIGNMENT.match(word):
            _assign(run, word)
            continue
        run.set("FNR", 0.0)
        separator = text(run.get("RS"))
        if word == "-" and separator == "\n":
            run.set("FILENAME", "-" if len(words) > 1 else "")
            run.reading = True
            while line := (yield from call.read_line()):
                run.line(line.removesuffix("\n"))
                if call.fds.full:
                    yield from call.fds.drain()
            continue
        if word != "-":
            run.set("FILENAME", word)
        try:
            content = (yield from call.read_all()) if word == "-" else call.files.read(word)
        except FileError as error:
            if not manner.busybox:
                raise
            run.code = _cannot_open(call, manner, error)
            continue
        run.reading = True
        for line in lines_of(content) if separator == "\n" else records(content, separator):
            run.line(line)
        run.reading = False
    return 0


def _operands(run: Run) -> Iterator[str]:
    """The operands, which the program may change in ARGV; standard input if none of them names a file."""
    at, named = 1, False
    while at < number(run.get("ARGC")):
        word = text(run.array("ARGV").get(str(at)))
        at += 1
        if word:
            named = named or not _ASSIGNMENT.match(word)
            yield word
    if not named:
        yield "-"


def _assign(run: Run, word: str) -> None:
    match = _ASSIGNMENT.match(word)
    if match is None:
        raise NotSimulated(f"awk -v {word}", Effect.NONE)
    run.set(match[1], Input(unescaped(match[2])))


def _name(call: Call) -> str:
    """The name that mawk was called by."""
    return posixpath.basename(call.name)


def _cannot_open(call: Call, manner: Wording, error: FileError) -> int:
    call.err(f"awk: {error.path}: {error.strerror}\n" if manner.busybox else
             f'{_name(call)}: cannot open "{error.path}" ({error.strerror})\n')  # fmt: skip
    return 1 if manner.busybox else 2


def _syntax(call: Call, manner: Wording, error: AwkSyntaxError, file: str) -> int:
    if manner.busybox:
        what = "Unexpected end of string" if error.near == "end of file" else "Unexpected token"
        if error.missing == "arguments":
            what = f"Too {'few' if error.near.startswith('not enough') else 'many'} arguments"
        call.err(f"awk: cmd. line:{error.line}: {what}\n")
        return 1
    for complaint in error.texts():
        call.err(f"{_name(call)}: {f'{file}: ' if file else ''}{complaint}\n")
    return 2
