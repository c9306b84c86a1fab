"""``docker cp`` and ``diff`` (docker/cli ``container/cp.go``, moby ``pkg/archive/copy.go``)."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from macvsim.docker.container import Container
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileSystem
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


class _Place(NamedTuple):
    """One end of a copy: a path in a container, or on the machine where the command is typed."""

    files: FileSystem
    path: str
    container: Container | None = None

    @property
    def full(self) -> str:
        """From the root; paths in containers always are."""
        return self.files.absolute(self.path)

    @property
    def wants_folder(self) -> bool:
        """The path says that it is a directory."""
        return self.path.endswith(("/", "/."))


def _cp(run: Invocation) -> int:
    source, target = (_split(word) for word in run.args)
    if source[0] and target[0]:
        raise run.profile.error("cli.copy_between")
    if not source[0] and not target[0]:
        raise run.profile.error("cli.copy_neither")
    for _, path in (source, target):
        if path == "-":
            raise NotSimulated("docker cp of tar archives", Effect.NONE)
    if not source[0] and not FileSystem(run.call.box, run.call.cwd).exists(source[1]):
        folder, name = posixpath.split(run.call.files.absolute(source[1]))
        raise run.profile.error("cli.no_local_file", path=f"{folder}/{name}")
    _copy(run, _place(run, *source), _place(run, *target))
    return 0


def _split(word: str) -> tuple[str, str]:
    """Container, or an empty string, and path (splitCpArg)."""
    container, colon, path = word.partition(":")
    if word.startswith(("/", ".")) or not colon:
        return "", word
    return container, path


def _place(run: Invocation, container: str, path: str) -> _Place:
    if not container:
        return _Place(FileSystem(run.call.box, run.call.cwd), path)
    found = run.engine.find(container, by_daemon=True)
    return _Place(FileSystem(found), path, found)


def _copy(run: Invocation, source: _Place, target: _Place) -> None:
    """Copy a file, or a directory with all that is in it.  Raises `DockerError`, and then nothing is copied."""
    if not source.files.exists(source.path):
        raise _missing(run, source, source.full)
    is_folder = source.files.is_directory(source.path)
    where = target.full
    if target.files.is_directory(target.path):
        if not (is_folder and source.path.endswith("/.")):
            where = posixpath.join(where, posixpath.basename(source.full))
    elif target.files.exists(target.path):
        if is_folder:
            raise run.profile.error("cli.copy_onto_file")
        if target.wants_folder:
            raise run.profile.error("cli.not_a_folder")
    elif target.wants_folder and not is_folder:
        raise run.profile.error("cli.no_folder")
    elif not target.files.is_directory(posixpath.dirname(where)):
        raise _missing(run, target, posixpath.dirname(where))
    for path in (source.full, where):
        if path.split("/")[1] in ("proc", "sys", "dev"):
            raise NotSimulated(f"docker cp of {path}", Effect.NONE)
    pieces = _pieces(source.files, source.full)
    for inside, text in pieces:
        _store(target.files, where + inside, text)


def _missing(run: Invocation, place: _Place, path: str) -> Exception:
    if place.container is None:
        return run.profile.error("cli.no_local_file", path=path)
    return run.profile.error("container.no_file", path=path, name=place.container.name)


def _pieces(files: FileSystem, top: str) -> list[tuple[str, str | None]]:
    """Everything at a path: what follows it, and the text of a file or None for a directory."""
    if not files.is_directory(top):
        return [("", files.read(top))]
    found: list[tuple[str, str | None]] = [("", None)]
    for name in files.names(top):
        found += [(f"/{name}{inside}", text) for inside, text in _pieces(files, posixpath.join(top, name))]
    return found


def _store(files: FileSystem, path: str, text: str | None) -> None:
    if text is None:
        if not files.is_directory(path):
            files.make_directory(path)
        return
    files.open_for_writing(path, truncate=True)
    files.write(path, text)


def _diff(run: Invocation) -> int:
    """``A`` for what was added, ``C`` for directories in which something was."""
    made = run.engine.find(run.args[0]).changes
    kinds = {path.rstrip("/"): "A" for path in made}
    for path in list(kinds):
        while (path := posixpath.dirname(path)) != "/":
            kinds.setdefault(path, "C")
    run.call.out("".join(f"{kind} {path}\n" for path, kind in sorted(kinds.items())))
    return 0


DIFF = Subcommand(_diff, minimum=1, maximum=1)
CP = Subcommand(_cp, flags("archive follow-link quiet"), 2, 2)

__all__ = ["CP", "DIFF"]
