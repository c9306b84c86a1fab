"""Pathname expansion (POSIX.1-2017, Shell Command Language 2.13.3; ``shopt`` in bash(1))."""

from __future__ import annotations

from collections.abc import Container, Iterator

from macvsim.machine.files import FileError, FileSystem
from macvsim.shell.expansion.fields import Pieces, is_pattern
from macvsim.shell.expansion.pattern import Options, matches


def glob(pieces: Pieces, files: FileSystem, shopts: Container[str] = ()) -> list[str]:
    """Paths that a pattern matches, sorted; names that begin with a dot only where the pattern does too."""
    components: list[Pieces] = [[]]
    for text, quoted in pieces:
        for number, part in enumerate(text.split("/")):
            if number:
                components.append([])
            components[-1].append((part, quoted))
    found = [""]
    for number, component in enumerate(components):
        last = number == len(components) - 1
        found = [path for base in found for path in _following(base, component, files, shopts, last=last)]
    return sorted(dict.fromkeys(path for path in found if path))


def _following(base: str, component: Pieces, files: FileSystem, shopts: Container[str], *, last: bool) -> Iterator[str]:
    """The paths that one component leads to from a path; a slash is behind them, unless it is the `last`."""
    plain = "".join(text for text, _ in component)
    extended = "extglob" in shopts
    if "globstar" in shopts and component == [("**", False)]:
        yield from _tree(base, files, shopts, last=last)
    elif not is_pattern(component, extended=extended):
        if not last:
            yield base + plain + "/"
        elif files.exists(base + plain) if plain else files.is_directory(base):
            yield base + plain
    else:
        options = Options(extended, "nocaseglob" in shopts)
        hidden = plain.startswith(".") or "dotglob" in shopts
        for name in _names(base, files):
            if (hidden or not name.startswith(".")) and matches(component, name, options):
                if last:
                    yield base + name
                elif files.is_directory(base + name):
                    yield base + name + "/"


def _tree(base: str, files: FileSystem, shopts: Container[str], *, last: bool) -> Iterator[str]:
    """``**``: everything below a directory, or the directory and all below it."""
    if not last or base:
        yield base
    for name in _names(base, files):
        if name.startswith(".") and "dotglob" not in shopts:
            continue
        path = base + name
        if files.is_directory(path):
            if last:
                yield path
            yield from _tree(path + "/", files, shopts, last=last) if not last else _below(path, files, shopts)
        elif last:
            yield path


def _below(path: str, files: FileSystem, shopts: Container[str]) -> Iterator[str]:
    return (found for found in _tree(path + "/", files, shopts, last=True) if found != path + "/")


def _names(base: str, files: FileSystem) -> list[str]:
    try:
        return files.names(base or ".")
    except FileError:
        return []
