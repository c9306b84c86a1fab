"""busybox 1.37's own versions of commands: a module of this package registers those of its name."""

from __future__ import annotations

import pkgutil
from importlib import import_module

for _module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")
