"""The same animation by matplotlib, for films."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.view.animation import LEADING, MOST_LINES, stage
from macvsim.view.drawing import key
from macvsim.view.mpl import artists, plot, require
from macvsim.view.overlay import verdict
from macvsim.view.page import MARGIN
from macvsim.view.scene import Cross, Point, text
from macvsim.view.style import SAID
from macvsim.view.timeline import Token

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation

FRAMES = 20
"""A second."""


def mpl_animation(lab: Lab, told: Explanation, title: str = "") -> FuncAnimation:
    """An animation that saves itself: ``.save("ping.gif")``; `MacvsimError` if matplotlib is not there."""
    require()
    from matplotlib.animation import FuncAnimation
    from matplotlib.patches import Circle

    scene, layout, tale, times = stage(lab, told, title)
    y = key(scene, layout, layout.height) + 14
    lines = times.lines[:MOST_LINES]
    scene.height = verdict(scene, tale, y + LEADING * len(lines) + 8) + MARGIN
    ax = plot(scene)
    discs: list[Any] = []
    for token in times.tokens:
        disc = Circle(token.track[0][1], 6.5, color=SAID[token.kind][0], visible=False, zorder=5)
        discs.append(ax.add_patch(disc))
    late: list[tuple[float, Any]] = []
    for token in times.tokens:
        if token.end:
            cross = Cross(*token.track[-1][1], "cross-muted" if token.minor else "cross")
            late += [(token.ends, artist) for artist in artists(cross)]
    for number, line in enumerate(lines):
        said = text(MARGIN + 20, y + LEADING * number + 10, line.text, f"say-{line.kind}")
        late += [(line.time, artist) for artist in artists(said)]
    for _, artist in late:
        ax.add_artist(artist)

    def show(frame: int) -> list[Any]:
        now = frame / FRAMES
        for token, disc in zip(times.tokens, discs, strict=True):
            disc.set_visible(token.begins <= now <= token.ends + (0.0 if token.end else 0.5))
            disc.center = where(token, now)
        for time, artist in late:
            artist.set_visible(now >= time)
        return [*discs, *(artist for _, artist in late)]

    figure = ax.figure
    count = int(times.length * FRAMES)
    return FuncAnimation(figure, show, frames=count, interval=1000 / FRAMES, blit=False)  # type: ignore[arg-type]


def where(token: Token, now: float) -> Point:
    """Where a token is at a second."""
    last = token.track[0]
    for time, point in token.track:
        if time >= now:
            share = 1.0 if time == last[0] else (now - last[0]) / (time - last[0])
            share = min(max(share, 0.0), 1.0)
            return tuple(a + (b - a) * share for a, b in zip(last[1], point, strict=True))  # type: ignore[return-value]
        last = (time, point)
    return last[1]
