"""A cable between two ends: delay, rate with a queue, loss, plugged or not; taps.

Every frame that crosses costs one event.  Nothing else in macvsim takes time on the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from macvsim.dev.injecting import Injecting
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.engine.sim import SECOND, SOFTIRQ, US, Sim
from macvsim.errors import TopologyError
from macvsim.wire.frame import Frame

DEFAULT_DELAY = 25 * US
ETHERNET_OVERHEAD = 24
"""Preamble 8, FCS 4 and interframe gap 12 bytes, which take time on a rate-limited cable (IEEE 802.3)."""
ETH_ZLEN = 60
Tap = Callable[[Frame], None]


def check_distinct(a: CableEnd, b: CableEnd) -> None:
    """`TopologyError` if both ends of a cable would be the same."""
    if a is b:
        raise TopologyError(f"a cable from {a.label} to itself: name two different ends")


class CableEnd(Protocol):
    """A NIC or a switch port: something one cable can be plugged into."""

    cable: Cable | None
    admin_up: bool

    @property
    def label(self) -> str: ...

    def wire_receive(self, frame: Frame) -> DropReason | None:
        """A frame arrives from the cable."""

    def wire_changed(self) -> None:
        """The cable was plugged, unplugged, or its other end went up or down."""


class Line:
    """One direction of a cable, from `near` to `far`.

    arrive : called with each frame that reaches `far`
    plain : frames do not wait for each other, are not lost and not tapped
    taps : called with each frame that `near` sends
    """

    __slots__ = ("_busy_until", "_waiting", "arrive", "cable", "delay", "far", "near", "plain", "sim", "taps")

    def __init__(self, cable: Cable, near: CableEnd, far: CableEnd) -> None:
        self.sim = cable.sim
        self.cable = cable
        self.near = near
        self.far = far
        self.arrive = cable.sim.ingress(far.wire_receive)
        self.delay = cable.delay
        self.plain = True
        self.taps: tuple[Tap, ...] = ()
        self._busy_until = 0
        self._waiting: list[int] = []

    def send(self, frame: Frame) -> DropReason | None:
        """`near` puts a frame on the wire."""
        sim = self.sim
        recorder = sim.recorder
        if recorder is not None:
            recorder.left(self, frame)
            if self.cable.rate is not None:  # a full queue is told to the sender
                recorder.forbid()
        if self.plain:
            sim.post(self.delay, SOFTIRQ, self.arrive, frame)
            return None
        recorder, sim.recorder = sim.recorder, None  # loss and waiting are decided anew for every frame
        try:
            return self._wait(frame)
        finally:
            sim.recorder = recorder

    def _wait(self, frame: Frame) -> DropReason | None:
        """A frame is lost, or waits for those before it, or is on its way."""
        sim, cable, delay = self.sim, self.cable, self.delay
        for tap in self.taps:
            tap(frame)
        if cable.loss and sim.rng(f"loss/{self.near.label}>{self.far.label}").random() < cable.loss:
            sim.drop(frame.uid, cable, DropReason.CABLE_LOSS, frame)
            return None  # which the sender does not hear of
        if cable.rate is not None:
            wait = self._serialise(frame, cable.rate)
            if wait is None:
                return sim.drop(frame.uid, self.near, DropReason.TX_QUEUE_FULL, frame)
            delay += wait
        sim.post(delay, SOFTIRQ, self.arrive, frame)
        return None

    def _serialise(self, frame: Frame, rate: int) -> int | None:
        """Nanoseconds until the last bit has left, or None when the queue is full."""
        now = self.sim._now
        waiting = [start for start in self._waiting if start > now]
        self._waiting = waiting
        if len(waiting) >= self.cable.queue:
            return None
        start = max(now, self._busy_until)
        waiting.append(start)
        octets = max(len(frame.wire), ETH_ZLEN) + ETHERNET_OVERHEAD
        self._busy_until = start + -(-octets * 8 * SECOND // rate)
        return self._busy_until - now


class Cable(Injecting):
    """Two ends and the way between them.

    Parameters
    ----------
    delay : propagation delay in ns
    rate : bits per second, None for no limit
    queue : frames that may wait for a rate-limited cable, per direction
    loss : probability 0.0-1.0 that a frame is lost, each direction with its own random stream
    """

    PUBLIC = "a b delay label loss other queue rate unplug"

    def __init__(
        self,
        sim: Sim,
        a: CableEnd,
        b: CableEnd,
        *,
        delay: int = DEFAULT_DELAY,
        rate: int | None = None,
        queue: int = 1000,
        loss: float = 0.0,
    ) -> None:
        for end in (a, b):
            if end.cable is not None:
                other = end.cable.other(end).label
                raise TopologyError(
                    f"{end.label} already has a cable (to {other}): unplug it first, or use another port"
                )
        check_distinct(a, b)
        if delay < 0 or queue < 1 or not 0.0 <= loss <= 1.0 or (rate is not None and rate <= 0):
            raise TopologyError(
                f"cable {a.label} - {b.label}: delay is >= 0 ns, rate > 0 bit/s, queue >= 1 frame, loss 0.0-1.0"
            )
        self.sim = sim
        self.a = a
        self.b = b
        self._delay = delay
        self.queue = queue
        self._from_a = Line(self, a, b)
        self._from_b = Line(self, b, a)
        self._loss = loss
        self.rate = rate
        a.cable = b.cable = self
        a.wire_changed()
        b.wire_changed()

    def __repr__(self) -> str:
        return f"<{self.label}>"

    @property
    def label(self) -> str:
        """Both ends, for messages: ``cable host1:enp0s8 - sw1:host1``."""
        return f"cable {self.a.label} - {self.b.label}"

    @property
    def delay(self) -> int:
        """Propagation delay in ns; may be changed at any time."""
        return self._delay

    @delay.setter
    @recorded
    def delay(self, delay: int) -> None:
        self._delay = self._from_a.delay = self._from_b.delay = delay
        self.sim.change()

    @property
    def rate(self) -> int | None:
        """Bits per second, None for no limit; may be changed at any time."""
        return self._rate

    @rate.setter
    @recorded
    def rate(self, rate: int | None) -> None:
        self._rate = rate
        self._settle()

    def _settle(self) -> None:
        self.sim.change()
        for line in (self._from_a, self._from_b):
            line.plain = self._rate is None and not self._loss and not line.taps

    @property
    def loss(self) -> float:
        """Probability that a frame is lost; may be changed at any time."""
        return self._loss

    @loss.setter
    @recorded
    def loss(self, loss: float) -> None:
        self._loss = loss
        self.rate = self._rate

    def other(self, end: CableEnd) -> CableEnd:
        """The far end as seen from `end`."""
        return self.b if end is self.a else self.a

    def line(self, end: CableEnd) -> Line:
        """The direction away from `end`."""
        return self._from_a if end is self.a else self._from_b

    def add_tap(self, tap: Tap) -> Callable[[], None]:
        """Call `tap` with each frame that an end sends; returns a function that takes it away."""
        for line in (self._from_a, self._from_b):
            line.taps = (*line.taps, tap)
        self._settle()

        def stop() -> None:
            for line in (self._from_a, self._from_b):
                line.taps = tuple(other for other in line.taps if other is not tap)
            self._settle()

        return stop

    def _tapped(self) -> Cable:
        return self

    def _entry(self, to: str) -> CableEnd:
        ends = {end.label: end for end in (self.a, self.b)}
        if to not in ends:
            raise TopologyError(f"{self.label}: name the end that gets the frames, to={' or '.join(map(repr, ends))}")
        return ends[to]

    @recorded
    def unplug(self) -> None:
        """Take the cable away; both ends lose carrier and frames under way are lost."""
        for line in (self._from_b, self._from_a):
            for frame in self.sim.recall(line.arrive):
                self.sim.drop(frame.uid, self, DropReason.CABLE_UNPLUGGED, frame)
        for end in (self.a, self.b):
            end.cable = None
        for end in (self.a, self.b):
            end.wire_changed()
