"""Packets on their way: what the journal noted of them, each visit joined to the one before it.

The journal knows places and moments only.  Where a packet came from follows from how places are joined: down through
what is stacked, along cables, through switches and bridges, or through the stack of a namespace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import Cable
from macvsim.engine.drop import DropReason
from macvsim.engine.journal import Journal, Place, Record
from macvsim.explain.fate import BYSTANDERS, BYSTANDERS6
from macvsim.machine.capture import Capture
from macvsim.switch import SwitchPort
from macvsim.wire.addr import is_group
from macvsim.wire.frame import Frame

_STEPS = {"out": "xmit", "in": "receive"}
FAR = 9
"""Rank of places that have nothing to do with each other."""


@dataclass(frozen=True, eq=False)
class Visit:
    """A packet at a place.

    step : as in the journal: ``send``, ``xmit``, ``receive``, ``forward``, ``local``, ``drop``, …
    before : where it was before; of a new packet, where the packet was that caused it; None: a program sent it
    """

    time: int
    uid: int
    place: Place
    step: str
    frame: Frame | None
    detail: Any
    before: Visit | None

    @property
    def reason(self) -> DropReason | None:
        """Why it ended here."""
        return self.detail if isinstance(self.detail, DropReason) else None

    @property
    def minor(self) -> bool:
        """It ended at a station that it, a flooded copy, was not meant for."""
        if self.reason in BYSTANDERS:
            return True
        return self.reason in BYSTANDERS6 and self.frame is not None and is_group(self.frame.dst)

    @property
    def born(self) -> bool:
        """The first visit of its packet."""
        return self.before is None or self.before.uid != self.uid

    def chain(self) -> list[Visit]:
        """Every visit that led to this one, the first one first."""
        visits = [self]
        while visits[-1].before is not None:
            visits.append(visits[-1].before)
        return visits[::-1]


def family(journal: Journal, packets: Iterable[int]) -> set[int]:
    """Packets and all that they caused, in turn."""
    found = set(packets)
    for uid, cause in sorted(journal.causes.items()):
        if cause in found:
            found.add(uid)
    return found


def trail(journal: Journal, uids: Collection[int]) -> list[Visit]:
    """The visits of packets, in the order of the journal."""
    records = [record for record in journal.records if record.uid in uids]
    return join(records, journal.causes)


def captured(capture: Capture) -> list[Visit]:
    """The frames of a capture as visits, one for each record; what lies between the interfaces is not seen."""
    records = [
        Record(
            record.time_ns, uid, dev, "xmit" if record.direction == "out" else "receive", Frame(record.data, uid), None
        )
        for record, uid, dev in zip(capture.records, capture.uids, capture.devices, strict=True)
    ]
    return join(records, {}, gaps=True)


def join(records: Iterable[Record], causes: Mapping[int, int], *, gaps: bool = False) -> list[Visit]:
    """Records as visits.

    causes : the packet that caused another one; gaps : not every place was looked at, so that a packet may come
    from where it was seen to leave last
    """
    by_packet: dict[int, list[Visit]] = {}
    visits = []
    for record in records:
        own = by_packet.setdefault(record.uid, [])
        before = _nearest(own, record)
        if before is None and not own:
            cause = causes.get(record.uid, 0)
            before = _nearest(by_packet.get(cause, []), record)
        if before is None and gaps and record.step == "receive":
            before = next((visit for visit in reversed(own) if visit.step == "xmit"), None)
        visit = Visit(record.time, record.uid, record.where, record.step, record.frame, record.detail, before)
        own.append(visit)
        visits.append(visit)
    return visits


def _nearest(visits: Sequence[Visit], record: Record) -> Visit | None:
    """The visit a record follows: from the nearest place, and the last one there."""
    best, least = None, FAR
    for visit in reversed(visits):
        rank = _rank(visit.place, record.where, record.step)
        if rank < least and visit.step != "drop":
            best, least = visit, rank
    return best


def _rank(a: Place, b: Place, step: str) -> int:
    """How directly a packet at `a` comes to `b`, to do `step` there: 0 as directly as can be, `FAR` not at all."""
    if a is b:
        return 0 if step not in ("xmit", "receive") else 3
    if isinstance(b, SwitchPort):
        return _to_port(a, b, step)
    if isinstance(b, Cable):
        return 0 if a in (b.a, b.b) else FAR
    if isinstance(b, NetDevice):
        return _to_device(a, b, step)
    return 1 if owner(a) is b else FAR


def _to_port(a: Place, port: SwitchPort, step: str) -> int:
    if port.cable is not None and port.cable.other(port) is a and step != "xmit":
        return 0
    return 1 if isinstance(a, SwitchPort) and a.switch is port.switch else FAR


def _to_device(a: Place, dev: NetDevice, step: str) -> int:
    above = isinstance(a, NetDevice) and (a.lower is dev or dev.master is a)
    below = isinstance(a, NetDevice) and (dev.lower is a or a.master is dev)
    cable = getattr(dev, "cable", None)
    across = isinstance(cable, Cable) and cable.other(dev) is a  # type: ignore[arg-type]
    if step == "xmit":
        if above:
            return 0
        if isinstance(a, NetDevice) and a.master is not None and a.master is dev.master:
            return 1
        return 2 if owner(a) is dev.ns and not below else FAR
    if below or across or (dev.peer_device() is a):
        return 0
    if isinstance(a, NetDevice) and a.lower is not None and a.lower is dev.lower:
        return 1
    if isinstance(a, NetDevice) and a.lower is dev:
        return 2
    return 3 if owner(a) is dev.ns else FAR


def owner(place: Place) -> object:
    """The namespace that a place is in; the place itself outside of any."""
    if isinstance(place, NetDevice):
        return place.ns
    return place


__all__ = ["Visit", "captured", "family", "join", "owner", "trail"]
