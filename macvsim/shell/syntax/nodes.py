"""What a command line means: words and commands as the parser makes them (POSIX.1-2017, Shell Command Language 2.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Lit:
    """Text that stands for itself; quoted text is neither split nor matched against file names."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Param:
    """``$name`` or ``${name OP word}``.

    op : empty, or one of ``:- - := = :? ? :+ + # ## % %%``, or ``len`` for ``${#name}``, or beyond POSIX
        ``: / // /# /% ^ ^^ , ,,``
    second : the length after ``:``, the replacement after ``/``; None if there is none
    """

    name: str
    op: str = ""
    word: Word = ()
    quoted: bool = False
    second: Word | None = None


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(commands)`` or its older form with backquotes."""

    program: Command
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    expression: Word
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class BadSubstitution:
    """``${…}`` that means nothing: an error once it is expanded."""


Part: TypeAlias = Lit | Param | Substitution | Arithmetic | BadSubstitution
Word: TypeAlias = tuple[Part, ...]


@dataclass(slots=True)
class HereDocument:
    """The text after a line with ``<<delimiter``, filled in when the lexer has come to it.

    strip_tabs : ``<<-``; expand : the delimiter was not quoted
    """

    delimiter: str
    strip_tabs: bool
    expand: bool
    text: Word = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """``[fd]OP target``; op is ``<``, ``>``, ``>>``, ``>|``, ``<>``, ``<&``, ``>&``, ``<<<``, or ``<<``, which has a
    document.
    """

    fd: int
    op: str
    target: Word | HereDocument


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments and words; `line` is where it begins."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, the exit status inverted by ``!``."""

    commands: tuple[Command, ...]
    inverted: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """``left && right`` or ``left || right``."""

    left: Command
    op: str
    right: Command


@dataclass(frozen=True, slots=True)
class Background:
    """``command &``; `text` is how it is listed."""

    command: Command
    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( body )``."""

    body: Command


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections."""

    command: Command
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words; do body; done``; `words` is None where ``in`` is missing: the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Command


@dataclass(frozen=True, slots=True)
class While:
    """``while`` or, inverted, ``until``."""

    condition: Command
    body: Command
    inverted: bool


@dataclass(frozen=True, slots=True)
class Count:
    """``for ((first; condition; step)); do body; done``; an empty condition is true."""

    first: Word
    condition: Word
    step: Word
    body: Command


@dataclass(frozen=True, slots=True)
class Let:
    """``((expression))``: true if it is not 0."""

    expression: Word


@dataclass(frozen=True, slots=True)
class Test:
    """``[[ … ]]``, or a part of one: `op` is an operator of one word or two, or ``!``, ``&&``, ``||`` with tests."""

    op: str
    args: tuple[Test | Word, ...]


@dataclass(frozen=True, slots=True)
class If:
    """``if … elif … else … fi``: conditions with what follows each, and the rest."""

    branches: tuple[tuple[Command, Command], ...]
    otherwise: Command | None


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern|pattern) …;; esac``."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Command], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """``name() command``."""

    name: str
    body: Command


Command: TypeAlias = (
    Simple | Pipeline | AndOr | Background | Sequence | Subshell | Redirected | For | Count | While | If | Case
    | Function | Let | Test
)  # fmt: skip
