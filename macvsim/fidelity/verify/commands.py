"""``macvsim verify``: labs or random cases, each in a sandbox of its own.

`macvsim.fidelity.verify.inner` plays and reports inside.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from macvsim.fidelity.verify import SKIPPED
from macvsim.labfile.load import parts
from macvsim.machine.streams import Sink
from macvsim.record.sandbox.launch import Exceeded, run_inside


def verify_file(path: Path, write: Sink, complain: Sink, before: str = "") -> int:
    """Play a lab both ways and print what agrees; 1 if something differs, 2 if the lab was not played to its end,
    `SKIPPED` if nothing could be compared.

    before : Python code to run inside first
    """
    texts = {os.path.abspath(part): part.read_bytes() for part in parts(path)}
    return _run("play_lab", repr(str(path)), str(path), write, complain, before, texts, os.path.abspath("."))


def verify_random(count: int, seed: int, write: Sink, complain: Sink, before: str = "") -> int:
    """`count` random cases from a seed on; 1 if one differs, `SKIPPED` if the kernel cannot make them."""
    return _run("play_random", f"{count}, {seed}", f"--random {count}", write, complain, before)


def _run(
    name: str,
    arguments: str,
    label: str,
    write: Sink,
    complain: Sink,
    before: str,
    texts: Mapping[str, bytes] | None = None,
    cwd: str = "/",
) -> int:
    code = (
        f"{before}\nfrom macvsim.fidelity.verify.inner import {name}\nsys.exit({name}({arguments}, sys.stdout.write))\n"
    )
    try:
        status = run_inside(code, texts or {}, write, complain, cwd=cwd)
    except Exceeded as reason:
        write(f"stopped {label}: {reason}\n")
        return 2
    if status not in (0, 1, 2, SKIPPED):
        write(f"stopped {label}: the comparison in the sandbox ended with status {status}\n")
        return 2
    return status


def of_all(codes: Sequence[int]) -> int:
    """The exit status of several comparisons: the worst one; `SKIPPED` only if nothing at all was compared."""
    return next(code for code in (2, 1, 0, SKIPPED) if code in codes)


__all__ = ["of_all", "verify_file", "verify_random"]
