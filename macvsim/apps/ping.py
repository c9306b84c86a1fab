"""ping as busybox has it (networking/ping.c of busybox 1.37)."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from macvsim.apps.base import Machine, Sink, check_positive, duration, resolve
from macvsim.apps.ping_result import MIN_DATA_WITH_CLOCK, PingApp, PingError, PingResult, Reply, milliseconds
from macvsim.engine.sim import SECOND, US
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import Heard, RawIcmpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_int, ip_text
from macvsim.wire.compose import icmp_template

MAX_DUP_CHK = 8 * 128
_TIMED = icmp.HLEN + MIN_DATA_WITH_CLOCK
_number = int.from_bytes
_read = Struct("<B5xBBI").unpack_from
"""Type, the two bytes of the sequence number, clock."""
TYPE_NAMES = {
    icmp.ECHO_REPLY: "Echo Reply",
    icmp.DEST_UNREACH: "Destination Unreachable",
    icmp.SOURCE_QUENCH: "Source Quench",
    icmp.REDIRECT: "Redirect (change route)",
    icmp.ECHO: "Echo Request",
    icmp.TIME_EXCEEDED: "Time Exceeded",
    icmp.PARAMETER_PROBLEM: "Parameter Problem",
    icmp.TIMESTAMP: "Timestamp Request",
    icmp.TIMESTAMP_REPLY: "Timestamp Reply",
    icmp.INFO_REQUEST: "Information Request",
    icmp.INFO_REPLY: "Information Reply",
    icmp.ADDRESS: "Address Mask Request",
    icmp.ADDRESS_REPLY: "Address Mask Reply",
}


def _as_written(_: Machine, address: str) -> int:
    return ip_int(address)


class BusyboxPing(PingApp[PingResult]):
    """busybox ping.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    count : requests to send, 0 for no end; interval, timeout : seconds
    size : payload bytes; ttl : None for the system's
    source : own address or device (``-I``); deadline : seconds (``-w``), 0 for none; pattern : payload byte (``-p``)
    quiet : print no replies; adaptive : send again as soon as a reply is here (``-A``)
    """

    request_kind = icmp.ECHO
    _timed: icmp.TimedEchoes | None = None
    """Makes requests whose payload has room for the clock."""

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        count: int = 0,
        interval: float = 1.0,
        size: int = 56,
        ttl: int | None = None,
        timeout: float = 10.0,
        source: str | None = None,
        deadline: float = 0,
        pattern: int = 0,
        quiet: bool = False,
        adaptive: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        check_positive("the interval between pings (s)", interval)
        check_positive("the timeout of a ping (s)", timeout)
        if not 0 <= size <= 65535 or count < 0:
            raise MacvsimError(f"a ping carries 0 to 65535 bytes, not {size}, and its count is 0 or more, not {count}")
        super().__init__(box, PingResult(box.sim, box.ns, target, target, size), stdout, stderr)
        self.count = count
        self.interval = duration(interval)
        self.timeout = duration(timeout)
        self.source = source
        self.adaptive = adaptive
        self.quiet = quiet
        self._deadline_us = self.clock_us + int(deadline * 1_000_000) if deadline else None
        self._least = size + icmp.HLEN - ipv4.HLEN
        """Bytes without which an answer is none; ping counts the IP header among them."""
        self._ident = (self.pid & 0xFFFF).to_bytes(2, "little")
        template = self._new_template()
        if size >= MIN_DATA_WITH_CLOCK:
            tail = bytes((pattern,)) * (size - MIN_DATA_WITH_CLOCK)
            self._timed = icmp.TimedEchoes(template, self.request_kind, _number(self._ident), tail)
        else:
            self._template = template
            self._sent_ns: dict[int, int] = {}
        self._seen = bytearray(MAX_DUP_CHK)
        """Whether each sequence number was answered, of the last so many."""
        self._to = 0
        self._ttl = ttl
        self._socket: RawIcmpSocket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    # -- sending -------------------------------------------------------------------------------------------------------

    def _new_template(self) -> bytes:
        return icmp_template(icmp.ECHO)

    def main(self) -> None:
        result = self._result
        sock = RawIcmpSocket(self.ns, self._receive, wanted=self._is_mine, broadcast=True, ttl=self._ttl)
        self._socket = sock
        origin = ""
        if self.source is not None and self.source in self.ns.devices:
            sock.bind_device(self.source)
        elif self.source is not None:
            address = self._resolve(self.source, _as_written)
            if address is None:
                return
            origin = f" from {ip_text(address)}"
        to = self._resolve(result.target, resolve)
        if to is None:
            return
        self._to = to
        result.address = ip_text(to)
        self._print(f"PING {result.target} ({result.address}){origin}: {result.size} data bytes\n")
        try:
            if origin:
                sock.bind_address(ip_int(self.source or ""))
        except SocketError as error:
            self._fail(f"bind: {error}")
            return
        self._send()

    def _resolve(self, name: str, how: Callable[[Machine, str], int]) -> int | None:
        """An address, or None when the program has ended because it is not one."""
        try:
            return how(self.box, name)
        except MacvsimError:
            self._fail(f"bad address '{name}'")
            return None

    def _send(self) -> None:
        """One echo request, and the alarm for what comes next (sendping4, sendping_tail)."""
        if self._deadline_us is not None and self.clock_us >= self._deadline_us:
            self._tally.sent += 1
            self._finish()
            return
        message, uid = self._request()
        assert self._socket is not None
        try:
            self._socket.send(self._to, message, uid)
        except SocketError as error:
            self._result.errors.append(PingError(self._tally.sent - 1 & 0xFFFF, "", None, 0, str(error)))
            self._fail(f"sendto: {error}")
            return
        if not self.count or self._tally.sent < self.count:
            self.set_alarm(self.interval, self._send)
            return
        self.set_alarm(self._patience(), self._finish)

    def _patience(self) -> int:
        """How long to wait for replies after the last request."""
        return max(self._trips.greatest // (512 * 1024), 1) * SECOND if self._tally.received else self.timeout

    def _request(self) -> tuple[bytes, int]:
        """The next request, and its identity."""
        tally, sim = self._tally, self.sim
        now = sim._now
        seq = tally.sent & 0xFFFF
        self._seen[seq % MAX_DUP_CHK] = False
        tally.sent += 1
        stamp = now // US & 0xFFFFFFFF
        if self._timed is not None:
            message = self._timed.make(seq, stamp)
        else:
            self._sent_ns[seq] = now
            payload = stamp.to_bytes(4, "little")[: self._result.size]
            message = icmp.message(self._template, self.request_kind, 0, _number(self._ident) << 16 | seq, payload)
        uid = next(sim.uids)
        tally.requests.append(uid)
        return message, uid

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _is_mine(self, message: bytes) -> bool:
        return message[4:6] == self._ident and message[0] != icmp.ECHO

    def _receive(self, heard: Heard) -> None:
        """unpack4, unpack_tail."""
        source, message, ttl, options = heard
        tally = self._tally
        size = len(message)
        if self.code is not None or size + len(options) < self._least:
            return
        now = self.sim._now
        if size >= _TIMED:
            kind, high, low, then = _read(message)
            seq, rtt = high << 8 | low, (now // US - then & 0xFFFFFFFF) * US
        else:
            kind, seq = message[0], _number(message[6:8])
            rtt = now - self._sent_ns.get(seq, now)
        if kind:  # not an echo reply
            name = TYPE_NAMES.get(message[0], "unknown ICMP type")
            self._complain(f"warning: got ICMP {message[0]} ({name})")
            return
        mark = seq % MAX_DUP_CHK
        duplicate = self._seen[mark] != 0
        if duplicate:
            self._repeats += 1
        else:
            self._seen[mark] = True
            tally.received += 1
        sender = self._result.address if source == self._to else ip_text(source)
        reply = (seq, sender, ttl, rtt, size, duplicate)
        tally.kept.append(reply)
        if not self.quiet:
            tally.pieces.append(reply)
            if self._stdout is not None:
                self._stdout(self._result.line(Reply._make(reply)))
        if self.count and tally.received >= self.count:
            self._finish()
        elif self.adaptive:
            self._send()

    # -- printing ------------------------------------------------------------------------------------------------------

    def _fail(self, text: str) -> None:
        self._complain(text)
        self._end(1)

    def _finish(self) -> None:
        """print_stats_and_exit."""
        tally = self._tally
        lost = (tally.sent - tally.received) * 100 // tally.sent if tally.sent else 0
        repeats = f"{self._repeats} duplicates, " if self._repeats else ""
        text = (
            f"\n--- {self._result.target} ping statistics ---\n"
            f"{tally.sent} packets transmitted, {tally.received} packets received, {repeats}{lost}% packet loss\n"
        )
        trips = self._trips
        if trips.number:
            shown = (trips.least, trips.total // (tally.received + self._repeats), trips.greatest)
            text += f"round-trip min/avg/max = {'/'.join(map(milliseconds, shown))} ms\n"
        self._print(text)
        short = self._deadline_us is not None and tally.received < self.count
        self._end(1 if not tally.received or short else 0)


__all__ = ["BusyboxPing", "PingError", "PingResult", "Reply"]
