"""Playing a transcript again: build its machines, type its commands, compare every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from macvsim.docker.host import DockerHost
from macvsim.engine.budget import Budget
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.fidelity.replay.compare import NOT_SIMULATED_STATUS, NOT_SIMULATED_TEXT
from macvsim.fidelity.replay.guest import RECORDER_HZ
from macvsim.fidelity.replay.normalize_text import normalize_output
from macvsim.fidelity.replay.sections import outcome_lines, section
from macvsim.fidelity.replay.testbed import Testbed, derive, setup_commands
from macvsim.fidelity.replay.transcript import Exchange, Transcript, load
from macvsim.lab import install_fast_path
from macvsim.machine.host import DEBIAN, Box, Host, box_for
from macvsim.machine.kernel import Kernel
from macvsim.net.machine import Boot
from macvsim.shell.dialects.bash import Bash5
from macvsim.shell.interp import Shell
from macvsim.shell.state import State

COMMAND_TIMEOUT = 300 * SECOND
COMMAND_TIME = 200 * MS
"""Real time passed on the recorder's machine while a command was started and its output collected: some tenths of a
second, more for Docker's; transcripts hold no times."""
_VETH = re.compile(r"\bveth[0-9a-f]{7}\b")
_EUI64 = re.compile(r"\bfe80::([0-9a-f]{1,4}):([0-9a-f]{0,2})ff:fe([0-9a-f]{2}):([0-9a-f]{1,4})\b")
_BRIDGE = re.compile(r"\b(br|dm|di)-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class ExchangeComparison:
    """A recorded command and what is printed now; the texts are normalised."""

    exchange: Exchange
    recorded: str
    simulated: str

    @property
    def is_equal(self) -> bool:
        """Exit status and both outputs are equal."""
        return self.recorded == self.simulated

    @property
    def is_not_simulated(self) -> bool:
        """It was answered ``not simulated: …``."""
        return f"\n{NOT_SIMULATED_TEXT}" in self.simulated and f"rc={NOT_SIMULATED_STATUS}" in self.simulated

    def differences(self) -> Iterator[str]:
        """Lines of a unified diff without its head (``-`` recorded, ``+`` simulated)."""
        return outcome_lines(self.recorded, self.simulated)


@dataclass(frozen=True, slots=True)
class TranscriptComparison:
    """What a replayed transcript has in common with the recorded one."""

    name: str
    exchanges: tuple[ExchangeComparison, ...]

    def count(self, *, docker: bool, equal: bool | None = None) -> int:
        """Commands of Docker or of the other tools: all of them, or those whose answers are equal or not."""
        chosen = [one for one in self.exchanges if one.exchange.is_docker == docker]
        return sum(equal is None or one.is_equal == equal for one in chosen)

    @property
    def not_simulated(self) -> int:
        """Commands that were answered ``not simulated: …``; they are not equal."""
        return sum(one.is_not_simulated for one in self.exchanges)

    @property
    def is_equal(self) -> bool:
        """True if nothing differs."""
        return all(one.is_equal for one in self.exchanges)

    def to_dict(self) -> dict[str, str | int]:
        """The counts by name, for JSON."""
        return {
            "transcript": self.name,
            "docker_equal": self.count(docker=True, equal=True),
            "docker_total": self.count(docker=True),
            "others_equal": self.count(docker=False, equal=True),
            "others_total": self.count(docker=False),
            "not_simulated": self.not_simulated,
        }

    def __str__(self) -> str:
        counts = self.to_dict()
        return (
            f"{self.name} docker {counts['docker_equal']}/{counts['docker_total']}"
            f" others {counts['others_equal']}/{counts['others_total']} not-simulated {counts['not_simulated']}"
        )

    def diff(self, limit: int | None = 5) -> str:
        """The first `limit` lines of each difference (None: all); empty if there is none."""
        parts: list[str] = []
        for one in self.exchanges:
            exchange = one.exchange
            parts += section(f"{exchange.line}: [{exchange.host}] {exchange.command}", one.differences(), limit)
        return "\n".join(parts)


class TranscriptReplay:
    """A transcript being played."""

    def __init__(self, transcript: Transcript, *, seed: int = 0, budget: Budget | None = None) -> None:
        self.transcript = transcript
        self.testbed: Testbed = derive(transcript)
        self.sim = Sim(seed, journal=0, hz=RECORDER_HZ, budget=budget)
        install_fast_path(self.sim)
        self.kernel = Kernel(self.sim, "guest", wakeup_delay=0, boot=Boot(self.testbed.ipv6))
        self.kernel.init.netfilter.modules.load_br_netfilter()  # the guest's kernel has it built in
        self.kernel.iptables = "legacy" if self.testbed.legacy_iptables else "nf_tables"
        self.outside = Host(self.kernel, "guest", DEBIAN)
        self.outside.dev("lo").set_up()
        self.shell = Shell()
        self.outside.interpreter = self.shell
        self.boxes: dict[str, Box] = {}
        self._set_up()

    def _set_up(self) -> None:
        """Namespaces, cables, the bridge, and what every host's file system holds."""
        files = self.outside.files
        if self.testbed.name_server:
            files["/etc/resolv.conf"] = f"nameserver {self.testbed.name_server}\n"
        for name, text in self.transcript.files:
            files[f"{self.testbed.folder}/{name}"] = text
        for ns, command in setup_commands(self.testbed):
            self._run(self.outside if ns is None else box_for(self.kernel, self.kernel.netns[ns]), command)
        for host in self.testbed.hosts:
            self.boxes[host] = DockerHost.adopt(box_for(self.kernel, self.kernel.netns[host]))
            self.boxes[host].hostname = host
            self.boxes[host].ns.missing_kinds = self.testbed.missing_kinds
        self._advance(3 * SECOND)

    def play(self) -> list[ExchangeComparison]:
        """Type every command; the answers beside the recorded ones."""
        played = []
        given = _given_macs(self.transcript)
        for at, exchange in enumerate(self.transcript.exchanges):
            self.sim.meter.check_document(int(self.sim.now))
            self._start_daemons(at)
            stdout, stderr, rc = self._run(self.boxes[exchange.host], exchange.command)
            self._advance(COMMAND_TIME)
            ours = normal_answer(exchange.command, exchange.stdout, exchange.stderr, exchange.rc, given)
            theirs = normal_answer(exchange.command, stdout, stderr, rc, given)
            played.append(ExchangeComparison(exchange, ours, theirs))
        return played

    def _start_daemons(self, at: int) -> None:
        """Start the daemons that run from this exchange on."""
        for host, start in self.testbed.daemons.items():
            if start == at:
                box = self.boxes[host]
                assert isinstance(box, DockerHost)
                folders = {"data_root": f"/var/lib/docker-{host}", "exec_root": f"/run/docker-{host}"}
                box.start_docker(**folders, **self.testbed.daemon_options)

    def _advance(self, time: int) -> None:
        self.sim.run(until=int(self.sim.now) + time)

    def _run(self, box: Box, command: str) -> tuple[str, str, int]:
        """Run a command as typed at a prompt of bash; outputs without their last newline; 124 if it does not end."""
        state = State(box, Bash5("bash"))
        state.cwd = self.testbed.folder
        state.variables["PWD"] = self.testbed.folder
        job = self.shell.spawn(box, command, state=state)
        limit = self.sim.timeout(COMMAND_TIMEOUT)
        self.sim.run(until=job.done | limit)
        if job.code is None:
            job.kill(9)
        rc = 124 if job.code is None else job.code
        return job.stdout.removesuffix("\n"), job.stderr.removesuffix("\n"), rc


def normal_answer(command: str, stdout: str, stderr: str, rc: int, given: Sequence[str]) -> str:
    """Exit status, stdout and stderr as one text, normalised as recordings are; veths' names, identifiers in names
    of devices and MACs in link-local addresses are random, too.
    """
    texts = [normalize_output(command, _EUI64.sub(_mac_of, text), given) for text in (stdout, stderr)]
    text = f"rc={rc}\n{texts[0]}\n--- stderr\n{texts[1]}"
    return _BRIDGE.sub(r"\1-ID12", _VETH.sub("VETH", text))


def _mac_of(match: re.Match[str]) -> str:
    """A link-local address with the MAC it was made of written as such (RFC 4291 appendix A)."""
    first, *middle, last = (int(part or "0", 16) for part in match.groups())
    octets = (first ^ 0x200).to_bytes(2, "big") + bytes(middle) + last.to_bytes(2, "big")
    return f"fe80::EUI64({octets.hex(':')})"


def _given_macs(transcript: Transcript) -> Sequence[str]:
    """MACs that somebody typed, and those of the hosts' cards."""
    typed = re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "\n".join(e.command for e in transcript.exchanges))
    files = re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "\n".join(text for _, text in transcript.files))
    cards = [f"08:00:27:00:00:{number:02x}" for number in range(1, len(transcript.hosts) + 4)]
    return [*cards, *typed, *files]


def replay_transcript(path: Path | str, *, seed: int = 0, budget: Budget | None = None) -> TranscriptComparison:
    """Play the transcript in a file again and compare; `ScenarioError` if it is none."""
    transcript = load(path)
    return TranscriptComparison(transcript.name, tuple(TranscriptReplay(transcript, seed=seed, budget=budget).play()))


__all__ = ["TranscriptComparison", "TranscriptReplay", "replay_transcript"]
