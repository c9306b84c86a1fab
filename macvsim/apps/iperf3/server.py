"""iperf3 as a server (iperf_server_api.c): one test after the other."""

from __future__ import annotations

from contextlib import suppress
from errno import EINVAL

import simpy

from macvsim.apps.iperf3.cjson import Object
from macvsim.apps.iperf3.client import UDP_CONNECT, UDP_REPLY
from macvsim.apps.iperf3.control import CLOSED, COOKIE, IESETMSS, Control, Failed, State, Steps
from macvsim.apps.iperf3.session import Session
from macvsim.apps.iperf3.settings import TCP_BLOCK, UDP_BLOCK, Settings
from macvsim.apps.iperf3.stream import Stream, TcpStream, UdpStream
from macvsim.apps.iperf3.test import Test
from macvsim.apps.netio import accept, changed, receive, send_all
from macvsim.errors import SocketError
from macvsim.net.packet import Packet
from macvsim.net.socket import UdpSocket
from macvsim.net.tcp.socket import TcpSocket
from macvsim.wire.addr import ip_text

_BACKLOG = 5
_WRONG = "unable to receive parameters from client"


class Server(Session):
    """Listens, and plays what clients ask for."""

    client = False
    signed_off = State.SERVER_TERMINATE
    listener: TcpSocket | None = None

    def open(self) -> None:
        """Listen; `Failed` where the address is taken, or none of this machine."""
        try:
            self.listener = self._listener(Settings())
        except SocketError as error:
            raise Failed(f"unable to start listener for connections: {error}\niperf3: exiting") from None

    def _listener(self, settings: Settings) -> TcpSocket:
        sock = TcpSocket(self.box.ns, dual=not self.words.source)
        try:
            self.options(sock, settings)
            sock.bind(self.words.source, self.words.port)
            sock.listen(_BACKLOG)
        except (SocketError, Failed):
            sock.close()
            raise
        return sock

    def close(self) -> None:
        super().close()
        if self.listener is not None:
            self.listener.close()

    def main(self) -> Steps[int]:
        if self.listener is None:
            self.open()
        if not self.words.json:
            self.text.version(self.words.system)
        number = 1
        while True:
            if not self.words.json:
                self.text.listening(self.words.port, number)
            ended = 0
            try:
                yield from self._serve()
            except Failed as failed:
                self.fail(failed)
                ended = 1
            else:
                if self.words.json:
                    self.print_document()
            if self.test is not None:
                self.test.close()
                self.test = None
            if self.words.one_off:
                return ended
            number += 1
            self._renew()
            tuned = self.listener
            assert tuned is not None
            if tuned.user_mss or tuned.no_delay or tuned.sized:
                tuned.close()
                self.listener = self._listener(Settings())

    def _serve(self) -> Steps[None]:
        """One test."""
        assert self.listener is not None
        sock = yield from accept(self.listener)
        control = Control(sock)
        test = self.test = Test(self.box, Settings(), control, self.words.interval, client=False)
        host, port = ip_text(sock.peer()[0]), sock.peer()[1]
        cookie = yield from control.read(COOKIE)
        yield from control.send(State.PARAM_EXCHANGE)
        said = yield from control.read_json(_WRONG)
        try:
            settings = test.settings = Settings.of(said)
        except (TypeError, ValueError, OverflowError):
            raise Failed(_WRONG) from None
        settings.length = settings.length or (UDP_BLOCK if settings.udp else TCP_BLOCK)
        self.text.title = settings.title
        if settings.wants_output and not self.words.json:
            self.text.kept = []
        if settings.mss or settings.no_delay or settings.window:
            yield from self._tune(control, settings)
        udp = self._udp_socket(settings) if settings.udp else None
        listening = self.listener if udp is None else udp
        self.structured.listens(test, listening.buffers)
        self.report.connected(test, host, port, cookie, 0)
        yield from control.send(State.CREATE_STREAMS)
        if settings.udp:
            self.report.buffers(test, listening.buffers)
        while len(test.streams) < settings.streams:
            stream = yield from (self._tcp(test, cookie) if udp is None else self._udp(test, udp))
            if stream is None:
                continue
            test.streams.append(stream)
            self.report.stream(stream)
            if settings.udp and len(test.streams) < settings.streams:
                udp = self._udp_socket(settings)
        yield from control.send(State.TEST_START)
        self.begin(test)
        yield from control.send(State.TEST_RUNNING)
        yield from self._play(test)

    def _tune(self, control: Control, settings: Settings) -> Steps[None]:
        """A new listening socket, which hands these options on to its connections."""
        assert self.listener is not None
        self.listener.close()
        try:
            self.listener = self._listener(settings)
        except Failed:
            self.listener = self._listener(Settings())
            yield from control.send_refusal(IESETMSS, EINVAL)
            # errno is that of the next call that failed
            raise Failed("unable to set TCP/SCTP MSS: Bad file descriptor") from None

    def _play(self, test: Test) -> Steps[None]:
        """From the first block to the client's last word."""
        control = test.control
        while True:
            assert self.listener is not None
            try:
                state = yield from self.next_state(control, [self._another], test.due)
            except Failed as failed:
                if str(failed) == CLOSED:
                    raise Failed("the client has unexpectedly closed the connection", "") from None
                raise
            yield from self._refuse()
            if state is None:
                test.tick()
            elif state == State.TEST_END:
                yield from self._finish(test)
            elif state == State.IPERF_DONE:
                return
            elif state == State.CLIENT_TERMINATE:
                if test.running:
                    test.stop()
                    self.results(test)
                raise Failed("the client has terminated", "")

    def _finish(self, test: Test) -> Steps[None]:
        test.finish()
        for stream in test.streams:
            stream.close()
        self.results(test)
        output = Object()
        if test.settings.wants_output:
            if self.words.json:
                output.append(("server_output_json", self.structured.document))
            else:
                output.append(("server_output_text", "".join(self.text.kept or ())))
        yield from test.control.send(State.EXCHANGE_RESULTS)
        yield from test.exchange(output)
        yield from test.control.send(State.DISPLAY_RESULTS)

    # -- other clients -------------------------------------------------------------------------------------------------

    def _another(self) -> simpy.Event:
        assert self.listener is not None
        return changed(self.listener)

    def _refuse(self) -> Steps[None]:
        """A client that comes while a test runs is sent away."""
        assert self.listener is not None
        while (sock := self.listener.accept()) is not None:
            with suppress(SocketError):
                yield from send_all(sock, bytes([State.ACCESS_DENIED]))
            sock.close()

    # -- streams -------------------------------------------------------------------------------------------------------

    def _tcp(self, test: Test, cookie: bytes) -> Steps[Stream | None]:
        assert self.listener is not None
        sock = yield from accept(self.listener)
        try:
            sock.tos = test.settings.tos
            self._congestion(test, sock)
            said = b""
            while len(said) < COOKIE:
                part = yield from receive(sock, COOKIE - len(said))
                if not part:
                    raise SocketError("ECONNRESET")
                said += part
            if said != cookie:
                yield from send_all(sock, bytes([State.ACCESS_DENIED]))
                raise SocketError("EACCES")
        except SocketError:
            sock.close()
            return None
        except simpy.Interrupt:
            sock.close()
            raise
        at = len(test.streams)
        number = 5 + 3 * at - max(at - 2, 0)
        return TcpStream(sock, test.settings, number, 1 if not at else at + 2, sends=test.sends)

    def _congestion(self, test: Test, sock: TcpSocket) -> None:
        try:
            if test.settings.congestion:
                sock.set_congestion(test.settings.congestion)
        except SocketError:
            self.err("warning: TCP congestion control algorithm not supported\n")

    def _udp_socket(self, settings: Settings) -> UdpSocket:
        sock = UdpSocket(self.box.ns)
        sock.reuse_address = True
        try:
            self.options(sock, settings)
            sock.bind(self.words.source, self.words.port)
        except SocketError as error:
            raise Failed(f"unable to start stream listener: {error}") from None
        return sock

    def _udp(self, test: Test, sock: UdpSocket) -> Steps[Stream | None]:
        """The next client that speaks to the port gets a socket of its own."""
        heard = self.box.sim.event()

        def first(payload: bytes, address: int, port: int, _: Packet) -> None:
            if not heard.triggered and payload[:4] == UDP_CONNECT:
                heard.succeed((address, port))

        sock.on_receive = first
        try:
            address, port = yield heard
        except simpy.Interrupt:
            sock.close()
            raise
        sock.connect(address, port)
        sock.send(UDP_REPLY)
        at = len(test.streams)
        number = (5, 6, 9)[at] if at < 3 else 12 + 2 * (at - 3)
        return UdpStream(sock, test.settings, number, 1 if not at else at + 2, sends=test.sends)
