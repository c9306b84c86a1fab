"""``[[ … ]]``: what a test says; its words are neither split nor matched against file names (bash, busybox ash)."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.files import FileSystem
from macvsim.shell.builtins import testexpr
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.expansion.pattern import matches
from macvsim.shell.syntax.nodes import Test, Word

_SPECIAL = re.compile(r"[][\\.^$*+?(){}|]")
"""Characters of a regular expression that quotes make literal."""
_NUMERIC = frozenset(("-eq", "-ne", "-lt", "-le", "-gt", "-ge"))


def holds(test: Test, expander: Expander, files: FileSystem) -> Generator[simpy.Event, Any, bool]:
    """True or false; `testexpr.TestError` for what is neither."""
    match test.op:
        case "!":
            return not (yield from holds(_test(test.args[0]), expander, files))
        case "&&" | "||":
            left = yield from holds(_test(test.args[0]), expander, files)
            if left == (test.op == "||"):
                return left
            return (yield from holds(_test(test.args[1]), expander, files))
    left_text = yield from expander.text(_word(test.args[0]))
    if len(test.args) == 1:
        return testexpr.evaluate([test.op, left_text], files)
    right = _word(test.args[1])
    if test.op in ("=", "==", "!="):
        pieces = yield from expander.pieces(right)
        return matches(pieces, left_text) == (test.op != "!=")
    if test.op == "=~":
        pieces = yield from expander.pieces(right)
        return _search(
            "".join(_SPECIAL.sub(r"\\\g<0>", text) if quoted else text for text, quoted in pieces), left_text
        )
    right_text = yield from expander.text(right)
    if test.op in _NUMERIC:
        left_text, right_text = (str(expander.evaluate(text)) for text in (left_text, right_text))
    return testexpr.evaluate([left_text, test.op, right_text], files)


def _search(expression: str, text: str) -> bool:
    """``=~``."""
    from macvsim.shell.regexp import EXTENDED, RegexError, RegexLimitError, compiled  # few command lines need it

    try:
        return compiled(expression, syntax=EXTENDED).test(text)
    except RegexError:
        raise testexpr.TestError("argument", expression) from None
    except RegexLimitError as error:
        raise NotSimulated(str(error)) from None


def _test(arg: Test | Word) -> Test:
    assert isinstance(arg, Test)
    return arg


def _word(arg: Test | Word) -> Word:
    assert isinstance(arg, tuple)
    return arg
