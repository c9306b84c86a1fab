"""How connections end: their programs close them, or the peer has no more data (RFC 9293, 3.6; net/ipv4/tcp.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND
from macvsim.net.tcp.state import TIMEWAIT_LEN, State

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


def fin_received(c: Connection) -> None:
    """The peer has no more data (tcp_fin)."""
    c.acks.scheduled = True
    c.rcv_shutdown = True
    state = c.state
    if state in (State.SYN_RECV, State.ESTABLISHED):
        c.set_state(State.CLOSE_WAIT)
        c.acks.pingpong = True
    elif state is State.FIN_WAIT1:
        c.out.send_ack()
        c.set_state(State.CLOSING)
    elif state is State.FIN_WAIT2:
        c.out.send_ack()
        enter_time_wait(c, State.TIME_WAIT, 0)
    c.rx.forget_out_of_order()
    c.report()


def fin_time(c: Connection) -> int:
    """How long an orphan waits in FIN-WAIT-2 for the peer's FIN (tcp_fin_time)."""
    return int(max(c.conf.tcp_fin_timeout * SECOND, (c.rtt.rto << 2) - (c.rtt.rto >> 1)))


def enter_time_wait(c: Connection, state: State, time: int) -> None:
    """Only a reminder of the connection is kept (tcp_time_wait)."""
    time = TIMEWAIT_LEN if state is State.TIME_WAIT else max(time, (c.rtt.rto << 2) - (c.rtt.rto >> 1))
    c.layer.wait(c, state, time)
    c.over()


def shutdown(c: Connection) -> None:
    """No more data from us (tcp_shutdown)."""
    c.send_shutdown = True
    if c.state in (State.ESTABLISHED, State.SYN_RECV, State.CLOSE_WAIT) and _leave(c):
        c.tx.finish()


def _leave(c: Connection) -> bool:
    """The state after our FIN; True if one is to be sent (tcp_close_state)."""
    following = {
        State.ESTABLISHED: State.FIN_WAIT1,
        State.SYN_RECV: State.FIN_WAIT1,
        State.CLOSE_WAIT: State.LAST_ACK,
    }
    new = following.get(c.state)
    if new is not None:
        c.set_state(new)
    elif c.state is State.SYN_SENT:
        c.over()
    return new is not None


def close(c: Connection) -> None:
    """No program has the connection any more (__tcp_close)."""
    c.send_shutdown = c.rcv_shutdown = True
    unread = c.rx.waiting
    c.rx.take(unread)
    if c.is_over:
        c.socket = None
        return
    if unread:
        c.count("TCPAbortOnClose")
        state = c.state
        c.set_state(State.CLOSE)
        c.timers.stop()
        c.keepalive.stop()
        if state in (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT1, State.FIN_WAIT2, State.SYN_RECV):
            c.out.reset()
    elif _leave(c):
        c.tx.finish()
    c.flush_backlog()
    c.socket = None
    if c.state is State.FIN_WAIT2:
        time = fin_time(c)
        if time > TIMEWAIT_LEN:
            c.keepalive.start(time - TIMEWAIT_LEN)
        else:
            enter_time_wait(c, State.FIN_WAIT2, time)
