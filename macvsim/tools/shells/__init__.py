"""The shells as programs: dash, bash and busybox ash."""

from __future__ import annotations
