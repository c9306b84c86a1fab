"""What the figures are held to: each goal is a ratio of two things in one experiment, with a limit and an aim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Samples

SCALE = "macvsim-scale"
"""Labs of many containers; what is counted there is answered pings."""
OURS, NAIVE, TIMEOUT = "macvsim", "naive-scapy", "simpy-timeout"
CAPTURED, JOURNALLED, PYPY = "macvsim-captures", "macvsim-journal", "macvsim-pypy"
FIRST_PING, IMPORT_SIMPY, BUILT = "first-ping", "import-simpy", "built-in-process"
TYPED_PING, RUN, WHY, TEST, EMPTY_TEST = "first-typed-ping", "macvsim-run", "macvsim-why", "test-of-lab", "empty-test"
PCAP, PCAPNG, WRPCAP = "pcap", "pcapng", "scapy-wrpcap"
NSPY, NS3_CSMA, NS3_SIMPLE, KERNEL = "ns.py", "ns-3-csma", "ns-3-simple", "linux-netns"
PER_PING = (NS3_CSMA, NS3_SIMPLE)
"""Who counts pings where others count frame-hops: what is compared with them is macvsim's time a ping."""
COPIED, COPIED_READ, COPIED_FIRST, SWEPT = "copy", "copy-after-reading", "first-copy-after-reading", "sweep-run"
REFERENCE: Mapping[str, str] = {
    "process": FIRST_PING, "capture-file": PCAP, "100-containers": SCALE, "1000-cold": SCALE, "built": BUILT,
    "pytest": TEST, "pytest-uncompiled": TEST,
    "copies": COPIED, "sweep": SWEPT,
}  # fmt: skip
"""Whose time a thing's is divided by for its `ratio`, where that is not macvsim's own, by experiment."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`over`'s time divided by `under`'s, the median of the ratios of the rounds.

    most, least : the limit, one of the two; aim : what is hoped for
    optional : `over` or `under` may be absent from a machine; then there is nothing to hold
    """

    what: str
    over: str
    under: str
    experiment: str
    aim: float
    most: float | None = None
    least: float | None = None
    optional: bool = False

    @property
    def limit(self) -> str:
        """In words."""
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"

    def measured(self, samples: Samples) -> float | None:
        """The ratio; None if one of the two was not measured."""
        per_ping = self.over in PER_PING
        return ratio(*(series(samples, thing, self.experiment, per_ping) for thing in (self.over, self.under)))

    def holds(self, value: float | None) -> bool:
        """True if the limit holds; one that could not be measured does not, unless it is optional."""
        if value is None:
            return self.optional
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


GOALS = [
    Goal("frame-hop / bare simpy timeout", OURS, TIMEOUT, "experiment1", most=4.5, aim=3),
    Goal("frame-hop / bare simpy timeout", OURS, TIMEOUT, "experiment3", most=3, aim=2),
    Goal("naive scapy simulator / macvsim", NAIVE, OURS, "experiment1", least=150, aim=250),
    Goal("naive scapy simulator / macvsim", NAIVE, OURS, "experiment3", least=250, aim=400),
    Goal("new process to first ping / import of simpy", FIRST_PING, IMPORT_SIMPY, "process", most=6, aim=3),
    Goal("new process to first typed ping / import of simpy", TYPED_PING, IMPORT_SIMPY, "process", most=7, aim=4),
    Goal("macvsim run, README's lab / import of simpy", RUN, IMPORT_SIMPY, "process", most=8, aim=5),
    Goal("macvsim why, README's lab / import of simpy", WHY, IMPORT_SIMPY, "process", most=10, aim=6),
    Goal("a test with README's lab / an empty test", TEST, EMPTY_TEST, "pytest", most=2.5, aim=1.5),
    Goal("the same, no bytecode kept", TEST, EMPTY_TEST, "pytest-uncompiled", most=4, aim=2.5),
    Goal("captures on every interface / none", CAPTURED, OURS, "experiment1", most=1.3, aim=1.1),
    Goal("captures on every interface / none", CAPTURED, OURS, "experiment3", most=1.3, aim=1.1),
    Goal("frame-hop with the journal / bare simpy timeout", JOURNALLED, TIMEOUT, "experiment1", most=6, aim=4.5),
    Goal("frame-hop with the journal / bare simpy timeout", JOURNALLED, TIMEOUT, "experiment3", most=4.5, aim=3),
    Goal("wrpcap of scapy packets / pcap writer", WRPCAP, PCAP, "capture-file", least=100, aim=300),
    Goal("wrpcap of scapy packets / pcapng writer", WRPCAP, PCAPNG, "capture-file", least=100, aim=300),
    Goal("ns.py / macvsim, a frame-hop", NSPY, OURS, "experiment1", least=2.5, aim=5, optional=True),
    Goal("ns.py / macvsim, a frame-hop", NSPY, OURS, "experiment3", least=2.5, aim=5, optional=True),
    Goal("ns-3 CSMA / macvsim, a ping", NS3_CSMA, OURS, "experiment1", least=1.2, aim=2, optional=True),
    Goal("ns-3 Simple / macvsim, a ping", NS3_SIMPLE, OURS, "experiment1", least=1.0, aim=1.5, optional=True),
    Goal("ns-3 CSMA / macvsim, a ping", NS3_CSMA, SCALE, "100-containers", least=3, aim=5, optional=True),
    Goal("ns-3 Simple / macvsim, a ping", NS3_SIMPLE, SCALE, "100-containers", least=2, aim=3.5, optional=True),
    Goal("ns-3 CSMA / macvsim, a ping", NS3_CSMA, SCALE, "1000-cold", least=30, aim=70, optional=True),
    Goal("ns-3 Simple / macvsim, a ping", NS3_SIMPLE, SCALE, "1000-cold", least=20, aim=45, optional=True),
    Goal("the kernel by ip netns / macvsim", KERNEL, BUILT, "built", least=1, aim=10, optional=True),
    Goal("copy after 1,000 commands that only read / after none", COPIED_READ, COPIED, "copies", most=1.2, aim=1),
    Goal("run of a sweep of experiment 2 / bare simpy timeout", SWEPT, TIMEOUT, "sweep", most=8_000, aim=3_000),
    Goal("this interpreter / PyPy, steady", OURS, PYPY, "experiment1", least=2, aim=3, optional=True),
]


def series(samples: Samples, thing: str, experiment: str | None = None, per_ping: bool = False) -> list[float]:
    """Us per hop (or ping), one per round: of the experiment if the thing has it, else the mean of all it has ([] if
    none).
    """
    if experiment is not None and (thing, experiment) in samples:
        found = samples[thing, experiment]
        return [sample.us_per_hop * (sample.hops_per_ping if per_ping else 1) for sample in found]
    columns = [[sample.us_per_hop for sample in runs] for (name, _), runs in samples.items() if name == thing]
    return [sum(row) / len(row) for row in zip(*columns, strict=True)]


def ratio(over: list[float], under: list[float]) -> float | None:
    """Median of the ratios of the rounds; None without figures."""
    if not over or not under:
        return None
    return round(median(a / b for a, b in zip(over, under, strict=True)), 3)
