"""iperf3 as a client (iperf_client_api.c)."""

from __future__ import annotations

from collections.abc import Callable
from errno import errorcode

import simpy

from macvsim.apps.base import Machine, resolve
from macvsim.apps.iperf3.cjson import Object
from macvsim.apps.iperf3.control import IESETMSS, UNKNOWN, Control, Failed, State, Steps, new_cookie
from macvsim.apps.iperf3.session import Session, Words
from macvsim.apps.iperf3.settings import TCP_BLOCK, Settings
from macvsim.apps.iperf3.stream import PACE, TcpStream, UdpStream
from macvsim.apps.iperf3.test import Test
from macvsim.apps.netio import TimedOut, connect, send_all, wait
from macvsim.engine.sim import MS, SECOND
from macvsim.errors import MacvsimError, SocketError
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.socket import TcpSocket

UDP_CONNECT = b"9876"
UDP_REPLY = b"6789"
_REPLY_TIME = 30 * SECOND
_EXIT = MS
"""The time that a real program takes to end, and the next one to start: by then the server listens again."""
_FAR = "unable to connect to server - server may have stopped running or use a different port, firewall issue, etc.: "
_NEED_STREAMS = (State.TEST_START, State.TEST_RUNNING, State.EXCHANGE_RESULTS, State.DISPLAY_RESULTS)
_REFUSALS = {IESETMSS: "unable to set TCP/SCTP MSS"}
_TERMINATED = {
    State.SERVER_TERMINATE: "the server has terminated",
    State.ACCESS_DENIED: "the server is busy running a test. try again later",
}


class Client(Session):
    """Connects to the server `host`."""

    client = True
    signed_off = State.CLIENT_TERMINATE

    def __init__(
        self,
        box: Machine,
        words: Words,
        settings: Settings,
        host: str,
        out: Callable[[str], None],
        err: Callable[[str], None],
    ) -> None:
        super().__init__(box, words, out, err)
        self.settings = settings
        self.host = host
        self.ip = 0

    def run(self) -> Steps[int]:
        status = yield from super().run()
        yield self.box.sim.timeout(_EXIT)
        return status

    def main(self) -> Steps[int]:
        settings = self.settings
        if not self.words.json:
            self.text.version(self.words.system)
        sock = yield from self._open()
        control = Control(sock)
        test = self.test = Test(self.box, settings, control, self.words.interval, client=True)
        cookie = new_cookie(self.dice)
        yield from send_all(sock, cookie)
        assert sock.connection is not None
        mss = sock.connection.mss_cache
        if not settings.length:
            settings.length = mss if settings.udp else TCP_BLOCK
        self.report.control_mss(mss, sets_block=settings.udp and settings.length == mss)
        while True:
            state = yield from self.next_state(control, [], test.due)
            if state is None:
                yield from self._tick(test)
            elif state in _NEED_STREAMS and not test.streams:
                raise Failed(UNKNOWN)
            elif state == State.PARAM_EXCHANGE:
                yield from control.send_json(settings.parameters(), "unable to send parameters to server")
                self.report.connected(test, self.host, self.words.port, cookie, mss)
            elif state == State.CREATE_STREAMS:
                yield from self._create_streams(test, cookie)
            elif state == State.TEST_RUNNING:
                self.begin(test)
            elif state == State.EXCHANGE_RESULTS:
                yield from test.exchange(Object())
            elif state == State.DISPLAY_RESULTS:
                break
            elif state in _TERMINATED:
                self._cut_off(test)
                raise Failed(_TERMINATED[state])
            elif state == State.SERVER_ERROR:
                number, errno = yield from control.read_refusal()
                text = _REFUSALS.get(number, f"int_errno={number}")
                raise Failed(f"{text}: {SocketError(errorcode.get(errno, str(errno)))}")
        for stream in test.streams:
            stream.close()
        self.results(test)
        yield from control.send(State.IPERF_DONE)
        self._tell_pace(test)
        self.report.done(test)
        if self.words.json:
            self.print_document()
        return 0

    def _open(self) -> Steps[TcpSocket]:
        """The control connection."""
        words = self.words
        try:
            self.ip = resolve(self.box, self.host)
        except MacvsimError:
            raise Failed(f"{_FAR}Resource temporarily unavailable") from None
        sock = TcpSocket(self.box.ns)
        try:
            if words.device:
                sock.bind_device(words.device)
            if words.source:
                sock.bind(words.source, 0)
            yield from connect(sock, self.ip, words.port)
        except SocketError as error:
            sock.close()
            raise Failed(f"{_FAR}{error}") from None
        except simpy.Interrupt:
            sock.close()
            raise
        return sock

    def _tick(self, test: Test) -> Steps[None]:
        test.tick()
        if test.finished:
            test.finish()
            yield from test.control.send(State.TEST_END)

    def _cut_off(self, test: Test) -> None:
        """The server ends the test: the last report is repeated, with the figures so far."""
        if test.running:
            test.stop()
            self.results(test)

    def _tell_pace(self, test: Test) -> None:
        """Where nothing but the program's own pace held the sender back, the figures say nothing of the network.

        The end of a test by its size is noticed when an interval ends.
        """
        settings = test.settings
        size = sum(stream.result.size for stream in test.streams)
        slack = max(test.interval if settings.size or settings.blocks else 0, test.ended // 50)
        if not settings.rate and slack < test.ended < size * 8 * SECOND // PACE + slack:
            self.err(f"note: without -b a sender writes at most {PACE // 1_000_000} Mbit/s here\n")

    # -- streams -------------------------------------------------------------------------------------------------------

    def _create_streams(self, test: Test, cookie: bytes) -> Steps[None]:
        for at in range(self.settings.streams):
            number = 5 + 2 * at + (at > 2)
            ident = 1 if not at else at + 2
            if self.settings.udp:
                yield from self._udp(test, number, ident)
            else:
                yield from self._tcp(test, number, ident, cookie)
        for stream in test.streams:
            self.report.stream(stream)

    def _tcp(self, test: Test, number: int, ident: int, cookie: bytes) -> Steps[None]:
        sock = TcpSocket(self.box.ns)
        try:
            self._prepare(test, sock)
            yield from connect(sock, self.ip, self.words.port)
            yield from send_all(sock, cookie)
            yield from self._congestion(test, sock)
        except SocketError as error:
            sock.close()
            raise Failed(f"unable to connect stream: {error}") from None
        except (Failed, simpy.Interrupt):
            sock.close()
            raise
        test.streams.append(TcpStream(sock, self.settings, number, ident, sends=test.sends))

    def _prepare(self, test: Test, sock: TcpSocket | UdpSocket) -> None:
        """Options and address of a stream's socket; the first one's buffers are reported."""
        self.options(sock, self.settings)
        if self.words.source:
            sock.bind(self.words.source, 0)
        if not test.streams:
            self.report.buffers(test, sock.buffers)

    def _congestion(self, test: Test, sock: TcpSocket) -> Steps[None]:
        """The congestion control of -C; without it the test is called off."""
        try:
            if self.settings.congestion:
                sock.set_congestion(self.settings.congestion)
        except SocketError:
            yield from test.control.send(State.IPERF_DONE)
            raise Failed(
                "unable to set TCP_CONGESTION: Supplied congestion control algorithm not supported on this host"
            ) from None

    def _udp(self, test: Test, number: int, ident: int) -> Steps[None]:
        sock = UdpSocket(self.box.ns)
        answered = self.box.sim.event()

        def heard(*_: object) -> None:
            if not answered.triggered:
                answered.succeed()

        sock.on_receive = heard
        try:
            self._prepare(test, sock)
            sock.connect(self.ip, self.words.port)
            sock.send(UDP_CONNECT)
            yield from wait(self.box.sim, [answered], int(self.box.sim.now) + _REPLY_TIME)
        except (SocketError, TimedOut) as error:
            sock.close()
            why = "Resource temporarily unavailable" if isinstance(error, TimedOut) else str(error)
            raise Failed(f"unable to read from stream socket: {why}") from None
        except simpy.Interrupt:
            sock.close()
            raise
        test.streams.append(UdpStream(sock, self.settings, number, ident, sends=test.sends))
