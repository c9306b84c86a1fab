"""A failing case made small: whatever can be left out while it still fails is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

Spec = dict[str, Any]
LIMIT = 60.0
"""Seconds after which a case is as small as it is going to be."""


def shrink(
    topology: Spec, stimuli: list[Spec], fails: Callable[[Spec, list[Spec]], bool], limit: float = LIMIT
) -> tuple[Spec, list[Spec]]:
    """The smallest case found that still fails; greedily, larger parts first."""
    end = time.monotonic() + limit
    done = False
    while not done and time.monotonic() < end:
        done = True
        for fewer in (*_halves(stimuli), *_without_one(stimuli)):
            if time.monotonic() < end and fewer and len(fewer) < len(stimuli) and _tried(fails, topology, fewer):
                stimuli, done = fewer, False
                break
        else:
            for smaller in _smaller(topology, stimuli):
                if time.monotonic() < end and _tried(fails, smaller, stimuli):
                    topology, done = smaller, False
                    break
    return topology, stimuli


def _tried(fails: Callable[[Spec, list[Spec]], bool], topology: Spec, stimuli: list[Spec]) -> bool:
    try:
        return fails(topology, stimuli)
    except (OSError, LookupError, ValueError):  # without a part that another needs
        return False


def _halves(stimuli: list[Spec]) -> Iterator[list[Spec]]:
    middle = len(stimuli) // 2
    yield stimuli[middle:]
    yield stimuli[:middle]


def _without_one(stimuli: list[Spec]) -> Iterator[list[Spec]]:
    for number in range(len(stimuli) - 1, -1, -1):
        yield stimuli[:number] + stimuli[number + 1 :]


def _smaller(topology: Spec, stimuli: list[Spec]) -> Iterator[Spec]:
    """The topology without one of its devices, settings or ports' switches."""
    named = {tuple(one["inject"]) for one in stimuli if "inject" in one}
    named |= {(one["ns"], one["dev"]) for one in stimuli if "op" in one}
    for dev in reversed(topology["devs"]):
        own = {(dev["ns"], dev["name"]), (dev.get("peer_ns"), dev.get("peer"))}
        parents = {(one.get("parent_ns"), one.get("parent")) for one in topology["devs"]}
        bridges = {(one["ns"], one["bridge"]) for one in topology["ports"]}
        if own & (named | parents | bridges):
            continue
        yield {
            **topology,
            "devs": [one for one in topology["devs"] if one is not dev],
            "ports": [one for one in topology["ports"] if (one["ns"], one["dev"]) not in own],
            **{key: [one for one in topology[key] if (one[0], one[1]) not in own] for key in _SETTINGS},
        }
    for key in _SETTINGS:
        for number in range(len(topology[key])):
            yield {**topology, key: topology[key][:number] + topology[key][number + 1 :]}
    for number, port in enumerate(topology["ports"]):
        plain = {name: port[name] for name in ("ns", "bridge", "dev", "late") if name in port}
        if plain != port:
            yield {**topology, "ports": [*topology["ports"][:number], plain, *topology["ports"][number + 1 :]]}


_SETTINGS = ("down", "mcast", "promisc")

__all__ = ["shrink"]
