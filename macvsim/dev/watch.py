"""Who watches what passes by learned paths: the journal and captures are told, whoever may act on it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from macvsim.dev.path import Told
from macvsim.engine.journal import Log, LogTap, Station, Stations, form
from macvsim.wire.frame import OUTGOING, Frame

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.sim import Sim

Logs = Sequence[tuple[Callable[[int, int, Frame | None, Stations], None], Stations]]
"""What is to be told of a frame's passage, and the stations that concern it."""


def is_watched(sim: Sim, devices: Sequence[NetDevice]) -> bool:
    """True if somebody keeps what passes at one of these devices."""
    for dev in devices:
        if dev.taps:
            return True
    return sim.journal is not None


def logs(sim: Sim, stations: list[Station]) -> Logs:
    """Who keeps what passes these stations of a path: the journal all of it, captures what they are open for."""
    found: dict[Log, list[Station]] = {} if sim.journal is None else {sim.journal: stations}
    for station in stations:
        for tap in station.where.taps:
            if not isinstance(tap, LogTap):
                return [(_show, stations)]
            found.setdefault(tap.log, []).append(station)
    return [(log.passed, passed) for log, passed in found.items()]


def told(logs: Logs, stage: int) -> tuple[Told, ...]:
    """As `Onward.told`."""
    return tuple([(getattr(passed, "__self__"), stations, stage) for passed, stations in logs])  # noqa: B009


def acted_on(logs: Logs) -> bool:
    """True if somebody is there who does not only keep what passes."""
    return bool(logs) and any(passed is _show for passed, _ in logs)


def _show(time: int, uid: int, frame: Frame | None, stations: Stations) -> None:
    """Each device shows the frame itself: somebody is there who may act on it."""
    assert frame is not None
    for dev, step, tag, packet_type in stations:
        dev.show(form(frame, tag), OUTGOING if step == "xmit" else packet_type)
