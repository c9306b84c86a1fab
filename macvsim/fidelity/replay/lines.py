"""Lines of scenario files, with ``include FILE`` and ``for X in a b c {`` … ``}`` carried out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.directives import Place

_LOOP = re.compile(r"for (\w+) in (.*) \{")


class Line(NamedTuple):
    """A line without the blanks around it, and where it stands."""

    place: Place
    text: str


def read_text(text: str, source: str, folders: Sequence[Path] = ()) -> list[Line]:
    """The lines of `text`, which is called `source` in errors; files to include are looked for in `folders`."""
    return list(_unroll(list(_included(text, source, [*folders], [*folders], ()))))


def read_file(path: Path, folders: Sequence[Path] = ()) -> list[Line]:
    """The lines of a file; files to include are looked for beside the including one, then in `folders`."""
    return list(_unroll(list(_file(path, [*folders], ()))))


def _file(path: Path, folders: list[Path], inside: tuple[Path, ...]) -> Iterator[Line]:
    """The lines of a file that is included from the files `inside`."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from None
    yield from _included(text, str(path), folders, [path.parent, *folders], (*inside, path.resolve()))


def _included(
    text: str, source: str, folders: list[Path], search: list[Path], inside: tuple[Path, ...]
) -> Iterator[Line]:
    """The lines of `text`, with the lines of included files, which are looked for in `search`, in place."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = Line(Place(source, number), raw.strip())
        keyword, *names = line.text.split() or [""]
        if keyword != "include":
            yield line
            continue
        if len(names) != 1:
            raise ScenarioError(f"{line.place}: {line.text!r}: write include FILE")
        found = next((folder / names[0] for folder in search if (folder / names[0]).is_file()), None)
        if found is None:
            looked = f"looked in {', '.join(map(str, search))}" if search else "a text without a folder cannot include"
            raise ScenarioError(f"{line.place}: include {names[0]}: no such file ({looked})")
        if found.resolve() in inside:
            raise ScenarioError(f"{line.place}: include {names[0]}: the file would include itself; take this line out")
        yield from _file(found, folders, inside)


def _unroll(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines with the body of each loop once for each of its words."""
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        loop = _LOOP.fullmatch(line.text)
        if loop is None:
            yield line
            continue
        start, depth = position, 1
        while depth:
            if position == len(lines):
                raise ScenarioError(f'{line.place}: "{line.text}" is not closed: write a line }} after its body')
            depth += bool(_LOOP.fullmatch(lines[position].text)) - (lines[position].text == "}")
            position += 1
        body, variable = lines[start : position - 1], f"%{loop[1]}%"
        for word in loop[2].split():
            yield from _unroll([Line(place, text.replace(variable, word)) for place, text in body])
