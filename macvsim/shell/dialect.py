"""How the three shells word what they complain about: dash (Debian), ash (busybox) and bash (CentOS), as ``sh``."""

from __future__ import annotations

import re

from macvsim.machine.files import FileError
from macvsim.shell.builtins.testexpr import TestError
from macvsim.shell.expansion.arith import BadExpression
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import ShellSyntaxError

SIGNAL_TEXT = {
    1: "Hangup", 3: "Quit", 9: "Killed", 10: "User defined signal 1", 12: "User defined signal 2", 14: "Alarm clock",
    15: "Terminated",
}  # fmt: skip
"""What a shell says of a child that a signal ended; nothing for SIGINT and SIGPIPE (strsignal)."""


class Dialect:
    """dash 0.5.12; the others are subclasses.

    arg0 : the shell's name, with which it begins what it says; script : it is that of the file being run
    """

    name = "dash"
    grammar = Grammar.POSIX
    redirect_status = 2
    error_status = 2
    """Of a shell that an expansion or an assignment ends."""
    echo_escapes = True
    """``echo`` replaces ``\\n`` and its like without ``-e``."""

    def __init__(self, arg0: str = "sh", *, script: bool = False) -> None:
        self.arg0 = arg0
        self.script = script

    def say(self, line: int, text: str) -> str:
        """A complaint about something in a line."""
        return f"{self.arg0}: {line}: {text}\n"

    def not_found(self, line: int, name: str) -> str:
        return self.say(line, f"{name}: not found")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        """A line that is no command; `text` is all of it, `within` the builtin that reads it."""
        prefix = f"{within}: " if within else ""
        if error.unexpected is None:
            return self.say(error.line, f"{prefix}Syntax error: {error.message}")
        expecting = f" (expecting {error.expecting})" if error.expecting else ""
        return self.say(error.line, f"{prefix}Syntax error: {error.unexpected} unexpected{expecting}")

    bad_substitution = "Bad substitution"
    unset_parameter = "parameter not set"
    read_only = "is read only"

    def arithmetic(self, error: BadExpression) -> str:
        """What is wrong with an expression, without the shell's name."""
        return error.text

    def cannot_source(self, line: int, error: FileError) -> str:
        """``. FILE`` fails."""
        return self.builtin(line, ".", f"cannot open {error.path}: {_no_such_file(error)}")

    def cannot_create(self, line: int, error: FileError) -> str:
        why = "Directory nonexistent" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"cannot create {error.path}: {why}")

    def cannot_open(self, line: int, error: FileError) -> str:
        return self.say(line, f"cannot open {error.path}: {_no_such_file(error)}")

    def cannot_run(self, error: FileError) -> str:
        """``sh FILE`` fails."""
        return self.cannot_open(0, error)

    def write_error(self, line: int, name: str, error: FileError) -> str:
        """A builtin could not write its output."""
        return self.say(line, f"{name}: {name}: I/O error")

    def bad_descriptor(self, line: int, fd: str) -> str:
        return self.say(line, f"{fd}: Bad file descriptor")

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return self.say(line, f"cd: can't cd to {path}")

    def builtin(self, line: int, name: str, text: str) -> str:
        """A complaint of a builtin."""
        return self.say(line, f"{name}: {text}")

    def test(self, line: int, name: str, error: TestError) -> str:
        """A complaint of ``test`` or ``[``."""
        return self.say(line, f"{name}: {self._test_text(error)}")

    def _test_text(self, error: TestError) -> str:
        match error.kind:
            case "operator":
                return f"{error.word}: unexpected operator"
            case "number":
                return f"Illegal number: {error.word}"
            case "bracket":
                return "missing ]"
            case "paren":
                return "closing paren expected"
        return f"{error.word}: argument expected"

    def bad_format_number(self, line: int, word: str) -> str:
        """printf got something else than a number."""
        return self.say(line, f"printf: {word}: expected numeric value")

    def no_such_job(self, line: int, word: str) -> str:
        return self.say(line, f"kill: No such job: {word}")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.say(line, "kill: No such process") + "\n"


class Ash(Dialect):
    """busybox 1.37 ash."""

    name = "ash"
    grammar = Grammar.ASH
    redirect_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        where = f"line {self._number(line)}: " if self.arg0 not in ("sh", "ash") else ""
        return f"{self.arg0}: {where}{text}\n"

    def _number(self, line: int) -> int:
        """Lines of ``-c`` are counted from 0."""
        return line if self.script else line - 1

    bad_substitution = "syntax error: bad substitution"

    def arithmetic(self, error: BadExpression) -> str:
        return "divide by zero" if error.kind == "division" else "arithmetic syntax error"

    def cannot_source(self, line: int, error: FileError) -> str:
        return self.builtin(line, ".", f"can't open '{error.path}': {error.strerror}")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        if error.unexpected is None:
            first, rest = error.message[:1], error.message[1:]
            what = (first if rest.startswith("OF") else first.lower()) + rest
        else:
            what = f"unexpected {error.unexpected}" + (f" (expecting {error.expecting})" if error.expecting else "")
        what = f"syntax error: {what}"
        return self.builtin(error.line, within, what) if within else self.say(error.line, what)

    def cannot_create(self, line: int, error: FileError) -> str:
        why = "nonexistent directory" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"can't create {error.path}: {why}")

    def cannot_run(self, error: FileError) -> str:
        return f"{self.arg0}: can't open '{error.path}': {error.strerror}\n"

    def cannot_open(self, line: int, error: FileError) -> str:
        why = "no such file" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"can't open {error.path}: {why}")

    def write_error(self, line: int, name: str, error: FileError) -> str:
        return self.say(line, f"write error: {error.strerror}")

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return self.builtin(line, "cd", f"can't cd to {path}: {error.strerror}")

    def builtin(self, line: int, name: str, text: str) -> str:
        return f"{self.arg0}: {name}: line {self._number(line)}: {text}\n"

    def test(self, line: int, name: str, error: TestError) -> str:
        match error.kind:
            case "operator":
                return self.say(line, f"{error.following}: unknown operand")
            case "number":
                return self.say(line, f"{error.word}: bad number")
        return self.say(line, self._test_text(error))

    def bad_format_number(self, line: int, word: str) -> str:
        return self.say(line, f"invalid number '{word}'")

    def bad_descriptor(self, line: int, fd: str) -> str:
        return self.say(line, f"dup2({fd},1): Bad file descriptor")

    def no_such_job(self, line: int, word: str) -> str:
        return self.builtin(line, "kill", f"{word}: no such job")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.say(line, f"can't kill pid {pid}: No such process")


class Bash(Dialect):
    """bash 4.2."""

    name = "bash"
    grammar = Grammar.BASH
    lines_from_zero = True
    redirect_status = 1
    error_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        return f"{self.arg0}: {f'line {line}: ' if self.script else ''}{text}\n"

    def not_found(self, line: int, name: str) -> str:
        return self.say(line, f"{name}: {'No such file or directory' if '/' in name else 'command not found'}")

    bad_substitution = "bad substitution"
    unset_parameter = "unbound variable"
    read_only = "readonly variable"

    def arithmetic(self, error: BadExpression) -> str:
        if error.kind == "division":
            text = error.text.split('"')[1].strip()
            return f'{text}: division by 0 (error token is "{re.split("[/%]", text)[-1].strip()}")'
        return super().arithmetic(error)

    def cannot_source(self, line: int, error: FileError) -> str:
        return self.say(line, f"{error.path}: {error.strerror}")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        line = error.line - (self.lines_from_zero and not self.script)
        begin = f"{self.arg0}: " + (f"{within}: " if within else "" if self.script else "-c: ")
        if error.unexpected is None or error.unexpected == "end of file":
            return f"{begin}line {line + 1}: syntax error: unexpected end of file\n"
        where = f"{begin}line {line}: "
        source = text.split("\n")[error.line - 1]
        return f"{where}syntax error near unexpected token `{error.unexpected.strip(chr(34))}'\n{where}`{source}'\n"

    def cannot_create(self, line: int, error: FileError) -> str:
        return self.say(line, f"{error.path}: {error.strerror}")

    def cannot_open(self, line: int, error: FileError) -> str:
        return self.say(line, f"{error.path}: {error.strerror}")

    def write_error(self, line: int, name: str, error: FileError) -> str:
        return self.say(line, f"{name}: write error: {error.strerror}")

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return self.builtin(line, "cd", f"{path}: {error.strerror}")

    def builtin(self, line: int, name: str, text: str) -> str:
        where = f"line {line}: " if self.script else f"line {line - 1}: " if self.lines_from_zero else ""
        return f"{self.arg0}: {where}{name}: {text}\n"

    def test(self, line: int, name: str, error: TestError) -> str:
        match error.kind:
            case "operator" | "argument" if len(error.given) == 2:
                return self.builtin(line, name, f"{error.given[0]}: unary operator expected")
            case "operator" | "argument" if len(error.given) == 3:
                return self.builtin(line, name, f"{error.given[1]}: binary operator expected")
            case "operator":
                return self.builtin(line, name, "too many arguments")
            case "number":
                return self.builtin(line, name, f"{error.word}: integer expression expected")
            case "bracket":
                return self.builtin(line, name, "missing `]'")
        return self.builtin(line, name, self._test_text(error))

    def bad_format_number(self, line: int, word: str) -> str:
        return self.builtin(line, "printf", f"{word}: invalid number")

    def no_such_job(self, line: int, word: str) -> str:
        return self.builtin(line, "kill", f"{word}: no such job")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.builtin(line, "kill", f"({pid}) - No such process")


class Bash5(Bash):
    """bash 5.2."""

    lines_from_zero = False


def _no_such_file(error: FileError) -> str:
    return "No such file" if error.errno == "ENOENT" else error.strerror


DIALECTS: dict[str, type[Dialect]] = {"debian": Dialect, "busybox": Ash, "centos": Bash}
"""The shell of each flavour of boxes."""
