"""The shell and the commands: thin skins over the model, as people type them.

`macvsim.shell.interp` runs lines; every other module of this package registers commands with `macvsim.shell.call`
when it is imported, and `load_commands` imports them all.  The room may import `docker` and the rooms below.
Read `interp.py` first, then `call.py`.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module


@cache
def load_commands() -> None:
    """Import every module of this package, in the order of their names, so that every command is registered."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
