"""A packet's way drawn over a lab, with the place where it ended."""

from __future__ import annotations

from collections.abc import Iterable

from macvsim.view.page import MARGIN, Layout
from macvsim.view.scene import Area, Box, Cross, Scene, Wire, text
from macvsim.view.story import Story, goes_back
from macvsim.view.style import TYPES
from macvsim.view.trail import Visit
from macvsim.view.ways import Ways, beside

_KEY = (("way", "request"), ("way-back", "answer"), ("way-other", "copies, and questions nobody answered"))
_SIDES = {"way": 2.2, "way-back": 5.6, "way-other": 0.0}
"""How far beside the wire a way is drawn."""


def draw_way(scene: Scene, layout: Layout, story: Story) -> None:
    """Lines along the wires that packets took, borders around the places they were at, a cross at the end."""
    ways = Ways(layout)
    drawn: set[tuple[str, str, str]] = set()
    for visit in story.aside:
        _hop(scene, ways, visit, "way-other", drawn)
    for visit in story.chain:
        _hop(scene, ways, visit, "way-back" if goes_back(visit) else "way", drawn)
    places = [layout.topology.at(visit.place) for visit in story.chain]
    stations = [node for node in places if node is not None and (node.link_kind is not None or node.kind == "port")]
    stops = dict.fromkeys(node.id for node in stations)
    scene.add(*(Box(layout.areas[node], "mark", 3) for node in stops))
    last = next((node for node in reversed(places) if node is not None), None)
    if story.explanation.verdict != "answered" and last is not None:
        area = layout.areas[last.id]
        is_port = last.kind == "port"
        scene.add(Box(area, "dead-mark", 3))
        scene.add(Cross(area.right + 9 if is_port else area.right - 1, area.y + 4 if is_port else area.y))


def _hop(scene: Scene, ways: Ways, visit: Visit, style: str, drawn: set[tuple[str, str, str]]) -> None:
    """A visit's line from the place before, on the right-hand side of the wires."""
    topology = ways.layout.topology
    a = None if visit.before is None else topology.at(visit.before.place)
    b = topology.at(visit.place)
    if a is None or b is None or (a.id, b.id, style) in drawn:
        return
    points = ways.way(a.id, b.id)
    if points:
        drawn.add((a.id, b.id, style))
        scene.add(Wire(beside(points, _SIDES[style]), style, arrow=style != "way-other"))


def verdict(scene: Scene, story: Story, y: float) -> float:
    """The explanation below the picture, in lines; returns y below it."""
    found = story.explanation
    lost = found.verdict != "answered"
    width = scene.width - 2 * MARGIN
    lines = [("verdict" if lost else "strong", line) for line in wrapped(found.sentence, width - 24, "verdict")]
    if found.hint:
        lines += [("text", line) for line in wrapped(f"try: {found.hint}", width - 24, "text")]
    height = 14 + 17 * len(lines)
    scene.add(Box(Area(MARGIN, y, width, height), "note-dead" if lost else "note", 6))
    for number, (style, line) in enumerate(lines):
        scene.add(text(MARGIN + 12, y + 20 + 17 * number, line, style))
    y += height + 14
    x = MARGIN
    used = {item.style for item in scene.items if isinstance(item, Wire)}
    for style, meaning in _KEY:
        if style in used:
            scene.add(Wire(((x, y + 6), (x + 26, y + 6)), style), text(x + 32, y + 10, meaning, "muted"))
            x += 32 + TYPES["muted"].width(meaning) + 18
    return y + 22


def wrapped(sentence: str, width: float, style: str) -> Iterable[str]:
    """A text in lines of at most `width`; a word alone may be longer."""
    line = ""
    for word in sentence.split():
        longer = f"{line} {word}".strip()
        if line and TYPES[style].width(longer) > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


__all__ = ["draw_way", "verdict", "wrapped"]
