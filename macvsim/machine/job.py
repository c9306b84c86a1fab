"""A running program: a simpy process that can be waited for and killed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.errors import MacvsimError
from macvsim.machine.call import Waiting
from macvsim.machine.host import Box, Result
from macvsim.machine.streams import Sink

SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGUSR1, SIGUSR2, SIGPIPE, SIGTERM = 1, 2, 3, 9, 10, 12, 13, 15
SIGNALS = {
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "KILL": SIGKILL, "USR1": SIGUSR1, "USR2": SIGUSR2, "PIPE": SIGPIPE,
    "ALRM": 14, "TERM": SIGTERM,
}  # fmt: skip
"""The signals that end a program that does not catch them; others are not simulated."""


def signal_of(interrupt: simpy.Interrupt) -> int:
    """The number of the signal that an interrupt stands for."""
    return int(interrupt.cause or SIGTERM)


class Killed(int):
    """Exit code of a program that a signal ended: 128 + its number; a shell says so."""

    @property
    def signal(self) -> int:
        return self - 128


class Job:
    """A command line, or a part of one, that runs by itself.

    Attributes
    ----------
    done : simpy event (a process) that happens when it has ended
    code : exit code then, 128 + the signal's number if a signal ended it; None before
    signal : the last signal sent to it; None for none
    text : the command as it was written
    """

    def __init__(
        self,
        box: Box,
        body: Callable[[Job], Waiting],
        stdout: Sink | None = None,
        stderr: Sink | None = None,
        text: str = "",
    ) -> None:
        self.box = box
        self.pid = box.kernel.next_pid()
        self.text = text
        self.code: int | None = None
        self.signal: int | None = None
        self._out: list[str] = []
        self._err: list[str] = []
        self._stdout = stdout
        self._stderr = stderr
        box.kernel.processes[self.pid] = self
        self.done: simpy.Process = box.sim.process(self._main(body))

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return "".join(self._out)

    @property
    def stderr(self) -> str:
        """What it has complained about so far."""
        return "".join(self._err)

    def out(self, text: str) -> None:
        """Its standard output."""
        self._out.append(text)
        if self._stdout is not None:
            self._stdout(text)

    def err(self, text: str) -> None:
        """Its standard error."""
        self._err.append(text)
        if self._stderr is not None:
            self._stderr(text)

    def kill(self, signal: int = SIGTERM) -> None:
        """Send a signal: the waiting command gets `simpy.Interrupt` with the signal's number as its cause."""
        if self.code is not None or not self.done.is_alive:
            return
        self.signal = signal
        if self.box.sim.active_process is self.done:
            raise simpy.Interrupt(signal)
        self.done.interrupt(signal)

    def result(self) -> Result:
        """What it printed, and its exit code; `MacvsimError` while it is running."""
        if self.code is None:
            raise MacvsimError(f"{self.box.name}: process {self.pid} is still running: wait for it, or kill it")
        return Result(self.stdout, self.stderr, self.code)

    def wait(self) -> Waiting:
        """Wait for its end as its parent: signals go on to it, and then end the parent too."""
        try:
            if self.code is None:
                yield self.done
        except simpy.Interrupt as interrupt:
            self.kill(signal_of(interrupt))
            if self.code is None:
                yield self.done
            raise
        assert self.code is not None
        return self.code

    def _main(self, body: Callable[[Job], Waiting]) -> Generator[simpy.Event, Any, int]:
        try:
            self.code = yield from body(self)
        except simpy.Interrupt as interrupt:
            self.code = Killed(128 + signal_of(interrupt))
        finally:
            del self.box.kernel.processes[self.pid]
        return self.code
