"""The messages of bash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from macvsim.machine.files import FileError
from macvsim.shell.dialects import Dialect
from macvsim.shell.expansion.quotes import reusable, traced
from macvsim.shell.syntax.grammar import SHOPTS, Grammar
from macvsim.shell.syntax.quoting import ShellSyntaxError
from macvsim.shell.variables import VariableError

if TYPE_CHECKING:
    from macvsim.shell.builtins.testexpr import TestError
    from macvsim.shell.expansion.arith import BadExpression

_ARITHMETIC = {
    "primary": "syntax error: operand expected", "end": "syntax error in expression",
    "colon": "`:' expected for conditional expression", "paren": "missing `)'", "division": "division by 0",
    "base": "invalid arithmetic base", "digit": "value too great for base", "number": "invalid number",
    "assign": "attempted assignment to non-variable", "exponent": "exponent less than 0",
    "recursion": "expression recursion level exceeded",
}  # fmt: skip


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

    options: tuple[str, ...] = ("h", "B")
    option_order = "aefhimnuvxBCETcs"
    option_names: Mapping[str, str] = {
        "allexport": "a", "braceexpand": "B", "emacs": "", "errexit": "e", "errtrace": "E", "functrace": "T",
        "hashall": "h", "histexpand": "", "history": "", "ignoreeof": "", "interactive-comments": "!", "keyword": "",
        "monitor": "", "noclobber": "C", "noexec": "n", "noglob": "f", "nolog": "", "notify": "", "nounset": "u",
        "onecmd": "", "physical": "", "pipefail": "pipefail", "posix": "", "privileged": "", "verbose": "v", "vi": "",
        "xtrace": "x",
    }  # fmt: skip
    option_heading = ""
    shopts = tuple(name for name, on in SHOPTS.items() if on and name not in ("globskipdots", "patsub_replacement"))
    version = ("4", "2", "46", "2", "release", "x86_64-redhat-linux-gnu")
    variables: Mapping[str, str] = {"IFS": " \t\n", "OPTIND": "1", "OPTERR": "1", "PS4": "+ ", "TERM": "dumb"}

    def option_line(self, name: str, *, on: bool) -> str:
        return f"{name:<15}\t{'on' if on else 'off'}\n"

    def quoted(self, text: str) -> str:
        return reusable(text)

    def traced(self, text: str) -> str:
        return traced(text)

    def bad_substitution(self, source: str) -> str:
        return f"{source}: bad substitution"

    unset_parameter = "unbound variable"
    read_only = "readonly variable"

    def unset_message(self, op: str) -> str:
        return "parameter null or not set" if op == ":?" else "parameter not set"

    def variable(self, error: VariableError) -> str:
        match error.kind:
            case "subscript":
                return f"{error.name}: bad array subscript"
            case "name":
                return f"`{error.name}': not a valid identifier"
            case "circle":
                return f"{error.name}: circular name reference"
        return f"{error.name}: {self.read_only}"

    def arithmetic(self, error: BadExpression) -> str:
        return f'{error.expression.lstrip()}: {_ARITHMETIC[error.kind]} (error token is "{error.token}")'

    def cannot_overwrite(self, line: int, path: str) -> str:
        return self.say(line, f"{path}: cannot overwrite existing file")

    def cannot_source(self, line: int, error: FileError, name: str = ".") -> str:
        return self.say(line, f"{error.path}: {error.strerror}")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        counted = int(self.lines_from_zero and not self.script)
        begin = f"{self.arg0}: " + (f"{within}: " if within else "" if self.script else "-c: ")
        last = text.rstrip("\n").count("\n") + 2
        if error.unexpected is None and error.token:
            line = (error.opened or last) - counted
            message = f"{begin}line {line}: unexpected EOF while looking for matching `{error.token}'\n"
            if error.message == "regex":
                message += f"{begin}line {line + 1}: unexpected argument to conditional binary operator\n"
            return message
        if error.unexpected is None or error.unexpected == "end of file":
            return f"{begin}line {last}: syntax error: unexpected end of file\n"
        where = f"{begin}line {error.line - counted}: "
        source = [*text.split("\n"), ""][error.line - 1]
        token = error.token or error.unexpected.strip('"')
        if error.within:
            operand = error.within.replace("argument", f"argument `{token}'")
            return f"{where}{operand}\n{where}syntax error near `{token}'\n{where}`{source}'\n"
        return f"{where}syntax error near unexpected token `{token}'\n{where}`{source}'\n"

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

    def bad_format_number(self, line: int, word: str, kind: str = "number") -> str:
        return self.builtin(line, "printf", f"{word}: invalid number")

    def no_such_job(self, line: int, word: str) -> str:
        return self.builtin(line, "kill", f"{word}: no such job")

    def no_such_process(self, line: int, pid: str) -> str:
        return self.builtin(line, "kill", f"({pid}) - No such process")


class Bash5(Bash):
    """bash 5.2."""

    lines_from_zero = False
    names_killed = True
    shopts = tuple(name for name, on in SHOPTS.items() if on)
    version = ("5", "2", "37", "1", "release", "x86_64-pc-linux-gnu")
