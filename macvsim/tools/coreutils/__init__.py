"""GNU coreutils 9, and busybox' applets of the same names."""

from __future__ import annotations
