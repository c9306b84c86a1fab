"""traceroute: what the two versions share, and the one of busybox 1.37 (networking/traceroute.c)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeVar

import simpy

from macvsim.apps.base import App, Machine, Sink, name_of, poll_time, resolve
from macvsim.engine.sim import MS
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import Heard, RawIcmpSocket, UdpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.addr import ip_int, ip_text

FIRST_PORT = 33434
DATA_SIZE = 18
HEADERS = 28
TIMER_SLACK = 50_000
_MARKS = {0: "!N", 1: "!H", 2: "!P", 5: "!S", 6: "!U", 7: "!U", 8: "!I", 9: "!A", 10: "!C", 11: "!T", 12: "!T",
          13: "!A", 14: "!V", 15: "!C"}  # fmt: skip

Waiting = Generator[simpy.Event, Any, None]
Item = TypeVar("Item")


class Tracer(App, Generic[Item]):
    """A program that waits in poll() for items that sockets put into `inbox`."""

    def __init__(self, box: Machine, target: str, stdout: Sink | None, stderr: Sink | None) -> None:
        super().__init__(box, stdout, stderr)
        self.target = target
        self.inbox: list[Item] = []
        self.pieces: list[str] = []
        self._to = 0
        self._woken: simpy.Event | None = None

    @property
    def text(self) -> str:
        """Everything printed, in order."""
        return "".join(self.pieces)

    def main(self) -> None:
        self.sim.process(self._life())

    def _life(self) -> Waiting:
        for event in self.trace():
            yield event
            if self.code is not None:
                return
        self.exit(self.ending)

    ending = 0
    """Exit code when the tracing is over."""

    def trace(self) -> Waiting:
        """The program."""
        raise NotImplementedError

    def poll(self, milliseconds: int) -> Waiting:
        """Wait until something is in the inbox, or for that long."""
        if not self.inbox:
            self._woken = self.sim.event()
            yield self._woken | self.sim.timeout(poll_time(milliseconds))
            self._woken = None

    def arrive(self, item: Item) -> None:
        """A socket has something."""
        if self.code is None:
            self.inbox.append(item)
            if self._woken is not None and not self._woken.triggered:
                self._woken.succeed()

    def name(self, ip: int, numeric: bool) -> str:
        """An address as it is printed: with its name, if names are wanted."""
        text = ip_text(ip)
        return text if numeric else f"{name_of(self.box, ip) or text} ({text})"

    def say(self, text: str) -> None:
        self.pieces.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def complain(self, text: str) -> None:
        self.pieces.append(text)
        if self._stderr is not None:
            self._stderr(text)


class BusyboxTraceroute(Tracer[Heard]):
    """traceroute of busybox, one probe at a time.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    first_ttl, max_ttl, probes : per hop; wait : seconds for an answer; pause : ms between the probes of a hop
    port : of the first probe is one more than this; size : of the packets; tos : of the probes
    source, device : own address (``-s``) and device (``-i``); numeric : no names
    """

    tag = "traceroute"
    passed: int = icmp.TIME_EXCEEDED
    """Type of what routers answer."""
    reached: tuple[int, ...] = (icmp.PORT_UNREACH, icmp.PROT_UNREACH)
    """Codes of what the target answers."""

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        first_ttl: int = 1,
        max_ttl: int = 30,
        probes: int = 3,
        wait: int = 5,
        pause: int = 0,
        port: int = FIRST_PORT,
        size: int = HEADERS + DATA_SIZE,
        tos: int = 0,
        source: str | None = None,
        device: str | None = None,
        numeric: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        super().__init__(box, target, stdout, stderr)
        self.first_ttl = first_ttl
        self.max_ttl = max_ttl
        self.probes = probes
        self.wait = wait
        self.pause = pause
        self.port = port
        self.size = size
        self.source = source
        self.device = device
        self.numeric = numeric
        self._seq = 0
        self._last: int | None = None
        self._tos = tos
        self._out: UdpSocket
        self._in: RawIcmpSocket

    def close(self) -> None:
        self._out.close()
        self._in.close()

    def main(self) -> None:
        self._out = UdpSocket(self.ns)
        self._out.tos = self._tos
        self._in = RawIcmpSocket(self.ns, self.arrive)
        super().main()

    def trace(self) -> Waiting:
        error = self._open()
        if error:
            self.complain(f"{self.tag}: {error}\n")
            self.ending = 1
            return
        origin = f" from {self.source}" if self.source is not None else ""
        self.say(f"traceroute to {self.target} ({self.name(self._to, True)}){origin}, ")
        self.say(f"{self.max_ttl} hops max, {self.size} byte packets\n")
        for ttl in range(self.first_ttl, self.max_ttl + 1):
            self.say(f"{ttl:2d}")
            self._last = None
            reached = False
            unreachable = 0
            for probe in range(self.probes):
                if probe and self.pause:
                    yield self.sim.timeout(self.pause * MS + TIMER_SLACK)
                try:
                    self._send(ttl)
                except SocketError as failure:
                    self.complain(f"{self.tag}: sendto: {failure}\n")
                    self.ending = 1
                    return
                answer = yield from self._answer()
                if answer is None:
                    self.say("  *")
                elif answer >= 0:
                    reached = reached or answer in self.reached
                    unreachable += answer not in self.reached
            self.say("\n")
            if reached or (unreachable and unreachable >= self.probes - 1):
                return

    def _open(self) -> str:
        """Resolve, connect the sending socket, bind the receiving one; returns what is wrong, or nothing."""
        try:
            self._to = resolve(self.box, self.target)
        except MacvsimError:
            return f"bad address '{self.target}'"
        if self.device is not None:
            try:
                self._out.bind_device(self.device)
            except SocketError as error:
                self.complain(f"traceroute: can't bind to interface {self.device}: {error}\n")
        try:
            if self.source is not None:
                self._out.bind_address(ip_int(self.source))
        except SocketError:
            return "can't set multicast source interface"
        except MacvsimError:
            return f"bad address '{self.source}'"
        try:
            self._out.connect(self._to, self.port)
        except SocketError as error:
            return f"can't connect to remote host ({ip_text(self._to)}): {error}"
        self._in.source = self._out.source
        return ""

    def _send(self, ttl: int) -> None:
        self._seq += 1
        self._out.ttl = ttl
        payload = bytes((self._seq & 0xFF, ttl & 0xFF)) + bytes(self.size - HEADERS - 2)
        self._out.send_to(payload, self._to, self.port + self._seq & 0xFFFF)

    def _answer(self) -> Generator[simpy.Event, Any, int | None]:
        """Wait for the answer to the probe just sent and print it: -1 for a router's, the code of an unreachable, or
        None.
        """
        sent = seen = self.clock_us
        left = self.wait * 1000
        while left >= 0:
            yield from self.poll(left)
            if not self.inbox:
                return None
            heard = self.inbox.pop(0)
            now = self.clock_us
            left -= (now - seen) // 1000
            seen = now
            message = heard[1]
            if self._is_answer(message):
                self._print_answer(heard, now - sent)
                return -1 if message[0] == self.passed else message[1]
        return None

    def _is_answer(self, message: bytes) -> bool:
        """True for an error about the latest probe (packet4_ok)."""
        if message[0] != icmp.DEST_UNREACH and (message[0], message[1]) != (icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED):
            return False
        quoted = message[icmp.HLEN :]
        hlen = (quoted[0] & 15) * 4 if quoted else 0
        if len(quoted) < hlen + 4 or quoted[9] != ipv4.PROTO_UDP:
            return False
        return int.from_bytes(quoted[hlen + 2 : hlen + 4], "big") == self.port + self._seq & 0xFFFF

    def _print_answer(self, heard: Heard, trip: int) -> None:
        sender, message, ttl, _ = heard
        if sender != self._last:
            self.say(f"  {self.name(sender, self.numeric)}")
            self._last = sender
        mark = ""
        if message[0] == icmp.DEST_UNREACH:
            code = message[1]
            if code == icmp.PORT_UNREACH:
                mark = " !" if ttl <= 1 else ""
            elif code == icmp.FRAG_NEEDED:
                mark = f" !F-{int.from_bytes(message[6:8], 'big')}"
            else:
                mark = f" {_MARKS.get(code, f'!<{code}>')}"
        self.say(f"  {trip // 1000}.{trip % 1000:03d} ms{mark}")
