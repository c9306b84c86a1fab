"""MACs that the recorder's machine drew: whoever plays the recording again draws the same.

A recording does not say which MAC was drawn for which device, but it shows them where the replay shows its own: in the
same place of the same output.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from macvsim.host import Kernel
from macvsim.net.links import draw_mac, mac_stream
from macvsim.replay.entries import CommandEntry
from macvsim.replay.state import State
from macvsim.sim import Sim
from macvsim.wire.addr import mac_bytes, mac_text

_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")


class Told(random.Random):
    """Dice that show what was drawn elsewhere."""

    def __init__(self, drawn: bytes) -> None:
        super().__init__(0)
        self.drawn = int.from_bytes(drawn, "big")

    def getrandbits(self, k: int, /) -> int:
        return self.drawn & ((1 << k) - 1)


def shown(commands: Iterable[CommandEntry], states: Mapping[str, State]) -> Iterator[tuple[str, str]]:
    """Where MACs may be shown, and the text that is there."""
    for number, entry in enumerate(commands):
        yield f"{number} {entry.ns} {entry.cmd}", entry.stdout
    for label, state in states.items():
        for head, table in state.tables.items():
            yield f"{label} {head}", table
        for ns, values in state.values.items():
            for key, value in values.items():
                yield f"{label} {ns} {key}", json.dumps(value)


def drawn_macs(
    kernel: Kernel, recorded: Iterable[tuple[str, str]], simulated: Iterable[tuple[str, str]], given: Collection[str]
) -> dict[str, bytes]:
    """The MACs that were drawn in a recording, by the names of the streams from which the replay drew its own."""
    streams = _streams(kernel)
    theirs = dict(simulated)
    found: dict[str, bytes] = {}
    for place, text in recorded:
        for mac, ours in zip(_MAC.findall(text), _MAC.findall(theirs.get(place, "")), strict=False):
            if ours in streams and mac not in given:
                found.setdefault(streams[ours], mac_bytes(mac))
    return found


def _streams(kernel: Kernel) -> dict[str, str]:
    """The stream that each MAC came from: what a fresh one gives first, and what bridges of Docker's have."""
    fresh = Sim(kernel.sim.seed)
    found = {mac_text(draw_mac(fresh.rng(name))): name for name in kernel.sim.stream_names("mac/")}
    for ns in kernel.netns.values():
        for dev in ns.devices.values():
            if dev.kind == "bridge":
                found.setdefault(mac_text(dev.mac), mac_stream(ns, dev.name))
    return found
