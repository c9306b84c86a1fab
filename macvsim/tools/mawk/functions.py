"""The functions of the language (POSIX.1-2017, awk, Functions)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from macvsim.shell.regexp import Match
from macvsim.tools.mawk.nodes import Constant, Expression, Field, Regex, Variable
from macvsim.tools.mawk.record import split
from macvsim.tools.mawk.regex import parts
from macvsim.tools.mawk.values import Input, Value, formatted, number

if TYPE_CHECKING:
    from macvsim.tools.mawk.run import Run

Args = tuple[Expression, ...]


def _length(run: Run, args: Args) -> Value:
    if args and isinstance(args[0], Variable) and run.is_array(args[0].name):
        return float(len(run.array(args[0].name)))
    return float(len(run.string(run.value(args[0]) if args else run.record.get(0))))


def _substr(run: Run, args: Args) -> Value:
    text, start = run.string(run.value(args[0])), number(run.value(args[1]))
    if not run.busybox:  # mawk cuts both off, and counts places before the text
        begin = math.trunc(start)
        size = len(text) if len(args) < 3 else math.trunc(number(run.value(args[2])))
        stop = max(begin, 1) + size - min(begin, 0)
        return text[max(begin, 1) - 1 : max(stop - 1, 0)]
    first = round(start)
    end = len(text) + 1 if len(args) < 3 else round(start + number(run.value(args[2])))
    return text[max(first, 1) - 1 : max(end - 1, 0)]


def _index(run: Run, args: Args) -> Value:
    return float(run.string(run.value(args[0])).find(run.string(run.value(args[1]))) + 1)


def _split(run: Run, args: Args) -> Value:
    text = run.string(run.value(args[0]))
    array = args[1]
    if len(args) > 2 and isinstance(args[2], Regex):
        found_parts = parts(run.pattern(args[2]), text) if text else []
    else:
        found_parts = split(text, run.string(run.value(args[2]) if len(args) > 2 else run.get("FS")))
    found = run.array(array.name) if isinstance(array, Variable) else {}  # busybox takes any expression
    found.clear()
    found.update({str(at): Input(part) for at, part in enumerate(found_parts, 1)})
    return float(len(found_parts))


def _sub(run: Run, args: Args, *, most: int | None = 1) -> Value:
    pattern, new = run.pattern(args[0]), run.string(run.value(args[1]))
    target = args[2] if len(args) > 2 else Field(Constant(0.0))

    def replaced(match: Match) -> str:
        return re.sub(r"\\\\|\\&|&", lambda m: {"&": match[0], "\\&": "&"}.get(m[0], "\\"), new)

    text = run.string(run.value(target))
    matches = list(islice(pattern.matches(text), most))
    run.step(len(matches))
    if matches:
        at, pieces = 0, []
        for match in matches:
            pieces += [text[at : match.start], replaced(match)]
            at = match.end
        run.build(sum(map(len, pieces)) + len(text) - at)
        run.assign(target, "".join([*pieces, text[at:]]))
    return float(len(matches))


def _gsub(run: Run, args: Args) -> Value:
    return _sub(run, args, most=None)


def _match(run: Run, args: Args) -> Value:
    found = run.pattern(args[1]).search(run.string(run.value(args[0])))
    start, length = (found.start + 1, found.end - found.start) if found else (0, -1)
    run.set("RSTART", float(start))
    run.set("RLENGTH", float(length))
    return float(start)


def _sprintf(run: Run, args: Args) -> Value:
    values = [run.value(arg) for arg in args]
    return formatted(run.string(values[0]), values[1:], run.field, function="" if run.busybox else "sprintf")


def _number(function: Callable[[float], float]) -> Callable[[Run, Args], Value]:
    def call(run: Run, args: Args) -> Value:
        try:
            return float(function(number(run.value(args[0]))))
        except (ValueError, OverflowError):
            return math.nan

    return call


def _atan2(run: Run, args: Args) -> Value:
    return math.atan2(number(run.value(args[0])), number(run.value(args[1])))


FUNCTIONS: dict[str, Callable[[Run, Args], Value]] = {
    "length": _length,
    "substr": _substr,
    "index": _index,
    "split": _split,
    "sub": _sub,
    "gsub": _gsub,
    "match": _match,
    "sprintf": _sprintf,
    "tolower": lambda run, args: run.string(run.value(args[0])).lower(),
    "toupper": lambda run, args: run.string(run.value(args[0])).upper(),
    "int": _number(math.trunc),
    "sqrt": _number(math.sqrt),
    "exp": _number(math.exp),
    "log": _number(lambda value: math.log(value) if value else -math.inf),
    "sin": _number(math.sin),
    "cos": _number(math.cos),
    "atan2": _atan2,
}
