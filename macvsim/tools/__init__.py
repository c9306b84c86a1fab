"""The programs people type, one folder for each Debian package: thin skins over the model.

Every module of the room registers its commands with `macvsim.machine.call.command` when it is imported;
`load_commands` imports them all.  The room may import `shell` (``bash`` is a program) and the rooms below.  Read
`iputils/ping.py` first, then `toolkit.py`.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module


@cache
def load_commands() -> None:
    """Import every module of this room, in the order of their names, so that every command is registered."""
    for module in sorted(info.name for info in pkgutil.walk_packages(__path__, f"{__name__}.")):
        import_module(module)
