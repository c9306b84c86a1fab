"""One connection: its identity, state and options, and the parts that do its work.

A program's calls own the connection while they run (`call`): what arrives meanwhile waits in the backlog, as in the
kernel (lock_sock, release_sock).  When nothing takes time, whether something arrives during a call or after it shows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from macvsim.net.route import ERROR, Dst
from macvsim.net.tcp import input as tcp_input
from macvsim.net.tcp.acks import AckPolicy
from macvsim.net.tcp.congestion import CONTROLS
from macvsim.net.tcp.out import Output
from macvsim.net.tcp.receive import Receiver
from macvsim.net.tcp.recovery import Recovery
from macvsim.net.tcp.rtt import RttEstimator
from macvsim.net.tcp.send import Sender, Skb
from macvsim.net.tcp.state import (
    MAX_PMTU,
    MIN_ADVMSS,
    MIN_SND_MSS,
    MSS_DEFAULT,
    SKB_OVERHEAD,
    TIMEWAIT_LEN,
    State,
)  # fmt: skip
from macvsim.net.tcp.timers import Pending, Timers
from macvsim.net.tcp.window import ReceiveWindow
from macvsim.sim import SECOND, US
from macvsim.wire.tcp import FIN, HLEN, TIMESTAMP_ROOM, Block, Options, Segment

if TYPE_CHECKING:
    from macvsim.net.tcp.layer import TcpLayer
    from macvsim.net.tcp.socket import TcpSocket

Address = tuple[int, int]
"""IP address and port."""
_IP_HLEN = 20
_HALF = 1 << 31
_MASK = 0xFFFFFFFF


class Incoming:
    """A segment for a connection, its sequence numbers unwrapped; `end` counts SYN and FIN."""

    __slots__ = ("ack", "end", "fin", "flags", "hlen", "options", "payload", "sacks", "seq", "uid", "window")

    def __init__(self, segment: Segment, seq: int, ack: int, sacks: tuple[Block, ...], uid: int) -> None:
        self.flags = segment.flags
        self.fin = bool(segment.flags & FIN)
        self.seq = seq
        self.end = seq + len(segment.payload) + (segment.flags & 1) + (segment.flags >> 1 & 1)
        self.ack = ack
        self.window = segment.window
        self.hlen = segment.hlen
        self.options = segment.options
        self.payload = segment.payload
        self.sacks = sacks
        self.uid = uid


class Connection:
    """A connection between `local` and `remote`; `socket` is None once no program has it (an orphan)."""

    def __init__(self, layer: TcpLayer, local: Address, remote: Address, iss: int) -> None:
        self.layer = layer
        self.ns = layer.ns
        self.sim = layer.ns.sim
        self.conf = layer.ns.ipv4_conf
        self.dice = layer.dice
        self.skb_overhead = SKB_OVERHEAD
        self.local = local
        self.remote = remote
        self.state = State.CLOSE
        self.socket: TcpSocket | None = None
        self.inode = 0
        self.dual = False
        """Its socket is one for IPv6 that takes IPv4 too; tools show it as such."""
        # a program's call
        self.owned = False
        self.bottom_halves_off = False
        self.ack_deferred = False
        self._backlog: deque[Segment | int] = deque()
        self._deferred: list[Callable[[], None]] = []
        # errors and ends
        self.error = ""
        self.soft_error = ""
        self.send_shutdown = False
        self.rcv_shutdown = False
        # what was agreed on
        self.ts_ok = False
        self.sack_ok = False
        self.wscale_ok = False
        self.snd_wscale = 0
        self.ts_recent = 0
        self.ts_recent_at = 0
        self.ts_offset = layer.timestamp_offset(local[0], remote[0])
        self.echo: int | None = None
        """TSecr of the segment being processed, as our own clock (ms); None if it has none."""
        self.last_tsval = 0
        # sizes
        self.header_len = HLEN
        self.mss_clamp = MSS_DEFAULT
        self.advmss = MSS_DEFAULT
        self.mss_cache = MSS_DEFAULT
        self.pmtu = 0
        self.last_heard = self.sim._now
        self.confirm_neighbour = False
        """The peer made progress: with the next segment the next hop counts as reachable (sk_dst_pending_confirm)."""
        self.segs_in = self.segs_out = 0
        # parts
        self.tx = Sender(self, iss)
        self.rtt = RttEstimator(self)
        self.rx = Receiver(self)
        self.win = ReceiveWindow(self)
        self.acks = AckPolicy(self)
        self.timers = Timers(self)
        self.recovery = Recovery(self)
        self.cc = CONTROLS[self.conf.tcp_congestion_control](self)
        self.out = Output(self)

    def __repr__(self) -> str:
        return f"<TCP {self.state.name} {self.local} {self.remote}>"

    @property
    def label(self) -> str:
        return self.ns.name

    @property
    def orphan(self) -> bool:
        return self.socket is None

    @property
    def is_over(self) -> bool:
        return self.state is State.CLOSE

    # -- clock and counters --------------------------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        return self.sim._now // US

    def timestamp(self) -> int:
        """TSval to send: milliseconds."""
        return self.sim._now // 1_000_000 + self.ts_offset & _MASK

    def echo_rtt_us(self) -> int:
        """Round-trip time by the echoed timestamp, -1 if it makes no sense (tcp_rtt_tsopt_us)."""
        assert self.echo is not None
        delta = self.sim._now // 1_000_000 - self.echo & _MASK
        return (delta or 1) * 1000 if delta < _HALF // 1000 else -1

    @staticmethod
    def echo_before(echo: int, stamp: int) -> bool:
        return (echo - stamp & _MASK) >= _HALF

    def ticks_of_us(self, us: int) -> int:
        """Timer ticks, rounded up (usecs_to_jiffies)."""
        return -(-us * US // self.sim.tick)

    def whole_ticks(self, time: int) -> int:
        """A time as the kernel's coarse clock shows it."""
        return time - time % self.sim.tick

    def count(self, name: str, by: int = 1) -> None:
        """A counter of the TcpExt group."""
        ext = self.ns.snmp.ext
        ext[name] = ext.get(name, 0) + by

    def count_tcp(self, name: str, by: int = 1) -> None:
        """A counter of the Tcp group."""
        self.ns.snmp.tcp[name] += by

    # -- owning --------------------------------------------------------------------------------------------------------

    @contextmanager
    def call(self) -> Iterator[None]:
        """A program's call: the connection is its own until the end, then what came meanwhile is processed."""
        if self.owned:
            yield
            return
        self.owned = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        """release_sock: the backlog, what timers had to do, acknowledgements that were put off."""
        self.flush_backlog()
        self.bottom_halves_off = True
        deferred, self._deferred = self._deferred, []
        self.owned = False
        for fn in deferred:
            fn()
        if self.ack_deferred:
            self.ack_deferred = False
            if self.acks.scheduled:
                self.out.send_ack()
        self.bottom_halves_off = False
        self.sim.run_softirqs()

    def flush_backlog(self) -> bool:
        """Process what came during the call so far (__release_sock); True if there was something."""
        found = bool(self._backlog)
        while self._backlog:
            item = self._backlog.popleft()
            if isinstance(item, Segment):
                self._process(item)
        return found

    def when_free(self, fn: Callable[[], None]) -> None:
        """Call `fn` now, or at the end of the program's call."""
        if self.owned:
            self._deferred.append(fn)
        else:
            fn()

    # -- segments ------------------------------------------------------------------------------------------------------

    def receive(self, segment: Segment, uid: int) -> None:
        """A segment of this connection arrives."""
        self.segs_in += 1
        if self.owned:
            self._backlog.append(segment)
        else:
            self._process(segment, uid)

    def _process(self, segment: Segment, uid: int = 0) -> None:
        seq = self.unwrap(segment.seq, self.rx.nxt)
        ack = self.unwrap(segment.ack, self.tx.una)
        sacks = tuple((self.unwrap(a, self.tx.una), self.unwrap(b, self.tx.una)) for a, b in segment.options.sacks)
        incoming = Incoming(segment, seq, ack, sacks, uid)
        stamps = segment.options.timestamps
        self.echo = None
        if stamps is not None:
            self.last_tsval = stamps[0]
            self.echo = stamps[1] - self.ts_offset & _MASK if stamps[1] else None
        reason = tcp_input.process(self, incoming)
        if reason is not None:
            self.sim.drop(uid, self, reason)

    @staticmethod
    def unwrap(number: int, near: int) -> int:
        """The sequence number closest to `near` that reads `number` on the wire."""
        return near + ((number - near + _HALF) & _MASK) - _HALF

    # -- route and sizes -----------------------------------------------------------------------------------------------

    def route(self) -> Dst:
        """The way to the peer, from our address."""
        device = self.socket.device if self.socket is not None else None
        return self.ns.router.output(self.remote[0], self.local[0], device)

    def advertised_mss(self) -> int:
        """MSS for our SYN, from the MTU of the way out (ipv4_default_advmss)."""
        way = self.route()
        return min(max(way.mtu - _IP_HLEN - HLEN, MIN_ADVMSS), MAX_PMTU - _IP_HLEN - HLEN)

    def sync_mss(self, pmtu: int) -> int:
        """Segments as large as the path and the peer take (tcp_sync_mss)."""
        mss = min(pmtu - _IP_HLEN - HLEN, self.mss_clamp)
        mss = max(mss, MIN_SND_MSS) - (self.header_len - HLEN)
        self.pmtu = pmtu
        self.mss_cache = self.tx.bound_to_half_window(mss)
        return self.mss_cache

    def current_mss(self) -> int:
        """Data a segment may hold now (tcp_current_mss)."""
        way = self.route()
        mss = self.mss_cache
        if way.kind is not ERROR and way.mtu != self.pmtu:
            mss = self.sync_mss(way.mtu)
        if self.rx.has_blocks:
            mss -= HLEN + self.out.options_length() - self.header_len
        return mss

    def agree(self, options: Options) -> None:
        """What the peer's SYN offers, as far as we do it too (tcp_parse_options)."""
        conf = self.conf
        self.ts_ok = options.timestamps is not None and bool(conf.tcp_timestamps)
        self.sack_ok = options.sack_ok and bool(conf.tcp_sack)
        self.wscale_ok = options.wscale is not None and bool(conf.tcp_window_scaling)
        self.snd_wscale = options.wscale or 0 if self.wscale_ok else 0
        self.mss_clamp = options.mss or MSS_DEFAULT
        self.header_len = HLEN + (TIMESTAMP_ROOM if self.ts_ok else 0)
        if options.timestamps is not None and self.ts_ok:
            self.ts_recent = options.timestamps[0]
            self.ts_recent_at = self.sim._now

    def answer_options(self, mss: int) -> Options:
        """Options of a SYN+ACK: what was agreed on (tcp_synack_options)."""
        return Options(
            mss=mss,
            wscale=self.win.scale if self.wscale_ok else None,
            sack_ok=self.sack_ok,
            timestamps=(self.timestamp(), self.ts_recent) if self.ts_ok else None,
        )

    # -- opening -------------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Send our SYN (tcp_connect)."""
        conf = self.conf
        way = self.route()
        self.header_len = HLEN + (TIMESTAMP_ROOM if conf.tcp_timestamps else 0)
        self.sync_mss(way.mtu)
        self.advmss = self.advertised_mss()
        self.win.offer(self.advmss, scaling=bool(conf.tcp_window_scaling))
        self.set_state(State.SYN_SENT)
        skb = Skb(self.tx.write_seq, b"", self.skb_overhead, syn=True)
        self.tx.write_seq += 1
        self.tx.wmem += self.skb_overhead
        self.tx.rtx.append(skb)
        self.recovery.retrans_stamp_ms = self.now_us // 1000
        self.out.syn(skb)
        self.tx.nxt = self.tx.pushed_seq = self.tx.write_seq
        self.count_tcp("ActiveOpens")
        self.timers.set(Pending.RETRANSMIT, self.rtt.rto)

    def established(self) -> None:
        """Both sides know of each other: set up buffers (tcp_init_transfer)."""
        self.sync_mss(self.route().mtu or self.pmtu)
        self.tx.expand_buffer()
        self.tx.stamp()
        self.win.established()
        self.rx.copied = self.rx.nxt

    # -- changes of state ----------------------------------------------------------------------------------------------

    def set_state(self, state: State) -> None:
        """Change the state, and the counters that follow it (tcp_set_state)."""
        old = self.state
        snmp = self.ns.snmp.tcp
        open_states = (State.ESTABLISHED, State.CLOSE_WAIT)
        if state is State.ESTABLISHED or (state is State.CLOSE_WAIT and old is State.SYN_RECV):
            snmp["CurrEstab"] += old is not State.ESTABLISHED
        elif state is not State.CLOSE_WAIT and old in open_states:
            snmp["CurrEstab"] -= 1
            if state is State.CLOSE:
                snmp["EstabResets"] += 1
        self.state = state
        if state is State.CLOSE:
            self.layer.forget(self)

    def report(self) -> None:
        """Something changed that the program may wait for (sk_state_change, sk_data_ready, sk_write_space)."""
        if self.socket is not None:
            self.socket.notify()

    def over(self) -> None:
        """The connection is no more (tcp_done)."""
        if self.state in (State.SYN_SENT, State.SYN_RECV):
            self.count_tcp("AttemptFails")
        self.set_state(State.CLOSE)
        self.timers.stop()
        self.acks.clear()
        self.send_shutdown = self.rcv_shutdown = True
        self.report()

    def fail(self, errno: str) -> None:
        """It ends with an error for the program; what was not sent is forgotten."""
        self.error = errno
        self.purge()
        self.over()

    def mtu_reduced(self) -> None:
        """The path takes less than we thought (tcp_v4_mtu_reduced)."""
        mtu = self.route().mtu
        if self.is_over or not mtu:
            return
        self.soft_error = "EMSGSIZE"
        if self.pmtu > mtu:
            self.recovery.mtu_reduced(self.sync_mss(mtu))

    def purge(self) -> None:
        """Forget what was not sent or not acknowledged (tcp_write_queue_purge)."""
        tx = self.tx
        tx.queue.clear()
        tx.rtx.clear()
        tx.wmem = 0
        tx.sacked_out = tx.lost_out = tx.retrans_out = 0

    def fin_received(self) -> None:
        """The peer has no more data (tcp_fin)."""
        self.acks.scheduled = True
        self.rcv_shutdown = True
        state = self.state
        if state in (State.SYN_RECV, State.ESTABLISHED):
            self.set_state(State.CLOSE_WAIT)
            self.acks.pingpong = True
        elif state is State.FIN_WAIT1:
            self.out.send_ack()
            self.set_state(State.CLOSING)
        elif state is State.FIN_WAIT2:
            self.out.send_ack()
            self.enter_time_wait(State.TIME_WAIT, 0)
        self.rx.forget_out_of_order()
        self.report()

    def fin_time(self) -> int:
        """How long an orphan waits in FIN-WAIT-2 for the peer's FIN (tcp_fin_time)."""
        return int(max(self.conf.tcp_fin_timeout * SECOND, (self.rtt.rto << 2) - (self.rtt.rto >> 1)))

    def enter_time_wait(self, state: State, time: int) -> None:
        """Only a reminder of the connection is kept (tcp_time_wait)."""
        time = TIMEWAIT_LEN if state is State.TIME_WAIT else max(time, (self.rtt.rto << 2) - (self.rtt.rto >> 1))
        self.layer.wait(self, state, time)
        self.over()

    # -- closing -------------------------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """No more data from us (tcp_shutdown)."""
        self.send_shutdown = True
        if self.state in (State.ESTABLISHED, State.SYN_RECV, State.CLOSE_WAIT) and self._leave():
            self.tx.finish()

    def _leave(self) -> bool:
        """The state after our FIN; True if one is to be sent (tcp_close_state)."""
        following = {
            State.ESTABLISHED: State.FIN_WAIT1,
            State.SYN_RECV: State.FIN_WAIT1,
            State.CLOSE_WAIT: State.LAST_ACK,
        }
        new = following.get(self.state)
        if new is not None:
            self.set_state(new)
        elif self.state is State.SYN_SENT:
            self.over()
        return new is not None

    def close(self) -> None:
        """No program has the connection any more (__tcp_close)."""
        self.send_shutdown = self.rcv_shutdown = True
        unread = self.rx.waiting
        self.rx.take(unread)
        if self.is_over:
            self.socket = None
            return
        if unread:
            self.count("TCPAbortOnClose")
            state = self.state
            self.set_state(State.CLOSE)
            self.timers.stop()
            if state in (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT1, State.FIN_WAIT2, State.SYN_RECV):
                self.out.reset()
        elif self._leave():
            self.tx.finish()
        self.flush_backlog()
        self.socket = None
        if self.state is State.FIN_WAIT2:
            time = self.fin_time()
            if time > TIMEWAIT_LEN:
                self.timers.keep_alive(time - TIMEWAIT_LEN)
            else:
                self.enter_time_wait(State.FIN_WAIT2, time)


__all__ = ["Address", "Connection", "Incoming"]
