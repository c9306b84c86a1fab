"""The iptables commands."""

from __future__ import annotations

from macvsim.shell.iptables import main

__all__ = ["main"]
