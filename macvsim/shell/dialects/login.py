"""The shells people type at: the messages of the shells without the numbers of lines."""

from __future__ import annotations

from macvsim.shell.dialects import Dialect
from macvsim.shell.dialects.ash import Ash
from macvsim.shell.dialects.bash import Bash, Bash5
from macvsim.shell.syntax.quoting import ShellSyntaxError


class LoginBash(Bash5):
    """bash 5 after logging in, as root on Debian and Ubuntu."""

    def __init__(self, arg0: str = "-bash", *, script: bool = False) -> None:
        super().__init__(arg0, script=script)

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        return self.say(error.line, (f"{within}: " if within else "") + _syntax_text(error))


class LoginBash4(Bash):
    """bash 4.2 after logging in, on CentOS."""

    lines_from_zero = False

    def __init__(self, arg0: str = "-bash", *, script: bool = False) -> None:
        super().__init__(arg0, script=script)

    def syntax(self, error: ShellSyntaxError, text: str, within: str = "") -> str:
        return self.say(error.line, (f"{within}: " if within else "") + _syntax_text(error))


class TerminalAsh(Ash):
    """ash at a terminal: what ``docker exec -it NAME sh`` starts in a busybox container."""

    def builtin(self, line: int, name: str, text: str) -> str:
        return f"{self.arg0}: {name}: {text}\n"


def _syntax_text(error: ShellSyntaxError) -> str:
    if error.unexpected is None or error.unexpected == "end of file":
        return "syntax error: unexpected end of file"
    return f"syntax error near unexpected token `{error.token or error.unexpected.strip(chr(34))}'"


LOGIN_DIALECTS: dict[str, type[Dialect]] = {"debian": LoginBash, "busybox": TerminalAsh, "centos": LoginBash4}
"""The shell of each flavour of boxes that a user gets."""
