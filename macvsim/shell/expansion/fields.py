"""A word becoming fields: field splitting (POSIX.1-2017, Shell Command Language 2.6.5)."""

from __future__ import annotations

import re

Pieces = list[tuple[str, bool]]
"""Text, and whether it was quoted: then none of it is special."""
BRACKET = re.compile(r"\[[!^]?\]?(?:\[:\w+:\]|[^\]])*\]")
"""A bracket expression of a pattern."""


class Fields:
    """Pieces of text; None marks a place where the word was split."""

    def __init__(self, separators: str) -> None:
        self.pieces: list[tuple[str, bool] | None] = []
        blanks = re.escape("".join(char for char in separators if char in " \t\n"))
        others = re.escape("".join(char for char in separators if char not in " \t\n"))
        white = f"[{blanks}]*" if blanks else ""
        choices = [f"{white}([{others}]){white}"] * bool(others) + [f"()[{blanks}]+"] * bool(blanks)
        self._separator = re.compile("|".join(choices)) if choices else None

    def add(self, text: str, quoted: bool) -> None:
        if text or quoted:
            self.pieces.append((text, quoted))

    def split(self) -> None:
        self.pieces.append(None)

    def add_split(self, text: str) -> None:
        """Text from an expansion outside quotes: cut at the characters of IFS."""
        at = 0
        for match in self._separator.finditer(text) if self._separator else ():
            self.add(text[at : match.start()], False)
            if match[1] and (not self.pieces or self.pieces[-1] is None):
                self.pieces.append(("", True))
            self.split()
            at = match.end()
        self.add(text[at:], False)

    def result(self) -> list[Pieces]:
        """The fields; one that has no pieces is none."""
        fields: list[Pieces] = [[]]
        for piece in self.pieces:
            if piece is None:
                fields.append([])
            else:
                fields[-1].append(piece)
        return [field for field in fields if field]


def is_pattern(pieces: Pieces, *, extended: bool = False) -> bool:
    """True if a character that is not quoted is special."""
    for text, quoted in pieces:
        if not quoted and ("*" in text or "?" in text or (extended and re.search(r"[+@!]\(", text))):
            return True
    plain = "".join(re.sub(r"[\[\]]", "x", text) if quoted else text for text, quoted in pieces)
    return bool(BRACKET.search(plain))
