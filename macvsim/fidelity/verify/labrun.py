"""A lab document step by step, simulated and on the running kernel; what agrees, what differs, what had to be left out.

Both clocks are kept together: after each step the one that is behind waits.  Commands of docker other than ``exec``
are not run: what the simulated daemon did is done in their place.  A step that the kernel or its tools could not do is
left out on both sides, which takes another run if the simulation has done it already; so are commands at switches,
where Linux bridges stand.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import SECOND
from macvsim.errors import MacvsimError, ScenarioError
from macvsim.fidelity.replay.align import align
from macvsim.fidelity.replay.compare import InterfaceComparison, normal_frames
from macvsim.fidelity.replay.drawn import RecordedRandom
from macvsim.fidelity.replay.entries import FrameEntry
from macvsim.fidelity.replay.normalize_text import given_macs, normalize_output
from macvsim.fidelity.replay.sections import outcome_lines
from macvsim.fidelity.verify.labresult import LabComparison, StepResult
from macvsim.fidelity.verify.livelab import NO_SUCH_CONTAINER, LiveLab, Ran, Refused
from macvsim.fidelity.verify.simlab import VethBuilder, VethLabFile
from macvsim.fidelity.verify.snapshot import Command, State, commands, snapshot, spaces
from macvsim.labfile.document import Step
from macvsim.labfile.load import load
from macvsim.labfile.play import Outcome, Player
from macvsim.labfile.schema import SwitchNode
from macvsim.machine.capture import TYPE_TEXT
from macvsim.machine.host import Box
from macvsim.net.nud import Nud
from macvsim.wire.frame import Frame, PacketType

_DOCKER = re.compile(r"\bdocker(?:-compose)? +(?!exec\b)[a-z-]")
_ABSENT = re.compile(r"(?:sh: \d+: |env: )['‘]?(\S+?)['’]?: (?:not found|No such file or directory)")
_LACKS = re.compile(
    r"Unknown device type|[Oo]peration not supported|Protocol not supported|can't initialize iptables|"
    r"(?:Could not|Failed to) (?:fetch|initialize)|8021q|Cannot open netlink|No such file or directory: '?/proc"
)
_KINDS = {
    0: PacketType.HOST,
    1: PacketType.BROADCAST,
    2: PacketType.MULTICAST,
    3: PacketType.OTHERHOST,
    4: PacketType.OUTGOING,
}
_LIMIT = 120.0
"""Seconds that a command may take."""
_LAST = 0.1
_DEPENDS = "what it depends on was skipped"
_AT_SWITCH = "a Linux bridge takes no commands of a switch; the lab goes on as if it had not been typed"


class LabRun:
    """One lab, both ways.

    omitted : lines of steps that are not run, with the reason
    unable : after `run`, the line and reason of a step that the simulation has done and the kernel could not, if there
        was one; what followed was left out
    """

    def __init__(self, path: Path, omitted: Mapping[int, str]) -> None:
        self.unable: tuple[int, str] | None = None
        self.file = load(path)
        self.file.check_is_document("run it on this kernel")
        nodes = self.file.front.spec.topology.nodes
        at_switches = [step for step in self.file.document.steps if isinstance(nodes.get(step.node), SwitchNode)]
        self.omitted = {**{step.line: _AT_SWITCH for step in at_switches}, **omitted}
        self._omits_more = bool(omitted)
        self.given = given_macs(path.read_text("utf-8"))
        self.builder = VethBuilder(self.file.front)
        self.lab = self.builder.lab
        self.player = self._player(self.builder)
        self.statuses = self._statuses(at_switches) if omitted else {}
        self.results: list[StepResult] = []
        self.frames: list[FrameEntry] = []
        self._watched: list[NetDevice] = []
        self._open: set[str] = set()
        """Namespaces whose frames are kept, as those of the kernel are from the end of the step that made them."""
        self._stopped = ""
        self.live = LiveLab(self.file.front.spec.vars)

    def _player(self, builder: VethBuilder) -> Player:
        return Player(VethLabFile(self.file.path, self.file.document, self.file.front, builder))

    def _statuses(self, but: Collection[Step]) -> dict[int, int]:
        """The exit status of each step, by line, where none is omitted `but` some."""
        builder = VethBuilder(self.file.front)
        player = self._player(builder)
        for node, line in builder.setup:
            builder.lab.hosts[node].sh(line)
        return {step.line: player.run(step).status for step in self.file.document.steps if step not in but}

    # -- running -------------------------------------------------------------------------------------------------------

    def run(self) -> LabComparison:
        """Play everything."""
        try:
            self._begin()
            for step in self.file.document.steps:
                self.results.append(self._step(step))
            self._keep_up(_LAST)
            self.live.read(_LAST)
        finally:
            self.live.close()
        return LabComparison(str(self.file.path), tuple(self.results), tuple(self._interfaces()))

    def _begin(self) -> None:
        for dev in self._devices():
            self._watch(dev)
        self.lab.sim.device_watchers.append(self._watch)
        state = snapshot(self.lab, self.builder.spaces)
        try:
            self.live.update(state, list(commands({}, state)))
            self.live.addresses()
        except Refused as refused:
            self._stopped = f"the lab cannot be made here: {refused}"
        self.live.read(_LAST)
        self.live.seen.clear()
        self._open_spaces()
        self._epoch, self._start = time.monotonic(), int(self.lab.sim.now)
        for node, line in self.builder.setup:
            self.lab.hosts[node].sh(line)
            if self._stopped:
                continue
            ran = self.live.shell(node, line, _LIMIT)
            if ran.status:
                self._stopped = f"{line!r} of the front matter failed on {node}: {ran.output.strip()}"
        self._keep_up(0)

    def _devices(self) -> list[NetDevice]:
        found = spaces(self.lab, self.builder.spaces)
        return [dev for ns, _, _ in found.values() for dev in ns.devices.values()]

    def _watch(self, dev: NetDevice) -> None:
        if dev.loopback or dev in self._watched:
            return
        self._watched.append(dev)  # one that moves is announced again

        def see(kind: PacketType, frame: Frame) -> None:
            if dev.ns.name in self._open:
                entry = FrameEntry(dev.ns.name, dev.name, TYPE_TEXT[kind], frame.wire.hex(), self._simulated())
                self.frames.append(entry)

        dev.add_tap(see)

    def _open_spaces(self) -> None:
        self._open = set() if self._stopped else set(spaces(self.lab, self.builder.spaces))

    def _simulated(self) -> float:
        return (int(self.lab.sim.now) - self._start) / SECOND

    def _keep_up(self, more: float) -> None:
        """Let the clock that is behind run until it shows what the other does, and `more` seconds."""
        passed = time.monotonic() - self._epoch
        self.live.read(0.002, max(0.01, self._simulated() - passed))
        goal = max(time.monotonic() - self._epoch, self._simulated()) + more
        while (left := goal - (time.monotonic() - self._epoch)) > 0:
            time.sleep(min(left, 0.05))
            self.live.read(0.001)
        if goal > self._simulated():
            self.lab.run(goal - self._simulated())

    def _is_resolving(self) -> bool:
        """Somebody asks for a neighbour that has not answered."""
        found = spaces(self.lab, self.builder.spaces)
        return any(entry.state is Nud.INCOMPLETE for ns, _, _ in found.values() for entry in ns.neigh.entries.values())

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> StepResult:
        if self._stopped:
            return StepResult(step, "skipped", self._stopped)
        if step.line in self.omitted:
            return StepResult(step, "skipped", self.omitted[step.line])
        try:
            return self._played(step)
        except ScenarioError:
            if not self._omits_more:
                raise
            return StepResult(step, "skipped", _DEPENDS)

    def _played(self, step: Step) -> StepResult:
        before = snapshot(self.lab, self.builder.spaces)
        frames, seen = len(self.frames), len(self.live.seen)
        if _DOCKER.search(step.command):
            outcome = self.player.run(step)
            after = snapshot(self.lab, self.builder.spaces)
            result = self._translate(step, list(commands(before, after)), after)
        else:
            result, outcome = self._compare(step)
            after = snapshot(self.lab, self.builder.spaces)
        meant = after != before or len(self.frames) > frames
        if result.verdict == "skipped" and meant:
            del self.frames[frames:], self.live.seen[seen:]
            self.unable = step.line, result.text
            self._stop(f"follows line {step.line}, which was skipped")
            return result
        is_other = outcome.status != self.statuses.get(step.line, outcome.status)
        if is_other or (self._omits_more and NO_SUCH_CONTAINER in result.text):
            result = StepResult(step, "skipped", _DEPENDS)
        if self.builder.is_a_hub_no_more():
            self._stop("a hub is VirtualBox's switch only while every card is promiscuous")
            return result
        self._open_spaces()
        self._keep_up(0)
        while self._is_resolving():  # or its requests and the next step's frames race
            self._keep_up(_LAST)
        return result

    def _stop(self, reason: str) -> None:
        """From here on there is nothing to compare."""
        self._stopped = reason
        self._open.clear()
        self.live.taps.close_taps()

    def _translate(self, step: Step, todo: list[Command], after: State) -> StepResult:
        try:
            self.live.update(after, todo)
            if todo:
                self.live.addresses()
        except Refused as refused:
            return StepResult(step, "skipped", f"the kernel lacks it: {refused}")
        made = "; ".join(" ".join(words) for _, words in todo if words[:3] == ("ip", "link", "add"))
        return StepResult(step, "made", made or "nothing to make")

    def _compare(self, step: Step) -> tuple[StepResult, Outcome]:
        """The kernel goes first: what it draws at random is what the simulation draws."""
        if any(line.startswith("^C") for line in step.expected):
            return StepResult(step, "skipped", "Ctrl-C needs a terminal"), self.player.run(step)
        ran = self.live.shell(self._box(step).ns.name, step.command, _LIMIT)
        self.live.find_named()
        for place, mac in self.live.addresses().items():
            self.lab.sim.set_rng(f"mac/{place}", RecordedRandom(mac))
        outcome = self.player.run(step)
        self.live.read(0.002)
        return self._judge(step, outcome, ran), outcome

    def _box(self, step: Step) -> Box:
        """Where a step is run; `ScenarioError` if there is nothing of that name."""
        try:
            return self.player.terminals.box(step.node)
        except MacvsimError as error:
            raise self.player.error(step, str(error)) from None

    def _judge(self, step: Step, outcome: Outcome, ran: Ran) -> StepResult:
        if absent := _ABSENT.search(ran.output):
            return StepResult(step, "skipped", f"this machine has no {absent[1]}")
        if (lacks := _LACKS.search(ran.output)) and not _LACKS.search(outcome.output):
            line = next(line for line in ran.output.splitlines() if lacks[0] in line)
            return StepResult(step, "skipped", f"the kernel lacks it: {line.strip()}")
        if ran.status is None:
            return StepResult(step, "differ", f"still ran on the kernel after {_LIMIT:g} s")
        if self._box(step).flavour.name == "centos" and not re.match(r"docker exec", step.command):
            ours = theirs = ""  # other versions of the tools than this machine's
        else:
            theirs = normalize_output(step.command, ran.output.rstrip("\n"), self.given)
            ours = normalize_output(step.command, outcome.output.rstrip("\n"), self.given)
        kernel, simulated = f"rc={ran.status}\n{theirs}", f"rc={outcome.status}\n{ours}"
        if kernel == simulated:
            return StepResult(step, "agree")
        return StepResult(step, "differ", "\n".join(outcome_lines(kernel, simulated)))

    def _interfaces(self) -> Iterator[InterfaceComparison]:
        """The frames of each interface."""
        live = [
            FrameEntry(one.ns, one.dev, TYPE_TEXT[_KINDS[one.kind]], _wire(one.data, one.tag).hex())
            for one in sorted(self.live.seen, key=lambda seen: (seen.time, seen.number))
            if one.kind in _KINDS
        ]
        kernel, simulated = normal_frames(live), normal_frames(self.frames)
        for name in sorted({*kernel, *simulated}):
            theirs, ours = kernel.get(name, []), simulated.get(name, [])
            pairs = align([frame.key for frame in theirs], [frame.key for frame in ours])
            yield InterfaceComparison(name, tuple(theirs), tuple(ours), tuple(pairs))


def _wire(data: bytes, tag: int) -> bytes:
    """The bytes of a frame with the tag that was kept beside them."""
    return data if not tag else data[:12] + tag.to_bytes(4, "big") + data[12:]


__all__ = ["LabRun"]
