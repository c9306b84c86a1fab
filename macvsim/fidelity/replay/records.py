"""Recordings: what a scenario says, the frames of every interface, every command's output, tables.

A record is a folder with

- ``scenario.txt``: the scenario, includes and loops expanded;
- ``commands.json``: a list of `CommandEntry` objects in the order in which they ended;
- ``frames.jsonl``: a `FrameEntry` or `MarkEntry` object per line, in the order of capture;
- ``state-LABEL.txt`` and ``state-LABEL.json`` for each `State`, if there are any.

Each file may be compressed: ``frames.jsonl.xz`` or ``frames.jsonl.gz`` stands for ``frames.jsonl``.  The whole folder
may be one file instead, ``NAME.tar.xz`` (`pack`).
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from macvsim.engine.budget import Budget
from macvsim.errors import BudgetExceeded, ScenarioError
from macvsim.fidelity.replay.entries import CommandEntry, FrameEntry, MarkEntry
from macvsim.fidelity.replay.normalize_text import given_macs
from macvsim.fidelity.replay.state import State, read_tables, write_tables
from macvsim.output import write_file

_Entry = TypeVar("_Entry", CommandEntry, FrameEntry, MarkEntry)

SCENARIO, COMMANDS, FRAMES = "scenario.txt", "commands.json", "frames.jsonl"
ARCHIVE = ".tar.xz"
_STATE, _TABLES, _VALUES = "state-", ".txt", ".json"


@dataclass(frozen=True, slots=True)
class Record:
    """A scenario and what happened in it.

    Attributes
    ----------
    name : the folder's name
    commands : in the order in which they ended
    timeline : frames and marks in the order of capture
    states : by label
    """

    name: str
    scenario_text: str
    commands: tuple[CommandEntry, ...]
    timeline: tuple[FrameEntry | MarkEntry, ...]
    states: Mapping[str, State] = field(default_factory=dict)

    @property
    def frames(self) -> tuple[FrameEntry, ...]:
        """The frames of all interfaces in the order of capture."""
        return tuple(entry for entry in self.timeline if isinstance(entry, FrameEntry))

    @property
    def given_macs(self) -> frozenset[str]:
        """The MACs that the scenario names, and which therefore are not random."""
        return given_macs(self.scenario_text)


def load(place: Path | str, budget: Budget | None = None) -> Record:
    """Read the record in a folder or archive; `ScenarioError` if it is not one."""
    place = Path(place)
    room = Room(budget or Budget())
    try:
        files = _unpack(place, room) if place.name.endswith(ARCHIVE) and place.is_file() else _folder(place, room)
    except _damaged() as error:
        raise ScenarioError(f"{place}: a damaged record: {error}") from None
    for name in (SCENARIO, COMMANDS, FRAMES):
        if name not in files:
            what = f"no {name} in it" if place.exists() else "no such folder"
            raise ScenarioError(f"{place}: {what}; name a folder with a record: {SCENARIO}, {COMMANDS}, {FRAMES}")
    return Record(
        place.resolve().name.removesuffix(ARCHIVE),
        files[SCENARIO],
        _commands(files[COMMANDS], str(place / COMMANDS)),
        tuple(_timeline(files[FRAMES], str(place / FRAMES))),
        _states(files, place),
    )


def save(record: Record, folder: Path | str) -> None:
    """Write a record in the recorder's format into `folder`, which is created."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _files(record).items():
        write_file(folder / name, text)


def pack(record: Record, folder: Path | str) -> Path:
    """Write a record as one file ``NAME.tar.xz`` into `folder`."""
    import tarfile  # with lzma, which is not in every build of Python

    path = Path(folder) / f"{record.name}{ARCHIVE}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=9, format=tarfile.USTAR_FORMAT) as archive:
        for name, text in _files(record).items():
            data = text.encode()
            member = tarfile.TarInfo(f"{record.name}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    write_file(path, packed.getvalue())
    return path


def _files(record: Record) -> dict[str, str]:
    """The texts of a record's files by name."""
    files = {
        SCENARIO: record.scenario_text,
        COMMANDS: json.dumps([asdict(entry) for entry in record.commands], indent=1),
        FRAMES: "".join(json.dumps(asdict(entry)) + "\n" for entry in record.timeline),
    }
    for label, state in record.states.items():
        files[f"{_STATE}{label}{_TABLES}"] = write_tables(state.tables)
        files[f"{_STATE}{label}{_VALUES}"] = json.dumps(state.values, indent=1)
    return files


class Readable(Protocol):
    """A file that is open for reading."""

    def read(self, size: int, /) -> bytes:
        """So many bytes at most; all if `size` is negative."""


class Room:
    """The room for the files of one record when they are unpacked."""

    def __init__(self, budget: Budget) -> None:
        self._most = budget.archive
        self._taken = 0

    def read(self, file: Readable, path: Path) -> bytes:
        """All of a file that is kept in `path`; `BudgetExceeded` if all together are too large."""
        data = file.read(self._most - self._taken + 1 if self._most else -1)
        self.take(len(data), path)
        return data

    def take(self, octets: int, path: Path) -> None:
        """So many bytes more; raises likewise."""
        self._taken += octets
        if 0 < self._most < self._taken:
            text = f"the record is larger than {self._most:,} bytes when it is unpacked: it is no recording of a kernel"
            raise BudgetExceeded("archive", f"{path}: {text}")


def _folder(folder: Path, room: Room) -> dict[str, str]:
    """The texts of the files in a folder that can be part of a record, by their names without compression."""
    files = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = path.name.removesuffix(".gz").removesuffix(".xz")
        if (name not in (SCENARIO, COMMANDS, FRAMES) and not name.startswith(_STATE)) or not path.is_file():
            continue
        if path.suffix == ".xz":
            import lzma  # not in every build of Python

            with lzma.open(path) as packed:
                data = room.read(packed, path)
        elif path.suffix == ".gz":
            with gzip.open(path) as packed:
                data = room.read(packed, path)
        else:
            with path.open("rb") as plain:
                data = room.read(plain, path)
        files[name] = data.decode("utf-8")
    return files


def _damaged() -> tuple[type[Exception], ...]:
    """Exceptions of reading a damaged file, other than OSError."""
    import zlib
    from tarfile import TarError

    with suppress(ImportError):
        from lzma import LZMAError

        return (EOFError, UnicodeDecodeError, zlib.error, TarError, LZMAError)
    return (EOFError, UnicodeDecodeError, zlib.error, TarError)


def _unpack(path: Path, room: Room) -> dict[str, str]:
    """The texts of the files in an archive, by name."""
    import tarfile

    files = {}
    with tarfile.open(path, "r:xz") as archive:
        for member in archive:
            if (data := archive.extractfile(member)) is not None:
                room.take(member.size, path)
                files[member.name.rpartition("/")[2]] = data.read().decode("utf-8")
    return files


def _commands(text: str, where: str) -> tuple[CommandEntry, ...]:
    listed = _json(text, where)
    if not isinstance(listed, list):
        raise ScenarioError(f"{where}: expected a list of commands, as the recorder writes it")
    return tuple(_entry(CommandEntry, item, f"{where}: command {i}") for i, item in enumerate(listed, 1))


def _timeline(text: str, where: str) -> list[FrameEntry | MarkEntry]:
    timeline: list[FrameEntry | MarkEntry] = []
    for number, line in enumerate(text.splitlines(), 1):
        here = f"{where}:{number}"
        item = _json(line, here)
        if isinstance(item, dict) and "mark" in item:
            timeline.append(_entry(MarkEntry, item, here))
        else:
            timeline.append(_frame(item, here))
    return timeline


def _states(files: Mapping[str, str], place: Path) -> dict[str, State]:
    """The states by label, in the order of their names."""
    labels = {name.removeprefix(_STATE).rpartition(".")[0]: None for name in files if name.startswith(_STATE)}
    states = {}
    for label in labels:
        values = _json(files.get(f"{_STATE}{label}{_VALUES}", "{}"), str(place / f"{_STATE}{label}{_VALUES}"))
        if not isinstance(values, dict) or not all(isinstance(tables, dict) for tables in values.values()):
            raise ScenarioError(f"{place / f'{_STATE}{label}{_VALUES}'}: expected an object of namespaces")
        states[label] = State(read_tables(files.get(f"{_STATE}{label}{_TABLES}", "")), values)
    return states


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
