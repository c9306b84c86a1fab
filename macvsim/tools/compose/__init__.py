"""``docker compose``: networks and containers from a file, made as docker/compose 2.26 makes them."""

from __future__ import annotations
