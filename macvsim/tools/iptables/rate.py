"""Rates of limit and hashlimit (parse_rate and print_rate in extensions/libxt_limit.c, libxt_hashlimit.c)."""

from __future__ import annotations

from macvsim.net.netfilter.countmatches import PERIODS
from macvsim.tools.iptables.values import number

SCALE = 10000
_LONG = {"sec": "second", "min": "minute", "hour": "hour", "day": "day"}


def rate(value: str) -> tuple[tuple[int, str], str] | None:
    """``N[/PERIOD]`` as it is printed, and the period as it was given; count 0: too fast, None: no rate."""
    count_text, slash, unit = value.partition("/")
    period = next((p for p in PERIODS if unit and _LONG[p].startswith(unit.lower())), None) if slash else "sec"
    count = number(count_text, 1)
    if period is None or count is None:
        return None
    return _shown(count, period), period


def _shown(count: int, period: str) -> tuple[int, str]:
    """The rate in the shortest time that holds a packet (print_rate)."""
    average = SCALE * PERIODS[period] // count
    if not average:
        return 0, period
    chosen, whole = "day", SCALE * PERIODS["day"]
    for name in ("hour", "min", "sec"):
        scaled = SCALE * PERIODS[name]
        if average > scaled or scaled // average < scaled % average:
            break
        chosen, whole = name, scaled
    return whole // average, chosen
