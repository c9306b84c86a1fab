"""What differs from one run of a command to the next: times and identifiers, which are therefore compared by shape."""

from __future__ import annotations

import re
from typing import NamedTuple


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    new: str


def _rule(pattern: str, new: str) -> _Rule:
    """A replacement; ``^`` stands for the beginning of a line."""
    return _Rule(re.compile(pattern, re.MULTILINE), new)


_TIMES = (
    _rule(r"time[= ]<?\d+(\.\d+)? ?ms", "time=T ms"),  # a reply to ping
    _rule(r"((?:rtt|round-trip) min/avg/max(?:/mdev)? = )[\d./]+ ms", r"\1T ms"),  # its statistics
    _rule(r"(?<=\s)\d+\.\d+ ?ms\b", "T ms"),  # traceroute, arping
    _rule(r"\bused \d+/\d+(/\d+)?", "used T"),  # ip -s neigh, bridge -s fdb
    _rule(r"\bexpires \d+sec", "expires T"),  # ip route show cache
    _rule(  # ip -d link of a bridge and of its ports
        r"\b((?:hello|tcn|topology_change|gc|hold|message_age|forward_delay)_timer +)[\d.]+", r"\1T"
    ),
    _rule(r"\b(on )\w{3} \w{3} +\d+ [\d:]{8} \d{4}\b", r"\1DATE"),  # iptables-save
    _rule(r"^((?:ipv4 +2 )?(?:icmp +1|udp +17|tcp +6) )\d+", r"\1T"),  # conntrack: seconds left
)
_IDS = (
    _rule(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    _rule(r"\b(sha256:)?[0-9a-f]{64}\b", "ID64"),
    _rule(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12}\b", "ID12"),
    _rule(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)?", "TIME"),
    _rule(r"\b(About an? |Less than an? |\d+ )(second|minute|hour)s?( ago)?", "AGE"),
    _rule(r'("Pid": )[1-9]\d*', r"\1PID"),
    _rule(r"(Total Memory: )\S+", r"\1M"),
)


def by_shape(text: str) -> str:
    """A text with every time and identifier replaced by a word for its kind; addresses and counters stay."""
    for pattern, new in _TIMES + _IDS:
        text = pattern.sub(new, text)
    return text
