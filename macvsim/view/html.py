"""Text with markup for notebooks: tables and verdicts.  Every text is escaped; colours fit light and dark ground."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

MOST_ROWS = 200
_TABLE = "border-collapse:collapse;font-size:13px;text-align:left"
_CELL = "padding:2px 12px 2px 0;text-align:left;white-space:nowrap;border-bottom:1px solid rgba(128,128,128,.25)"
_MARKED = "background:rgba(220,38,38,.16);font-weight:600"
_LOST = "border-left:4px solid #dc2626;padding:2px 0 2px 10px;margin:4px 0"
_GOOD = "border-left:4px solid #16a34a;padding:2px 0 2px 10px;margin:4px 0"


@dataclass
class Table:
    """Rows under heads; `marked`: numbers of rows that matter most."""

    caption: str
    heads: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    marked: Collection[int] = ()

    def _repr_html_(self) -> str:
        return table(self)


def table(content: Table) -> str:
    """A table, the first rows of a long one."""
    heads = "".join(f'<th style="{_CELL}">{clean(head)}</th>' for head in content.heads)
    lines = [
        f'<table style="{_TABLE}"><caption style="text-align:left;font-weight:600">{clean(content.caption)}</caption>'
    ]
    lines.append(f"<thead><tr>{heads}</tr></thead><tbody>")
    for number, row in enumerate(content.rows[:MOST_ROWS]):
        cells = "".join(f'<td style="{_CELL};font-family:monospace">{clean(cell)}</td>' for cell in row)
        mark = f' style="{_MARKED}"' if number in content.marked else ""
        lines.append(f"<tr{mark}>{cells}</tr>")
    if len(content.rows) > MOST_ROWS:
        more = f"… {len(content.rows) - MOST_ROWS} more"
        lines.append(f'<tr><td style="{_CELL}" colspan="{len(content.heads)}">{more}</td></tr>')
    lines.append("</tbody></table>")
    return "\n".join(lines)


def preformatted(text: str) -> str:
    """What a program printed."""
    return f'<pre style="margin:0">{clean(text)}</pre>'


def verdict(sentence: str, details: Iterable[str], *, good: bool) -> str:
    """A sentence, and what there is to say besides."""
    more = "".join(f"<div>{clean(detail)}</div>" for detail in details)
    return f'<div style="{_GOOD if good else _LOST}"><strong>{clean(sentence)}</strong>{more}</div>'


def folded(summary: str, content: str) -> str:
    """Something to be opened."""
    return f"<details><summary>{clean(summary)}</summary>{content}</details>"


def clean(text: str) -> str:
    """Text between tags, or in an attribute."""
    return escape("".join(c if c >= " " or c in "\n\t" else "�" for c in text))


__all__ = ["MOST_ROWS", "Table", "clean", "folded", "preformatted", "table", "verdict"]
