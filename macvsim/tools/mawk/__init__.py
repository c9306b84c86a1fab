"""awk (POSIX.1-2017): mawk's words on hosts, busybox' in containers."""

from __future__ import annotations
