"""How the shells differ: messages, options and variables they begin with.

`Dialect` is dash (Debian's sh), and tells what another shell says differently: ash (busybox), and bash, which is sh on
CentOS.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from macvsim.machine.files import FileError
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.quoting import ShellSyntaxError
from macvsim.shell.variables import VariableError

if TYPE_CHECKING:
    from macvsim.shell.builtins.testexpr import TestError
    from macvsim.shell.expansion.arith import BadExpression

SIGNAL_TEXT = {
    1: "Hangup", 3: "Quit", 9: "Killed", 10: "User defined signal 1", 12: "User defined signal 2", 14: "Alarm clock",
    15: "Terminated",
}  # fmt: skip
"""The text of a shell about a child that a signal ended; nothing for SIGINT and SIGPIPE (strsignal)."""


class Dialect:
    """dash 0.5.12; the others are subclasses.

    arg0 : the shell's name, with which it begins what it says; script : it is that of the file being run
    """

    name = "dash"
    grammar = Grammar.POSIX
    redirect_status = 2
    error_status = 2
    """Of a shell that an expansion or an assignment ends."""
    options: tuple[str, ...] = ()
    """Options that are on when the shell begins."""
    option_order = "ubaCEVvxsnmiIfe"
    option_names: Mapping[str, str] = {
        "errexit": "e", "noglob": "f", "ignoreeof": "", "interactive": "i", "monitor": "m", "noexec": "n", "stdin": "s",
        "xtrace": "x", "verbose": "v", "vi": "", "emacs": "", "noclobber": "C", "allexport": "a", "notify": "",
        "nounset": "u", "privileged": "", "nolog": "", "pipefail": "pipefail", "debug": "",
    }  # fmt: skip
    """Names of ``set -o`` with the letters of ``set``, in the order of its list; empty for names that are left out."""
    shopts: tuple[str, ...] = ()
    version: tuple[str, ...] = ("", "", "", "", "", "")
    names_killed = False
    """The command is named when a signal ends it."""
    variables: Mapping[str, str] = {"IFS": " \t\n", "OPTIND": "1", "PS1": "# ", "PS2": "> ", "PS4": "+ "}
    """Variables that a shell begins with."""

    def option_letters(self, options: Container[str]) -> str:
        """``$-``."""
        return "".join(letter for letter in self.option_order if letter in options)

    def option_line(self, name: str, *, on: bool) -> str:
        """A line of ``set -o``."""
        return f"{name:<16}{'on' if on else 'off'}\n"

    option_heading = "Current option settings\n"

    def quoted(self, text: str) -> str:
        """A value as ``set`` prints it."""
        from macvsim.shell.expansion.quotes import dash_quoted

        return dash_quoted(text)

    def traced(self, text: str) -> str:
        """A word as ``set -x`` prints it."""
        return text

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

    def bad_substitution(self, source: str) -> str:
        """``${…}`` means nothing."""
        return "Bad substitution"

    unset_parameter = "parameter not set"
    read_only = "is read only"

    def unset_message(self, op: str) -> str:
        """The message of ``${name?}`` and ``${name:?}`` without a word."""
        return "parameter not set" + (" or null" if op == ":?" else "")

    def variable(self, error: VariableError) -> str:
        """A variable cannot have a value."""
        return f"{error.name}: {self.read_only}"

    def arithmetic(self, error: BadExpression) -> str:
        """The mistake in an expression, without the shell's name."""
        if error.kind == "number":
            return f"Illegal number: {error.token}"
        missing = {"primary": "expecting primary", "colon": "expecting ':'", "paren": "expecting ')'",
                   "division": "division by zero"}  # fmt: skip
        return f'arithmetic expression: {missing.get(error.kind, "expecting EOF")}: "{error.expression}"'

    def cannot_source(self, line: int, error: FileError, name: str = ".") -> str:
        """``. FILE`` fails."""
        return self.builtin(line, name, f"cannot open {error.path}: {no_such_file(error)}")

    def cannot_overwrite(self, line: int, path: str) -> str:
        """``set -C`` forbids to empty a file."""
        return self.say(line, f"cannot create {path}: File exists")

    def cannot_create(self, line: int, error: FileError) -> str:
        why = "Directory nonexistent" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"cannot create {error.path}: {why}")

    def cannot_open(self, line: int, error: FileError) -> str:
        return self.say(line, f"cannot open {error.path}: {no_such_file(error)}")

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

    def bad_format_number(self, line: int, word: str, kind: str = "number") -> str:
        """printf got something else than a number; kind : ``number``, ``rest`` (only a part is one) or ``range``."""
        texts = {"rest": "not completely converted", "range": "Numerical result out of range"}
        return self.say(line, f"printf: {word}: {texts.get(kind, 'expected numeric value')}")

    def no_such_job(self, line: int, word: str) -> str:
        return self.say(line, f"kill: No such job: {word}")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.say(line, "kill: No such process") + "\n"


def no_such_file(error: FileError) -> str:
    return "No such file" if error.errno == "ENOENT" else error.strerror


def dialect_of(flavour: str) -> type[Dialect]:
    """The sh of a flavour of boxes."""
    if flavour == "debian":
        return Dialect
    module, name = {"busybox": ("ash", "Ash"), "centos": ("bash", "Bash")}[flavour]
    found: type[Dialect] = getattr(import_module(f"macvsim.shell.dialects.{module}"), name)
    return found
