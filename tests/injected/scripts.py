"""The scripts, by name; the host is the router of `tests.hostile.router`."""

from __future__ import annotations

from tests.injected import (
    group_scripts,
    host_scripts,
    ipv4_scripts,
    ipv6_scripts,
    random_scripts,
    tcp_scripts,
    tcp_state_scripts,
)
from tests.injected.guest import Step

SCRIPTS: dict[str, list[Step]] = {
    **tcp_scripts.scripts(),
    **tcp_state_scripts.scripts(),
    **random_scripts.scripts(),
    **ipv4_scripts.scripts(),
    **ipv6_scripts.scripts(),
    **group_scripts.scripts(),
    **host_scripts.scripts(),
}
