"""``macvsim run`` and ``macvsim check``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from macvsim.errors import MacvsimError, message
from macvsim.explain.explanation import steps
from macvsim.labfile.capturing import capturing, check_capture_name
from macvsim.labfile.load import load
from macvsim.labfile.play import Outcome, Player
from macvsim.labfile.report import describe
from macvsim.labfile.update import update
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.streams import Sink

Limits = Mapping[str, int] | None
"""Limits of the budget, instead of the limits of a file."""


def run_file(path: Path, write: Sink, pcapng: Path | None = None, budget: Limits = None) -> None:
    """Play a lab file, its transcript written as it comes; `pcapng` keeps every frame of every interface."""
    if pcapng is not None:
        check_capture_name(pcapng)
    lab_file = load(path, budget)
    commands = lab_file.steps()
    for note in lab_file.front.notes():
        write(f"{note}\n")
    player = Player(lab_file, write)
    with nullcontext() if pcapng is None else capturing(player.lab, pcapng, reasons=True) as stream:
        block = -1
        for step in commands:
            if block not in (-1, step.block):
                write("\n")
            block = step.block
            player.run(step)
        lab_file.check_end(player.lab)
    if stream is not None:
        write(f"\n{stream.frames} frames of {stream.interfaces} interfaces written to {pcapng}\n")


def trace_file(path: Path, write: Sink, budget: Limits = None) -> None:
    """Play a lab file; after each command, a line for each step of each packet: its number, time, place, what happened,
    the frame."""
    lab_file = load(path, budget)
    commands = lab_file.steps()
    player = Player(lab_file)
    journal = player.lab.sim.journal
    assert journal is not None

    def show() -> None:
        write("".join(f"#{step.uid:<5}{step}\n" for step in steps(journal.records)))
        journal.records.clear()  # told: a long play shall not reach the journal's limit

    show()
    for step in commands:
        if step.written:
            write("\n".join(step.written) + "\n")
        player.run(step)
        show()


def save_file(path: Path, out: Path | None, write: Sink, budget: Limits = None) -> None:
    """Play a lab file to its end, and write the lab as it then is."""
    out = out or path.with_name(path.stem.removesuffix(".clab") + ".json")
    if out.suffix != ".json":
        raise MacvsimError(f"{out}: a saved lab is a file NAME.json")
    player = Player(load(path, budget))
    for _ in player.play():
        pass
    player.lab.save(out)
    write(f"{out}: {len(player.lab.history.calls)} calls, {player.lab.now:g} s\n")


def check_file(path: Path, write: Sink, *, rewrite: bool = False, budget: Limits = None) -> bool:
    """Play a lab file and say where it prints something else than it expects; True if it does not, or was rewritten."""
    lab_file = load(path, budget)
    if rewrite:
        lab_file.check_is_document("write what it prints into it")
    outcomes: list[Outcome] = []
    file = lab_file.document.file
    for note in lab_file.front.notes():
        write(f"{note}\n")
    for outcome in Player(lab_file).play():
        outcomes.append(outcome)
        if outcome.hunks and not rewrite:
            write(describe(file, outcome) + "\n\n")
        elif outcome.status == NOT_SIMULATED and not outcome.step.compared:
            write(f"{file}:{outcome.step.line}: note: {outcome.lines[-1]}\n")
    different = sum(bool(outcome.hunks) for outcome in outcomes)
    compared = sum(outcome.step.compared for outcome in outcomes)
    if rewrite:
        update(lab_file, outcomes)
        result = f"{different} rewritten" if different else "nothing to rewrite"
    else:
        result = f"{different} different" if different else "all as expected"
    commands = sum(bool(outcome.step.written) for outcome in outcomes)
    write(f"{file}: {commands} commands, {compared} compared, {result}\n")
    return rewrite or not different


def check_files(
    paths: Sequence[Path], write: Sink, complain: Sink, *, rewrite: bool = False, budget: Limits = None
) -> int:
    """Check one after the other; the exit status: 0, 1 if something differs, 2 if a file cannot be read."""
    status = 0
    for path in paths:
        try:
            if not check_file(path, write, rewrite=rewrite, budget=budget):
                status = max(status, 1)
        except (MacvsimError, OSError) as error:
            complain(f"macvsim: {message(error)}\n")
            status = 2
    return status
