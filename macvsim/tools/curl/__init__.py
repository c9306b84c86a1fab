"""curl."""

from __future__ import annotations
