"""How the three shells word what they complain about: dash (Debian), ash (busybox) and bash (CentOS), as ``sh``."""

from __future__ import annotations

from macvsim.shell.arith import BadExpression
from macvsim.shell.files import FileError
from macvsim.shell.lexer import ShellSyntaxError
from macvsim.shell.testexpr import TestError


class Dialect:
    """dash 0.5.12, run as ``sh -c LINE``; the others are subclasses."""

    name = "dash"
    redirect_status = 2
    echo_escapes = True
    """``echo`` replaces ``\\n`` and its like without ``-e``."""

    def say(self, line: int, text: str) -> str:
        """A complaint about something in a line."""
        return f"sh: {line}: {text}\n"

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
    redirect_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        return f"sh: {text}\n"

    bad_substitution = "syntax error: bad substitution"

    def arithmetic(self, error: BadExpression) -> str:
        return "divide by zero" if error.kind == "division" else "arithmetic syntax error"

    def cannot_source(self, line: int, error: FileError) -> str:
        return self.builtin(line, ".", f"can't open '{error.path}': {error.strerror}")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        if within:
            return self.syntax(error, text).replace("sh: ", f"sh: {within}: line {error.line - 1}: ", 1)
        if error.unexpected is None:
            first, rest = error.message[:1], error.message[1:]
            return f"sh: syntax error: {first if rest.startswith('OF') else first.lower()}{rest}\n"
        expecting = f" (expecting {error.expecting})" if error.expecting else ""
        return f"sh: syntax error: unexpected {error.unexpected}{expecting}\n"

    def cannot_create(self, line: int, error: FileError) -> str:
        why = "nonexistent directory" if error.errno == "ENOENT" else error.strerror
        return f"sh: can't create {error.path}: {why}\n"

    def cannot_open(self, line: int, error: FileError) -> str:
        why = "no such file" if error.errno == "ENOENT" else error.strerror
        return f"sh: can't open {error.path}: {why}\n"

    def write_error(self, line: int, name: str, error: FileError) -> str:
        return f"sh: write error: {error.strerror}\n"

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return self.builtin(line, "cd", f"can't cd to {path}: {error.strerror}")

    def builtin(self, line: int, name: str, text: str) -> str:
        return f"sh: {name}: line {line - 1}: {text}\n"

    def test(self, line: int, name: str, error: TestError) -> str:
        match error.kind:
            case "operator":
                return f"sh: {error.following}: unknown operand\n"
            case "number":
                return f"sh: {error.word}: bad number\n"
        return f"sh: {self._test_text(error)}\n"

    def bad_format_number(self, line: int, word: str) -> str:
        return f"sh: invalid number '{word}'\n"

    def bad_descriptor(self, line: int, fd: str) -> str:
        return f"sh: dup2({fd},1): Bad file descriptor\n"

    def no_such_job(self, line: int, word: str) -> str:
        return self.builtin(line, "kill", f"{word}: no such job")

    def no_such_process(self, line: int, pid: str) -> str:
        return f"sh: can't kill pid {pid}: No such process\n"


class Bash(Dialect):
    """bash 4.2 run as ``sh``."""

    name = "bash"
    redirect_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        return f"sh: {text}\n"

    def not_found(self, line: int, name: str) -> str:
        return f"sh: {name}: {'No such file or directory' if '/' in name else 'command not found'}\n"

    bad_substitution = "bad substitution"

    def cannot_source(self, line: int, error: FileError) -> str:
        return self.say(line, f"{error.path}: {error.strerror}")

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        where = f"sh: {within or '-c'}: line {error.line - 1}: "
        if error.unexpected is None or error.unexpected == "end of file":
            return f"{where}syntax error: unexpected end of file\n"
        source = text.split("\n")[error.line - 1]
        return f"{where}syntax error near unexpected token `{error.unexpected.strip(chr(34))}'\n{where}`{source}'\n"

    def cannot_create(self, line: int, error: FileError) -> str:
        return f"sh: {error.path}: {error.strerror}\n"

    def cannot_open(self, line: int, error: FileError) -> str:
        return f"sh: {error.path}: {error.strerror}\n"

    def write_error(self, line: int, name: str, error: FileError) -> str:
        return f"sh: {name}: write error: {error.strerror}\n"

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return f"sh: line {line - 1}: cd: {path}: {error.strerror}\n"

    def builtin(self, line: int, name: str, text: str) -> str:
        return f"sh: line {line - 1}: {name}: {text}\n"

    def test(self, line: int, name: str, error: TestError) -> str:
        match error.kind:
            case "operator":
                return self.builtin(line, name, f"{error.word}: unary operator expected")
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


def _no_such_file(error: FileError) -> str:
    return "No such file" if error.errno == "ENOENT" else error.strerror


DIALECTS = {"debian": Dialect(), "busybox": Ash(), "centos": Bash()}
"""The shell of each flavour of boxes."""
