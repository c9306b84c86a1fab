"""How the three shells word what they complain about: dash (Debian), ash (busybox) and bash (CentOS), as ``sh``."""

from __future__ import annotations

from macvsim.shell.files import FileError
from macvsim.shell.lexer import ShellSyntaxError


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

    def syntax(self, error: ShellSyntaxError, text: str) -> str:
        """A line that is no command; `text` is all of it."""
        if error.unexpected is None:
            return self.say(error.line, f"Syntax error: {error.message}")
        expecting = f" (expecting {error.expecting})" if error.expecting else ""
        return self.say(error.line, f"Syntax error: {error.unexpected} unexpected{expecting}")

    def cannot_create(self, line: int, error: FileError) -> str:
        why = "Directory nonexistent" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"cannot create {error.path}: {why}")

    def cannot_open(self, line: int, error: FileError) -> str:
        why = "No such file" if error.errno == "ENOENT" else error.strerror
        return self.say(line, f"cannot open {error.path}: {why}")

    def write_error(self, line: int, name: str, error: FileError) -> str:
        """A builtin could not write its output."""
        return self.say(line, f"{name}: {name}: I/O error")

    def bad_descriptor(self, line: int, fd: str) -> str:
        return self.say(line, f"{fd}: Bad file descriptor")

    def cannot_change_directory(self, line: int, path: str, error: FileError) -> str:
        return self.say(line, f"cd: can't cd to {path}")


class Ash(Dialect):
    """busybox 1.37 ash."""

    name = "ash"
    redirect_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        return f"sh: {text}\n"

    def syntax(self, error: ShellSyntaxError, text: str) -> str:
        if error.unexpected is None:
            return f"sh: syntax error: {error.message[0].lower()}{error.message[1:]}\n"
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
        return f"sh: cd: line {line - 1}: can't cd to {path}: {error.strerror}\n"


class Bash(Dialect):
    """bash 4.2 run as ``sh``."""

    name = "bash"
    redirect_status = 1
    echo_escapes = False

    def say(self, line: int, text: str) -> str:
        return f"sh: {text}\n"

    def not_found(self, line: int, name: str) -> str:
        return f"sh: {name}: {'No such file or directory' if '/' in name else 'command not found'}\n"

    def syntax(self, error: ShellSyntaxError, text: str) -> str:
        where = f"sh: -c: line {error.line - 1}: "
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
        return f"sh: cd: {path}: {error.strerror}\n"


DIALECTS = {"debian": Dialect(), "busybox": Ash(), "centos": Bash()}
"""The shell of each flavour of boxes."""
