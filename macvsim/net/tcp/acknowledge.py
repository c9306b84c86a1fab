"""What the acknowledgement in a segment changes (tcp_ack in net/ipv4/tcp_input.c)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from macvsim.net.tcp.scoreboard import AckNews
from macvsim.net.tcp.state import CaState
from macvsim.wire.tcp import SYN

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection
    from macvsim.net.tcp.incoming import Incoming
    from macvsim.net.tcp.skb import Skb

_MASK = 0xFFFFFFFF
_HALF = 1 << 31


class Verdict(enum.Enum):
    """An acknowledgement that changes nothing."""

    OLD = enum.auto()
    TOO_OLD = enum.auto()
    """So old that no delay explains it."""
    UNSENT = enum.auto()
    """Of something that was never sent."""


OLD: Final = Verdict.OLD
TOO_OLD: Final = Verdict.TOO_OLD
UNSENT: Final = Verdict.UNSENT


def acknowledge(c: Connection, seg: Incoming, *, challenge: bool = True) -> Verdict | None:
    """Process an acknowledgement; None if it was good.

    challenge : answer one that is too old here
    """
    tx, recovery = c.tx, c.recovery
    prior_una = tx.una
    ack = seg.ack
    news = AckNews()
    if ack < prior_una:
        if ack < prior_una - min(tx.max_window, tx.bytes_acked):
            if challenge:
                c.out.challenge()
            return TOO_OLD
        if seg.sacks:
            _old(c, seg, ack, prior_una, news)
        return OLD
    if ack > tx.nxt:
        return UNSENT
    if ack > prior_una:
        news.advanced = True
        c.timers.retransmits = 0
    prior_fack = recovery.board.highest_sacked()
    _remember_timestamp(c, seg)
    delivered, lost = tx.delivered, tx.lost
    news.data = seg.seq != seg.end
    news.window = _update_window(c, seg)
    if ack > prior_una:
        tx.bytes_acked += ack - prior_una
        tx.una = ack
    if seg.sacks and c.sack_ok:
        recovery.board.tag(seg.sacks, ack, prior_una, news)
    c.soft_error = ""
    c.timers.probes = 0
    c.last_heard = c.sim._now
    if not tx.rtx:
        if news.dsack:
            recovery.acknowledged(news, prior_una, False)
        _window_opened(c)
        if recovery.probe_seq:
            recovery.probe_acknowledged(ack, news)
        return None
    _clean(c, news, prior_fack)
    recovery.board.adapt(news)
    if recovery.probe_seq:
        recovery.probe_acknowledged(ack, news)
    if _is_dubious(c, news):
        duplicate = not (news.advanced or news.not_duplicate or news.dsack)
        recovery.acknowledged(news, prior_una, duplicate)
    if news.set_timer:
        c.timers.after_ack()
    if news.forward or news.syn_acked or not news.not_duplicate:
        c.confirm_neighbour = True
    recovery.control(tx.delivered - delivered, tx.lost - lost, news)
    recovery.send()
    return None


def _old(c: Connection, seg: Incoming, ack: int, prior_una: int, news: AckNews) -> None:
    """An old acknowledgement may still tell what arrived."""
    tx, recovery = c.tx, c.recovery
    delivered, lost = tx.delivered, tx.lost
    if c.sack_ok:
        recovery.board.tag(seg.sacks, ack, prior_una, news)
        recovery.acknowledged(news, prior_una, False)
        recovery.control(tx.delivered - delivered, tx.lost - lost, news)
        recovery.send()


def _remember_timestamp(c: Connection, seg: Incoming) -> None:
    """The timestamp to echo: of the segment that came at the left edge (tcp_replace_ts_recent)."""
    stamps = seg.options.timestamps
    if stamps is None or not c.ts_ok or seg.seq > c.win.wup:
        return
    if (stamps[0] - c.ts_recent & _MASK) < _HALF:
        c.ts_recent = stamps[0]
        c.ts_recent_at = c.sim._now


def _update_window(c: Connection, seg: Incoming) -> bool:
    """tcp_ack_update_window; True if the segment says something about the window."""
    tx = c.tx
    window = seg.window if seg.flags & SYN else seg.window << c.snd_wscale
    newer = seg.ack > tx.una or seg.seq > tx.wl1
    if not newer and not (seg.seq == tx.wl1 and (window > tx.wnd or not window)):
        return False
    tx.wl1 = seg.seq
    if window != tx.wnd:
        tx.wnd = window
        if window > tx.max_window:
            tx.max_window = window
            c.sync_mss(c.pmtu)
    return True


def _window_opened(c: Connection) -> None:
    """Nothing is under way: probes of a shut window go on, or not (tcp_ack_probe)."""
    tx = c.tx
    if not tx.queue:
        return
    if tx.queue[0].end <= tx.window_end:
        c.rtt.backoff = 0
        c.timers.clear()
    else:
        c.timers.restart_probe()


def _clean(c: Connection, news: AckNews, prior_fack: int) -> None:
    """What is acknowledged leaves the queue (tcp_clean_rtx_queue)."""
    tx, board = c.tx, c.recovery.board
    una = tx.una
    lowest = tx.nxt
    count = 0
    while tx.rtx:
        skb = tx.rtx[0]
        if skb.end > una:
            cut = una - skb.seq
            if 0 < cut < len(skb.data):
                skb.data = skb.data[cut:]
                skb.seq = una
                tx.wmem -= cut
            break
        again = skb.retrans or skb.ever_retrans
        if not again and not skb.sacked:
            lowest = min(lowest, skb.seq)
        _acked_one(c, news, skb, again)
        tx.rtx.popleft()
        tx.acked(skb)
        count += 1
    sampled = _sample(c, news, count)
    if count:
        news.set_timer = True
        if not c.sack_ok:
            _reno_acked(c, news, count)
        elif lowest < prior_fack:
            board.check_reordering(lowest)
    elif sampled and tx.rtx and news.first_sacked is not None and news.first_sacked < tx.rtx[0].sent_us:
        news.set_timer = True


def _reno_acked(c: Connection, news: AckNews, count: int) -> None:
    """Without SACK: one segment filled the hole, the others had been counted as duplicates (tcp_remove_reno_sacks)."""
    tx = c.tx
    tx.delivered += max(count - tx.sacked_out, 1)
    tx.sacked_out = max(tx.sacked_out - (count - 1), 0)
    c.recovery.board.limit_reno(count)
    if news.retrans_acked:
        news.orig_sacked = False


def _acked_one(c: Connection, news: AckNews, skb: Skb, again: bool) -> None:
    """The oldest segment under way is acknowledged."""
    tx, recovery = c.tx, c.recovery
    if again:
        tx.retrans_out -= skb.retrans
        news.retrans_acked = True
    elif not skb.sacked:
        if news.first_acked is None:
            news.first_acked = skb.sent_us
        news.last_acked, news.last_in_flight = skb.sent_us, skb.in_flight
        if skb.end <= recovery.high_seq:
            news.orig_sacked = True
    if skb.sacked:
        tx.sacked_out -= 1
    else:
        news.prior_delivered = max(news.prior_delivered, skb.delivered)
        if c.sack_ok:
            tx.delivered += 1
            recovery.board.rack_advance(skb)
    tx.lost_out -= skb.lost
    if skb.syn:
        recovery.retrans_stamp_ms = 0
        news.syn_acked = True
    else:
        news.data_acked = True


def _sample(c: Connection, news: AckNews, count: int) -> bool:
    """Round-trip time: from what was sent once and acknowledged now, `count` segments, else from the timestamp
    (tcp_ack_update_rtt); True if there was one.
    """
    now = c.now_us
    trip = -1
    control = -1
    if news.first_acked is not None and not news.retrans_acked:
        trip = now - news.first_acked
        control = now - (news.last_acked or 0)
    if news.first_sacked is not None:
        if trip < 0:
            trip = now - news.first_sacked
        control = now - (news.last_sacked or 0)
    if trip < 0 and c.echo is not None and (news.data_acked or news.syn_acked):
        trip = control = c.echo_rtt_us()
    if trip >= 0:
        lone = count == 1 and 0 < news.last_in_flight < c.mss_cache and news.prior_delivered + 1 == c.tx.delivered
        delayed = lone and not (news.data_sacked or news.dsack or news.syn_acked)
        c.rtt.sample(trip, control, maybe_delayed=delayed)
    if control >= 0:
        c.cc.sampled(control)
    return trip >= 0


def _is_dubious(c: Connection, news: AckNews) -> bool:
    """Not a plain acknowledgement of new data in good order (tcp_ack_is_dubious)."""
    return not news.not_duplicate or news.data_sacked or news.dsack or c.recovery.state is not CaState.OPEN
