"""A cable between two ends: delay, rate with a queue, loss, plugged or not.

Every frame that crosses costs one event.  Nothing else in macvsim takes time on the wire.
"""

from __future__ import annotations

from typing import Protocol

from macvsim.drop import DropReason
from macvsim.errors import TopologyError
from macvsim.sim import SECOND, US, Sim
from macvsim.wire.frame import Frame

DEFAULT_DELAY = 25 * US
ETHERNET_OVERHEAD = 24
"""Preamble 8, FCS 4 and interframe gap 12 bytes, which take time on a rate-limited cable (IEEE 802.3)."""
ETH_ZLEN = 60


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


class Cable:
    """Two ends and the way between them.

    Parameters
    ----------
    delay : propagation delay in ns
    rate : bits per second, None for no limit
    queue : frames that may wait for a rate-limited cable, per direction
    loss : probability 0.0-1.0 that a frame is lost, each direction with its own random stream
    """

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
        if a is b:
            raise TopologyError(f"a cable from {a.label} to itself: name two different ends")
        if delay < 0 or queue < 1 or not 0.0 <= loss <= 1.0 or (rate is not None and rate <= 0):
            raise TopologyError(
                f"cable {a.label} - {b.label}: delay is >= 0 ns, rate > 0 bit/s, queue >= 1 frame, loss 0.0-1.0"
            )
        self.sim = sim
        self.a = a
        self.b = b
        self.delay = delay
        self._rate = rate
        self.queue = queue
        self._loss = loss
        self._plain = rate is None and not loss
        self._busy_until = {a: 0, b: 0}
        self._waiting: dict[CableEnd, list[int]] = {a: [], b: []}
        self._to_a = a.wire_receive
        self._to_b = b.wire_receive
        a.cable = b.cable = self
        a.wire_changed()
        b.wire_changed()

    @property
    def label(self) -> str:
        return f"cable {self.a.label} - {self.b.label}"

    @property
    def rate(self) -> int | None:
        """Bits per second, None for no limit; may be changed at any time."""
        return self._rate

    @rate.setter
    def rate(self, rate: int | None) -> None:
        self._rate = rate
        self._plain = rate is None and not self._loss

    @property
    def loss(self) -> float:
        """Probability that a frame is lost; may be changed at any time."""
        return self._loss

    @loss.setter
    def loss(self, loss: float) -> None:
        self._loss = loss
        self._plain = self._rate is None and not loss

    def other(self, end: CableEnd) -> CableEnd:
        """The far end as seen from `end`."""
        return self.b if end is self.a else self.a

    def send(self, end: CableEnd, frame: Frame) -> DropReason | None:
        """`end` puts a frame on the wire."""
        sim = self.sim
        if self._plain:
            sim.call_at(sim._now + self.delay, self._to_b if end is self.a else self._to_a, frame)
            return None
        far = self.other(end)
        if self.loss and sim.rng(f"loss/{end.label}>{far.label}").random() < self.loss:
            return sim.drop(frame.uid, self, DropReason.CABLE_LOSS, frame)
        time = sim._now + self.delay
        if self.rate is not None:
            wait = self._serialise(end, frame)
            if wait is None:
                return sim.drop(frame.uid, end, DropReason.TX_QUEUE_FULL, frame)
            time += wait
        sim.call_at(time, far.wire_receive, frame)
        return None

    def _serialise(self, end: CableEnd, frame: Frame) -> int | None:
        """Nanoseconds until the last bit has left, or None when the queue is full."""
        assert self.rate is not None
        now = int(self.sim.now)
        waiting = [start for start in self._waiting[end] if start > now]
        if len(waiting) >= self.queue:
            self._waiting[end] = waiting
            return None
        start = max(now, self._busy_until[end])
        waiting.append(start)
        self._waiting[end] = waiting
        octets = max(len(frame.wire), ETH_ZLEN) + ETHERNET_OVERHEAD
        self._busy_until[end] = start + -(-octets * 8 * SECOND // self.rate)
        return self._busy_until[end] - now

    def unplug(self) -> None:
        """Take the cable away; both ends lose carrier and frames under way are lost."""
        for arrival in (self._to_a, self._to_b):
            for (frame,) in self.sim.recall(arrival):
                self.sim.drop(frame.uid, self, DropReason.CABLE_UNPLUGGED, frame)
        for end in (self.a, self.b):
            end.cable = None
        for end in (self.a, self.b):
            end.wire_changed()
