"""Whether a command goes on in the next line (POSIX.1-2017, Shell Command Language 2.1)."""

from __future__ import annotations

from macvsim.shell.syntax.grammar import Grammar
from macvsim.shell.syntax.lexer import ShellSyntaxError
from macvsim.shell.syntax.parser import Parser


def is_unfinished(text: str, grammar: Grammar = Grammar.BASH) -> bool:
    """True if a command needs more lines: a quote, a list, a here-document is open, or a backslash hides the end."""
    if (len(text) - len(text.rstrip("\\"))) % 2:
        return True
    parser = Parser(text + "\n", grammar=grammar)
    try:
        while parser.complete_command() is not None:
            pass
    except ShellSyntaxError as error:
        return error.unexpected == "end of file" or (error.unexpected is None and error.token != "")
    return parser.cut_short
