"""Builds the notebooks: ``python notebooks/build.py [NN…]`` runs each source NN_name.md and writes NN_name.ipynb.

A run in a new kernel gives the same bytes: the seed is fixed, and what Jupyter draws by lot or by clock is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def sources() -> list[Path]:
    """The notebooks' texts, in the order of the course."""
    return sorted(HERE.glob("[0-9][0-9]_*.md"))


def run(source: Path) -> str:
    """Execute a notebook in a new kernel; the text of its .ipynb, outputs included."""
    book: Any = jupytext.read(source)
    NotebookClient(
        book,
        timeout=120,
        resources={"metadata": {"path": str(HERE)}},
        record_timing=False,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
    ).execute()
    book.metadata = {"kernelspec": book.metadata["kernelspec"], "language_info": {"name": "python"}}
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
        if cell.cell_type == "code":
            cell["outputs"] = list(_joined(cell["outputs"]))
    text: str = nbformat.writes(book)
    return text + "\n"


def _joined(outputs: Iterable[Any]) -> Iterable[Any]:
    """Text that came in pieces, in one: how it was cut is chance."""
    last: Any = None
    for output in outputs:
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last["text"] += output["text"]
            continue
        last = output
        yield output


def main(numbers: list[str]) -> None:
    for source in sources():
        if not numbers or source.name[:2] in numbers:
            source.with_suffix(".ipynb").write_text(run(source), encoding="utf-8")
            print(source.with_suffix(".ipynb").name)


if __name__ == "__main__":
    main(sys.argv[1:])
