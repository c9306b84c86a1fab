"""python3, as far as recordings and pipelines need it."""

from __future__ import annotations
