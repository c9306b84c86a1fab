"""Parts of client and server: reports, errors, signals, and the loop of a running test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import simpy

from macvsim.apps.base import Machine
from macvsim.apps.iperf3.cjson import printed
from macvsim.apps.iperf3.control import Control, Failed, State, Steps
from macvsim.apps.iperf3.settings import Settings
from macvsim.apps.iperf3.structured import Structured
from macvsim.apps.iperf3.test import Test
from macvsim.apps.iperf3.text import Text
from macvsim.apps.netio import TimedOut, wait
from macvsim.engine.sim import SECOND
from macvsim.errors import SocketError
from macvsim.net.socket import Socket
from macvsim.net.tcp.socket import TcpSocket

_ENDING = frozenset((1, 2, 15))
"""SIGHUP, SIGINT, SIGTERM end a test in good order."""


@dataclass(frozen=True)
class Words:
    """The options of one side that are its own; `interval` is in ns, the address and device are of ``-B``.

    system : the machine as uname tells it
    """

    port: int = 5201
    interval: int = SECOND
    json: bool = False
    verbose: bool = False
    unit: str = "a"
    source: int = 0
    device: str = ""
    one_off: bool = False
    title: str = ""
    system: str = ""


class Session(ABC):
    """One side; `out` and `err` take its output."""

    client: bool
    signed_off: State
    """The state that tells the other side of a signal."""

    def __init__(self, box: Machine, words: Words, out: Callable[[str], None], err: Callable[[str], None]) -> None:
        self.box = box
        self.words = words
        self.out = out
        self.err = err
        self.test: Test | None = None
        self.dice = box.sim.rng(f"iperf3/{box.ns.name}")
        self._renew()

    def _renew(self) -> None:
        """Reports of a new test."""
        words = self.words
        self.text = Text(self.out, words.unit, verbose=words.verbose, client=self.client)
        self.text.title = words.title
        self.structured = Structured(words.system, client=self.client)
        self.report: Text | Structured = self.structured if words.json else self.text

    # -- the life of a program -----------------------------------------------------------------------------------------

    def run(self) -> Steps[int]:
        """All of it; the exit status."""
        try:
            return (yield from self.main())
        except Failed as failed:
            self.fail(failed)
            return 1
        except simpy.Interrupt as signal:
            if signal.cause not in _ENDING:
                raise
            self._terminate()
            return 1
        finally:
            self.close()

    @abstractmethod
    def main(self) -> Steps[int]:
        """All of it."""

    def close(self) -> None:
        """Close all sockets."""
        if self.test is not None:
            self.test.close()

    def fail(self, failed: Failed) -> None:
        """Tell of an error, and print the JSON document so far."""
        said = f"{failed.kind} - {failed}" if failed.kind else str(failed)
        if not self.words.json:
            self.err(f"iperf3: {said}\n")
            return
        self.structured.rest.append(("error", str(failed)))
        self.print_document()

    def print_document(self) -> None:
        """The JSON document of a test."""
        self.out(f"{printed(self.structured.document)}\n")

    def _terminate(self) -> None:
        """A signal ends the program: the figures so far are reported, and the other side is told (iperf_got_sigend)."""
        test = self.test
        if test is not None and test.running:
            test.finish()
            self.results(test)
        if test is not None and test.control.sock.connection is not None:
            with suppress(SocketError):
                test.control.sock.send(bytes([self.signed_off]))
        self.fail(Failed(f"the {'client' if self.client else 'server'} has terminated", "interrupt"))

    # -- steps of a test -----------------------------------------------------------------------------------------------

    def options(self, sock: Socket, settings: Settings) -> None:
        """Options of a stream's socket, before it connects or listens."""
        if self.words.device:
            sock.bind_device(self.words.device)
        sock.tos = settings.tos
        if not isinstance(sock, TcpSocket):
            return
        sock.reuse_address = True
        if settings.mss:
            try:
                sock.set_mss(settings.mss)
            except SocketError as error:
                raise Failed(f"unable to set TCP/SCTP MSS: {error}") from None
        sock.no_delay = settings.no_delay
        if settings.window:
            sock.set_buffers(settings.window)

    def begin(self, test: Test) -> None:
        """Streams send from now on."""
        test.on_interval = lambda: self.report.interval(test)
        self.report.starting(test)
        test.begin(self.dice)

    def results(self, test: Test) -> None:
        """The last interval, if it is worth it, and the figures of the whole test."""
        if test.last_is_worth_it:
            self.report.interval(test)
        self.report.results(test)

    def next_state(self, control: Control, more: list[Callable[[], simpy.Event]], until: int | None) -> Steps[Any]:
        """The next state; None if something else happened before, or the clock shows `until`."""
        state = control.state()
        if state is not None:
            return state
        events = [*control.changed(), *(event() for event in more)]
        with suppress(TimedOut):
            yield from wait(self.box.sim, events, until)
        return control.state()
