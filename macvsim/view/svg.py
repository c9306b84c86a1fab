"""Scenes as SVG: one self-contained text, no script, no font, no link; light and dark by the reader's preference.

The same scene gives the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from macvsim.view.scene import SPACE, Box, Cross, Item, Point, Scene, Text, Wire, arrow_triangle
from macvsim.view.style import MONO, SANS, SHAPES, TYPES, Shape, Type

HEAD = "-head"
"""Ends the name of the style of a wire's arrow."""
_ANCHORS = {"start": "", "middle": ' text-anchor="middle"', "end": ' text-anchor="end"'}


def svg(scene: Scene, extra: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """The picture as text.

    extra : further elements, drawn on top; styles : shapes and types that these use
    """
    used = [*(style for item in scene.items for style in _styles(item)), *styles]
    width, height = number(scene.width), number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="macvsim" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{clean(scene.title)}</title>",
    ]
    if scene.description:
        lines.append(f"<desc>{clean(scene.description)}</desc>")
    lines += [
        "<style>",
        *_css([*used, "page"]),
        "</style>",
        f'<rect class="mv-page" width="{width}" height="{height}"/>',
    ]
    lines += [element(item) for item in scene.items]
    lines += extra
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def element(item: Item) -> str:
    """One item."""
    if isinstance(item, Text):
        anchor = _ANCHORS[item.anchor]
        place = f'x="{number(item.x)}" y="{number(item.y)}"'
        first, *more = item.words
        spans = "".join(f'<tspan class="mv-{style}" dx="{number(SPACE)}">{clean(text)}</tspan>' for text, style in more)
        return f'<text class="mv-{first.style}" {place}{anchor}>{clean(first.text)}{spans}</text>'
    if isinstance(item, Box):
        area = item.area
        radius = f' rx="{number(item.radius)}"' if item.radius else ""
        place = f'x="{number(area.x)}" y="{number(area.y)}"'
        size = f'width="{number(area.width)}" height="{number(area.height)}"'
        return _titled("rect", f'class="mv-{item.style}" {place} {size}{radius}', item.title)
    if isinstance(item, Cross):
        x, y, r = item.x, item.y, item.size
        way = f"M{_pair((x - r, y - r))}L{_pair((x + r, y + r))}M{_pair((x - r, y + r))}L{_pair((x + r, y - r))}"
        return f'<path class="mv-{item.style}" d="{way}"/>'
    head = f'<path class="mv-{item.style}{HEAD}" d="{arrow_head(item.points)}"/>' if item.arrow else ""
    return _titled("path", f'class="mv-{item.style}" d="{path(item.points)}"', item.title) + head


def _styles(item: Item) -> list[str]:
    """Styles that an item needs."""
    if isinstance(item, Text):
        return [word.style for word in item.words]
    if isinstance(item, Wire) and item.arrow:
        return [item.style, item.style + HEAD]
    return [item.style]


def path(points: Iterable[Point]) -> str:
    """Points as the data of a path."""
    return "M" + "L".join(map(_pair, points))


def arrow_head(points: tuple[Point, ...]) -> str:
    """A triangle at the end of a line, along its last part."""
    return f"{path(arrow_triangle(points))}Z"


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def clean(text: str) -> str:
    """Text between tags: escaped, and without characters that XML cannot hold."""
    return escape("".join(c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c < "￾" else "�" for c in text))


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _titled(tag: str, attributes: str, title: str) -> str:
    return f"<{tag} {attributes}><title>{clean(title)}</title></{tag}>" if title else f"<{tag} {attributes}/>"


def _css(names: Iterable[str]) -> Iterator[str]:
    """Rules of the styles that occur, for light ground and then for dark."""
    used = list(dict.fromkeys(names))
    yield ".macvsim text{font-family:" + ",".join(f"'{name}'" if " " in name else name for name in SANS) + "}"
    for name in used:
        yield from _rules(name, 0, whole=True)
    yield "@media (prefers-color-scheme:dark){"
    for name in used:
        yield from _rules(name, 1, whole=False)
    yield "}"


def _rules(name: str, ground: int, *, whole: bool) -> Iterator[str]:
    """Rules of one style; `whole`: not only its colours."""
    if name in TYPES:
        yield f".macvsim .mv-{name}{{{_type(TYPES[name], ground, whole)}}}"
    elif name.endswith(HEAD):
        stroke = SHAPES[name.removesuffix(HEAD)].stroke
        assert stroke is not None
        yield f".macvsim .mv-{name}{{fill:{stroke[ground]}}}"
    else:
        yield f".macvsim .mv-{name}{{{_shape(SHAPES[name], ground, whole)}}}"


def _type(kind: Type, ground: int, whole: bool) -> str:
    colour = f"fill:{kind.fill[ground]}"
    if not whole:
        return colour
    weight = f";font-weight:{600 if kind.bold else 400}"
    face = f";font-family:{','.join(repr(n) if ' ' in n else n for n in MONO)}" if kind.mono else ""
    return f"{colour};font-size:{number(kind.size)}px{weight}{face}"


def _shape(shape: Shape, ground: int, whole: bool) -> str:
    parts = [f"fill:{shape.fill[ground] if shape.fill else 'none'}"] if shape.fill or whole else []
    if shape.stroke:
        parts.append(f"stroke:{shape.stroke[ground]}")
        if whole:
            parts.append(f"stroke-width:{number(shape.width)};stroke-linejoin:round")
            parts += [f"stroke-dasharray:{shape.dash}"] if shape.dash else []
    return ";".join(parts)
