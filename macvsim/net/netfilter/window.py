"""Whether a TCP segment lies in the window, and what it tells about it (tcp_in_window in nf_conntrack_proto_tcp.c)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from macvsim.net.netfilter.conn import ORIGINAL, REPLY
from macvsim.net.netfilter.segment import ACK, RST, SYN, Half, Segment, TcpState, highest_sack, is_after, is_before

if TYPE_CHECKING:
    from macvsim.net.netfilter.settings import ConntrackConf

_MASK = 0xFFFFFFFF
_MAX_ACK_WINDOW = 66000
_SYN_SENT = 1
_SYN_RECV = 2


class Fit(enum.Enum):
    """Where a segment lies."""

    INSIDE = "inside"
    IGNORE = "ignore"
    """Old: let go, and nothing learnt from it."""
    OUTSIDE = "outside"


def fits(tcp: TcpState, direction: int, is_ack: bool, segment: Segment, conf: ConntrackConf) -> Fit:
    """Check a segment against the windows both sides offered, and move them; `is_ack`: a plain acknowledgement."""
    sender, receiver = tcp.seen[direction], tcp.seen[1 - direction]
    seq, end, ack = segment.seq, segment.end, segment.ack
    sack = highest_sack(segment) if receiver.sack else ack
    if not _learn(tcp, sender, receiver, direction, segment, sack):
        return Fit.INSIDE
    if not segment.flags & ACK or (segment.flags & RST and ack == 0):
        ack = sack = receiver.end
    if segment.flags & RST and seq == 0 and tcp.state == _SYN_SENT:
        seq = end = sender.end
    liberal = sender.liberal or bool(conf.nf_conntrack_tcp_be_liberal)
    verdict = _place(sender, receiver, seq, end, sack)
    if verdict is not Fit.INSIDE:
        return Fit.INSIDE if liberal and verdict is Fit.OUTSIDE else verdict
    _move(sender, receiver, segment, end, ack, sack)
    if is_ack:
        _count_repeats(tcp, direction, segment, seq, ack, end)
    return Fit.INSIDE


def _learn(tcp: TcpState, sender: Half, receiver: Half, direction: int, segment: Segment, sack: int) -> bool:
    """First words of a side, or new first words; False if there is nothing further to check."""
    syn = bool(segment.flags & SYN)
    if not sender.maxwin:
        if syn:
            return _first_syn(sender, receiver, segment)
        _midway(sender, receiver, segment, sack)
    elif is_after(segment.end, sender.end) and (
        (tcp.state == _SYN_SENT and direction == ORIGINAL) or (tcp.state == _SYN_RECV and direction == REPLY)
    ):
        sender.end = sender.maxend = segment.end
        sender.maxwin = segment.window or 1
        sender.read_options(segment)
    elif syn and direction == REPLY and tcp.state == _SYN_SENT:
        return _first_syn(sender, receiver, segment)
    return True


def _first_syn(sender: Half, receiver: Half, segment: Segment) -> bool:
    sender.end = sender.maxend = segment.end
    sender.maxwin = segment.window or 1
    sender.read_options(segment)
    if sender.scale is None or receiver.scale is None:
        sender.scale = receiver.scale = None
    return bool(segment.flags & ACK)


def _midway(sender: Half, receiver: Half, segment: Segment, sack: int) -> None:
    """A side first heard in the middle of the connection."""
    sender.end = segment.end
    sender.maxwin = (segment.window << (sender.scale or 0)) or 1
    sender.maxend = segment.end + sender.maxwin & _MASK
    if not receiver.maxwin:
        receiver.end = receiver.maxend = sack
    elif sack == receiver.end + 1 & _MASK:
        receiver.end = sack


def _place(sender: Half, receiver: Half, seq: int, end: int, sack: int) -> Fit:
    """The four bounds of Rooij's paper."""
    lowest_ack = receiver.end - max(sender.maxwin, _MAX_ACK_WINDOW) - 1
    recent = not receiver.maxwin or is_after(end, sender.end - receiver.maxwin - 1)
    acked = is_after(sack, lowest_ack)
    seen = is_before(sack, receiver.end + 1)
    if not is_before(seq, sender.maxend + 1):
        overshot = end - sender.maxend + 1 & _MASK
        if receiver.maxwin and recent and acked and seen and overshot <= receiver.maxwin:
            sender.end = end
            sender.unacknowledged = True
        return Fit.OUTSIDE
    if not seen:
        return Fit.OUTSIDE
    return Fit.INSIDE if recent and acked else Fit.IGNORE


def _move(sender: Half, receiver: Half, segment: Segment, end: int, ack: int, sack: int) -> None:
    window = segment.window
    if not segment.flags & SYN:
        window <<= sender.scale or 0
    sender.maxwin = max(sender.maxwin, window + (sack - ack & _MASK))
    if is_after(end, sender.end):
        sender.end = end
        sender.unacknowledged = True
    if segment.flags & ACK and (sender.maxack is None or is_after(ack, sender.maxack)):
        sender.maxack = ack
    if receiver.maxwin and is_after(end, sender.maxend):
        receiver.maxwin += end - sender.maxend & _MASK
    if is_after(sack + window, receiver.maxend - 1):
        receiver.maxend = sack + window + (window == 0) & _MASK
    if ack == receiver.end:
        receiver.unacknowledged = False


def _count_repeats(tcp: TcpState, direction: int, segment: Segment, seq: int, ack: int, end: int) -> None:
    """How often the same segment came again: a dead connection is forgotten sooner."""
    same = (tcp.last_dir, tcp.last_seq, tcp.last_ack, tcp.last_end, tcp.last_win)
    if same == (direction, seq, ack, end, segment.window):
        tcp.retrans += 1
        return
    tcp.last_dir, tcp.last_seq, tcp.last_ack, tcp.last_end = direction, seq, ack, end
    tcp.last_win = segment.window
    tcp.retrans = 0
