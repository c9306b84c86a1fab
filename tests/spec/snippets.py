"""Specification files and the recorded answers beside them; `tests.spec` describes the format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SECTIONS = {
    "bash": ("bash", "5.2.37"),
    "dash": ("dash", "0.5.12"),
    "busybox": ("busybox", "1:1.37.0"),
    "mawk": ("mawk", "1.3.4"),
    "sed": ("sed", "4.9"),
    "grep": ("grep", "3.11"),
}
"""Folders, in the order of the table: the Debian package that has the real program, and its version."""
HEADING = "#### "


class Answer(NamedTuple):
    """Exit status and output of a program."""

    status: int
    stdout: str
    stderr: str


@dataclass
class Spec:
    """One specification file: the command, the snippets by name, the input files."""

    section: str
    name: str
    command: str
    snippets: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def recording(self) -> Path:
        """The file of recorded answers."""
        return HERE / self.section / f"{self.name}.json"

    def recorded(self) -> dict[str, Answer]:
        """The recorded answers, by name of snippet; answers to an older text of a snippet are left out."""
        if not self.recording.exists():
            return {}
        answers = json.loads(self.recording.read_text("utf-8"))
        return {name: Answer(*answer) for name, (text, *answer) in answers.items() if text == self.snippets.get(name)}

    def record(self, answers: dict[str, Answer]) -> None:
        """Write answers, each behind the text of its snippet, one snippet a line."""
        rows = {name: [self.snippets[name], *answer] for name, answer in answers.items()}
        lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        self.recording.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def read_spec(path: Path) -> Spec:
    """Parse a specification file; `ValueError` if it has no command, or two snippets of one name."""
    first, *lines = path.read_text("utf-8").split("\n")
    if not first.startswith("#! "):
        raise ValueError(f"{path}: the first line is not '#! COMMAND'")
    spec = Spec(path.parent.name, path.stem, first.removeprefix("#! "))
    blocks: dict[str, list[str]] = {}
    block: list[str] = []
    for number, line in enumerate(lines, 2):
        if line.startswith(HEADING):
            heading = line.removeprefix(HEADING).strip()
            if heading in blocks:
                raise ValueError(f"{path}:{number}: there is already a snippet {heading!r}")
            block = blocks[heading] = []
        else:
            block.append(line)
    for heading, block in blocks.items():
        text = "\n".join(block).rstrip("\n") + "\n"
        into, name = (spec.files, heading[5:]) if heading.startswith("file ") else (spec.snippets, heading)
        into[name] = text
    return spec


def all_specs() -> list[Spec]:
    """Every specification file, by section and name."""
    return [read_spec(path) for section in SECTIONS for path in sorted((HERE / section).glob("*.sh"))]
