"""A session as a lab document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from macvsim.errors import MacvsimError
from macvsim.labfile.compare import ANY
from macvsim.labfile.document import MORE, read_markdown, split_lines
from macvsim.labfile.load import LabFile
from macvsim.output import write_file


@dataclass(frozen=True)
class Entry:
    """A command that was typed behind a prompt, and what the terminal showed of it."""

    prompt: str
    command: str
    output: str

    def lines(self, *, output: bool = True) -> list[str]:
        """As in a transcript; without its output where a document cannot hold that."""
        first, *more = self.command.split("\n")
        shown = split_lines(self.output.rstrip("\n")) if self.output.strip() else []
        return [f"{self.prompt} {first}", *(MORE + line for line in more), *(shown if output else [ANY])]


def check_free(path: Path, *, replace: bool) -> None:
    """`MacvsimError` if a file that is there already must not be replaced, or nothing is saved under such a name."""
    if path.suffix not in (".md", ".json"):
        raise MacvsimError(f"{path}: a lab document is a file NAME.md")
    if path.exists() and not replace:
        raise MacvsimError(f"{path} exists already: choose another name, or write @save! {path}")


def save(lab_file: LabFile, entries: Sequence[Entry], path: Path) -> None:
    """Write a document with the lab's topology and one block of commands."""
    lab_file.check_is_document(f"write {path}")
    write_file(path, document(lab_file, entries))


def document(lab_file: LabFile, entries: Sequence[Entry]) -> str:
    """The text of the document."""
    longest = max(
        (len(run) for entry in entries for run in re.findall("^ *(`+)", entry.output, re.MULTILINE)), default=2
    )
    fence = "`" * max(3, longest + 1)
    lines = [line for entry in entries for line in entry.lines(output=_holds(entry))]
    front = "\n".join(
        line for line in split_lines(lab_file.document.front) if line.rstrip() not in ("---", "...")
    ).strip("\n")
    return f"---\n{front}\n---\n# {lab_file.name}: a session\n\n{fence}console\n" + "".join(
        f"{line}\n" for line in [*lines, fence]
    )


def _holds(entry: Entry) -> bool:
    """True if the output has no line that would be read as something else."""
    fence = "`" * 80
    body = "\n".join([f"{fence}console", *entry.lines(), fence])
    return len(read_markdown(f"---\n---\n{body}\n", "").steps) == 1
