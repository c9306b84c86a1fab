"""Reads regular expressions, basic, extended and awk's (POSIX.1-2017, Base Definitions 9.3 and 9.4; regex(7))."""

from __future__ import annotations

from macvsim.errors import Effect, NotSimulated
from macvsim.shell.regexp.brackets import anything, bracket, escape_class, literal, nothing
from macvsim.shell.regexp.program import (
    ASSERTIONS,
    LINES,
    MOST_NODES,
    WHOLE_WORD,
    Fragment,
    Node,
    Program,
    either,
    group,
    repeated,
)
from macvsim.shell.regexp.syntax import RegexError, Syntax

_MOST_REPEATS = 0x7FFF
_NONE, _BAD = -1, -2
_NAMED = {"[:alnum:]", "[:alpha:]", "[:blank:]", "[:cntrl:]", "[:digit:]", "[:graph:]", "[:lower:]", "[:print:]",
          "[:punct:]", "[:space:]", "[:upper:]", "[:xdigit:]"}  # fmt: skip
_ONE_OR_MORE = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def program(
    sources: tuple[str, ...], syntax: Syntax | None, *, fold: bool, words: bool, whole: bool, lines: bool
) -> Program:
    """The program of one or more expressions, of which one has to match; no `syntax`: they are plain texts.

    fold : letters match whatever their case; words, whole : only a whole word, or line; lines : the text may have
    several lines, and ``^`` and ``$`` stand at each of them
    """
    nodes: Fragment | None = None
    groups, warnings = 0, []
    for source in sources:
        if syntax is None:
            one = [Node(literal(char, fold=fold)) for char in source]
        else:
            reader = _Reader(source, syntax, fold=fold, lines=lines, groups=groups)
            one = reader.read()
            groups = reader.groups
            warnings += reader.warnings
        nodes = one if nodes is None else either(nodes, one)
    if nodes is None:  # no expression matches nothing
        nodes = [Node(nothing)]
    if words:
        nodes = [Node(mask=WHOLE_WORD[0]), *nodes, Node(mask=WHOLE_WORD[1])]
    if whole:
        nodes = [Node(mask=ASSERTIONS["^"]), *nodes, Node(mask=ASSERTIONS["$"])]
    return Program(nodes, groups, tuple(warnings))


class _Level:
    """A group that is being read: alternatives before this one, the parts of this one, its last part."""

    def __init__(self, number: int, closed: frozenset[int]) -> None:
        self.number = number
        self.known = closed
        """Groups a back-reference may name at the start of every alternative."""
        self.closed = closed
        self.before: Fragment | None = None
        self.parts: Fragment = []
        self.atom: Fragment | None = None
        """The part that a repetition would repeat."""
        self.repeated = False

    def add(self, atom: Fragment, *, repeatable: bool = True) -> None:
        self.parts += self.atom or []
        if not repeatable:
            self.parts += atom
        self.atom = atom if repeatable else None
        self.repeated = False

    def branch(self) -> Fragment:
        """All of this alternative; a new one begins."""
        self.add([], repeatable=False)
        parts, self.parts = self.parts, []
        return parts

    @property
    def blank(self) -> bool:
        """True at the start of an alternative."""
        return self.atom is None and not self.parts


class _Reader:
    def __init__(self, text: str, syntax: Syntax, *, fold: bool, lines: bool, groups: int) -> None:
        self.groups = groups
        self.warnings: list[str] = []
        self._text = text
        self._syntax = syntax
        self._fold = fold
        self._assertions = ASSERTIONS | LINES if lines else ASSERTIONS
        self._first_group = groups
        self._closed: frozenset[int] = frozenset()
        self._at = 0
        self._levels = [_Level(0, frozenset())]

    def read(self) -> Fragment:
        while self._at < len(self._text):
            start = self._at
            self._part(self._token(), start)
        if len(self._levels) > 1:
            raise RegexError("EPAREN")
        return self._ended(self._levels[0])

    def _token(self) -> str:
        """The next token: an operator of extended expressions, ``\\`` and a letter, or ``=`` and a character."""
        char = self._text[self._at]
        self._at += 1
        basic = self._syntax.basic
        if char == "\\":
            if self._at == len(self._text):
                raise RegexError("EESCAPE")
            char = self._text[self._at]
            self._at += 1
            if basic and char in "(){|+?":
                return char
            return f"\\{char}" if self._syntax.gnu and char in "wWsSbB<>`'123456789" else f"={char}"
        if basic and (char in "(){|+?" or (char == "^" and not self._caret()) or (char == "$" and not self._dollar())):
            return f"={char}"
        return char if char in "(){|+?*^$.[" else f"={char}"

    def _caret(self) -> bool:
        """True where ``^`` of a basic expression is an anchor."""
        before = self._text[: self._at - 1]
        return not before or (before.endswith(("\\(", "\\|")) and self._levels[-1].blank)

    def _dollar(self) -> bool:
        """True where ``$`` of a basic expression is an anchor."""
        return self._at == len(self._text) or self._text.startswith(("\\)", "\\|"), self._at)

    def _part(self, token: str, start: int) -> None:
        level = self._levels[-1]
        match token:
            case "(":
                self.groups += 1
                self._levels.append(_Level(self.groups, self._closed))
            case ")" if len(self._levels) == 1:
                if not self._syntax.closing:
                    raise RegexError("ERPAREN")
                self._literal(")")
            case ")":
                self._levels.pop()
                self._levels[-1].add(group(self._ended(level), level.number))
                self._closed = level.closed | {level.number}
            case "|":
                level.before = self._ended(level)
                self._closed = level.known
            case "*" | "+" | "?":
                self._repeat(token, *_ONE_OR_MORE[token], at=start)
            case "{":
                self._interval(start)
            case "^" | "$" | "\\<" | "\\>" | "\\b" | "\\B" | "\\`" | "\\'":
                level.add([Node(mask=self._assertions[token])], repeatable=False)
            case ".":
                level.add([Node(anything)])
            case "[":
                self._bracket()
            case _ if token[0] == "=":
                self._literal(token[1])
            case _ if test := escape_class(token):
                level.add([Node(test)])
            case _:
                number = self._first_group + int(token[1])
                if number not in self._closed:
                    raise RegexError("ESUBREG")
                level.add([Node(back=number)])

    def _ended(self, level: _Level) -> Fragment:
        """All alternatives of a group so far."""
        if level.blank and not self._syntax.empty and self._text:
            raise RegexError("BADRPT")
        level.closed |= self._closed
        branch = level.branch()
        found = branch if level.before is None else either(level.before, branch)
        if len(found) > MOST_NODES:
            raise NotSimulated("an expression of this size", Effect.NONE)
        return found

    def _literal(self, char: str) -> None:
        self._levels[-1].add([Node(literal(char, fold=self._fold))])

    def _bracket(self) -> None:
        start = self._at - 1
        test, self._at = bracket(self._text, self._at, fold=self._fold, escapes=not self._syntax.gnu)
        if self._syntax.checked and self._text[start : self._at] in _NAMED:
            raise RegexError("CLASS")
        self._levels[-1].add([Node(test)])

    def _repeat(self, written: str, least: int, most: int | None, *, at: int) -> None:
        level = self._levels[-1]
        if level.atom is None:
            self._orphan(written, at)
            return
        if level.repeated and not self._syntax.twice and written in "*{":
            raise RegexError("BADRPT")
        level.atom = repeated(level.atom, least, most)
        level.repeated = True

    def _orphan(self, written: str, at: int) -> None:
        """A repetition of nothing."""
        if self._syntax.orphan == "nothing":
            self.warnings.append(f"{'{...}' if written == '{' else written} at start of expression")
        elif not (self._syntax.interval if written == "{" else self._syntax.orphan == "literal"):
            raise RegexError("BADRPT")
        else:
            self._at = at + (2 if self._text[at] == "\\" else 1)
            self._literal(written)

    def _interval(self, start: int) -> None:
        if self._levels[-1].atom is None and self._syntax.orphan != "nothing":
            self._orphan("{", start)
            return
        least, stop = self._number()
        if least == _NONE:
            if stop != ",":
                raise RegexError("BADBR")
            least = 0
        most, stop = self._number() if stop == "," else (least, stop)
        if _BAD in (least, most):
            if not self._syntax.bounds:
                raise RegexError("BADBR" if stop else "EBRACE")
            self._at = start + 1
            self._literal("{")
            return
        if (most != _NONE and least > most) or stop != "}":
            raise RegexError("BADBR")
        if max(least, most) > _MOST_REPEATS:
            raise RegexError("ESIZE")
        self._repeat("{", least, None if most == _NONE else most, at=start)

    def _number(self) -> tuple[int, str]:
        """A bound of an interval, `_NONE` or `_BAD`, and what ends it: a comma, a brace or nothing."""
        close = "\\}" if self._syntax.basic else "}"
        start = self._at
        while self._at < len(self._text):
            digits = self._text[start : self._at]
            for stop in (",", close):
                if self._text.startswith(stop, self._at):
                    self._at += len(stop)
                    return _bound(digits), stop[-1]
            self._at += 1
        return _BAD, ""


def _bound(digits: str) -> int:
    if not digits:
        return _NONE
    return int(digits[:6]) if digits.isascii() and digits.isdigit() else _BAD
