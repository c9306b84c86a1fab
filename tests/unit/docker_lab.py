"""Hosts with Docker on one switch, for the tests of the engine and of the command."""

from __future__ import annotations

import re

from macvsim.dev.cable import Cable
from macvsim.docker.host import DockerHost
from macvsim.engine.budget import Budget
from macvsim.engine.sim import Sim
from macvsim.fidelity.replay.normalize_text import normalize_output
from macvsim.machine.host import Interpreter
from macvsim.machine.kernel import Kernel
from macvsim.switch import Switch


def hosts(
    *names: str,
    profile: str = "26.1",
    seed: int = 0,
    cards: int = 1,
    shell: Interpreter | None = None,
    budget: Budget | None = None,
) -> list[DockerHost]:
    """Machines with enp0s8 (and enp0s9) on a switch each card has to itself; `shell`: what runs command lines."""
    sim = Sim(seed, budget=budget)
    switches = [Switch(sim, f"sw{card}") for card in range(cards)]
    made = []
    for number, name in enumerate(names, 1):
        host = DockerHost(Kernel(sim, name), name, profile=profile)
        host.interpreter = shell
        host.dev("lo").set_up()
        for card, switch in enumerate(switches):
            nic = host.nic_add(f"enp0s{8 + card}", f"08:00:27:00:0{card}:{number:02x}")
            Cable(sim, nic, switch.port(name))
        made.append(host)
    return made


def normal(command: str, text: str) -> str:
    """As recordings are compared, and names of veth devices too."""
    return re.sub(r"veth[0-9a-f]{7}", "VETH", normalize_output(command, text, frozenset()))


def play(machines: list[DockerHost], transcript: str) -> None:
    """Run the commands of a transcript and compare what they print.

    transcript : ``root@HOST:~# COMMAND``, standard output, lines of standard error behind ``2> ``, ``[rc=N]``
    """
    by_name = {host.name: host for host in machines}
    for entry in re.split(r"^(?=root@)", transcript.lstrip("\n"), flags=re.MULTILINE):
        if not entry:
            continue
        head, *lines = entry.rstrip("\n").split("\n")
        match = re.fullmatch(r"root@(\w+):~# (.*)", head)
        assert match is not None, head
        command = match[2]
        code = 0
        if lines and (found := re.fullmatch(r"\[rc=(\d+)\]", lines[-1])):
            code = int(found[1])
            lines.pop()
        stderr = "".join(f"{line[3:]}\n" for line in lines if line.startswith("2> "))
        stdout = "".join(f"{line}\n" for line in lines if not line.startswith("2> "))
        result = by_name[match[1]].sh(command)
        got = (normal(command, result.stdout).rstrip("\n"), normal(command, result.stderr), result.code)
        assert got == (normal(command, stdout).rstrip("\n"), normal(command, stderr), code), command
