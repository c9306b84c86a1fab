"""A builtin of the shell being run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.machine.call import Waiting
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.streams import Descriptors
from macvsim.machine.tool import ToolError
from macvsim.shell.state import Exit, State
from macvsim.shell.variables import Items

if TYPE_CHECKING:
    from macvsim.shell.shellprocess import ShellProcess


class Invocation:
    """A builtin being run.

    arrays : the elements of ``name=(…)`` among the words, by place
    """

    def __init__(
        self, shell: ShellProcess, argv: list[str], streams: Descriptors, arrays: dict[int, Items] | None = None
    ) -> None:
        self.shell = shell
        self.argv = argv
        self.streams = streams
        self.arrays = arrays or {}

    @property
    def state(self) -> State:
        return self.shell.state

    @property
    def bash(self) -> bool:
        return self.state.dialect.name == "bash"

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    @property
    def files(self) -> FileSystem:
        return self.shell.files

    def out(self, text: str) -> None:
        """Print; `FileError` where standard output is closed."""
        if text and self.streams.get(1) is None:
            raise FileError("EBADF", "")
        self.streams.out(text)

    def complain(self, text: str, status: int = 2) -> int:
        """Say what is wrong, behind the builtin's name."""
        self.streams.err(self.state.dialect.builtin(self.shell.line, self.argv[0], text))
        return status

    def fail(self, text: str, status: int = 2) -> Exit:
        """As `complain`, where it is the end of the shell."""
        return Exit(self.complain(text, status))

    def misuse(self, text: str = "", status: int = 2) -> ToolError:
        """As `complain`, with the usage of bash's builtin; the error that is raised then has no further text."""
        if text:
            self.complain(text)
        from macvsim.shell.builtins.usage import USAGE

        name = {"source": ".", "readarray": "mapfile"}.get(self.argv[0], self.argv[0])
        if self.bash and name in USAGE:
            self.streams.err(f"{self.argv[0]}: usage: {USAGE[name]}\n")
        return ToolError("", status)

    def options(self, known: str) -> tuple[dict[str, str], list[str]]:
        """Options with their values, empty where they take none, and the other words; `ToolError` for another option.

        known : letters; one that takes a value has a colon behind it
        """
        given: dict[str, str] = {}
        words = self.args
        while words and words[0].startswith("-") and len(words[0]) > 1:
            word = words.pop(0)
            if word == "--":
                break
            at = 1
            while at < len(word):
                letter = word[at]
                at += 1
                place = known.find(letter)
                if place < 0 or letter == ":":
                    raise self._no_such_option(letter)
                given[letter] = ""
                if known[place + 1 : place + 2] == ":":
                    if at == len(word) and not words:
                        raise self.misuse(f"-{letter}: option requires an argument")
                    given[letter] = word[at:] if at < len(word) else words.pop(0)
                    break
        return given, words

    def _no_such_option(self, letter: str) -> Exception:
        if self.bash:
            return self.misuse(f"-{letter}: invalid option")
        text = "Illegal option" if self.state.dialect.name == "dash" else "illegal option"
        return ToolError("", self.complain(f"{text} -{letter}"))

    def number(self, at: int, default: int) -> int:
        """An argument that is a count."""
        if len(self.args) <= at:
            return default
        if not self.args[at].isdecimal():
            raise self.fail(f"Illegal number: {self.args[at]}")
        return int(self.args[at])


Builtin = Callable[[Invocation], int | Waiting]
