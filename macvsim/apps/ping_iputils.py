"""ping of iputils 20240905, as Debian has it (ping/ping.c, ping/ping_common.c)."""

from __future__ import annotations

from math import isqrt

from macvsim.apps.base import Machine, Sink, inet_aton, name_of, poll_time, resolve
from macvsim.apps.ping_iputils_parts import Fatal, SocketChoice, Window, configure, elapsed_ms
from macvsim.apps.ping_iputils_text import CLOCK_SIZE, IputilsResult, error_text, recorded_route
from macvsim.apps.ping_result import PingApp, PingError, Reply, milliseconds
from macvsim.engine.sim import MS, SECOND, US
from macvsim.engine.wheel import Timer
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import Heard, IcmpError, RawIcmpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_text, is_multicast_ip
from macvsim.wire.compose import icmp_template

MIN_INTERVAL = 10
MAX_RETRY = 500
_TOLD = ("ENOBUFS", "EMSGSIZE")
"""Of other refusals something is said only where an entry in the error queue explains them (REJECT in OUTPUT)."""
NOTHING_TO_SEND = 1000
CLOCK_TICKS = 100
_SCREEN = 80
_MOST_OPTIONS = 40


class IputilsPing(PingApp[IputilsResult]):
    """ping of iputils.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    count : replies (or errors) to wait for, 0 for no end
    interval, timeout (``-W``), deadline (``-w``, 0: none) : seconds
    size : payload bytes; ttl, tos, ident : None, 0 and None for the system's, none, and a random one
    source : own address or device (``-I``); sticky : keep the source chosen at first (``-B``)
    pmtu : ``do``, ``dont``, ``want``; broadcast : allow it (``-b``); preload : requests sent at once (``-l``)
    pattern : payload bytes, repeated (``-p``); numeric, lookup : names of replies never, always (``-n -H``)
    quiet, outstanding, precise, audible : ``-q -O -3 -a``; flood, adaptive, stamped, verbose : ``-f -A -D -v``
    user_latency : until the program has the reply (``-U``); record_route : ``-R``; unlooped : ``-L``
    """

    clock_size = CLOCK_SIZE

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        count: int = 0,
        interval: float = 1.0,
        size: int = 56,
        ttl: int | None = None,
        tos: int = 0,
        timeout: float = 10.0,
        deadline: int = 0,
        source: str | None = None,
        sticky: bool = False,
        pmtu: str | None = None,
        broadcast: bool = False,
        preload: int = 1,
        pattern: bytes = b"",
        ident: int | None = None,
        quiet: bool = False,
        numeric: bool = False,
        lookup: bool = False,
        outstanding: bool = False,
        precise: bool = False,
        audible: bool = False,
        flood: bool = False,
        adaptive: bool = False,
        stamped: bool = False,
        verbose: bool = False,
        user_latency: bool = False,
        record_route: bool = False,
        unlooped: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        if not 0 <= size <= 65507 or count < 0 or interval < 0 or timeout < 0:
            raise MacvsimError(f"a ping carries 0 to 65507 bytes, not {size}; its count and times are 0 or more")
        super().__init__(box, IputilsResult(box.sim, box.ns, target, target, size), stdout, stderr)
        self.count = count
        self.interval = int(interval * 1000)
        self.linger = int(timeout * 1000)
        self.deadline = deadline
        self.preload = preload
        self.quiet = quiet
        self.outstanding = outstanding
        self._result.machine = box
        self._result.numeric = numeric
        self._lookup = lookup
        self._flood = flood
        self._adaptive = adaptive
        self._shows_gap = flood or adaptive or not self.interval
        self._stamped = stamped
        self._user_latency = user_latency
        self._record_route = record_route
        self._old_route: list[int] = []
        self._mean = 0
        """Exponentially weighted mean of the round trips in us, in eighths."""
        self._result.precise = precise
        self._result.bell = "\a" if audible else ""
        filling = (pattern * (size // len(pattern) + 1))[:size] if pattern else bytes(i & 0xFF for i in range(size))
        self._pattern = pattern
        self._timing = size >= CLOCK_SIZE
        self._filling = filling[CLOCK_SIZE:] if self._timing else filling
        self._ident = self.sim.rng(f"ping/{self.ns.name}").randrange(0x10000) if ident is None else ident
        if verbose:
            self._result.shown_ident = self._ident
        self._template = icmp_template(icmp.ECHO)
        self._choice = SocketChoice(source, sticky, broadcast, pmtu, ttl, tos, not unlooped)
        self._window = Window()
        self._to = 0
        self._cur: int | None = None
        self._begin = 0
        self._tokens = 0
        self._no_room = 0
        """How often in a row the device dropped a request and said so."""
        self._refused: tuple[int, SocketError] | None = None
        """The sequence number of the last request the own host refused, and how."""
        self._lingering = False
        self._turn = 0
        self._seen: set[int] = set()
        self._sent_ns: dict[int, int] = {}
        self._wait_timer = Timer(self.sim, self._wait_over)
        self._socket: RawIcmpSocket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._wait_timer.stop()

    # -- before the first request --------------------------------------------------------------------------------------

    def main(self) -> None:
        """ping4_run, setup, and into the main loop."""
        result = self._result
        if self._pattern and not self.quiet:
            self._print(f"PATTERN: 0x{self._pattern.hex()}\n")
        unknown = self._find()
        if unknown:
            self._die(unknown)
            return
        try:
            rest = self._open()
        except Fatal as error:
            self._die(str(error))
            return
        self._print(f"PING {result.target} {rest}")
        self._begin = int(self.sim.now)
        if self.deadline:
            self.set_alarm(self.deadline * SECOND, self._finish)
        self._loop()

    def _find(self) -> str:
        """The target's address; returns what is wrong with the word, if anything."""
        result = self._result
        try:
            self._to = resolve(self.box, result.target)
        except MacvsimError:
            return f"{result.target}: Temporary failure in name resolution"
        if inet_aton(result.target) is None:
            result.target = name_of(self.box, self._to) or result.target  # the canonical one
        elif not self._lookup:
            result.numeric = True
        return ""

    def _open(self) -> str:
        """Open the socket; returns the rest of the first line."""
        sock = self._socket = RawIcmpSocket(
            self.ns, self._receive, self._error, frozenset((icmp.ECHO_REPLY, icmp.REDIRECT))
        )
        sock.wanted = self._is_mine
        self._to, origin = configure(sock, self._choice, self._to, self._complain)
        result = self._result
        result.group = self._choice.broadcast or is_multicast_ip(self._to)
        result.address = ip_text(self._to)
        sock.record_route = self._record_route
        length = result.size + ipv4.HLEN + icmp.HLEN + (_MOST_OPTIONS if self._record_route else 0)
        return f"({result.address}) {origin}{result.size}({length}) bytes of data.\n"

    # -- the main loop -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        """Send what is due, then wait for replies (main_loop)."""
        tally = self._tally
        if (self.count and tally.received + self._window.failed >= self.count) or (
            self.deadline and self._window.failed
        ):
            self._finish()
            return
        wait = 0
        while wait <= 0:
            wait = self._pinger()
            if self.count and tally.sent >= self.count and not self.deadline:
                wait = self._schedule_exit(wait)
        self._turn += 1
        longest = max(self.interval, MIN_INTERVAL)
        spins = wait < longest and wait <= 1000 // CLOCK_TICKS and not self._window.in_flight(tally.received)
        self._wait_timer.stop()  # every call of recvmsg() has a timer of its own
        if wait >= longest or (not spins and not self.interval):
            self._wait_timer.start(-(-longest * self.sim.hz // 1000))
            return
        self.after(wait * MS if spins else poll_time(max(wait, MIN_INTERVAL)), self._go_on, self._turn)

    def _wait_over(self) -> None:
        """SO_RCVTIMEO: the kernel timer has fired, the program is woken."""
        self.after(0, self._go_on, self._turn)

    def _go_on(self, turn: int) -> None:
        if turn == self._turn:
            self._loop()

    def _read_on(self) -> None:
        """A message has been read: what else is queued at this moment is read first, unless nothing is in flight."""
        if self._window.in_flight(self._tally.received):
            self.after(0, self._go_on, self._turn)
        else:
            self._loop()

    def _pinger(self) -> int:
        """Send a request if it is time; returns the milliseconds to wait until the next (pinger)."""
        tally = self._tally
        if self.count and tally.sent >= self.count and not self.deadline:
            return NOTHING_TO_SEND
        now = int(self.sim.now)
        if self._cur is None:
            self._cur = now
            self._tokens = self.interval * (self.preload - 1)
        else:
            elapsed = elapsed_ms(now, self._cur)
            if not self.interval and elapsed < MIN_INTERVAL and self._window.in_flight(tally.received) >= self.preload:
                return MIN_INTERVAL - elapsed
            elapsed = min(elapsed + self._tokens, self.interval * self.preload)
            if elapsed < self.interval:
                return self.interval - elapsed
            self._cur = now
            self._tokens = elapsed - self.interval
        if self.outstanding and tally.sent and tally.sent & 0xFFFF not in self._seen:
            self._print(f"{self._stamp()}no answer yet for icmp_seq={tally.sent % 0x10000}\n")
        refused = self._send(now)
        if refused is None:
            return self.interval - self._tokens
        self._tokens = 0
        return refused

    def _send(self, now: int) -> int | None:
        """One echo request; when the own host refuses it, the milliseconds to wait before anything else is sent
        (ping4_send_probe).
        """
        result = self._result
        seq = self._tally.sent + 1 & 0xFFFF
        self._seen.discard(seq)
        self._sent_ns[seq] = now
        payload = self._filling
        if self._timing:
            seconds, rest = divmod(now, SECOND)
            payload = seconds.to_bytes(8, "little") + (rest // US).to_bytes(8, "little") + payload
        uid = self.sim.born()
        try:
            self._emit(self._ident << 16 | seq, payload, uid)
        except SocketError as error:
            if error.errno == "ENOBUFS":  # the device drops: wait for it, but no longer than for an answer
                retry = min(max(self.interval // 2, MIN_INTERVAL), MAX_RETRY)
                self._no_room += 1
                if self._no_room * retry < self.linger:
                    return retry
            result.errors.append(PingError(seq, "", None, 0, str(error)))
            self._refused = (seq, error)
            if error.errno == "EMSGSIZE":
                self._window.failed += 1
            if error.errno in _TOLD and not self.quiet:
                if self._flood:
                    self._print("E")
                else:
                    self._complain(f"sendmsg: {error}")
            self._count_sent(uid)
            return max(self.interval, MIN_INTERVAL)
        self._no_room = 0
        self._count_sent(uid)
        few = max(self.preload, self._window.pipe) < _SCREEN or self._window.in_flight(self._tally.received) < _SCREEN
        if self._flood and not self.quiet and few:
            self._print(".")
        return None

    def _emit(self, rest: int, payload: bytes, uid: int) -> None:
        """Hand the request to the socket; `rest` is the second word of its header."""
        assert self._socket is not None
        self._socket.send(self._to, icmp.message(self._template, icmp.ECHO, 0, rest, payload), uid)

    def _count_sent(self, uid: int) -> None:
        """One more request is out, or counts as if it were."""
        self._tally.requests.append(uid)
        self._tally.sent += 1
        self._window.advance()

    def _schedule_exit(self, wait: int) -> int:
        """All are sent: SIGALRM ends the waiting (__schedule_exit)."""
        if self._lingering:
            return wait
        if self._tally.received:
            linger = max(2 * self._trips.greatest, 1000 * self.interval)
        else:
            linger = self.linger * 1000
        self._lingering = bool(linger)
        if linger:
            self.set_alarm(linger * US, self._give_up)
        return max(wait, linger // 1000)

    def _give_up(self) -> None:
        """SIGALRM: what the kernel has for the program by now is read before it ends."""
        if self._window.in_flight(self._tally.received):
            self.after(self.ns.wakeup_delay, self._finish)
        else:
            self._finish()

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _is_mine(self, message: bytes) -> bool:
        if message[0] == icmp.REDIRECT:
            quoted = message[icmp.HLEN :]
            hlen = (quoted[0] & 15) * 4 if quoted else 0
            if len(quoted) < hlen + icmp.HLEN or quoted[9] != ipv4.PROTO_ICMP:
                return False
            return ipv4.addresses(quoted)[1] == self._to and self._is_mine(quoted[hlen:])
        return int.from_bytes(message[4:6], "big") == self._ident

    def _receive(self, heard: Heard) -> None:
        """A reply or a redirect is read from the socket (ping4_parse_reply)."""
        source, message, ttl, options = heard
        if self.code is not None:
            return
        if message[0] == icmp.REDIRECT:
            self._redirected(source, message)
        else:
            self._gather(self._result.address if source == self._to else ip_text(source), message, ttl, options)
        self._read_on()

    def _redirected(self, source: int, message: bytes) -> None:
        if self.quiet:
            return
        quoted = message[icmp.HLEN :]
        request = quoted[(quoted[0] & 15) * 4 :]
        text = error_text(message[0], message[1], int.from_bytes(message[4:8], "big"))
        sender = self._result.name(ip_text(source))
        self._print(f"From {sender}: icmp_seq={int.from_bytes(request[6:8], 'big')} {text}\n")

    def _gather(self, sender: str, message: bytes, ttl: int, options: bytes = b"") -> None:
        """gather_statistics; the time of arrival is the kernel's (SO_TIMESTAMP), not the program's."""
        result = self._result
        arrived = int(self.sim.now) - (0 if self._user_latency else self.ns.wakeup_delay)
        seq = message[6] << 8 | message[7]
        self._window.acknowledge(seq)
        if self._timing and len(message) >= icmp.HLEN + CLOCK_SIZE:
            sent_us = int.from_bytes(message[8:16], "little") * 1_000_000 + int.from_bytes(message[16:24], "little")
            trip = max(arrived // US - sent_us, 0)
            rtt = trip * US
            self._mean = self._mean + trip - self._mean // 8 if self._mean else trip * 8
            if self._adaptive:
                self.interval = (self._mean // 8 + 500) // 1000
        else:
            rtt = arrived - self._sent_ns.get(seq, arrived)
        duplicate = seq in self._seen
        if duplicate:
            self._repeats += 1
        else:
            self._seen.add(seq)
            self._tally.received += 1
        kept = (seq, sender, ttl, rtt, len(message), duplicate)
        self._tally.kept.append(kept)
        if self.quiet:
            return
        if self._flood:
            self._print("\b \b")
        elif self._stamped or self._record_route:
            route = self._route_text(options) if self._record_route else ""
            self._print(f"{self._stamp()}{result.line(Reply._make(kept)).removesuffix(chr(10))}{route}\n")
        else:
            self._print_reply(kept)

    def _stamp(self) -> str:
        """The time of day, if it is to be printed (print_timestamp)."""
        if not self._stamped:
            return ""
        seconds, rest = divmod(self.box.wall_clock, SECOND)
        return f"[{seconds}.{rest // US:06d}] "

    def _route_text(self, options: bytes) -> str:
        """The addresses that a reply has collected (pr_options)."""
        route = recorded_route(options)
        if not route:
            return ""
        if route == self._old_route:
            return "\t(same route)"
        self._old_route = route
        return "\nRR: " + "".join(f"\t{self._result.name(ip_text(address))}\n" for address in route)

    def _error(self, error: IcmpError) -> None:
        """An ICMP error from the socket's error queue (ping4_receive_error_msg)."""
        quoted = error.quoted
        request = quoted[(quoted[0] & 15) * 4 :]
        if self.code is not None or error.kind == icmp.SOURCE_QUENCH:
            return
        if ipv4.addresses(quoted)[1] == self._to and request[:1] == b"\x08":
            seq = int.from_bytes(request[6:8], "big")
            self._window.acknowledge(seq)
            self._window.failed += 1
            text = error_text(error.kind, error.code, error.info)
            sender = ip_text(error.sender)
            self._result.errors.append(PingError(seq, sender, error.kind, error.code, text))
            if self._flood and not self.quiet:
                self._print("\bE")
            elif not self.quiet:
                self._print(f"{self._stamp()}From {self._result.name(sender)} icmp_seq={seq} {text}\n")
                if self._refused is not None and self._refused[0] == seq:
                    self._complain(f"sendmsg: {self._refused[1]}")
        self._read_on()

    # -- printing ------------------------------------------------------------------------------------------------------

    def _die(self, text: str) -> None:
        self._complain(text)
        self._end(2)

    def _finish(self) -> None:
        """The statistics (finish)."""
        result, tally = self._result, self._tally
        lines = [
            f"\n--- {result.target} ping statistics ---\n{tally.sent} packets transmitted, {tally.received} received"
        ]
        if self._repeats:
            lines.append(f", +{self._repeats} duplicates")
        if self._window.failed:
            lines.append(f", +{self._window.failed} errors")
        if tally.sent:
            took = (self._cur or 0) - self._begin
            spent = took // SECOND * 1000 + (took % SECOND + 500_000) // MS
            lines.append(f", {result.loss:g}% packet loss, time {spent}ms")
        lines.append("\n")
        notes = []
        if tally.received and self._timing:
            notes.append(f"rtt min/avg/max/mdev = {self._deviation()} ms")
        if self._window.pipe > 1:
            notes.append(f"pipe {self._window.pipe}")
        if tally.received and self._shows_gap and tally.sent > 1:
            gap = ((self._cur or 0) - self._begin) // US // (tally.sent - 1)
            notes.append(f"ipg/ewma {milliseconds(gap)}/{milliseconds(self._mean // 8)} ms")
        lines.append(", ".join(notes) + "\n")
        self._print("".join(lines))
        short = self.deadline and tally.received < self.count
        self._end(1 if not tally.received or short else 0)

    def _deviation(self) -> str:
        """Least, mean, greatest round trip and their standard deviation, all integer arithmetic."""
        trips = self._trips
        number = self._tally.received + self._repeats
        squares = sum(trip * trip for trip in trips.all)
        variance = max(squares - trips.total * trips.total // number, 0) // number
        return "/".join(milliseconds(t) for t in (trips.least, trips.total // number, trips.greatest, isqrt(variance)))
