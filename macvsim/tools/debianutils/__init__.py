"""Debian's debianutils: which."""

from __future__ import annotations
