"""Parts of iputils' ping: the window of sequence numbers, the clock, and how the socket is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from macvsim.engine.sim import MS, SECOND
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import RawIcmpSocket, Socket
from macvsim.wire.addr import ip_int, ip_text, is_multicast_ip

_SEQ_HALF = 0x7FFF


class Fatal(Exception):
    """What ping says before it exits with 2."""


class Window:
    """Which requests are under way, by 16-bit sequence numbers (ping.h: in_flight, acknowledge, advance_ntransmitted).

    sent, failed : requests, and errors about them; pipe : how many were under way at most when an answer came
    """

    def __init__(self) -> None:
        self.sent = 0
        self.failed = 0
        self.pipe = -1
        self._acked = 0

    def advance(self) -> None:
        """One more request was sent."""
        self.sent += 1
        if (self.sent & 0xFFFF) - self._acked > _SEQ_HALF:
            self._acked = self.sent + 1 & 0xFFFF

    def in_flight(self, received: int) -> int:
        """How many requests behind the latest answer."""
        behind = (self.sent & 0xFFFF) - self._acked
        return behind if 0 <= behind <= _SEQ_HALF else self.sent - received - self.failed

    def acknowledge(self, seq: int) -> None:
        """A reply to a request, or an error about it."""
        sent = self.sent & 0xFFFF
        behind = sent - seq & 0xFFFF
        if behind <= _SEQ_HALF:
            self.pipe = max(self.pipe, behind + 1)
            if 0 < (seq - self._acked & 0xFFFF) <= _SEQ_HALF or sent - self._acked > _SEQ_HALF:
                self._acked = seq


def elapsed_ms(now: int, then: int) -> int:
    """Milliseconds between two times, from differences of seconds and of nanoseconds, each cut towards zero."""
    seconds, rest = now // SECOND - then // SECOND, now % SECOND - then % SECOND
    return seconds * 1000 + (rest // MS if rest >= 0 else -(-rest // MS))


class SocketChoice(NamedTuple):
    """What the user wants of the socket: ``-I -B -b -M -t -Q``, not ``-L``."""

    source: str | None
    sticky: bool
    broadcast: bool
    pmtu: str | None
    ttl: int | None
    tos: int
    multicast_loop: bool


def configure(sock: RawIcmpSocket, choice: SocketChoice, to: int, complain: Callable[..., None]) -> tuple[int, str]:
    """Choose the source and set the options (ping4_run); raises `Fatal`.

    Returns
    -------
    The address to ping, which is an own one instead of 0.0.0.0, and the words about the source in the first line.
    """
    device, source = None, 0
    if choice.source is not None:
        try:
            source = ip_int(choice.source)
        except MacvsimError:
            device = choice.source
    strict = choice.sticky or bool(source)
    if device is not None:
        try:
            sock.bind_device(device)
        except SocketError as error:
            raise Fatal(f"SO_BINDTODEVICE {device}: {error}") from None
    if not source:
        source = _probe(sock, choice, to, complain)
        if sock.device is not None and not any(a.local == source for a in sock.device.inet.addresses):
            complain(f"Warning: source address might be selected on device other than: {device}")
    to = to or source
    if choice.pmtu or choice.broadcast or is_multicast_ip(to):
        sock.pmtu_discover = choice.pmtu or "do"
    if strict:
        try:
            sock.bind_address(source)
        except SocketError as error:
            raise Fatal(f"bind: {error}") from None
    if choice.ttl == 0:
        raise Fatal("cannot set unicast time-to-live: Invalid argument")
    sock.broadcast = choice.broadcast
    sock.multicast_loop = choice.multicast_loop
    sock.tos = choice.tos
    sock.ttl = choice.ttl
    return to, f"from {ip_text(source)} {device or ''}: " if device is not None or strict else ""


def _probe(sock: Socket, choice: SocketChoice, to: int, complain: Callable[..., None]) -> int:
    """Connect another socket to the target to learn the source address, and whether the target is a broadcast."""
    probe = Socket(sock.ns)
    probe.device = sock.device
    try:
        try:
            return probe.route(to).src
        except SocketError as error:
            if error.errno != "EACCES":
                raise
        if not choice.broadcast:
            raise Fatal("Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
        complain("WARNING: pinging broadcast address", tag="")
        probe.broadcast = True
        return probe.route(to).src
    except SocketError as error:
        raise Fatal(f"connect: {error}") from None
