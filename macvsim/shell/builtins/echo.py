"""The output of echo, and of the program printf."""

from __future__ import annotations

import re
from collections.abc import Callable

from macvsim.shell.expansion.escapes import unescape


def echo_text(words: list[str], *, letters: str, escapes: bool = False, unicode: bool = False) -> str:
    """The output of ``echo WORD…``.

    letters : the options it knows, of ``neE``; escapes : backslashes count without ``-e``
    unicode : ``\\uHHHH`` is an escape
    """
    words = list(words)
    newline = "\n"
    while words and re.fullmatch(rf"-[{letters}]+", words[0]):
        option = words.pop(0)
        newline = "" if "n" in option else newline
        for letter in option[1:]:
            escapes = {"e": True, "E": False}.get(letter, escapes)
    text = " ".join(words)
    if escapes:
        text, ended = unescape(text, leading_zero=True, unicode=unicode)
        newline = "" if ended else newline
    return text + newline


def format_text(pattern: str, words: list[str], field: Callable[[int], None]) -> tuple[str, list[str]]:
    """The output of the program ``printf FORMAT WORD…``, and the words that should be numbers and are not;
    `field` takes the width of each field before it is built."""
    from macvsim.shell.builtins.printf import Formatter

    formatter = Formatter(pattern, words, more=False, now=lambda: 0, field=field)
    formatter.run()
    if formatter.bad is not None:
        formatter.printed += "%"
    return formatter.printed, [wrong.word for wrong in formatter.wrong]
