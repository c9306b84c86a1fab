"""traceroute for Linux 2.1 by Dmitry Butskoy, as Debian has it: UDP with rising ports, or ICMP echo.

It keeps several probes under way at a time, prints them in order, and guesses for how long it makes sense to wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import NamedTuple

from macvsim.apps.base import Machine, Sink, resolve
from macvsim.apps.traceroute import FIRST_PORT, Tracer, Waiting
from macvsim.apps.traceroute_probes import LONG_AGO, Probe, Probes
from macvsim.engine.sim import MS, SECOND, US
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import Heard, IcmpError, RawIcmpSocket, UdpSocket
from macvsim.wire import icmp, ipv4
from macvsim.wire.compose import icmp_template

UDP_HEADER = 8
DEFAULT_SIZE = 60
_MARKS = {0: "!N", 1: "!H", 2: "!P", 3: "", 5: "!S", 6: "!N", 7: "!H", 8: "!N", 9: "!X", 10: "!X", 11: "!N", 12: "!H",
          13: "!X", 14: "!V", 15: "!C"}  # fmt: skip


class Answer(NamedTuple):
    """What a socket has got about a probe; `error` None: a plain reply."""

    seq: int
    sender: int
    arrived: int
    ttl: int
    error: tuple[int, int, int] | None


class Failed(Exception):
    """A system call has failed: the program says which, and ends."""


@contextmanager
def system_call(name: str) -> Iterator[None]:
    try:
        yield
    except SocketError as error:
        raise Failed(f"{name}: {error}") from None


class LinuxTraceroute(Tracer[Answer]):
    """traceroute of Debian.

    Parameters
    ----------
    target : dotted address, or a name the box can resolve
    echo : ICMP echo requests instead of UDP (``-I``)
    first_ttl, max_ttl, probes : per hop; together : probes under way at a time (``-N``)
    wait : seconds for an answer; here, near : but no more than so many times what the same hop, a next hop took
    pause : seconds between probes (``-z``); port : of the first probe, or first sequence number (``-p``)
    size : of the packets; uncut : no router may cut them (``-F``)
    tos, source, device, numeric : as the options ``-t -s -i -n``
    """

    ip_header = 20
    transit = (icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED)
    """Type and code of what routers answer."""

    def __init__(
        self,
        box: Machine,
        target: str,
        *,
        echo: bool = False,
        first_ttl: int = 1,
        max_ttl: int = 30,
        probes: int = 3,
        together: int = 16,
        wait: float = 5.0,
        here: float = 3.0,
        near: float = 10.0,
        pause: float = 0.0,
        port: int = 0,
        size: int = DEFAULT_SIZE,
        uncut: bool = False,
        tos: int = 0,
        source: str | None = None,
        device: str | None = None,
        numeric: bool = False,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        super().__init__(box, target, stdout, stderr)
        self.echo = echo
        self.max_ttl = max_ttl
        self.per_hop = probes
        self.together = together
        self.pause = round(pause * SECOND)
        self.size = max(size, self.ip_header + UDP_HEADER)
        self._uncut = uncut
        self.tos = tos
        self.source = source
        self.device = device
        self.numeric = numeric
        self._seq = port or (1 if echo else FIRST_PORT)
        self._start = (first_ttl - 1) * probes
        self._probes = Probes(max_ttl, probes, round(wait * SECOND), here, near)
        self._echo_socket: RawIcmpSocket | None = None
        self._ident = self.pid & 0xFFFF

    def close(self) -> None:
        for probe in self._probes.probes:
            if probe.sock is not None:
                probe.sock.close()
        if self._echo_socket is not None:
            self._echo_socket.close()

    # -- the loop ------------------------------------------------------------------------------------------------------

    def trace(self) -> Waiting:
        try:
            self._to = self._find()
        except MacvsimError:
            self.complain(f"{self.target}: Temporary failure in name resolution\n")
            self.ending = 2
            return
        try:
            if self.echo:
                self._open_echo()
            self.say(f"traceroute to {self.target} ({self.name(self._to, True)}), {self.max_ttl} hops max, ")
            self.say(f"{self.size} byte packets")
            yield from self._loop()
            self.say("\n")
        except Failed as failed:
            self.complain(f"\n{failed}\n")
            self.ending = 1

    def _loop(self) -> Waiting:
        """Send, wait, print (do_it)."""
        start, end = self._start, len(self._probes)
        last_sent = LONG_AGO
        while start < end:
            now = int(self.sim.now)
            wake: int | None = None
            under_way = 0
            n = start
            while n < end:
                probe = self._probes[n]
                if n == start and not probe.done and probe.sent is not None:
                    expires = probe.sent + self._probes.patience(n)
                    if expires > now:
                        wake = expires
                    else:
                        self._finish(probe)
                        self._probes.expired(n)
                        probe = self._probes[n]
                if probe.done:
                    if n == start:
                        self._print(n)
                        start += 1
                    if probe.final:
                        end = (n // self.per_hop + 1) * self.per_hop
                    n += 1
                    continue
                if probe.sent is None:
                    if self.pause and last_sent + self.pause > now:
                        wake = last_sent + self.pause
                        break
                    self._send(probe, n // self.per_hop + 1)
                    last_sent = int(self.sim.now)
                    yield self.sim.timeout(0)  # what comes back at once is there when the system call returns
                if wake is None:
                    assert probe.sent is not None
                    wake = probe.sent + self._probes.patience(n)
                under_way += 1
                n += 1
                if under_way >= self.together:
                    break
            if wake is not None:
                yield from self.poll(ceil(max(wake - int(self.sim.now), 0) / MS))
                self._read()

    # -- sockets -------------------------------------------------------------------------------------------------------

    def _find(self) -> int:
        """Address of the target; `MacvsimError` when there is none."""
        return resolve(self.box, self.target)

    def _open_echo(self) -> None:
        """The one socket of ICMP."""
        sock = RawIcmpSocket(self.ns, self._echo_reply, self._echo_error, frozenset((icmp.ECHO_REPLY,)))
        sock.wanted = lambda message: int.from_bytes(message[4:6], "big") == self._ident
        try:
            self._tune(sock)
            with system_call("connect"):
                sock.route(self._to)
            sock.is_connected = True
        except Failed:
            sock.close()
            raise
        self._echo_socket = sock

    def _tune(self, sock: RawIcmpSocket | UdpSocket) -> None:
        """Device, source, and whether packets may be cut (tune_socket)."""
        sock.pmtu_discover = "probe" if self._uncut else "dont"
        sock.tos = self.tos
        if self.device is not None:
            with system_call("setsockopt SO_BINDTODEVICE"):
                sock.bind_device(self.device)
        if self.source is not None:
            with system_call("bind"):
                sock.bind_address(resolve(self.box, self.source))

    def _send(self, probe: Probe, ttl: int) -> None:
        """One probe: a socket and a port of its own, or the next sequence number."""
        seq = self._seq & 0xFFFF
        self._seq += 1
        data = bytes(0x40 + (i & 0x3F) for i in range(self.size - self.ip_header))
        probe.seq = seq
        probe.sent = int(self.sim.now)
        if self.echo:
            self._send_echo(seq, ttl, data[icmp.HLEN :])
        else:
            self._send_udp(probe, ttl, data[:-UDP_HEADER])

    def _send_echo(self, seq: int, ttl: int, data: bytes) -> None:
        assert self._echo_socket is not None
        self._echo_socket.ttl = ttl
        message = icmp.message(icmp_template(icmp.ECHO), icmp.ECHO, 0, self._ident << 16 | seq, data)
        with self._sending(self._echo_socket, seq):
            self._echo_socket.send(self._to, message, self.sim.born())

    def _send_udp(self, probe: Probe, ttl: int, data: bytes) -> None:
        sock = UdpSocket(self.ns, on_error=lambda error: self._udp_error(probe, error))
        sock.on_receive = lambda payload, sender, port, packet: self._udp_reply(probe, sender, packet)
        probe.sock = sock
        sock.recverr = True
        self._tune(sock)
        sock.ttl = ttl
        with system_call("connect"):
            sock.connect(self._to, probe.seq)
        with self._sending(sock, probe.seq):
            sock.send(data)

    @contextmanager
    def _sending(self, sock: RawIcmpSocket | UdpSocket, seq: int) -> Iterator[None]:
        """A packet too long for our own device is an error that nobody sent."""
        try:
            with system_call("send"):
                yield
        except Failed:
            mtu = sock.route(self._to).mtu
            if not self._uncut or self.size <= mtu:
                raise
            self.arrive(Answer(seq, 0, self._arrived(), 0, (icmp.DEST_UNREACH, icmp.FRAG_NEEDED, mtu)))

    def _arrived(self) -> int:
        """When the kernel got what the program reads now (SO_TIMESTAMP)."""
        return int(self.sim.now) - self.ns.wakeup_delay

    def _udp_error(self, probe: Probe, error: IcmpError) -> None:
        self._error(probe.seq, error)

    def _udp_reply(self, probe: Probe, sender: int, packet: Packet) -> None:
        self.arrive(Answer(probe.seq, sender, self._arrived(), packet.data[8], None))

    def _echo_reply(self, heard: Heard) -> None:
        sender, message, ttl, _ = heard
        if sender == self._to:  # the socket is connected
            self.arrive(Answer(message[6] << 8 | message[7], sender, self._arrived(), ttl, None))

    def _echo_error(self, error: IcmpError) -> None:
        hlen = (error.quoted[0] & 15) * 4
        if ipv4.addresses(error.quoted)[1] == self._to:
            self._error(int.from_bytes(error.quoted[hlen + 6 : hlen + 8], "big"), error)

    def _error(self, seq: int, error: IcmpError) -> None:
        if error.kind not in (icmp.SOURCE_QUENCH, icmp.REDIRECT):
            what = (error.kind, error.code, error.info)
            self.arrive(Answer(seq, error.sender, self._arrived(), error.ttl, what))

    def _read(self) -> None:
        """Read what sockets have: all of the many of UDP, one message of the one of ICMP (recv_reply)."""
        answers = self.inbox[:1] if self.echo else self.inbox[:]
        del self.inbox[: len(answers)]
        for answer in answers:
            probe = self._probes.by_seq(answer.seq)
            if probe is None:
                continue
            probe.arrived = answer.arrived
            probe.sender = answer.sender
            probe.ttl = answer.ttl
            if answer.error is None:
                probe.final = True
            elif answer.error[:2] != self.transit:
                probe.final = True
                probe.mark = self.mark(*answer.error)
            self._finish(probe)

    def _finish(self, probe: Probe) -> None:
        """No more is expected of a probe (probe_done)."""
        if probe.sock is not None:
            probe.sock.close()
            probe.sock = None
        probe.seq = 0
        probe.done = True

    # -- printing ------------------------------------------------------------------------------------------------------

    def _print(self, n: int) -> None:
        """One probe: the address where it differs from the one before, time, mark (print_probe)."""
        probe = self._probes[n]
        first = n - n % self.per_hop
        text = f"\n{n // self.per_hop + 1:2d} " if n == first else ""
        if not probe.sender:
            text += " *"
            if not probe.mark:
                self.say(text)
                return
        elif probe.sender != self._probes.sender_before(n):
            text += f" {self.name(probe.sender, self.numeric)}"
        trip = (probe.arrived or 0) // US - (probe.sent or 0) // US
        self.say(f"{text}  {trip // 1000}.{trip % 1000:03d} ms{' ' + probe.mark if probe.mark else ''}")

    @staticmethod
    def mark(kind: int, code: int, info: int) -> str:
        """What is printed behind the time of an error (parse_icmp_res)."""
        if kind != icmp.DEST_UNREACH:
            return f"!<{kind}-{code}>"
        if code == icmp.FRAG_NEEDED:
            return f"!F-{info & 0xFFFF}"
        return _MARKS.get(code, f"!<{code}>")
