"""From the text of a front matter to a `LabSpec`, with every mistake at its line of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from macvsim.errors import ScenarioError, one_line
from macvsim.labfile.schema import LabSpec

_EXAMPLE = 'topology: {nodes: {host1: {}, sw1: {kind: switch}}, links: [{endpoints: ["host1:enp0s8", "sw1:1"]}]}'
_SHAPES = {
    "dict_type": "is a mapping: write lines of the form KEY: VALUE below it",
    "model_type": "is a mapping: write lines of the form KEY: VALUE below it",
    "model_attributes_type": "is a mapping: write lines of the form KEY: VALUE below it",
    "tuple_type": "is a list: write [A, B], or a line that begins with a dash for each",
    "list_type": "is a list: write [A, B], or a line that begins with a dash for each",
    "bool_type": "is true or false",
    "bool_parsing": "is true or false",
    "int_type": "is a whole number",
    "int_parsing": "is a whole number",
    "int_from_float": "is a whole number",
    "float_type": "is a number",
    "float_parsing": "is a number",
    "string_type": "is a text",
}
_BOUNDS = {"greater_than_equal": "at least", "less_than_equal": "at most"}


class FrontMatter:
    """What a front matter says, and where.

    file : name of the file as errors show it; first : line of the file on which the text begins
    """

    def __init__(self, text: str, file: str, first: int = 1) -> None:
        self.text = text
        self.file = file
        self.first = first
        self.data = self._read(text)
        self.spec = self._validate()

    def _read(self, text: str) -> CommentedMap:
        yaml = YAML(typ="rt", pure=True)
        try:
            data = yaml.load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self.first + (mark.line if mark is not None else 0)
            said = one_line(error.problem or error.context or "").partition(" with value ")[0]  # of a duplicate key
            raise self._error(line, f"this is not YAML: {said}") from None
        except ReaderError as error:
            line = self.first + text.count("\n", 0, error.position)
            raise self._error(line, f"the character {chr(error.character)!r} cannot stand in YAML") from None
        except (YAMLError, ValueError, TypeError, RecursionError) as error:  # TypeError: a list or mapping as a key
            raise self._error(self.first, f"this is not YAML: {one_line(error)}") from None
        if not isinstance(data, CommentedMap):
            raise self._error(self.first, f"a lab is described by lines such as name: lab1 and {_EXAMPLE}")
        return data

    def _validate(self) -> LabSpec:
        try:
            return LabSpec.model_validate(self.data)
        except ValidationError as error:
            problems = [(self.line(_location(detail)), _text(detail)) for detail in error.errors()]
        line, text = min(problems, key=lambda problem: problem[0])
        raise self._error(line, text)

    def notes(self) -> list[str]:
        """A line for each key that was read and does nothing here, with its place."""
        found: list[tuple[object, ...]] = [(key,) for key in self.data if key in LabSpec.without_effect]
        given = {str(name): node for name, node in self.data["topology"]["nodes"].items()}  # YAML has numbers, too
        for name, node in self.spec.topology.nodes.items():
            own = given.get(name) or {}
            found += [("topology", "nodes", name, key) for key in own if key in node.without_effect - {"group"}]
        return [f"{self.file}:{self.line(at)}: note: {at[-1]} has no effect here" for at in found]

    def changed(self, change: Callable[[Any], None]) -> FrontMatter:
        """Another front matter, whose data `change` has worked on; `ScenarioError` says what cannot be so."""
        new = copy(self)
        new.data = deepcopy(self.data)
        change(new.data)
        new.spec = new._validate()
        return new

    def seeded(self, seed: int) -> FrontMatter:
        """Another front matter, of the lab with this seed."""
        new = copy(self)
        new.spec = self.spec.model_copy(update={"seed": seed})
        return new

    def line(self, location: Sequence[object]) -> int:
        """The line of the file on which something stands, named by the keys that lead to it; or what holds it."""
        node: Any = self.data
        line = int(node.lc.line)
        for key in location:
            if isinstance(node, CommentedMap):
                found = next((one for one in node if str(one) == str(key)), None)
                if found is None or found not in node.lc.data:  # not there, or set by `changed`
                    continue
                line, node = int(node.lc.key(found)[0]), node[found]
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line, node = int(node.lc.item(key)[0]), node[key]
        return self.first + line

    def error(self, location: Sequence[object], text: str) -> ScenarioError:
        """The exception for a mistake at a place, for the caller to raise."""
        return self._error(self.line(location), text)

    def _error(self, line: int, text: str) -> ScenarioError:
        return ScenarioError(f"{self.file}:{line}: {text}")


def _location(detail: ErrorDetails) -> tuple[int | str, ...]:
    found = tuple(detail["loc"])
    return (*found, detail["ctx"]["key"]) if detail["type"] == "unknown_key" else found


def _text(detail: ErrorDetails) -> str:
    """What is wrong, in one line, with what to write instead."""
    kind, context = detail["type"], detail.get("ctx", {})
    names = [str(key) for key in detail["loc"] if key not in ("linux", "switch", "bridge")]
    name = next((key for key in reversed(names) if not key.isdecimal()), "this")
    if kind == "unknown_key":
        return str(context["text"])
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        example = {"topology": _EXAMPLE, "name": "name: lab1", "nodes": "nodes: {host1: {}}"}.get(name, f"{name}: …")
        return f"{name} is missing: add {example}"
    if kind == "union_tag_invalid":
        return f"there is no kind {context['tag']!r}: write kind: linux or kind: switch"
    if kind == "literal_error":
        return f"{name} is {context['expected']}, not {detail['input']!r}"
    if kind in _BOUNDS:
        return f"{name} is {_BOUNDS[kind]} {next(iter(context.values()))}, not {detail['input']!r}"
    if kind in _SHAPES:
        return f"{name} {_SHAPES[kind]}, not {_shown(detail['input'])}"
    return f"{name}: {one_line(detail['msg'])}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
