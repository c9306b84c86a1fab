"""The table of TCP sockets, as /proc/net/tcp and tcp6 and the tools that read them show it (get_tcp4_sock)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from macvsim.net.tcp.connection import Address, Connection
from macvsim.net.tcp.listener import Request
from macvsim.net.tcp.state import INFINITE_SSTHRESH, INIT_CWND, RTO_INIT, State
from macvsim.net.tcp.timers import Pending

if TYPE_CHECKING:
    from macvsim.net.tcp.contracts import Net
    from macvsim.net.tcp.layer import TcpLayer
    from macvsim.net.tcp.listener import Listener
    from macvsim.net.tcp.timewait import TimeWait

_ANY: Address = (0, 0)
_USER_HZ = 100
NO_TIMER, RETRANSMITTING, KEEPALIVE, WAITING, PROBING = range(5)


class Row(NamedTuple):
    """One socket.

    dual : it is one for IPv6; timer : 0 none, 1 retransmission, 2 keep-alive, 3 TIME-WAIT, 4 window probes; when :
    until then, in 1/100 s; rto, ato : in 1/100 s; tail : False for those of which the kernel shows no more than
    `inode`; backlog : of one that listens
    """

    dual: bool
    local: Address
    remote: Address
    state: State
    tx_queue: int = 0
    rx_queue: int = 0
    timer: int = NO_TIMER
    when: int = 0
    retransmits: int = 0
    probes: int = 0
    inode: int = 0
    references: int = 1
    rto: int = 0
    ato: int = 0
    quick: int = 0
    cwnd: int = INIT_CWND
    ssthresh: int = -1
    tail: bool = True
    backlog: int = 0


class Host(Protocol):
    """A namespace (`macvsim.net.namespace.Namespace`) with TCP."""

    @property
    def tcp(self) -> TcpLayer: ...


def rows(ns: Host) -> list[Row]:
    """Listening sockets by port, then connections in the order they were made."""
    layer = ns.tcp
    found = [_listening(listener) for port in sorted(layer.listeners) for listener in layer.listeners[port]]
    for held in layer.pairs.values():
        if isinstance(held, Connection):
            found.append(_connection(held))
        elif isinstance(held, Request):
            found.append(_request(held))
        else:
            found.append(_waiting(held))
    return found


def _clock(ns: Net, jiffies: int) -> int:
    return max(jiffies, 0) * _USER_HZ // ns.sim.hz


def _of_ns(ns: Net, time: int) -> int:
    return _clock(ns, time // ns.sim.tick)


def _listening(listener: Listener) -> Row:
    sock = listener.socket
    return Row(
        sock.dual,
        (sock.source, sock.port),
        _ANY,
        State.LISTEN,
        rx_queue=len(listener.accepted),
        inode=sock.inode,
        rto=_of_ns(sock.ns, RTO_INIT),
        ssthresh=0,
        backlog=listener.backlog,
    )


def _connection(c: Connection) -> Row:
    timers, ns, jiffies = c.timers, c.ns, c.sim.jiffies
    timer, when = NO_TIMER, 0
    if timers.pending is Pending.WINDOW_PROBE:
        timer, when = PROBING, timers.due - jiffies
    elif timers.pending is not None:
        timer, when = RETRANSMITTING, timers.due - jiffies
    elif c.keepalive.pending:
        timer, when = KEEPALIVE, c.keepalive.due - jiffies
    slow_start = c.tx.ssthresh >= INFINITE_SSTHRESH
    return Row(
        c.dual,
        c.local,
        c.remote,
        c.state,
        tx_queue=c.tx.write_seq - c.tx.una,
        rx_queue=max(c.rx.nxt - c.rx.copied, 0),
        timer=timer,
        when=_clock(ns, when),
        retransmits=timers.retransmits,
        probes=timers.probes,
        inode=0 if c.orphan else c.inode,
        references=1 + (timers.pending is not None),
        rto=_of_ns(ns, c.rtt.rto),
        ato=_of_ns(ns, c.acks.ato),
        quick=c.acks.quick << 1 | c.acks.pingpong,
        cwnd=c.tx.cwnd,
        ssthresh=-1 if slow_start else c.tx.ssthresh,
    )


def _request(request: Request) -> Row:
    sock = request.listener.socket
    return Row(
        sock.dual,
        request.local,
        request.remote,
        State.SYN_RECV,
        timer=RETRANSMITTING,
        when=_clock(sock.ns, request.due - sock.ns.sim.jiffies),
        retransmits=request.retransmits,
        references=0,
        tail=False,
    )


def _waiting(held: TimeWait) -> Row:
    ns = held.layer.ns
    return Row(
        held.dual,
        held.local,
        held.remote,
        held.substate,
        timer=WAITING,
        when=_clock(ns, held.due - ns.sim.jiffies),
        references=3,
        tail=False,
    )
