"""Saved labs: a JSON file with the options of a lab and every call that was made on it, a line each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macvsim.engine.history import Call, flat
from macvsim.errors import ScenarioError

FORMAT = "macvsim lab"
VERSION = 1
"""Of the format; a file with a higher one is from a later macvsim."""
FIRST_LINE = 6
"""Of the file on which a call stands; each has a line."""


@dataclass(frozen=True)
class Saved:
    """What a file says.

    options : of `macvsim.lab.Lab`; calls : oldest first; end : simulated ns when it was saved, None if it does not say
    """

    options: Mapping[str, Any]
    calls: tuple[Call, ...]
    end: int | None = None

    def check_end(self, now: int) -> None:
        """`ScenarioError` unless the lab, played again, ends at the time (ns) at which it was saved."""
        if self.end is not None and self.end != now:
            raise ScenarioError(
                f"played again, it ends at {now / 1e9:g} s, not at {self.end / 1e9:g} s: it was edited, or saved by "
                'another macvsim; without "end" it is taken as it comes'
            )

    @property
    def text(self) -> str:
        """The file."""
        head = {"format": FORMAT, "version": VERSION, "lab": dict(self.options)}
        lines = [f"{json.dumps(key)}: {_line(value)},\n" for key, value in head.items()]
        calls = ",\n".join(_line(_as_data(call)) for call in self.calls)
        return "{\n" + "".join(lines) + f'"calls": [\n{calls}\n],\n"end": {self.end}\n}}\n'


def _line(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _as_data(call: Call) -> dict[str, Any]:
    data: dict[str, Any] = {"time": call.time, "on": dict(call.on), "call": call.name}
    if call.args:
        data["args"] = list(call.args)
    if call.options:
        data["options"] = dict(call.options)
    if call.raises:
        data["raises"] = call.raises
    if call.times != 1:
        data["times"] = call.times
    return data


def read(path: Path) -> Saved:
    """Read a file.

    Raises
    ------
    ScenarioError : it is no saved lab, or one of a later version, or not the whole of one; with the line where that is
        known
    OSError : it cannot be read
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: this is no saved lab: macvsim save LAB.md makes one") from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Saved:
    """The text of a file, which messages call `file`; raises `ScenarioError`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()):
            raise ScenarioError(
                f"{file}:{error.lineno}: the file ends too early: it is not the whole saved lab"
            ) from None
        raise ScenarioError(f"{file}:{error.lineno}: this is no saved lab: {error.msg}") from None
    except (ValueError, RecursionError):
        raise ScenarioError(f"{file}: this is no saved lab: macvsim save LAB.md makes one") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ScenarioError(f"{file}: this is no saved lab: macvsim save LAB.md makes one")
    version = data.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise ScenarioError(
            f"{file}: saved by a later macvsim (format {version}, this one reads {VERSION}): update macvsim"
        )
    options, calls, end = data.get("lab"), data.get("calls"), data.get("end")
    if not isinstance(options, dict) or not _are_options(options):
        raise ScenarioError(f'{file}: "lab" is not the options of a lab: {{"seed": 0, "docker": "26.1", …}}')
    if not isinstance(calls, list) or not (end is None or type(end) is int):
        raise ScenarioError(f'{file}: "calls" is a list, and "end" the simulated time in ns')
    return Saved(options, tuple(_call(data, f"{file}: call {number}") for number, data in enumerate(calls)), end)


def _are_options(options: Mapping[str, Any]) -> bool:
    kinds = {"seed": int, "docker": str, "journal": bool, "hz": int, "allow_unsimulated": bool, "budget": dict}
    return all(key in kinds and type(value) is kinds[key] for key, value in options.items())


def _call(data: Any, where: str) -> Call:
    if not isinstance(data, dict):
        raise ScenarioError(f"{where} is not an object")
    kinds = {"time": int, "on": dict, "call": str, "args": list, "options": dict, "raises": str, "times": int}
    for key, value in data.items():
        if key not in kinds or type(value) is not kinds[key]:
            raise ScenarioError(f"{where} has {key!r}: {_line(value)[:60]}, which no call has")
    if not all(key in data for key in ("time", "on", "call")):
        raise ScenarioError(f"{where} lacks one of time, on and call")
    args, named = tuple(data.get("args", ())), flat(data.get("options", {}))
    return Call(data["time"], data["on"], data["call"], args, named, data.get("raises", ""), data.get("times", 1))


__all__ = ["FORMAT", "VERSION", "Saved", "parse", "read"]
