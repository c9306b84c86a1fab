"""/proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c); kernel addresses are 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.namespace import Namespace
from macvsim.net.tcp import table

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Address
    from macvsim.net.tcp.table import Row


_TITLES = "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
_WIDTH = 149
_NO_POINTER = "0" * 16


def tcp(ns: Namespace) -> str:
    """/proc/net/tcp."""
    lines = [f"  sl  local_address rem_address   {_TITLES}"]
    rows = [row for row in table.rows(ns) if not row.dual]
    lines += [f"{number:4}: {_hex(row.local)} {_hex(row.remote)} {_rest(row)}" for number, row in enumerate(rows)]
    return "".join(f"{line:<{_WIDTH}}\n" for line in lines)


def tcp6(ns: Namespace) -> str:
    """/proc/net/tcp6: sockets for IPv6 that take IPv4 too."""
    lines = [f"  sl  {'local_address':<38}{'remote_address':<38}{_TITLES}"]
    rows = [row for row in table.rows(ns) if row.dual]
    lines += [f"{number:4}: {_hex6(row.local)} {_hex6(row.remote)} {_rest(row)}" for number, row in enumerate(rows)]
    return "".join(f"{line}\n" for line in lines)


def _hex(address: Address) -> str:
    return f"{int.from_bytes(address[0].to_bytes(4, 'big'), 'little'):08X}:{address[1]:04X}"


def _hex6(address: Address) -> str:
    return ("0" * 16 + "FFFF0000" if address[0] else "0" * 24) + _hex(address)


def _rest(row: Row) -> str:
    text = (
        f"{row.state:02X} {row.tx_queue:08X}:{row.rx_queue:08X} {row.timer:02X}:{row.when:08X} {row.retransmits:08X} "
        f"{0:5} {row.probes:8} {row.inode} {row.references} {_NO_POINTER}"
    )
    return text + (f" {row.rto} {row.ato} {row.quick} {row.cwnd} {row.ssthresh}" if row.tail else "")
