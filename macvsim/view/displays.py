"""Answers to the questions of `macvsim.engine.display`."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from macvsim.apps.ping_result import PingResult
from macvsim.engine.unsimulated import after
from macvsim.errors import MacvsimError
from macvsim.explain.explanation import Explanation
from macvsim.lab import Lab
from macvsim.machine.capture import Capture
from macvsim.machine.host import Box, Result
from macvsim.switch import Switch
from macvsim.view import tables
from macvsim.view.animation import animation
from macvsim.view.html import clean, folded, preformatted, table, verdict
from macvsim.view.lab import fitting_scene, lab_scene
from macvsim.view.ladder import ladder_scene
from macvsim.view.picture import Picture
from macvsim.view.story import explained, journal_of
from macvsim.view.trail import captured, family, trail

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from networkx import Graph

SHOWN_LADDER = 2
"""Requests of a ping whose packets are shown with it."""


def lab_picture(lab: Lab, path: Any, title: str) -> Picture:
    """A lab's topology, and the way of a ping over it."""
    return Picture(lab_scene(lab, title=title, told=None if path is None else explained(path)))


def lab_plot(lab: Lab, path: Any, title: str, ax: Axes | None) -> Axes:
    """The same picture by matplotlib, wrapped to fit the axes."""
    from macvsim.view.mpl import plot, require, room

    require()
    told = None if path is None else explained(path)
    scene = (
        lab_scene(lab, title=title, told=told) if ax is None else fitting_scene(lab, room(ax), title=title, told=told)
    )
    return plot(scene, ax)


def lab_animation(lab: Lab, path: Any, title: str, backend: str) -> Any:
    """A ping as an animation: SVG, or matplotlib's."""
    if backend == "svg":
        return animation(lab, explained(path), title)
    if backend == "matplotlib":
        from macvsim.view.mpl_animation import mpl_animation

        return mpl_animation(lab, explained(path), title)
    raise MacvsimError(f"backend={backend!r}: animations are made with 'svg' or 'matplotlib'")


def lab_graph(lab: Lab, level: str) -> Graph[str]:
    """A lab as a networkx graph."""
    from macvsim.view.graph import lab_graph as graph

    return graph(lab, level)


def lab_from_graph(graph: Any, subnet: str | None, options: dict[str, Any]) -> Lab:
    """A lab from a networkx graph."""
    from macvsim.view.graph import lab_from_graph as made

    return made(graph, subnet, options)


def ping_ladder(ping: PingResult, by: str, count: int | None) -> Picture:
    """The packets of a ping, and what they caused."""
    journal = journal_of(ping.sim)
    visits = trail(journal, family(journal, ping.requests[:count]))
    return Picture(ladder_scene(visits, f"{ping.ns.name} -> {ping.target}", by=by))


def capture_ladder(capture: Capture, by: str) -> Picture:
    """The frames of a capture."""
    title = f"{len(capture)} frames of {len(capture.interfaces)} interfaces"
    return Picture(ladder_scene(captured(capture), title, by=by, remarks=capture.reasons()))


@singledispatch
def html(thing: Any) -> str:
    """What a notebook shows of something."""
    return preformatted(str(thing))


@html.register
def _(result: Result) -> str:
    said = [f"exit status {result.code}"] if result.code else []
    return preformatted(str(result)) + "".join(f"<div>{clean(line)}</div>" for line in (*said, *after(result.after)))


@html.register
def _(ping: PingResult) -> str:
    parts = [preformatted(ping.text)]
    if ping.sim.journal is not None and ping.code is not None:
        found = ping.explain()
        hint = [f"try: {found.hint}"] if found.hint else []
        parts.append(verdict(found.sentence, [*hint, *after(found.after)], good=found.verdict == "answered"))
        if ping.requests:
            parts.append(folded("the packets", str(ping_ladder(ping, "interface", SHOWN_LADDER))))
    else:
        parts += [preformatted(line) for line in after(ping.after)]
    return "\n".join(parts)


@html.register
def _(explanation: Explanation) -> str:
    details = [f"try: {explanation.hint}"] if explanation.hint else []
    details += [f"also: {ending.text}" for ending in explanation.others]
    details += after(explanation.after)
    said = verdict(explanation.sentence, details, good=explanation.verdict == "answered")
    return f"{said}\n{table(tables.hops(explanation))}"


@html.register
def _(capture: Capture) -> str:
    return table(tables.frames(capture))


@html.register
def _(box: Box) -> str:
    return "\n".join(table(content(box)) for content in (tables.devices, tables.routes, tables.neighbours))


@html.register
def _(switch: Switch) -> str:
    return "\n".join(table(content(switch)) for content in (tables.ports, tables.macs))
