"""Builtins that read: read, mapfile (POSIX.1-2017, read; bash(1))."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, NamedTuple

import simpy

from macvsim.engine.sim import SECOND
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.machine.streams import OpenFile
from macvsim.machine.tool import ToolError
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.variables import NAME, Items, is_reference

_TIMED_OUT = 142
_Marked = list[tuple[str, bool]]
"""Characters, and whether a backslash was before them."""


class _Read(NamedTuple):
    """The text of one read, and how it ended: ``delimiter``, ``count``, ``end`` or ``time``."""

    text: str
    ended: str


def _read_until(
    run: Invocation,
    source: OpenFile | None,
    delimiter: str,
    *,
    most: int = -1,
    wait: int = -1,
    raw: bool = True,
    exact: bool = False,
) -> Generator[simpy.Event, Any, _Read]:
    """Characters up to a delimiter: `most` of them, for `wait` ns; a backslash hides the delimiter unless `raw`."""
    sim = run.state.box.sim
    deadline = sim.timeout(wait) if wait > 0 else None
    text, hidden = "", False
    while most < 0 or len(text) < most:
        if source is None:
            return _Read(text, "end")
        while (news := source.news()) is not None:
            if wait == 0:
                return _Read(text, "time")
            yield news if deadline is None else news | deadline
            if deadline is not None and deadline.processed and not source.ready:
                return _Read(text, "time")
        char = source.take(1)
        if not char:
            return _Read(text, "end")
        if char == delimiter and not hidden and not exact:
            return _Read(text, "delimiter")
        hidden = char == "\\" and not hidden and not raw
        text += char if char != "\0" else ""
        if not raw and text.endswith("\\\n") and not hidden:
            text = text[:-2]
    return _Read(text, "count")


def read(run: Invocation) -> Waiting:
    """``read [-r] [-p PROMPT] …NAME…``."""
    state, name = run.state, run.state.dialect.name
    known = {"dash": "rp:", "ash": "rsp:n:t:d:u:", "bash": "ersa:d:i:n:N:p:t:u:"}[name]
    given, names = run.options(known)
    if {"e", "i"} & given.keys():
        raise NotSimulated("read -e: editing a line", Effect.NONE)
    if not names and name == "dash":
        return run.complain("arg count")
    if "p" in given and "i" in state.options and run.streams.stdin.is_terminal:
        run.streams.err(given["p"])
    for one in names if run.bash else ():
        if not is_reference(one):
            return run.complain(f"`{one}': not a valid identifier", 1)
    fd = _whole(run, given.get("u", "0"), "file descriptor")
    if fd and run.streams.get(fd) is None:
        return run.complain(f"{fd}: invalid file descriptor: Bad file descriptor", 1)
    most = _whole(run, given.get("N", given.get("n", "-1")), "number")
    wait = -1
    if "t" in given:
        if not re.fullmatch(r"\d*\.?\d*", given["t"]) or not given["t"].strip("."):
            return run.complain(f"{given['t']}: invalid timeout specification", 1)
        wait = round(float(given["t"]) * SECOND)
    source = run.streams.get(fd)
    if source is None:
        return run.complain("read error: 0: Bad file descriptor", 1) if run.bash else 1
    if wait == 0:
        return int(not source.ready)
    raw = "r" in given
    delimiter = (given["d"][:1] or "\0") if "d" in given else "\n"
    found = yield from _read_until(run, source, delimiter, most=most, wait=wait, raw=raw, exact="N" in given)
    _store(run, found.text, names, given, raw=raw)
    if found.ended == "time":
        return _TIMED_OUT
    return int(found.ended == "end")


def _whole(run: Invocation, word: str, what: str) -> int:
    if not re.fullmatch(r"-1|\d+", word):
        run.complain(f"{word}: invalid {what}{' specification' if what != 'number' else ''}")
        raise ToolError("", 1)
    return int(word)


def _store(run: Invocation, text: str, names: list[str], given: dict[str, str], *, raw: bool) -> None:
    """Give the variables their words."""
    state = run.state
    marked = [(char, False) for char in text] if raw else _unescaped(text)
    separators = state.variables.get("IFS")
    separators = " \t\n" if separators is None else separators
    if "a" in given:
        words: Items = []
        while marked := _without_blanks(marked, separators):
            word, marked = _taken(marked, separators)
            words.append((None, word, False))
        state.set_array(given["a"], words)
        return
    if not names or "N" in given:
        state.assign((names or ["REPLY"])[0], _plain(marked))
        for other in names[1:]:
            state.assign(other, "")
        return
    marked = _without_blanks(marked, separators)
    for name in names[:-1]:
        word, marked = _taken(marked, separators)
        state.assign(name, word)
    state.assign(names[-1], _last(marked, separators))


def _unescaped(text: str) -> _Marked:
    return [(match[1] or match[0], bool(match[1])) for match in re.finditer(r"\\(.)|.", text, re.DOTALL)]


def _plain(marked: _Marked) -> str:
    return "".join(char for char, _ in marked)


def _separates(one: tuple[str, bool], characters: str) -> bool:
    return not one[1] and one[0] in characters


def _blanks(separators: str) -> str:
    return "".join(char for char in separators if char in " \t\n")


def _without_blanks(marked: _Marked, separators: str) -> _Marked:
    at, blanks = 0, _blanks(separators)
    while at < len(marked) and _separates(marked[at], blanks):
        at += 1
    return marked[at:]


def _taken(marked: _Marked, separators: str) -> tuple[str, _Marked]:
    """The first word, and the rest behind its delimiter."""
    at = 0
    while at < len(marked) and not _separates(marked[at], separators):
        at += 1
    rest = _without_blanks(marked[at:], separators)
    if rest and _separates(rest[0], separators):
        rest = _without_blanks(rest[1:], separators)
    return _plain(marked[:at]), rest


def _last(marked: _Marked, separators: str) -> str:
    """The rest, without blanks at its end, and without a delimiter that ends its only word."""
    blanks = _blanks(separators)
    while marked and _separates(marked[-1], blanks):
        marked = marked[:-1]
    word, rest = _taken(marked, separators)
    return _plain(marked) if rest else word


def mapfile(run: Invocation) -> Waiting:
    """``mapfile [-t] [-d DELIMITER] [-n COUNT] [-O ORIGIN] [-s COUNT] [-u FD] [ARRAY]``."""
    given, names = run.options("d:n:O:s:tu:C:c:")
    if {"C", "c"} & given.keys():
        raise NotSimulated("mapfile -C: calling a function", Effect.CHANGES)
    name = (names or ["MAPFILE"])[0]
    if not NAME.match(name):
        return run.complain(f"`{name}': not a valid identifier", 1)
    for letter, what in (("n", "line count"), ("s", "line count"), ("O", "array origin")):
        if letter in given and not given[letter].isdecimal():
            return run.complain(f"{given[letter]}: invalid {what}", 1)
    fd = int(given.get("u", "0")) if given.get("u", "0").isdecimal() else -1
    if fd and run.streams.get(fd) is None:
        return run.complain(f"{given['u']}: invalid file descriptor: Bad file descriptor", 1)
    delimiter = (given["d"][:1] or "\0") if "d" in given else "\n"
    most, skipped, origin = (int(given.get(letter, "0")) for letter in "nsO")
    lines: list[str] = []
    while not most or len(lines) < most + skipped:
        found = yield from _read_until(run, run.streams.get(fd), delimiter)
        if found.text or found.ended == "delimiter":
            lines.append(found.text + (delimiter if found.ended == "delimiter" and "t" not in given else ""))
        if found.ended == "end":
            break
    if "O" not in given:
        run.state.set_array(name, [])
    for number, line in enumerate(lines[skipped:], origin):
        run.state.set_element(name, str(number), line)
    return 0
