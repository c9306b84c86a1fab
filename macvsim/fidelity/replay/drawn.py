"""What the recorder's machine drew: MACs, and names that Docker gives its veth pairs and bridges.

A recording does not say what was drawn for which device, but it shows it where the replay shows its own: MACs in the
same place of the same output, names in the same order. Whoever plays the recording again draws the same.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from macvsim.engine.sim import Sim
from macvsim.fidelity.replay.entries import CommandEntry, FrameEntry
from macvsim.fidelity.replay.state import State
from macvsim.net.links import draw_mac
from macvsim.wire.addr import mac_bytes, mac_text

_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")


_NAME = re.compile(r"(veth)[0-9a-f]{7}|(br-)[0-9a-f]{12}")


class RecordedRandom(random.Random):
    """A random stream that yields what was drawn elsewhere."""

    def __init__(self, drawn: bytes) -> None:
        super().__init__(0)
        self.drawn = int.from_bytes(drawn, "big")

    def getrandbits(self, k: int, /) -> int:
        return self.drawn & ((1 << k) - 1)


def shown(
    commands: Iterable[CommandEntry], states: Mapping[str, State], frames: Iterable[FrameEntry]
) -> Iterator[tuple[str, str]]:
    """Where MACs may be shown, and the text that is there: outputs, tables, and the heads of frames."""
    for number, entry in enumerate(commands):
        yield f"{number} {entry.ns} {entry.cmd}", entry.stdout
    for label, state in states.items():
        for head, table in state.tables.items():
            yield f"{label} {head}", table
        for ns, values in state.values.items():
            for key, value in values.items():
                yield f"{label} {ns} {key}", json.dumps(value)
    numbers: dict[str, int] = {}
    for frame in frames:
        number = numbers[frame.interface] = numbers.get(frame.interface, 0) + 1
        data = frame.data
        yield (
            f"{frame.interface} {number} {len(data)} {data[12:14].hex()}",
            f"{mac_text(data[:6])} {mac_text(data[6:12])}",
        )


def drawn_macs(
    sim: Sim, recorded: Iterable[tuple[str, str]], simulated: Iterable[tuple[str, str]], given: Collection[str]
) -> dict[str, bytes]:
    """The MACs that were drawn in a recording, by the names of the streams from which the replay drew its own."""
    fresh = Sim(sim.seed)
    streams = {mac_text(fresh.draw(name, draw_mac)): name for name in sim.stream_names("mac/")}
    streams |= {mac_text(mac): name for name, mac in sim.drawn.items()}
    theirs = dict(simulated)
    found: dict[str, bytes] = {}
    for place, text in recorded:
        for mac, ours in zip(_MAC.findall(text), _MAC.findall(theirs.get(place, "")), strict=False):
            if ours in streams and mac not in given:
                found.setdefault(streams[ours], mac_bytes(mac))
    return found


def with_drawn_names(simulated: Iterable[FrameEntry], recorded: Iterable[FrameEntry]) -> list[FrameEntry]:
    """The simulated frames at interfaces as they are called in the recording."""
    frames = list(simulated)
    theirs = _drawn_names(recorded)
    names = {
        (ns, ours): name
        for (ns, kind), found in _drawn_names(frames).items()
        for ours, name in zip(found, theirs.get((ns, kind), ()), strict=False)
    }
    return [replace(f, dev=names[f.ns, f.dev]) if (f.ns, f.dev) in names else f for f in frames]


def _drawn_names(frames: Iterable[FrameEntry]) -> dict[tuple[str, str], list[str]]:
    """Names that were drawn, by namespace and how they begin, in the order in which frames were seen there."""
    found: dict[tuple[str, str], list[str]] = {}
    for frame in frames:
        match = _NAME.fullmatch(frame.dev)
        if match is not None and frame.dev not in (names := found.setdefault((frame.ns, match[1] or match[2]), [])):
            names.append(frame.dev)
    return found
