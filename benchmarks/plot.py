"""The goals as a picture: what was measured as a share of what is required, on a scale of ratios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

HOLDS, FAILS = "#1a7f4b", "#c4314b"


def plot(goals: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the goals that were measured into a file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [(goal, share) for goal in goals if (share := _share(goal)) is not None]
    figure, axes = pyplot.subplots(figsize=(9, 0.34 * len(shown) + 1.2), layout="constrained")
    names = [f"{goal['what']}, {goal['experiment']}" for goal, _ in shown]
    shares = [share for _, share in shown]
    axes.barh(names, [share - 1 for share in shares], left=1, color=[HOLDS if s >= 1 else FAILS for s in shares])
    for row, (goal, share) in enumerate(shown):
        text = f" {goal['measured']:g} ({goal['required']}) "
        axes.text(share, row, text, va="center", ha="left" if share >= 1 else "right", fontsize=8)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(min(*shares, 1) / 3, max(*shares, 1) * 3)
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    axes.set_xlabel("times better than required", fontsize=8)
    figure.savefig(path)
    pyplot.close(figure)


def _share(goal: dict[str, Any]) -> float | None:
    """How many times better than required; None if it was not measured, or has no limit."""
    kind, _, limit = goal["required"].rpartition(" ")
    if goal["measured"] is None or not limit.replace(".", "").isdigit():
        return None
    measured, required = float(goal["measured"]), float(limit)
    return required / measured if kind == "at most" else measured / required
