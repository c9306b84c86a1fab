"""The text of a lab file in parts: front matter, and commands with what they are expected to print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from macvsim.engine.history import Call
from macvsim.errors import ScenarioError
from macvsim.shell.syntax.unfinished import is_unfinished

_NAME = r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?"
_PROMPTS = (
    re.compile(rf"(?P<prompt>[a-z_][\w-]*@(?P<node>{_NAME})(?::(?P<path>[~/][^#$]*?))? ?#)(?: (?P<command>.*))?"),
    re.compile(rf"(?P<prompt>\[[a-z_][\w-]*@(?P<node>{_NAME}) (?P<path>[^]]+)\]#)(?: (?P<command>.*))?"),
    re.compile(rf"(?P<prompt>(?P<node>{_NAME})#)(?: (?P<command>.*))?"),
)
_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\r\n]*)")
MORE = "> "
"""What a shell prompts for the further lines of a command with."""


@dataclass(frozen=True)
class Step:
    """A command of a lab file.

    line : of the file, from 1, on which the prompt stands; block : number of the block it is in
    prompt : as written, up to the number sign; node, path : where it says the command runs, None if it names no path
    command : what runs, lines parted by newlines; written : the lines of the file, without indentation
    expected : the lines under it; first : line of the file on which these begin, or would
    compared : something in its block is expected, so that silence is meant too
    calls : of a saved lab, what is done instead of typing `command`; one that shows nothing is not `written`
    """

    line: int
    block: int
    prompt: str
    node: str
    path: str | None
    command: str
    written: tuple[str, ...]
    expected: tuple[str, ...]
    first: int
    compared: bool
    indent: str = ""
    calls: tuple[Call, ...] = ()


@dataclass
class Document:
    """A lab file: `file` is its name as messages show it; `front` and `front_line` its YAML and where that begins."""

    file: str
    front: str
    front_line: int
    steps: list[Step] = field(default_factory=list)

    def error(self, line: int, text: str) -> ScenarioError:
        """The exception for a mistake on a line, for the caller to raise."""
        return ScenarioError(f"{self.file}:{line}: {text}")


@dataclass
class _Open:
    """A step being read."""

    line: int
    match: re.Match[str]
    written: list[str]
    command: list[str]
    expected: list[str] = field(default_factory=list)


def read_markdown(text: str, file: str) -> Document:
    """A lab document; `ScenarioError` names the line of what cannot be read."""
    lines = split_lines(text)
    if lines[0].rstrip() != "---":
        raise ScenarioError(f"{file}:1: a lab document begins with a line --- and its topology in YAML, then --- again")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        raise ScenarioError(f"{file}:1: the front matter has no end: add a line --- below its YAML")
    document = Document(file, "\n".join(lines[1:end]) + "\n", 2)
    for number, (start, indent, block) in enumerate(_console_blocks(document, lines, end + 1)):
        document.steps += _finished(_console(document, start, block), number, indent)
    return document


def read_commands(text: str, document: Document) -> None:
    """Add the commands of a list: a line each, or more if it stays open; empty lines and ``#`` comments are skipped."""
    opened: list[_Open] = []
    for number, line in enumerate(split_lines(text), 1):
        if opened and is_unfinished("\n".join(opened[-1].command)):
            _take(opened[-1], line)
        elif (step := _open(line, number)) is not None:
            opened.append(step)
        elif line.strip() and not line.startswith("#"):
            raise document.error(number, f"a line is NODE# COMMAND, such as host1# ip addr; not {line.strip()!r}")
    document.steps += _finished(opened, 0, "")


def split_lines(text: str) -> list[str]:
    """The lines of a file, as editors count them, without their ends."""
    return [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _console_blocks(document: Document, lines: list[str], at: int) -> Iterator[tuple[int, str, list[str]]]:
    """Line number of the first line, indentation and lines of each block marked ``console``."""
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at].rstrip())
        at += 1
        if fence is None:
            continue
        start, mark = at, fence["fence"]
        close = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
        while at < len(lines) and not close.fullmatch(lines[at]):
            at += 1
        if fence["info"].split()[:1] == ["console"]:
            if at == len(lines):
                raise document.error(start, f"this block has no end: add a line {mark} below it")
            indent = fence["indent"]
            yield start + 1, indent, [line.removeprefix(indent) for line in lines[start:at]]
        at += 1


def _console(document: Document, start: int, block: list[str]) -> list[_Open]:
    """The steps of a block whose first line is line `start` of the file."""
    opened: list[_Open] = []
    for number, line in enumerate(block, start):
        step = _open(line, number)
        if opened and _goes_on(opened[-1], line, prompt=step is not None):
            _take(opened[-1], line)
        elif step is not None:
            opened.append(step)
        elif opened:
            opened[-1].expected.append(line)
        elif line.strip() and not line.startswith("#"):
            raise document.error(number, f"a command begins with a prompt, root@NODE:~# or NODE#; not {line!r}")
    return opened


def _finished(opened: list[_Open], block: int, indent: str) -> Iterator[Step]:
    """What was read of a block as steps; prompts at which nothing was typed are left out."""
    for step in opened:
        while step.expected and not step.expected[-1].strip():
            step.expected.pop()
    compared = any(step.expected for step in opened)
    for step in opened:
        match = step.match
        path = match.groupdict().get("path") or ""
        command = "\n".join(step.command)
        if command.strip() or step.expected:
            yield Step(
                line=step.line,
                block=block,
                prompt=match["prompt"],
                node=match["node"],
                path=path if path.startswith(("~", "/")) else None,
                command=command,
                written=tuple(step.written),
                expected=tuple(step.expected),
                first=step.line + len(step.written),
                compared=compared,
                indent=indent,
            )


def _open(line: str, number: int) -> _Open | None:
    """The step that begins on a line, if one does."""
    for prompt in _PROMPTS:
        match = prompt.fullmatch(line.rstrip())
        if match is not None:
            return _Open(number, match, [line], [match["command"] or ""])
    return None


def _goes_on(step: _Open, line: str, *, prompt: bool) -> bool:
    """True if a line belongs to the command of a step, which is open: after a backslash any line that is no prompt
    does, otherwise those with the shell's ``> ``.
    """
    if step.expected:
        return False
    command = "\n".join(step.command)
    more = line.startswith(MORE.rstrip()) or (command.endswith("\\") and not prompt)
    return more and is_unfinished(command)


def _take(step: _Open, line: str) -> None:
    step.written.append(line)
    more = line.removeprefix(MORE) if line.startswith(MORE) else "" if line == MORE.rstrip() else line
    step.command.append(more)
