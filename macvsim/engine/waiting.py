"""Waiting in line: what is due the same time after it is set is due in the order it is set.

The queue of a simulation is the quicker the less stands in it, and a thousand programs that ping have an alarm each.
So only the first of such a line stands in the queue, and calls in the next one when its turn comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappush
from typing import Any

SOFTIRQ = -2
"""Priority of calls in softirq context in the queue, where simpy's own are -1, 0 and 1."""
PROCESS = 1
AFTER_ALL = 2
"""Priority of the end of a run: everything that is due then has happened."""
NEVER = 1 << 127
"""A time after every other."""
Entry = tuple[int, int, int, Any, Any]
"""Of a queue: time (ns), priority, turn, function and its argument."""


class WaitingLine(deque[Entry]):
    """Entries of `queue`, a heap, each later than the one before, of which only the first stands there.

    serve : the function of all of them; their arguments are what is to be called with their turn
    """

    __slots__ = ("_queue", "serve")

    def __init__(self, queue: list[Any]) -> None:
        super().__init__()
        self._queue = queue
        self.serve = self._serve

    def _serve(self, fn: Callable[[int], Any]) -> None:
        """The first one is due."""
        turn = self.popleft()[2]
        if self:
            heappush(self._queue, self[0])
        fn(turn)
