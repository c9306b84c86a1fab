"""One connection: its identity, state and options, and the parts that do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.sim import US
from macvsim.net.dst import ERROR, Dst
from macvsim.net.tcp import input as tcp_input
from macvsim.net.tcp.acks import AckPolicy
from macvsim.net.tcp.congestion import CONTROLS
from macvsim.net.tcp.incoming import Incoming
from macvsim.net.tcp.keepalive import KeepAlive
from macvsim.net.tcp.out import Output
from macvsim.net.tcp.owned import Owned
from macvsim.net.tcp.receive import Receiver
from macvsim.net.tcp.recovery import Recovery
from macvsim.net.tcp.rtt import RttEstimator
from macvsim.net.tcp.send import Sender
from macvsim.net.tcp.skb import Nagle, Skb
from macvsim.net.tcp.state import (
    INFINITE_SSTHRESH,
    MAX_PMTU,
    MIN_ADVMSS,
    MIN_SND_MSS,
    MSS_DEFAULT,
    SKB_OVERHEAD,
    State,
)  # fmt: skip
from macvsim.net.tcp.timers import Pending, Timers
from macvsim.net.tcp.window import ReceiveWindow
from macvsim.wire.tcp import HLEN, TIMESTAMP_ROOM, Options, Segment

if TYPE_CHECKING:
    from macvsim.net.sysctl import Ipv4Conf
    from macvsim.net.tcp.contracts import Owner
    from macvsim.net.tcp.layer import TcpLayer

Address = tuple[int, int]
"""IP address and port."""
_IP_HLEN = 20
_HALF = 1 << 31
_MASK = 0xFFFFFFFF


class Connection(Owned):
    """A connection between `local` and `remote`; `socket` is None once no program has it (an orphan)."""

    def __init__(self, layer: TcpLayer, local: Address, remote: Address, iss: int) -> None:
        super().__init__(layer.ns.sim)
        self.layer = layer
        self.ns = layer.ns
        self.dice = layer.dice
        self.skb_overhead = SKB_OVERHEAD
        self.local = local
        self.remote = remote
        self.state = State.CLOSE
        self.socket: Owner | None = None
        self.inode = 0
        self.dual = False
        """Its socket is one for IPv6 that takes IPv4 too; tools show it as such."""
        self.ack_deferred = False
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
        self.tos = self.user_mss = 0
        """IP_TOS and TCP_MAXSEG of the socket."""
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
        self.segs_out = 0
        # parts
        self.tx = Sender(self, iss)
        self.rtt = RttEstimator(self)
        self.rx = Receiver(self)
        self.win = ReceiveWindow(self)
        self.acks = AckPolicy(self)
        self.timers = Timers(self)
        self.keepalive = KeepAlive(self)
        self.recovery = Recovery(self)
        self.cc = CONTROLS[self.conf.tcp_congestion_control](self)
        self.out = Output(self)

    def __repr__(self) -> str:
        return f"<TCP {self.state.name} {self.local} {self.remote}>"

    @property
    def conf(self) -> Ipv4Conf:
        """The parameters of the namespace."""
        return self.ns.ipv4_conf

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

    def echo_rtt_us(self, least: int = 1) -> int:
        """Round-trip time by the echoed timestamp, in whole ms, `least` if it shows none; -1 if it makes no sense
        (tcp_rtt_tsopt_us).
        """
        assert self.echo is not None
        delta = self.sim._now // 1_000_000 - self.echo & _MASK
        return (delta or least) * 1000 if delta < _HALF // 1000 else -1

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

    # -- segments ------------------------------------------------------------------------------------------------------

    def process(self, segment: Segment, uid: int, *, waited: bool = False) -> None:
        """A segment of this connection."""
        incoming = Incoming(segment, self.rx.nxt, self.tx.una, uid)
        incoming.book(self.sim, waited=waited)
        stamps = segment.options.timestamps
        self.echo = None
        if stamps is not None:
            self.last_tsval = stamps[0]
            self.echo = stamps[1] - self.ts_offset & _MASK if stamps[1] else None
        reason = tcp_input.process(self, incoming)
        if reason is not None:
            self.sim.drop(uid, self, reason)

    def released(self) -> None:
        """Acknowledge what was put off during the program's call."""
        if self.ack_deferred:
            self.ack_deferred = False
            if self.acks.scheduled:
                self.out.send_ack()

    # -- route and sizes -----------------------------------------------------------------------------------------------

    def route(self) -> Dst:
        """The way to the peer, from our address."""
        device = self.socket.device if self.socket is not None else None
        return self.ns.router.output(self.remote[0], self.local[0], device)

    def advertised_mss(self) -> int:
        """MSS for our SYN, from the MTU of the way out (ipv4_default_advmss)."""
        way = self.route()
        mss = min(max(way.mtu - _IP_HLEN - HLEN, MIN_ADVMSS), MAX_PMTU - _IP_HLEN - HLEN)
        return min(mss, self.user_mss or mss)

    def take_options(self, owner: Owner) -> None:
        """Options of the socket, or of the listening one, as the connection begins."""
        self.tos, self.user_mss = owner.tos, owner.user_mss
        if owner.sized:
            self.tx.sndbuf, self.win.rcvbuf = owner.buffers
            self.tx.sized = self.win.sized = True
        if owner.no_delay:
            self.tx.nagle = Nagle.OFF
        if owner.congestion:
            self.cc = CONTROLS[owner.congestion](self)

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
        self.mss_clamp = min(options.mss or MSS_DEFAULT, self.user_mss or MAX_PMTU)
        self.header_len = HLEN + (TIMESTAMP_ROOM if self.ts_ok else 0)
        if options.timestamps is not None and self.ts_ok:
            self.ts_recent = options.timestamps[0]
            self.ts_recent_at = self.sim._now

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
        if not self.rtt.srtt:
            self.rtt.fall_back()
        self.tx.ssthresh = INFINITE_SSTHRESH
        if self.recovery.total_retrans > 1 and self.recovery.undo_marker:
            self.tx.cwnd = 1
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
        self.keepalive.stop()
        self.acks.clear()
        self.send_shutdown = self.rcv_shutdown = True
        self.tx.give_up()
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
        tx.give_up()
        tx.queue.clear()
        tx.rtx.clear()
        tx.wmem = 0
        self.rtt.backoff = 0
