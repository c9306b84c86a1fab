"""The collector's output in sections, each what one program printed in one place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from macvsim.errors import ScenarioError

VERSION = 1
_FIRST = re.compile(r"===== macvsim collector (\d+)")
_HEAD = re.compile(r"===== (machine|host|netns \S+|container \S+): (.+)")
END = "===== end"


@dataclass(frozen=True)
class Section:
    """place : ``machine``, ``host``, ``netns NAME`` or ``container NAME``; line : of the file, where its text begins"""

    place: str
    what: str
    line: int
    text: str


class Output:
    """What the collector has printed on one machine; `file` is its name as messages show it."""

    def __init__(self, file: str, sections: Mapping[tuple[str, str], Section]) -> None:
        self.file = file
        self.sections = sections

    @property
    def places(self) -> list[str]:
        """Namespaces, in the order of the file."""
        return list(dict.fromkeys(place for place, _ in self.sections if place != "machine"))

    def text(self, place: str, what: str) -> str:
        """What a program printed; nothing if it was not run."""
        section = self.sections.get((place, what))
        return "" if section is None else section.text

    def data(self, place: str, what: str, *, needed: bool = False) -> list[Any]:
        """The list that a program printed as JSON; empty if it printed nothing and is not `needed`."""
        section = self.sections.get((place, what))
        if section is None or not section.text.strip():
            if needed:
                raise ScenarioError(f"{self.file}: {what} of {place} is not there: iproute2 of 2018 or later prints it")
            return []
        try:
            data = json.loads(section.text)
        except json.JSONDecodeError as error:
            raise self.error(place, what, f"not the JSON that it prints: {error.msg}", error.lineno) from None
        except (ValueError, RecursionError):
            raise self.error(place, what, "not the JSON that it prints") from None
        if not isinstance(data, list):
            raise self.error(place, what, "a list is expected")
        return [one for one in data if one != {}]

    def error(self, place: str, what: str, said: str, line: int = 1) -> ScenarioError:
        """The exception for something wrong in a section, for the caller to raise."""
        section = self.sections[place, what]
        return ScenarioError(f"{self.file}:{section.line + line - 1}: {what} of {place}: {said}")


def collector() -> str:
    """The script that prints it all."""
    return files("macvsim.exchange").joinpath("collector.sh").read_text(encoding="utf-8")


def read_output(text: str, file: str) -> Output:
    """Split the text of a file; `ScenarioError` if it is no output of the collector, or not a whole one."""
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    first = _FIRST.fullmatch(lines[0])
    if first is None:
        raise ScenarioError(f"{file}: this is no output of the collector, which macvsim import --collector prints")
    if int(first[1]) > VERSION:
        raise ScenarioError(f"{file}: printed by a later collector ({first[1]}, this macvsim reads {VERSION})")
    sections: dict[tuple[str, str], Section] = {}
    for section in _split(lines, file):
        key = section.place, section.what
        if key in sections:
            raise ScenarioError(f"{file}:{section.line - 1}: {section.what} of {section.place} is there twice")
        sections[key] = section
    if ("host", "ip -j -d link") not in sections:
        raise ScenarioError(f"{file}: ip -j -d link of host is not there: run the collector as root, with iproute2")
    return Output(file, sections)


def _split(lines: list[str], file: str) -> Iterator[Section]:
    place, what, begin = "", "", 0
    for number, line in enumerate(lines[1:], 1):
        head = _HEAD.fullmatch(line)
        if head is None and line != END:
            continue
        if place:
            yield Section(place, what, begin + 1, "\n".join(lines[begin:number]))
        if head is None:
            if any(line.strip() for line in lines[number + 1 :]):
                raise ScenarioError(
                    f"{file}:{number + 2}: something follows the end: give each machine a file of its own"
                )
            return
        place, what, begin = head[1], head[2], number + 1
    raise ScenarioError(f"{file}: the collector's output ends too early, in {what or 'its first line'}: run it again")


__all__ = ["Output", "Section", "collector", "read_output"]
