"""Labs as documents: a topology in YAML, commands and what they print in Markdown; played, checked and rewritten."""

from __future__ import annotations
