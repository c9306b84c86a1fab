"""Capture files: what a frame costs in macvsim's writers, and in scapy's `wrpcap` of packet objects."""

from __future__ import annotations

import io
from functools import cache

from benchmarks import macvsim_labs
from benchmarks.measure import UNLIMITED, Bench
from macvsim.lab import Lab
from macvsim.machine.capture import Capture
from macvsim.wire.capture import write_pcap, write_pcapng

PINGS = 200


@cache
def _captured() -> Capture:
    """What every interface sees of experiment 1."""
    lab = Lab(seed=0, journal=False, budget=UNLIMITED)
    bench = macvsim_labs.experiment1(lab)
    with lab.capture() as capture:
        bench.run(PINGS)
    return capture


def pcap() -> Bench:
    """macvsim's pcap writer."""
    records = _captured().records
    written = 0

    def run(frames: int) -> None:
        nonlocal written
        written += write_pcap(io.BytesIO(), records[:frames])

    return Bench(run, lambda: written)


def pcapng() -> Bench:
    """macvsim's pcapng writer: named interfaces, directions."""
    capture = _captured()
    written = 0

    def run(frames: int) -> None:
        nonlocal written
        interfaces = capture.interfaces
        written += write_pcapng(io.BytesIO(), capture.records[:frames], names=None, interfaces=interfaces)

    return Bench(run, lambda: written)


def scapy_wrpcap() -> Bench:
    """scapy's `wrpcap` of the same frames as packet objects."""
    from scapy.utils import wrpcap

    packets = _captured().packets()
    written = 0

    def run(frames: int) -> None:
        nonlocal written
        file = io.BytesIO()
        wrpcap(file, packets[written : written + frames])
        written += frames

    return Bench(run, lambda: written)
