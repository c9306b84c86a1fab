"""``[[ … ]]``: true or false; its words are neither split nor matched against file names (bash, busybox ash)."""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import partial
from typing import Any

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileSystem
from macvsim.machine.tool import ToolError
from macvsim.shell.builtins import testexpr
from macvsim.shell.builtins.shelltests import of_shell
from macvsim.shell.expansion import quotes
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.expansion.pattern import Options, matches
from macvsim.shell.state import State
from macvsim.shell.syntax.nodes import Test, Word

_SPECIAL = re.compile(r"[][\\.^$*+?(){}|]")
"""Characters of a regular expression that quotes make literal."""
_NUMERIC = frozenset(("-eq", "-ne", "-lt", "-le", "-gt", "-ge"))


def holds(test: Test, expander: Expander, files: FileSystem) -> Generator[simpy.Event, Any, bool]:
    """True or false; `testexpr.TestError` for what is neither, `ToolError` where a regular expression is none."""
    state = expander.state
    match test.op:
        case "!":
            return not (yield from holds(_test(test.args[0]), expander, files))
        case "(":
            return (yield from holds(_test(test.args[0]), expander, files))
        case "&&" | "||":
            left = yield from holds(_test(test.args[0]), expander, files)
            if left == (test.op == "||"):
                return left
            return (yield from holds(_test(test.args[1]), expander, files))
    left_text = yield from expander.text(_word(test.args[0]))
    if len(test.args) == 1:
        return testexpr.evaluate([test.op, left_text], files, partial(of_shell, state))
    right = _word(test.args[1])
    fold = "nocasematch" in state.shopts
    if test.op in ("=", "==", "!="):
        pieces = yield from expander.pattern(right)
        return matches(pieces, left_text, Options(state.dialect.name == "bash", fold)) == (test.op != "!=")
    if test.op == "=~":
        pieces = yield from expander.pattern(right)
        return _search(pieces, left_text, state, fold=fold)
    right_text = yield from expander.text(right)
    if test.op in _NUMERIC:
        left_text, right_text = (str(expander.evaluate(text, "[[: ")) for text in (left_text, right_text))
    return testexpr.evaluate([left_text, test.op, right_text], files)


def _search(pieces: list[tuple[str, bool]], text: str, state: State, *, fold: bool) -> bool:
    """``=~``, which leaves the match in BASH_REMATCH."""
    from macvsim.shell.regexp import EXTENDED, RegexError, compiled  # few command lines need it

    written = "".join(_SPECIAL.sub(r"\\\g<0>", one) if quoted else one for one, quoted in pieces)
    try:
        pattern = compiled(written, syntax=EXTENDED, fold=fold)
        found = pattern.search(text)
        if state.dialect.name == "bash":
            groups = [] if found is None else [found[number] for number in range(pattern.groups + 1)]
            state.set_array("BASH_REMATCH", [(None, group, False) for group in groups])
        return found is not None
    except RegexError:
        raise ToolError("", 2) from None
    except NotSimulated as error:
        raise NotSimulated(error.feature, Effect.CHANGES) from None


def traced_test(test: Test, expander: Expander) -> Generator[simpy.Event, Any, str]:
    """A test as ``set -x`` prints it: with its words expanded."""
    shown: list[str] = []
    for number, arg in enumerate(test.args):
        if isinstance(arg, Test):
            shown.append((yield from traced_test(arg, expander)))
        elif number == 1 and test.op in ("=", "==", "!=", "=~"):
            pieces = yield from expander.pattern(arg)
            shown.append("".join(quotes.backslashed(one) if quoted and one else one for one, quoted in pieces))
        else:
            shown.append((yield from expander.text(arg)) or "''")
    if test.op == "(":
        return f"( {shown[0]} )"
    return f"{test.op} {shown[0]}" if len(shown) == 1 else f" {test.op} ".join(shown)


def _test(arg: Test | Word) -> Test:
    assert isinstance(arg, Test)
    return arg


def _word(arg: Test | Word) -> Word:
    assert isinstance(arg, Word)
    return arg
