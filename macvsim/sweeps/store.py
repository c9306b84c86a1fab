"""Where the records of a sweep are kept while it runs: a file to which a line of JSON is added as each run ends.

Whatever ends a sweep, no run whose line is whole is made again; when all are there, the file is put in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from macvsim.errors import MacvsimError
from macvsim.sweeps.plan import Plan, Record
from macvsim.sweeps.table import Table

PART = ".part"
"""Ends the name of the lines from which a table in CSV is made when all are there."""


class Store:
    """The file of a sweep, ``NAME.jsonl`` or ``NAME.csv``; `records` are those it holds, by number of the run.

    Raises
    ------
    MacvsimError : the file holds something else, and is left as it is
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        if path.suffix not in (".jsonl", ".csv"):
            raise MacvsimError(f"{path}: results are kept as lines of JSON, or as a table: NAME.jsonl or NAME.csv")
        self.path = path
        self.lines = path if path.suffix == ".jsonl" else path.with_name(path.name + PART)
        self.records = self._read(plan)

    def _read(self, plan: Plan) -> dict[int, Record]:
        if not self.lines.exists():
            if self.path.exists():
                raise MacvsimError(f"{self.path} exists already: choose another name, or remove it")
            return {}
        runs = {_identity(run.settings, run.seed): run for run in plan.runs()}
        found: dict[int, Record] = {}
        text = self.lines.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        try:
            for record in map(json.loads, whole.splitlines()):
                if record["sweep"] != plan.identity:
                    raise MacvsimError(
                        f"{self.lines} holds runs of another lab, or of another macvsim: "
                        "choose another name, or remove it"
                    )
                run = runs.get(_identity(record["settings"].items(), record["seed"]))
                if run is not None:
                    found[run.number] = {**record, "run": run.number}
        except (ValueError, LookupError, TypeError, AttributeError):
            raise MacvsimError(f"{self.lines} holds no runs of a sweep: choose another name") from None
        if whole != text:
            self.lines.write_text(whole, encoding="utf-8")
        return found

    def add(self, records: Sequence[Record]) -> None:
        """Keep the records of runs that ended."""
        self.records.update((record["run"], record) for record in records)
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(_lines(records))

    def finish(self, table: Table) -> None:
        """All runs are there: write them in order."""
        part = self.path.with_name(self.path.name + PART)
        if self.path.suffix == ".jsonl":
            part.write_text(_lines(table.records), encoding="utf-8")
            part.replace(self.path)
        else:
            self.path.write_text(table.csv(), encoding="utf-8")
            part.unlink()


def _lines(records: Sequence[Record]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _identity(settings: Iterable[tuple[str, Any]], seed: int) -> str:
    return json.dumps([sorted(settings), seed])
