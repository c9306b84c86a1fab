"""What a scenario's directives run: the recorder's shell commands, for a simulated shell to run in its place.

The commands of the setup directives (ns, wire, switch, ctr) are part of every record, so they are exactly the
recorder's, blanks included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from macvsim.fidelity.replay.directives import (
    Container,
    Directive,
    DockerNamespace,
    Kill,
    Namespaces,
    Run,
    Switch,
    Wait,
    Wire,
)
from macvsim.fidelity.replay.entries import BACKGROUND
from macvsim.fidelity.replay.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command.

    Attributes
    ----------
    ns : the network namespace it runs in; None: outside of all
    cmd : its text
    setup : True if it comes from a setup directive
    background : True if the scenario goes on meanwhile; it ends at the next `Wait` or `Kill`, or with the scenario
    """

    ns: str | None
    cmd: str
    setup: bool = True
    background: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A directive and what it runs.

    Attributes
    ----------
    commands : run one after the other, whatever they return
    namespaces : those that the recorder knows once the directive is done, in the order of their making; `Capture`,
        `Flush` and `State` are about these
    """

    directive: Directive
    commands: tuple[Command, ...]
    namespaces: tuple[str, ...]


def expand(scenario: Scenario) -> list[Step]:
    """The steps of a scenario, one for each directive."""
    recorder = _Recorder(scenario)
    return [recorder.step(directive) for directive in scenario.directives]


def recorded_order(steps: Sequence[Step]) -> list[tuple[str | None, str, bool]]:
    """``(ns, cmd, setup)`` of the entries of ``commands.json``.

    An entry is written when its command ends, so background commands stand where the scenario waits for them.
    """
    entries: list[tuple[str | None, str, bool]] = []
    background: list[tuple[str | None, str, bool]] = []
    for step in steps:
        for command in step.commands:
            if command.background:
                background.append((command.ns, command.cmd + BACKGROUND, False))
            else:
                entries.append((command.ns, command.cmd, command.setup))
        if isinstance(step.directive, Wait | Kill):
            entries += background
            background.clear()
    return entries + background


class _Recorder:
    """What the recorder remembers from directive to directive: namespaces, and how many MACs it has given out."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._namespaces: list[str] = []
        self._macs = 0

    def step(self, directive: Directive) -> Step:
        """The step of the next directive."""
        commands = tuple(self._commands(directive))
        return Step(directive, commands, tuple(self._namespaces))

    def _commands(self, directive: Directive) -> Iterator[Command]:
        """The commands of the next directive."""
        match directive:
            case Namespaces():
                for name in directive.names:
                    yield from self._namespace(name)
            case Wire():
                yield from self._wire(directive)
            case Switch():
                yield from self._switch(directive)
            case Container():
                if directive.name not in self._namespaces:
                    yield from self._namespace(directive.name)
                yield from _container(directive)
            case DockerNamespace():
                if directive.name not in self._namespaces:
                    self._namespaces.append(directive.name)
            case Run():
                yield Command(directive.ns, directive.command, setup=False, background=directive.background)

    def _namespace(self, name: str) -> Iterator[Command]:
        """A new network namespace with lo up, and with or without IPv6."""
        self._namespaces.append(name)
        disabled = int(not self._scenario.ipv6)
        yield Command(None, f"ip netns add {name}")
        sysctl = f"echo {disabled} > /proc/sys/net/ipv6/conf/$i/disable_ipv6"
        yield Command(name, f"for i in all default lo; do {sysctl}; done; ip link set lo up")

    def _mac(self) -> str:
        """The next MAC for a device that was given none."""
        self._macs += 1
        return f"0e:00:00:00:00:{self._macs:02x}"

    def _wire(self, wire: Wire) -> Iterator[Command]:
        """A veth pair, both ends up."""
        a, b = ((end, end.mac or self._mac()) for end in wire.ends)
        local = f"ip link add {a[0].dev} address {a[1]} netns {a[0].ns}"
        yield Command(None, f"{local} type veth peer name {b[0].dev} address {b[1]} netns {b[0].ns}")
        for end in wire.ends:
            offload = "" if self._scenario.checksum_offload else f"ethtool -K {end.dev} tx off >/dev/null 2>&1; "
            yield Command(end.ns, f"{offload}ip link set {end.dev} up")

    def _switch(self, switch: Switch) -> Iterator[Command]:
        """A bridge with its ports, up; without spanning tree, forwarding delay and multicast snooping."""
        fixed = "type bridge forward_delay 0 stp_state 0 mcast_snooping 0"
        options = " ".join(f"{key} {value}" for key, value in switch.options)
        yield Command(switch.ns, f"ip link add {switch.bridge} address {self._mac()} {fixed} {options}")
        for port in switch.ports:
            yield Command(switch.ns, f"ip link set {port} master {switch.bridge}")
        yield Command(switch.ns, f"ip link set {switch.bridge} up")


def _container(ctr: Container) -> Iterator[Command]:
    """A child of the parent, made in the host's namespace, moved into the container's, named eth0, configured."""
    if ctr.driver == "ipvlan":
        address, kind = "", f"ipvlan mode {ctr.mode} {ctr.flag}"  # an ipvlan child has its parent's MAC
    else:
        address, kind = f"address {ctr.mac}" if ctr.mac else "", f"macvlan mode {ctr.mode}"
    yield Command(ctr.host, f"ip link add link {ctr.parent} name tmp-{ctr.name} {address} type {kind}")
    yield Command(ctr.host, f"ip link set tmp-{ctr.name} netns {ctr.name} name eth0")
    if ctr.address:
        yield Command(ctr.name, f"ip addr add {ctr.address} dev eth0")
    yield Command(ctr.name, "ip link set eth0 up")
    if ctr.gateway:
        via = "" if ctr.gateway == "dev" else f"via {ctr.gateway} "
        yield Command(ctr.name, f"ip route add default {via}dev eth0")
