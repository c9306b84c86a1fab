"""``macvsim check --plain``: lab files are played with the fast path and without it, and all they show is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from macvsim.errors import MacvsimError, message
from macvsim.lab import Lab
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.machine.capture import Capture
from macvsim.machine.streams import Sink
from macvsim.testing.compare import Difference, compare

Limits = Mapping[str, int] | None
"""Limits of the budget, instead of the limits of a file."""


@dataclass(frozen=True)
class Played:
    """A lab file after its last command; `capture` saw every interface, or is None."""

    lab: Lab
    transcript: list[str]
    capture: Capture | None


def play(path: Path, *, fastpath: bool, captured: bool, budget: Limits = None) -> Played:
    """Play a lab file to its end; raises as `macvsim.labfile.load.load` and `Player` do."""
    printed: list[str] = []
    lab_file = load(path, budget)
    lab_file.steps()
    player = Player(lab_file, printed.append, fastpath=fastpath)
    capture = player.lab.start_capture() if captured else None
    for _ in player.play():
        pass
    if capture is not None:
        player.lab.stop_capture(capture)
    return Played(player.lab, "".join(printed).split("\n"), capture)


def differences(path: Path, budget: Limits = None) -> dict[str, list[Difference]]:
    """Where a lab with the fast path differs from the lab without it: while every interface is captured, and while
    none is.
    """
    found = {}
    for captured, when in ((True, "while every interface is captured"), (False, "while no interface is captured")):
        fast, plain = (play(path, fastpath=fastpath, captured=captured, budget=budget) for fastpath in (True, False))
        captures = [(fast.capture, plain.capture)] if fast.capture is not None and plain.capture is not None else []
        found[when] = compare(fast.lab, plain.lab, captures=captures, texts=(fast.transcript, plain.transcript))
    return found


def compare_files(paths: Sequence[Path], write: Sink, complain: Sink, budget: Limits = None) -> int:
    """Compare one file after the other; the exit status: 0, 1 if a lab differs, 2 if a file cannot be read."""
    status = 0
    for path in paths:
        try:
            found = differences(path, budget)
        except (MacvsimError, OSError) as error:
            complain(f"macvsim: {message(error)}\n")
            status = 2
            continue
        for when, places in found.items():
            for place in places:
                write(f"{path}: {when}, the fast path and the plain path differ: {told(place)}\n")
        if any(found.values()):
            status = max(status, 1)
        else:
            write(f"{path}: equal with the fast path and without it\n")
    return status


def told(place: Difference) -> str:
    """A difference, with the two paths named."""
    return str(place).replace("  first: ", "  fast path: ").replace("  second:", "  plain path:")
