"""The builtins of the shells; `table` lists them."""

from __future__ import annotations
