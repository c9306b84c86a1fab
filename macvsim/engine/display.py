"""What can be drawn, or shown in a notebook: the questions only.

The view stands above everything that it draws, so that nothing here knows it; the package itself says who answers
(`macvsim/__init__.py`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from networkx import Graph


class Shown:
    """Something that notebooks show as a text with markup."""

    __slots__ = ()

    @staticmethod
    def view() -> Any:
        """What draws."""
        return import_module("macvsim")._displays()

    def _repr_html_(self) -> str:
        return str(Shown.view().html(self))


class ShownPing(Shown):
    """A ping is shown as what it printed, and why."""

    __slots__ = ()

    def ladder(self, *, by: str = "interface", count: int | None = None) -> Any:
        """Its packets, and what they caused, as a picture: who sent what when.

        by : a column for each ``interface``, or for each ``node``; count : only the first requests
        """
        return Shown.view().ping_ladder(self, by, count)


class ShownCapture(Shown):
    """A capture is shown as a table of frames."""

    __slots__ = ()

    def ladder(self, *, by: str = "interface") -> Any:
        """Its frames as a picture: who sent what when; `by` as for a ping."""
        return Shown.view().capture_ladder(self, by)


class ShownLab:
    """A lab is shown as a picture of its topology."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self.picture())

    def picture(self, *, path: Any = None, title: str = "") -> Any:
        """The topology as a picture, which is SVG as text and saves itself as .svg, .png or .pdf.

        path : a ping, or its explanation, whose way is drawn over it, with the place and reason where it ended
        """
        return Shown.view().lab_picture(self, path, title)

    def plot(self, *, path: Any = None, title: str = "", ax: Axes | None = None) -> Axes:
        """The same picture drawn by matplotlib, into `ax` or a new figure."""
        axes: Axes = self.picture(path=path, title=title).plot(ax)
        return axes

    def animate(self, path: Any, *, title: str = "", backend: str = "svg") -> Any:
        """A ping, or its explanation, as an animation: packets on the wires, and in the end why.

        backend : ``svg``, a picture that moves by itself, without script; or ``matplotlib``, a FuncAnimation
        """
        return Shown.view().lab_animation(self, path, title, backend)

    def graph(self) -> Graph[str]:
        """The lab as a networkx graph: switches, ports, hosts, containers and devices; cables, stacking, membership."""
        graph: Graph[str] = Shown.view().lab_graph(self)
        return graph


__all__ = ["Shown", "ShownCapture", "ShownLab", "ShownPing"]
