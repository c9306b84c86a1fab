"""The picture of a lab."""

from __future__ import annotations

from macvsim.lab import Lab
from macvsim.view.drawing import describe, draw, key
from macvsim.view.page import MARGIN, arrange
from macvsim.view.scene import Scene, text
from macvsim.view.topology import read

HEADING = 34.0
"""Height of a picture's heading."""
LEAST_WIDTH = 240.0


def lab_scene(lab: Lab, *, title: str = "") -> Scene:
    """The lab as it is now."""
    topology = read(lab)
    layout = arrange(topology, top=MARGIN + (HEADING if title else 0))
    scene = Scene(max(layout.width, LEAST_WIDTH), 0.0, title or "A lab", describe(topology))
    if title:
        scene.add(text(MARGIN, MARGIN + 14, title, "heading"))
    draw(layout, scene)
    scene.height = key(scene, layout, layout.height) + MARGIN
    return scene
