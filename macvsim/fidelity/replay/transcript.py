"""Transcripts: what was typed on which host and what came back, as text files of recorded sessions hold it.

Two notations are read, one file has one of them::

    ##### section                       $ command
    root@host1:~# command               stdout, verbatim
    stdout, verbatim                    2> stderr, line by line
    2> stderr, line by line             rc=N
    [rc=1]          only when not 0     (an empty line)
    (an empty line)

In the second there is one host, and its name is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from macvsim.errors import ScenarioError

ONLY_HOST = "host1"
"""How the host of a transcript that names none is called here."""
_PROMPT = re.compile(r"root@([\w.-]+):~# ?(.*)")
_DOLLAR = re.compile(r"\$ (.*)")
_SECTION = re.compile(r"##### (.*)")
_STATUS = re.compile(r"\[rc=(\d+)\]|rc=(\d+)")
_STDERR = re.compile(r"2> ?(.*)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and what it printed.

    Attributes
    ----------
    line : where in the file it stands, from 1
    section : the heading above it, or empty
    host : where it was typed
    stdout, stderr : without the newline at the end, which transcripts do not show
    """

    line: int
    section: str
    host: str
    command: str
    stdout: str = ""
    stderr: str = ""
    rc: int = 0

    @property
    def is_docker(self) -> bool:
        """It asks a Docker daemon, whatever then becomes of the answer."""
        return re.match(r"docker(-compose)?\b", self.command) is not None

    @property
    def text(self) -> str:
        """All it printed."""
        return f"{self.stdout}\n{self.stderr}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recorded session.

    Attributes
    ----------
    name : the file's name without its ending
    prompts : hosts are named (the first notation)
    files : files that lay beside it in a folder ``compose``, by name
    """

    name: str
    exchanges: tuple[Exchange, ...]
    prompts: bool = True
    files: tuple[tuple[str, str], ...] = ()

    @property
    def hosts(self) -> list[str]:
        """Where something was typed, in the order of names."""
        return sorted({exchange.host for exchange in self.exchanges})


def load(path: Path | str) -> Transcript:
    """Read a transcript and what lies beside it; `ScenarioError` if it is none."""
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: not a text in UTF-8: name a transcript") from None
    transcript = parse(text, path.stem)
    folder = path.parent / "compose"
    if folder.is_dir() and any(exchange.command.startswith("docker-compose") for exchange in transcript.exchanges):
        files = tuple((file.name, file.read_text("utf-8")) for file in sorted(folder.iterdir()))
        transcript = replace(transcript, files=files)
    return transcript


def parse(text: str, name: str = "transcript") -> Transcript:
    """Read the text of a transcript; `ScenarioError` if there is no command in it."""
    lines = text.removesuffix("\n").split("\n")
    prompts = any(_PROMPT.fullmatch(line) for line in lines)
    head = _PROMPT if prompts else _DOLLAR
    exchanges: list[Exchange] = []
    section = ""
    open_: Exchange | None = None
    body: list[str] = []

    def close() -> None:
        if open_ is not None:
            exchanges.append(_filled(open_, body))

    for number, line in enumerate(lines, 1):
        heading, command = _SECTION.fullmatch(line), head.fullmatch(line)
        if heading is None and command is None:
            body.append(line)
            continue
        close()
        open_, body = None, []
        if heading is not None:
            section = heading[1]
        elif command is not None:
            host, typed = (command[1], command[2]) if prompts else (ONLY_HOST, command[1])
            open_ = Exchange(number, section, host, typed)
    close()
    if not exchanges:
        raise ScenarioError(f"{name}: no line begins with root@HOST:~# or $, as those of a transcript do")
    return Transcript(name, tuple(exchanges), prompts)


def _filled(exchange: Exchange, body: Iterable[str]) -> Exchange:
    """A command with the lines under it: stdout, then stderr, then the exit status, then an empty line."""
    lines = list(body)
    if lines and not lines[-1]:
        lines.pop()
    rc = 0
    if lines and (status := _STATUS.fullmatch(lines[-1])):
        rc = int(status[1] or status[2])
        lines.pop()
    errors: list[str] = []
    while lines and (error := _STDERR.fullmatch(lines[-1])):
        errors.append(error[1])
        lines.pop()
    return replace(exchange, stdout="\n".join(lines), stderr="\n".join(reversed(errors)), rc=rc)


__all__ = ["ONLY_HOST", "Exchange", "Transcript", "load", "parse"]
