"""A script of sed applied to lines as they come (GNU sed 4.9, sed(1))."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Protocol

import simpy

from macvsim.engine.budget import LONG, Meter
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.streams import Steps
from macvsim.shell.regexp import Match, Pattern
from macvsim.tools.sed.script import Address, Command, Script

Truth = Generator[simpy.Event, Any, bool]
_MOST_JUMPS = 1_000_000
"""How many jumps one line may take."""
_PER_STEP = 256
"""Characters that are searched in one step of the budget."""
_GROWS = "sed: the pattern or hold space grows long"
_SHOWN = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}


class Files(Protocol):
    """Input and output of a run."""

    name: str
    """Name of the file that is read."""

    def line(self) -> Generator[simpy.Event, Any, str]:
        """The next line with its end; empty at the end of input."""

    def write(self, text: str) -> Steps:
        """Write to the output."""

    def write_to(self, name: str, text: str) -> Steps:
        """Write to a file of ``w``."""

    def text_of(self, name: str) -> Generator[simpy.Event, Any, str]:
        """The text of a file of ``r``; empty if it cannot be read."""

    def line_of(self, name: str) -> Generator[simpy.Event, Any, str]:
        """The next line of a file of ``R``."""


class Run:
    """One run; `quiet` : ``-n``; width : of ``l``; end : of lines."""

    def __init__(self, script: Script, files: Files, meter: Meter, *, quiet: bool, width: int, end: str) -> None:
        self._script = script
        self._commands = script.commands
        self._files = files
        self._meter = meter
        self._quiet = quiet
        self._width = width
        self._end = end
        self._space = self._hold = ""
        self._ended = True
        """The line that was read has an end."""
        self._missing = False
        """The output lacks the end of its last line."""
        self._number = 0
        self._ahead: str | None = None
        self._queue: list[tuple[str, str]] = []
        self._replaced = False
        self._last_pattern: Pattern | None = None
        self._searched = 0
        """Characters that were searched, and are not counted as steps yet."""

    def restart(self) -> None:
        """The next file is a separate one: lines are counted from its first one."""
        self._number, self._ahead, self._missing = 0, None, False
        for command in self._commands:
            command.active = command.first is not None and command.first == Address("number", 0)

    def run(self) -> Generator[simpy.Event, Any, int | None]:
        """All lines; the exit status if the script says one."""
        again = False
        while again or (yield from self._read()):
            again = False
            outcome = yield from self._cycle()
            if outcome in ("print", "quit") and not self._quiet:
                yield from self._put(self._space)
            yield from self._flush()
            again = outcome == "again"
            if outcome.startswith("quit"):
                return max(self._status, 0)
        return None

    _status = 0

    # -- input and output ----------------------------------------------------------------------------------------------

    def _peek(self) -> Generator[simpy.Event, Any, str]:
        if self._ahead is None:
            self._ahead = yield from self._files.line()
        return self._ahead

    def _read(self, *, behind: bool = False) -> Truth:
        """Read the next line into the pattern space, or behind it; False at the end of input."""
        line = yield from self._peek()
        self._ahead = None if line else ""
        if not line:
            return False
        self._number += 1
        self._replaced = False
        self._ended = line.endswith(self._end)
        line = line.removesuffix(self._end)
        self._space = f"{self._space}{self._end}{line}" if behind else line
        return True

    def _put(self, text: str, *, ended: bool | None = None) -> Steps:
        """Print a line, with its end unless the last line of the input has none."""
        ended = self._ended if ended is None else ended
        yield from self._files.write((self._end if self._missing else "") + text + (self._end if ended else ""))
        self._missing = not ended

    def _raw(self, text: str) -> Steps:
        """Print a text that ends its line itself."""
        if text:
            yield from self._files.write((self._end if self._missing else "") + text)
            self._missing = False

    def _flush(self) -> Steps:
        """Print what ``a``, ``r`` and ``R`` left for the end of the cycle."""
        queue, self._queue = self._queue, []
        for letter, text in queue:
            if letter == "a":
                yield from self._raw(text)
                if not text and self._missing:
                    yield from self._files.write(self._end)
                    self._missing = False
            elif letter == "r":
                found = yield from self._files.text_of(text)
                yield from self._raw(found)
            else:
                line = yield from self._files.line_of(text)
                if line:
                    yield from self._raw(line if line.endswith("\n") else line + "\n")

    # -- addresses -----------------------------------------------------------------------------------------------------

    def _selected(self, command: Command) -> Truth:
        first, last = command.first, command.last
        if first is None:
            return True
        if last is None:
            return (yield from self._is_at(first))
        if command.active:
            if last.kind in ("pattern", "last"):
                command.active = not (yield from self._is_at(last))
                return True
            ends = last.number if last.kind == "number" else command.ends
            command.active = self._number < ends
            return self._number <= ends
        if not (yield from self._is_at(first)):
            return False
        match last.kind:
            case "more":
                command.ends = self._number + last.number
            case "multiple":
                command.ends = -(-self._number // last.number) * last.number if last.number else self._number
            case "number":
                command.ends = last.number
            case "last":
                command.active = bool((yield from self._peek()))
                return True
            case _:
                command.active = True
                return True
        command.active = command.ends > self._number
        return True

    def _is_at(self, address: Address) -> Truth:
        match address.kind:
            case "number":
                return self._number == address.number
            case "last":
                return not (yield from self._peek())
            case "step":
                past = self._number - address.number
                return past >= 0 and past % address.step == 0 if address.step else past == 0
        self._search()
        return self._known(address.pattern).test(self._space)

    def _known(self, pattern: Pattern | None) -> Pattern:
        """A pattern, or the one that was used last."""
        self._last_pattern = pattern or self._last_pattern
        if self._last_pattern is None:
            raise self._script.told("-e expression #1, char 0", "no previous regular expression")
        return self._last_pattern

    def _search(self) -> None:
        """The pattern space is about to be searched."""
        self._searched += len(self._space)
        if self._searched >= _PER_STEP:
            steps, self._searched = divmod(self._searched, _PER_STEP)
            self._meter.step(lambda: "sed: the pattern space is searched again and again", steps)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _cycle(self) -> Generator[simpy.Event, Any, str]:
        """Run the script over the pattern space: ``print`` it then, ``delete`` it, do it ``again``, or ``quit``."""
        at = jumps = 0
        while at < len(self._commands):
            command = self._commands[at]
            at += 1
            if (yield from self._selected(command)) == command.inverted:
                at = command.target if command.letter == "{" else at
                continue
            letter = command.letter
            if letter in "btT":
                if letter == "b" or self._replaced == (letter == "t"):
                    jumps += 1
                    if not jumps % 4:
                        self._meter.step(lambda: "sed: a script that jumps")
                    if jumps > _MOST_JUMPS:
                        raise NotSimulated("a script of sed that jumps without an end", Effect.NONE)
                    at = command.target
                if letter != "b":
                    self._replaced = False
                continue
            outcome = yield from self._one(command, letter)
            self._meter.build(len(self._space) + len(self._hold), _GROWS)
            if outcome:
                return outcome
        return "print"

    def _one(self, command: Command, letter: str) -> Generator[simpy.Event, Any, str]:
        """One command; the outcome of the cycle if it ends here."""
        match letter:
            case "s":
                yield from self._substitute(command)
            case "y":
                self._space = self._space.translate(command.table)
            case "p":
                yield from self._put(self._space)
            case "P":
                yield from self._put(self._space.partition(self._end)[0], ended=True)
            case "=":
                yield from self._raw(f"{self._number}\n")
            case "l" | "L":
                yield from self._raw(_shown(self._space, self._width if command.number < 0 else command.number))
            case "F":
                yield from self._raw(f"{self._files.name}\n")
            case "i":
                yield from self._raw(command.text)
            case "a" | "r" | "R":
                self._queue.append((letter, command.text))
            case "c":
                if command.last is None or command.inverted or not command.active:
                    yield from self._raw(command.text)
                return "delete"
            case "d":
                return "delete"
            case "D":
                _, found, self._space = self._space.partition(self._end)
                return "again" if found else "delete"
            case "q" | "Q":
                self._status = max(command.number, 0)
                return "quit" if letter == "q" else "quit silently"
            case "n" | "N":
                return (yield from self._further(letter))
            case "w" | "W":
                line = self._space if letter == "w" else self._space.partition(self._end)[0]
                yield from self._to_file(command.text, line)
            case _:
                self._exchange(letter)
        return ""

    def _exchange(self, letter: str) -> None:
        """The commands that only change the two spaces."""
        match letter:
            case "g":
                self._space = self._hold
            case "G":
                self._space += self._end + self._hold
            case "h":
                self._hold = self._space
            case "H":
                self._hold += self._end + self._space
            case "x":
                self._space, self._hold = self._hold, self._space
            case "z":
                self._space = ""

    def _further(self, letter: str) -> Generator[simpy.Event, Any, str]:
        """``n``: the next line instead; ``N``: behind this one."""
        if not (yield from self._peek()):
            return "quit"
        if letter == "n" and not self._quiet:
            yield from self._put(self._space)
        yield from self._flush()
        yield from self._read(behind=letter == "N")
        return ""

    def _substitute(self, command: Command) -> Steps:
        pattern = self._known(command.pattern)
        parts: list[str] = []
        at, size, told = 0, len(self._space), LONG
        self._search()
        self._meter.build(8 * len(self._space), _GROWS)
        for number, match in enumerate(self._matches(command, pattern), 1):
            if not number % 16:
                self._meter.step(lambda: "sed: s/REGEXP/REPLACEMENT/g")
            size += command.replacement.most(match)
            if size >= told:
                self._meter.build(size, _GROWS)
                told = 2 * size
            parts += [self._space[at : match.start], command.replacement.apply(match)]
            at = match.end
        if not parts:
            return
        self._space = "".join([*parts, self._space[at:]])
        self._replaced = True
        if "p" in command.flags:
            yield from self._put(self._space)
        if "w" in command.flags:
            yield from self._to_file(command.text, self._space)

    def _matches(self, command: Command, pattern: Pattern) -> Iterator[Match]:
        """The matches that are replaced."""
        for count, match in enumerate(pattern.matches(self._space), 1):
            if count >= command.occurrence:
                yield match
                if "g" not in command.flags:
                    break

    def _to_file(self, name: str, line: str) -> Steps:
        if name == "/dev/stdout":
            yield from self._put(line, ended=True)
        else:
            yield from self._files.write_to(name, f"{line}\n")


def _shown(text: str, width: int) -> str:
    """The pattern space as ``l`` prints it, in lines of a width; 0 : one line."""
    found, column = "", 0
    for char in text:
        shown = _SHOWN.get(char)
        if shown is None:
            printable = char.isascii() and char.isprintable()
            shown = char if printable else "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
        if width and column + len(shown) > width - 1:
            found, column = found + "\\\n", 0
        found, column = found + shown, column + len(shown)
    return f"{found}$\n"
