"""Frames as text, line for line as tcpdump 4.99 prints them.

`Printer` is what the command uses.  Every protocol has a module with functions that take the `Dissection` of a frame
and where in it the protocol's header begins.
"""

from __future__ import annotations

from macvsim.wire.text.core import Names, Options
from macvsim.wire.text.printer import Printer

__all__ = ["Names", "Options", "Printer"]
