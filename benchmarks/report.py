"""From samples to figures, and the limits they are held to.

One definition throughout: **`ratio` is a thing's time per frame-hop divided by macvsim's** (macvsim itself: 1.0; above
1 is slower than macvsim), the median of the ratios of the rounds. A frame-hop is one frame crossing one wire; for
`simpy-timeout`, which has no frames, it is one timeout event. Beside it, for macvsim only:

- `vs_simpy_timeout`: macvsim's frame-hop / one bare SimPy timeout event, limit: at most `MAX_VS_TIMEOUT`;
- `vs_naive_scapy`: the naive simulator's frame-hop / macvsim's, limit: at least `MIN_VS_NAIVE`.

The limits hold for every experiment. A thing's own top-level figures are those of its experiments' mean, except the two
`vs_*`, which are those of the worst experiment: the one that the limit binds. A figure that was not measured is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import TypeAlias, TypedDict

from benchmarks.measure import Sample

Samples: TypeAlias = Mapping[tuple[str, str], Sequence[Sample]]

OURS, NAIVE, TIMEOUT = "macvsim", "naive-scapy", "simpy-timeout"
MAX_VS_TIMEOUT = 8.0
MIN_VS_NAIVE = 100.0


class Figures(TypedDict, total=False):
    """What `latest.json` holds for one thing, and again for each of its experiments."""

    us_per_hop: float
    us_per_hop_range: list[float]
    hops_per_ping: float
    ratio: float | None
    vs_simpy_timeout: float | None
    vs_naive_scapy: float | None
    rounds: int
    experiments: dict[str, Figures]


def _series(samples: Samples, thing: str, experiment: str | None = None) -> list[float]:
    """Us per hop, one per round: of the experiment if the thing has it, else the mean of all it has ([] if none)."""
    if experiment is not None and (thing, experiment) in samples:
        return [sample.us_per_hop for sample in samples[thing, experiment]]
    columns = [[sample.us_per_hop for sample in runs] for (name, _), runs in samples.items() if name == thing]
    return [sum(row) / len(row) for row in zip(*columns, strict=True)]


def _ratio(over: Sequence[float], under: Sequence[float]) -> float | None:
    if not over or not under:
        return None
    return round(median(a / b for a, b in zip(over, under, strict=True)), 3)


def _figures(samples: Samples, thing: str, experiment: str | None = None) -> Figures:
    own, ours = _series(samples, thing, experiment), _series(samples, OURS, experiment)
    figures = Figures(
        us_per_hop=round(median(own), 3),
        us_per_hop_range=[round(min(own), 3), round(max(own), 3)],
        ratio=_ratio(own, ours),
    )
    if experiment is not None:
        figures["hops_per_ping"] = round(median(sample.hops_per_ping for sample in samples[thing, experiment]), 3)
        if thing == OURS:
            figures["vs_simpy_timeout"] = _ratio(ours, _series(samples, TIMEOUT))
            figures["vs_naive_scapy"] = _ratio(_series(samples, NAIVE, experiment), ours)
    return figures


def _worst(pick: Callable[[Iterable[float]], float], values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return pick(known) if known and len(known) == len(values) else None


def summarize(samples: Samples) -> dict[str, Figures]:
    """Every thing's figures, in the order in which they ran."""
    result: dict[str, Figures] = {}
    for thing in dict.fromkeys(name for name, _ in samples):
        experiments = {e: _figures(samples, thing, e) for name, e in samples if name == thing}
        figures = _figures(samples, thing)
        if thing == OURS:
            parts = list(experiments.values())
            figures["vs_simpy_timeout"] = _worst(max, [part["vs_simpy_timeout"] for part in parts])
            figures["vs_naive_scapy"] = _worst(min, [part["vs_naive_scapy"] for part in parts])
        figures["rounds"] = len(next(runs for (name, _), runs in samples.items() if name == thing))
        figures["experiments"] = experiments
        result[thing] = figures
    return result


def violations(results: Mapping[str, Figures]) -> list[str]:
    """The limits that do not hold, as sentences; a limit that could not be measured does not hold."""
    ours = results.get(OURS, Figures())
    timeout, naive = ours.get("vs_simpy_timeout"), ours.get("vs_naive_scapy")
    broken = []
    if timeout is None or timeout > MAX_VS_TIMEOUT:
        broken.append(f"a frame-hop must cost at most {MAX_VS_TIMEOUT:g} SimPy timeouts: {_text(timeout)}")
    if naive is None or naive < MIN_VS_NAIVE:
        broken.append(f"the naive simulator must be at least {MIN_VS_NAIVE:g} times slower: {_text(naive)}")
    return broken


def table(results: Mapping[str, Figures]) -> str:
    """One line per thing and experiment, then what the columns mean."""
    row = "{:<14} {:<12} {:>6} {:>11} {:>19} {:>9}"
    lines = [row.format("thing", "experiment", "hops", "us per hop", "(min - max)", "ratio")]
    for thing, figures in results.items():
        for experiment, part in figures["experiments"].items():
            low, high = part["us_per_hop_range"]
            hops, spread = f"{part['hops_per_ping']:g}", f"({low:.2f} - {high:.2f})"
            us = f"{part['us_per_hop']:.2f}"
            lines.append(row.format(thing, experiment, hops, us, spread, _text(part["ratio"])))
    lines += [
        "",
        "hops: wires crossed per ping (timeout: 1 event); ratio: us per hop / macvsim's, median of the rounds",
    ]
    for experiment, part in results.get(OURS, Figures()).get("experiments", {}).items():
        lines.append(
            f"{experiment}: one macvsim frame-hop = {_text(part['vs_simpy_timeout'])} SimPy timeouts "
            f"(limit: at most {MAX_VS_TIMEOUT:g}); naive / macvsim = {_text(part['vs_naive_scapy'])} "
            f"(limit: at least {MIN_VS_NAIVE:g})"
        )
    return "\n".join(lines)


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"
