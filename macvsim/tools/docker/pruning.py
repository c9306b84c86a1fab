"""``docker container prune``, ``network prune``, ``image prune``, ``system prune``: what nobody uses goes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from macvsim.docker.image_removal import prune_images
from macvsim.docker.images import LAYER, SIZE
from macvsim.docker.tables import human_size
from macvsim.machine.call import Waiting
from macvsim.tools.docker.tool import Invocation, Subcommand, flags


def _agreed(run: Invocation, question: str) -> Generator[simpy.Event, Any, bool]:
    """``--force``, or ``y`` on standard input."""
    if run.parsed.on("force"):
        return True
    run.call.out(run.profile.text(question))
    return (yield from run.call.read_line()).strip().lower() in ("y", "yes")


def _list(run: Invocation, title: str, lines: list[str]) -> None:
    if lines:
        run.call.out("".join(f"{line}\n" for line in [title, *lines, ""]))


def _containers(run: Invocation) -> Waiting:
    if (yield from _agreed(run, "cli.prune_containers")):
        _list(run, "Deleted Containers:", run.engine.prune())
        run.out("Total reclaimed space: 0B")
    return 0


def _networks(run: Invocation) -> Waiting:
    if (yield from _agreed(run, "network.prune_question")):
        _list(run, "Deleted Networks:", run.engine.network_prune())
    return 0


def _images(run: Invocation) -> Waiting:
    everything = run.parsed.on("all")
    if (yield from _agreed(run, "cli.prune_all_images" if everything else "cli.prune_images")):
        run.out(f"Total reclaimed space: {_remove_images(run, everything=everything)}")
    return 0


def _remove_images(run: Invocation, *, everything: bool) -> str:
    """Returns how much room that made."""
    lines = prune_images(run.engine, everything=everything)
    _list(run, "Deleted Images:", [f"{line[0].lower()}{line[1:]}" for line in lines])
    return human_size(SIZE if any(line.endswith(LAYER) for line in lines) else 0)


def _system(run: Invocation) -> Waiting:
    everything = run.parsed.on("all")
    if (yield from _agreed(run, "cli.prune_all_system" if everything else "cli.prune_system")):
        _list(run, "Deleted Containers:", run.engine.prune())
        _list(run, "Deleted Networks:", run.engine.network_prune())
        run.out(f"Total reclaimed space: {_remove_images(run, everything=everything)}")
    return 0


CONTAINERS = Subcommand(_containers, flags("force"))
NETWORKS = Subcommand(_networks, flags("force"))
IMAGES = Subcommand(_images, flags("all force"))
SYSTEM = Subcommand(_system, flags("all force"))
