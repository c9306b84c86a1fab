"""ns-3, in C++: `ns3.cc`, compiled once; each phase is a process that tells its own CPU seconds."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from benchmarks.measure import Absent, Bench

SOURCE = Path(__file__).with_name("ns3.cc")
PACKAGES = ("ns3-bridge", "ns3-csma", "ns3-internet-apps", "ns3-internet", "ns3-network", "ns3-core")
HOW = "on Debian and Ubuntu: apt install g++ pkg-config libns3-dev libgsl-dev"
GAP_US = 1000
"""Between the first pings of two containers."""


@cache
def _program() -> Path:
    if shutil.which("g++") is None or shutil.which("pkg-config") is None:
        raise Absent(f"there is no compiler ({HOW})")
    asked = subprocess.run(["pkg-config", "--cflags", "--libs", *PACKAGES], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise Absent(f"there is no ns-3 ({HOW})")
    program = Path(tempfile.mkdtemp()) / "ns3"
    command = ["g++", "-O2", "-std=c++20", "-o", str(program), str(SOURCE), *asked.stdout.split()]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise Absent(f"ns3.cc does not compile ({HOW}): {made.stderr.strip().splitlines()[-1]}")
    return program


def _bench(device: str, hosts: int, containers: int, *more: str, least: float = 1.0) -> Bench:
    """least : share of the pings that must be answered"""
    program = _program()
    done, seconds = 0, 0.0

    def run(pings: int) -> None:
        nonlocal done, seconds
        command = [str(program), device, str(hosts), str(containers), str(pings), str(GAP_US), *more]
        answered, spent = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        sent = pings * (1 if containers == 2 else containers)
        if int(answered) < least * sent:
            raise RuntimeError(f"ns-3 {device}: {answered} of {sent} pings were answered")
        done += sent
        seconds += float(spent)

    return Bench(run, lambda: done, lambda: seconds)


def experiment1(device: str) -> Callable[[], Bench]:
    """Two nodes on a bridge; `device` is ``csma`` or ``simple``. Counted are pings."""
    return partial(_bench, device, 0, 2)


def experiment3(device: str) -> Callable[[], Bench]:
    """Two nodes on two bridges, a router between them."""
    return partial(_bench, device, 0, 2, "routed")


def containers(device: str, hosts: int, number: int) -> Callable[[], Bench]:
    """Nodes behind a bridge for each host, all pinging the next one, ARP included."""
    return partial(_bench, device, hosts, number, least=0.99)
