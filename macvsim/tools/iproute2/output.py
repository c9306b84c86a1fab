"""Printing as iproute2 does: one description of an object gives the text, and with ``-j`` the JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from macvsim.dev.registry import Decimal


class Printer:
    """What the fields of objects are given to.

    Parameters
    ----------
    json, pretty : ``-j`` and ``-p``: collect objects, and write them at the end
    oneline : ``-o``: a backslash instead of line breaks inside an object
    """

    def __init__(
        self, write: Callable[[str], None], *, json: bool = False, pretty: bool = False, oneline: bool = False
    ) -> None:
        self._write = write
        self.json = json
        self._pretty = pretty
        self.newline = "\\" if oneline else "\n"
        self._objects: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []
        self._text: list[str] = []

    # -- objects -----------------------------------------------------------------------------------------------------

    @contextmanager
    def object(self) -> Iterator[None]:
        """One object of the list that is printed."""
        new: dict[str, Any] = {}
        self._objects.append(new)
        self._open.append(new)
        yield
        self._open.pop()
        self._flush()

    @contextmanager
    def inside(self, key: str) -> Iterator[None]:
        """A JSON object inside an object; nothing in text."""
        new: dict[str, Any] = {}
        if self._open:
            self._open[-1][key] = new
        self._open.append(new)
        yield
        self._open.pop()

    @contextmanager
    def item(self, key: str) -> Iterator[None]:
        """A JSON object in an array inside an object; nothing in text."""
        new: dict[str, Any] = {}
        self._open[-1].setdefault(key, []).append(new)
        self._open.append(new)
        yield
        self._open.pop()

    # -- fields ------------------------------------------------------------------------------------------------------

    def both(self, key: str, text: str, value: Any) -> None:
        """`text` in text, `value` under `key` in JSON."""
        self.text(text)
        self.member(key, value)

    def text(self, text: str) -> None:
        """Only in text."""
        if not self.json:
            self._text.append(text)

    def member(self, key: str, value: Any) -> None:
        """Only in JSON."""
        if self.json:
            self._open[-1][key] = value

    def line(self) -> None:
        """A line break inside an object."""
        self.text(self.newline)

    def end(self) -> None:
        """The line break at the end of an object."""
        self.text("\n")

    # -- out ---------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._text:
            self._write("".join(self._text))
            self._text = []

    def close(self) -> None:
        """Write what is still to be written: the JSON."""
        self._flush()
        if self.json:
            self._write(_Json(self._pretty).dump(self._objects))


class _Json:
    """The JSON layout of iproute2's json_writer."""

    def __init__(self, pretty: bool) -> None:
        self._pretty = pretty

    def dump(self, value: Any) -> str:
        """A document and its line break."""
        return self._any(value, 0) + "\n"

    def _any(self, value: Any, depth: int) -> str:
        match value:
            case dict():
                return self._object(value, depth)
            case list():
                inner = ",".join(self._any(item, depth + 1) for item in value)
                if not self._pretty:
                    return f"[{inner}]"
                return f"[ {inner} ]" if value else "[ ]"
            case bool():
                return "true" if value else "false"
            case None:
                return "null"
            case Decimal():
                return f"{value:.2f}"
            case str():
                return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return str(value)

    def _object(self, value: dict[str, Any], depth: int) -> str:
        if not self._pretty:
            return "{" + ",".join(f'"{key}":{self._any(item, 0)}' for key, item in value.items()) + "}"
        if not value:
            return "{}"
        indent = "\n" + "    " * (depth + 1)
        members = ",".join(f'{indent}"{key}": {self._any(item, depth + 1)}' for key, item in value.items())
        return "{" + members + "\n" + "    " * depth + "}"
