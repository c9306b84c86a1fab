"""Nodes of the syntax tree: words and commands as the parser makes them (POSIX.1-2017, Shell Command Language 2.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
        ``: / // /# /% ^ ^^ , ,, ~ ~~ @``, ``keys`` for ``${!name[@]}``, ``names`` for ``${!name*}``
    second : the length after ``:``, the replacement after ``/``; None if there is none
    subscript : of an array's element; ``@`` or ``*`` for all of them; None if there is none
    indirect : ``${!name}``: the value is the name of the parameter; source : as written
    """

    name: str
    op: str = ""
    word: Word | tuple[Part, ...] = ()
    quoted: bool = False
    second: Word | None = None
    subscript: Word | None = None
    indirect: bool = False
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(commands)`` or its older form with backquotes."""

    program: Command
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSubstitution:
    """``<(commands)`` or ``>(commands)``: the name of a file that is the commands' output or input."""

    program: Command
    op: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    expression: Word | tuple[Part, ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class BadSubstitution:
    """``${…}`` that means nothing: an error once it is expanded."""

    source: str = field(default="", compare=False)


Part: TypeAlias = Lit | Param | Substitution | ProcessSubstitution | Arithmetic | BadSubstitution


class Word(tuple[Part, ...]):
    """The parts of a word; `source` is the word as written."""

    source: str

    def __new__(cls, parts: Iterable[Part] = (), source: str = "") -> Word:
        word = super().__new__(cls, parts)
        word.source = source
        return word


@dataclass(frozen=True, slots=True)
class Element:
    """A value in ``name=(…)``; with a subscript where it is ``[subscript]=value`` or ``[subscript]+=value``."""

    value: Word
    subscript: Word | None = None
    append: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name[subscript]=value``, ``name=(…)``, and the same with ``+=``.

    value : a word, or the elements of an array; source : as written
    """

    name: str
    value: Word | tuple[Element, ...]
    subscript: Word | None = None
    append: bool = False
    source: str = field(default="", compare=False)


@dataclass(slots=True)
class HereDocument:
    """The text after a line with ``<<delimiter``, filled in when the lexer has come to it.

    strip_tabs : ``<<-``; expand : the delimiter was not quoted; source : the text as written
    """

    delimiter: str
    strip_tabs: bool
    expand: bool
    text: Word = field(default_factory=Word)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """``[fd]OP target``; op is ``<``, ``>``, ``>>``, ``>|``, ``<>``, ``<&``, ``>&``, ``&>``, ``&>>``, ``<<<``, or
    ``<<``, which has a document.

    variable : the name in ``{name}>``, which gets the number of a new descriptor
    """

    fd: int
    op: str
    target: Word | HereDocument
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments and words; `line` is where it begins.  An assignment is among the words of ``declare`` and its
    relatives.
    """

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, the exit status inverted by ``!``; timed by ``time`` (``-p`` for ``time -p``)."""

    commands: tuple[Command, ...]
    inverted: bool
    timed: str = ""


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
    """Commands one after the other; `braces` are around them in ``{ …; }``."""

    commands: tuple[Command, ...]
    braces: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( body )``."""

    body: Command
    line: int = field(default=0, compare=False)


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
    line: int = field(default=0, compare=False)


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
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Let:
    """``((expression))``: true if it is not 0."""

    expression: Word
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Test:
    """``[[ … ]]``, or a part of one: `op` is an operator of one word or two, or ``!``, ``&&``, ``||``, ``(`` with
    tests; an operator of one word is ``-n`` where it is not written (`bare`).
    """

    op: str
    args: tuple[Test | Word, ...]
    line: int = field(default=0, compare=False)
    bare: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    """``if … elif … else … fi``: conditions with what follows each, and the rest."""

    branches: tuple[tuple[Command, Command], ...]
    otherwise: Command | None


@dataclass(frozen=True, slots=True)
class CaseItem:
    """Patterns and what follows them, up to `end`: ``;;``, ``;&`` (go on with the next item) or ``;;&`` (look at the
    next item).
    """

    patterns: tuple[Word, ...]
    body: Command
    end: str = ";;"


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern|pattern) …;; esac``."""

    word: Word
    items: tuple[CaseItem, ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """``name() command``; `line` is where it begins."""

    name: str
    body: Command
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A command of the language that macvsim leaves out: `what` is its name in `grammar.LEFT_OUT`."""

    what: str
    source: str


Command: TypeAlias = (
    Simple | Pipeline | AndOr | Background | Sequence | Subshell | Redirected | For | Count | While | If | Case
    | Function | Let | Test | LeftOut
)  # fmt: skip
