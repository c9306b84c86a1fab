"""The messages of busybox ash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from macvsim.machine.files import FileError
from macvsim.shell.dialects import Dialect
from macvsim.shell.expansion.quotes import ash_traced
from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.quoting import ShellSyntaxError

if TYPE_CHECKING:
    from macvsim.shell.builtins.testexpr import TestError
    from macvsim.shell.expansion.arith import BadExpression


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

    option_names: Mapping[str, str] = {
        "errexit": "e", "noglob": "f", "ignoreeof": "", "monitor": "m", "noexec": "n", "xtrace": "x", "verbose": "v",
        "noclobber": "C", "allexport": "a", "notify": "", "nounset": "u", "errtrace": "", "vi": "",
        "pipefail": "pipefail",
    }  # fmt: skip
    option_heading = ""
    variables: Mapping[str, str] = {"IFS": " \t\n", "OPTIND": "1", "PS1": "\\w \\$ ", "PS2": "> ", "PS4": "+ "}

    def traced(self, text: str) -> str:
        return ash_traced(text)

    def bad_substitution(self, source: str) -> str:
        return "syntax error: bad substitution"

    def arithmetic(self, error: BadExpression) -> str:
        return "divide by zero" if error.kind == "division" else "arithmetic syntax error"

    def cannot_source(self, line: int, error: FileError, name: str = ".") -> str:
        return self.builtin(line, name, f"can't open '{error.path}': {error.strerror}")

    def cannot_overwrite(self, line: int, path: str) -> str:
        return self.say(line, f"can't create {path}: File exists")

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
                return f"sh: {error.following}: unknown operand\n"
            case "number":
                return f"sh: {error.word}: bad number\n"
        return f"sh: {self._test_text(error)}\n"

    def bad_format_number(self, line: int, word: str, kind: str = "number") -> str:
        return f"sh: invalid number '{word}'\n"

    def bad_descriptor(self, line: int, fd: str) -> str:
        return self.say(line, f"dup2({fd},1): Bad file descriptor")

    def no_such_job(self, line: int, word: str) -> str:
        return self.builtin(line, "kill", f"{word}: no such job")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.say(line, f"can't kill pid {pid}: No such process")
