"""Traps: what a shell does when a signal comes, and at its end (POSIX.1-2017, trap; bash(1))."""

from __future__ import annotations

from typing import Protocol

import simpy

from macvsim.machine.call import Waiting
from macvsim.machine.job import SIGNALS, Job, Killed
from macvsim.machine.streams import Descriptors
from macvsim.shell.state import Exit, State


class _Scripts(Protocol):
    """The shell that has the traps."""

    state: State
    job: Job
    line: int

    def lines(self, text: str, streams: Descriptors, within: str = "", first: int = 1) -> Waiting: ...


NAMES = {number: name for name, number in SIGNALS.items()}


class SubshellKilled(Exception):
    """A signal ends a subshell that has no process of its own."""

    def __init__(self, traps: Traps, signal: int) -> None:
        super().__init__(signal)
        self.traps = traps
        self.status = Killed(128 + signal)


class Subprocess:
    """A subshell in the process of its parent, as ``kill`` finds it by BASHPID."""

    def __init__(self, job: Job, traps: Traps) -> None:
        self.job = job
        self.traps = traps
        self.box = job.box
        self.code: int | None = None

    def kill(self, signal: int) -> None:
        """Send a signal."""
        if self.traps.receive(signal):
            return
        if self.box.sim.active_process is self.job.done:
            raise SubshellKilled(self.traps, signal)
        self.job.kill(signal)


class Traps:
    """The traps of one shell.

    pending : signals that came and whose commands have not run; woken : happens when one comes
    """

    def __init__(self, shell: _Scripts) -> None:
        self._shell = shell
        self.pending: list[int] = []
        self.woken: simpy.Event | None = None
        self._running: set[str] = set()

    def has(self, name: str) -> bool:
        """True if a command is to run."""
        return bool(self._shell.state.traps.get(name))

    def receive(self, signal: int) -> bool:
        """A signal comes: True if the shell catches or ignores it."""
        name = NAMES.get(signal, "")
        if name in self._shell.state.ignored:
            return True
        text = self._shell.state.traps.get(name)
        if text:
            self.pending.append(signal)
            if self.woken is not None and not self.woken.triggered:
                self.woken.succeed()
        return text is not None

    def wait_woken(self) -> simpy.Event:
        """Happens when a trapped signal comes."""
        self.woken = self._shell.job.box.sim.event()
        return self.woken

    def run_pending(self, streams: Descriptors) -> Waiting:
        """Run the commands of the signals that came; the status stays what it was."""
        while self.pending:
            name = NAMES[self.pending.pop(0)]
            yield from self._run(name, streams)
        return 0

    def _run(self, name: str, streams: Descriptors) -> Waiting:
        shell, state = self._shell, self._shell.state
        text = state.traps.get(name, "")
        if not text or name in self._running:
            return 0
        status, line, pipe_status = state.status, shell.line, state.pipe_status
        self._running.add(name)
        try:
            within = "trap" if state.dialect.name == "bash" else ""
            yield from shell.lines(text, streams, within, line)
        finally:
            self._running.discard(name)
        state.status, shell.line, state.pipe_status = status, line, pipe_status
        return 0

    def exit(self, status: int, streams: Descriptors) -> Waiting:
        """The shell ends with a status: the trap of its end may change it."""
        state = self._shell.state
        text = state.traps.pop("EXIT", "")
        if text:
            state.status = status
            try:
                yield from self._shell.lines(text, streams)
            except Exit as leaving:
                return leaving.status
        return status

    def error(self, status: int, streams: Descriptors) -> Waiting:
        """A command failed where failures count: the trap ERR, in functions only with ``set -E``."""
        state = self._shell.state
        if state.frames and "E" not in state.options and not self._running:
            return 0
        if self.has("ERR"):
            yield from self._run("ERR", streams)
        return 0

    def debug(self, text: str, streams: Descriptors) -> Waiting:
        """A command is about to run."""
        state = self._shell.state
        if self.has("DEBUG") and not self._running and (not state.frames or "T" in state.options):
            state.command = text
            yield from self._run("DEBUG", streams)
        return 0

    def returned(self, streams: Descriptors) -> Waiting:
        """A function ends: the trap RETURN that was set in it."""
        if self.has("RETURN"):
            yield from self._run("RETURN", streams)
        return 0
