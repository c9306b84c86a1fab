"""Edits: commands typed on the nodes of a lab, and sets of them that are worth trying."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from macvsim.engine.drop import DropReason


@dataclass(frozen=True)
class Edit:
    """One command; `node` is a host, a container or a switch.

    line, instead_of : of a lab document, the command there, which is typed otherwise, or not at all (`command` empty);
        0: it is typed just before the ping
    """

    node: str
    command: str
    line: int = 0
    instead_of: str = ""

    @property
    def text(self) -> str:
        """The command, or what is to be changed in the document."""
        if not self.line:
            return self.command
        if not self.command:
            return f"line {self.line}: leave out {self.instead_of}"
        return f"line {self.line}: {self.command}   (instead of {self.instead_of})"


@dataclass(frozen=True)
class Candidate:
    """Edits that belong together.

    places : labels (``host1:enp0s8``, ``sw1:2``) and names of nodes that they are about
    reasons : of the endings that they are known to help against
    bold : 0: what is mended is a fault in itself, such as a device that is down; 1: something is added or chosen that
        nobody asked for; 2: much is made anew
    """

    edits: tuple[Edit, ...]
    places: tuple[str, ...]
    reasons: frozenset[DropReason] = field(default=frozenset(), compare=False)
    bold: int = field(default=0, compare=False)


def candidate(edits: Iterable[Edit], places: Iterable[str], *reasons: DropReason, bold: int = 0) -> Candidate:
    """A set of edits; `places` may repeat."""
    return Candidate(tuple(edits), tuple(dict.fromkeys(places)), frozenset(reasons), bold)


__all__ = ["Candidate", "Edit", "candidate"]
