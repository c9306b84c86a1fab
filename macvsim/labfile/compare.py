"""What a command printed against what its document expects.

Lines are equal if they are letter by letter, blanks at their ends aside, once times and identifiers are taken by shape
(`macvsim.labfile.shapes`).  ``...`` stands for any text as in doctest, and as a line of its own for any lines, or none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from macvsim.labfile.interrupts import without_time
from macvsim.labfile.shapes import by_shape

ANY = "..."
_TABLES = re.compile(r"\bdocker (?:ps|container (?:ls|list|ps))\b")
"""Their columns are as wide as the ages in them."""
_MORE_SHAPES = (
    (re.compile(r"^(\[\d+\][+-]?  ?)\d+\b"), r"\1PID"),  # jobs of the shell
    (re.compile(r"^\d\d:\d\d:\d\d\.\d{6} "), "CLOCK "),  # tcpdump
    (re.compile(r"(?<= code=)(\d+) id=\d+"), r"\1 id=ID"),  # echo requests in conntrack -L
)
_MOST = 4_000_000
"""Pairs of lines beyond which two texts are not aligned: they are simply different."""


@dataclass(frozen=True)
class Hunk:
    """Lines that differ: expected ones from `first` on (an index) and what was printed there instead."""

    first: int
    expected: tuple[str, ...]
    got: tuple[str, ...]


def differences(command: str, expected: Sequence[str], got: Sequence[str]) -> list[Hunk]:
    """Where the output of a command is not what is expected; empty if it is."""
    wanted, printed = _key(command, expected), _key(command, got)
    if wanted == printed or _like("\n".join(wanted), "\n".join(printed)):
        return []
    pairs = _align(wanted, printed)
    hunks: list[Hunk] = []
    i = j = 0
    for at, begin, end in [*pairs, (len(wanted), len(printed), len(printed))]:
        if at > i or begin > j:
            hunks.append(Hunk(i, tuple(expected[i:at]), tuple(got[j:begin])))
        i, j = at + 1, end
    return hunks


def _key(command: str, lines: Sequence[str]) -> list[str]:
    """The lines in the form that is compared, without empty ones at the end."""
    keys = [_shape(line) for line in lines]
    if _TABLES.search(command):
        keys = [re.sub("  +", "  ", key) for key in keys]
    while keys and not keys[-1]:
        keys.pop()
    return keys


def _shape(line: str) -> str:
    """A line without what differs from run to run."""
    line = by_shape(without_time(line).rstrip())
    for pattern, new in _MORE_SHAPES:
        line = pattern.sub(new, line)
    return line


def _like(pattern: str, text: str) -> bool:
    """True if a text fits a pattern in which ``...`` stands for anything."""
    if ANY not in pattern:
        return pattern == text
    first, *middle, last = pattern.split(ANY)
    if not text.startswith(first) or not text.endswith(last) or len(first) + len(last) > len(text):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return at <= end


def _align(wanted: list[str], printed: list[str]) -> list[tuple[int, int, int]]:
    """The longest way to pair expected lines with printed ones in order: ``(expected, begin, end of printed)``."""
    head = 0
    while head < min(len(wanted), len(printed)) and wanted[head] == printed[head] != ANY:
        head += 1
    left, right = wanted[head:], printed[head:]
    pairs = [(at, at, at + 1) for at in range(head)]
    if len(left) * len(right) > _MOST:
        return pairs
    score = _scores(left, right)
    i = j = missed = 0
    while i < len(left):
        if left[i] == ANY:
            end = _skip(left[i + 1 :], score[i + 1], j)
            begin = min(j + missed, end)  # lines that stand where others are expected are shown as such
            pairs.append((head + i, head + begin, head + end))
            i, j, missed = i + 1, end, 0
        elif j < len(right) and _like(left[i], right[j]) and score[i][j] == score[i + 1][j + 1] + 1:
            pairs.append((head + i, head + j, head + j + 1))
            i, j, missed = i + 1, j + 1, 0
        elif j == len(right) or score[i][j] == score[i + 1][j]:
            i, missed = i + 1, missed + 1
        else:
            j += 1
    return pairs


def _skip(rest: list[str], score: list[int], begin: int) -> int:
    """How far ``...`` reaches: to where most of the `rest` fits, or where it would have to begin if nothing does."""
    best = max(score[begin:])
    if best:
        return max(at for at in range(begin, len(score)) if score[at] == best)
    return max(begin, len(score) - 1 - sum(line != ANY for line in rest))


def _scores(left: list[str], right: list[str]) -> list[list[int]]:
    """How many expected lines at most can be paired from each position on."""
    width = len(right) + 1
    score = [[0] * width for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        below, row = score[i + 1], score[i]
        if left[i] == ANY:
            best = 0
            for j in range(width - 1, -1, -1):
                best = max(best, below[j])
                row[j] = best
            continue
        row[-1] = below[-1]
        for j in range(width - 2, -1, -1):
            paired = below[j + 1] + 1 if _like(left[i], right[j]) else 0
            row[j] = max(paired, below[j], row[j + 1])
    return score
