"""Redirections: from ``> file`` and the like to the streams of a command (POSIX.1-2017, Shell Command Language 2.7)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from macvsim.errors import NotSimulated
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.openfiles import Closed, open_to_read, open_to_write
from macvsim.machine.streams import Descriptors, Given
from macvsim.shell.dialect import Dialect
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.state import State
from macvsim.shell.syntax.nodes import HereDocument, Redirect


class RedirectError(Exception):
    """A redirection fails, and its command is not run.

    kind : ``create``, ``open`` or ``descriptor``, or ``left out``; why : the error, or the descriptor's text
    """

    def __init__(self, kind: str, why: FileError | NotSimulated | str) -> None:
        super().__init__(kind, why)
        self.kind = kind
        self.why = why

    def message(self, dialect: Dialect, line: int) -> str:
        """What the shell says."""
        if isinstance(self.why, FileError):
            say = dialect.cannot_create if self.kind == "create" else dialect.cannot_open
            return say(line, self.why)
        if isinstance(self.why, NotSimulated):
            return f"not simulated: {self.why}\n"
        return dialect.bad_descriptor(line, self.why)

    def status(self, dialect: Dialect) -> int:
        """Exit status of the command that is not run."""
        return NOT_SIMULATED if self.kind == "left out" else dialect.redirect_status


class Redirector:
    """Carries out the redirections of one shell."""

    def __init__(self, expander: Expander, state: State) -> None:
        self._expander = expander
        self._state = state

    def apply(self, redirects: tuple[Redirect, ...], streams: Descriptors) -> Generator[simpy.Event, Any, Descriptors]:
        """Descriptors of a command, from those of its shell; `RedirectError` where one fails."""
        if not redirects:
            return streams
        inner = streams.copy()
        for redirect in redirects:
            try:
                yield from self._one(redirect, inner)
            except NotSimulated as error:
                raise RedirectError("left out", error) from None
        return inner

    def _one(self, redirect: Redirect, fds: Descriptors) -> Generator[simpy.Event, Any, None]:
        if isinstance(redirect.target, HereDocument):
            fds.set(redirect.fd, Given((yield from self._expander.text(redirect.target.text))))
            return
        target = yield from self._expander.text(redirect.target)
        files = FileSystem(self._state.box, self._state.cwd)
        match redirect.op:
            case "<<<":
                fds.set(redirect.fd, Given(target + "\n"))
            case "<":
                try:
                    fds.set(redirect.fd, open_to_read(files, target, fds))
                except FileError as error:
                    raise RedirectError("open", error) from None
            case ">" | ">|" | ">>" | "<>":
                truncates, appends = redirect.op in (">", ">|"), redirect.op == ">>"
                try:
                    fds.set(redirect.fd, open_to_write(files, target, fds, truncates=truncates, appends=appends))
                except FileError as error:
                    raise RedirectError("create", error) from None
            case ">&" | "<&":
                self._duplicate(redirect, target, fds)

    @staticmethod
    def _duplicate(redirect: Redirect, target: str, fds: Descriptors) -> None:
        """``2>&1``, ``>&-``: another name for a descriptor, or none any more."""
        if target == "-":
            fds.set(redirect.fd, Closed() if redirect.fd == 1 else None)
            return
        file = fds.get(int(target)) if target.isdigit() else None
        if file is None:
            raise RedirectError("descriptor", target)
        fds.set(redirect.fd, file)
