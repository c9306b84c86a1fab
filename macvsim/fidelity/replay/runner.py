"""Playing recordings again and comparing; those with a Docker daemon, made in real time, at their own pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from macvsim.engine.budget import Budget
from macvsim.fidelity.replay import directives
from macvsim.fidelity.replay.align import align
from macvsim.fidelity.replay.compare import Comparison, compare
from macvsim.fidelity.replay.drawn import drawn_macs, shown, with_drawn_names
from macvsim.fidelity.replay.entries import BACKGROUND, CommandEntry
from macvsim.fidelity.replay.expand import expand
from macvsim.fidelity.replay.guest import Replay
from macvsim.fidelity.replay.records import Record, load
from macvsim.fidelity.replay.scenario import parse
from macvsim.fidelity.replay.testbed import name_server

EXEC = "docker exec "
EXEC_SHARE = 0.95
"""Of the time that ``docker exec`` takes beyond its program's, this share passes before the program's first step."""


def replay(record: Record, *, seed: int = 0, real_time: bool = False, budget: Budget | None = None) -> Comparison:
    """Play a record again and compare; `real_time`: it was made so, as all with a Docker daemon are."""
    scenario = parse(record.scenario_text, record.name)
    real_time = real_time or any(isinstance(d, directives.DockerDaemon) for d in scenario.directives)
    server = name_server(entry.stdout + entry.stderr for entry in record.commands)

    def play(simulated: Sequence[CommandEntry], macs: Mapping[str, bytes]) -> Replay:
        played = Replay(
            seed=seed,
            name_server=server,
            starts=list(_starts(record.commands, simulated)) if real_time else (),
            length=record.timeline[-1].t if real_time and record.timeline else 0.0,
            macs=macs,
            labels=record.states,
            ipv6=scenario.ipv6,
            budget=budget,
        )
        played.play(expand(scenario))
        return played

    played = play((), {})
    places = (
        shown(record.commands, record.states, record.frames),
        shown(played.commands, played.states, played.frames),
    )
    macs = drawn_macs(played.sim, *places, record.given_macs)
    if real_time or macs:  # once more, now that it is known how long programs take, and what was drawn
        played = play(played.commands, macs)
    frames = with_drawn_names(played.frames, record.frames)
    return compare(record, frames, played.commands, played.states, played.unsettled, in_order=not real_time)


def _starts(
    recorded: Sequence[CommandEntry], simulated: Sequence[CommandEntry]
) -> Iterator[tuple[str | None, str, float]]:
    """When each command of a recording in real time began to work: programs in containers behind Docker's share."""
    partner = dict(align([(e.ns, e.cmd) for e in recorded], [(e.ns, e.cmd) for e in simulated]))
    for i, entry in enumerate(recorded):
        if BACKGROUND in entry.cmd:
            continue
        lead = 0.0
        if entry.cmd.startswith(EXEC) and i in partner:
            lead = max(0.0, entry.dur - simulated[partner[i]].dur) * EXEC_SHARE
        yield entry.ns, entry.cmd, entry.start + lead


def replay_folder(folder: Path | str, *, seed: int = 0, budget: Budget | None = None) -> Comparison:
    """Play the record in a folder or archive again and compare; `ScenarioError` if it is not a record."""
    return replay(load(folder, budget), seed=seed, budget=budget)
