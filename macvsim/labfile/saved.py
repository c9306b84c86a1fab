"""Saved labs in the place of lab documents: what was called becomes steps, commands as if they were typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macvsim.engine.history import Call, Reference
from macvsim.errors import ScenarioError, one_line
from macvsim.lab import Lab
from macvsim.labfile.document import MORE, Document, Step
from macvsim.labfile.file import LabFile
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.record.savefile import FIRST_LINE, Saved, read
from macvsim.record.values import MISTAKES

PROGRAMS = ("sh", "ping", "exec", "start")
"""Calls that print something: of hosts and containers, and of sessions."""
_OF_SESSIONS = ("advance", "interrupt")
"""What goes on with the program a session has started."""
MOST_COMMANDS = 1_000_000
"""Commands of a file; a hundred times as many take more memory than a machine has."""
_FLAGS = {"count": "-c", "interval": "-i", "size": "-s", "ttl": "-t", "timeout": "-W", "source": "-I"}


@dataclass(frozen=True)
class SavedLab(LabFile):
    """A file of `macvsim.lab.Lab.save`: its first calls, up to one that prints something, are the topology."""

    saved: Saved

    @property
    def name(self) -> str:
        return self.path.name

    def build(self, *, fastpath: bool | None = None) -> Lab:
        try:
            options = {**self.saved.options, "seed": self.front.spec.seed}
            if self.front.spec.budget:
                options["budget"] = {**options.get("budget", {}), **self.front.spec.budget}
            lab = Lab(**options, fastpath=fastpath)
            lab.repeat(self.saved.calls[: _first_program(self.saved.calls)], of_file=True)
        except MISTAKES as error:
            raise ScenarioError(f"{self.path}: {one_line(error)}") from None
        return lab

    def check_end(self, lab: Lab) -> None:
        if self.front.spec.seed == self.saved.options.get("seed", 0):
            try:
                self.saved.check_end(int(lab.sim.now))
            except ScenarioError as error:
                raise ScenarioError(f"{self.path}: {error}") from None

    def check_is_document(self, purpose: str) -> None:
        raise ScenarioError(f"{self.path}: a saved lab is calls, not a topology: to {purpose} takes a lab document")


def load_saved(path: Path) -> SavedLab:
    """Read a saved lab; raises as `macvsim.record.savefile.read`."""
    saved = read(path)
    seed, docker = saved.options.get("seed", 0), saved.options.get("docker", "26.1")
    if sum(call.times for call in saved.calls if _is_program(call)) > MOST_COMMANDS:
        raise ScenarioError(f"{path}: the file has more than {MOST_COMMANDS:,} commands: it is no saved lab")
    front = FrontMatter(f'name: lab\nseed: {seed}\ndocker: "{docker}"\ntopology: {{nodes: {{}}}}\n', str(path))
    return SavedLab(path, Document(str(path), "", 1, list(_steps(saved.calls))), front, saved)


def _first_program(calls: Sequence[Call]) -> int:
    return next((number for number, call in enumerate(calls) if _is_program(call)), len(calls))


def _is_program(call: Call) -> bool:
    """True for what prints something: ``start`` is also what containers do."""
    return call.name in PROGRAMS and (call.name != "start" or "opened" in call.on)


def _steps(calls: Sequence[Call]) -> Iterator[Step]:
    """From the first program on: each a step, and what was called between two of them a step that shows nothing."""
    rooms: list[str] = []
    """Of what was opened, on which node."""
    for call in calls[: _first_program(calls)]:
        _note_opening(call, rooms)
    at = _first_program(calls)
    while at < len(calls):
        first, line = calls[at], FIRST_LINE + at
        end = at + 1
        if _is_program(first):
            while end < len(calls) and calls[end].name in _OF_SESSIONS and calls[end].on == first.on:
                end += 1
            for _ in range(first.times):
                yield _program(first, calls[at:end], line, rooms)
        else:
            while end < len(calls) and not _is_program(calls[end]):
                end += 1
            for call in calls[at:end]:
                _note_opening(call, rooms)
            yield Step(line, 0, "", "", None, "", (), (), line, False, calls=tuple(calls[at:end]))
        at = end


def _note_opening(call: Call, rooms: list[str]) -> None:
    if call.name in ("open_session", "start_capture"):
        rooms.append(_node(call.on, rooms))


def _program(first: Call, calls: Sequence[Call], line: int, rooms: Sequence[str]) -> Step:
    node = _node(first.on, rooms)
    if first.name == "exec" and "container" not in first.on:
        node = str(next(iter(first.args), node))
    command = _command(first)
    shown, *more = command.split("\n")
    written = (f"{node}# {shown}", *(MORE + text for text in more))
    return Step(line, 0, f"{node}#", node, None, command, written, (), line, False, calls=tuple(calls))


def _node(place: Reference, rooms: Sequence[str]) -> str:
    match place:
        case {"opened": int(number)} if 0 <= number < len(rooms):
            return rooms[number]
        case {"container": str(name)} | {"netns": str(name)} | {"host": str(name)}:
            return name
    return "lab"


def _command(call: Call) -> str:
    """What was run, as it is typed."""
    if call.name != "ping":
        return next((arg for arg in reversed(call.args) if isinstance(arg, str)), "")
    given: Mapping[str, Any] = {"count": 2, "target": next(iter(call.args), ""), **call.options}
    flags = [f"{flag} {given[key]}" for key, flag in _FLAGS.items() if given.get(key) is not None]
    return " ".join(["ping", *flags, str(given["target"])])


def with_command(call: Call, command: str) -> Call:
    """The call of a program, to run another command line instead; that of `Box.ping` stays."""
    if call.name == "ping" or command == _command(call):
        return call
    args = [command if arg == _command(call) else arg for arg in call.args]
    return Call(call.time, call.on, call.name, tuple(args), call.named, call.raises)


__all__ = ["SavedLab", "load_saved", "with_command"]
