"""Recordings: folders with a scenario, the frames of every interface and every command's output.

A record is a folder with

- ``scenario.txt``: the scenario, includes and loops expanded;
- ``commands.json``: a list of `CommandEntry` objects in the order in which they ended;
- ``frames.jsonl``: a `FrameEntry` or `MarkEntry` object per line, in the order of capture.

Each file may be compressed: ``frames.jsonl.xz`` or ``frames.jsonl.gz`` stands for ``frames.jsonl``.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from macvsim.errors import ScenarioError
from macvsim.replay.entries import CommandEntry, FrameEntry, MarkEntry
from macvsim.replay.normalize_text import given_macs

_Entry = TypeVar("_Entry", CommandEntry, FrameEntry, MarkEntry)

SCENARIO, COMMANDS, FRAMES = "scenario.txt", "commands.json", "frames.jsonl"


@dataclass(frozen=True, slots=True)
class Record:
    """A scenario and what happened in it.

    Attributes
    ----------
    name : the folder's name
    commands : in the order in which they ended
    timeline : frames and marks in the order of capture
    """

    name: str
    scenario_text: str
    commands: tuple[CommandEntry, ...]
    timeline: tuple[FrameEntry | MarkEntry, ...]

    @property
    def frames(self) -> tuple[FrameEntry, ...]:
        """The frames of all interfaces in the order of capture."""
        return tuple(entry for entry in self.timeline if isinstance(entry, FrameEntry))

    @property
    def given_macs(self) -> frozenset[str]:
        """The MACs that the scenario names, and which therefore are not random."""
        return given_macs(self.scenario_text)


def load(folder: Path | str) -> Record:
    """Read the record in `folder`; `ScenarioError` if it is not one."""
    folder = Path(folder)
    text = _read(folder, SCENARIO)
    where = str(folder / COMMANDS)
    listed = _json(_read(folder, COMMANDS), where)
    if not isinstance(listed, list):
        raise ScenarioError(f"{where}: expected a list of commands, as the recorder writes it")
    commands = tuple(_entry(CommandEntry, item, f"{where}: command {i}") for i, item in enumerate(listed, 1))
    timeline: list[FrameEntry | MarkEntry] = []
    for number, line in enumerate(_read(folder, FRAMES).splitlines(), 1):
        where = f"{folder / FRAMES}:{number}"
        item = _json(line, where)
        if isinstance(item, dict) and "mark" in item:
            timeline.append(_entry(MarkEntry, item, where))
        else:
            timeline.append(_frame(item, where))
    return Record(folder.resolve().name, text, commands, tuple(timeline))


def save(record: Record, folder: Path | str) -> None:
    """Write a record in the recorder's format into `folder`, which is created."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCENARIO).write_text(record.scenario_text, "utf-8")
    (folder / COMMANDS).write_text(json.dumps([asdict(entry) for entry in record.commands], indent=1), "utf-8")
    lines = "".join(json.dumps(asdict(entry)) + "\n" for entry in record.timeline)
    (folder / FRAMES).write_text(lines, "utf-8")


def _read(folder: Path, name: str) -> str:
    """The text of a file of a record, plain or compressed."""
    if (plain := folder / name).is_file():
        data = plain.read_bytes()
    elif (packed := folder / f"{name}.xz").is_file():
        import lzma  # not in every build of Python

        data = lzma.decompress(packed.read_bytes())
    elif (packed := folder / f"{name}.gz").is_file():
        data = gzip.decompress(packed.read_bytes())
    else:
        what = f"no {name} in it" if folder.is_dir() else "no such folder"
        raise ScenarioError(f"{folder}: {what}; name a folder with a record: {SCENARIO}, {COMMANDS}, {FRAMES}")
    return data.decode("utf-8")


def _json(text: str, where: str) -> Any:
    """The value of a JSON text."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ScenarioError(f"{where}: not JSON: {error}") from None


def _entry(kind: type[_Entry], item: Any, where: str) -> _Entry:
    """An entry of a record from its JSON object; keys that it does not know are ignored."""
    known = fields(kind)
    missing = [f.name for f in known if f.default is MISSING and not (isinstance(item, dict) and f.name in item)]
    if missing:
        raise ScenarioError(f"{where}: no {', '.join(missing)}; a record made by the recorder has all of them")
    return kind(**{f.name: item[f.name] for f in known if f.name in item})


def _frame(item: Any, where: str) -> FrameEntry:
    """A frame from its JSON object."""
    frame = _entry(FrameEntry, item, where)
    try:
        bytes.fromhex(frame.hex)
    except (ValueError, TypeError):
        raise ScenarioError(f"{where}: hex holds {frame.hex!r}; it must be the frame's bytes in hexadecimal") from None
    return frame
