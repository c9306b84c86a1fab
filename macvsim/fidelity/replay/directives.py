"""The directives of the scenario language, one class each, as `macvsim.fidelity.replay.scenario` reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: file name as it was given, and line number from 1."""

    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Directive:
    """A line of a scenario."""

    place: Place


@dataclass(frozen=True, slots=True)
class Title(Directive):
    """``title: TEXT``."""

    text: str


@dataclass(frozen=True, slots=True)
class Namespaces(Directive):
    """``ns A B …``: network namespaces, each with lo up."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WireEnd:
    """One end of a wire; `mac` is None where the recorder counts one up."""

    ns: str
    dev: str
    mac: str | None


@dataclass(frozen=True, slots=True)
class Wire(Directive):
    """``wire NS/IF[/MAC] NS/IF[/MAC]``: a veth pair, both ends up."""

    ends: tuple[WireEnd, WireEnd]


@dataclass(frozen=True, slots=True)
class Switch(Directive):
    """``switch NS BR PORT… KEY=VALUE…``: a Linux bridge; `options` are those of ``ip link add type bridge``."""

    ns: str
    bridge: str
    ports: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Container(Directive):
    """``ctr NAME HOST PARENT KIND MAC [IP/LEN [GW]]``: a namespace with a macvlan or ipvlan child as eth0.

    Attributes
    ----------
    driver : ``macvlan`` or ``ipvlan``
    mode : of macvlan or ipvlan, unchecked: the kernel refuses what it does not know
    flag : of ipvlan: bridge, private or vepa; empty for macvlan
    mac, address, gateway : None where not given; gateway ``dev`` is a default route without a gateway
    """

    name: str
    host: str
    parent: str
    driver: str
    mode: str
    flag: str
    mac: str | None
    address: str | None
    gateway: str | None


@dataclass(frozen=True, slots=True)
class DockerDaemon(Directive):
    """``dockerd NS [OPTION…]``: a Docker daemon in a namespace."""

    ns: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DockerNamespace(Directive):
    """``dns NAME HOST``: container NAME of HOST's daemon becomes a namespace."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Capture(Directive):
    """``cap``: capture on every interface of all namespaces that is not captured yet."""


@dataclass(frozen=True, slots=True)
class Mark(Directive):
    """``mark TEXT``: a line between the frames."""

    text: str


@dataclass(frozen=True, slots=True)
class Run(Directive):
    """``@NS COMMAND``, ``&@NS COMMAND`` (in the background) or ``host COMMAND`` (`ns` is None)."""

    ns: str | None
    command: str
    background: bool


@dataclass(frozen=True, slots=True)
class Wait(Directive):
    """``wait``: for all background commands."""


@dataclass(frozen=True, slots=True)
class Kill(Directive):
    """``kill``: terminate all background commands, then wait for them."""


@dataclass(frozen=True, slots=True)
class Sleep(Directive):
    """``sleep SECONDS``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Flush(Directive):
    """``flush``: ``ip neigh flush all`` in every namespace."""


@dataclass(frozen=True, slots=True)
class State(Directive):
    """``state LABEL``: save the tables of every namespace."""

    label: str
