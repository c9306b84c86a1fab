"""find: the files below directories that an expression is true of (GNU findutils 4.10, busybox 1.37)."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterator

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.tool import OWN, Texts, ToolError, UsageError
from macvsim.tools.toolkit import Wording, everywhere

Test = Callable[[str], bool]
_VALUES = ("-name", "-iname", "-path", "-wholename", "-ipath", "-type", "-maxdepth", "-mindepth")
_LEFT_OUT = frozenset(
    ("-exec", "-execdir", "-ok", "-okdir", "-delete", "-size", "-mtime", "-mmin", "-newer", "-perm", "-user", "-group",
     "-prune", "-regex", "-printf", "-ls", "-links", "-xdev", "-mount", "-follow", "-L", "-H", "-P", "-depth", "-quit",
     "-fprint")
)  # fmt: skip
_COMMANDS = ("-exec", "-execdir", "-ok", "-okdir")
"""They run a command for each file."""


@everywhere("find", usage=Texts(__package__), gnu=OWN, busybox=OWN, effect=Effect.NONE)
def find(call: Call, manner: Wording) -> int:
    """``find [PATH…] [EXPRESSION]``: paths in the order of their names."""
    words = list(call.args)
    paths: list[str] = []
    while words and words[0][:1] not in ("-", "(", "!"):
        paths.append(words.pop(0))
    expression = _Expression(call, manner, words)
    test = expression.test()
    code = 0
    for path in paths or ["."]:
        if not call.files.exists(path):
            text = f"{path}: No such file or directory" if manner.busybox else f"‘{path}’: No such file or directory"
            code = manner.error(call, text)
            continue
        for depth, found in _walk(call, path, 0, expression.deepest):
            if depth >= expression.least and test(found) and not expression.acts:
                call.out(f"{found}\n")
    return code


def _walk(call: Call, path: str, depth: int, deepest: int | None) -> Iterator[tuple[int, str]]:
    """A path and, to a depth, all below it."""
    yield depth, path
    if call.files.is_directory(path) and (deepest is None or depth < deepest):
        for name in call.files.names(path):
            yield from _walk(call, posixpath.join(path, name), depth + 1, deepest)


class _Expression:
    """The words of an expression; `acts`: one of them prints by itself."""

    def __init__(self, call: Call, manner: Wording, words: list[str]) -> None:
        self.call = call
        self.manner = manner
        self.words = words
        self.deepest: int | None = None
        self.least = 0
        self.acts = False

    def test(self) -> Test:
        """The whole expression."""
        found = self._either() if self.words else _always
        if self.words:
            raise self._unknown(self.words[0])
        return found

    def _either(self) -> Test:
        tests = [self._both()]
        while self.words[:1] in (["-o"], ["-or"]):
            self.words.pop(0)
            tests.append(self._both())
        return lambda path: any(test(path) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self.words and self.words[0] not in ("-o", "-or", ")"):
            if self.words[0] in ("-a", "-and"):
                self.words.pop(0)
            tests.append(self._one())
        return lambda path: all(test(path) for test in tests)

    def _one(self) -> Test:
        if not self.words:
            raise ToolError("invalid expression; expected to find an expression")
        word = self.words.pop(0)
        if word in ("!", "-not"):
            inner = self._one()
            return lambda path: not inner(path)
        if word == "(":
            inner = self._either()
            if self.words[:1] != [")"]:
                raise ToolError("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            self.words.pop(0)
            return inner
        if word in ("-print", "-print0"):
            self.acts = True
            end = "\n" if word == "-print" else "\0"
            return lambda path: _print(self.call, path + end)
        if word in ("-true", "-false"):
            return lambda path: word == "-true"
        if word == "-empty":
            return self._is_empty
        if word in _LEFT_OUT:
            raise NotSimulated(f"find {word}", Effect.CHANGES if word in _COMMANDS else Effect.NONE)
        if word not in _VALUES:
            raise self._unknown(word)
        if not self.words:
            raise ToolError(f"{word} requires an argument" if self.manner.busybox else f"missing argument to `{word}'")
        return self._with_value(word, self.words.pop(0))

    def _unknown(self, word: str) -> UsageError | ToolError:
        if self.manner.busybox:
            return UsageError(f"unrecognized: {word}")
        known = word.startswith("-")
        return ToolError(f"unknown predicate `{word}'" if known else f"paths must precede expression: `{word}'")

    def _with_value(self, word: str, value: str) -> Test:
        if word in ("-maxdepth", "-mindepth"):
            if not value.isdecimal():
                raise ToolError(f"invalid number '{value}'" if self.manner.busybox else
                              f"Expected a positive decimal integer argument to {word}, but got ‘{value}’")  # fmt: skip
            if word == "-maxdepth":
                self.deepest = int(value)
            else:
                self.least = int(value)
            return _always
        if word == "-type":
            if value not in tuple("fdlbcps"):
                raise ToolError(f"invalid argument '{value}' to '-type'" if self.manner.busybox else
                              f"Unknown argument to -type: {value}")  # fmt: skip
            files = self.call.files
            return lambda path: value == ("d" if files.is_directory(path) else "f")
        change = str.lower if word.startswith("-i") else str
        if word.endswith("name") and word != "-wholename":
            return lambda path: fnmatch.fnmatchcase(change(posixpath.basename(path) or path), change(value))
        return lambda path: fnmatch.fnmatchcase(change(path), change(value))

    def _is_empty(self, path: str) -> bool:
        files = self.call.files
        return not (files.names(path) if files.is_directory(path) else files.read(path))


def _always(path: str) -> bool:
    return True


def _print(call: Call, text: str) -> bool:
    call.out(text)
    return True
