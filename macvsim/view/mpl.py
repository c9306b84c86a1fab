"""Scenes drawn by matplotlib, at the same places: for figures of one's own, and for PNG and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macvsim.errors import MacvsimError
from macvsim.output import write_file
from macvsim.view.scene import SPACE, Area, Box, Cross, Item, Scene, Text, Wire, arrow_triangle, line_width
from macvsim.view.style import SHAPES, TYPES, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 72
"""Of the layout: a unit is a point."""
PNG_DPI = 144
MOST_PIXELS = 24_000
_FACES = {False: "DejaVu Sans", True: "DejaVu Sans Mono"}


def plot(scene: Scene, ax: Axes | None = None) -> Axes:
    """Draw into `ax`, or into a new figure of pyplot's that fits."""
    require()
    if ax is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(scene.width / DPI, scene.height / DPI))
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    drawn = [artist for item in scene.items for artist in artists(item)]
    _prepare(ax, scene, drawn)
    for artist in drawn:
        ax.add_artist(artist)
    return ax


def room(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points."""
    place, (width, height) = ax.get_position(), _figure(ax).get_size_inches()
    return place.width * width * DPI, place.height * height * DPI


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def save(scene: Scene, path: Path) -> None:
    """Write a PNG or PDF, without the date and without pyplot's figures."""
    require()
    from matplotlib.figure import Figure

    figure: Figure = Figure(figsize=(scene.width / DPI, scene.height / DPI))
    plot(scene, figure.add_axes((0.0, 0.0, 1.0, 1.0)))
    metadata: dict[str, Any] = {"Title": scene.title}
    if path.suffix.lower() == ".pdf":
        metadata["CreationDate"] = None
    longest = max(scene.width, scene.height) / DPI
    drawn = BytesIO()
    figure.savefig(drawn, format=path.suffix[1:].lower(), dpi=min(PNG_DPI, MOST_PIXELS / longest), metadata=metadata)
    write_file(path, drawn.getvalue())


def require() -> None:
    """`MacvsimError` if matplotlib is not there, with what to type."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise MacvsimError(
            "PNG, PDF and plots need matplotlib, which is not installed: pip install matplotlib, or write a .svg"
        ) from None


def _prepare(ax: Axes, scene: Scene, drawn: Sequence[Any]) -> None:
    """Units of the scene, y down, nothing but the picture; letters and lines grow and shrink with it."""
    ax.set_xlim(0, scene.width)
    ax.set_ylim(scene.height, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    sizes = [(artist, one, getattr(artist, f"get_{one}")()) for artist in drawn for one in ("linewidth", "fontsize")
             if hasattr(artist, f"set_{one}")]  # fmt: skip

    def fit() -> None:
        (_, top), (_, bottom) = ax.transData.transform(((0, 0), (0, 1)))
        scale = (top - bottom) * DPI / _figure(ax).dpi
        for artist, one, size in sizes:
            getattr(artist, f"set_{one}")(size * scale)

    page = _box_patch(Box(Area(0.0, 0.0, scene.width, scene.height), "page"))
    draw = page.draw

    def draw_first(renderer: Any) -> None:
        fit()
        draw(renderer)

    page.draw = draw_first  # the lowest of all artists: the others find their sizes
    page.set_zorder(-1)
    ax.add_artist(page)
    ax.apply_aspect()
    fit()


def artists(item: Item) -> list[Any]:
    """One item as matplotlib draws it, in data units."""
    if isinstance(item, Box):
        return [_box_patch(item)]
    if isinstance(item, Wire):
        return _wire(item)
    if isinstance(item, Cross):
        x, y, r = item.x, item.y, item.size
        lines = (((x - r, y - r), (x + r, y + r)), ((x - r, y + r), (x + r, y - r)))
        return [artist for points in lines for artist in _wire(Wire(points, item.style))]
    return _words(item)


def _box_patch(box: Box) -> Any:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    area = box.area
    options = _paint(SHAPES[box.style])
    if not box.radius:
        return Rectangle((area.x, area.y), area.width, area.height, **options)
    rounding = f"round,pad=0,rounding_size={box.radius}"
    return FancyBboxPatch((area.x, area.y), area.width, area.height, boxstyle=rounding, **options)


def _wire(wire: Wire) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon

    shape = SHAPES[wire.style]
    xs, ys = zip(*wire.points, strict=True)
    colour = (shape.stroke or shape.fill or ("black",))[0]
    line = Line2D(xs, ys, color=colour, linewidth=shape.width, linestyle=_dashes(shape), solid_joinstyle="round")
    if not wire.arrow:
        return [line]
    return [line, Polygon(arrow_triangle(wire.points), color=colour, linewidth=0)]


def _words(item: Text) -> list[Any]:
    """A line of words, each where the layout expects it."""
    from matplotlib.text import Text as Label

    x = item.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor] * line_width(item.words)
    labels = []
    for word in item.words:
        kind = TYPES[word.style]
        middle = x + word.width / 2
        labels.append(
            Label(
                middle,
                item.y,
                word.text,
                fontsize=kind.size,
                fontfamily=_FACES[kind.mono],
                fontweight="bold" if kind.bold else "normal",
                color=kind.fill[0],
                horizontalalignment="center",
                verticalalignment="baseline",
                parse_math=False,
            )
        )
        x += word.width + SPACE
    return labels


def _paint(shape: Shape) -> dict[str, Any]:
    return {
        "facecolor": shape.fill[0] if shape.fill else "none",
        "edgecolor": shape.stroke[0] if shape.stroke else "none",
        "linewidth": shape.width if shape.stroke else 0,
        "linestyle": _dashes(shape),
    }


def _dashes(shape: Shape) -> Any:
    if not shape.dash:
        return "-"
    return (0, [float(length) / shape.width for length in shape.dash.split()])
