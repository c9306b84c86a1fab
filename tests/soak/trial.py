"""One input is played, with a limit for each item; an exception or a hang is a finding, which is made small.

The limit is of processor time, which a busy machine does not change: macvsim never waits for anything real.  A warning
is an exception: an uncaught error of a simulated program is a `ProgramWarning`.
"""

from __future__ import annotations

import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Protocol

SECONDS = 2.0
"""Processor time that an item may take: a frame, a command line, a step of a document."""
REDUCE = 60.0
"""Processor time for making a finding small."""
HERE = Path(__file__).parent
CORPUS = HERE / "corpus"


class Kind(Protocol):
    """A kind of input; modules of `tests.soak.kinds` are such.

    COUNT : items of a whole soak; ITEMS : items of an input, about; SAMPLE : inputs that CI plays
    """

    COUNT: int
    ITEMS: int
    SAMPLE: int

    def make(self, dice: Random) -> bytes:
        """A random input."""

    def play(self, data: bytes) -> Iterator[None]:
        """Play an input, and yield after each item; an exception is a finding."""


class Hang(BaseException):
    """An item took too long.  No code may handle it, so it is no `Exception`."""


@dataclass(frozen=True)
class Finding:
    """A failure and the input that brings it about.

    signature : the exception, and the function of macvsim that raised it; text : the traceback
    """

    data: bytes
    signature: str
    text: str


def generate(name: str, kind: Kind, seed: int, number: int) -> bytes:
    """Input `number` of a seed."""
    return kind.make(Random(f"{name} {seed} {number}"))


def _none() -> None:
    pass


def attempt(kind: Kind, data: bytes, tick: Callable[[], None] = _none) -> Finding | None:
    """Play an input; the finding if it fails.  `tick` is called after each item.  In the main thread only."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = signal.signal(signal.SIGPROF, _hang)
        try:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            for _ in kind.play(data):
                signal.setitimer(signal.ITIMER_PROF, SECONDS)
                tick()
        except (Exception, Hang) as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            text = "".join(traceback.format_exception(error))
            return Finding(data, _signature(error), text)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
    return None


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang(f"no end after {SECONDS:g} s of processor time")


def _signature(error: BaseException) -> str:
    """The exception that began it, and the last function of macvsim in its traceback, as part of a file's name."""
    while error.__context__ is not None and not error.__suppress_context__ and not isinstance(error, Hang):
        error = error.__context__
    place = "soak"
    for frame, _ in traceback.walk_tb(error.__traceback__):
        _, inside, module = frame.f_code.co_filename.rpartition("/macvsim/")
        if inside:
            place = f"{module.removesuffix('.py').replace('/', '.')}.{frame.f_code.co_name}"
    if isinstance(error, Hang):
        place = place.rpartition(".")[0] or place
    return f"{type(error).__name__}-{place}"


def reduced(kind: Kind, found: Finding, tick: Callable[[], None] = _none) -> Finding:
    """A smaller input with the same signature: lines are left out as long as it still fails, then bytes."""
    end = time.process_time() + REDUCE
    for divide in (_lines, _bytes):
        parts = divide(found.data)
        size = len(parts) // 2
        while size:
            at = 0
            while at < len(parts) and time.process_time() < end:
                smaller = attempt(kind, b"".join([*parts[:at], *parts[at + size :]]), tick)
                if smaller is not None and smaller.signature == found.signature:
                    found, parts[at : at + size] = smaller, []
                else:
                    at += size
            size //= 2
    return found


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))] if len(data) < 2000 else []


def keep(name: str, found: Finding, folder: Path = CORPUS) -> Path:
    """Write the input of a finding into the corpus."""
    path = folder / name / found.signature
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found.data)
    return path


def corpus(name: str) -> list[Path]:
    """Inputs of a kind that once failed."""
    return sorted(path for path in (CORPUS / name).glob("*") if path.is_file())
