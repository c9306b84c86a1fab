"""``macvsim verify``: into the sandbox, and there labs or random cases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from macvsim.fidelity.verify.differential import run_differential
from macvsim.fidelity.verify.labrun import LabRun
from macvsim.fidelity.verify.livecase import LiveCase
from macvsim.fidelity.verify.sandbox import enter_by, is_inside, refusal
from macvsim.fidelity.verify.simlab import NoCounterpart
from macvsim.fidelity.verify.taps import Taps
from macvsim.machine.streams import Sink

TRIES = 3
JOBS = 8
"""Cases at a time: most of a case's time is silence."""


def enter(arguments: Sequence[str], write: Sink) -> bool:
    """Run ``macvsim`` with the same arguments in a sandbox instead, and never come back.

    True if this is the sandbox already; False where there can be none, after saying why.
    """
    if is_inside():
        return True
    way, why = refusal()
    if way is not None:
        enter_by(way, arguments)
    write(f"skipped: {why}\n")
    return False


def verify_files(paths: Sequence[Path], write: Sink) -> bool:
    """Labs one after the other; True if nothing differs."""
    different = sum(not verify_file(path, write) for path in paths)
    return not different


def verify_file(path: Path, write: Sink) -> bool:
    """Play a lab both ways and print what agrees; True if nothing differs.

    A kernel's timers and processes race, so that a lab with a difference is played again: one that stays is told.
    """
    omitted: dict[int, str] = {}
    tries = 1
    while True:
        try:
            run = LabRun(path, omitted)
        except NoCounterpart as reason:
            write(f"skipped {path}: {str(reason).removeprefix(f'{path}:')}\n")
            return True
        compared = run.run()
        if run.unable is not None:
            omitted[run.unable[0]] = run.unable[1]
        elif compared.is_equal or tries == TRIES:
            write("".join(f"{line}\n" for line in compared.lines(tries)))
            return compared.is_equal
        else:
            tries += 1


def verify_random(count: int, seed: int, write: Sink) -> bool:
    """`count` random cases from a seed on; True if none differs, or the kernel cannot make them, which is said."""
    lacking = _lacking()
    if lacking:
        write(f"skipped: {lacking}\n")
        return True
    return run_differential(range(seed, seed + count), JOBS, write)


def _lacking() -> str:
    """What random cases need and the kernel does not have, or nothing."""
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


__all__ = ["enter", "verify_files", "verify_random"]
