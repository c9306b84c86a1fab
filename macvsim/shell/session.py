"""A shell that somebody types at: it remembers directory, variables and jobs from one line to the next."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from macvsim.engine.history import continuing, opening, recorded
from macvsim.errors import BudgetExceeded
from macvsim.machine.call import Waiting
from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.job import SIGKILL, Job, end_all
from macvsim.machine.streams import Descriptors, Sink, Terminal
from macvsim.shell.interpreter import Interpreter
from macvsim.shell.state import Exit, Logout, LoopControl, Return, State


class Session:
    """Root's shell on a host or in a container.

    Parameters
    ----------
    write : called with everything the terminal shows of commands, standard output and error alike, also of those in the
        background
    name : what the prompt calls the place; its host name if empty

    Attributes
    ----------
    closed : ``exit`` was typed; job : the line that runs, None between lines; status : exit code of the last one
    """

    def __init__(self, box: Box, write: Sink, name: str = "") -> None:
        self.box = box
        self.sim = box.sim
        self.write = write
        self.name = name or box.hostname
        self.closed = False
        self.job: Job | None = None
        from macvsim.shell.dialects.login import LOGIN_DIALECTS

        self.state = State(box, LOGIN_DIALECTS[box.flavour.name]())
        self.state.options["i"] = None
        terminal = Terminal(self._show, has_job_control=True)
        self._fds = Descriptors({0: terminal, 1: terminal, 2: terminal}, holds=True)
        self.go_to("~" if box.flavour.name != "busybox" else "/")

    def _show(self, text: str) -> None:
        self.sim.meter.print(len(text), f"{self.name}: this command prints without an end: {self._text}")
        self.write(text)

    @property
    def _text(self) -> str:
        return self.job.text if self.job is not None else ""

    @property
    def status(self) -> int:
        return self.state.status

    # -- where -------------------------------------------------------------------------------------------------------

    @property
    def cwd(self) -> str:
        """The working directory."""
        return self.state.cwd

    @property
    def path(self) -> str:
        """The working directory as a prompt shows it: ``~`` is root's home."""
        home, cwd = self.state.variables.get("HOME") or "", self.state.cwd
        if home and (cwd == home or cwd.startswith(home + "/")):
            return "~" + cwd.removeprefix(home)
        return cwd

    @recorded
    def go_to(self, path: str) -> bool:
        """Make a directory, which a prompt may have shown, the working directory; False if there is none."""
        home = self.state.variables.get("HOME") or "/"
        where = home + path[1:] if path == "~" or path.startswith("~/") else path
        files = FileSystem(self.box, self.state.cwd)
        if not files.is_directory(where):
            return False
        self.state.cwd = self.state.variables["PWD"] = files.absolute(where)
        return True

    @property
    def prompt(self) -> str:
        """What is shown before a command: Debian's, or CentOS's, which has the directory's last name only."""
        if self.box.flavour.name == "centos":
            return f"[root@{self.name} {posixpath.basename(self.path) or '/'}]#"
        return f"root@{self.name}:{self.path}#"

    # -- lines -------------------------------------------------------------------------------------------------------

    @recorded
    def start(self, text: str) -> Job:
        """Begin to run a command, of one or more lines, at the current time; `advance` makes it go on."""

        def body(job: Job) -> Waiting:
            shell = Interpreter(self.state, job)
            job.handler = shell.traps.receive
            if shell.dialect.name == "bash":
                shell.report_jobs = self._report_jobs
            try:
                status = yield from shell.lines(text, job.fds)
            except Logout as leaving:
                self.closed = True
                status = yield from shell.traps.exit(leaving.status, job.fds)
            except (Exit, Return) as leaving:
                status = leaving.status
            except LoopControl:
                status = self.state.status
            finally:
                self._fds.assign(job.fds)
            return status

        self.job = Job(self.box, body, self._fds, text)
        return self.job

    @continuing
    def advance(self, time: int) -> bool:
        """Let `time` (ns) pass, or less if the command ends before; True if it has ended, and its jobs are reported."""
        job, sim = self.job, self.box.sim
        if job is None:
            return True
        if job.code is None:
            try:
                sim.run(until=job.done | sim.timeout(time))
            except BudgetExceeded:
                end_all(job)
                self.job, self.state.status = None, 128 + SIGKILL
                raise
        if job.code is None:
            return False
        self.job = None
        self.state.status = int(job.code)
        self._report_jobs()
        return True

    def _report_jobs(self) -> None:
        """Print the jobs that have ended."""
        from macvsim.shell.builtins.jobs import describe_job

        for number, child in self.state.jobs.numbered():
            if child.code is not None:
                self.write(describe_job(self.state, number, child))
        self.state.jobs.forget_ended()

    @continuing
    def interrupt(self) -> None:
        """Ctrl-C: the terminal shows it, and what runs in the foreground gets SIGINT."""
        if self.job is not None and self.job.code is None:
            self.write("^C")
            self.job.interrupt()


@opening
def open_session(box: Box, write: Sink, name: str = "", variables: Mapping[str, str] | None = None) -> Session:
    """Log in on a box: a new `Session`, with its parameters, and exported variables that it begins with."""
    session = Session(box, write, name)
    session.state.export(variables or {})
    return session
