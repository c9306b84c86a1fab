"""The simulation beside the running kernel: labs and random topologies in namespaces of their own, compared."""

from __future__ import annotations
