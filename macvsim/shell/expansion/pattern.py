"""Pattern matching notation: ``*``, ``?``, ``[…]``, and bash's ``@(…)`` (POSIX.1-2017, Shell Command Language 2.13).

A pattern is matched by the set of places in the text where it can end, one element after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from macvsim.shell.expansion.fields import Pieces


class Options(NamedTuple):
    """extended : ``@(…)`` and its relatives are patterns; fold : capital letters match small ones"""

    extended: bool = False
    fold: bool = False


PLAIN = Options()
"""POSIX patterns."""


class _Set(NamedTuple):
    """``[…]``."""

    negated: bool
    ranges: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]


class _Group(NamedTuple):
    """``@(a|b)``: the sign before the parenthesis, and the patterns."""

    sign: str
    choices: tuple[Pattern, ...]


class _Char(NamedTuple):
    """A character that stands for itself."""

    char: str


class _Any(NamedTuple):
    """``?`` or, `many`, ``*``."""

    many: bool


Pattern: TypeAlias = "tuple[_Char | _Any | _Set | _Group, ...]"
_Marked: TypeAlias = "list[tuple[str, bool]]"
_SIGNS = frozenset("?*+@!")
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum, "alpha": str.isalpha, "blank": lambda c: c in " \t", "cntrl": lambda c: not c.isprintable(),
    "digit": lambda c: c in "0123456789", "graph": lambda c: c.isprintable() and c != " ", "lower": str.islower,
    "print": str.isprintable, "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
    "space": lambda c: c in " \t\n\v\f\r", "upper": str.isupper, "word": lambda c: c.isalnum() or c == "_",
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
}  # fmt: skip


def compiled(pieces: Pieces, options: Options) -> Pattern:
    """The elements of a pattern."""
    marked: _Marked = []
    for text, quoted in pieces:
        at = 0
        while at < len(text):
            if text[at] == "\\" and not quoted and at + 1 < len(text):
                at += 1
                marked.append((text[at], True))
            else:
                marked.append((text[at], quoted))
            at += 1
    return _elements(marked, options)


def _elements(marked: _Marked, options: Options) -> Pattern:
    found: list[_Char | _Any | _Set | _Group] = []
    at = 0
    while at < len(marked):
        char, quoted = marked[at]
        if options.extended and not quoted and char in _SIGNS and marked[at + 1 : at + 2] == [("(", False)]:
            choices, end = _choices(marked, at + 2)
            if end:
                found.append(_Group(char, tuple(_elements(choice, options) for choice in choices)))
                at = end
                continue
        at += 1
        if quoted or char not in "*?[":
            found.append(_Char(char.casefold() if options.fold else char))
        elif char == "[":
            bracket, end = _bracket(marked, at)
            found.append(bracket or _Char("["))
            at = end
        else:
            found.append(_Any(char == "*"))
    return tuple(found)


def _choices(marked: _Marked, at: int) -> tuple[list[_Marked], int]:
    """The patterns of a group from a place on, and the place behind it; 0 if it does not end."""
    choices: list[_Marked] = [[]]
    depth = 1
    for end in range(at, len(marked)):
        char, quoted = marked[end]
        depth += 0 if quoted else (char == "(") - (char == ")")
        if not depth:
            return choices, end + 1
        if char == "|" and not quoted and depth == 1:
            choices.append([])
        else:
            choices[-1].append(marked[end])
    return choices, 0


def _bracket(marked: _Marked, at: int) -> tuple[_Set | None, int]:
    """``[…]`` from behind the bracket on, and the place behind it; None if it does not end."""
    begin = at
    negated = marked[at : at + 1] in ([("!", False)], [("^", False)])
    at += negated
    ranges: list[tuple[str, str]] = []
    classes: list[str] = []
    first = True
    while at < len(marked):
        char, quoted = marked[at]
        if char == "]" and not quoted and not first:
            return _Set(negated, tuple(ranges), tuple(classes)), at + 1
        first = False
        text = "".join(one for one, _ in marked[at : at + 12])
        if char == "[" and (match := re.match(r"\[:(\w+):\]", text)):
            classes.append(match[1])
            at += match.end()
            continue
        following = marked[at + 2 : at + 3]
        if marked[at + 1 : at + 2] == [("-", False)] and following and following != [("]", False)]:
            ranges.append((char, following[0][0]))
            at += 3
        else:
            ranges.append((char, char))
            at += 1
    return None, begin


def ends(pattern: Pattern, text: str, starts: Iterable[int], options: Options = PLAIN) -> set[int]:
    """The places in a text where a match that begins at one of the starts can end."""
    places = set(starts)
    for element in pattern:
        if not places:
            return places
        match element:
            case _Any(many):
                low = min(places)
                places = set(range(low, len(text) + 1)) if many else {at + 1 for at in places if at < len(text)}
            case _Group(sign, choices):
                places = _group_ends(sign, choices, text, places, options)
            case _:
                places = {at + 1 for at in places if at < len(text) and _takes(element, text[at], options)}
    return places


def _takes(element: _Char | _Set, char: str, options: Options) -> bool:
    if isinstance(element, _Char):
        return element.char == (char.casefold() if options.fold else char)
    forms = {char, char.lower(), char.upper()} if options.fold else {char}
    found = any(
        any(low <= form <= high for low, high in element.ranges)
        or any(name in _CLASSES and _CLASSES[name](form) for name in element.classes)
        for form in forms
    )
    return found != element.negated


def _group_ends(sign: str, choices: tuple[Pattern, ...], text: str, starts: set[int], options: Options) -> set[int]:
    def once(places: set[int]) -> set[int]:
        return {end for choice in choices for end in ends(choice, text, places, options)}

    if sign == "!":
        return {end for start in starts for end in {*range(start, len(text) + 1)} - once({start})}
    found = once(starts)
    if sign in "*+":
        new = found
        while new := once(new) - found:
            found |= new
    return found | starts if sign in "?*" else found


def matches(pieces: Pieces, text: str, options: Options = PLAIN) -> bool:
    """True if a pattern matches all of a text."""
    return len(text) in ends(compiled(pieces, options), text, (0,), options)


def trim(pieces: Pieces, text: str, operator: str, options: Options = PLAIN) -> str:
    """``${x#pattern}`` and its relatives: without the shortest (``#``, ``%``) or longest prefix or suffix."""
    pattern = compiled(pieces, options)
    if operator[0] == "#":
        found = ends(pattern, text, (0,), options)
        return text[(max if len(operator) == 2 else min)(found) :] if found else text
    starts = range(len(text) + 1) if len(operator) == 2 else range(len(text), -1, -1)
    return next((text[:at] for at in starts if len(text) in ends(pattern, text, (at,), options)), text)


def replace(pieces: Pieces, text: str, operator: str, new: Pieces, options: Options = PLAIN) -> str:
    """``${x/pattern/new}``: the first match, all (``//``), one at the beginning (``/#``) or at the end (``/%``).

    new : where it is not quoted, ``&`` stands for the match
    """
    pattern = compiled(pieces, options)
    if not pattern and operator in ("/", "//"):
        return text
    found: list[str] = []
    at = done = 0
    while at <= len(text):
        places = ends(pattern, text, (at,), options)
        end = max(places, default=-1)
        if operator == "/%":
            end = end if end == len(text) else -1
        if end > at or (end == at and operator in ("/#", "/%")):
            found += text[done:at], _inserted(new, text[at:end])
            done = end
            if operator != "//":
                break
            at = end
        elif operator == "/#":
            break
        else:
            at += 1
    return "".join(found) + text[done:]


def _inserted(new: Pieces, found: str) -> str:
    return "".join(part if quoted else part.replace("&", found) for part, quoted in new)


def change_case(pieces: Pieces, text: str, operator: str, options: Options = PLAIN) -> str:
    """``${x^pattern}`` and its relatives: the first character, or all, where the pattern (``?`` if empty) matches."""
    pattern = compiled(pieces, options)
    change = {"^": str.upper, ",": str.lower, "~": str.swapcase}[operator[0]]
    count = len(text) if len(operator) == 2 else 1
    return "".join(
        change(char) if at < count and (not pattern or 1 in ends(pattern, char, (0,), options)) else char
        for at, char in enumerate(text)
    )
