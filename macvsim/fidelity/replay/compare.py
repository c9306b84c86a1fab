"""Comparison of a replayed scenario with its recording: frame by frame on each interface, and output by output.

Frames are compared in the order of each interface, not over interfaces and not in time; of a recording in real time,
in which probes come a command earlier or later, without order. Both sides are normalised first
(`macvsim.fidelity.replay.normalize`, `macvsim.fidelity.replay.normalize_text`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from macvsim.fidelity.replay.align import align, pair_rest
from macvsim.fidelity.replay.compare_state import TableComparison, compare_states
from macvsim.fidelity.replay.entries import CommandEntry, FrameEntry
from macvsim.fidelity.replay.normalize import InterfaceNormalizer, is_randomly_timed
from macvsim.fidelity.replay.normalize_text import normalize_command
from macvsim.fidelity.replay.records import Record
from macvsim.fidelity.replay.sections import outcome_lines, section
from macvsim.fidelity.replay.state import State
from macvsim.fidelity.replay.unsettled import settle_text
from macvsim.wire.canon import frame_text

NOT_SIMULATED_STATUS = 95
NOT_SIMULATED_TEXT = "not simulated:"


@dataclass(frozen=True, slots=True)
class NormalFrame:
    """A normalised frame: `type` and `data` are compared, `text` is for readers."""

    type: str
    data: bytes
    text: str

    @property
    def key(self) -> tuple[str, bytes]:
        """What must be equal."""
        return self.type, self.data


@dataclass(frozen=True, slots=True)
class InterfaceComparison:
    """The frames of one interface; `pairs` are positions of equal frames in both, ascending (`align`), `moved` those of
    frames that are equal in another order, where order does not count.
    """

    interface: str
    recorded: tuple[NormalFrame, ...]
    simulated: tuple[NormalFrame, ...]
    pairs: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...] = ()

    @property
    def equal(self) -> int:
        """Number of equal frames."""
        return len(self.pairs) + len(self.moved)

    @property
    def total(self) -> int:
        """Number of recorded or of simulated frames, whichever is greater: a frame too many counts as well."""
        return max(len(self.recorded), len(self.simulated))

    def differences(self) -> Iterator[str]:
        """A text for each frame that only one side has, in order; ``-`` recorded, ``+`` simulated."""
        i = j = 0
        ours_moved, theirs_moved = ({pair[side] for pair in self.moved} for side in (0, 1))
        for next_i, next_j in [*self.pairs, (len(self.recorded), len(self.simulated))]:
            missing = [(at + 1, self.recorded[at]) for at in range(i, next_i) if at not in ours_moved]
            extra = [(at + 1, self.simulated[at]) for at in range(j, next_j) if at not in theirs_moved]
            for ours, theirs in zip_longest(missing, extra):
                if ours:
                    yield _frame_difference("-", *ours)
                if theirs:
                    note = _first_difference(ours[1].data, theirs[1].data) if ours else ""
                    yield _frame_difference("+", *theirs) + note
            i, j = next_i + 1, next_j + 1


@dataclass(frozen=True, slots=True)
class CommandComparison:
    """A recorded command and its outcome; the texts are normalised exit status, stdout and stderr."""

    entry: CommandEntry
    outcome: Literal["equal", "different", "not simulated", "not run"]
    recorded: str
    simulated: str

    def differences(self) -> Iterator[str]:
        """Lines of a unified diff without its head (``-`` recorded, ``+`` simulated), or why there is none."""
        if self.outcome == "not run":
            yield "not run"
        elif self.outcome == "not simulated":
            yield next(line for line in self.simulated.split("\n") if line.startswith(NOT_SIMULATED_TEXT))
        elif self.outcome == "different":
            yield from outcome_lines(self.recorded, self.simulated)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a replay has in common with its recording."""

    scenario: str
    interfaces: tuple[InterfaceComparison, ...]
    commands: tuple[CommandComparison, ...]
    tables: tuple[TableComparison, ...] = ()

    @property
    def frames_equal(self) -> int:
        """Equal frames of all interfaces."""
        return sum(interface.equal for interface in self.interfaces)

    @property
    def frames_total(self) -> int:
        """Sum over interfaces of the greater of recorded and simulated frames."""
        return sum(interface.total for interface in self.interfaces)

    @property
    def commands_equal(self) -> int:
        """Commands with equal exit status and output."""
        return self._count("equal")

    @property
    def commands_total(self) -> int:
        """Recorded commands, those of setup directives included."""
        return len(self.commands)

    @property
    def not_simulated(self) -> int:
        """Commands that were answered ``not simulated: …``; they are not equal."""
        return self._count("not simulated")

    @property
    def tables_equal(self) -> int:
        """Equal tables of the recorded states."""
        return sum(table.is_equal for table in self.tables)

    @property
    def tables_total(self) -> int:
        """Recorded tables of all states."""
        return len(self.tables)

    @property
    def is_equal(self) -> bool:
        """True if nothing differs."""
        return (
            self.frames_equal == self.frames_total
            and self.commands_equal == self.commands_total
            and self.tables_equal == self.tables_total
        )

    def to_dict(self) -> dict[str, str | int]:
        """The counts by name, for JSON."""
        return {
            "scenario": self.scenario,
            "frames_equal": self.frames_equal,
            "frames_total": self.frames_total,
            "commands_equal": self.commands_equal,
            "commands_total": self.commands_total,
            "not_simulated": self.not_simulated,
            "tables_equal": self.tables_equal,
            "tables_total": self.tables_total,
        }

    def __str__(self) -> str:
        return (
            f"{self.scenario} frames {self.frames_equal}/{self.frames_total}"
            f" commands {self.commands_equal}/{self.commands_total} not-simulated {self.not_simulated}"
            f" tables {self.tables_equal}/{self.tables_total}"
        )

    def diff(self, limit: int | None = 5) -> str:
        """The first `limit` differences of each interface, command and table (None: all); empty if equal."""
        parts: list[str] = []
        for interface in self.interfaces:
            head = (
                f"{interface.interface}: {interface.equal}/{interface.total} frames equal"
                f" (recorded {len(interface.recorded)}, simulated {len(interface.simulated)})"
            )
            parts += section(head, interface.differences(), limit)
        for command in self.commands:
            head = f"[{command.entry.ns or '-'}] {command.entry.cmd}"
            parts += section(head, command.differences(), limit)
        for table in self.tables:
            parts += section(table.head, table.differences(), limit)
        return "\n".join(parts)

    def _count(self, outcome: str) -> int:
        """Number of commands with an outcome."""
        return sum(command.outcome == outcome for command in self.commands)


def compare(
    recorded: Record,
    frames: Iterable[FrameEntry],
    commands: Sequence[CommandEntry],
    states: Mapping[str, State] | None = None,
    unsettled: Sequence[frozenset[str]] = (),
    *,
    in_order: bool = True,
) -> Comparison:
    """Compare a recording with its replay.

    states : if given, those of the recording are compared with them
    unsettled : for each of `commands`, see `macvsim.fidelity.replay.unsettled`
    in_order : the order of frames on an interface counts
    """
    ours, theirs = normal_frames(recorded.frames), normal_frames(frames)
    names = [*ours, *(name for name in theirs if name not in ours)]
    given = recorded.given_macs
    return Comparison(
        recorded.name,
        tuple(_interface(name, ours.get(name, []), theirs.get(name, []), in_order) for name in names),
        tuple(_commands(recorded.commands, commands, unsettled, given)),
        tuple(compare_states(recorded.states, states, given)) if states is not None else (),
    )


def normal_frames(frames: Iterable[FrameEntry]) -> dict[str, list[NormalFrame]]:
    """Normalised frames by interface, without those that are sent after random delays."""
    normalizers: dict[str, InterfaceNormalizer] = {}
    by_interface: dict[str, list[NormalFrame]] = {}
    for entry in frames:
        data = entry.data
        if is_randomly_timed(data):
            continue
        normal = normalizers.setdefault(entry.interface, InterfaceNormalizer()).frame(data)
        frame = NormalFrame(entry.type, normal, entry.text or frame_text(data))
        by_interface.setdefault(entry.interface, []).append(frame)
    return by_interface


def is_not_simulated(entry: CommandEntry) -> bool:
    """True if a simulated command was answered ``not simulated: …``."""
    return entry.rc == NOT_SIMULATED_STATUS and entry.stderr.startswith(NOT_SIMULATED_TEXT)


def _interface(
    name: str, recorded: list[NormalFrame], simulated: list[NormalFrame], in_order: bool
) -> InterfaceComparison:
    """The comparison of one interface."""
    left, right = [frame.key for frame in recorded], [frame.key for frame in simulated]
    pairs = align(left, right)
    moved = [] if in_order else pair_rest(left, right, pairs)
    return InterfaceComparison(name, tuple(recorded), tuple(simulated), tuple(pairs), tuple(moved))


def _commands(
    recorded: Sequence[CommandEntry],
    simulated: Sequence[CommandEntry],
    unsettled: Sequence[frozenset[str]],
    given: Collection[str],
) -> Iterator[CommandComparison]:
    """The comparison of each recorded command with the same command of the replay."""
    partner = dict(align([(entry.ns, entry.cmd) for entry in recorded], [(entry.ns, entry.cmd) for entry in simulated]))
    for i, entry in enumerate(recorded):
        if i not in partner:
            yield CommandComparison(entry, "not run", normalize_command(entry, given), "")
            continue
        answer = simulated[partner[i]]
        drawn = unsettled[partner[i]] if unsettled else ()
        ours, theirs = (
            normalize_command(replace(e, stdout=settle_text(e.stdout, drawn)), given) for e in (entry, answer)
        )
        if is_not_simulated(answer):
            yield CommandComparison(entry, "not simulated", ours, theirs)
        else:
            yield CommandComparison(entry, "equal" if ours == theirs else "different", ours, theirs)


def _frame_difference(sign: str, number: int, frame: NormalFrame) -> str:
    """Number on its interface, type and text of a frame, and below its normalised bytes."""
    return f"{sign} #{number} {frame.type} {frame.text}\n{sign}   {frame.data.hex()}"


def _first_difference(left: bytes, right: bytes) -> str:
    """Where the bytes of two frames begin to differ."""
    if left == right:
        return "\n    (equal bytes, another packet type)"
    at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return f"\n    (byte {at} is the first that differs)"
