"""The Go templates of ``--format``: fields, variables, ``range``, ``if``, ``with``, and the functions docker adds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from macvsim.docker.inspection import compact
from macvsim.errors import NotSimulated
from macvsim.shell.docker.template_read import Node, Operand, Pipe, TemplateError, Token, read


class Template:
    """A template, ready to be executed any number of times."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._nodes = read(text, _FUNCTIONS)

    def execute(self, data: Any) -> str:
        """The text for `data`: dictionaries, lists, strings, numbers, truth values, None.  Raises `TemplateError`."""
        out: list[str] = []
        self._walk(self._nodes, data, {"$": data}, out)
        return "".join(out)

    def _walk(self, nodes: list[Node], dot: Any, scope: dict[str, Any], out: list[str]) -> None:
        for node in nodes:
            if node.kind == "text":
                out.append(node.text)
                continue
            assert node.pipe is not None
            value = self._pipe(node.pipe, dot, scope)
            if node.kind == "range":
                items = sorted(value.items()) if isinstance(value, dict) else list(enumerate(value or []))
                for key, item in items:
                    named = dict(zip(node.names, (key, item) if len(node.names) == 2 else (item,), strict=False))
                    self._walk(node.body, item, scope | named, out)
                if not items:
                    self._walk(node.other, dot, scope, out)
            elif node.kind in ("if", "with"):
                inside = scope | dict.fromkeys(node.names, value)
                if value:
                    self._walk(node.body, value if node.kind == "with" else dot, inside, out)
                else:
                    self._walk(node.other, dot, scope, out)
            elif node.names:
                scope[node.names[0]] = value
            else:
                out.append(show(value))

    def _pipe(self, pipe: Pipe, dot: Any, scope: dict[str, Any]) -> Any:
        """Each command's value becomes the last argument of the next."""
        values: list[Any] = []
        for command in pipe:
            head, *arguments = command
            given = [self._operand(operand, dot, scope) for operand in arguments] + values
            if head[0] == "function":
                values = [_call(head[1], given)]
            elif given:
                raise TemplateError("can't give argument to non-function")
            else:
                values = [self._operand(head, dot, scope)]
        return values[0]

    def _operand(self, operand: Operand, dot: Any, scope: dict[str, Any]) -> Any:
        kind, value, fields = operand
        if kind == "dot":
            value = dot
        elif kind == "variable":
            if value not in scope:
                raise TemplateError(f'undefined variable "{value}"')
            value = scope[value]
        elif kind == "pipe":
            value = self._pipe(value, dot, scope)
        elif kind == "function":
            value = _call(value, [])
        for number, token in enumerate(fields):
            value = self._field(value, token, fields[: number + 1], fields)
        return value

    def _field(self, value: Any, token: Token, chain: Sequence[Token], fields: Sequence[Token]) -> Any:
        name = token.text[1:]
        if isinstance(value, dict) and name in value:
            return value[name]
        where = fields[min(1, len(fields) - 1)].pos
        line = self.text.count("\n", 0, where) + 1
        column = where - (self.text.rfind("\n", 0, where) + 1)
        shown = "".join(part.text for part in fields)
        if isinstance(value, dict):
            reason = f'map has no entry for key "{name}"'
        elif value is None:
            reason = f'nil data; no entry for key "{name}"'
        else:
            reason = f"can't evaluate field {name} in type {'string' if isinstance(value, str) else 'interface {}'}"
        raise TemplateError(f'template: :{line}:{column}: executing "" at <{shown}>: {reason}')


def show(value: Any) -> str:
    """A value as an action prints it."""
    match value:
        case None:
            return "<no value>"
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return f"[{' '.join(show(item) for item in value)}]"
        case dict():
            if not value:
                return "map[]"
            raise NotSimulated("a structure printed as Go prints it: write {{json …}}")
    return str(value)


# -- functions


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key, "")
        else:
            try:
                value = value[key]
            except (IndexError, TypeError, KeyError):
                raise TemplateError(f"error calling index: index out of range: {key}") from None
    return value


def _printf(text: str, *values: Any) -> str:
    left = list(values)

    def one(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        value = left.pop(0) if left else ""
        return json.dumps(value) if match[1] == "q" else show(value)

    return re.sub(r"%([sdvq%])", one, text)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "json": compact,
    "index": _index,
    "len": len,
    "join": lambda parts, separator: separator.join(parts),
    "split": lambda text, separator: text.split(separator),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: text.title(),
    "println": lambda *values: " ".join(show(value) for value in values) + "\n",
    "print": lambda *values: "".join(show(value) for value in values),
    "printf": _printf,
    "truncate": lambda text, length: text[:length],
    "eq": lambda first, *others: any(first == other for other in others),
    "ne": lambda first, second: first != second,
    "lt": lambda first, second: first < second,
    "gt": lambda first, second: first > second,
    "not": lambda value: not value,
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "or": lambda *values: next((value for value in values if value), values[-1]),
}


def _call(name: str, arguments: list[Any]) -> Any:
    try:
        return _FUNCTIONS[name](*arguments)
    except (TypeError, AttributeError):
        raise TemplateError(f"error calling {name}: wrong number or type of arguments") from None


__all__ = ["Template", "TemplateError", "show"]
