"""A Python program in a process of its own, with the processor time and memory that a storm may take."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass

SECONDS = 20
MEGABYTES = 500
_AFTER = """
# ru_maxrss would count the memory of the process that forked this one
import resource as _r
_u = _r.getrusage(_r.RUSAGE_SELF)
_peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print("used", round(_u.ru_utime + _u.ru_stime, 1), int(_peak.split()[1]) // 1024)
"""


@dataclass(frozen=True)
class Limited:
    """The output of a program, and the processor time (s) and memory (MB) that it took."""

    text: str
    seconds: float
    megabytes: int


def run(program: str) -> Limited:
    """Run a program; it fails where it takes more than `SECONDS` of processor time or `MEGABYTES` of memory."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    ended = subprocess.run(
        [sys.executable, "-c", program + _AFTER],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    text, _, used = ended.stdout.rpartition("used ")
    seconds, megabytes = used.split()
    found = Limited(text, float(seconds), int(megabytes))
    assert found.seconds <= SECONDS and found.megabytes <= MEGABYTES, found
    return found
