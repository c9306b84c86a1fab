"""The receiving half of a connection: data in order for the program, what came out of order, and what to tell the peer
about it (tcp_data_queue in net/ipv4/tcp_input.c; RFC 2018, RFC 2883).

Sequence numbers are plain integers that do not wrap; `Incoming` unwraps them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from macvsim.engine.drop import DropReason
from macvsim.net.tcp import closing
from macvsim.net.tcp.memory import NOT_ITS_OWN, PAGE
from macvsim.net.tcp.state import State
from macvsim.wire.tcp import Block

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection
    from macvsim.net.tcp.incoming import Incoming

_SACKS_KEPT = 4
_SACKS_EXPECTED = 2
"""Blocks that acknowledgements may wait with (TCP_SACK_BLOCKS_EXPECTED)."""


class Piece(NamedTuple):
    """Data that came out of order: from `seq` to `end`, which counts `fin`; memory as of `Incoming`."""

    seq: int
    end: int
    data: bytes
    fin: bool
    truesize: int
    room: int


class Receiver:
    """What came from the peer.

    nxt : the next sequence number expected (RCV.NXT); copied : the next one the program will read
    """

    def __init__(self, c: Connection) -> None:
        self.c = c
        self.nxt = 0
        self.copied = 0
        self.bytes_received = 0
        self._fresh = 0
        """Bytes that came at `_fresh_at` (us)."""
        self._fresh_at = -1
        self._queue: deque[tuple[bytes, bool, int]] = deque()
        """Data, whether it ends with FIN, and the memory it costs."""
        self._room = NOT_ITS_OWN
        """`Incoming.room` of the last piece."""
        self._read = 0
        """Bytes of the first piece that were read."""
        self.waiting = 0
        """Bytes there to read."""
        self.out_of_order: list[Piece] = []
        """Sorted, without overlap."""
        self._sacks: list[Block] = []
        """Blocks of what is out of order, the latest first."""
        self.dsack: Block | None = None
        """Data that came twice, to be told with the next acknowledgement."""

    # -- the program's side --------------------------------------------------------------------------------------------

    def kept_waiting(self) -> int:
        """Bytes that the program has not read although it could: not those of this moment, for reading takes no time
        here, and a burst may come in none.
        """
        fresh = self._fresh if self._fresh_at == self.c.now_us else 0
        return max(self.nxt - self.copied - fresh, 0)

    def take(self, most: int) -> bytes:
        """Up to `most` bytes in order (tcp_recvmsg)."""
        parts = []
        left = most
        queue = self._queue
        while left > 0 and queue:
            piece, fin, truesize = queue[0]
            part = piece[self._read : self._read + left]
            if part:
                left -= len(part)
                parts.append(part)
                self._read += len(part)
                self.waiting -= len(part)
                self.copied += len(part)
                self.c.win.adjust(0 if len(parts) > 1 else 1)
            if self._read < len(piece):
                break
            queue.popleft()
            self._read = 0
            self.c.win.rmem -= truesize
            self.copied += fin
        return b"".join(parts)

    # -- the wire's side -----------------------------------------------------------------------------------------------

    def data(self, seg: Incoming) -> DropReason | None:
        """A segment with data or FIN, its header checked (tcp_data_queue)."""
        c = self.c
        seq, end = seg.seq, seg.end
        if seq == end:
            return None
        self.dsack = None
        window = c.win.open()
        if seq == self.nxt:
            if not window and seg.payload:
                c.count("TCPZeroWindowDrop")
                return self._out_of_window(DropReason.TCP_ZEROWINDOW)
            return self._in_order(seg)
        if end <= self.nxt:
            c.count("DelayedACKLost")
            self._duplicate(seq, end)
            return self._out_of_window(DropReason.TCP_OLD_DATA)
        if seq >= self.nxt + window:
            return self._out_of_window(DropReason.TCP_OVERWINDOW)
        if seq < self.nxt:
            self._duplicate(seq, self.nxt)
            if not window:
                return self._out_of_window(DropReason.TCP_OVERWINDOW)
            return self._in_order(seg)
        return self._keep(seg)

    def _in_order(self, seg: Incoming) -> DropReason | None:
        c = self.c
        data = seg.payload[self.nxt - seg.seq :]
        if not self._is_predicted(seg) and not self._fits():
            c.acks.now = c.acks.scheduled = c.acks.out_of_memory = True
            c.report()
            if self._queue and data:
                c.count("TCPRcvQDrop")
                return DropReason.SOCKET_RCVBUFF
        self._append(data, seg.fin, seg.truesize, seg.room, whole=data == seg.payload)
        if data:
            c.acks.data_received(seg, len(seg.payload))
        fin = seg.fin
        if fin:
            closing.fin_received(c)
        if self.out_of_order:
            fin = self._join() or fin
            if not self.out_of_order:
                c.acks.now = True
        if self._sacks:
            self._sacks = [block for block in self._sacks if block[0] > self.nxt]
        c.report()
        return None

    def _is_predicted(self, seg: Incoming) -> bool:
        """Nothing but the next data, for which there is memory on the page at hand: no more is asked (header prediction
        in tcp_rcv_established).
        """
        c = self.c
        usual = c.state is State.ESTABLISHED and not seg.fin and seg.window << c.snd_wscale == c.tx.wnd
        return usual and not self.out_of_order and seg.truesize <= -(c.win.rmem + c.tx.wmem) % PAGE

    def _fits(self) -> bool:
        """True if memory allows one more segment; the buffer grows with what is there (tcp_try_rmem_schedule,
        tcp_prune_queue).
        """
        c, win = self.c, self.c.win
        if win.rmem <= win.rcvbuf:
            return True
        c.count("PruneCalled")
        win.overfull()
        if win.rmem <= win.rcvbuf:
            return True
        c.count("RcvPruned")
        return False

    def _append(self, data: bytes, fin: bool, truesize: int, room: int, *, whole: bool) -> None:
        """More in order; a `whole` segment that fits into the room at the end of the last piece costs nothing
        (tcp_try_coalesce).
        """
        if data or fin:
            if whole and self._queue and room >= 0 and len(data) <= self._room:
                before, _, cost = self._queue.pop()
                self._queue.append((before + data, fin, cost))
                self._room -= len(data)
                truesize = 0
            else:
                self._queue.append((data, fin, truesize))
                self._room = room
            self.nxt += len(data) + fin
            self.waiting += len(data)
            self.bytes_received += len(data)
            self.c.win.rmem += truesize
            now = self.c.now_us
            if now != self._fresh_at:
                self._fresh, self._fresh_at = 0, now
            self._fresh += len(data) + fin

    def _join(self) -> bool:
        """What was kept is in order now (tcp_ofo_queue); True if a FIN was among it."""
        c = self.c
        while self.out_of_order and self.out_of_order[0][0] <= self.nxt:
            seq, end, data, fin, truesize, room = self.out_of_order.pop(0)
            c.win.rmem -= truesize
            if seq < self.nxt:
                self._duplicate(seq, min(end, self.nxt))
            if end <= self.nxt:
                continue
            self._append(data[self.nxt - seq :], fin, truesize, room, whole=seq == self.nxt)
            if fin:
                closing.fin_received(c)
                return True
        return False

    def _keep(self, seg: Incoming) -> DropReason | None:
        """Out of order: keep what is new of it (tcp_data_queue_ofo)."""
        c = self.c
        if not self._fits():
            c.count("TCPOFODrop")
            return DropReason.SOCKET_RCVBUFF
        c.acks.measure(seg, len(seg.payload))
        c.acks.scheduled = True
        c.count("TCPOFOQueue")
        seq, end, data, fin = seg.seq, seg.end, seg.payload, seg.fin
        kept: list[Piece] = []
        for piece in self.out_of_order:
            if piece.end <= seq or piece.seq >= end:
                kept.append(piece)
            elif piece.seq <= seq and end <= piece.end:
                c.count("TCPOFOMerge")
                self._duplicate(seq, end)
                self._note_block(seq, end)
                return DropReason.TCP_OFOMERGE
            elif piece.seq < seq:
                self._duplicate(seq, piece.end)
                data = data[piece.end - seq :]
                seq = piece.end
                kept.append(piece)
            elif piece.end <= end:
                c.count("TCPOFOMerge")
                self._duplicate(piece.seq, piece.end)
                c.win.rmem -= piece.truesize
            else:
                self._duplicate(piece.seq, end)
                data, end, fin = data[: piece.seq - seq], piece.seq, False
                kept.append(piece)
        self._note_block(seq, end)
        if c.sack_ok:
            c.win.grow(len(data), seg.truesize)
        seg.condense()
        kept.append(Piece(seq, end, data, fin, seg.truesize, seg.room))
        kept.sort()
        self.out_of_order = kept
        c.win.rmem += seg.truesize
        return None

    def forget_out_of_order(self) -> None:
        """Nothing more will be in order (tcp_fin)."""
        for piece in self.out_of_order:
            self.c.win.rmem -= piece.truesize
        self.out_of_order = []
        self._sacks = []

    # -- what the peer is told -----------------------------------------------------------------------------------------

    def _out_of_window(self, reason: DropReason) -> DropReason:
        """Not usable: the peer should know at once what is expected."""
        self.c.acks.force_quick()
        self.c.acks.scheduled = True
        return reason

    def unacceptable(self, seg: Incoming) -> None:
        """Not in the window at all: acknowledge, naming what came twice (tcp_send_dupack)."""
        c = self.c
        if seg.end != seg.seq and seg.seq < self.nxt:
            c.count("DelayedACKLost")
            c.acks.force_quick()
            self._duplicate(seg.seq, min(seg.end, self.nxt))
        c.out.send_ack()

    def _duplicate(self, seq: int, end: int) -> None:
        """Data came twice (tcp_dsack_set); of two such pieces that touch, one block is told."""
        c = self.c
        if not c.sack_ok or not c.conf.tcp_dsack or seq >= end:
            return
        if self.dsack is not None:
            left, right = self.dsack
            if seq <= right and left <= end:
                self.dsack = (min(left, seq), max(right, end))
            return
        c.count("TCPDSACKOldSent" if seq < self.nxt else "TCPDSACKOfoSent")
        self.dsack = (seq, end)

    def _note_block(self, seq: int, end: int) -> None:
        """The block with this piece goes first (tcp_sack_new_ofo_skb)."""
        if not self.c.sack_ok:
            return
        others = []
        meets = [left <= end and seq <= right for left, right in self._sacks]
        if (meets.index(True) if any(meets) else len(meets)) >= _SACKS_EXPECTED:
            self.c.acks.flush()
        for left, right in self._sacks:
            if seq <= right and left <= end:
                seq, end = min(seq, left), max(end, right)
            else:
                others.append((left, right))
        self._sacks = [(seq, end), *others][:_SACKS_KEPT]

    def blocks(self, room: int) -> tuple[Block, ...]:
        """SACK blocks for a segment with space for `room` of them; the duplicate, told once, goes first."""
        found = ([self.dsack] if self.dsack else []) + self._sacks
        return tuple(found[:room])

    @property
    def has_blocks(self) -> bool:
        return bool(self._sacks) or self.dsack is not None

    @property
    def reset_points(self) -> tuple[int, ...]:
        """Sequence numbers beside the expected one where a reset is believed (tcp_validate_incoming)."""
        after_fin = (State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING)
        points = [self.nxt - 1] if self.c.state in after_fin else []
        if self._sacks:
            points.append(max(right for _, right in self._sacks))
        return tuple(points)
