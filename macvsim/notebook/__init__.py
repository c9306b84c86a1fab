"""macvsim in Jupyter: ``%load_ext macvsim`` gives cells that are typed at a lab's machines, and cells that are labs;
`Stepper` steps through a packet's hops.  It may import `labfile`, `view` and the rooms below.  Read `magics.py` first,
then `stepper.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from macvsim.errors import MacvsimError

if TYPE_CHECKING:
    from macvsim.notebook.stepper import Stepper

__all__ = ["Stepper"]


def __getattr__(name: str) -> Any:
    """`Stepper` needs anywidget, which only it does."""
    if name != "Stepper":
        raise AttributeError(f"module 'macvsim.notebook' has no attribute {name!r}")
    try:
        return import_module("macvsim.notebook.stepper").Stepper
    except ModuleNotFoundError as missing:
        if missing.name not in ("anywidget", "traitlets"):
            raise
        raise MacvsimError("stepping through packets needs anywidget: pip install 'macvsim[notebook]'") from None
