"""How long a connection tries before it ends with an error (tcp_write_timeout in net/ipv4/tcp_timer.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.state import RTO_INIT, RTO_MAX, RTO_MIN, State

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


def gives_up(c: Connection) -> bool:
    """Too many timeouts (tcp_write_timeout); True when the connection is over."""
    conf = c.conf
    if c.state in (State.SYN_SENT, State.SYN_RECV):
        most = conf.tcp_syn_retries
        limit = most + (conf.tcp_syn_linear_timeouts if c.state is State.SYN_SENT else 0)
        expired = c.timers.retransmits >= limit or _timed_out(c, most)
    else:
        most = conf.tcp_retries2
        if c.orphan:
            alive = c.rtt.rto < RTO_MAX
            most = orphan_retries(c, alive)
        expired = _timed_out(c, most)
    if expired:
        write_error(c)
    return expired


def orphan_retries(c: Connection, alive: bool) -> int:
    """How patient a connection is that no program has any more (tcp_orphan_retries)."""
    retries = c.conf.tcp_orphan_retries
    if c.soft_error and not alive:
        retries = 0
    return 8 if not retries and alive else int(retries)


def _timed_out(c: Connection, boundary: int) -> bool:
    """As long as `boundary` timeouts with backoff would take has passed (retransmits_timed_out)."""
    if not c.timers.retransmits:
        return False
    base = RTO_INIT if c.state in (State.SYN_SENT, State.SYN_RECV) else RTO_MIN
    doublings = (RTO_MAX // base).bit_length() - 1
    if boundary <= doublings:
        limit = ((2 << boundary) - 1) * base
    else:
        limit = ((2 << doublings) - 1) * base + (boundary - doublings) * RTO_MAX
    return c.sim._now // 1_000_000 - c.recovery.retrans_stamp_ms >= limit // 1_000_000


def write_error(c: Connection) -> None:
    """tcp_write_err."""
    c.count("TCPAbortOnTimeout")
    c.fail(c.soft_error or "ETIMEDOUT")
