"""ss (iproute2 6.15): sockets of TCP and UDP, as it prints them into a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call
from macvsim.machine.host import Box
from macvsim.machine.tool import Manner, tool
from macvsim.net.tcp import table
from macvsim.tools.iproute2.ssfilter import ALL, CONNECTED, LISTENING, Test, read_filter
from macvsim.tools.iproute2.words import USAGE
from macvsim.tools.ports import port_name
from macvsim.wire.addr import ip_text

SS = Manner(status=1, usage_status=255, help_options=("-h", "--help"), version_options=("-V", "--version"))
_LEFT_OUT = {
    **dict.fromkeys(("-r", "-B", "-e", "-m", "-T", "-b", "-E", "-Z", "-z", "-N", "-0", "-M", "-S", "-d", "-w", "-x",
                     "-f", "-K", "-Q", "-A", "-D", "-F", "--tipcinfo", "--tos", "--cgroup", "--bpf-maps",
                     "--bpf-map-id", "--tipc", "--vsock", "--xdp", "--inet-sockopt"), ""),
    "-p": "which program has a socket", "-i": "what TCP knows of a connection", "-s": "the summary",
}  # fmt: skip
_NAMES = {"ESTABLISHED": "ESTAB"}
_TIMERS = ("off", "on", "keepalive", "timewait", "persist")
_ADDRESS, _PORT = "Local Address:", "Port"


class Line(NamedTuple):
    """A socket: addresses as (IP, port); `dual`: it is one for IPv6."""

    netid: str
    dual: bool
    state: str
    received: int
    sent: int
    local: tuple[int, int]
    remote: tuple[int, int]
    timer: str = ""


@tool(
    "ss",
    flavour="debian",
    usage=USAGE,
    version="ss utility, iproute2-6.15.0\n",
    letters="N:",
    left_out=_LEFT_OUT,
    manner=SS,
    effect=Effect.READS,
)
def ss(call: Call) -> int:
    """``ss {-t|-u} [-anloHO46] [state STATE] [{src|dst} ADDRESS] [{sport|dport} = :PORT]``."""
    given = {name.removeprefix("-") for name in call.given.names}
    if not given & set("tu"):
        raise NotSimulated("ss without -t or -u: it shows Unix and netlink sockets too", Effect.READS)
    states = ALL if "a" in given else LISTENING if "l" in given else CONNECTED
    asked, test = read_filter(call.given.operands)
    shown = [line for line in _lines(call.box, given, test) if line.state in (asked or states)]
    rows = [_cells(line, given, one_state=len(asked or states) == 1) for line in shown]
    titles = _titles(given, one_state=len(asked or states) == 1)
    widths = [max(map(len, column)) for column in zip(*([] if "H" in given else [titles]), *rows, strict=True)]
    if "H" not in given:
        call.out(_joined(titles, titles, widths) + "\n")
    for line, row in zip(shown, rows, strict=True):
        call.out(_joined(titles, row, widths) + (line.timer if "o" in given else "") + "\n")
    return 0


def _lines(box: Box, given: set[str], test: Test) -> Iterator[Line]:
    """The sockets of the protocols and families that are asked for, those of UDP first."""
    lines: Callable[[Box], Iterable[Line]]
    for letter, lines in (("u", _udp), ("t", _tcp)):
        for line in lines(box) if letter in given else ():
            family = "6" if line.dual else "4"
            if (family in given or not given & set("46")) and test(line.local, line.remote):
                yield line


def _udp(box: Box) -> Iterator[Line]:
    udp = box.ns.udp
    for port in sorted(udp.ports):
        for sock in udp.ports[port]:
            yield Line("udp", False, "ESTAB" if sock.peer else "UNCONN", 0, 0, (sock.source, port), sock.peer or (0, 0))


def _tcp(box: Box) -> Iterator[Line]:
    for row in sorted(table.rows(box.ns), key=lambda row: row.dual):
        state = _NAMES.get(row.state.name, row.state.name.replace("_", "-").replace("WAIT1", "WAIT-1"))
        state = state.replace("WAIT2", "WAIT-2")
        timer = ""
        if row.timer:
            timer = f" timer:({_TIMERS[row.timer]},{_time_text(row.when * 10)},{row.retransmits})"
        yield Line("tcp", row.dual, state, row.rx_queue, row.backlog or row.tx_queue, row.local, row.remote, timer)


def _time_text(milliseconds: int) -> str:
    """As print_ms_timer has it: seconds and milliseconds of what is long are left out."""
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    text = f"{minutes}min" if minutes else ""
    rest = 0 if minutes or seconds > 9 else rest
    if seconds and minutes <= 9:
        text += f"{seconds}{'.' if rest else 'sec'}"
    return text + (f"{rest:03d}ms" if rest else "")


def _titles(given: set[str], *, one_state: bool) -> list[str]:
    first = ["Netid"] if given >= set("tu") else []
    first += [] if one_state else ["State"]
    return [*first, "Recv-Q", "Send-Q", _ADDRESS, _PORT, "Peer Address:", _PORT]


def _cells(line: Line, given: set[str], *, one_state: bool) -> list[str]:
    first = [line.netid] if given >= set("tu") else []
    first += [] if one_state else [line.state]
    return [*first, f"{line.received:<6}", f"{line.sent:<6}", *_end(line, line.local, given),
            *_end(line, line.remote, given)]  # fmt: skip


def _end(line: Line, address: tuple[int, int], given: set[str]) -> tuple[str, str]:
    ip, port = address
    host = f"[::ffff:{ip_text(ip)}]" if line.dual and ip else "*" if line.dual else ip_text(ip)
    name = "*" if not port else str(port) if "n" in given else port_name(port, line.netid)
    return f"{host}:", name


def _joined(titles: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    """A line: addresses stand at the right of their columns, and ports close behind them."""
    text = ""
    for title, cell, width in zip(titles, cells, widths, strict=True):
        text += " " if text and title != _PORT else ""
        text += cell.rjust(width) if title.endswith(":") else cell.ljust(width)
    return text
