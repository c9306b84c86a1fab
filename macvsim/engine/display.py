"""What can be drawn, or shown in a notebook: the questions only.

The view stands above everything that it draws, so that nothing here knows it; the package itself says who answers
(`macvsim/__init__.py`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from networkx import Graph

L = TypeVar("L")


class Listed:
    """Something with a few public attributes among many: completion and ``dir()`` show those named by `PUBLIC` of its
    classes, words in a text.
    """

    __slots__ = ()
    PUBLIC: ClassVar[str] = ""

    def __dir__(self) -> list[str]:
        return sorted({name for kind in type(self).__mro__ for name in vars(kind).get("PUBLIC", "").split()})


class Shown(Listed):
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


class ShownLab(Listed):
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
        """The same picture drawn by matplotlib, into a new figure or into `ax`, whose size it takes."""
        axes: Axes = Shown.view().lab_plot(self, path, title, ax)
        return axes

    def animate(self, path: Any, *, title: str = "", backend: str = "svg") -> Any:
        """A ping, or its explanation, as an animation: packets on the wires, and in the end why.

        backend : ``svg``, a picture that moves by itself, without script; or ``matplotlib``, a FuncAnimation
        """
        return Shown.view().lab_animation(self, path, title, backend)

    def graph(self, level: str = "all") -> Graph[str]:
        """The lab as a networkx graph, whose attributes are texts, numbers and truth values, so that every format of
        networkx can write it.

        Parameters
        ----------
        level : ``all``: switches, ports, machines and devices, with ``kind``, ``name``, ``inside`` (what holds it),
            ``detail``, ``addresses`` (separated by blanks), ``mac``, ``vlan`` and ``up``; edges with ``kind`` (cable,
            stacking, member, veth, port, holds).  ``l2``: the same without machines, so that a path is a frame's.
            ``physical``: switches and hosts, a multigraph with an edge for each cable: its ends, ``delay`` (ns),
            ``rate`` (bit/s), ``loss``, ``queue``.  ``l3``: machines and the networks of their addresses, edges with
            ``interface`` and ``address``

        Raises
        ------
        MacvsimError : networkx is not installed; there is no such level
        """
        graph: Graph[str] = Shown.view().lab_graph(self, level)
        return graph

    @classmethod
    def from_graph(cls: type[L], graph: Any, *, subnet: str | None = "10.0.0.0/16", **options: Any) -> L:
        """A lab from any networkx graph: a switch or a host for each node, a cable for each edge.

        Parameters
        ----------
        graph : nodes may have ``kind`` (``switch`` or ``host``; without it, nodes with several edges are switches),
            ``policy`` of a switch, ``flavour`` of a host; edges ``delay`` (ns), ``rate`` (bit/s), ``loss``, ``queue``.
            Nodes that are no texts are named by their kind and number, ``host3``; a switch's port has the name of the
            node at its other end; a host's cards are eth0, eth1, ...
        subnet : from which eth0 of each host gets an address, in the order of the nodes; None: no addresses
        options : of `Lab`

        Raises
        ------
        TopologyError : a node of another kind, a name that no node can have, a subnet that is too small
        """
        lab: L = Shown.view().lab_from_graph(graph, subnet, options)
        return lab


__all__ = ["Listed", "Shown", "ShownCapture", "ShownLab", "ShownPing"]
