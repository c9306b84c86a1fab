"""All candidates for one ending, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from macvsim.explain.explanation import Explanation
from macvsim.repair import addresses, containers, devices, routers, routes, rules, wire
from macvsim.repair.edit import Candidate, candidate
from macvsim.repair.scene import Ended, Scene

CHECKS: tuple[Callable[[Scene], Iterator[Candidate]], ...] = (
    wire.checks,
    devices.checks,
    rules.checks,
    routes.checks,
    addresses.checks,
    containers.checks,
    routers.checks,
)
OTHER_REASON = 3
FAR = 4
BOLD = 4
"""What a candidate's rank grows by: it does not help against this reason, is about places that the packet never saw, is
bold.
"""


_ADDRESSING = re.compile(r"\b(link set|addr add|disable_ipv6|cable|network connect|up$)")
"""Commands after which addresses of IPv6 are new."""
_TYPED = re.compile(r"(?P<command>[^…]+?)\s+\(on (?P<node>\S+)\)")


def ended(found: Explanation) -> Ended:
    """What candidates are chosen by."""
    endings = [ending for ending in (found.ending, *found.others) if ending is not None]
    return Ended(
        tuple(dict.fromkeys((found.where, *(ending.where for ending in endings)))),
        tuple(dict.fromkeys(ending.reason for ending in endings)),
        tuple(dict.fromkeys(ending.vid for ending in endings if ending.vid)),
        tuple(dict.fromkeys(step.where for step in found.path)),
        tuple(ending.hint for ending in endings),
    )


def _advised(scene: Scene) -> Iterator[Candidate]:
    """What the explanations say to type."""
    doors = {ns.name: door for ns, door in scene.doors.items()}
    for hint in scene.ended.hints:
        match = _TYPED.fullmatch(hint)
        if match is not None and match["node"] in doors:
            yield candidate([doors[match["node"]].simple(match["command"])], scene.ended.places, *scene.ended.reasons)


def candidates(scene: Scene) -> list[tuple[int, Candidate]]:
    """With a rank: what the reason of the ending calls for, at its place, is 0."""
    found: dict[Candidate, int] = {}
    for check in (*CHECKS, _advised):
        for one in check(scene):
            found.setdefault(_settled(scene, one), rank(scene, one))
    return sorted(((number, one) for one, number in found.items()), key=lambda pair: (pair[0], len(pair[1].edits) > 1))


def _settled(scene: Scene, one: Candidate) -> Candidate:
    """With the time that a new IPv6 address takes until it may be used."""
    if not scene.six or not any(_ADDRESSING.search(edit.command) for edit in one.edits):
        return one
    return replace(one, edits=(*one.edits, scene.doors[scene.source].simple("sleep 3")))


def rank(scene: Scene, one: Candidate) -> int:
    """How far a candidate is from where the packet ended, and from why."""
    ended = scene.ended
    near = BOLD * one.bold + (0 if one.reasons & set(ended.reasons) else OTHER_REASON)
    if set(one.places) & set(ended.places):
        return near
    nodes = {place.partition(":")[0] for place in ended.places}
    if nodes & {place.partition(":")[0] for place in one.places}:
        return near + 1
    if set(one.places) & set(ended.seen):
        return near + 2
    ends = {ns.name for ns in scene.ends()}
    seen = {place.partition(":")[0] for place in ended.seen} | ends
    return near + (3 if seen & {place.partition(":")[0] for place in one.places} else FAR)
