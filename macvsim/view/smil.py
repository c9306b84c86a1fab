"""A timeline as SVG that moves by itself (SMIL): it plays inside an image, without script, and begins again.

Every animation lasts as long as the whole, so that all stay in step when they repeat.  Where SMIL is not played, all
that is said stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from macvsim.view.scene import Point
from macvsim.view.svg import clean, number, path
from macvsim.view.timeline import Timeline, Token

RADIUS = 6.5


def elements(timeline: Timeline, tints: dict[int, str]) -> Iterator[str]:
    """What moves: a disc for each copy of a packet, with a ring in the colour of its VLAN; crosses where they end.

    tints : suffix of the style of each VLAN
    """
    for token in timeline.tokens:
        yield from _token(token, timeline.length, tints)
    for token in timeline.tokens:
        if token.end:
            x, y = token.track[-1][1]
            style = "cross-muted" if token.minor else "cross"
            size = 4 if token.minor else 7
            arms = f"M{-size} {-size}L{size} {size}M{-size} {size}L{size} {-size}"
            shown = appear(token.ends, timeline.length)
            title = f"<title>{clean(token.end)}</title>"
            place = f"translate({number(x)} {number(y)})"
            yield f'<path class="mv-{style}" transform="{place}" d="{arms}">{title}{shown}</path>'


def _token(token: Token, length: float, tints: dict[int, str]) -> Iterator[str]:
    yield '<g class="mv-moving" opacity="0">'
    yield _motion(token.track, length)
    yield _visible(token, length)
    for vid in dict.fromkeys(vid for _, vid in token.tags if vid is not None):
        values = [(time, float(tag == vid)) for time, tag in token.tags]
        shown = keyed("opacity", [(0.0, 0.0), *values], length)
        yield f'<circle r="{number(RADIUS + 3.5)}" class="mv-ring-{tints[vid]}" opacity="0">{shown}</circle>'
    yield f'<circle r="{number(RADIUS)}" class="mv-token-{token.kind}"/>'
    yield "</g>"


def _motion(track: Sequence[tuple[float, Point]], length: float) -> str:
    """Along the track, at rest before it begins and after it ends."""
    points = [point for _, point in track]
    if len(points) == 1:
        points *= 2
    steps = [0.0]
    for a, b in pairwise(points):
        steps.append(steps[-1] + ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5)
    whole = steps[-1] or 1.0
    times = [time for time, _ in track]
    frames = [(0.0, 0.0), *((time, step / whole) for time, step in zip(times, steps, strict=False)), (length, 1.0)]
    at = ";".join(f"{time / length:.4f}" for time, _ in frames)
    where = ";".join(f"{step:.4f}" for _, step in frames)
    timing = f'dur="{number(length)}s" repeatCount="indefinite" calcMode="linear"'
    return f'<animateMotion path="{path(points)}" keyPoints="{where}" keyTimes="{at}" {timing}/>'


def _visible(token: Token, length: float) -> str:
    """From its begin until it is gone: at once where it ends, a moment later where it arrives."""
    gone = token.ends if token.end else min(token.ends + 0.5, length)
    return keyed("opacity", [(0.0, 0.0), (token.begins, 1.0), (gone, 0.0)], length)


def appear(time: float, length: float) -> str:
    """Not there until `time`."""
    return keyed("opacity", [(0.0, 0.0), (time, 1.0)], length)


def keyed(attribute: str, values: Sequence[tuple[float, float]], length: float) -> str:
    """An attribute that changes at moments; of several at one moment the last one counts."""
    latest = dict(values)
    times = sorted(time for time in latest if time < length)
    at = ";".join(f"{time / length:.4f}" for time in times)
    value = ";".join(number(latest[time]) for time in times)
    timing = f'dur="{number(length)}s" repeatCount="indefinite" calcMode="discrete"'
    return f'<animate attributeName="{attribute}" values="{value}" keyTimes="{at}" {timing}/>'


__all__ = ["appear", "elements", "keyed"]
