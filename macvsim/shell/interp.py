"""The shell: what runs command lines in boxes.

`Shell.run` and `Shell.spawn` are what the rest of macvsim uses; `run_in` is for commands that run other commands.
"""

from __future__ import annotations

from collections.abc import Mapping

from simpy.core import Infinity

from macvsim.engine.sim import SECOND
from macvsim.errors import BudgetExceeded, MacvsimError
from macvsim.machine.call import Call, Waiting
from macvsim.machine.execute import execute, run_in
from macvsim.machine.host import Box, Result, box_for
from macvsim.machine.job import SIGINT, SIGKILL, SIGTERM, CommandLine, Job, counted, end_all
from macvsim.machine.streams import NULL, Descriptors, Output, Sink, discard
from macvsim.shell.dialects import dialect_of
from macvsim.shell.interpreter import Interpreter
from macvsim.shell.state import State

_GRACE = 10
"""Seconds that a program has to end after Ctrl-C."""


class Shell:
    """The interpreter of command lines in boxes (`macvsim.machine.host.Interpreter`).

    The commands are loaded with the first line: who only uses the Python API does not wait for them.
    """

    def run(
        self,
        box: Box,
        line: str,
        *,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
        state: State | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a line in a box until it ends; simulated time passes.  Ctrl-C is SIGINT for what runs.

        stdout, stderr : called with every piece of output when it is printed
        state : of a session (`new_session`); by default the line has a shell of its own, as with ``sh -c``
        variables : exported variables that a shell of its own begins with
        """
        if variables:
            state = State(box, dialect_of(box.flavour.name)())
            state.export(variables)
        job = self.spawn(box, line, stdout=stdout, stderr=stderr, state=state)
        limit = box.sim.meter.budget.seconds
        signals = iter((SIGINT, SIGKILL))
        while job.code is None:
            try:
                box.sim.run(until=job.done, most=limit * SECOND or None)
                if job.code is None:
                    self._end(job, next(signals))
                    limit = _GRACE
            except KeyboardInterrupt:
                if box.sim.history is not None:
                    box.sim.history.lose(f"Ctrl-C was pressed on {box.name}")
                job.interrupt()
            except BudgetExceeded:
                end_all(job)
                raise
            except RuntimeError:
                if job.code is not None or box.sim.peek() < Infinity:
                    raise
                raise MacvsimError(f"{box.name}: {line!r} waits for something that never happens") from None
        return job.result()

    @staticmethod
    def _end(job: CommandLine, signal: int) -> None:
        """A command ran too long: Ctrl-C is pressed, and SIGKILL follows where that does not end it."""
        sim = job.box.sim
        if sim.peek() == Infinity and not job.foreground:
            raise MacvsimError(f"{job.box.name}: {job.text!r} waits for something that never happens")
        if signal == SIGKILL:
            end_all(job)
            return
        seconds = sim.meter.budget.seconds
        job.fds.err(f"macvsim: Ctrl-C after {seconds} s: {job.text!r} does not end by itself (budget: seconds)\n")
        job.interrupt()

    def spawn(
        self,
        box: Box,
        line: str,
        *,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
        state: State | None = None,
    ) -> CommandLine:
        """Start a line in a box in the background, at the current time."""

        def body(job: Job) -> Waiting:
            shell = Interpreter(state or State(box, dialect_of(box.flavour.name)()), job)
            shell.state.pid = job.pid
            return (yield from shell.script(line, job.fds))

        return CommandLine(box, body, stdout, stderr, line)

    def spawn_program(
        self,
        box: Box,
        argv: list[str],
        *,
        env: dict[str, str],
        cwd: str = "/",
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> Job:
        """Start one program, without a shell, in the background."""

        def body(job: Job) -> Waiting:
            return (yield from run_in(Call(box, argv, job.fds, dict(env), cwd), box, argv))

        said = f"{box.name}: this program prints without an end: {' '.join(argv)}"
        out, err = (Output(counted(box, sink, said) if sink else discard) for sink in (stdout, stderr))
        fds = Descriptors({0: NULL, 1: out, 2: err})
        return Job(box, body, fds, " ".join(argv))

    def new_session(self, box: Box) -> State:
        """The state of a shell that lives longer than a line: variables, directory, background jobs."""
        state = State(box, dialect_of(box.flavour.name)())
        state.options["i"] = None
        return state


__all__ = ["SIGINT", "SIGKILL", "SIGTERM", "CommandLine", "Interpreter", "Job", "Shell", "box_for", "execute", "run_in"]
