"""A ping as an animation: packets move along the wires, what they are is written below, and in the end why."""

from __future__ import annotations

from collections.abc import Iterator

from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.view.drawing import describe, draw, key
from macvsim.view.lab import HEADING, LEAST_WIDTH_TOLD
from macvsim.view.overlay import wrapped
from macvsim.view.page import MARGIN, Layout, arrange
from macvsim.view.picture import Picture
from macvsim.view.scene import Area, Box, Scene, text
from macvsim.view.smil import appear, elements
from macvsim.view.story import Story, story
from macvsim.view.style import SAID, TYPES, tint
from macvsim.view.svg import element
from macvsim.view.timeline import Line, Timeline, timeline
from macvsim.view.topology import read

LEADING = 18.0
MOST_LINES = 12


def stage(lab: Lab, told: Explanation, title: str = "") -> tuple[Scene, Layout, Story, Timeline]:
    """What stands still, and what moves over it."""
    topology = read(lab)
    tale = story(lab.sim, told)
    layout = arrange(topology, top=MARGIN + (HEADING if title else 0), notes=tale.notes(topology))
    scene = Scene(max(layout.width, LEAST_WIDTH_TOLD), 0.0, title or told.sentence, describe(topology))
    scene.description = f"An animation: {told.sentence}. {scene.description}"
    if title:
        scene.add(text(MARGIN, MARGIN + 14, title, "heading"))
    draw(layout, scene)
    return scene, layout, tale, timeline(layout, tale)


def animation(lab: Lab, told: Explanation, title: str = "") -> Picture:
    """The picture, which moves where SMIL is played."""
    scene, layout, tale, times = stage(lab, told, title)
    hidden = {f"✕ {note}" for note in tale.notes(layout.topology).values()}
    late = [item for item in scene.texts() if any(word.text in hidden for word in item.words)]
    scene.items = [item for item in scene.items if item not in late]
    y = key(scene, layout, layout.height) + 14
    motion = [_at(element(item), times.end, times.length) for item in late]
    motion += elements(times, {vid: tint(number) for vid, number in layout.tints.items()})
    motion += _log(scene, times, y)
    y += LEADING * min(len(times.lines), MOST_LINES) + 8
    motion.append(_verdict(scene, tale, times, y))
    return Picture(scene, motion, _styles(motion))


def _log(scene: Scene, times: Timeline, y: float) -> Iterator[str]:
    """What each packet is, from when it moves."""
    for number, line in enumerate(times.lines[:MOST_LINES]):
        yield _at(_said(line, y + LEADING * number), line.time, times.length)


def _said(line: Line, y: float) -> str:
    disc = Box(Area(MARGIN, y, 11, 11), f"token-{line.kind}", 5.5)
    return element(disc) + element(text(MARGIN + 20, y + 10, line.text, "text"))


def _verdict(scene: Scene, tale: Story, times: Timeline, y: float) -> str:
    """How it ended; makes room for itself."""
    found = tale.explanation
    lost = found.verdict != "answered"
    inner = scene.width - 2 * MARGIN - 24
    lines = [("verdict" if lost else "strong", line) for line in wrapped(found.sentence, inner, "verdict")]
    if found.hint:
        lines += [("text", line) for line in wrapped(f"try: {found.hint}", inner, "text")]
    height = 14 + 17 * len(lines)
    items = [element(Box(Area(MARGIN, y, inner + 24, height), "note-dead" if lost else "note", 6))]
    items += [element(text(MARGIN + 12, y + 20 + 17 * n, line, style)) for n, (style, line) in enumerate(lines)]
    scene.height = y + height + MARGIN
    return _at("".join(items), times.end, times.length)


def _at(content: str, time: float, length: float) -> str:
    return f"<g>{appear(time, length)}{content}</g>"


def _styles(motion: list[str]) -> list[str]:
    """Styles that moving elements name."""
    known = [*TYPES, *(f"token-{kind}" for kind in SAID)]
    known += ["cross", "cross-muted", "note", "note-dead", *(f"ring-{tint(n)}" for n in range(8))]
    return [style for style in known if any(f'"mv-{style}"' in line for line in motion)]
