"""Functions for sweeps, which other processes import."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from threading import Event
from typing import Any

from macvsim import Lab


def rtt(delay: int, seed: int) -> dict[str, Any]:
    """The round trip between two hosts on a switch."""
    lab = Lab(seed)
    sw1 = lab.switch("sw1")
    a, b = (lab.host(name, nic="eth0", switch=sw1, delay=delay) for name in ("a", "b"))
    a.addr_add("eth0", "10.0.0.1/24")
    b.addr_add("eth0", "10.0.0.2/24")
    return {"rtt": a.ping("10.0.0.2", count=2).rtts[-1], "seed_too": seed}


def collecting(seed: int) -> dict[str, Any]:
    """How garbage is collected during a run."""
    return {"threshold": gc.get_threshold()[0], "left_out": gc.get_freeze_count() > 0}


def dies_once(folder: str, number: int, seed: int) -> dict[str, Any]:
    """Takes its process with it the first time that number 5 is run."""
    mark = Path(folder) / "died"
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": number * number}


def always_dies(number: int, seed: int) -> dict[str, Any]:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def waits(folder: str, seed: int) -> dict[str, Any]:
    """Never ends; the folder has a file with the name of the process."""
    (Path(folder) / str(os.getpid())).touch()
    Event().wait()
    return {}


def no_dict(seed: int) -> Any:
    return seed
