"""The `ip` command of iproute2: one module per object, found by `main`."""

from __future__ import annotations

from macvsim.shell.iproute import main

__all__ = ["main"]
