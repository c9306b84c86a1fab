"""The shells as programs, and the programs that start others."""

from __future__ import annotations
