"""procps: sysctl."""

from __future__ import annotations
