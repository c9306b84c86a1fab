"""Whether two labs are the same to the last byte and nanosecond: what they show, by row, and where it first differs.

Nothing that users see may depend on the fast path: `compare` holds a lab that was played with it against one that was
played without.  Everything that is read here is what commands read, so counters must be true at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.lab import Lab
from macvsim.machine.capture import Capture
from macvsim.net.fibroute import Route
from macvsim.net.ipv6 import proc6
from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.conn import Conn
from macvsim.net.netfilter.rule import Rule
from macvsim.net.netfilter.table import Chain
from macvsim.net.tcp.table import rows as sockets

Rows = Sequence[Any]
Sections = dict[str, Rows]
"""The visible state of a lab, by section, in rows that are equal if they are the same."""

MISSING = "(nothing)"
"""Stands where one of two labs has no further row."""


@dataclass(frozen=True)
class Difference:
    """The first row of a section that is not the same in both labs.

    section : what the rows are, such as ``journal``; row : its number, from 1; first, second : what the labs have there
    """

    section: str
    row: int
    first: Any
    second: Any

    def __str__(self) -> str:
        first, second = _shown(self.first), _shown(self.second)
        return f"{self.section}: row {self.row} differs\n  first:  {first}\n  second: {second}"


def compare(
    first: Lab, second: Lab, *, captures: Sequence[tuple[Capture, Capture]] = (), texts: tuple[Rows, Rows] = ((), ())
) -> list[Difference]:
    """Where two labs differ, the first row of each section; an empty list if they are the same.

    Journal, drops, clock and identities, ports and tables of switches, and of each namespace its devices, addresses,
    routes, neighbours, connections, rules, sockets, counters and kernel log are compared.

    captures : pairs of captures of the two labs; all that a pcapng file is written from is compared
    texts : what was printed in each lab, in rows
    """
    differences = differing({"transcript": texts[0]}, {"transcript": texts[1]})
    for number, (one, other) in enumerate(captures, 1):
        differences += differing(_of_capture(one, number), _of_capture(other, number))
    return differences + differing(everything(first), everything(second))


def differing(first: Mapping[str, Rows], second: Mapping[str, Rows]) -> list[Difference]:
    """The first row of each section that is not the same."""
    found = []
    for section in dict.fromkeys([*first, *second]):
        one, other = list(first.get(section, ())), list(second.get(section, ()))
        if one != other:
            pairs = enumerate(zip_longest(one, other, fillvalue=MISSING), 1)
            found.append(next(Difference(section, row, a, b) for row, (a, b) in pairs if a != b))
    return found


def _shown(row: Any) -> str:
    if isinstance(row, tuple):
        return " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in row)
    return str(row)


# -- what a lab shows --------------------------------------------------------------------------------------------------


def everything(lab: Lab) -> Sections:
    """All that commands, captures and the journal show of a lab."""
    sim = lab.sim
    sections: Sections = {
        "clock": [int(sim.now)],
        "next identity": [repr(sim.uids)],
        "drops": sorted((where.label, reason.name, count) for (where, reason), count in sim.drops.items()),
    }
    if sim.journal is not None:
        sections["journal"] = _journal(lab)
        sections["causes in the journal"] = list(sim.journal.causes.items())
    for name, switch in lab.switches.items():
        sections[f"ports of {name}"] = [(port.name, *_slots(port.stats)) for port in switch.ports.values()]
        sections[f"MAC table of {name}"] = [
            (e.mac, e.vid, e.port and e.port.name, e.state, e.updated, e.used) for e in switch.fdb
        ]
    for label, ns in _namespaces(lab):
        sections.update({f"{section} of {label}": rows for section, rows in _of_namespace(ns).items()})
    return sections


def _namespaces(lab: Lab) -> Iterator[tuple[str, Namespace]]:
    """Those of hosts and containers, and the named ones."""
    for name, box in lab.boxes().items():
        yield name, box.ns
    for host in lab.hosts.values():
        for name, ns in host.kernel.netns.items():
            yield f"{host.name}'s namespace {name}", ns


def _slots(counters: Any) -> tuple[int, ...]:
    return tuple(getattr(counters, name) for name in counters.__slots__)


def _journal(lab: Lab) -> Rows:
    assert lab.sim.journal is not None
    labels: dict[Any, str] = {}
    rows = []
    for time, uid, where, step, frame, detail in lab.sim.journal.records:
        label = labels.get(where)
        if label is None:
            label = labels[where] = where.label
        form = (frame.raw, frame.tag, frame.wire) if frame is not None else ()
        rows.append((time, uid, label, step, *form, "" if detail is None else str(detail)))
    return rows


def _of_capture(capture: Capture, number: int) -> Sections:
    """All that a pcapng file of it is written from, and the identities of the frames."""
    said = capture.reasons()
    return {
        f"capture {number}": [
            (r.time_ns, r.interface, r.direction, r.packet_type, uid, r.data, said.get(index, ""))
            for index, (r, uid) in enumerate(zip(capture.records, capture.uids, strict=True))
        ],
        f"interfaces of capture {number}": list(capture.interfaces),
        f"names in capture {number}": sorted(capture.names.items()),
    }


def _counted(chain: Chain) -> list[Chain | Rule]:
    return [chain, *chain.rules]


def _of_namespace(ns: Namespace) -> Sections:
    devices = ns.devices
    found: Sections = {
        "devices": [
            (dev.name, dev.kind, dev.mac, dev.mtu, dev.up, dev.running, *_slots(dev.stats)) for dev in devices.values()
        ],
        "addresses": [(dev.name, address.text) for dev in devices.values() for address in dev.inet.addresses],
        "routes": [_route(route) for _, table in sorted(ns.fib.tables.items()) for route in table.routes()],
        "rules": [str(rule) for rule in ns.fib.rules.list],
        "/proc/net/if_inet6": proc6.if_inet6(ns.ipv6).split("\n"),
        "/proc/net/ipv6_route": proc6.ipv6_route(ns.ipv6).split("\n"),
        "/proc/net/snmp6": proc6.snmp6(ns.ipv6).split("\n"),
        "/proc/net/snmp": ns.snmp.text(forwarding=bool(ns.conf_all.forwarding), ttl=64).split("\n"),
        "neighbours": [
            (e.dev.name, e.ip, e.ha, str(e.state), e.used, e.confirmed, e.updated, e.probes)
            for table in (ns.neigh, ns.ipv6.neigh)
            for e in table.listing()
        ],
        "learnt path MTUs and redirects": list(ns.router.exceptions.by_dst.items()),
        "connections": [_connection(conn) for conn in ns.netfilter.conntrack.listing()],
        "connection tracking statistics": list(ns.netfilter.conntrack.statistics.items()),
        "iptables": [
            (backend, table.name, chain.name, number, counted.packets, counted.bytes)
            for backend, ruleset in ns.netfilter.rulesets().items()
            for table in ruleset.tables.values()
            for chain in table.chains.values()
            for number, counted in enumerate(_counted(chain))
        ],
        "TCP sockets": sockets(ns),
        "kernel log": list(ns.log.lines),
    }
    for dev in devices.values():
        if netif_is_bridge_master(dev):
            found[f"MAC table of {dev.name}"] = [
                (e.mac, e.vid, e.port and e.port.dev.name, e.state, e.updated, e.used) for e in dev.fdb
            ]
    return found


def _route(route: Route) -> tuple[Any, ...]:
    info, hops = route.info, [(hop.gateway, hop.dev and hop.dev.name) for hop in route.hops]
    way = route.gateway, route.dev and route.dev.name, route.src, str(hops), route.chosen
    return info.table, route.dst, route.plen, str(info.type), str(info.scope), info.proto, info.metric, info.tos, *way


def _connection(conn: Conn) -> tuple[Any, ...]:
    tcp = conn.tcp
    state = () if tcp is None else (tcp.state.name, tcp.last_seq, tcp.last_ack, tcp.last_win, tcp.retrans)
    texts = (*map(str, conn.tuples), str(conn.status), state, str(conn.counts))
    return (*texts, conn.expires, conn.mark, conn.stream_since)


__all__ = ["Difference", "compare", "differing", "everything"]
