"""Lab files on disk: a Markdown document, or a topology in YAML with a list of commands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from macvsim.errors import ScenarioError
from macvsim.lab import Lab
from macvsim.labfile.build import build
from macvsim.labfile.document import Document, Step, read_commands, read_markdown
from macvsim.labfile.frontmatter import FrontMatter

TOPOLOGIES = (".yaml", ".yml", ".clab.yaml", ".clab.yml")
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
        if self.document.steps:
            return self.document.steps
        if self.path.name.endswith(COMMANDS):
            raise ScenarioError(f"{self.path}: there are no commands: write lines of the form NODE# COMMAND in it")
        raise ScenarioError(f"{self.path}: there are no commands: write them in blocks marked console")

    def build(self) -> Lab:
        """A new lab as the topology describes it; `ScenarioError` names the line of what cannot be."""
        return build(self.front)


def load(path: Path) -> LabFile:
    """Read ``LAB.md``, or ``LAB.yaml`` and ``LAB.sh`` beside it by the name of either; without the second there are no
    commands.

    Raises
    ------
    ScenarioError : with file and line of what is wrong, and what to write instead
    OSError : the file cannot be read
    """
    name = path.name
    if name.endswith(TOPOLOGIES):
        stems = [name.removesuffix(end) for end in TOPOLOGIES if name.endswith(end)]
        beside = [path.with_name(stem + COMMANDS) for stem in reversed(stems)]
        return _pair(path, next((one for one in beside if one.exists()), beside[0]))
    if name.endswith(COMMANDS):
        stem = name.removesuffix(COMMANDS)
        beside = [path.with_name(stem + end) for end in TOPOLOGIES]
        topology = next((one for one in beside if one.exists()), None)
        if topology is None:
            read_text(path)
            raise ScenarioError(f"{path}: no topology beside it: describe the lab in {beside[0].name}")
        return _pair(topology, path)
    if not name.endswith((".md", ".markdown")):
        raise ScenarioError(f"{path}: a lab is a document LAB.md, or a topology LAB.yaml with its commands in LAB.sh")
    document = read_markdown(read_text(path), str(path))
    return LabFile(path, document, FrontMatter(document.front, str(path), document.front_line))


def _pair(topology: Path, commands: Path) -> LabFile:
    text = read_text(topology)
    front = FrontMatter(text, str(topology))
    document = Document(str(commands), text, 1)
    if commands.exists():
        read_commands(read_text(commands), document)
    return LabFile(commands, document, front)


def read_text(path: Path) -> str:
    """The text of a file as it is, ends of lines included; `ScenarioError` if it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: this is no text in UTF-8: {error.reason} at byte {error.start}") from None
