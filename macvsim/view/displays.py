"""What the questions of `macvsim.shown` are answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macvsim.lab import Lab
from macvsim.view.lab import lab_scene
from macvsim.view.picture import Picture
from macvsim.view.story import explained

if TYPE_CHECKING:
    from networkx import Graph


def lab_picture(lab: Lab, path: Any, title: str) -> Picture:
    """A lab's topology, and the way of a ping over it."""
    return Picture(lab_scene(lab, title=title, told=None if path is None else explained(path)))


def lab_graph(lab: Lab) -> Graph[str]:
    """A lab as a networkx graph."""
    from macvsim.view.graph import lab_graph as graph

    return graph(lab)
