"""iputils: ping, arping and tracepath."""

from __future__ import annotations
