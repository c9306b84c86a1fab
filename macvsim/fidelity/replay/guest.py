"""The recorder's machine: a scenario's lab is built on it, its commands run, and every interface is captured.

It is one kernel with a namespace for each name, on which nothing but waiting takes time: so cables and wake-ups take
none here, and kernel timers tick at the recorder's HZ.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from macvsim.dev.base import NetDevice
from macvsim.dev.ipvlan import netif_is_ipvlan
from macvsim.docker.host import DockerHost
from macvsim.docker.images import BUSYBOX_ROOT
from macvsim.docker.machine import Machine
from macvsim.engine.budget import Budget
from macvsim.engine.sim import MS, SECOND, US, Sim
from macvsim.fidelity.replay import directives
from macvsim.fidelity.replay.drawn import RecordedRandom
from macvsim.fidelity.replay.entries import BACKGROUND, CommandEntry, FrameEntry
from macvsim.fidelity.replay.expand import Command, Step
from macvsim.fidelity.replay.shared_data import SharedData
from macvsim.fidelity.replay.state import IPV6_COMMANDS, JSON_COMMANDS, STATE_FINAL, TEXT_COMMANDS, State
from macvsim.fidelity.replay.unsettled import unsettled
from macvsim.lab import install_fast_path
from macvsim.machine.capture import TYPE_TEXT
from macvsim.machine.host import DEBIAN, Box, Host
from macvsim.machine.kernel import Kernel
from macvsim.net import rtneigh
from macvsim.net.machine import Boot
from macvsim.net.namespace import Namespace
from macvsim.net.nud import Nud
from macvsim.shell.interp import CommandLine, Shell, box_for
from macvsim.wire.frame import Frame, PacketType

RECORDER_HZ = 100
RECORDER_BOOT = Boot(ipv6=True, ipv6_tables=False, default_qdisc="pfifo_fast")
RECORDER_CLOCK = 1_700_000_000 * SECOND
"""What the recorder's clock shows at the start, since 1970."""
COMMAND_TIMEOUT = 120 * SECOND
WAIT_TIMEOUT = 60 * SECOND
COMMAND_TIME = 40 * US
"""Guest time that starting a command and collecting its output takes on the recorder's machine."""
REAL_TIME = 200 * MS
"""What happens in real time may be so much later than the recording says."""
LAST_FRAMES = 20 * MS
"""The recorder listens this long after the last command."""
EXTENSIONS = frozenset(
    ("tcp", "udp", "icmp", "state", "conntrack", "comment", "addrtype", "multiport", "limit", "mac", "mark", "physdev",
     "pkttype", "ttl", "ipvs", "set", "REJECT", "LOG", "MARK", "TTL", "CHECKSUM", "SNAT", "DNAT", "MASQUERADE",
     "REDIRECT", "SET", "CONNSECMARK", "NFLOG", "NFQUEUE", "TRACE")
)  # fmt: skip
"""Matches and targets that the recorder's kernel has; of others iptables says that they are missing."""
CONNTRACK_SIZE = 6144
NOT_CAPTURED = frozenset(("lo", "tunl0", "gre0", "sit0", "ip6tnl0", "dummy0"))


class Replay:
    """One scenario being played; `frames` and `commands` are what a record would hold.

    name_server : of the recorder's machine, as its /etc/resolv.conf has it
    starts : when each command that is waited for began to work, in seconds, by namespace and text; for recordings in
        real time, where commands take time: neighbour entries age while a daemon works
    length : seconds from the first mark or frame to the last: in real time, the recorder goes on listening while it
        saves the last state
    macs : what is drawn for devices that are given no MAC, by stream, where it is known
    labels : of the states to be saved
    ipv6 : states have the tables of IPv6 too
    budget : the most that one command, and all together, may use
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        name_server: str = "",
        starts: Sequence[tuple[str | None, str, float]] = (),
        length: float = 0.0,
        macs: Mapping[str, bytes] | None = None,
        labels: Collection[str] = (),
        ipv6: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self.sim = Sim(seed, journal=0, hz=RECORDER_HZ, budget=budget)
        install_fast_path(self.sim)
        for stream, mac in (macs or {}).items():
            self.sim.set_rng(stream, RecordedRandom(mac))
        self.kernel = Kernel(self.sim, "guest", wakeup_delay=0, boot=RECORDER_BOOT)
        modules = self.kernel.init.netfilter.modules
        modules.load_br_netfilter()  # the guest's kernel has it built in
        modules.extensions = EXTENSIONS
        modules.conntrack_size = CONNTRACK_SIZE
        self.kernel.boot_time = RECORDER_CLOCK
        self.outside = Host(self.kernel, "guest", DEBIAN)
        self.outside.dev("lo").set_up()
        self.shell = Shell()
        self.outside.interpreter = self.shell
        self.frames: list[FrameEntry] = []
        self.commands: list[CommandEntry] = []
        self.unsettled: list[frozenset[str]] = []
        """For each of `commands`, see `macvsim.fidelity.replay.unsettled`."""
        self.states: dict[str, State] = {}
        self._shared = SharedData(self.sim, self.frames)
        self._jobs: list[tuple[CommandLine, Command, int]] = []
        self._captured: set[tuple[str, str]] = set()
        self._daemons: dict[str, DockerHost] = {}
        self._starts = deque(starts)
        self._length = round(length * SECOND)
        self._first: int | None = None
        self._labels = labels
        self._texts = (*TEXT_COMMANDS, *IPV6_COMMANDS) if ipv6 else TEXT_COMMANDS
        if name_server:
            self.outside.files["/etc/resolv.conf"] = f"nameserver {name_server}\n"

    def play(self, steps: list[Step]) -> None:
        """Carry out every step, then end as the recorder does."""
        for step in steps:
            self._step(step)
        self._advance(LAST_FRAMES)
        if self._jobs:
            self._kill()
        self.sim.run(until=self.sim.now)
        if steps:
            self._state(STATE_FINAL, steps[-1].namespaces)
        if self._first is not None and self._first + self._length > self.sim.now:
            self.sim.run(until=self._first + self._length + REAL_TIME)

    def _step(self, step: Step) -> None:
        for command in step.commands:
            self.sim.meter.check_document(int(self.sim.now))
            self._command(command)
        match step.directive:
            case directives.Capture():
                for name in step.namespaces:
                    if name in self.kernel.netns:
                        self._capture(name, self.kernel.netns[name])
            case directives.Flush():
                for name in step.namespaces:
                    if name in self.kernel.netns:
                        self._flush(self.kernel.netns[name])
            case directives.Mark():
                self._note_first()
            case directives.State(label=label):
                self._state(label, step.namespaces)
            case directives.Sleep(seconds=seconds):
                self._advance(round(seconds * SECOND))
            case directives.Wait():
                self._wait()
            case directives.Kill():
                self._kill()
            case directives.DockerDaemon(ns=ns):
                self._docker_daemon(ns)
            case directives.DockerNamespace(name=name, host=host) if host in self._daemons:
                found = [c for c in self._daemons[host].containers() if c.name == name]
                if found:
                    self.kernel.netns[name] = found[0].ns
            case _:
                pass

    @staticmethod
    def _flush(ns: Namespace) -> None:
        """``ip neigh flush all``: packets that wait for an answer fail."""
        for entry in [*ns.neigh.entries.values(), *ns.ipv6.neigh.entries.values()]:
            if not entry.state & (Nud.PERMANENT | Nud.NOARP):
                rtneigh.remove(entry)

    def _note_first(self) -> None:
        """A mark or frame is recorded: times count from the first one."""
        if self._first is None:
            self._first = int(self.sim.now)

    def _advance(self, time: int) -> None:
        self.sim.run(until=int(self.sim.now) + time)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _box(self, ns: str | None) -> Box | None:
        if ns is None:
            return self.outside
        found = self.kernel.netns.get(ns)
        return None if found is None else box_for(self.kernel, found)

    def _await_start(self, command: Command) -> None:
        """Let time pass until the command was started in the recording, if it has been said when."""
        if not command.background and self._starts and self._starts[0][:2] == (command.ns, command.cmd):
            start = round(self._starts.popleft()[2] * SECOND)
            if start > self.sim.now:
                self.sim.run(until=start)

    def _command(self, command: Command) -> None:
        self._await_start(command)
        start = int(self.sim.now)
        box = self._box(command.ns)
        if box is None:
            self._record(
                command, "", f'Cannot open network namespace "{command.ns}": No such file or directory\n', 255, start
            )
            return
        job = self.shell.spawn(box, command.cmd)
        if command.background:
            self._jobs.append((job, command, start))
            self.sim.run(until=self.sim.now)
            return
        limit = self.sim.timeout(COMMAND_TIMEOUT)
        self.sim.run(until=job.done | limit)
        if job.code is None:
            job.kill()
            self._record(command, job.stdout, "", "timeout", start)
            return
        self._record(command, job.stdout, job.stderr, job.code, start)
        self._advance(COMMAND_TIME)

    def _record(self, command: Command, stdout: str, stderr: str, rc: int | str, start: int) -> None:
        now = int(self.sim.now)
        cmd = command.cmd + (BACKGROUND if command.background else "")
        self.commands.append(
            CommandEntry(command.ns, cmd, stdout, stderr, rc, start / SECOND, (now - start) / SECOND, command.setup)
        )
        found = self.kernel.netns.get(command.ns) if command.ns else None
        self.unsettled.append(unsettled(found) if found else frozenset())

    def _wait(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job, command, start in jobs:
            limit = self.sim.timeout(WAIT_TIMEOUT)
            if job.code is None:
                self.sim.run(until=job.done | limit)
            rc: int | str = "killed"
            if job.code is not None:
                rc = job.code
            else:
                job.kill(9)
            self._record(command, job.stdout, job.stderr, rc, start)

    def _kill(self) -> None:
        for job, _, _ in self._jobs:
            job.kill()
        self._wait()

    def _docker_daemon(self, ns: str) -> None:
        """A daemon in a namespace, with the recorder's folders and its image file."""
        host = DockerHost.adopt(box_for(self.kernel, self.kernel.netns[ns]))
        host.files["/oracle/guest/busybox-image.tar"] = BUSYBOX_ROOT
        machine = Machine("(none)", file_system="tmpfs")  # the guest has no hostname, and dockerd's folder is a tmpfs
        folders = {"data_root": f"/var/lib/docker-{ns}", "exec_root": f"/run/docker-{ns}"}
        host.start_docker(**folders, images=(), machine=machine)
        self._daemons[ns] = host

    # -- tables --------------------------------------------------------------------------------------------------------

    def _state(self, label: str, namespaces: Sequence[str]) -> None:
        """Save all tables of the namespaces that exist, if anybody asks for them under this label."""
        if label not in self._labels:
            return
        known = {name: self.kernel.netns[name] for name in namespaces if name in self.kernel.netns}
        tables = {
            f"[{name}] {command}": self._output(box_for(self.kernel, ns), f"{command} 2>&1")
            for name, ns in known.items()
            for command in self._texts
        }
        values = {
            name: {key: _value(self._output(self.outside, c.replace("NS", name))) for key, c in JSON_COMMANDS.items()}
            for name in namespaces
        }
        self.states[label] = State(tables, values, {name: unsettled(ns) for name, ns in known.items()})

    def _output(self, box: Box, cmd: str) -> str:
        """What a command prints that nobody counts."""
        job = self.shell.spawn(box, cmd)
        self.sim.run(until=job.done | self.sim.timeout(COMMAND_TIMEOUT))
        return job.stdout

    # -- frames --------------------------------------------------------------------------------------------------------

    def _capture(self, name: str, ns: Namespace) -> None:
        for dev in ns.devices.values():
            if dev.name not in NOT_CAPTURED and (name, dev.name) not in self._captured:
                self._captured.add((name, dev.name))
                dev.add_tap(self._tap(name, dev.name, dev))
                if netif_is_ipvlan(dev):
                    self._shared.watch(dev)

    def _tap(self, ns: str, name: str, dev: NetDevice) -> Callable[[PacketType, Frame], None]:
        home = dev.ns

        def see(packet_type: PacketType, frame: Frame) -> None:
            if dev.ns is not home:  # a socket is not bound any more once its device has moved
                return
            self._note_first()
            time = int(self.sim.now) / SECOND
            self.frames.append(FrameEntry(ns, name, TYPE_TEXT[packet_type], frame.wire.hex(), time))
            self._shared.captured(dev, packet_type, frame)

        return see


def _value(text: str) -> Any:
    """A JSON value, or the text where it is none."""
    try:
        return json.loads(text or "[]")
    except ValueError:
        return text
