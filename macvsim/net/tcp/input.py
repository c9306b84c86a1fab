"""A segment arrives at a connection (RFC 9293, 3.10.7; net/ipv4/tcp_input.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.engine.sim import SECOND
from macvsim.net.tcp import closing
from macvsim.net.tcp.acknowledge import TOO_OLD, UNSENT, acknowledge
from macvsim.net.tcp.state import PAWS_24DAYS, PAWS_WINDOW, TIMEWAIT_LEN, State
from macvsim.wire.tcp import ACK, RST, SYN

if TYPE_CHECKING:
    from macvsim.net.tcp.connection import Connection
    from macvsim.net.tcp.incoming import Incoming

_HALF = 1 << 31
_MASK = 0xFFFFFFFF
_CLOSING = frozenset((State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK))


def process(c: Connection, seg: Incoming) -> DropReason | None:
    """Do what the state and the segment demand; the reason where the segment was of no use."""
    if c.state is State.CLOSE:
        return DropReason.TCP_CLOSE
    if c.state is State.SYN_SENT:
        return _syn_sent(c, seg)
    flags = seg.flags
    if not flags & (ACK | RST | SYN):
        return DropReason.TCP_FLAGS
    reason = _validate(c, seg)
    if reason is not None:
        return reason
    if c.state is State.ESTABLISHED:
        return _established(c, seg)
    return _other_states(c, seg)


def _established(c: Connection, seg: Incoming) -> DropReason | None:
    """tcp_rcv_established."""
    if not seg.flags & ACK:
        return DropReason.TCP_FLAGS
    verdict = acknowledge(c, seg)
    if verdict is UNSENT:
        return DropReason.TCP_ACK_UNSENT_DATA
    if verdict is TOO_OLD:
        return DropReason.TCP_TOO_OLD_ACK
    c.win.sample(seg.end - seg.seq)
    return _text(c, seg)


def _text(c: Connection, seg: Incoming) -> DropReason | None:
    """Data and FIN, then what both allow to be sent (tcp_data_queue, tcp_data_snd_check, tcp_ack_snd_check)."""
    reason = c.rx.data(seg)
    if not c.is_over:
        c.tx.push()
        c.tx.check_space()
        c.acks.decide()
    return reason


# -- is it acceptable? -------------------------------------------------------------------------------------------------


def _validate(c: Connection, seg: Incoming) -> DropReason | None:
    """Timestamp, sequence number, RST and SYN (tcp_validate_incoming; RFC 7323 section 5, RFC 5961)."""
    flags = seg.flags
    reset = flags & RST
    has_data = bool(seg.payload) and not flags & SYN
    if _is_old_timestamp(c, seg) and not reset:
        if flags & SYN:
            return _challenge_syn(c)
        c.count("PAWSEstab")
        if not c.out.oow_limited(data=has_data, counter="TCPACKSkippedPAWS"):
            c.rx.unacceptable(seg)
        return DropReason.TCP_RFC7323_PAWS
    points = c.rx.reset_points
    early = seg.end < c.win.wup
    if early or seg.seq > c.rx.nxt + c.win.open():
        if reset:
            if seg.seq in points:
                return _reset(c)
        elif flags & SYN:
            return _challenge_syn(c)
        elif not c.out.oow_limited(data=has_data, counter="TCPACKSkippedSeq"):
            c.rx.unacceptable(seg)
        return DropReason.TCP_OLD_SEQUENCE if early else DropReason.TCP_INVALID_SEQUENCE
    if reset:
        if seg.seq == c.rx.nxt or seg.seq in points:
            return _reset(c)
        c.out.challenge()
        return DropReason.TCP_RESET
    if flags & SYN:
        crossed = c.state is State.SYN_RECV and flags & ACK and seg.end == c.rx.nxt and seg.ack == c.tx.nxt
        if not crossed:
            return _challenge_syn(c)
    return None


def _is_old_timestamp(c: Connection, seg: Incoming) -> bool:
    """PAWS (tcp_paws_discard): older than the last, unless it may be a repeated acknowledgement."""
    if not c.ts_ok or seg.options.timestamps is None:
        return False
    value = seg.options.timestamps[0]
    behind = c.ts_recent - value & _MASK
    if behind >= _HALF or behind <= PAWS_WINDOW or c.sim._now - c.ts_recent_at > PAWS_24DAYS or not c.ts_recent:
        return False
    bare = seg.flags & ACK and seg.seq == seg.end == c.rx.nxt and seg.ack == c.tx.una
    same_window = seg.window << c.snd_wscale == c.tx.wnd
    return not (bare and same_window and behind <= _replay_limit(c))


def _replay_limit(c: Connection) -> int:
    """How far (ms) a disordered acknowledgement may be behind (tcp_disordered_ack): a round trip's timeout."""
    return c.rtt.rto * 1200 // 1_000_000_000


def _challenge_syn(c: Connection) -> DropReason:
    if c.state is State.ESTABLISHED:
        c.count_tcp("InErrs")
    c.count("TCPSYNChallenge")
    c.out.challenge()
    return DropReason.TCP_INVALID_SYN


def _reset(c: Connection) -> DropReason:
    """A believable RST (tcp_reset)."""
    errno = {State.SYN_SENT: "ECONNREFUSED", State.CLOSE_WAIT: "EPIPE"}.get(c.state, "ECONNRESET")
    c.fail(errno)
    return DropReason.TCP_RESET


# -- SYN-SENT ----------------------------------------------------------------------------------------------------------


def _syn_sent(c: Connection, seg: Incoming) -> DropReason | None:
    """tcp_rcv_synsent_state_process."""
    flags = seg.flags
    if flags & ACK:
        if not c.tx.una < seg.ack <= c.tx.nxt or _echoes_wrongly(c):
            c.layer.reset_for(c, seg)
            return DropReason.TCP_INVALID_ACK_SEQUENCE
        if flags & RST:
            return _reset(c)
        if not flags & SYN:
            return DropReason.TCP_FLAGS
        return _syn_acked(c, seg)
    if flags & RST or not flags & SYN:
        return DropReason.TCP_FLAGS
    return _crossed(c, seg)


def _echoes_wrongly(c: Connection) -> bool:
    if c.echo is None:
        return False
    now = c.sim._now // 1_000_000
    if (c.echo - c.recovery.retrans_stamp_ms & _MASK) <= (now - c.recovery.retrans_stamp_ms & _MASK):
        return False
    c.count("PAWSActive")
    return True


def _syn_acked(c: Connection, seg: Incoming) -> DropReason | None:
    """SYN and the acknowledgement of ours: established."""
    c.agree(seg.options)
    c.tx.wl1 = seg.seq
    acknowledge(c, seg)
    c.rx.nxt = c.rx.copied = seg.seq + 1
    c.win.wup = c.rx.nxt
    c.tx.wnd = seg.window
    if not c.wscale_ok:
        c.win.scale = 0
        c.win.clamp = min(c.win.clamp, 0xFFFF)
    if c.ts_ok:
        c.advmss -= c.header_len - 20
    c.sync_mss(c.pmtu)
    c.acks.start()
    c.set_state(State.ESTABLISHED)
    c.established()
    c.tx.last_sent = c.sim._now
    c.report()
    if c.socket is not None and c.socket.keepalive:
        c.keepalive.start(c.conf.tcp_keepalive_time * SECOND)
    c.out.send_ack()
    c.tx.push()
    return None


def _crossed(c: Connection, seg: Incoming) -> DropReason | None:
    """Both sides open at once."""
    c.agree(seg.options)
    c.rx.nxt = c.rx.copied = seg.seq + 1
    c.win.wup = c.rx.nxt
    c.tx.wnd = c.tx.max_window = seg.window
    c.tx.wl1 = seg.seq
    if not c.wscale_ok:
        c.win.scale = 0
    c.sync_mss(c.pmtu)
    c.acks.start()
    c.set_state(State.SYN_RECV)
    c.out.syn_ack()
    return None


# -- after the handshake -----------------------------------------------------------------------------------------------


def _other_states(c: Connection, seg: Incoming) -> DropReason | None:
    """tcp_rcv_state_process."""
    if not seg.flags & ACK:
        return DropReason.TCP_FLAGS
    verdict = acknowledge(c, seg, challenge=False)
    if verdict is not None:
        if c.state is State.SYN_RECV:
            c.layer.reset_for(c, seg)
            return DropReason.TCP_INVALID_ACK_SEQUENCE
        if verdict is UNSENT or verdict is TOO_OLD:
            c.out.challenge()
            return DropReason.TCP_ACK_UNSENT_DATA if verdict is UNSENT else DropReason.TCP_TOO_OLD_ACK
    all_acked = c.tx.una == c.tx.write_seq
    if c.state is State.SYN_RECV:
        _syn_recv_acked(c, seg)
    elif c.state is State.FIN_WAIT1 and all_acked:
        if _fin_acked(c, seg):
            return None
    elif c.state is State.CLOSING and all_acked:
        closing.enter_time_wait(c, State.TIME_WAIT, 0)
        return None
    elif c.state is State.LAST_ACK and all_acked:
        c.over()
        return None
    if c.state in _CLOSING and seg.seq >= c.rx.nxt:
        c.tx.push()
        c.tx.check_space()
        c.acks.decide()
        return None
    unwanted = c.rcv_shutdown and c.state is not State.ESTABLISHED
    if unwanted and seg.end != seg.seq and seg.end - seg.fin > c.rx.nxt:
        c.count("TCPAbortOnData")
        c.layer.reset_for(c, seg)
        c.fail("ECONNRESET")
        return DropReason.TCP_ABORT_ON_DATA
    return _text(c, seg)


def _syn_recv_acked(c: Connection, seg: Incoming) -> None:
    """The handshake is complete on the passive side."""
    c.tx.delivered += 1
    c.recovery.retrans_stamp_ms = 0
    if c.ts_ok:
        c.advmss -= c.header_len - 20
    c.established()
    c.set_state(State.ESTABLISHED)
    c.tx.una = seg.ack
    c.tx.wnd = seg.window << c.snd_wscale
    c.tx.max_window = max(c.tx.max_window, c.tx.wnd)
    c.tx.wl1 = seg.seq
    c.tx.last_sent = c.sim._now
    c.acks.start()
    c.report()


def _fin_acked(c: Connection, seg: Incoming) -> bool:
    """FIN-WAIT-1 is over; True if the segment needs no more attention."""
    c.set_state(State.FIN_WAIT2)
    c.send_shutdown = c.confirm_neighbour = True
    if not c.orphan:
        c.report()
        return False
    if seg.end != seg.seq and seg.end - seg.fin > c.rx.nxt:
        c.count("TCPAbortOnData")
        c.layer.reset_for(c, seg)
        c.over()
        return True
    time = closing.fin_time(c)
    if time > TIMEWAIT_LEN:
        c.keepalive.start(time - TIMEWAIT_LEN)
        return False
    if seg.fin or c.owned:
        c.keepalive.start(time)
        return False
    closing.enter_time_wait(c, State.FIN_WAIT2, time)
    return True
