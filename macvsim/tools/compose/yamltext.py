"""YAML as compose reads it (go-yaml, version 3) and writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import ScannerError

from macvsim.machine.tool import ToolError

_SAID = (
    (r"found character '.*' that cannot start any token", "found character that cannot start any token"),
    (r"expected ',' or '}', but got .*", "did not find expected ',' or '}'"),
    (r"expected ',' or '\]', but got .*", "did not find expected ',' or ']'"),
    (r"expected <block end>, but found .*", "did not find expected key"),
    (r"mapping values are not allowed.*", "mapping values are not allowed in this context"),
    (r"could not find expected ':'", "could not find expected ':'"),
    (r"found undefined alias '(.*)'", r"unknown anchor '\1' referenced"),
)


def read(text: str) -> Any:
    """The value of a document.  Raises `ToolError`."""
    yaml = YAML(typ="safe", pure=True)
    try:
        return yaml.load(text)
    except DuplicateKeyError as error:
        raise ToolError(_duplicate(error)) from None
    except MarkedYAMLError as error:
        said = error.problem or ""
        for pattern, words in _SAID:
            if re.fullmatch(pattern, said):
                said = re.sub(pattern, words, said)
        raise ToolError(f"yaml: {_where(error)}{said}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ToolError(f"yaml: {str(error).splitlines()[0]}") from None


def _where(error: MarkedYAMLError) -> str:
    """The line that go-yaml names, which it counts in two ways (yaml.v3 decode.go fail)."""
    marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark is not None and mark.line]
    if not marks:
        return ""
    return f"line {marks[0] + isinstance(error, ScannerError)}: "


def _duplicate(error: DuplicateKeyError) -> str:
    """A key that stands twice in a mapping."""
    found = re.search(r'duplicate key "(.*?)"', str(error.problem))
    first = error.context_mark.line + 1 if error.context_mark else 0
    again = error.problem_mark.line + 1 if error.problem_mark else 0
    key = found[1] if found else ""
    return f'yaml: unmarshal errors:\n  line {again}: mapping key "{key}" already defined at line {first}'


# -- writing -----------------------------------------------------------------------------------------------------------

_RESOLVED = re.compile(
    r"~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF"
    r"|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN|<<"
    r"|[-+]?[0-9][0-9_]*|0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+"
    r"|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
)
_PLAIN = re.compile(r"(?![-?:](\s|$))[^\s\-?:,\[\]{}#&*!|>'\"%@`][^\n]*|[-?:][^\s,\[\]{}#&*!|>'\"%@`][^\n]*")


def scalar(value: Any) -> str:
    """A value on one line, in quotes where it would be taken for something else without."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if _RESOLVED.fullmatch(value) or value == "":
        return f'"{value}"'
    if not value.isprintable():
        inner = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{inner}"'
    risky = ": " in value or " #" in value or value.endswith((":", " ")) or value.startswith(" ")
    if risky or not _PLAIN.fullmatch(value):
        inner = value.replace("'", "''")
        return f"'{inner}'"
    return value


def write(value: Mapping[str, Any]) -> str:
    """A mapping as text; empty ones are written as ``{}``."""
    return "".join(f"{line}\n" for line in _mapping(value, ""))


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{indent}{scalar(key)}:", item, indent)


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    """A key, or a dash, with what stands behind or below it."""
    if isinstance(item, Mapping) and item:
        yield head
        yield from _mapping(item, indent + "  ")
    elif isinstance(item, Sequence) and not isinstance(item, str) and item:
        yield head
        yield from _list(item, indent + "  ")
    elif isinstance(item, str) and "\n" in item:
        yield f"{head} |" + ("" if item.endswith("\n") else "-")
        yield from (f"{indent}  {line}" for line in item.removesuffix("\n").split("\n"))
    elif isinstance(item, Mapping):
        yield f"{head} {{}}"
    elif isinstance(item, Sequence) and not isinstance(item, str):
        yield f"{head} []"
    else:
        yield f"{head} {scalar(item)}"


def _list(items: Sequence[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, indent + "  ")
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield from _entry(f"{indent}-", item, indent)
