"""Brace expansion: ``a{b,c}d`` and ``{1..3}`` become several words before anything else is expanded (bash)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from macvsim.shell.syntax.nodes import Lit, Part, Word

_RANGE = re.compile(r"(?:(-?\d+)\.\.(-?\d+)|([A-Za-z])\.\.([A-Za-z]))(?:\.\.(-?\d+))?")
_Item = str | Part
"""A character that is not quoted, or a part that stays whole."""


Count = Callable[[int], None]
"""Called with the number of words that are about to be made; it may raise an exception."""


def expand(word: Word, count: Count) -> Iterator[Word]:
    """The words that a word stands for: itself if it has no braces."""
    if not any(isinstance(part, Lit) and not part.quoted and "{" in part.text for part in word):
        yield word
        return
    items: list[_Item] = []
    for part in word:
        if isinstance(part, Lit) and not part.quoted:
            items += part.text
        else:
            items.append(part)
    for found in _expanded(items, count):
        yield _joined(found)


def _expanded(items: list[_Item], count: Count) -> list[list[_Item]]:
    for start, item in enumerate(items):
        if item != "{":
            continue
        commas, end = _closing(items, start)
        if end is None:
            continue
        inside = items[start + 1 : end]
        if commas:
            edges = [start, *commas, end]
            choices = [items[a + 1 : b] for a, b in pairwise(edges)]
            inner = [one for choice in choices for one in _expanded(choice, count)]
        elif all(isinstance(one, str) for one in inside) and (match := _RANGE.fullmatch("".join(map(str, inside)))):
            values = _values(match)
            count(abs(values.stop - values.start) // abs(values.step))  # the length may be more than an index can be
            inner = [list(text) for text in _range(match, values)]
        else:
            continue
        rests = _expanded(items[end + 1 :], count)
        count(len(inner) * len(rests) if len(rests) > 1 else 0)
        return [items[:start] + one + rest for one in inner for rest in rests]
    return [items]


def _closing(items: list[_Item], start: int) -> tuple[list[int], int | None]:
    """Where the commas of a brace are, and where it ends."""
    depth = 0
    commas: list[int] = []
    for at in range(start, len(items)):
        match items[at]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if not depth:
                    return commas, at
            case "," if depth == 1:
                commas.append(at)
    return [], None


def _values(match: re.Match[str]) -> range:
    first, last, begin, end, by = match.groups()
    step = abs(int(by or 1)) or 1
    a, b = (int(first), int(last)) if first is not None else (ord(begin), ord(end))
    return range(a, b + (1 if b >= a else -1), step if b >= a else -step)


def _range(match: re.Match[str], values: range) -> Iterator[str]:
    first, last = match[1], match[2]
    width = max(len(first), len(last)) if first and any(re.match(r"-?0\d", text) for text in (first, last)) else 0
    for value in values:
        yield f"{value:0{width}d}" if first is not None else chr(value)


def _joined(items: list[_Item]) -> Word:
    parts: list[Part] = []
    for item in items:
        if not isinstance(item, str):
            parts.append(item)
        elif parts and isinstance(last := parts[-1], Lit) and not last.quoted:
            parts[-1] = Lit(last.text + item)
        else:
            parts.append(Lit(item))
    return Word(parts)
