"""How wide a text is, without a font: advance widths of DejaVu Sans, the widest face that the pictures' texts may be
set in.  What fits by this table fits in Helvetica, Arial and Liberation Sans too.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_FIRST: Final = 32


def _widths(table: str) -> tuple[int, ...]:
    return tuple(map(int, table.split()))


_REGULAR: Final = _widths(
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 "
    "77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 "
    "63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
"""Of the characters from blank to tilde, in hundredths of the font size."""
_BOLD: Final = _widths(
    "35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 77 76 "
    "73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 72 59 72 68 "
    "44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84"
)
_MONO: Final = 61
_OTHER: Final = 100
_NARROW: Final = {"·": 38, "–": 50}


def text_width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """Width of a line in the unit of `size`; East Asian characters take the font size, and so does what is unknown."""
    table = _BOLD if bold else _REGULAR
    total = 0
    for character in text:
        index = ord(character) - _FIRST
        if unicodedata.combining(character):
            continue
        if 0 <= index < len(table):
            total += _MONO if mono else table[index]
        elif mono and unicodedata.east_asian_width(character) not in "WFA":
            total += _MONO
        else:
            total += _NARROW.get(character, _OTHER)
    return total * size / 100


def cut(text: str, width: float, size: float, *, bold: bool = False, mono: bool = False) -> str:
    """The text, or as much of it as fits `width` with an ellipsis behind it."""
    if text_width(text, size, bold=bold, mono=mono) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold, mono=mono) > width:
        text = text[:-1]
    return text.rstrip() + "…"
