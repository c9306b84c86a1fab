"""A queue between two devices, or before the receive path of one, that the next softirq empties (softnet_data)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from macvsim.engine.wheel import SOFTIRQ
from macvsim.wire.frame import Frame

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.engine.sim import Sim


class Softnet:
    """The queue in front of `enter`, which takes each frame out of it; as `engine.recording.Line`."""

    __slots__ = ("_sim", "arrive")
    delay: ClassVar[int] = 0
    plain: ClassVar[bool] = True

    def __init__(self, sim: Sim, enter: Callable[[Frame], DropReason | None]) -> None:
        self._sim = sim
        self.arrive = sim.ingress(enter)

    def send(self, frame: Frame) -> None:
        """A frame waits for the softirqs that are due already."""
        sim = self._sim
        if sim.recorder is not None:
            sim.recorder.left(self, frame)
        sim.post(0, SOFTIRQ, self.arrive, frame)
