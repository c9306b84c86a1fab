"""Redirections: ``> file`` and the like change a command's descriptors (POSIX.1-2017, Shell Command Language 2.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from itertools import count
from typing import Any

import simpy

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.streams import Descriptors, Given
from macvsim.shell.dialects import Dialect
from macvsim.shell.expansion.expand import Expander
from macvsim.shell.state import State
from macvsim.shell.syntax.nodes import HereDocument, Redirect, Word

_FIRST_FREE = 10
"""The least number for ``{name}>``."""


class RedirectError(Exception):
    """A redirection fails, and its command is not run.

    kind : ``create``, ``open``, ``descriptor``, ``ambiguous``, ``clobber`` or ``left out``; why : the error, or the
    descriptor's or the target's text
    """

    def __init__(self, kind: str, why: FileError | NotSimulated | str) -> None:
        super().__init__(kind, why)
        self.kind = kind
        self.why = why

    def message(self, dialect: Dialect, line: int) -> str:
        """The message of the shell."""
        if isinstance(self.why, FileError):
            say = dialect.cannot_create if self.kind == "create" else dialect.cannot_open
            return say(line, self.why)
        match self.kind:
            case "ambiguous":
                return dialect.say(line, f"{self.why}: ambiguous redirect")
            case "clobber":
                return dialect.cannot_overwrite(line, str(self.why))
        return dialect.bad_descriptor(line, str(self.why))


class Redirector:
    """Carries out the redirections of one shell."""

    def __init__(self, expander: Expander, state: State, add_pipes: Callable[[Descriptors], None]) -> None:
        self._expander = expander
        self._state = state
        self._add_pipes = add_pipes

    @property
    def _files(self) -> FileSystem:
        return FileSystem(self._state.box, self._state.cwd)

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
        fd = redirect.fd
        if isinstance(redirect.target, HereDocument):
            fds.set(fd, Given((yield from self._expander.text(redirect.target.text))))
            return
        if redirect.op == "<<<":
            fds.set(fd, Given((yield from self._expander.text(redirect.target)) + "\n"))
            return
        if redirect.variable:
            fd = self._numbered(redirect, fds)
        target = yield from self._target(redirect.target)
        self._add_pipes(fds)
        op, bash = redirect.op, self._state.dialect.name == "bash"
        if op == ">&" and bash and not redirect.variable and fd == 1 and not re.fullmatch(r"\d*-?", target):
            op = "&>"
        match op:
            case "<":
                from macvsim.machine.openfiles import open_to_read

                self._left_out(target)
                try:
                    fds.set(fd, open_to_read(self._files, target, fds))
                except FileError as error:
                    raise RedirectError("open", error) from None
            case ">" | ">|" | ">>" | "<>":
                self._write(fd, op, target, fds)
            case "&>" | "&>>":
                self._write(1, op[1:], target, fds)
                fds.set(2, fds.get(1))
            case ">&" | "<&":
                self._duplicate(fd, target, fds)

    def _numbered(self, redirect: Redirect, fds: Descriptors) -> int:
        """The descriptor of ``{name}>``: a new one, or that to be closed."""
        assert isinstance(redirect.target, Word)
        if redirect.target.source == "-":
            return int(self._state.variables.get(redirect.variable) or -1)
        fd = next(number for number in count(_FIRST_FREE) if fds.get(number) is None)
        self._state.set(redirect.variable, str(fd))
        return fd

    def _target(self, word: Word) -> Generator[simpy.Event, Any, str]:
        """The file; in bash it must be one word."""
        if self._state.dialect.name != "bash":
            return (yield from self._expander.text(word))
        fields = yield from self._expander.word_fields(word)
        if len(fields) != 1:
            raise RedirectError("ambiguous", word.source)
        return fields[0]

    def _write(self, fd: int, op: str, target: str, fds: Descriptors) -> None:
        from macvsim.machine.openfiles import open_to_write

        self._left_out(target)
        files = self._files
        if op == ">" and "C" in self._state.options and files.is_plain(target):
            raise RedirectError("clobber", target)
        try:
            fds.set(fd, open_to_write(files, target, fds, truncates=op in (">", ">|"), appends=op == ">>"))
        except FileError as error:
            raise RedirectError("create", error) from None

    def _left_out(self, target: str) -> None:
        if self._state.dialect.name == "bash" and target.startswith(("/dev/tcp/", "/dev/udp/")):
            raise NotSimulated(f"{target}: connections of the shell", Effect.READS)

    @staticmethod
    def _duplicate(fd: int, target: str, fds: Descriptors) -> None:
        """``2>&1``, ``>&-``, ``4<&3-``: another name for a descriptor, or none any more."""
        from macvsim.machine.openfiles import Closed

        if target == "-":
            fds.set(fd, Closed() if fd in (0, 1) else None)
            return
        other = target.removesuffix("-")
        if target == str(fd):
            return
        file = fds.get(int(other)) if other.isdecimal() else None
        if file is None or isinstance(file, Closed):
            raise RedirectError("descriptor", other)
        fds.set(fd, file)
        if target.endswith("-") and int(other) != fd:
            fds.set(int(other), None)
