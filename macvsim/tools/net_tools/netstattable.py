"""What the netstats of net-tools and busybox show of sockets: rows of /proc/net/tcp and udp."""

from __future__ import annotations

from typing import NamedTuple

from macvsim.machine.host import Box
from macvsim.machine.options import Given
from macvsim.net.tcp import table
from macvsim.net.tcp.state import State
from macvsim.tools.ports import port_name
from macvsim.wire.addr import ip_text


class Entry(NamedTuple):
    """A line: addresses as (IP, port), `timer` as (kind, 1/100 s, retransmits, probes)."""

    proto: str
    dual: bool
    received: int
    sent: int
    local: tuple[int, int]
    remote: tuple[int, int]
    state: str
    inode: int
    timer: tuple[int, int, int, int] = (0, 0, 0, 0)


def _tcp(box: Box) -> list[Entry]:
    """Every TCP socket, those for IPv6 behind the others."""
    found = [
        Entry(
            "tcp",
            row.dual,
            row.rx_queue,
            row.tx_queue,
            row.local,
            row.remote,
            row.state.name,
            row.inode,
            (row.timer, row.when, row.retransmits, row.probes),
        )
        for row in table.rows(box.ns)
    ]
    return sorted(found, key=lambda entry: entry.dual)


def _udp(box: Box) -> list[Entry]:
    """Every UDP socket."""
    udp = box.ns.udp
    return [
        Entry("udp", False, 0, 0, (sock.source, port), sock.peer or (0, 0), "ESTABLISHED" if sock.peer else "", 0)
        for port in sorted(udp.ports)
        for sock in udp.ports[port]
    ]


def title(given: Given) -> str:
    """The first line, which says what the options choose."""
    which = "servers and established" if "-a" in given else "only servers" if "-l" in given else "w/o servers"
    return f"Active Internet connections ({which})\n"


def chosen(box: Box, given: Given) -> list[Entry]:
    """The sockets that the options choose: servers with ``-l``, others without, all with ``-a``."""
    entries = (_tcp(box) if "-t" in given else []) + (_udp(box) if "-u" in given else [])
    return [entry for entry in entries if "-a" in given or _is_server(entry) == ("-l" in given)]


def _is_server(entry: Entry) -> bool:
    """True for a socket that listens."""
    return entry.state == State.LISTEN.name or (entry.proto == "udp" and not entry.state)


def address_text(box: Box, address: tuple[int, int], *, dual: bool, mapped: bool, numeric: bool) -> str:
    """``IP:PORT`` with ``*`` for any port, and names unless `numeric`; `mapped`: IPv4 in IPv6 shows as such."""
    ip, port = address
    port_text = "*" if not port else str(port) if numeric else port_name(port)
    if dual:
        host = f"{'::ffff:' if mapped else ''}{ip_text(ip)}" if ip else "::" if mapped or numeric else "[::]"
        return f"{host}:{port_text}"
    if numeric:
        return f"{ip_text(ip)}:{port_text}"
    host = next((name for name, known in box.hosts.items() if known == ip), "localhost" if ip == 0x7F000001 else "")
    return f"{host or ('*' if not ip else ip_text(ip))}:{port_text}"
