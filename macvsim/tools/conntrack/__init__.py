"""conntrack-tools 1.4: conntrack."""

from __future__ import annotations
