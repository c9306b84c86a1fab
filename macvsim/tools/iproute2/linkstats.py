"""Counters of a device as ``ip -s link`` shows them (print_stats64 of iproute2)."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.dev.base import NetDevice
from macvsim.tools.iproute2.output import Printer
from macvsim.tools.iproute2.tool import Options

_WIDTHS = (10, 7, 6, 7, 7, 7, 10)
_UNITS = "kMGTPE"


class _Column(NamedTuple):
    """Heading, name in JSON, value."""

    title: str
    key: str
    value: int


def print_stats(out: Printer, dev: NetDevice, options: Options) -> None:
    """Lines of RX and TX counters, four with ``-s -s``; the last line is not ended."""
    s = dev.stats
    rx = [
        _Column("bytes", "bytes", s.rx_bytes),
        _Column("packets", "packets", s.rx_packets),
        _Column("errors", "errors", s.rx_errors),
        _Column("dropped", "dropped", s.rx_dropped),
        _Column("missed", "over_errors", 0),
        _Column("mcast", "multicast", s.multicast),
    ]
    tx = [
        _Column("bytes", "bytes", s.tx_bytes),
        _Column("packets", "packets", s.tx_packets),
        _Column("errors", "errors", s.tx_errors),
        _Column("dropped", "dropped", s.tx_dropped),
        _Column("carrier", "carrier_errors", s.tx_carrier_errors),
        _Column("collsns", "collisions", s.collisions),
    ]
    rx_errors = [
        _Column("length", "length_errors", 0),
        _Column("crc", "crc_errors", 0),
        _Column("frame", "frame_errors", 0),
        _Column("fifo", "fifo_errors", 0),
        _Column("overrun", "missed_errors", 0),
    ]
    tx_errors = [
        _Column("aborted", "aborted_errors", 0),
        _Column("fifo", "fifo_errors", 0),
        _Column("window", "window_errors", 0),
        _Column("heartbt", "heartbeat_errors", 0),
        _Column("transns", "carrier_changes", dev.carrier_changes),
    ]
    more = options.stats > 1
    if out.json:
        with out.inside("stats64"):
            for way, counters, errors in (("rx", rx, rx_errors), ("tx", tx, tx_errors)):
                with out.inside(way):
                    for column in [*counters, *(errors if more else [])]:
                        out.member(column.key, column.value)
        return
    widths = list(_WIDTHS)
    for row in (rx, tx):
        for i, column in enumerate(row):
            widths[i] = max(widths[i], len(_number(column.value, options)))
    lines = []
    for way, counters, errors in (("RX", rx, rx_errors), ("TX", tx, tx_errors)):
        titles = " ".join(
            f"{c.title:>{w - 4 * (i == 0)}}" for i, (c, w) in enumerate(zip(counters, widths, strict=False))
        )
        lines.append(f"    {way}: {titles} {'':>{widths[6]}}")
        lines.append(
            "    " + "".join(f"{_number(c.value, options):>{w}} " for c, w in zip(counters, widths, strict=False))
        )
        if more:
            titles = " ".join(f"{c.title:>{w}}" for c, w in zip(errors, widths[1:], strict=False))
            lines.append(f"    {way} errors:{'':>{widths[0] - 10}} {titles}")
            values = "".join(f"{_number(c.value, options):>{w}} " for c, w in zip(errors, widths[1:], strict=False))
            lines.append(" " * (widths[0] + 5) + values)
    out.text(out.newline.join(lines))


def _number(value: int, options: Options) -> str:
    """A counter, with ``-h`` in thousands or (``-iec``) 1024s (print_num)."""
    base = 1024 if options.iec else 1000
    if not options.human or value < base:
        return str(value)
    powers = 0
    limit = base
    while powers < len(_UNITS) - 1 and value >= limit * base:
        limit *= base
        powers += 1
    return f"{value / limit:.1f}{_UNITS[powers]}{'i' if options.iec else ''}"
