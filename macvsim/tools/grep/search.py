"""One file of grep: which lines are selected, and how they are printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from macvsim.shell.regexp import Pattern

_SEPARATOR = "36"


@dataclass(frozen=True)
class Wanted:
    """The lines asked for, and the form in which they are printed; named after the long options."""

    pattern: Pattern
    invert: bool = False
    most: int = -1
    show: str = "lines"
    """``lines``, ``matches`` (``-o``), ``count``, ``files`` (``-l``), ``others`` (``-L``) or ``nothing`` (``-q``)."""
    before: int = 0
    after: int = 0
    separator: str | None = "--"
    line_number: bool = False
    byte_offset: bool = False
    initial_tab: bool = False
    color: bool = False
    end: str = "\n"
    name_end: str = ""
    """The character behind a file's name, in place of a colon or newline."""


class Search:
    """Looking through one file.

    name : printed before its lines, if any; found : how many lines were selected
    binary : the file is a binary one, whose lines are not printed; hidden : one of them was selected
    separate : another file's lines were printed before
    """

    def __init__(self, wanted: Wanted, name: str, out: Callable[[str], None], *, separate: bool) -> None:
        self.found = 0
        self.binary = False
        self.hidden = False
        self._wanted = wanted
        self._name = name
        self._out = out
        self._number = 0
        self._offset = 0
        self._earlier: deque[tuple[int, int, str]] = deque(maxlen=wanted.before)
        self._follow = 0
        self._printed = 0
        self._separate = separate

    def line(self, line: str) -> bool:
        """Look at a line; False when the rest of the file does not matter."""
        wanted = self._wanted
        self._number += 1
        full = self.found == wanted.most
        if full or wanted.pattern.test(line) == wanted.invert:
            self._around(line)
        else:
            self.found += 1
            if wanted.show in ("nothing", "files", "others"):
                return False
            if wanted.show in ("lines", "matches"):
                if self.binary:
                    self.hidden = True
                    return False
                self._selected(line)
        self._offset += len(line.encode("utf-8", "surrogateescape")) + 1
        return self.found != wanted.most or self._follow > 0

    def _selected(self, line: str) -> None:
        wanted = self._wanted
        for number, offset, earlier in self._earlier:
            self._print(number, offset, earlier, "-")
        self._earlier.clear()
        self._follow = wanted.after
        if wanted.show == "lines":
            self._print(self._number, self._offset, self._painted(line), ":")
        elif not wanted.invert:
            for match in wanted.pattern.matches(line):
                if match[0]:
                    offset = self._offset + len(line[: match.start].encode("utf-8", "surrogateescape"))
                    self._print(self._number, offset, self._color("01;31", match[0]), ":")

    def _around(self, line: str) -> None:
        """A line that is not selected: printed behind one that is, or kept for one that comes."""
        if self._follow:
            self._follow -= 1
            self._print(self._number, self._offset, line, "-")
        else:
            self._earlier.append((self._number, self._offset, line))

    def _painted(self, line: str) -> str:
        """A selected line with its matches in colour."""
        if not self._wanted.color or self._wanted.invert:
            return line
        parts, at = [], 0
        for match in self._wanted.pattern.matches(line):
            if match[0]:
                parts += [line[at : match.start], self._color("01;31", match[0])]
                at = match.end
        return "".join([*parts, line[at:]])

    def _print(self, number: int, offset: int, text: str, mark: str) -> None:
        """A line, selected (``:``) or around one that is (``-``), behind ``--`` where lines are left out."""
        wanted = self._wanted
        if wanted.show == "matches" and mark == "-":
            return
        apart = number > self._printed + 1 if self._printed else self._separate
        if apart and (wanted.after or wanted.before) and wanted.separator is not None:
            self._out(f"{self._color(_SEPARATOR, wanted.separator)}\n")
        self._printed = number
        parts = []
        if self._name:
            parts.append(self._color("35", self._name) + (wanted.name_end or self._color(_SEPARATOR, mark)))
        width = 4 if wanted.initial_tab else 0
        if wanted.line_number:
            parts.append(self._color("32", f"{number:{width}}") + self._color(_SEPARATOR, mark))
        if wanted.byte_offset:
            parts.append(self._color("32", f"{offset}") + self._color(_SEPARATOR, mark))
        self._out(f"{''.join(parts)}{chr(9) if wanted.initial_tab and parts else ''}{text}{wanted.end}")

    @property
    def printed(self) -> bool:
        """True if lines were printed."""
        return self._printed > 0

    def _color(self, code: str, text: str) -> str:
        return f"\33[{code}m\33[K{text}\33[m\33[K" if self._wanted.color else text

    def close(self, name: str) -> None:
        """Print what comes at the end of a file."""
        wanted = self._wanted
        if (wanted.show == "files" and self.found) or (wanted.show == "others" and not self.found):
            self._out(self._color("35", name) + (wanted.name_end or "\n"))
        elif wanted.show == "count":
            prefix = f"{self._color('35', self._name)}{wanted.name_end or self._color(_SEPARATOR, ':')}"
            self._out(f"{prefix if self._name else ''}{self.found}\n")
