"""A widget that steps through a packet's hops; where no widget can run, it is the picture of the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
from traitlets import Int, List, Unicode

from macvsim.apps.ping_result import PingResult
from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.notebook.hops import stepped
from macvsim.view.story import explained

_HERE = Path(__file__).parent


class Stepper(anywidget.AnyWidget):
    """Steps through the way of the packet that decided a ping, hop by hop, with the fields of its frame at each.

    lab : where it was sent; path : the ping, or its explanation

    Attributes
    ----------
    hops : what `macvsim.notebook.hops.stepped` says; at : the hop that is shown, from 0
    """

    _esm = _HERE / "stepper.js"
    _css = _HERE / "stepper.css"
    svg = Unicode().tag(sync=True)
    hops: Any = List().tag(sync=True)
    at = Int(0).tag(sync=True)

    def __init__(self, lab: Lab, path: PingResult | Explanation) -> None:
        found = explained(path)
        svg, hops = stepped(lab, found)
        super().__init__(svg=svg, hops=hops)
        self._still = str(lab.picture(path=found))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        found: Any = super()._repr_mimebundle_(**options)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "image/svg+xml": self._still, "text/plain": f"Stepper: {len(self.hops)} hops"}, metadata
