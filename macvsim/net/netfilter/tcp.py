"""TCP as conntrack follows it: the state table (nf_conntrack_proto_tcp.c; Rooij, "Real stateful TCP packet filtering").

The window check is in `window.py`.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from macvsim.net.netfilter.conn import ORIGINAL, REPLY, Conn, Status
from macvsim.net.netfilter.segment import ACK, RST, SYN, Half, Kind, Segment, State, TcpState, is_before
from macvsim.net.netfilter.window import Fit, fits

if TYPE_CHECKING:
    from macvsim.net.netfilter.settings import ConntrackConf


_NAMES = {"NO": 0, "SS": 1, "SR": 2, "ES": 3, "FW": 4, "CW": 5, "LA": 6, "TW": 7, "CL": 8, "S2": 9, "IV": 10, "IG": 11}


def _rows(text: str) -> tuple[tuple[State, ...], ...]:
    return tuple(tuple(State(_NAMES[word]) for word in line.split()) for line in text.strip().splitlines())


# rows: syn, synack, fin, ack, rst, none; columns: the states from NONE to SYN_SENT2
_TABLE: Final = (
    _rows(
        """
        SS SS IG IG IG IG IG SS SS S2
        IV IV SR IV IV IV IV IV IV SR
        IV IV FW FW LA LA LA TW CL IV
        ES IV ES ES CW CW TW TW CL IV
        IV CL CL CL CL CL CL CL CL CL
        IV IV IV IV IV IV IV IV IV IV
        """
    ),
    _rows(
        """
        IV S2 IV IV IV IV IV SS IV S2
        IV SR IG IG IG IG IG IG IG SR
        IV IV FW FW LA LA LA TW CL IV
        IV IG SR ES CW CW TW TW CL IG
        IV CL CL CL CL CL CL CL CL CL
        IV IV IV IV IV IV IV IV IV IV
        """
    ),
)


class Answer(enum.Enum):
    """What the tracker says of a segment."""

    ACCEPT = "accept"
    INVALID = "invalid"
    REPEAT = "repeat"
    """The connection is over; look the segment up anew."""
    KILL = "kill"
    """Accept, and forget the connection."""


def kind_of(segment: Segment) -> Kind:
    """Row of the table (get_conntrack_index)."""
    if segment.flags & RST:
        return Kind.RST
    if segment.flags & SYN:
        return Kind.SYNACK if segment.flags & ACK else Kind.SYN
    if segment.fin:
        return Kind.FIN
    return Kind.ACK if segment.flags & ACK else Kind.NONE


def begin(conn: Conn, segment: Segment, conf: ConntrackConf) -> bool:
    """The first segment of a connection; False if it cannot be one (tcp_new)."""
    state = _TABLE[ORIGINAL][kind_of(segment)][State.NONE]
    if state is State.INVALID:
        return False
    tcp = TcpState()
    half = tcp.seen[ORIGINAL]
    half.end = segment.end
    half.maxwin = segment.window or 1
    if state is State.SYN_SENT:
        half.maxend = half.end
        half.read_options(segment)
    elif not conf.nf_conntrack_tcp_loose:
        return False
    else:  # its beginning was not seen: SACK and scaled windows are taken to be possible
        half.maxend = half.end + half.maxwin & 0xFFFFFFFF
        for side in tcp.seen:
            side.sack = side.liberal = True
    conn.tcp = tcp
    return True


def follow(conn: Conn, segment: Segment, direction: int, conf: ConntrackConf) -> tuple[Answer, int | None]:
    """One segment of a connection (nf_conntrack_tcp_packet): the verdict, and the seconds it now lives, None: as
    before.
    """
    tcp = conn.tcp
    assert tcp is not None
    kind = kind_of(segment)
    old = tcp.state
    new = _TABLE[direction][kind][old]
    checked = True
    if new is State.INVALID:
        return Answer.INVALID, None
    if new is State.IGNORE or (new is State.SYN_SENT and old >= State.TIME_WAIT):
        if new is State.SYN_SENT and (
            tcp.seen[0].close_init
            or tcp.seen[1].close_init
            or (tcp.last_dir == direction and tcp.last_kind is Kind.RST)
        ):
            return Answer.REPEAT, None
        resynced = _ignore(tcp, segment, direction, kind, old)
        if not resynced:
            return Answer.ACCEPT, None
        old, new = State.SYN_SENT, State.SYN_RECV
    elif new is State.TIME_WAIT:
        challenge = old is State.LAST_ACK and kind is Kind.ACK and tcp.last_dir != direction
        if challenge and tcp.last_kind is Kind.SYN and tcp.expects_challenge:
            tcp.expects_challenge = False
            return Answer.ACCEPT, None
    elif new is State.SYN_SENT2:
        tcp.simultaneous = True
    elif new is State.SYN_RECV:
        if direction == REPLY and kind is Kind.ACK and tcp.simultaneous:
            new = State.ESTABLISHED
    elif new is State.CLOSE and kind is Kind.RST:
        answer = _reset(conn, tcp, segment, direction, old, conf)
        if answer is None:
            return Answer.INVALID, None
        new, checked = answer
    if checked:
        fit = fits(tcp, direction, kind is Kind.ACK, segment, conf)
        if fit is not Fit.INSIDE:
            return (Answer.ACCEPT if fit is Fit.IGNORE else Answer.INVALID), None
    tcp.last_kind = kind
    tcp.last_dir = direction
    tcp.state = new
    if old is not new and new is State.FIN_WAIT:
        tcp.seen[direction].close_init = True
    return _lifetime(conn, tcp, segment, kind, old, new, conf)


def _ignore(tcp: TcpState, segment: Segment, direction: int, kind: Kind, old: State) -> bool:
    """A segment that may belong to a connection we are out of step with; True if it puts us in step again."""
    if kind is Kind.SYNACK and tcp.last_kind is Kind.SYN and tcp.last_dir != direction and segment.ack == tcp.last_end:
        half = tcp.seen[tcp.last_dir] = Half()
        half.end = half.maxend = tcp.last_end
        half.maxwin = tcp.last_win or 1
        half.scale, half.sack = tcp.last_scale, tcp.last_sack
        tcp.seen[direction] = Half()
        return True
    tcp.last_kind, tcp.last_dir = kind, direction
    tcp.last_seq, tcp.last_end, tcp.last_win = segment.seq, segment.end, segment.window
    if kind is Kind.SYN and direction == ORIGINAL:
        half = Half()
        half.read_options(segment)
        tcp.last_scale, tcp.last_sack = half.scale, half.sack
        tcp.expects_challenge = old is State.LAST_ACK
    if old is State.SYN_SENT and kind is Kind.ACK and direction == REPLY:
        tcp.last_ack = segment.ack
    return False


def _reset(
    conn: Conn, tcp: TcpState, segment: Segment, direction: int, old: State, conf: ConntrackConf
) -> tuple[State, bool] | None:
    """A RST: the state it leads to, and whether its numbers are still to be checked; None if it is not believed."""
    if State.FIN_WAIT <= old <= State.CLOSE:
        return State.CLOSE, False  # tcp_can_early_drop
    established = old is State.ESTABLISHED and bool(conn.status & Status.ASSURED)
    other = tcp.seen[1 - direction]
    new = State.CLOSE
    if other.maxack is not None and tcp.last_kind is not Kind.SYN:
        if segment.seq == 0 and not established:
            return State.CLOSE, True
        if is_before(segment.seq, other.maxack) and not conf.nf_conntrack_tcp_ignore_invalid_rst:
            return None
        train = tcp.last_kind is Kind.ACK and tcp.last_dir == direction and segment.seq == tcp.last_end
        if not established or segment.seq == other.maxack or train:
            return State.CLOSE, True
        new = old
    ignored = (conn.status & Status.SEEN_REPLY and tcp.last_kind is Kind.SYN) or (
        not conn.status & Status.ASSURED and tcp.last_kind is Kind.ACK
    )
    if ignored and segment.ack == tcp.last_end:
        return new, False
    challenged = tcp.last_kind is Kind.ACK and tcp.last_dir == REPLY and segment.seq == tcp.last_ack
    return new, not (old is State.SYN_SENT and challenged)


def _lifetime(
    conn: Conn, tcp: TcpState, segment: Segment, kind: Kind, old: State, new: State, conf: ConntrackConf
) -> tuple[Answer, int | None]:
    """How long the connection lives after an accepted segment, and whether it is assured now."""
    times = _timeouts(conf)
    timeout = times[new]
    if kind is Kind.RST and tcp.retrans < conf.nf_conntrack_tcp_max_retrans:
        timeout = conf.nf_conntrack_tcp_timeout_close
    elif tcp.retrans >= conf.nf_conntrack_tcp_max_retrans or (kind is not Kind.RST and not tcp.last_win):
        timeout = min(timeout, conf.nf_conntrack_tcp_timeout_max_retrans)
    elif tcp.seen[0].unacknowledged or tcp.seen[1].unacknowledged:
        timeout = min(timeout, conf.nf_conntrack_tcp_timeout_unacknowledged)
    if not conn.status & Status.SEEN_REPLY:
        if segment.flags & RST:
            return Answer.KILL, None
        if kind is Kind.SYN and old is State.SYN_SENT:
            return Answer.ACCEPT, None
        if new is State.ESTABLISHED:
            timeout = min(timeout, conf.nf_conntrack_tcp_timeout_unacknowledged)
    elif not conn.status & Status.ASSURED and old in (State.SYN_RECV, State.ESTABLISHED) and new is State.ESTABLISHED:
        conn.status |= Status.ASSURED
    return Answer.ACCEPT, timeout


def _timeouts(conf: ConntrackConf) -> dict[State, int]:
    return {
        State.SYN_SENT: conf.nf_conntrack_tcp_timeout_syn_sent,
        State.SYN_SENT2: conf.nf_conntrack_tcp_timeout_syn_sent,
        State.SYN_RECV: conf.nf_conntrack_tcp_timeout_syn_recv,
        State.ESTABLISHED: conf.nf_conntrack_tcp_timeout_established,
        State.FIN_WAIT: conf.nf_conntrack_tcp_timeout_fin_wait,
        State.CLOSE_WAIT: conf.nf_conntrack_tcp_timeout_close_wait,
        State.LAST_ACK: conf.nf_conntrack_tcp_timeout_last_ack,
        State.TIME_WAIT: conf.nf_conntrack_tcp_timeout_time_wait,
        State.CLOSE: conf.nf_conntrack_tcp_timeout_close,
    }
