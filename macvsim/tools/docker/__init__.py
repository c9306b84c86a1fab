"""The docker command: a skin over `macvsim.docker.engine.Engine` with the texts of docker/cli."""

from __future__ import annotations
