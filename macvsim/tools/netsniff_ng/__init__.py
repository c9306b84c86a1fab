"""netsniff-ng: mausezahn."""

from __future__ import annotations
