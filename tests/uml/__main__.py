"""``make fidelity``: scenarios played on a kernel that runs now, and in the simulator: python -m tests.uml [NAME…].

``python -m tests.uml --record NAME.txt`` plays a new scenario, keeps the recording in tests/data/oracle, and compares.

Prints a line for each; the exit status is 1 if frames or outputs differ, 0 also where there can be no guest (which is
said).  With --write, what was found becomes part of the fidelity table.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from macvsim.fidelity.replay import directives
from macvsim.fidelity.replay.compare import Comparison
from macvsim.fidelity.replay.entries import BACKGROUND
from macvsim.fidelity.replay.expand import Step, expand
from macvsim.fidelity.replay.records import Record, load, pack
from macvsim.fidelity.replay.runner import replay
from macvsim.fidelity.replay.scenario import parse
from macvsim.fidelity.replay.state import IPV6_COMMANDS, JSON_COMMANDS, TEXT_COMMANDS
from tests.lab.test_replay_recordings import BY_NUMBER
from tests.uml.machine import Impossible, Machine, prepare

ROOT = Path(__file__).parents[2]
ARCHIVES = ROOT / "tests" / "data" / "oracle"
LIVE = ROOT / "macvsim" / "fidelity" / "live.json"


def plan(text: str, name: str) -> dict[str, Any]:
    """A scenario as the guest is told it."""
    scenario = parse(text, name)
    steps = expand(scenario)
    return {
        "steps": [told for step in steps for told in _told(step)],
        "texts": [*TEXT_COMMANDS, *(IPV6_COMMANDS if scenario.ipv6 else ())],
        "values": JSON_COMMANDS,
        "namespaces": steps[-1].namespaces,
    }


def _told(step: Step) -> Iterator[dict[str, Any]]:
    for command in step.commands:
        suffix = BACKGROUND if command.background else ""
        yield {"do": "command", "ns": command.ns, "cmd": command.cmd, "setup": command.setup,
               "background": command.background, "suffix": suffix}  # fmt: skip
    match step.directive:
        case directives.Capture():
            yield {"do": "capture", "namespaces": step.namespaces}
        case directives.Flush():
            yield {"do": "flush", "namespaces": step.namespaces}
        case directives.State(label=label):
            yield {"do": "state", "label": label, "namespaces": step.namespaces}
        case directives.Sleep(seconds=seconds):
            yield {"do": "sleep", "seconds": seconds}
        case directives.Mark(text=text):
            yield {"do": "mark", "text": text}
        case directives.Wait():
            yield {"do": "wait"}
        case directives.Kill():
            yield {"do": "kill"}
        case _:
            pass


def played(machine: Machine, text: str, name: str) -> Record:
    """The recording of a scenario on the running kernel; `RuntimeError` if the guest did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        found = machine.play(plan(text, name), Path(folder))
        (found / "scenario.txt").write_text(text)
        return replace(load(found), name=name)


def keep(machine: Machine, path: Path) -> int:
    """Play a new scenario, and keep its recording; the exit status is 1 if the simulator differs."""
    live = played(machine, path.read_text("utf-8"), path.stem)
    print(f"{pack(live, ARCHIVES).relative_to(ROOT)}: {len(live.commands)} commands")
    result = replay(live, real_time=machine.real_time)
    agrees = _agrees(result, machine.real_time)
    print(result if agrees else f"{result}\n{result.diff(3)}")
    return int(not agrees)


def _agrees(result: Comparison, real_time: bool) -> bool:
    """Frames and outputs are equal; in real time, frames but for ARP, whose probes depend on what a command takes."""
    if not real_time:
        return (result.frames_equal, result.commands_equal) == (result.frames_total, result.commands_total)
    for interface in result.interfaces:
        ours, theirs = (
            Counter(frame.key for frame in frames if " ARP " not in frame.text)
            for frames in (interface.recorded, interface.simulated)
        )
        if ours != theirs:
            return False
    return True


def main(words: list[str]) -> int:
    """Play the scenarios that are named, or every scenario that no daemon takes part in."""
    write = "--write" in words
    names = [word for word in words if not word.startswith("--")]
    paths = sorted(ARCHIVES.glob("*.tar.xz"))
    chosen = [path for path in paths if not names or any(path.name.startswith(name) for name in names)]
    try:
        machine = prepare()
    except Impossible as reason:
        print(f"make fidelity: skipped: {reason}")
        return 0
    print(f"kernel: {machine.version}", flush=True)
    if "--record" in words:
        return max(keep(machine, Path(name)) for name in names)
    results: dict[str, dict[str, object]] = json.loads(LIVE.read_text()) if write else {}
    differs = False
    for path in chosen:
        record = load(path)
        if "\ndockerd " in record.scenario_text or (machine.real_time and "iptables" in record.scenario_text):
            print(f"{record.name} skipped: it needs a daemon, or iptables that this kernel has not")
            continue
        try:
            live = played(machine, record.scenario_text, record.name)
            result = replay(live, real_time=machine.real_time)
        except RuntimeError as reason:
            print(f"{record.name} not played: {reason}", flush=True)
            differs = True
            continue
        agrees = _agrees(result, machine.real_time)
        print(result if agrees else f"{result}\n{result.diff(3)}", flush=True)
        differs = differs or not agrees
        rules = sorted(BY_NUMBER.get(record.name[:3], ()))
        results[record.name] = {"kernel": machine.version, "rules": rules, "agrees": agrees}
        if write:
            lines = (f"{json.dumps(name)}: {json.dumps(result)}" for name, result in sorted(results.items()))
            LIVE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
