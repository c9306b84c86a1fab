"""GNU grep 3, and busybox' grep."""

from __future__ import annotations
