"""Where the records of a sweep are kept while it runs: a file to which a line of JSON is added as each run ends.

Whatever ends a sweep, no run whose line is whole is made again; when all are there, the file is put in order.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from macvsim.errors import MacvsimError
from macvsim.output import append_file, write_file
from macvsim.sweeps.plan import PING, FileSubject, Plan, Record
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
        found: dict[int, Record] = {}
        if self.lines != self.path and self.path.exists():
            found = _of_table(self.path, plan)
        return {**found, **self._of_lines(plan)} if self.lines.exists() else found

    def _of_lines(self, plan: Plan) -> dict[int, Record]:
        runs = {_identity(run.settings, run.seed): run for run in plan.runs()}
        found: dict[int, Record] = {}
        text = self.lines.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        try:
            if not whole and not text.startswith('{"sweep":'[: len(text)]):
                raise ValueError("this is no line of a sweep, nor the beginning of one")
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
            write_file(self.lines, whole)
        return found

    def add(self, records: Sequence[Record]) -> None:
        """Keep the records of runs that ended."""
        self.records.update((record["run"], record) for record in records)
        append_file(self.lines, _lines(records))

    def finish(self, table: Table) -> None:
        """All runs are there: write them in order."""
        write_file(self.path, _lines(table.records) if self.lines == self.path else table.csv())
        if self.lines != self.path:
            self.lines.unlink(missing_ok=True)


def _of_table(path: Path, plan: Plan) -> dict[int, Record]:
    """The records of a table that was finished; `MacvsimError` if it is none of this lab.

    Of a function it is not known what its values were before they were text.
    """
    runs = {(str(run.seed), *(_cell(value) for _, value in run.settings)): run for run in plan.runs()}
    found: dict[int, Record] = {}
    try:
        table = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        if not isinstance(plan.subject, FileSubject) or "sweep" not in (table.fieldnames or ()):
            raise ValueError("the values of a function, or something else")
        for row in table:
            if row["sweep"] != plan.identity:
                raise ValueError("another lab")
            run = runs.get((row["seed"], *(row[key] for key in plan.settings)))
            if run is None:
                continue
            head = {"sweep": plan.identity, "run": run.number, "settings": dict(run.settings), "seed": run.seed}
            record = found.setdefault(run.number, {**head, **_of_run(row)})
            if row.get("line"):
                record["pings"].append({key: _value(key, row[key]) for key in PING})
    except (ValueError, LookupError, TypeError):
        raise MacvsimError(f"{path} exists already: choose another name, or remove it") from None
    return found


def _of_run(row: dict[str, str]) -> Record:
    drops = {key.partition(".")[2]: int(text) for key, text in row.items() if key.startswith("drops.") and text}
    return {
        "time_ns": int(row["time_ns"]),
        "frames": int(row["frames"]),
        "drops": dict(sorted(drops.items())),
        "failed_commands": int(row["failed_commands"]),
        **({"after": row["after"]} if row.get("after") else {}),
        "pings": [],
    }


def _cell(value: Any) -> str:
    """A value as the table shows it."""
    return "" if value is None else str(value)


def _value(key: str, text: str) -> Any:
    """A column of a ping as it was: numbers, but for names, and nothing."""
    return None if not text else text if key in ("source", "target", "reason", "where") else int(text)


def _lines(records: Sequence[Record]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _identity(settings: Iterable[tuple[str, Any]], seed: int) -> str:
    return json.dumps([sorted(settings), seed])
