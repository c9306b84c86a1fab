"""Storms: what loops in a run that was stopped because it used up its budget, and what ends the loop.

A broadcast that comes back to a bridge is forwarded again (IEEE 802.1D, 1.2: without a spanning tree a bridged network
must have no loop).  The report is made from a sample of further calls of the stopped run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import Cable
from macvsim.engine.sim import SECOND
from macvsim.switch import SwitchPort
from macvsim.wire.canon import frame_text
from macvsim.wire.frame import Frame

_SHARE = 10
"""A place is part of a loop if it sees at least the tenth part of the frames of the busiest place."""
_SHOWN = 8

Point = NetDevice | SwitchPort
Edge = Cable | NetDevice


def report(calls: Sequence[tuple[Callable[..., Any], Any]], elapsed: int, cables: Sequence[Cable]) -> str:
    """The busiest places and the most frequent frame of a sample, and the cure if a loop is found; else empty.

    calls : function and argument; elapsed : how long (ns) they took; cables : of the lab, in the order of their making
    """
    places: Counter[Point] = Counter()
    frames: Counter[bytes] = Counter()
    for fn, arg in calls:
        points, frame = _points(fn), _frame(arg)
        if points and frame is not None:
            places.update(points)
            frames[frame.wire] += 1
    if not places:
        return ""
    most = max(places.values())
    busy = [point for point, count in places.items() if count * _SHARE >= most]
    loop = _loops([*_edges([cable for cable in cables if cable.a in busy or cable.b in busy], busy)])
    names = [edge.label for edge in loop if isinstance(edge, Cable)] or [point.label for point in busy]
    total = sum(places.values())
    rate = f"{total * SECOND // elapsed:,} frames in a simulated second" if elapsed else "no simulated time passes"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    first = "frames go round in a loop" if loop else "frames pass most often"
    wire, count = frames.most_common(1)[0]
    lines = [f"{first}: {', '.join(names[:_SHOWN])}{more} ({rate})"]
    if count * _SHARE >= total:
        lines.append(f"the most frequent frame, {count * 100 // total} % of them: {frame_text(wire)}")
    return "\n".join([*lines, *([f"cure: {_cure(loop)}"] if loop else [])])


def _points(fn: Callable[..., Any]) -> Sequence[Point]:
    """The device or port that a call enters, with a flow table in front of it or not; or the macvlans of one device,
    whose copies of a broadcast are one call."""
    owner = getattr(fn, "__self__", None)
    owner = getattr(getattr(owner, "plain", None), "__self__", owner)
    if isinstance(owner, Point):
        return [owner]
    children = getattr(owner, "children", None)
    return [one for one in children if isinstance(one, NetDevice)] if isinstance(children, list) else []


def _frame(arg: Any) -> Frame | None:
    if isinstance(arg, tuple):
        return next((one for one in arg if isinstance(one, Frame)), None)
    return arg if isinstance(arg, Frame) else None


def _node(end: object) -> Hashable:
    """The switch or bridge that forwards frames between an end and others; else the end itself."""
    if isinstance(end, SwitchPort):
        return end.switch
    return end.master or end if isinstance(end, NetDevice) else end


def _edges(cables: Sequence[Cable], busy: Iterable[Point]) -> Iterator[tuple[Edge, tuple[Hashable, Hashable]]]:
    """Cables, pairs of devices, and devices on others, each with the two nodes that it joins."""
    for cable in cables:
        yield cable, (_node(cable.a), _node(cable.b))
    ends = [*busy, *(end for cable in cables for end in (cable.a, cable.b))]
    devices = [end for end in ends if isinstance(end, NetDevice)]
    for dev in dict.fromkeys([*devices, *(upper for lower in devices for upper in lower.uppers)]):
        peer = getattr(dev, "peer", None)
        if isinstance(peer, NetDevice) and (peer not in devices or dev.ifindex < peer.ifindex):
            yield peer, (_node(dev), _node(peer))
        elif dev.lower is not None:
            yield dev, (_node(dev.lower), _node(dev))


def _loops(edges: list[tuple[Edge, tuple[Hashable, Hashable]]]) -> dict[Edge, tuple[Hashable, Hashable]]:
    """The edges that are part of loops, with their nodes: dead ends are taken away until none is left."""
    while True:
        degree = Counter(node for _, nodes in edges for node in nodes)
        left = [(edge, nodes) for edge, nodes in edges if min(degree[node] for node in nodes) > 1]
        if len(left) == len(edges):
            return dict(left)
        edges = left


def _cure(loop: Mapping[Edge, tuple[Hashable, Hashable]]) -> str:
    """The step that opens a loop: the last cable or device that was put in."""
    group: dict[Hashable, Hashable] = {}
    closing = list(loop)[-1]
    for edge, nodes in loop.items():
        a, b = (_root(group, node) for node in nodes)
        if a is b:
            closing = edge
            break
        group[a] = b
    if isinstance(closing, Cable):
        return f"take out the {closing.label}, which closes the loop; switches here have no spanning tree"
    return _released(closing)


def _root(group: Mapping[Hashable, Hashable], node: Hashable) -> Hashable:
    while node in group:
        node = group[node]
    return node


def _released(dev: NetDevice) -> str:
    """The command that takes a device out of a bridge."""
    peer = getattr(dev, "peer", None)
    port = dev if dev.master is not None else peer
    if not isinstance(port, NetDevice) or port.master is None:
        return f"set {dev.label} down"
    return f"take {port.label} out of the bridge {port.master.name}: ip link set {port.name} nomaster"
