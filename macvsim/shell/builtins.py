"""The shell's own commands (POSIX.1-2017, Shell Command Language 2.14, and those utilities that every shell has)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.errors import NotSimulated
from macvsim.shell.call import NOT_SIMULATED, Waiting
from macvsim.shell.dialect import SIGNAL_TEXT
from macvsim.shell.echo import echo_text, format_text
from macvsim.shell.files import FileError, FileSystem
from macvsim.shell.job import SIGNALS, SIGTERM, Job, Killed
from macvsim.shell.parser import RESERVED
from macvsim.shell.resolve import NotExecutable, NotFound, where_is
from macvsim.shell.state import Exit, LoopControl, Return, ShellError, State
from macvsim.shell.streams import Streams
from macvsim.shell.testexpr import TestError, evaluate

if TYPE_CHECKING:
    from macvsim.shell.interp import Interpreter

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPTIONS = {"errexit": "e", "noglob": "f", "nounset": "u", "xtrace": "x", "verbose": "v", "noexec": "n"}


class Invocation:
    """A builtin being run."""

    def __init__(self, shell: Interpreter, argv: list[str], streams: Streams) -> None:
        self.shell = shell
        self.argv = argv
        self.streams = streams

    @property
    def state(self) -> State:
        return self.shell.state

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    @property
    def files(self) -> FileSystem:
        return FileSystem(self.state.box, self.state.cwd)

    def out(self, text: str) -> None:
        self.streams.out(text)

    def complain(self, text: str, status: int = 2) -> int:
        """Say what is wrong, behind the builtin's name."""
        self.streams.err(self.state.dialect.builtin(self.shell.line, self.argv[0], text))
        return status

    def fail(self, text: str, status: int = 2) -> Exit:
        """As `complain`, where it is the end of the shell."""
        return Exit(self.complain(text, status))

    def number(self, at: int, default: int) -> int:
        """An argument that is a count."""
        if len(self.args) <= at:
            return default
        if not self.args[at].isdigit():
            raise self.fail(f"Illegal number: {self.args[at]}")
        return int(self.args[at])


Builtin = Callable[[Invocation], int | Waiting]


# -- flow --------------------------------------------------------------------------------------------------------------


def _colon(run: Invocation) -> int:
    return 0


def _false(run: Invocation) -> int:
    return 1


def _break(run: Invocation) -> int:
    if not run.shell.loops:
        return 0
    raise LoopControl(min(run.number(0, 1), run.shell.loops), again=run.argv[0] == "continue")


def _exit(run: Invocation) -> int:
    raise Exit(run.number(0, run.state.status) & 255)


def _return(run: Invocation) -> int:
    raise Return(run.number(0, run.state.status) & 255)


def _eval(run: Invocation) -> int | Waiting:
    return run.shell.lines(" ".join(run.args), run.streams, within="eval") if run.args else 0


def _dot(run: Invocation) -> int | Waiting:
    if not run.args:
        return run.complain("filename argument required")
    try:
        text = run.files.read(run.args[0])
    except FileError as error:
        run.streams.err(run.state.dialect.cannot_source(run.shell.line, error))
        raise Exit(2) from None
    return run.shell.lines(text, run.streams)


def _exec(run: Invocation) -> Waiting:
    if not run.args:
        return 0
    try:
        status = yield from run.shell.program_or_raise(run.args, run.streams)
    except NotFound:
        raise run.fail(f"{run.args[0]}: not found", 127) from None
    except NotExecutable as error:
        raise run.fail(f"{run.args[0]}: {error}", 126) from None
    raise Exit(status)


def _command(run: Invocation) -> int | Waiting:
    args = run.args
    if args[:1] in (["-v"], ["-V"]):
        if len(args) < 2:
            return 0
        word = args[1]
        found = _what_is(run, word)
        if not found:
            return 127
        brief = word if found[0] != "is" else found[1]
        run.out(f"{brief}\n" if args[0] == "-v" else f"{word} {' '.join(found)}\n")
        return 0
    args = args[1:] if args[:1] == ["-p"] else args
    if not args:
        return 0
    if args[0] in BUILTINS:
        return BUILTINS[args[0]](Invocation(run.shell, args, run.streams))
    return run.shell.program(args, run.streams)


def _type(run: Invocation) -> int:
    status = 0
    for word in run.args:
        found = _what_is(run, word)
        run.out(f"{word} {' '.join(found)}\n" if found else f"{word}: not found\n")
        status = status if found else 127
    return status


def _what_is(run: Invocation, word: str) -> tuple[str, ...]:
    """What a word would run, in words; a path comes behind ``is``."""
    if word in RESERVED:
        return ("is a shell keyword",)
    if word in run.state.functions:
        return ("is a shell function",)
    if word in SPECIAL and run.state.dialect.name == "dash":
        return ("is a special shell builtin",)
    if word in BUILTINS:
        return ("is a shell builtin",)
    path = where_is(run.state.box, word)
    return ("is", path) if path else ()


# -- variables ---------------------------------------------------------------------------------------------------------


def _export(run: Invocation) -> int:
    state, marks = run.state, run.state.exported if run.argv[0] == "export" else run.state.read_only
    if not run.args or run.args == ["-p"]:
        for name in sorted(marks):
            value = f"={_quoted(state.variables[name])}" if name in state.variables else ""
            run.out(f"{run.argv[0]} {name}{value}\n")
        return 0
    for word in run.args:
        name, assigned, value = word.partition("=")
        if not _NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        if assigned:
            state.set(name, value)
        marks[name] = None
    return 0


def _unset(run: Invocation) -> int:
    state = run.state
    functions = run.args[:1] == ["-f"]
    for name in run.args[1:] if run.args[:1] in (["-f"], ["-v"]) else run.args:
        if functions:
            state.functions.pop(name, None)
            continue
        if not _NAME.match(name):
            raise run.fail(f"{name}: bad variable name")
        if name in state.read_only:
            raise run.fail(f"{name}: is read only")
        state.variables.pop(name, None)
        state.exported.pop(name, None)
    return 0


def _local(run: Invocation) -> int:
    state = run.state
    if not state.local:
        raise run.fail("not in a function")
    for word in run.args:
        name, assigned, value = word.partition("=")
        state.local[-1].setdefault(name, state.variables.get(name))
        if assigned:
            state.set(name, value)
    return 0


def _set(run: Invocation) -> int:
    state, args = run.state, list(run.args)
    if not args:
        for name in sorted(state.variables):
            run.out(f"{name}={_quoted(state.variables[name])}\n")
        return 0
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        word = args.pop(0)
        if word == "--":
            state.params = args
            return 0
        letters = word[1:]
        if letters == "o":
            option = args.pop(0) if args else ""
            if option == "pipefail":
                raise NotSimulated("set -o pipefail")
            letters = _OPTIONS.get(option, "")
            if not letters:
                raise run.fail(f"Illegal option {word} {option}")
        for letter in letters:
            if letter not in "aefhnuvxbCmI":
                raise run.fail(f"Illegal option -{letter}")
            if word[0] == "-":
                state.options[letter] = None
            else:
                state.options.pop(letter, None)
    if args:
        state.params = args
    return 0


def _shift(run: Invocation) -> int:
    count = run.number(0, 1)
    if count > len(run.state.params):
        if run.state.dialect.name == "dash":
            raise run.fail("can't shift that many")
        return 1
    del run.state.params[:count]
    return 0


def _read(run: Invocation) -> Waiting:
    state = run.state
    raw = "-r" in run.args
    names = [word for word in run.args if word != "-r"]
    if names[:1] == ["-p"]:
        run.streams.err(names[1] if len(names) > 1 else "")
        names = names[2:]
    if not names:
        return run.complain("arg count")
    line = ""
    complete = False
    if run.streams.stdin is not None:
        while not complete:
            piece = yield from run.streams.stdin.read_line()
            complete = piece.endswith("\n")
            line += piece.removesuffix("\n")
            if complete and not raw and re.search(r"(?<!\\)(\\\\)*\\$", line):
                line, complete = line[:-1], False
            if not piece:
                break
    text = line if raw else re.sub(r"\\(.)", r"\1", line)
    separators = state.variables.get("IFS", " \t\n")
    blanks = "".join(char for char in separators if char in " \t\n")
    rest = text.strip(blanks) if blanks else text
    for name in names[:-1]:
        match = re.match(f"([^{re.escape(separators)}]*)([{re.escape(separators)}]?)", rest) if separators else None
        taken = match[1] if match else rest
        state.set(name, taken)
        rest = rest[match.end() :].lstrip(blanks) if match else ""
    state.set(names[-1], rest)
    return 0 if complete else 1


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"


# -- places and processes ----------------------------------------------------------------------------------------------


def _cd(run: Invocation) -> int:
    state = run.state
    words = [word for word in run.args if word not in ("-L", "-P", "--")]
    target = words[0] if words else state.variables.get("HOME", "/")
    if target == "-":
        target = state.variables.get("OLDPWD", state.cwd)
        run.out(f"{target}\n")
    files = run.files
    if not files.is_directory(target):
        error = FileError("ENOTDIR" if files.exists(target) else "ENOENT", target)
        run.streams.err(state.dialect.cannot_change_directory(run.shell.line, target, error))
        return 1 if state.dialect.name == "bash" else 2
    old, state.cwd = state.cwd, files.absolute(target)
    state.set("OLDPWD", old)
    state.set("PWD", state.cwd)
    return 0


def _pwd(run: Invocation) -> int:
    run.out(f"{run.state.cwd}\n")
    return 0


def _umask(run: Invocation) -> int:
    if run.args:
        raise NotSimulated("umask: files have no permissions")
    run.out("0022\n")
    return 0


def _find_job(run: Invocation, word: str) -> Job | None:
    """``%N``, ``%%`` or a process id."""
    jobs = run.state.jobs
    if word in ("%%", "%+", "%"):
        return jobs[-1] if jobs else None
    if word.startswith("%"):
        number = int(word[1:]) if word[1:].isdigit() else 0
        return jobs[number - 1] if 0 < number <= len(jobs) else None
    if not word.isdigit():
        return None
    children = {job.pid: job for job in jobs}
    pid = int(word)
    return children.get(pid) or run.state.box.kernel.processes.get(pid)


def _wait(run: Invocation) -> Waiting:
    state = run.state
    if not run.args:
        for job in list(state.jobs):
            run.shell.tell_of_signal((yield from _wait_for(job)), run.streams)
        return 0
    status = 0
    for word in run.args:
        found = _find_job(run, word)
        if found is None or found not in state.jobs:
            status = 127
            continue
        status = yield from _wait_for(found)
    return status


def _wait_for(job: Job) -> Waiting:
    """Wait for a child; a signal ends the waiting, not the child."""
    if job.code is None:
        yield job.done
    assert job.code is not None
    return job.code


def _jobs(run: Invocation) -> int:
    state = run.state
    bash = state.dialect.name == "bash"
    listed = list(enumerate(state.jobs, 1))
    for number, job in listed if bash else reversed(listed):
        mark = "+" if number == len(listed) else "-" if number == len(listed) - 1 else " "
        pid = f"{job.pid} " if "-l" in run.args else ""
        text = job.text if bash or "i" in state.options else ""
        gap = f" {mark} " if state.dialect.name == "dash" else f"{mark}  "
        run.out(f"[{number}]{gap}{pid}{_fate(job):<{24 if bash else 27}}{text}\n")
    state.jobs[:] = [job for job in state.jobs if job.code is None]
    return 0


def _fate(job: Job) -> str:
    """What ``jobs`` says of a child."""
    if isinstance(job.code, Killed):
        return SIGNAL_TEXT.get(job.code.signal, f"Signal {job.code.signal}")
    return "Running" if job.code is None else f"Done({job.code})" if job.code else "Done"


def _kill(run: Invocation) -> int:
    words = list(run.args)
    signal = SIGTERM
    if words[:1] == ["-l"]:
        raise NotSimulated("kill -l")
    if words and words[0].startswith("-") and words[0] != "--":
        name = words.pop(0)[1:]
        if name == "s":
            name = words.pop(0) if words else ""
        plain = name.upper().removeprefix("SIG")
        number = SIGNALS.get(plain, int(plain) if plain.isdigit() else -1)
        if number < 0 and plain in ("STOP", "CONT", "TSTP", "CHLD", "WINCH"):
            raise NotSimulated(f"signal {plain}")
        if number and number not in SIGNALS.values():
            dash = run.state.dialect.name == "dash"
            return run.complain(f"Illegal option -{name}" if dash else f"bad signal name '{name}'")
        signal = number
    status = 0
    dialect, line = run.state.dialect, run.shell.line
    for word in words:
        job = _find_job(run, word)
        if job is None and word.startswith("%"):
            run.streams.err(dialect.no_such_job(line, word))
            return 2
        if job is None and not word.isdigit():
            raise run.fail(f"Illegal number: {word}")
        if job is None or job.code is not None:
            run.streams.err(dialect.no_such_process(line, word))
            status = 1
        elif signal:
            job.kill(signal)
    return status


def _trap(run: Invocation) -> int:
    if not run.args:
        if run.state.exit_trap:
            run.out(f"trap -- {_quoted(run.state.exit_trap)} EXIT\n")
        return 0
    action, *conditions = run.args
    for condition in conditions:
        if condition not in ("EXIT", "0"):
            raise NotSimulated(f"trap … {condition}")
        run.state.exit_trap = "" if action == "-" else action
    return 0


# -- text --------------------------------------------------------------------------------------------------------------


def _echo(run: Invocation) -> int:
    plain = run.state.dialect.echo_escapes
    run.out(echo_text(run.args, letters="n" if plain else "neE", escapes=plain))
    return 0


def _printf(run: Invocation) -> int:
    if not run.args:
        return run.complain("usage: printf format [arg ...]")
    args = run.args[1:] if run.args[0] == "--" else run.args
    text, bad = format_text(args[0], args[1:])
    for word in bad:
        run.streams.err(run.state.dialect.bad_format_number(run.shell.line, word))
    run.out(text)
    return 1 if bad else 0


def _test(run: Invocation) -> int:
    args = run.args
    try:
        if run.argv[0] == "[":
            if args[-1:] != ["]"]:
                raise TestError("bracket", "")
            args = args[:-1]
        return 0 if evaluate(args, run.files) else 1
    except TestError as error:
        run.streams.err(run.state.dialect.test(run.shell.line, run.argv[0], error))
        return 2


def _left_out(run: Invocation) -> int:
    run.streams.err(f"not simulated: {run.argv[0]}\n")
    return NOT_SIMULATED


BUILTINS: dict[str, Builtin] = {
    ":": _colon, ".": _dot, "break": _break, "continue": _break, "eval": _eval, "exec": _exec, "exit": _exit,
    "export": _export, "readonly": _export, "return": _return, "set": _set, "shift": _shift, "trap": _trap,
    "unset": _unset, "times": _left_out,
    "[": _test, "alias": _left_out, "bg": _left_out, "cd": _cd, "command": _command, "echo": _echo, "false": _false,
    "fg": _left_out, "getopts": _left_out, "hash": _colon, "jobs": _jobs, "kill": _kill, "local": _local,
    "printf": _printf, "pwd": _pwd, "read": _read, "test": _test, "true": _colon, "type": _type, "ulimit": _left_out,
    "umask": _umask, "unalias": _left_out, "wait": _wait,
}  # fmt: skip
SPECIAL = frozenset(list(BUILTINS)[:15])
"""Special builtins: their mistakes end the shell, and assignments before them stay."""

__all__ = ["BUILTINS", "SPECIAL", "Invocation", "ShellError"]
