"""One command of compose being run, as its parts share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from macvsim.docker.engine import Engine
from macvsim.docker.host import DockerHost
from macvsim.machine.call import Call
from macvsim.tools.compose.project import Project
from macvsim.tools.compose.session import Session
from macvsim.tools.docker.flags import Parsed
from macvsim.tools.docker.flagvalues import integer
from macvsim.tools.docker.tool import profile_of


@dataclass
class Run:
    """A command's words, and what it is about."""

    call: Call
    parsed: Parsed
    loaded: Project | None = None
    host: DockerHost | None = None

    @property
    def args(self) -> list[str]:
        return self.parsed.args

    @property
    def project(self) -> Project:
        """The project of the file."""
        assert self.loaded is not None
        return self.loaded

    @property
    def engine(self) -> Engine:
        """The daemon of this host; `DockerError` where there can be none."""
        if self.host is None:
            raise profile_of(self.call).error("cli.no_daemon")
        return self.host.docker

    @property
    def session(self) -> Session:
        """What carries commands out."""
        return Session(self.call, self.engine, self.project)

    @property
    def services(self) -> Sequence[str]:
        """The services named, or all of them.  Raises `ToolError`."""
        for name in self.args:
            self.project.service(name)
        return self.args or list(self.project.services)

    @property
    def timeout(self) -> float | None:
        """``--timeout SECONDS``."""
        return float(integer(self.parsed.last("timeout"))) if self.parsed.has("timeout") else None
