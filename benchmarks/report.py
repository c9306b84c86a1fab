"""From samples to figures: the table, and what `latest.json` holds.

One definition throughout: **`ratio` is a thing's time per frame-hop divided by macvsim's** (macvsim itself: 1.0; above
1 is slower than macvsim), the median of the ratios of the rounds. A frame-hop is one frame crossing one wire; for
`simpy-timeout`, which has no frames, it is one timeout event; for capture files it is a frame, and for processes a
process, and what is divided by is macvsim's part there (`benchmarks.goals.REFERENCE`).

macvsim's entry also has `goals`: every ratio that is held to a limit. `vs_simpy_timeout` and `vs_naive_scapy` there are
those of the worst experiment. A figure that was not measured is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.goals import GOALS, NAIVE, OURS, PER_PING, REFERENCE, TIMEOUT, Goal, ratio, series
from benchmarks.measure import Samples

Figures = dict[str, Any]
"""What `latest.json` holds for one thing, and again for each of its experiments."""


def _figures(samples: Samples, thing: str, experiment: str | None = None) -> Figures:
    own = series(samples, thing, experiment)
    experiments = [name for other, name in samples if other == thing]
    reference = REFERENCE.get(experiment or experiments[0], OURS)
    figures = {
        "us_per_hop": round(median(own), 3),
        "us_per_hop_range": [round(min(own), 3), round(max(own), 3)],
        "ratio": ratio(own, series(samples, reference, experiment, thing in PER_PING)),
    }
    if experiment is not None:
        figures["hops_per_ping"] = round(median(sample.hops_per_ping for sample in samples[thing, experiment]), 3)
    return figures


def summarize(samples: Samples) -> dict[str, Figures]:
    """Every thing's figures, in the order in which they ran."""
    result: dict[str, Figures] = {}
    for thing in dict.fromkeys(name for name, _ in samples):
        figures = result[thing] = _figures(samples, thing)
        figures["rounds"] = len(next(runs for (name, _), runs in samples.items() if name == thing))
        figures["experiments"] = {e: _figures(samples, thing, e) for name, e in samples if name == thing}
    if OURS in result:
        goals = [(goal, goal.measured(samples)) for goal in GOALS]
        result[OURS]["vs_simpy_timeout"] = max((v for g, v in goals if g.under == TIMEOUT and v), default=None)
        result[OURS]["vs_naive_scapy"] = min((v for g, v in goals if g.over == NAIVE and v), default=None)
        result[OURS]["goals"] = [_said(goal, value) for goal, value in goals]
    return result


def _said(goal: Goal, value: float | None) -> Figures:
    return {
        "what": goal.what,
        "experiment": goal.experiment,
        "measured": value,
        "required": goal.limit,
        "aim": goal.aim,
        "holds": goal.holds(value),
    }


def violations(results: Mapping[str, Figures]) -> list[str]:
    """The limits that do not hold, as sentences."""
    return [
        f"{goal['what']}, {goal['experiment']}: {_text(goal['measured'])}, must be {goal['required']}"
        for goal in results.get(OURS, {}).get("goals", [])
        if not goal["holds"]
    ]


def table(results: Mapping[str, Figures]) -> str:
    """One line per thing and experiment, then one for each goal."""
    row = "{:<16} {:<12} {:>6} {:>11} {:>21} {:>9}"
    lines = [row.format("thing", "experiment", "hops", "us per hop", "(min - max)", "ratio")]
    for thing, figures in results.items():
        for experiment, part in figures["experiments"].items():
            low, high = part["us_per_hop_range"]
            hops, spread = f"{part['hops_per_ping']:g}", f"({low:.2f} - {high:.2f})"
            lines.append(row.format(thing, experiment, hops, f"{part['us_per_hop']:.2f}", spread, _text(part["ratio"])))
    lines += [
        "",
        "hops: wires crossed per ping (timeout: 1 event; capture file: frames; process: 1)",
        "ratio: us per hop / macvsim's, median of the rounds",
        "",
    ]
    return "\n".join([*lines, *_goal_lines(results.get(OURS, {}).get("goals", []))])


def _goal_lines(goals: Sequence[Figures]) -> list[str]:
    row = "{:<44} {:<12} {:>9}   {:<14} {:>5}  {}"
    lines = [row.format("goal", "experiment", "measured", "required", "aim", "")]
    for goal in goals:
        value, aim, mark = _text(goal["measured"]), f"{goal['aim']:g}", "" if goal["holds"] else "<- does not hold"
        lines.append(row.format(goal["what"], goal["experiment"], value, goal["required"], aim, mark).rstrip())
    return lines


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
