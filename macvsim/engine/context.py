"""Priorities of calls in the queue: softirqs come before simpy's own events, which stand for processes."""

from __future__ import annotations

from typing import Final

SOFTIRQ: Final = -2
"""Priority of calls in softirq context; simpy's own are 0 (URGENT) and 1 (NORMAL)."""
PROCESS: Final = 1
AFTER_ALL: Final = 2
"""Priority of the end of a run: everything that is due at that time has happened."""
NEVER: Final = 1 << 127
"""A time after every other."""
