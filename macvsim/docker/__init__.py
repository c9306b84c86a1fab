"""The Docker daemon of a host: networks, images, containers, and what the daemon writes into the kernel for them.
It may import `machine` and the rooms below.
Read `engine.py` first, then `network.py` and `container.py`.
"""

from __future__ import annotations

DEFAULT_PROFILE = "26.1"
