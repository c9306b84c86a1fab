"""The receive window: how much of the receive buffer is offered to the peer (RFC 9293, 3.8.6).

Memory counts as the kernel books it (net/tcp/memory.py); `ratio` / 256 of the buffer is taken for data
(tcp_win_from_space).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.state import INIT_CWND, RMEM_MAX
from macvsim.wire.tcp import MAX_WSCALE

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_DEFAULT_RATIO = 128
_MAX_WINDOW = 0xFFFF


def initial_window(space: int, mss: int, rmem_max: int, core_max: int, *, scaling: bool) -> tuple[int, int]:
    """Window of a SYN and window scale to offer (tcp_select_initial_window): whole segments of `mss` in `space`."""
    clamp = 0xFFFF << MAX_WSCALE
    space = min(clamp, max(space, 0))
    window = space - space % mss if space > mss else space
    scale = 0
    if scaling:
        scale = min(max(min(max(space, rmem_max, core_max), clamp).bit_length() - 16, 0), MAX_WSCALE)
    return window, scale


class ReceiveWindow:
    """What one side of a connection offers to receive."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.rcvbuf: int = c.conf.tcp_rmem[1]
        self.sized = False
        """The program has chosen the size of the buffer (SOCK_RCVBUF_LOCK)."""
        self.rmem = 0
        """Bytes booked for what was received and not read."""
        self.ratio = _DEFAULT_RATIO
        self.clamp = 0
        self.ssthresh = 0
        self.wnd = 0
        """The window last offered, and `wup` the sequence number it started from."""
        self.wup = 0
        self.scale = 0
        self.space_seq = 0
        self.space_time = 0
        self.space = 0
        self.rtt_us = 0
        """The peer's round-trip time as the receiver sees it, in 1/8 us; 0 unknown (rcv_rtt_est)."""
        self._rtt_last_echo: int | None = None
        self._trip_from: int | None = None
        """When the window was offered that ends at `_trip_to` (us)."""
        self._trip_to = 0

    # -- set-up --------------------------------------------------------------------------------------------------------

    def offer(self, mss: int, *, scaling: bool) -> None:
        """Choose window and scale for our SYN."""
        self.wnd, self.scale = initial_window(
            self.from_space(self.rcvbuf), mss, self.c.conf.tcp_rmem[2], RMEM_MAX, scaling=scaling
        )
        self.clamp = 0xFFFF << self.scale
        self.ssthresh = self.wnd

    def established(self) -> None:
        """Limit the window to the buffer, but for one segment (tcp_init_buffer_space)."""
        c = self.c
        most = self.from_space(self.rcvbuf)
        self.clamp = min(self.clamp, most)
        if self.clamp > 2 * c.advmss and self.clamp + c.advmss > most:
            self.clamp = max(2 * c.advmss, most - c.advmss)
        self.ssthresh = min(self.ssthresh, self.clamp)
        self.space_time = c.now_us
        self.space_seq = c.rx.copied
        self.space = min(self.ssthresh, self.wnd, INIT_CWND * c.advmss)

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def from_space(self, space: int) -> int:
        """Data that fits into so much memory."""
        return space * self.ratio >> 8

    def free(self) -> int:
        """Data that fits into the memory left (tcp_space)."""
        return self.from_space(self.rcvbuf - self.rmem)

    def open(self) -> int:
        """What is left of the window last offered (tcp_receive_window)."""
        return max(self.wup + self.wnd - self.c.rx.nxt, 0)

    def choose(self) -> int:
        """The window we would like to offer now (__tcp_select_window)."""
        c = self.c
        mss = c.acks.rcv_mss
        free = self.free()
        allowed = self.from_space(self.rcvbuf)
        full = min(self.clamp, allowed)
        if mss > full:
            mss = full
            if mss <= 0:
                return 0
        if free < full >> 1:
            c.acks.quick = 0
            free -= free % (1 << self.scale)
            if free < allowed >> 4 or free < mss:
                return 0
        free = min(free, self.ssthresh)
        if self.scale:
            return -(-free >> self.scale << self.scale)
        window = self.wnd
        if window <= free - mss or window > free:
            return free - free % mss
        if mss == full and free > window + (full >> 1):
            return free
        return window

    def advertise(self) -> int:
        """Offer a window: the field of a segment; what was offered before is never taken back (tcp_select_window)."""
        if self.c.acks.out_of_memory:
            self.wnd, self.wup = 0, self.c.rx.nxt
            return 0
        current, new = self.open(), self.choose()
        if new < current:
            if not new:
                self.c.count("TCPWantZeroWindowAdv")
            new = -(-current >> self.scale << self.scale)
        before = self.wnd
        self.wnd = new
        self.wup = self.c.rx.nxt
        field = min(new, _MAX_WINDOW << self.scale) >> self.scale
        if not field and before:
            self.c.count("TCPToZeroWindowAdv")
        elif field and not before:
            self.c.count("TCPFromZeroWindowAdv")
        return field

    # -- growth --------------------------------------------------------------------------------------------------------

    def measured(self, size: int, truesize: int) -> None:
        """The peer's segments have another size: so has the share of memory that is data (tcp_measure_rcv_mss)."""
        old = self.ratio
        self.ratio = max((size << 8) // truesize, 1)
        if self.ratio != old:
            self.clamp = self.from_space(self.rcvbuf)
            self.space = min(self.space, self.clamp)

    def overfull(self) -> None:
        """More came than memory is for: make the buffer larger, or the window small (tcp_clamp_window)."""
        c = self.c
        c.acks.quick = 0
        most = c.conf.tcp_rmem[2]
        if self.rcvbuf < most and not self.sized:
            self.rcvbuf = min(self.rmem, most)
        if self.rmem > self.rcvbuf:
            self.ssthresh = min(self.clamp, 2 * c.advmss)

    def grow(self, size: int, truesize: int) -> None:
        """A segment of `size` came that costs `truesize`: open the window by it if memory allows (tcp_grow_window)."""
        room = min(self.clamp, self.free()) - self.ssthresh
        if room <= 0:
            return
        step = 2 * self.c.advmss if self.from_space(truesize) <= size else self._step(size, truesize)
        if step:
            self.ssthresh += min(room, max(step, 2 * size))
            self.c.acks.quick |= 1

    def _step(self, size: int, truesize: int) -> int:
        """Small segments open it as long as it is far from the limit (__tcp_grow_window)."""
        truesize = self.from_space(truesize) >> 1
        window = self.from_space(self.c.conf.tcp_rmem[2]) >> 1
        while self.ssthresh <= window:
            if truesize <= size:
                return 2 * self.c.acks.rcv_mss
            truesize >>= 1
            window >>= 1
        return 0

    def sample(self, size: int) -> None:
        """A segment with a timestamp echo came: the peer's round-trip time, if it is a full one
        (tcp_rcv_rtt_measure_ts).
        """
        c = self.c
        echo = c.echo
        if echo is None or echo == self._rtt_last_echo:
            return
        self._rtt_last_echo = echo
        if size < c.acks.rcv_mss:
            return
        trip = c.echo_rtt_us(0)
        if trip <= 0:
            return
        old, new = self.rtt_us, trip << 3
        self.rtt_us = new if not old or new < old else old - (old >> 3) + trip

    def measure_trip(self) -> None:
        """Data came: once a whole window has, a round trip is over (tcp_rcv_rtt_measure)."""
        c = self.c
        nxt, now = c.rx.nxt, c.now_us
        if self._trip_from is not None:
            if nxt < self._trip_to:
                return
            trip = max(now - self._trip_from, 1) << 3
            if not self.rtt_us or trip < self.rtt_us:
                self.rtt_us = trip
        self._trip_to = nxt + self.wnd
        self._trip_from = now

    def adjust(self, least: int) -> None:
        """The program has read: grow the buffer to twice what it reads in a round trip (tcp_rcv_space_adjust).

        least : us since it read before, where the clock shows none: calls take no time here, but come one by one
        """
        c = self.c
        now = c.now_us
        if not self.rtt_us or max(now - self.space_time, least) < self.rtt_us >> 3:
            return
        copied = c.rx.copied - self.space_seq - c.rx.kept_waiting()
        if copied > self.space:
            if c.conf.tcp_moderate_rcvbuf and not self.sized:
                wanted = (copied << 1) + 16 * c.advmss
                wanted += wanted * (copied - self.space) // self.space << 1
                rcvbuf = min((wanted << 8) // self.ratio, c.conf.tcp_rmem[2])
                if rcvbuf > self.rcvbuf:
                    self.rcvbuf = rcvbuf
                    self.clamp = self.from_space(rcvbuf)
            self.space = copied
        self.space_seq = c.rx.copied
        self.space_time = now
