"""``test`` and ``[``: what an expression says (POSIX.1-2017, test)."""

from __future__ import annotations

import re
from collections.abc import Callable

from macvsim.machine.files import FileSystem
from macvsim.machine.kernelfs import Directory, File

_BINARY = frozenset(("=", "==", "!=", "<", ">", "-eq", "-ne", "-gt", "-ge", "-lt", "-le", "-nt", "-ot", "-ef"))
_UNARY = frozenset(f"-{letter}" for letter in "abcdefghknoprstuvwxzLOSGNR")


class TestError(Exception):
    """An expression that means nothing.

    kind : ``operator`` (`following` is one word more than there should be), ``number``, ``argument`` (one is missing
    after `word`) or ``paren``; given : all the words
    """

    given: tuple[str, ...] = ()

    def __init__(self, kind: str, word: str, following: str = "") -> None:
        super().__init__(kind, word, following)
        self.kind = kind
        self.word = word
        self.following = following


def evaluate(
    args: list[str],
    files: FileSystem,
    shell: Callable[[str, str], bool | None] | None = None,
    *,
    doubled: bool = True,
) -> bool:
    """True or false; `TestError` for what is neither.

    shell : answers ``-v``, ``-o`` and ``-R``; None for other operators
    doubled : ``==`` is an operator
    """
    if not args:
        return False
    expression = _Expression(args, files, shell, _BINARY if doubled else _BINARY - {"=="})
    try:
        answer = expression.either()
        if expression.rest:
            raise TestError("operator", expression.consumed, expression.rest[0])
    except TestError as error:
        error.given = tuple(args)
        raise
    return answer


class _Expression:
    """Recursive descent: ``-o``, ``-a``, ``!``, primaries."""

    def __init__(
        self,
        args: list[str],
        files: FileSystem,
        shell: Callable[[str, str], bool | None] | None,
        binary: frozenset[str],
    ) -> None:
        self.rest = list(args)
        self.consumed = ""
        self._files = files
        self._shell = shell
        self._binary = binary

    def _take(self) -> str:
        self.consumed = self.rest.pop(0)
        return self.consumed

    def either(self) -> bool:
        answer = self._both()
        while self.rest and self.rest[0] == "-o":
            self._take()
            answer = self._both() or answer
        return answer

    def _both(self) -> bool:
        answer = self._inverted()
        while self.rest and self.rest[0] == "-a":
            self._take()
            answer = self._inverted() and answer
        return answer

    def _inverted(self) -> bool:
        if len(self.rest) > 1 and self.rest[0] == "!" and not (len(self.rest) == 3 and self.rest[1] in self._binary):
            self._take()
            return not self._inverted()
        return self._primary()

    def _primary(self) -> bool:
        rest = self.rest
        if not rest:
            raise TestError("argument", self.consumed)
        if len(rest) >= 2 and rest[1] in self._binary:
            left, operator = self._take(), self._take()
            if not rest:
                raise TestError("argument", operator)
            right = self._take()
            return self._compare(left, operator, right)
        if rest[0] == "(" and len(rest) > 1:
            self._take()
            answer = self.either()
            if not self.rest or self._take() != ")":
                raise TestError("paren", ")")
            return answer
        if rest[0] in _UNARY and len(rest) > 1 and not (len(rest) > 2 and rest[1] in ("-a", "-o")):
            return self._unary(self._take(), self._take())
        return self._take() != ""

    def _compare(self, left: str, operator: str, right: str) -> bool:
        match operator:
            case "=" | "==":
                return left == right
            case "!=":
                return left != right
            case "<":
                return left < right
            case ">":
                return left > right
            case "-ef":
                return self._files.exists(left) and self._files.absolute(left) == self._files.absolute(right)
            case "-nt" | "-ot":
                return self._newer(*((left, right) if operator == "-nt" else (right, left)))
        a, b = _number(left), _number(right)
        return {"-eq": a == b, "-ne": a != b, "-gt": a > b, "-ge": a >= b, "-lt": a < b, "-le": a <= b}[operator]

    def _newer(self, one: str, other: str) -> bool:
        """True if a file was written after another, or only it exists."""
        if not self._files.exists(one):
            return False
        return not self._files.exists(other) or self._files.written(one) > self._files.written(other)

    def _unary(self, operator: str, word: str) -> bool:
        about = self._shell(operator, word) if self._shell is not None else None
        if about is not None:
            return about
        if operator == "-n":
            return word != ""
        if operator == "-z":
            return word == ""
        if operator == "-t":
            return False
        node = self._files.lookup(word) if word else None
        if node is None:
            return False
        match operator:
            case "-d":
                return isinstance(node, Directory)
            case "-f":
                return isinstance(node, File) and not word.startswith("/dev/")
            case "-c":
                return word.startswith("/dev/")
            case "-e" | "-O" | "-G":
                return True
            case "-r":
                return isinstance(node, Directory) or node.read is not None
            case "-w":
                return isinstance(node, Directory) or node.write is not None
            case "-x":
                return isinstance(node, Directory)
            case "-s":
                return isinstance(node, Directory) or bool(node.read and not word.startswith("/proc/") and node.read())
        return False


def _number(text: str) -> int:
    if not re.fullmatch(r"\s*[-+]?\d+\s*", text):
        raise TestError("number", text)
    return int(text)
