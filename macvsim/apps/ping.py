"""ping as busybox has it (networking/ping.c of busybox 1.37), and what a ping of any kind comes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from macvsim.apps.base import App, Machine, Sink, check_positive, duration
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.namespace import Namespace
from macvsim.net.packet import Packet
from macvsim.net.socket import RawIcmpSocket
from macvsim.sim import SECOND, US, Sim
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_int, ip_text
from macvsim.wire.compose import icmp_template

if TYPE_CHECKING:
    from macvsim.explain import Explanation

MAX_DUP_CHK = 8 * 128
MIN_DATA_WITH_CLOCK = 4
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


class Reply(NamedTuple):
    """One echo reply: whose, and the round trip in ns as the program measured it; `size` is the length of the ICMP
    message in bytes.
    """

    seq: int
    sender: str
    ttl: int
    rtt_ns: int
    size: int
    duplicate: bool


class PingError(NamedTuple):
    """Why a request failed, as ping was told: by an ICMP error of `sender`, or by its own host (`kind` None)."""

    seq: int
    sender: str
    kind: int | None
    code: int
    text: str


class PingResult:
    """What a ping came to.  True if anything was answered; as text, what the program printed.

    target, address : as typed, and the address it stands for; size : payload bytes
    sent, received : requests and their replies, duplicates not counted
    replies, errors : in order of arrival; requests : packet identities (uid) in order of sending
    ttl : of the first reply, None without one; code : exit code of the program, None while it runs
    """

    def __init__(self, sim: Sim, ns: Namespace, target: str, address: str, size: int) -> None:
        self.sim = sim
        self.ns = ns
        self.target = target
        self.address = address
        self.size = size
        self.sent = 0
        self.received = 0
        self.replies: list[Reply] = []
        self.errors: list[PingError] = []
        self.requests: list[int] = []
        self.code: int | None = None
        self.pieces: list[str | Reply] = []
        """What was printed, replies still to be written out: see `text`."""

    def __bool__(self) -> bool:
        return self.received > 0

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        ttl = f", ttl {self.ttl}" if self.replies else ""
        failed = f", {len(self.errors)} errors" if self.errors else ""
        return f"<ping {self.ns.name} -> {self.target}: {self.received}/{self.sent} received{ttl}{failed}>"

    @property
    def text(self) -> str:
        """Everything printed, standard output and standard error, in order."""
        return "".join(piece if isinstance(piece, str) else self.line(piece) for piece in self.pieces)

    def line(self, reply: Reply) -> str:
        """How the program prints a reply; the one here is busybox's."""
        time = ""
        if reply.size >= icmp.HLEN + MIN_DATA_WITH_CLOCK:
            trip = reply.rtt_ns // US
            time = f" time={trip // 1000}.{trip % 1000:03d} ms"
        mark = " (DUP!)" if reply.duplicate else ""
        return f"{reply.size} bytes from {reply.sender}: seq={reply.seq} ttl={reply.ttl}{time}{mark}\n"

    @property
    def ttl(self) -> int | None:
        """Time to live of the first reply."""
        return self.replies[0].ttl if self.replies else None

    @property
    def rtts(self) -> list[int]:
        """Round trips in ns, duplicates left out."""
        return [reply.rtt_ns for reply in self.replies if not reply.duplicate]

    @property
    def loss(self) -> float:
        """Percentage of requests without a reply; 0 when nothing was sent."""
        return (self.sent - self.received) * 100 / self.sent if self.sent else 0.0

    def explain(self) -> Explanation:
        """Why it was answered or not, read from the journal."""
        from macvsim.explain import explain_ping

        return explain_ping(self)


class BusyboxPing(App):
    """busybox ping.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    count : requests to send, 0 for no end; interval, timeout : seconds
    size : payload bytes; ttl : None for the system's
    source : own address or device (``-I``); deadline : seconds (``-w``), 0 for none; pattern : payload byte (``-p``)
    quiet : print no replies; adaptive : send again as soon as a reply is here (``-A``)
    """

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
        if not 0 <= size <= 65507 or count < 0:
            raise MacvsimError(f"a ping carries 0 to 65507 bytes, not {size}, and its count is 0 or more, not {count}")
        super().__init__(box, stdout, stderr)
        self.count = count
        self.interval = duration(interval)
        self.timeout = duration(timeout)
        self.source = source
        self.adaptive = adaptive
        self.quiet = quiet
        self._result = PingResult(self.sim, self.ns, target, target, size)
        self._deadline_us = self.clock_us + int(deadline * 1_000_000) if deadline else None
        self._filling = bytes((pattern,)) * size
        self._ident = (self.pid & 0xFFFF).to_bytes(2, "little")
        self._head = int.from_bytes(self._ident, "big") << 16
        self._template = icmp_template(icmp.ECHO)
        self._sent_ns: dict[int, int] = {}
        self._seen: set[int] = set()
        self._timed = False
        self._tmin = self._tmax = self._tsum = 0
        self._repeats = 0
        self._to = 0
        self._socket = RawIcmpSocket(self.ns, self._receive)
        self._socket.wanted = self._is_mine
        self._socket.broadcast = True
        self._socket.ttl = ttl

    def result(self) -> PingResult:
        """What it has come to so far."""
        return self._result

    def close(self) -> None:
        self._socket.close()

    # -- sending -------------------------------------------------------------------------------------------------------

    def main(self) -> None:
        result = self._result
        origin = ""
        if self.source is not None and self.source in self.ns.devices:
            self._socket.bind_device(self.source)
        elif self.source is not None:
            address = self._resolve(self.source, ip_int)
            if address is None:
                return
            origin = f" from {ip_text(address)}"
        to = self._resolve(result.target, self.box.resolve)
        if to is None:
            return
        self._to = to
        result.address = ip_text(to)
        self._print(f"PING {result.target} ({result.address}){origin}: {result.size} data bytes\n")
        try:
            if origin:
                self._socket.bind_address(ip_int(self.source or ""))
        except SocketError as error:
            self._fail(f"bind: {error}")
            return
        self._send()

    def _resolve(self, name: str, how: Callable[[str], int]) -> int | None:
        """An address, or None when the program has ended because it is not one."""
        try:
            return how(name)
        except MacvsimError:
            self._fail(f"bad address '{name}'")
            return None

    def _send(self) -> None:
        """One echo request, and the alarm for what comes next (sendping4, sendping_tail)."""
        result = self._result
        seq = result.sent & 0xFFFF
        now = int(self.sim.now)
        clock = now // US
        filling = self._filling
        payload = (clock & 0xFFFFFFFF).to_bytes(4, "little") + filling[4:]
        if len(filling) < MIN_DATA_WITH_CLOCK:
            payload = payload[: len(filling)]
        self._seen.discard(seq % MAX_DUP_CHK)
        result.sent += 1
        self._sent_ns[seq] = now
        if self._deadline_us is not None and clock >= self._deadline_us:
            self._finish()
            return
        uid = self.sim.born()
        result.requests.append(uid)
        try:
            self._socket.send(self._to, icmp.message(self._template, icmp.ECHO, 0, self._head | seq, payload), uid)
        except SocketError as error:
            result.errors.append(PingError(seq, "", None, 0, str(error)))
            self._fail(f"sendto: {error}")
            return
        if not self.count or result.sent < self.count:
            self.set_alarm(self.interval, self._send)
            return
        wait = self.timeout
        if result.received:
            wait = max(self._tmax // (512 * 1024), 1) * SECOND
        self.set_alarm(wait, self._finish)

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _is_mine(self, message: bytes) -> bool:
        return message[4:6] == self._ident and message[0] != icmp.ECHO

    def _receive(self, packet: Packet, message: bytes) -> None:
        """unpack4, unpack_tail."""
        result = self._result
        data = packet.data
        if self.code is not None or len(data) < result.size + icmp.HLEN:
            return
        if message[0] != icmp.ECHO_REPLY:
            name = TYPE_NAMES.get(message[0], "unknown ICMP type")
            self._complain(f"warning: got ICMP {message[0]} ({name})")
            return
        seq = message[6] << 8 | message[7]
        now = int(self.sim.now)
        if len(message) >= icmp.HLEN + MIN_DATA_WITH_CLOCK:
            trip = now // US - int.from_bytes(message[8:12], "little") & 0xFFFFFFFF
            self._tsum += trip
            self._tmin = min(self._tmin, trip) if self._timed else trip
            self._tmax = max(self._tmax, trip)
            self._timed = True
            rtt = trip * US
        else:
            rtt = now - self._sent_ns.get(seq, now)
        mark = seq % MAX_DUP_CHK
        duplicate = mark in self._seen
        if duplicate:
            self._repeats += 1
        else:
            self._seen.add(mark)
            result.received += 1
        sender, _ = ipv4.addresses(data)
        text = result.address if sender == self._to else ip_text(sender)
        reply = Reply(seq, text, data[8], rtt, len(message), duplicate)
        result.replies.append(reply)
        if not self.quiet:
            result.pieces.append(reply)
            if self._stdout is not None:
                self._stdout(result.line(reply))
        if self.count and result.received >= self.count:
            self._finish()
        elif self.adaptive:
            self._send()

    # -- printing ------------------------------------------------------------------------------------------------------

    def _print(self, text: str) -> None:
        self._result.pieces.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def _complain(self, text: str) -> None:
        line = f"ping: {text}\n"
        self._result.pieces.append(line)
        if self._stderr is not None:
            self._stderr(line)

    def _fail(self, text: str) -> None:
        self._complain(text)
        self._end(1)

    def interrupt(self) -> None:
        self._finish()

    def _finish(self) -> None:
        """print_stats_and_exit."""
        result = self._result
        lost = (result.sent - result.received) * 100 // result.sent if result.sent else 0
        lines = [
            f"\n--- {result.target} ping statistics ---\n",
            f"{result.sent} packets transmitted, {result.received} packets received, ",
            f"{self._repeats} duplicates, " if self._repeats else "",
            f"{lost}% packet loss\n",
        ]
        if self._timed:
            trips = (self._tmin, self._tsum // (result.received + self._repeats), self._tmax)
            lines.append(
                f"round-trip min/avg/max = {'/'.join(f'{trip // 1000}.{trip % 1000:03d}' for trip in trips)} ms\n"
            )
        self._print("".join(lines))
        short = self._deadline_us is not None and result.received < self.count
        self._end(1 if not result.received or short else 0)

    def _end(self, code: int) -> None:
        self._result.code = code
        self.exit(code)


__all__ = ["BusyboxPing", "PingError", "PingResult", "Reply"]
