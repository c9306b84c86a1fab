"""The part of ``macvsim verify`` inside the sandbox: one lab, or random cases; each returns an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from macvsim.errors import MacvsimError
from macvsim.fidelity.verify import SKIPPED
from macvsim.fidelity.verify.differential import run_differential
from macvsim.fidelity.verify.labresult import LabComparison
from macvsim.fidelity.verify.labrun import LabRun
from macvsim.fidelity.verify.livecase import LiveCase
from macvsim.fidelity.verify.simlab import NoCounterpart
from macvsim.fidelity.verify.taps import Taps
from macvsim.machine.streams import Sink

TRIES = 3
JOBS = 8
"""Cases at a time: most of a case's time is silence."""
_OMITTED = "the lab's commands are run again, but for this one"
_AGAIN = "a kernel's timers and processes race: the lab's commands are run again, try {tries} of {most}"


def play_lab(name: str, write: Sink) -> int:
    """Play a lab both ways and print what agrees; 1 if something differs, 2 if the lab cannot be played, `SKIPPED`.

    A lab with a difference is played again, with new hosts and files, and a line says so before: a difference that
    stays is reported, and one that went is counted.
    """
    return _reported(lambda: _played(Path(name), write))


def play_random(count: int, seed: int, write: Sink) -> int:
    """Play random cases from a seed on; 1 if one differs, `SKIPPED`."""

    def play() -> int:
        if lacking := _lacking():
            write(f"skipped: {lacking}\n")
            return SKIPPED
        return 0 if run_differential(range(seed, seed + count), JOBS, write) else 1

    return _reported(play)


def _reported(play: Callable[[], int]) -> int:
    """Errors in one line, as the command line has them."""
    try:
        return play()
    except MacvsimError as error:
        print(f"macvsim: {error}", file=sys.stderr)
    except OSError as error:
        print(f"macvsim: in the sandbox: {error.strerror}: {error.filename or 'a system call'}", file=sys.stderr)
    return 2


def _played(path: Path, write: Sink) -> int:
    omitted: dict[int, str] = {}
    tries = 1
    while True:
        try:
            run = LabRun(path, omitted)
        except NoCounterpart as reason:
            write(f"skipped {path}: {str(reason).removeprefix(f'{path}:')}\n")
            return SKIPPED
        compared = run.run()
        if run.unable is not None:
            line, why = run.unable
            omitted[line] = why
            write(f"again   {line:4}: {why.splitlines()[0]}; {_OMITTED}\n")
        elif compared.is_equal or tries == TRIES:
            write("".join(f"{line}\n" for line in compared.lines(tries)))
            if not compared.is_compared:
                return SKIPPED
            return 0 if compared.is_equal else 1
        else:
            tries += 1
            _say_what_differed(compared, _AGAIN.format(tries=tries, most=TRIES), write)


def _say_what_differed(compared: LabComparison, text: str, write: Sink) -> None:
    for step in compared.steps:
        if step.verdict == "differ":
            write(f"{step}\n")
    for one in compared.interfaces:
        if one.equal != one.total:
            write(f"differ  {one.interface}: frames {one.equal}/{one.total}\n")
    write(f"again   {text}\n")


def _lacking() -> str:
    """A feature that random cases need and the kernel lacks, or nothing."""
    ends = {"ns": "a", "name": "v", "peer_ns": "b", "peer": "v"}
    needs = {
        "veth pairs": [{"kind": "veth", **ends}],
        "bridges": [{"kind": "bridge", "ns": "a", "name": "br0"}],
        "macvlan": [
            {"kind": "veth", **ends},
            {"kind": "macvlan", "ns": "c", "name": "m", "parent_ns": "a", "parent": "v", "mode": "bridge"},
        ],
    }
    taps = Taps()
    try:
        for what, devs in needs.items():
            try:
                LiveCase({"devs": devs}, taps).close()
            except OSError as refused:
                return f"the kernel makes no {what} here: {refused.strerror}"
    finally:
        taps.close()
    return ""


__all__ = ["play_lab", "play_random"]
