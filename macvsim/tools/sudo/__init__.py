"""Debian's sudo."""

from __future__ import annotations
