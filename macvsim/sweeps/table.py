"""The results of a sweep: records of runs, and the same as a table with a row for each ping."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from macvsim.errors import MacvsimError

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What the runs of a sweep came to, in their order.

    records : a mapping for each run, as `macvsim.sweeps.sweep` says
    """

    records: Sequence[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.records)

    def rows(self) -> list[Row]:
        """A row for each ping of each run, or for each run where nothing pings; settings and drops are columns."""
        return [row for record in self.records for row in _rows(record)]

    def columns(self) -> list[str]:
        """The names of the columns, in the order in which they first stand in a row."""
        return list(dict.fromkeys(name for row in self.rows() for name in row))

    def csv(self) -> str:
        """As comma-separated values, the names of the columns first (RFC 4180, ends of lines as on Unix)."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns(), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows())
        return text.getvalue()

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``.

        Raises
        ------
        MacvsimError : pandas is not installed
        """
        try:
            from pandas import DataFrame
        except ModuleNotFoundError:
            raise MacvsimError("a DataFrame needs pandas: pip install pandas") from None
        return DataFrame(self.rows(), columns=self.columns())


def _rows(record: dict[str, Any]) -> list[Row]:
    flat: Row = {}
    for name, value in record.items():
        if name == "settings":
            flat.update(value)
        elif isinstance(value, dict):
            flat.update((f"{name}.{key}", item) for key, item in value.items())
        elif name != "pings":
            flat[name] = value
    return [{**flat, **ping} for ping in record.get("pings", [])] or [flat]
