"""The hostname command of Debian and of busybox."""

from __future__ import annotations
