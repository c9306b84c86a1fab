"""``macvsim import``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from macvsim.errors import MacvsimError, ScenarioError
from macvsim.exchange.document import Imported
from macvsim.exchange.machine import read_machine
from macvsim.exchange.sections import collector, read_output
from macvsim.labfile.document import read_markdown
from macvsim.labfile.file import LabFile, read_text
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.play import Player
from macvsim.machine.streams import Sink
from macvsim.output import write_file


def import_files(
    paths: Sequence[Path],
    out: Path | None,
    write: Sink,
    *,
    pings: Sequence[tuple[str, str]] = (),
    all_neighbours: bool = False,
) -> None:
    """Make a lab document of collectors' outputs, one a machine; without `out` it is written as output.

    Raises
    ------
    ScenarioError : a file is no output of the collector, not a whole one, or not what the programs print
    """
    if not paths:
        raise MacvsimError(
            "name the collector's outputs, one a machine; macvsim import --collector prints the collector"
        )
    if out is not None and out.suffix not in (".md", ".json"):
        raise MacvsimError(f"{out}: a lab document is a file NAME.md, a saved lab NAME.json")
    machines = [read_machine(read_output(read_text(path), str(path))) for path in paths]
    try:
        imported = Imported(machines, pings, all_neighbours=all_neighbours)
    except ScenarioError as error:
        raise ScenarioError(f"{', '.join(map(str, paths))}: {error}") from None
    if out is None:
        write(imported.text)
        return
    if out.suffix == ".json":
        document = read_markdown(imported.text, str(out))
        player = Player(LabFile(out, document, FrontMatter(document.front, str(out), document.front_line)))
        for _ in player.play():
            pass
        player.lab.save(out)
    else:
        write_file(out, imported.text)
    write("".join(f"{line}\n" for line in [*imported.assumed, *imported.notes]))
    write(f"{out}: {len(machines)} machine{'s' if len(machines) > 1 else ''}\n")


__all__ = ["collector", "import_files"]
