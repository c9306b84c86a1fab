"""The second timer of a connection: keep-alive, and the end of FIN-WAIT-2 without a program (tcp_keepalive_timer in
net/ipv4/tcp_timer.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import SECOND
from macvsim.engine.wheel import Timer
from macvsim.net.tcp import closing
from macvsim.net.tcp.state import TIMEWAIT_LEN, State

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection


class KeepAlive:
    """`due` is when the timer should fire (jiffies)."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.due = 0
        self._timer = Timer(c.sim, self._fired)

    def start(self, delay: int) -> None:
        """Set the timer (tcp_reset_keepalive_timer)."""
        self.due = self.c.sim.jiffies + delay // self.c.sim.tick
        self._timer.start_at(self.due)

    def stop(self) -> None:
        """The connection is over, or a program wants it no more."""
        self._timer.stop()

    @property
    def pending(self) -> bool:
        return self._timer.pending

    def _fired(self) -> None:
        """tcp_keepalive_timer."""
        c = self.c
        if c.owned:
            self.start(SECOND // 20)
            return
        if c.is_over:
            return
        if c.state is State.FIN_WAIT2 and c.orphan:
            rest = closing.fin_time(c) - TIMEWAIT_LEN
            if rest > 0:
                closing.enter_time_wait(c, State.FIN_WAIT2, rest)
            else:
                c.out.reset()
                c.over()
            return
        if c.socket is None or not c.socket.keepalive or c.state is State.SYN_SENT:
            return
        conf = c.conf
        self._check_alive(
            conf.tcp_keepalive_time * SECOND, conf.tcp_keepalive_intvl * SECOND, conf.tcp_keepalive_probes
        )

    def _check_alive(self, idle: int, interval: int, most: int) -> None:
        c = self.c
        if c.tx.rtx or c.tx.queue:
            self.start(idle)
            return
        silent = c.sim._now - max(c.last_heard, c.acks.last_received)
        if silent < idle:
            self.start(idle - silent)
            return
        if c.timers.probes >= most:
            c.count("TCPAbortOnTimeout")
            c.out.reset()
            c.fail(c.soft_error or "ETIMEDOUT")
            return
        c.count("TCPKeepAlive")
        c.out.probe()
        c.timers.probes += 1
        self.start(interval)
