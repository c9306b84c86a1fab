"""``macvsim shell``: a person at the terminals of a lab."""

from __future__ import annotations
