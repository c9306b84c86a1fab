"""``macvsim plot``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from macvsim.apps.ping_result import PingResult
from macvsim.engine.unsimulated import Unsimulated, after
from macvsim.errors import MacvsimError
from macvsim.labfile.load import LabFile, load
from macvsim.labfile.play import Player
from macvsim.machine.streams import Sink, discard
from macvsim.view.picture import check_name
from macvsim.view.story import explained

Kind = Literal["topology", "why", "ladder", "animate"]
_Drawn = tuple[Any, tuple[Unsimulated, ...]]
"""A picture, and the commands that were not simulated before it."""


def plot_file(
    path: Path,
    write: Sink,
    *,
    out: Path | None,
    kind: Kind,
    ping: int | None = None,
    by: str,
    complain: Sink = discard,
    budget: Mapping[str, int] | None = None,
) -> None:
    """Play a lab file and draw it: into a file, or as SVG where output goes.  `complain` is told what is uncertain.

    kind : what to draw: the lab as it is in the end, or as it was at one of its pings, with that ping's way, its
    packets, or its animation; ping : which one, from 1; None: the first that fails, or else the first

    Raises
    ------
    MacvsimError : a file of another kind, matplotlib is needed and not there, no such ping
    ScenarioError : with file and line of what is wrong with the lab
    """
    if out is not None:
        check_name(out)
        if kind == "animate" and out.suffix.lower() != ".svg":
            raise MacvsimError(f"{out}: animations are written as NAME.svg")
    lab_file = load(path, budget)
    if kind == "topology" and ping is None:
        picture, marks = _topology(lab_file)
    else:
        picture, marks = _of_ping(lab_file, kind, ping, by)
    complain("".join(f"{path}: {line}\n" for line in after(marks)))
    if out is None:
        write(str(picture))
    else:
        picture.save(out)
        write(f"{picture.scene.title}: written to {out}\n")


def _topology(lab_file: LabFile) -> _Drawn:
    """The lab after its last command."""
    player = Player(lab_file)
    for _ in player.play():
        pass
    return player.lab.picture(title=lab_file.name), player.unsimulated


def _of_ping(lab_file: LabFile, kind: Kind, number: int | None, by: str) -> _Drawn:
    """One of its pings, in the lab as it was then."""
    number = _first_lost(lab_file) if number is None else number
    player = Player(lab_file)
    seen = 0
    for outcome in player.play():
        if 0 < number - seen <= len(outcome.pings):
            ping = outcome.pings[number - seen - 1]
            title = f"{lab_file.name}: {ping.ns.name} -> {ping.target}"
            if kind == "ladder":
                return ping.ladder(by=by), ping.after
            if kind == "animate":
                return player.lab.animate(ping, title=title), ping.after
            return player.lab.picture(path=explained(ping), title=title), ping.after
        seen += len(outcome.pings)
    if not seen:
        raise MacvsimError(f"{lab_file.path}: nothing in it pings, so there are no packets to draw")
    raise MacvsimError(f"{lab_file.path}: there is no ping {number}: choose 1 to {seen}")


def _first_lost(lab_file: LabFile) -> int:
    """The number of the first ping that gets no answer, or of the first."""
    pings: list[PingResult] = [ping for outcome in Player(lab_file).play() for ping in outcome.pings]
    return next((number for number, ping in enumerate(pings, 1) if not ping.received), 1)
