"""The picture of a lab."""

from __future__ import annotations

from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.view.drawing import describe, draw, key
from macvsim.view.overlay import draw_way, verdict
from macvsim.view.page import MARGIN, arrange
from macvsim.view.scene import Scene, text
from macvsim.view.story import story
from macvsim.view.topology import read

HEADING = 34.0
"""Height of a picture's heading."""
LEAST_WIDTH = 240.0
LEAST_WIDTH_TOLD = 560.0
"""Where there is an explanation to be read."""
WRAPS = (0.3, 0.45, 0.6, 0.8, 1.3)
"""Widths that are tried, in parts of the width that a page has."""


def lab_scene(lab: Lab, *, title: str = "", told: Explanation | None = None, wide: float | None = None) -> Scene:
    """The lab as it is now.

    told : the way of a packet is drawn over it; wide : width at which hosts are wrapped
    """
    topology = read(lab)
    tale = None if told is None else story(lab.sim, told)
    notes = {} if tale is None else tale.notes(topology)
    layout = arrange(topology, top=MARGIN + (HEADING if title else 0), notes=notes, wide=wide)
    least = LEAST_WIDTH if tale is None else LEAST_WIDTH_TOLD
    scene = Scene(max(layout.width, least), 0.0, title or "A lab", describe(topology))
    if title:
        scene.add(text(MARGIN, MARGIN + 14, title, "heading"))
    draw(layout, scene)
    y = layout.height
    if tale is not None:
        draw_way(scene, layout, tale)
        scene.description = f"{tale.explanation.sentence}. {scene.description}"
        y = verdict(scene, tale, y)
    scene.height = key(scene, layout, y) + MARGIN
    return scene


def fitting_scene(lab: Lab, room: tuple[float, float], *, title: str = "", told: Explanation | None = None) -> Scene:
    """The same, with hosts wrapped so that it is as large as it can be in a room of this width and height."""
    natural = lab_scene(lab, title=title, told=told)
    scenes = [natural, *(lab_scene(lab, title=title, told=told, wide=natural.width * share) for share in WRAPS)]
    return max(scenes, key=lambda scene: min(room[0] / scene.width, room[1] / scene.height))
