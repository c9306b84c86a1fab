"""Which of the segments under way have arrived, and which are lost: SACK (RFC 2018, RFC 6675) and RACK (RFC 8985).

`Scoreboard` changes the marks of segments and their counts; what follows for the connection is `Recovery`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.net.tcp.skb import Skb
from macvsim.net.tcp.state import MAX_REORDERING, CaState
from macvsim.wire.tcp import Block

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection

_PERSIST = 16
_STEPS_MAX = 0xFF


class AckNews:
    """What one acknowledgement told: filled while it is processed (the FLAG_* of tcp_ack).

    Times of sending in us; None where nothing was told.
    """

    __slots__ = ("advanced", "data", "data_acked", "data_sacked", "dsack", "dsack_of_probe", "first_acked",
                 "first_sacked", "last_acked", "last_in_flight", "last_sacked", "lost_retrans", "orig_sacked",
                 "prior_delivered", "reordered_from", "retrans_acked", "set_timer", "syn_acked", "window")  # fmt: skip

    def __init__(self) -> None:
        self.advanced = False
        self.data = False
        self.data_acked = False
        self.syn_acked = False
        self.retrans_acked = False
        self.data_sacked = False
        self.orig_sacked = False
        self.dsack = False
        self.dsack_of_probe = False
        self.window = False
        self.set_timer = False
        self.lost_retrans = False
        self.first_acked: int | None = None
        self.last_acked: int | None = None
        self.last_in_flight = 0
        self.first_sacked: int | None = None
        self.last_sacked: int | None = None
        self.reordered_from: int | None = None
        self.prior_delivered = 0

    @property
    def forward(self) -> bool:
        """Something arrived."""
        return self.data_acked or self.data_sacked

    @property
    def not_duplicate(self) -> bool:
        """More than a repeated acknowledgement (FLAG_NOT_DUP)."""
        return self.data or self.window or self.data_acked or self.syn_acked


class Scoreboard:
    """Marks on the segments under way; times in us."""

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.reordering = int(c.conf.tcp_reordering)
        self.reordering_seen = 0
        self.rack_sent = (0, 0)
        """When the latest segment that has arrived was sent, and its place among those of that moment."""
        self.rack_rtt = 0
        self.rack_advanced = False
        self.reo_steps = 1
        self.reo_persist = 0
        self._dsack_seen = False
        self._told_twice = 0
        """Segments that the peer said came twice (dsack_dups)."""
        self._last_delivered = 0

    # -- marks ---------------------------------------------------------------------------------------------------------

    def mark_lost(self, skb: Skb) -> None:
        """tcp_mark_skb_lost."""
        tx = self.c.tx
        if skb.sacked:
            return
        if skb.lost:
            if skb.retrans:
                skb.retrans = False
                tx.retrans_out -= 1
                tx.lost += 1
            return
        tx.lost_out += 1
        tx.lost += 1
        skb.lost = True
        if skb.retrans:
            skb.retrans = False
            tx.retrans_out -= 1

    def unmark_lost(self) -> None:
        """Nothing is lost after all."""
        for skb in self.c.tx.rtx:
            skb.lost = False
        self.c.tx.lost_out = 0

    def highest_sacked(self) -> int:
        """End of the last segment that was selectively acknowledged, SND.UNA if there is none
        (tcp_highest_sack_seq).
        """
        tx = self.c.tx
        if tx.sacked_out:
            for skb in reversed(tx.rtx):
                if skb.sacked:
                    return skb.end
        return tx.una

    # -- SACK ----------------------------------------------------------------------------------------------------------

    def tag(self, blocks: tuple[Block, ...], ack: int, prior_una: int, news: AckNews) -> None:
        """Blocks came with acknowledgement `ack` (tcp_sacktag_write_queue)."""
        c = self.c
        tx = c.tx
        dsack = self._is_dsack(blocks, ack) and self._duplicate_told(blocks[0], ack, prior_una, news)
        if ack < prior_una - tx.max_window or not tx.rtx:
            return
        highest = self.highest_sacked()
        usable = []
        for order, (left, right) in enumerate(blocks):
            told_twice = order == 0 and dsack
            if right <= left or right > tx.nxt or (left < tx.una and not told_twice):
                continue
            if told_twice and right <= prior_una:
                continue
            usable.append((left, right, told_twice))
        for left, right, told_twice in sorted(usable):
            self._tag_block(left, right, told_twice, highest, news)
        if news.reordered_from is not None and c.recovery.state is not CaState.LOSS:
            self.check_reordering(news.reordered_from)

    def _is_dsack(self, blocks: tuple[Block, ...], ack: int) -> bool:
        """The first block tells of data that came twice (tcp_check_dsack)."""
        first = blocks[0]
        if first[0] < ack:
            return True
        return len(blocks) > 1 and blocks[1][0] <= first[0] and first[1] <= blocks[1][1]

    def _duplicate_told(self, block: Block, ack: int, prior_una: int, news: AckNews) -> bool:
        """Segments came twice; False where the connection cannot have caused it (tcp_check_dsack, tcp_dsack_seen)."""
        c = self.c
        recovery, tx = c.recovery, c.tx
        c.count("TCPDSACKRecv" if block[0] < ack else "TCPDSACKOfoRecv")
        length = block[1] - block[0]
        if length <= 0 or length > tx.max_window:
            return False
        twice = max(-(-length // c.mss_cache), 1)
        probe = twice == 1 and bool(recovery.probe_seq) and block[1] == recovery.probe_seq
        self._told_twice += twice
        if self._told_twice > recovery.total_retrans:
            return False
        news.dsack = True
        news.dsack_of_probe = news.dsack_of_probe or probe
        if self.reordering_seen and not probe:
            self._dsack_seen = True
        tx.delivered += twice
        if (
            recovery.undo_marker
            and recovery.undo_retrans > 0
            and block[1] <= prior_una
            and block[1] > recovery.undo_marker
        ):
            recovery.undo_retrans = max(recovery.undo_retrans - twice, 0)
        return True

    def _tag_block(self, left: int, right: int, told_twice: bool, highest: int, news: AckNews) -> None:
        tx = self.c.tx
        mss = self.c.mss_cache
        at = 0
        while at < len(tx.rtx):
            skb = tx.rtx[at]
            if skb.seq >= right:
                break
            if left < skb.end and not (left <= skb.seq and skb.end <= right):
                # part of a segment: what is a whole number of full-sized pieces is cut off (tcp_match_skb_to_sack)
                cut = (left if left > skb.seq else right) - skb.seq
                if len(skb.data) > mss:
                    cut = cut // mss * mss if left <= skb.seq else -(-cut // mss) * mss
                    if 0 < cut < len(skb.data):
                        self._split(at, cut)
                        continue
            elif skb.end <= right and skb.seq >= left:
                self._tag_one(skb, told_twice, highest, news)
            at += 1

    def _split(self, at: int, size: int) -> None:
        tx = self.c.tx
        rest = tx.rtx[at].split(size)
        tx.rtx.insert(at + 1, rest)
        tx.wmem += self.c.skb_overhead
        tx.sacked_out += rest.sacked
        tx.lost_out += rest.lost
        tx.retrans_out += rest.retrans

    def fragment(self, skb: Skb, size: int) -> None:
        """Cut a segment under way in two (tcp_fragment)."""
        self._split(self.c.tx.rtx.index(skb), size)

    def _tag_one(self, skb: Skb, told_twice: bool, highest: int, news: AckNews) -> None:
        """tcp_sacktag_one."""
        tx = self.c.tx
        recovery = self.c.recovery
        ever = skb.ever_retrans or skb.retrans
        if told_twice and ever:
            if recovery.undo_marker and recovery.undo_retrans > 0 and skb.end > recovery.undo_marker:
                recovery.undo_retrans -= 1
            if skb.sacked and (news.reordered_from is None or skb.seq < news.reordered_from):
                news.reordered_from = skb.seq
        if skb.end <= tx.una:
            return
        if not skb.sacked:
            self.rack_advance(skb)
            if skb.retrans:
                if skb.lost:
                    skb.lost = skb.retrans = False
                    tx.lost_out -= 1
                    tx.retrans_out -= 1
            else:
                if not ever:
                    if skb.seq < highest and (news.reordered_from is None or skb.seq < news.reordered_from):
                        news.reordered_from = skb.seq
                    if skb.end <= recovery.high_seq:
                        news.orig_sacked = True
                    if news.first_sacked is None:
                        news.first_sacked = skb.sent_us
                    news.last_sacked = skb.sent_us
                if skb.lost:
                    skb.lost = False
                    tx.lost_out -= 1
            skb.sacked = True
            news.data_sacked = True
            tx.sacked_out += 1
            tx.delivered += 1
            news.prior_delivered = max(news.prior_delivered, skb.delivered)
        if told_twice and skb.retrans:
            skb.retrans = False
            tx.retrans_out -= 1

    def check_reordering(self, low: int) -> None:
        """Something arrived after what was sent later: expect as much from now on (tcp_check_sack_reordering)."""
        distance = self.highest_sacked() - low
        mss = self.c.mss_cache
        if distance <= 0:
            return
        if distance > self.reordering * mss:
            self.reordering = min(-(-distance // mss), MAX_REORDERING)
        self.reordering_seen += 1
        self.c.count("TCPSACKReorder")

    def limit_reno(self, acked: int) -> None:
        """Without SACK: more duplicates than segments under way, `acked` left just now, tell of disorder
        (tcp_check_reno_reordering).
        """
        tx = self.c.tx
        under_way = len(tx.rtx)
        holes = min(max(tx.lost_out, 1), under_way)
        if tx.sacked_out + holes <= under_way:
            return
        tx.sacked_out = under_way - holes
        self.reordering = min(under_way + acked, MAX_REORDERING)
        self.reordering_seen += 1

    # -- RACK ----------------------------------------------------------------------------------------------------------

    def rack_advance(self, skb: Skb) -> None:
        """A segment arrived: what was sent before it is due (tcp_rack_advance)."""
        trip = self.c.now_us - skb.sent_us
        if trip < self.c.rtt.min_us and (skb.ever_retrans or skb.retrans):
            return
        self.rack_advanced = True
        self.rack_rtt = trip
        self.rack_sent = max(self.rack_sent, (skb.sent_us, skb.order))

    def rack_detect(self) -> int:
        """Mark what is overdue as lost; time (us) until the next may be, 0 if none (tcp_rack_detect_loss)."""
        now = self.c.now_us
        window = self._reo_window()
        wait = 0
        for skb in self.c.tx.rtx:
            if skb.sacked or (skb.lost and not skb.retrans):
                continue
            if self.rack_sent <= (skb.sent_us, skb.order):
                continue
            remaining = self.rack_rtt + window - (now - skb.sent_us)
            if remaining <= 0:
                self.mark_lost(skb)
            else:
                wait = max(wait, remaining)
        return wait

    def overdue(self, skb: Skb) -> bool:
        """True if a segment is late by now (tcp_rack_skb_timeout)."""
        return self.rack_rtt + self._reo_window() - (self.c.now_us - skb.sent_us) <= 0

    def _reo_window(self) -> int:
        """How late a segment may be (tcp_rack_reo_wnd)."""
        c = self.c
        if not self.reordering_seen and (c.recovery.state >= CaState.RECOVERY or c.tx.sacked_out >= self.reordering):
            return 0
        return min((c.rtt.min_us >> 2) * self.reo_steps, c.rtt.srtt >> 3)

    def adapt(self, news: AckNews) -> None:
        """Too hasty: what was sent again had not been lost (tcp_rack_update_reo_wnd)."""
        if not news.prior_delivered:
            return
        if news.prior_delivered < self._last_delivered:
            self._dsack_seen = False
        if self._dsack_seen:
            self.reo_steps = min(_STEPS_MAX, self.reo_steps + 1)
            self._dsack_seen = False
            self._last_delivered = self.c.tx.delivered
            self.reo_persist = _PERSIST
        elif not self.reo_persist:
            self.reo_steps = 1

    def persist(self, step: int) -> None:
        self.reo_persist = min(max(self.reo_persist + step, 0), _PERSIST)
