"""What was typed before: addresses and routes that a namespace once had, typed again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from macvsim.net.namespace import Namespace
from macvsim.repair.edit import Edit
from macvsim.repair.scene import Scene

_LASTING = re.compile(
    r"\b(addr(ess)?|route|a|r) (add|replace)\b|^(ifconfig|route) |\bip (-\w+ )*(addr|route) (add|replace)"
)
_ADDRESS = re.compile(r"(?<![\w.:])((?:\d+\.){3}\d+|[0-9a-f]*:[0-9a-f:]+)(?:/(\d+))?(?![\w.:])")


def commands_of(scene: Scene, ns: Namespace) -> Iterator[str]:
    """What was typed in a namespace, without what led into it."""
    names = [name for name, box in scene.lab.boxes().items() if box.ns is ns]
    door = scene.doors[ns]
    for node, command in scene.typed:
        if node in names:
            yield command
        elif door.prefix and node == door.node:
            if command.startswith(door.prefix):
                yield command.removeprefix(door.prefix)
            elif door.prefix.startswith("ip netns exec "):
                start = f"ip -n {door.prefix.split()[3]} "
                if command.startswith(start):
                    yield "ip " + command.removeprefix(start)


def again(scene: Scene, ns: Namespace) -> list[Edit]:
    """Its routes and addresses of the family that is asked for, in the order they were typed; what it has still is
    left out, so that nothing is refused.
    """
    found: list[Edit] = []
    own = {scene.text(one.ip) for one in scene.held if one.dev.ns is ns}
    routes = {route.prefix for route in scene.routes(ns)}
    for line in commands_of(scene, ns):
        for command in re.split(r"\s*(?:;|&&)\s*", line):
            if not _LASTING.search(command) or (":" in command) != scene.six or " del " in command:
                continue
            is_route = " route " in f" {command}" or command.startswith("route ")
            words = command.split()
            given = next((match[1] for match in _ADDRESS.finditer(command)), "")
            there = any(word in routes for word in words) if is_route else given in own
            edit = scene.doors[ns].simple(command.replace(" replace ", " add "))
            if not there and edit not in found:
                found.append(edit)
    return found


def mentioned(scene: Scene, ns: Namespace) -> list[tuple[str, int]]:
    """Addresses that commands typed in a namespace gave it, with prefix lengths; the oldest first."""
    found: dict[tuple[str, int], None] = {}
    for command in commands_of(scene, ns):
        if re.search(r"\baddr(ess)? (add|replace)\b", command):
            for match in _ADDRESS.finditer(command):
                if match[2]:
                    found[match[1], int(match[2])] = None
    return list(found)
