"""The Go templates of ``--format``: fields, variables, ``range``, ``if``, ``with``, and the functions docker adds.

The inspect commands execute a template twice if need be: on the structures of the program (`Template.typed`), which
have the fields that Go knows, and when that fails on the JSON the daemon sent (`Template.raw`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from macvsim.docker.gotypes import GO_NAMES, JSON_NAMES, GoMap, Sparse, from_json
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.template_functions import FUNCTIONS, Nil, call, show
from macvsim.tools.docker.template_read import Node, Operand, Pipe, Token, read


class Template:
    """A template, ready to be executed any number of times."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._nodes = read(text, FUNCTIONS)
        _check_names(self._nodes, ["$"])

    def execute(self, data: Any) -> str:
        """The text for `data` as the inspect commands make it.  Raises `ToolError`, that of the second try."""
        try:
            return self.typed(data)
        except ToolError:
            return self.raw(data)

    def typed(self, data: Any) -> str:
        """On structures: an unknown field is an error, an unknown key of a map is no value.  Raises `ToolError`."""
        return _Run(self.text, is_typed=True).walk(self._nodes, data)

    def raw(self, data: Any) -> str:
        """On maps: an unknown key is an error.  Raises `ToolError`."""
        return _Run(self.text, is_typed=False).walk(self._nodes, from_json(data))


def _check_names(nodes: Iterable[Node], known: list[str]) -> None:
    """Variables are declared before they are used.  Raises `ToolError`."""
    for node in nodes:
        for operand in _operands(node.pipe or []):
            if operand[0] == "variable" and operand[1] not in known:
                raise ToolError(f'template: :1: undefined variable "{operand[1]}"')
        if node.kind in ("range", "if", "with"):
            _check_names(node.body, [*known, *node.names])
            _check_names(node.other, [*known, *node.names])
        else:
            known.extend(node.names)


def _operands(pipe: Pipe) -> Iterable[Operand]:
    """Every operand of a pipeline, those in parentheses too."""
    for command in pipe:
        for operand in command:
            yield operand
            if operand[0] == "pipe":
                yield from _operands(operand[1])


class _Run:
    """One execution."""

    def __init__(self, text: str, *, is_typed: bool) -> None:
        self.text = text
        self.is_typed = is_typed
        self.out: list[str] = []

    def walk(self, nodes: list[Node], data: Any) -> str:
        self._walk(nodes, data, {"$": data})
        return "".join(self.out)

    def _walk(self, nodes: list[Node], dot: Any, scope: dict[str, Any]) -> None:
        for node in nodes:
            if node.kind == "text":
                self.out.append(node.text)
                continue
            assert node.pipe is not None
            value = self._pipe(node.pipe, dot, scope)
            if node.kind == "range":
                self._range(node, value, dot, scope)
            elif node.kind in ("if", "with"):
                inside = scope | dict.fromkeys(node.names, value)
                if value:
                    self._walk(node.body, value if node.kind == "with" else dot, inside)
                else:
                    self._walk(node.other, dot, inside)
            elif node.names:
                scope[node.names[0]] = value
            else:
                self.out.append(show(value))

    def _range(self, node: Node, value: Any, dot: Any, scope: dict[str, Any]) -> None:
        """Every element of a list, or of a map in the order of its keys."""
        if value is not None and not isinstance(value, dict | list | tuple | Nil):
            raise ToolError(f'template: :1: executing "" at <{node.text}>: range can\'t iterate over {show(value)}')
        items: list[tuple[Any, Any]]
        if isinstance(value, dict):
            items = sorted(value.items())
        else:
            items = list(enumerate(value)) if isinstance(value, list | tuple) else []
        for key, item in items:
            named = dict(zip(node.names, (key, item) if len(node.names) == 2 else (item,), strict=False))
            self._walk(node.body, item, scope | named)
        if not items:
            self._walk(node.other, dot, scope)

    def _pipe(self, pipe: Pipe, dot: Any, scope: dict[str, Any]) -> Any:
        """Each command's value becomes the last argument of the next."""
        values: list[Any] = []
        for command in pipe:
            head, *arguments = command
            given = [self._operand(operand, dot, scope) for operand in arguments] + values
            if head[0] == "function":
                values = [self._call(head, given, arguments[0] if arguments else None)]
            elif given:
                raise ToolError("can't give argument to non-function")
            else:
                values = [self._operand(head, dot, scope)]
        return values[0]

    def _call(self, head: Operand, given: list[Any], first: Operand | None = None) -> Any:
        if head[1] == "join" and not self.is_typed and first and first[2] and isinstance(given[0], list):
            raise ToolError(f"{self._where(first[2])}: wrong type for value; expected []string; got []interface {{}}")
        return call(head[1], given)

    def _operand(self, operand: Operand, dot: Any, scope: dict[str, Any]) -> Any:
        kind, value, fields = operand
        if kind == "dot":
            value = dot
        elif kind == "variable":
            value = scope[value]
        elif kind == "pipe":
            value = self._pipe(value, dot, scope)
        elif kind == "function":
            value = self._call(operand, [])
        for number, token in enumerate(fields):
            value = self._field(value, token, fields[: number + 1], fields)
        return value

    def _field(self, value: Any, token: Token, chain: Sequence[Token], fields: Sequence[Token]) -> Any:
        name = token.text[1:]
        if isinstance(value, Sparse) and self.is_typed:
            value = value.fields
        if isinstance(value, dict):
            is_structure = self.is_typed and not isinstance(value, GoMap)
            key = JSON_NAMES.get(name, name) if is_structure else name
            if key in value and not (is_structure and name in GO_NAMES):
                found = value[key]
                return Nil(key) if found is None and self.is_typed else found
            if self.is_typed and isinstance(value, GoMap):
                return None
        elif value is None and self.is_typed and len(chain) > 1:
            return None
        raise ToolError(f"{self._where(fields)}: {self._reason(value, name)}")

    @staticmethod
    def _reason(value: Any, name: str) -> str:
        if isinstance(value, dict):
            return f'map has no entry for key "{name}"'
        if value is None or isinstance(value, Nil):
            return f'nil data; no entry for key "{name}"'
        return f"can't evaluate field {name} in type interface {{}}"

    def _where(self, fields: Sequence[Token]) -> str:
        """Position and text of a chain of fields."""
        at = fields[min(1, len(fields) - 1)].pos
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1)
        shown = "".join(part.text for part in fields)
        return f'template: :{line}:{column}: executing "" at <{shown}>'


__all__ = ["Template", "show"]
