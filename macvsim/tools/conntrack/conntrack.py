"""conntrack 1.4.8: looking at connections and forgetting them."""

from __future__ import annotations

from collections.abc import Callable

from macvsim.errors import Effect
from macvsim.machine.call import Call
from macvsim.machine.kernelfs.conntrack import line
from macvsim.machine.tool import Manner, Texts, UsageError, tool
from macvsim.net.netfilter.conn import Conn, Status
from macvsim.net.netfilter.conntrack import Conntrack
from macvsim.tools.conntrack.words import BANNER, LETTERS, MORE, VALUES, Asked, asked_for, read_words

_TRANSLATED = {"n": Status.SRC_NAT, "g": Status.DST_NAT, "j": Status.SRC_NAT | Status.DST_NAT}
_STATISTICS = ("found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "search_restart",
               "clash_resolve", "chaintoolong")  # fmt: skip
_LEFT_OUT = {
    "-A": "adding a connection",
    "-E": "events of connections",
    "-G": "one connection by its addresses",
    "-I": "creating a connection",
    "-U": "changing a connection",
    "-a": "an option that is ignored",
    "-b": "the buffer of the netlink socket",
    "-c": "security marks",
    "-e": "events of connections",
    "-i": "connections by their number",
    "-l": "labels of connections",
    "-t": "connections by their timeout",
    "-w": "zones of connections",
    "--label-add": "labels of connections",
    "--label-del": "labels of connections",
    "--mask-dst": "expected connections",
    "--mask-src": "expected connections",
    "--orig-zone": "zones of connections",
    "--reply-zone": "zones of connections",
    "--tuple-dst": "expected connections",
    "--tuple-src": "expected connections",
}
_MANNER = Manner(
    reader=read_words, status=2, usage_status=0, usage_on_stdout=True, help_options=("-h", "--help"),
    version_options=("-V", "--version"),
)  # fmt: skip


@tool(
    "conntrack",
    flavour="debian",
    usage=Texts(__package__),
    version=f"{BANNER}\n",
    letters=LETTERS,
    more=MORE,
    left_out=_LEFT_OUT,
    values=VALUES,
    effect=Effect.CHANGES,
    reads="-E -G -a -b -e",
    manner=_MANNER,
)
def conntrack(call: Call) -> int:
    """``conntrack -L|-D|-F|-C|-S [TABLE] [OPTIONS]``."""
    table = call.box.ns.netfilter.conntrack
    asked = asked_for(call.given, conntrack.options, call.box.hosts)
    match asked.command:
        case "L":
            return _show(call, table, asked)
        case "D":
            return _delete(call, table, asked)
        case "F":
            what = "expectation" if asked.table == "expect" else "connection tracking"
            if asked.table != "expect":
                table.kill_all(lambda conn: True)
            call.err(f"{BANNER}: {what} table has been emptied.\n")
            return 0
        case "C":
            call.out(f"{0 if asked.table == 'expect' else len(table)}\n")
            return 0
        case "S":
            counts = "".join(f"{name}={table.statistics.get(name, 0)} " for name in _STATISTICS)
            call.out(f"cpu=0   \t{counts}\n")
            return 0
    raise UsageError


def _chosen(table: Conntrack, asked: Asked) -> list[Conn]:
    wanted = _condition(asked)
    if asked.table in ("dying", "unconfirmed", "expect") or asked.ipv6:
        return []
    return [conn for conn in table.listing() if wanted(conn)]


def _condition(asked: Asked) -> Callable[[Conn], bool]:
    """Which connections are meant."""

    def wanted(conn: Conn) -> bool:
        original, reply = conn.tuples
        if asked.proto is not None and original.proto != asked.proto:
            return False
        ends = {"s": original.src, "d": original.dst, "r": reply.src, "q": reply.dst}
        if not all(net.holds(ends[letter]) for letter, net in asked.nets.items()):
            return False
        for letter, net in asked.translated.items():
            address = {"n": reply.dst, "g": reply.src}.get(letter)
            if not conn.status & _TRANSLATED[letter]:
                return False
            if net is not None and not (net.holds(address) if address is not None else
                                        net.holds(reply.dst) or net.holds(reply.src)):  # fmt: skip
                return False
        ports = {"orig-port-src": original.sport, "orig-port-dst": original.dport, "reply-port-src": reply.sport,
                 "reply-port-dst": reply.dport, "icmp-id": original.sport, "icmp-type": original.dport >> 8,
                 "icmp-code": original.dport & 0xFF}  # fmt: skip
        if any(ports[name] != value for name, value in asked.numbers.items()):
            return False
        if asked.state and (conn.tcp is None or conn.tcp.state.name != asked.state):
            return False
        if asked.mark is not None and conn.mark & asked.mark[1] != asked.mark[0]:
            return False
        return all(_has(conn, word) for word in asked.statuses)

    return wanted


def _has(conn: Conn, word: str) -> bool:
    if word == "UNSET":
        return not conn.status & ~Status.CONFIRMED
    return word in Status.__members__ and bool(conn.status & Status[word])


def _show(call: Call, table: Conntrack, asked: Asked) -> int:
    if asked.table == "expect":
        call.err(f"{BANNER}: 0 expectations have been shown.\n")
        return 0
    chosen = _chosen(table, asked)
    for conn in chosen:
        call.out(line(table, conn, network=asked.extended, use=1))
        if asked.zero:
            conn.counts = [[0, 0], [0, 0]]
    call.err(f"{BANNER}: {len(chosen)} flow entries have been shown.\n")
    return 0


def _delete(call: Call, table: Conntrack, asked: Asked) -> int:
    chosen = _chosen(table, asked)
    for conn in chosen:
        call.out(line(table, conn, network=asked.extended, use=1))
        table.kill(conn)
    call.err(f"{BANNER}: {len(chosen)} flow entries have been deleted.\n")
    return 0 if chosen else 1
