"""GNU sed 4.9, and busybox' sed."""

from __future__ import annotations
