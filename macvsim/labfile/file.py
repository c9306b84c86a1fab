"""A lab file in memory: what it describes, and what is to be done there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from macvsim.errors import ScenarioError
from macvsim.lab import Lab
from macvsim.labfile.build import build
from macvsim.labfile.document import Document, Step
from macvsim.labfile.frontmatter import FrontMatter

COMMANDS = ".sh"


@dataclass(frozen=True)
class LabFile:
    """A lab file that was read and found in order.

    path : of the file that holds the commands, which `update` rewrites
    """

    path: Path
    document: Document
    front: FrontMatter

    @property
    def name(self) -> str:
        return self.front.spec.name

    def steps(self) -> list[Step]:
        """Its commands; `ScenarioError` says where they belong if there are none."""
        if any(step.written for step in self.document.steps):
            return self.document.steps
        if self.path.name.endswith(COMMANDS):
            raise ScenarioError(f"{self.path}: there are no commands: write lines of the form NODE# COMMAND in it")
        raise ScenarioError(f"{self.path}: there are no commands: write them in blocks marked console")

    def build(self, *, fastpath: bool | None = None) -> Lab:
        """A new lab as the topology describes it; `ScenarioError` names the line of what cannot be.

        fastpath : as of `macvsim.lab.Lab`
        """
        return build(self.front, fastpath=fastpath)

    def check_end(self, lab: Lab) -> None:
        """`ScenarioError` if the file says when its lab ends, and it does not."""

    def check_is_document(self, purpose: str) -> None:
        """`ScenarioError` unless the file has the topology that doing what `purpose` says takes."""


def read_text(path: Path) -> str:
    """The text of a file as it is, ends of lines included; `ScenarioError` if it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: this is no text in UTF-8: {error.reason} at byte {error.start}") from None
