"""Names for what is in a lab, as data: where something is found, and what is found there.

::

    {}                                           the lab          {"part": "sim"}          its clock
    {"host": "host1"}                            a machine        {"host": …, "part": "docker" | "kernel" | …}
    {"host": "host1", "container": "c1"}         a container      {"host": …, "netns": NAME}
    {"host": "host1", "dev": "enp0s8"}           a device, of a machine, container or namespace
    {"switch": "sw1", "port": "host1"}           a port           {"cable": 0}, {"opened": 0}: a session, a capture
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import Cable
from macvsim.docker.host import DockerHost
from macvsim.engine.history import History, Reference, Settings, Unnamed
from macvsim.engine.sim import Sim
from macvsim.errors import MacvsimError
from macvsim.machine.host import Box, box_for
from macvsim.net.namespace import Namespace
from macvsim.net.sysctl import Sysctl
from macvsim.switch import Switch, SwitchPort

TABLES = ("files", "file_times", "hosts", "hosts6")


@lru_cache
def _part(host: str, part: str) -> Reference:
    """A part of a host that most calls are about: one object for all of them."""
    return {"host": host, "part": part}


class Topology(Protocol):
    """What a lab has (`macvsim.lab.Lab`)."""

    sim: Sim
    history: History

    @property
    def switches(self) -> Mapping[str, Switch]: ...

    @property
    def hosts(self) -> Mapping[str, DockerHost]: ...

    @property
    def cables(self) -> Sequence[Cable]: ...


class References:
    """The names of one lab.

    repeated : what calls of another lab's history, done again here, have opened; its numbers are those of that lab
    """

    def __init__(self, lab: Topology) -> None:
        self.lab = lab
        self.repeated: list[object] = []

    # -- from things to names ------------------------------------------------------------------------------------------

    def reference(self, thing: object) -> Reference:
        """Where `thing` is found; raises `Unnamed`."""
        found = self._place(thing)
        if found is None:
            number = self.lab.history.number(thing)
            found = None if number is None else {"opened": number}
        if found is None:
            raise Unnamed(f"{thing!r} has no place in the lab")
        return found

    def _place(self, thing: object) -> Reference | None:
        match thing:
            case Box():
                return self._box(thing)
            case Switch():
                return {"switch": thing.name} if self.lab.switches.get(thing.name) is thing else None
            case SwitchPort():
                switch = self._place(thing.switch)
                return None if switch is None else {**switch, "port": thing.name}
            case Namespace():
                return self._of_namespace(thing, {"part": "ns"})
            case NetDevice():
                known = thing.ns.devices.get(thing.name) is thing
                return self._of_namespace(thing.ns, {"dev": thing.name}) if known else None
            case Cable():
                return next(({"cable": n} for n, cable in enumerate(self.lab.cables) if cable is thing), None)
            case Settings():
                box = self._place(thing.owner)
                return None if box is None else {**box, "part": thing.name}
            case Sim():
                return {"part": "sim"} if thing is self.lab.sim else None
        if thing is self.lab:
            return {}
        for host in self.lab.hosts.values():
            if thing is host.kernel:
                return _part(host.name, "kernel")
            if host.has_docker and thing is host.docker:
                return _part(host.name, "docker")
        if isinstance(thing, Sysctl):
            return self._of_namespace(thing.ns, {"part": "sysctl"})
        return None

    def _box(self, box: Box) -> Reference | None:
        host = self.lab.hosts.get(box.kernel.name)
        if host is None or host is box:
            return None if host is None else {"host": host.name}
        if host.has_docker:
            from macvsim.docker.container import Container  # hosts without Docker do not load it

            if isinstance(box, Container):
                return {"host": host.name, "container": box.name} if box in host.containers() else None
        return self._of_namespace(box.ns, {})

    def _of_namespace(self, wanted: object, more: Mapping[str, str]) -> Reference | None:
        return next(({**place, **more} for place, ns in self._namespaces() if ns is wanted), None)

    def _namespaces(self) -> Iterator[tuple[dict[str, str], Namespace]]:
        for host in self.lab.hosts.values():
            yield {"host": host.name}, host.ns
            for container in host.containers():
                yield {"host": host.name, "container": container.name}, container.ns
            for name, ns in host.kernel.netns.items():
                yield {"host": host.name, "netns": name}, ns

    # -- from names to things ------------------------------------------------------------------------------------------

    def find(self, place: Reference) -> Any:
        """What is found there; `MacvsimError` if nothing is."""
        match place:
            case {"opened": int(number)} if 0 <= number < len(self.repeated):
                return self.repeated[number]
            case {"cable": int(number)} if 0 <= number < len(self.lab.cables):
                return self.lab.cables[number]
            case {"switch": str(name), **rest} if name in self.lab.switches:
                switch = self.lab.switches[name]
                if "port" not in rest:
                    return switch
                if rest["port"] in switch.ports:
                    return switch.ports[str(rest["port"])]
            case {"host": str(name), **rest} if name in self.lab.hosts:
                return self._in_host(self.lab.hosts[name], place)
            case {"part": "sim"}:
                return self.lab.sim
            case {} if not place:
                return self.lab
        raise MacvsimError(f"the lab has nothing at {dict(place)}")

    def _in_host(self, host: DockerHost, place: Reference) -> Any:
        box: Box | None = host
        if "container" in place:
            box = next((one for one in host.containers() if one.name == place["container"]), None)
        elif "netns" in place:
            ns = host.kernel.netns.get(str(place["netns"]))
            box = None if ns is None else box_for(host.kernel, ns)
        if box is None:
            raise MacvsimError(f"the lab has nothing at {dict(place)}")
        if "dev" in place:
            return box.dev(str(place["dev"]))
        match place.get("part"):
            case None:
                return box
            case "docker":
                return host.docker
            case "kernel":
                return host.kernel
            case "ns":
                return box.ns
            case "sysctl":
                return box.sysctl
            case str(table) if table in TABLES:
                return getattr(box, table)
        raise MacvsimError(f"the lab has nothing at {dict(place)}")


__all__ = ["References", "Topology"]
