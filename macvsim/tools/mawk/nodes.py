"""What an awk program means, as the parser makes it (POSIX.1-2017, awk, Grammar)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or text."""

    value: float | str


@dataclass(frozen=True, slots=True)
class Regex:
    """``/…/``: alone, whether $0 matches."""

    source: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, or a parameter of the function that runs."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """``$expression``."""

    number: Expression


@dataclass(frozen=True, slots=True)
class Element:
    """``name[subscripts]``."""

    name: str
    subscripts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``(a, b)`` before ``in``, or one expression in parentheses."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands: ``+``, ``neg``, ``!``, ``~``, ``in``, ``concat``, ``?``, ``&&``, ``<`` …"""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """``target OP= value``; an empty operator is plain assignment."""

    target: Expression
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Step:
    """``++x``, ``x--``; by: 1 or -1; after: the value is the one before."""

    target: Expression
    by: int
    after: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language or of the program."""

    name: str
    args: tuple[Expression, ...]


Expression: TypeAlias = (
    Constant | Regex | Variable | Field | Element | Group | Operation | Assign | Step | Call
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Print:
    """``print`` and, with a format as its first argument, ``printf``; to the file `target`, or behind what it has."""

    formatted: bool
    args: tuple[Expression, ...]
    target: Expression | None = None
    appends: bool = False


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """``{ … }``."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    condition: Expression
    then: Statement
    otherwise: Statement | None


@dataclass(frozen=True, slots=True)
class Loop:
    """``while``, ``for (;;)``, and ``do`` (checked after the body); an absent condition is true."""

    first: Statement | None
    condition: Expression | None
    step: Statement | None
    body: Statement
    after: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """``for (name in array)``."""

    name: str
    array: str
    body: Statement


@dataclass(frozen=True, slots=True)
class Leave:
    """``next``, ``exit``, ``return``, ``break``, ``continue``."""

    word: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """``delete array[subscripts]``; without subscripts all of it."""

    name: str
    subscripts: tuple[Expression, ...]


Statement: TypeAlias = Print | Evaluate | Block | If | Loop | Each | Leave | Delete


@dataclass(slots=True)
class Rule:
    """A pattern and what is done; without an action the record is printed.

    first, last : the pattern, or the two of a range; both None: every record; inside : within a range now
    """

    first: Expression | None
    last: Expression | None
    action: Block | None
    inside: bool = False


@dataclass(slots=True)
class Program:
    """BEGIN actions, rules, END actions, and functions: parameters and body by name."""

    begin: list[Block] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    end: list[Block] = field(default_factory=list)
    functions: dict[str, tuple[tuple[str, ...], Block]] = field(default_factory=dict)
