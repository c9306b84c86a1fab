"""sed: a stream of lines, edited by a script (GNU sed 4.9; busybox' says the same of what both have)."""

from __future__ import annotations

import re

from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.tools.sed.script import Address, Script, SedCommand, SedError
from macvsim.tools.toolkit import Manner, Misuse, everywhere, lines_of, options, text_of

_LONG = {"expression": "e", "quiet": "n", "silent": "n", "regexp-extended": "E", "in-place": "i", "separate": "s"}


@everywhere("sed")
def sed(call: Call, manner: Manner) -> Waiting:
    """``sed [-nEi] [-e SCRIPT] [SCRIPT] [FILE…]``."""
    call.argv[1:] = ["-i" if re.fullmatch(r"-i.+|--in-place=.*", word) else word for word in call.args]
    given, words = options(call, "ne:Eris", "flbuz", _LONG, gathered="e")
    if "e" in given:
        text = given["e"]
    elif words:
        text = words.pop(0)
    else:
        raise Misuse("")
    try:
        script = Script(text, extended="E" in given or "r" in given)
    except SedError as error:
        if manner.busybox:
            return manner.error(call, error.text)
        return manner.error(call, f"-e expression #1, char {error.at}: {error.text}")
    failed: list[str] = []
    missing = 1 if manner.busybox else 2
    if "i" not in given:
        lines: list[str] = []
        for word in words or ["-"]:
            lines += lines_of((yield from text_of(call, manner, word, failed)) or "")
        run = _Run(script.commands, lines, quiet="n" in given)
        yield from call.write("".join(f"{line}\n" for line in run.printed))
        return missing if failed else 0
    for name in words or ["-"]:
        part = yield from text_of(call, manner, name, failed)
        if part is None:
            continue
        run = _Run(script.commands, lines_of(part), quiet="n" in given)
        try:
            call.files.replace(name, "".join(f"{line}\n" for line in run.printed))
        except FileError as error:
            return manner.file_error(call, name, error.strerror)
    return missing if failed else 0


class _Ended(Exception):
    """The cycle ends; `quits`: the whole run does, too."""

    def __init__(self, *, prints: bool, quits: bool = False) -> None:
        super().__init__(prints, quits)
        self.prints = prints
        self.quits = quits


class _Run:
    """A script applied to lines; `printed` are the lines that come out."""

    def __init__(self, commands: list[SedCommand], lines: list[str], *, quiet: bool) -> None:
        self.printed: list[str] = []
        self._lines = lines
        self._quiet = quiet
        self._next = 0
        self._hold = ""
        self._after: list[str] = []
        while self._next < len(lines):
            self._space = lines[self._next]
            self._next += 1
            prints, quits = not quiet, False
            try:
                self._all(commands)
            except _Ended as ended:
                prints, quits = ended.prints and not quiet, ended.quits
            if prints:
                self.printed.append(self._space)
            self._flush()
            if quits:
                return

    def _flush(self) -> None:
        self.printed += self._after
        self._after = []

    def _all(self, commands: list[SedCommand]) -> None:
        for command in commands:
            if self._selected(command) != command.inverted:
                self._one(command)

    def _selected(self, command: SedCommand) -> bool:
        if command.first is None:
            return True
        if command.last is None:
            return self._is_at(command.first)
        if command.active:
            ends = command.last if isinstance(command.last, int) else None
            command.active = not (self._next >= ends if ends is not None else self._is_at(command.last))
            return ends is None or self._next <= ends
        if not self._is_at(command.first):
            return False
        command.active = not (isinstance(command.last, int) and command.last <= self._next)
        return True

    def _is_at(self, address: Address) -> bool:
        if isinstance(address, int):
            return self._next == address
        if isinstance(address, str):
            return self._next == len(self._lines)
        return address.search(self._space) is not None

    def _one(self, command: SedCommand) -> None:
        match command.letter:
            case "{":
                self._all(command.body)
            case "s":
                self._substitute(command)
            case "y":
                self._space = self._space.translate(str.maketrans(command.flags, command.text))
            case "p":
                self.printed.append(self._space)
            case "P":
                self.printed.append(self._space.partition("\n")[0])
            case "=":
                self.printed.append(str(self._next))
            case "i":
                self.printed.append(command.text)
            case "a":
                self._after.append(command.text)
            case "c":
                if not command.active:
                    self.printed.append(command.text)
                raise _Ended(prints=False)
            case "d" | "D":
                raise _Ended(prints=False)
            case "q" | "Q":
                raise _Ended(prints=command.letter == "q", quits=True)
            case "n" | "N":
                self._further(command.letter)
            case "g":
                self._space = self._hold
            case "G":
                self._space += "\n" + self._hold
            case "h":
                self._hold = self._space
            case "H":
                self._hold += "\n" + self._space
            case "x":
                self._space, self._hold = self._hold, self._space

    def _further(self, letter: str) -> None:
        """``n``: the next line instead; ``N``: behind this one."""
        if self._next == len(self._lines):
            raise _Ended(prints=True, quits=True)
        if letter == "n":
            if not self._quiet:
                self.printed.append(self._space)
            self._flush()
            self._space = self._lines[self._next]
        else:
            self._space += "\n" + self._lines[self._next]
        self._next += 1

    def _substitute(self, command: SedCommand) -> None:
        assert command.pattern is not None
        number = re.search(r"\d+", command.flags)
        wanted, every = int(number[0]) if number else 1, "g" in command.flags
        count = 0

        def replaced(match: re.Match[str]) -> str:
            nonlocal count
            count += 1
            return _replacement(command.text, match) if count == wanted or (every and count > wanted) else match[0]

        text = command.pattern.sub(replaced, self._space)
        if count < wanted:
            return
        self._space = text
        if "p" in command.flags:
            self.printed.append(text)


def _replacement(text: str, match: re.Match[str]) -> str:
    """The text of ``s`` for one match: ``&``, ``\\1`` and escapes."""

    def part(found: re.Match[str]) -> str:
        token = found[0]
        if token == "&":
            return match[0]
        letter = token[1:]
        if letter.isdigit():
            return match[int(letter)] or "" if int(letter) <= (match.re.groups) else ""
        return {"n": "\n", "t": "\t"}.get(letter, letter)

    return re.sub(r"&|\\(?:.|\n)", part, text)
