"""OpenBSD's netcat: nc."""

from __future__ import annotations
