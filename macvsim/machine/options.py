"""getopt_long() of the C library (getopt(3)): the options and operands of a command line."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from macvsim.machine.usage import Option


class _Wrong(Exception):
    """A word does not fit; the text is glibc's."""


@dataclass
class Given:
    """The options of a command line in their order, each by its letter if it has one, and the operands."""

    options: list[tuple[str, Any]] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    """The names of the options as they stand on the line."""
    wrong: str = ""
    """glibc's text for the word that does not fit, at which reading stopped."""

    def __contains__(self, name: str) -> bool:
        return any(name == other for other, _ in self.options)

    def get(self, name: str, default: Any = "") -> Any:
        """The argument of an option where it stands last, as the program reads it."""
        return next((value for other, value in reversed(self.options) if other == name), default)

    def all(self, name: str) -> list[Any]:
        """The arguments of an option, wherever it stands."""
        return [value for other, value in self.options if other == name]

    def add(self, option: Option, typed: str, value: str) -> None:
        """Take an option that was read."""
        self.options.append((option.name, value))
        self.typed.append(typed)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.options]


def read_options(
    words: list[str],
    options: Mapping[str, Option],
    *,
    permute: bool = True,
    long: bool = True,
    numbers: bool = False,
    last: Container[str] = (),
) -> Given:
    """Read a command line, up to the first word that does not fit.

    options : by every name they have; permute : options may stand behind operands; long : there are long options
    numbers : a negative number is an operand; last : options behind which every word is an operand
    """
    given = Given()
    rest = list(words)
    try:
        while rest and not (given.options and given.options[-1][0] in last):
            word = rest.pop(0)
            if word == "--":
                break
            if word == "-" or not word.startswith("-") or (numbers and re.match(r"-[.\d]", word)):
                given.operands.append(word)
                if not permute:
                    break
            elif word.startswith("--") and long:
                _long(word, rest, options, given)
            else:
                _letters(word, rest, options, given)
        given.operands += rest
    except _Wrong as wrong:
        given.wrong = str(wrong)
    return given


def read_alone(words: list[str], options: Mapping[str, Option], *, dashes: bool = False) -> Given:
    """Read ``--help`` or ``--version`` where it is the only word (gnulib's parse_long_options); others are operands.

    dashes : a ``--`` before the operands is none
    """
    given = Given()
    if len(words) == 1 and words[0] in ("--help", "--version") and words[0] in options:
        given.add(options[words[0]], words[0], "")
    else:
        given.operands = words[1:] if dashes and words[:1] == ["--"] else list(words)
    return given


def _letters(word: str, rest: list[str], options: Mapping[str, Option], given: Given) -> None:
    """``-abcVALUE``."""
    for at, letter in enumerate(word[1:], start=1):
        option = options.get(f"-{letter}")
        if option is None:
            raise _Wrong(f"invalid option -- '{letter}'")
        if not option.argument:
            given.add(option, f"-{letter}", "")
            continue
        value = word[at + 1 :]
        if not value and not option.optional:
            if not rest:
                raise _Wrong(f"option requires an argument -- '{letter}'")
            value = rest.pop(0)
        given.add(option, f"-{letter}", value)
        return


def _long(word: str, rest: list[str], options: Mapping[str, Option], given: Given) -> None:
    """``--name``, ``--name=VALUE`` or ``--name VALUE``; a name may be cut short where that names one option only."""
    typed, equals, value = word.partition("=")
    fitting = [name for name in options if name.startswith("--") and name.startswith(typed)]
    if typed in options:
        fitting = [typed]
    if not fitting:
        raise _Wrong(f"unrecognized option '{typed}'")
    if len({options[name].names for name in fitting}) > 1:
        names = "".join(f" '{name}'" for name in fitting)
        raise _Wrong(f"option '{typed}' is ambiguous; possibilities:{names}")
    option = options[fitting[0]]
    if equals and not option.argument:
        raise _Wrong(f"option '{fitting[0]}' doesn't allow an argument")
    if option.argument and not equals and not option.optional:
        if not rest:
            raise _Wrong(f"option '{fitting[0]}' requires an argument")
        value = rest.pop(0)
    given.add(option, fitting[0], value)
