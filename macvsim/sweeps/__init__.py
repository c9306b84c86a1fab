"""Sweeps: a lab, or a function, run for every combination of some settings, and for several seeds.
It may import `labfile` and the rooms below.
Read `sweep.py` first, then `plan.py`.
"""

from __future__ import annotations

from macvsim.sweeps.sweep import sweep
from macvsim.sweeps.table import Table

__all__ = ["Table", "sweep"]
