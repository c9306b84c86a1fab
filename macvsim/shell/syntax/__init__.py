"""The grammar of the shells (POSIX.1-2017, Shell Command Language 2.3 and 2.10).

Lexer, parser, and the nodes that a command line becomes.  Read `nodes.py` first.  `reader` keeps texts of one command:
a line that is typed again is not parsed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import ShellSyntaxError
from macvsim.shell.syntax.nodes import Command
from macvsim.shell.syntax.parser import Parser

_LONGEST = 1000
"""Characters of a text that is kept; longer texts are scripts, which are seldom typed again."""


class Step(NamedTuple):
    """A command, None at the end; the line after it, and the number of characters up to there."""

    command: Command | None
    line: int
    read: int


class Known:
    """Stands for the parser of a text with one command."""

    def __init__(self, text: str, line: int, steps: tuple[Step, ...]) -> None:
        self._text = text
        self._steps = iter(steps)
        self._step = Step(None, line, 0)
        self.expands = True

    @property
    def line(self) -> int:
        """As `Parser.line`."""
        return self._step.line

    @property
    def text(self) -> str:
        """As `Parser.text`."""
        return self._text[: self._step.read]

    def unended(self) -> list[tuple[int, str]]:
        """As `Parser.unended`."""
        return []

    def complete_command(self) -> Command | None:
        """As `Parser.complete_command`."""
        self._step = next(self._steps)
        return self._step.command


def reader(
    text: str, line: int, grammar: Grammar, aliases: Mapping[str, str], shopts: Mapping[str, None]
) -> Parser | Known:
    """A parser of a text whose first line has this number; arguments as of `Parser`."""
    steps = None if aliases or len(text) > _LONGEST else _steps(text, line, grammar, tuple(shopts))
    return Parser(text, 0, line, grammar, aliases, shopts) if steps is None else Known(text, line, steps)


@lru_cache(maxsize=1024)
def _steps(text: str, line: int, grammar: Grammar, shopts: tuple[str, ...]) -> tuple[Step, ...] | None:
    """The steps through a text of one command; None for another text, and for mistakes."""
    parser = Parser(text, 0, line, grammar, None, shopts)
    try:
        steps = []
        for _ in range(2):
            command = parser.complete_command()
            steps.append(Step(command, parser.line, len(parser.text)))
        is_one = steps[0].command is not None and steps[1].command is None and not parser.unended()
    except ShellSyntaxError:
        is_one = False
    return tuple(steps) if is_one else None
