"""Dmitry Butskoy's traceroute 2.1."""

from __future__ import annotations
