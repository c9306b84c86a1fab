"""A lab's journal of configuration as data: names for what is in a lab, values, files, and doing it all again."""

from __future__ import annotations
