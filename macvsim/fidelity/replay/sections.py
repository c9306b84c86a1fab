"""How differences are written for readers, of records and of transcripts alike."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice


def outcome_lines(recorded: str, simulated: str) -> Iterator[str]:
    """Lines of a unified diff without its head (``-`` recorded, ``+`` simulated); none if the texts are equal."""
    lines = unified_diff(recorded.split("\n"), simulated.split("\n"), lineterm="", n=1)
    return islice(lines, 2, None)


def section(head: str, differences: Iterator[str], limit: int | None) -> list[str]:
    """A headed list of at most `limit` differences; nothing where there are none."""
    shown = list(islice(differences, limit))
    rest = sum(1 for _ in differences)
    if not shown and not rest:
        return []
    more = [f"    … {rest} more"] if rest else []
    return [head, *(f"    {line}" for text in shown for line in text.split("\n")), *more]
