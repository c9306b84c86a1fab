"""How the shells differ: messages, options and variables they begin with.

dash (Debian's sh), ash (busybox) and bash, which is sh on CentOS.  Read `base.py` first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from macvsim.shell.dialects.base import Dialect

_SHELLS = {"debian": "base.Dialect", "busybox": "ash.Ash", "centos": "bash.Bash"}


def dialect_of(flavour: str) -> type[Dialect]:
    """The sh of a flavour of boxes."""
    module, _, name = _SHELLS[flavour].partition(".")
    found: type[Dialect] = getattr(import_module(f"macvsim.shell.dialects.{module}"), name)
    return found
