"""What values look like when a Go template prints them, and the functions templates can call."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from macvsim.docker.gotypes import NIL_MAPS, NIL_POINTERS, GoMap, GoTime, JsonMap, Sparse
from macvsim.docker.inspection import compact
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.tool import ToolError

NOTHING = "<no value>"


class Nil:
    """A nil of the Go program; `field`: what holds it tells whether it is a slice, a map or a pointer."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0


def show(value: Any) -> str:
    """A value as an action prints it.  `NotSimulated` for pointers, which are printed as addresses."""
    match value:
        case None:
            return NOTHING
        case Nil():
            return "map[]" if value.field in NIL_MAPS else "<nil>" if value.field in NIL_POINTERS else "[]"
        case bool():
            return "true" if value else "false"
        case GoTime():
            return value.shown
        case list() | tuple():
            return f"[{' '.join(show(item) for item in value)}]"
        case Sparse():
            return f"{{{' '.join(show(item) for item in value.fields.values())}}}"
        case dict():
            return _show_pairs(value)
    return str(value)


def _show_pairs(value: dict[str, Any]) -> str:
    """A map or a structure."""
    if not isinstance(value, GoMap):
        if len(value) > 4:
            raise NotSimulated("a whole structure printed as Go prints it: write {{json …}}", Effect.READS)
        return f"{{{' '.join(show(item) for item in value.values())}}}"
    if not isinstance(value, JsonMap) and any(isinstance(item, dict) for item in value.values()):
        raise NotSimulated("a map of pointers printed as Go prints it: write {{json …}}", Effect.READS)
    return f"map[{' '.join(f'{key}:{show(item)}' for key, item in sorted(value.items()))}]"


def plain(value: Any) -> Any:
    """A value for `json`."""
    return None if isinstance(value, Nil) else value


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            missing = "" if all(isinstance(item, str) for item in value.values()) else None
            value = value.get(key, missing)
            continue
        try:
            value = value[key]
        except IndexError:
            raise ToolError(f"error calling index: index out of range: {key}") from None
    return value


def _slice(value: Any, *bounds: int) -> Any:
    if any(bound < 0 or bound > len(value) for bound in bounds):
        raise ToolError("error calling slice: index out of range")
    start, end = (*bounds, len(value))[:2] if len(bounds) < 2 else bounds[:2]
    return value[start if bounds else 0 : end]


def _printf(text: str, *values: Any) -> str:
    left = list(values)

    def one(match: re.Match[str]) -> str:
        verb = match[2]
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        value = left.pop(0)
        shown = json.dumps(value, ensure_ascii=False) if verb == "q" and isinstance(value, str) else show(value)
        width = int(match[1] or 0)
        return shown.ljust(-width) if width < 0 else shown.rjust(width)

    return re.sub(r"%(-?\d*)([sdvqt%])", one, text)


def _join(parts: Any, separator: str) -> str:
    if not isinstance(parts, list | tuple | Nil):
        raise TypeError
    return separator.join(() if isinstance(parts, Nil) else parts)


def _length(value: Any) -> int:
    if isinstance(value, int):
        raise TypeError
    return len(value)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "json": lambda value: compact(plain(value)),
    "index": _index,
    "slice": _slice,
    "len": _length,
    "join": _join,
    "split": lambda text, separator: text.split(separator),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text),
    "pad": lambda text, before, after: " " * before + text + " " * after if text else text,
    "truncate": lambda text, length: text[:length],
    "println": lambda *values: " ".join(show(value) for value in values) + "\n",
    "print": lambda *values: "".join(show(value) for value in values),
    "printf": _printf,
    "html": lambda *values: html.escape("".join(show(value) for value in values)).replace("&#x27;", "&#39;"),
    "js": lambda *values: "".join(show(value) for value in values).replace("'", "\\'").replace('"', '\\"'),
    "urlquery": lambda *values: quote_plus("".join(show(value) for value in values)),
    "eq": lambda first, *others: any(first == other for other in others),
    "ne": lambda first, second: first != second,
    "lt": lambda first, second: first < second,
    "le": lambda first, second: first <= second,
    "gt": lambda first, second: first > second,
    "ge": lambda first, second: first >= second,
    "not": lambda value: not value,
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "or": lambda *values: next((value for value in values if value), values[-1]),
}


def call(name: str, arguments: list[Any]) -> Any:
    """The value of a function.  Raises `ToolError`."""
    try:
        return FUNCTIONS[name](*arguments)
    except (TypeError, AttributeError, ValueError, IndexError, KeyError):
        raise ToolError(f"error calling {name}: wrong number or type of arguments") from None
