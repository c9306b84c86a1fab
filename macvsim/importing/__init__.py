"""From what a real machine's own tools print to a lab document: a collector's output is read, wired, and tried."""

from __future__ import annotations
