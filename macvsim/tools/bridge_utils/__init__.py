"""bridge-utils 1.7: brctl."""

from __future__ import annotations
