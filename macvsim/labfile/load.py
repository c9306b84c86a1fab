"""Lab files on disk: a Markdown document, a topology in YAML with a list of commands beside it, or a saved lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from macvsim.errors import ScenarioError
from macvsim.labfile.document import Document, read_commands, read_markdown
from macvsim.labfile.file import COMMANDS, LabFile, read_text
from macvsim.labfile.frontmatter import FrontMatter

TOPOLOGIES = (".yaml", ".yml", ".clab.yaml", ".clab.yml")
SAVED = ".json"


def load(path: Path, budget: Mapping[str, int] | None = None) -> LabFile:
    """As `read_lab`, with some limits of the budget instead of the limits of the file."""
    return with_budget(read_lab(path), budget or {})


def with_budget(lab_file: LabFile, budget: Mapping[str, int]) -> LabFile:
    """A lab file with some other limits; `ScenarioError` for a limit that is none."""
    if not budget:
        return lab_file
    front = lab_file.front.changed(lambda data: data.update(budget={**(data.get("budget") or {}), **budget}))
    return replace(lab_file, front=front)


def read_lab(path: Path) -> LabFile:
    """Read ``LAB.md``; or ``LAB.yaml`` and ``LAB.sh`` beside it by the name of either, without the second of which
    there are no commands; or ``LAB.json``, as `macvsim.lab.Lab.save` writes it.

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
    if name.endswith(SAVED):
        from macvsim.labfile.saved import load_saved

        return load_saved(path)
    if not name.endswith((".md", ".markdown")):
        raise ScenarioError(f"{path}: a lab is a document LAB.md, or a topology LAB.yaml with its commands in LAB.sh")
    document = read_markdown(read_text(path), str(path))
    return LabFile(path, document, FrontMatter(document.front, str(path), document.front_line))


def parts(path: Path) -> list[Path]:
    """The files that `load` may read: the lab, and those beside it that are named alike."""
    ends = (*TOPOLOGIES, COMMANDS)
    stems = {path.name.removesuffix(end) for end in ends if path.name.endswith(end)}
    beside = [path.with_name(stem + end) for stem in sorted(stems) for end in ends]
    return [path, *(one for one in beside if one != path and one.is_file())]


def _pair(topology: Path, commands: Path) -> LabFile:
    text = read_text(topology)
    front = FrontMatter(text, str(topology))
    document = Document(str(commands), text, 1)
    if commands.exists():
        read_commands(read_text(commands), document)
    return LabFile(commands, document, front)


__all__ = ["LabFile", "load", "parts", "read_text"]
