"""``macvsim run`` and ``macvsim check``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from macvsim.engine.unsimulated import after
from macvsim.errors import MacvsimError, message
from macvsim.labfile.load import load
from macvsim.labfile.play import Outcome, Player
from macvsim.machine.call import NOT_SIMULATED
from macvsim.machine.streams import Sink

Limits = Mapping[str, int] | None
"""Limits of the budget, instead of the limits of a file."""


def run_file(path: Path, write: Sink, pcapng: Path | None = None, budget: Limits = None) -> Player:
    """Play a lab file, its transcript written as it comes, and what is uncertain beside it; `pcapng` keeps every frame
    of every interface.  Returns what was played.
    """
    if pcapng is not None:
        from macvsim.labfile.capturing import capturing, check_capture_name  # loads scapy's writers

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
    return player


def certain(player: Player, complain: Sink, *, allowed: bool) -> bool:
    """False, after saying why, if the lab may differ from the real network, and that is not `allowed`."""
    marks = player.unsimulated
    if not marks or allowed or player.lab.allow_unsimulated:
        return True
    from macvsim.labfile.report import uncertain

    complain(f"macvsim: {uncertain(player.lab_file.document.file, marks)}\n")
    return False


def trace_file(path: Path, write: Sink, budget: Limits = None) -> None:
    """Play a lab file; after each command, a line for each step of each packet: its number, time, place, what happened,
    the frame."""
    lab_file = load(path, budget)
    commands = lab_file.steps()
    player = Player(lab_file)
    journal = player.lab.sim.journal
    assert journal is not None

    def show() -> None:
        from macvsim.explain.explanation import steps

        write("".join(f"#{step.uid:<5}{step}\n" for step in steps(journal.records)))
        journal.records.clear()  # told: a long play shall not reach the journal's limit

    show()
    for step in commands:
        if step.written:
            write("\n".join(step.written) + "\n")
        outcome = player.run(step)
        show()
        write("".join(f"{line}\n" for line in after(outcome.after)))


def save_file(path: Path, out: Path | None, write: Sink, budget: Limits = None) -> None:
    """Play a lab file to its end, and write the lab as it then is."""
    out = out or path.with_name(path.stem.removesuffix(".clab") + ".json")
    if out.suffix != ".json":
        raise MacvsimError(f"{out}: a saved lab is a file NAME.json")
    player = Player(load(path, budget))
    for _ in player.play():
        pass
    player.lab.save(out)
    said = "".join(f", {line}" for line in after(player.lab.unsimulated))
    write(f"{out}: {len(player.lab.history.calls)} calls, {player.lab.now:g} s{said}\n")


def check_file(path: Path, write: Sink, *, rewrite: bool = False, budget: Limits = None) -> bool:
    """As `checked`; True for the status 0."""
    return checked(path, write, write, rewrite=rewrite, budget=budget) == 0


def checked(
    path: Path,
    write: Sink,
    complain: Sink,
    *,
    rewrite: bool = False,
    allow_unsimulated: bool = False,
    budget: Limits = None,
) -> int:
    """Play a lab file and say where it prints something else than it expects; the exit status: 0 if it does not, or was
    rewritten, 1 if it does, 95 if the lab may differ from the real network.
    """
    lab_file = load(path, budget)
    if rewrite:
        lab_file.check_is_document("write what it prints into it")
    outcomes: list[Outcome] = []
    file = lab_file.document.file
    for note in lab_file.front.notes():
        write(f"{note}\n")
    player = Player(lab_file)
    for outcome in player.play():
        outcomes.append(outcome)
        if outcome.hunks and not rewrite:
            from macvsim.labfile.report import describe

            write(describe(file, outcome) + "\n\n")
        elif outcome.status == NOT_SIMULATED and not outcome.step.compared:
            write(f"{file}:{outcome.step.line}: note: {outcome.lines[-1]}\n")
    different = sum(bool(outcome.hunks) for outcome in outcomes)
    compared = sum(outcome.step.compared for outcome in outcomes)
    if rewrite:
        from macvsim.labfile.update import update

        update(lab_file, outcomes)
        result = f"{different} rewritten" if different else "nothing to rewrite"
    else:
        result = f"{different} different" if different else "all as expected"
    commands = sum(bool(outcome.step.written) for outcome in outcomes)
    said = "".join(f", {line}" for line in after(player.unsimulated))
    write(f"{file}: {commands} commands, {compared} compared, {result}{said}\n")
    if not certain(player, complain, allowed=allow_unsimulated):
        return NOT_SIMULATED
    return int(different and not rewrite)


def check_files(
    paths: Sequence[Path],
    write: Sink,
    complain: Sink,
    *,
    rewrite: bool = False,
    allow_unsimulated: bool = False,
    budget: Limits = None,
) -> int:
    """Check one after the other; the exit status is the highest: 0, 1 if something differs, 2 if a file cannot be read,
    95 if a lab may differ from the real network.
    """
    status = 0
    for path in paths:
        try:
            one = checked(path, write, complain, rewrite=rewrite, allow_unsimulated=allow_unsimulated, budget=budget)
            status = max(status, one)
        except (MacvsimError, OSError) as error:
            complain(f"macvsim: {message(error)}\n")
            status = max(status, 2)
    return status
