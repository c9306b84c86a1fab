"""Marks of a lab: commands that would have changed the network on a real machine, and are not simulated.

After such a command a lab may differ from the real network, so that every later result names it.  A mark belongs to
the network namespace in which the command ran: what it would have changed goes with the namespace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from macvsim.engine.journal import Place

SHOWN = 3
"""Marks that a result shows one by one."""


@dataclass(frozen=True)
class Unsimulated:
    """A command that would have changed the network, and is not simulated.

    node : where it ran; command : as it ran; reason : the text behind ``not simulated:``
    time : simulated ns at which it ran
    """

    node: str
    command: str
    reason: str
    time: int

    def __str__(self) -> str:
        return f"{self._subject} on {self.node} was not simulated"

    @property
    def _subject(self) -> str:
        """The program, and the feature of it that is missing."""
        program = self.command.partition(" ")[0].rpartition("/")[2] or self.command
        reason = self.reason.partition(":")[0]
        return reason if f"{reason} ".startswith(f"{program} ") else f"{program} ({reason})"


class Marks:
    """The marks of one lab, oldest first."""

    def __init__(self) -> None:
        self._made: list[Unsimulated] = []
        self._present: dict[tuple[str, str, str], tuple[Unsimulated, Place]] = {}

    @property
    def present(self) -> tuple[Unsimulated, ...]:
        """The marks of namespaces that are there."""
        return tuple(mark for mark, _ in self._present.values())

    def add(self, place: Place, mark: Unsimulated) -> None:
        """Mark a namespace; a command that is left out again is the same mark."""
        key = (mark.node, mark.command, mark.reason)
        if key not in self._present:
            self._present[key] = mark, place
            self._made.append(mark)

    def drop(self, place: Place) -> None:
        """A namespace is gone."""
        self._present = {key: found for key, found in self._present.items() if found[1] is not place}

    def watch(self) -> Watch:
        """Watch which marks concern a result, from now on."""
        return Watch(self)

    def since(self, number: int = 0) -> tuple[Unsimulated, ...]:
        """The marks that were made after the first `number`, also of namespaces that are gone."""
        return tuple(self._made[number:])

    def __len__(self) -> int:
        """The number of marks that were ever made."""
        return len(self._made)


class Watch:
    """The marks that concern one result: from before it began, and made until it ended."""

    __slots__ = ("_all", "_final", "_number", "before")

    def __init__(self, marks: Marks) -> None:
        self._all = marks
        self.before = marks.present
        """The marks that were there when it began."""
        self._number = len(marks)
        self._final: tuple[Unsimulated, ...] | None = None

    @property
    def marks(self) -> tuple[Unsimulated, ...]:
        """Up to now, or to the end of the result."""
        return (*self.before, *self._all.since(self._number)) if self._final is None else self._final

    def stop(self) -> None:
        """The result is complete."""
        self._final = self.marks


def after(marks: Iterable[Unsimulated]) -> list[str]:
    """A line for each mark, equal ones once, and one for all that are too many to show."""
    lines = list(dict.fromkeys(f"after: {mark}" for mark in marks))
    more = len(lines) - SHOWN
    return lines if more < 2 else [*lines[:SHOWN], f"after: {more} more commands that were not simulated"]


__all__ = ["Marks", "Unsimulated", "Watch", "after"]
