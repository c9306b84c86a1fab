"""The record that is being looked at, and its fields (POSIX.1-2017, awk, Variables and Special Variables)."""

from __future__ import annotations

import re

from macvsim.tools.mawk.regex import parts, regex
from macvsim.tools.mawk.values import AwkError, Input, Value, number, text

_FIELDS = 1 << 31


class Record:
    """``$0`` and ``$1`` to ``$NF``: one is made from the other when it is asked for after a change."""

    def __init__(self) -> None:
        self._whole = ""
        self._fields: list[Value] = []

    def read(self, line: str, separator: str) -> None:
        """A new record."""
        self._whole = line
        self._fields = [Input(field) for field in split(line, separator)]

    @property
    def count(self) -> int:
        """NF."""
        return len(self._fields)

    def resize(self, count: int, separator: str) -> None:
        """NF was assigned."""
        self._fields = (self._fields + [""] * count)[:count]
        self._join(separator)

    def get(self, at: int) -> Value:
        """A field; what is not there is empty."""
        if at == 0:
            return Input(self._whole)
        return self._fields[at - 1] if at <= len(self._fields) else Input("")

    def set(self, at: int, value: Value, separator: str, output: str) -> None:
        """Assign a field, or all of the record."""
        if at == 0:
            self.read(text(value), separator)
            return
        if at > len(self._fields):
            self._fields += [""] * (at - len(self._fields))
        self._fields[at - 1] = value
        self._join(output)

    def _join(self, separator: str) -> None:
        self._whole = separator.join(text(field) for field in self._fields)


def split(line: str, separator: str) -> list[str]:
    """Fields of a text: between blanks, between one character, or between what an expression matches."""
    if separator == " ":
        return line.split()
    if not line:
        return []
    if separator == "":
        return list(line)
    if len(separator) == 1:
        return line.split(separator)
    return parts(regex(separator), line)


def records(content: str, separator: str) -> list[str]:
    """Records of a text between what is no line end: paragraphs if it is empty."""
    if not separator:
        paragraphs = content.strip("\n")
        return re.split(r"\n\n+", paragraphs) if paragraphs else []
    parts = content.split(separator) if len(separator) == 1 else split(content, separator)
    return parts if parts and parts[-1] else parts[:-1]


def field_number(value: Value) -> int:
    """Which field is meant.  Raises `AwkError`."""
    found = number(value)
    if not 0 <= found < _FIELDS:
        said = f"negative field index ${found:.0f}" if found < 0 else f"${found:.6g} is invalid field index"
        raise AwkError(said, "Access to negative field")
    return int(found)
