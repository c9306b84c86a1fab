"""What compose does to a project's networks and containers, and the lines it writes meanwhile (compose pkg/compose).

Compose works on several containers at once, and in which order their lines come is chance: here the networks come by
name, and of containers that wait for nothing the last first.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from macvsim.docker.container import Container
from macvsim.docker.engine import Engine
from macvsim.docker.ipam_config import IpamConfig
from macvsim.docker.lifecycle import STOP_TIMEOUT
from macvsim.docker.network import NetworkConfig
from macvsim.errors import DockerError, Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.tools.compose.containers import (
    LABEL,
    VERSION,
    check_simulated,
    create,
    notes,
    number_of,
    of_project,
    service_hash,
)
from macvsim.tools.compose.project import ComposeNetwork, Project, Service
from macvsim.tools.docker.programs import check_program


class Session:
    """One run of compose for a project."""

    def __init__(self, call: Call, engine: Engine, project: Project) -> None:
        self.call = call
        self.engine = engine
        self.project = project

    def event(self, what: str, state: str) -> None:
        """A line of progress."""
        self.call.err(f" {what}  {state}\n")

    def containers(self, services: Sequence[str] = ()) -> list[Container]:
        """The project's containers, or those of some services."""
        found = of_project(self.engine, self.project.name)
        return [c for c in found if not services or c.config.labels.get(f"{LABEL}service") in services]

    # -- networks ------------------------------------------------------------------------------------------------------

    def ensure_networks(self) -> None:
        """Make those that are missing.  Raises `DockerError`."""
        for network in self.project.networks.values():
            if network.external:
                self.engine.controller.find(network.name)
            elif network.name not in self.engine.controller.networks:
                self._make_network(network)

    def _make_network(self, network: ComposeNetwork) -> None:
        title = f"Network {network.name}"
        self.event(title, "Creating")
        settings = network.settings
        ipam = settings.get("ipam") or {}
        pools = tuple(
            IpamConfig(
                pool.get("subnet", ""),
                pool.get("ip_range", ""),
                pool.get("gateway", ""),
                pool.get("aux_addresses") or {},
            )
            for pool in ipam.get("config") or ()
        )
        own = {"network": network.key, "project": self.project.name, "version": VERSION}
        config = NetworkConfig(
            network.name,
            settings.get("driver") or "bridge",
            pools,
            settings.get("driver_opts") or {},
            {**settings.get("labels", {}), **{f"{LABEL}{key}": value for key, value in own.items()}},
            internal=bool(settings.get("internal")),
            attachable=bool(settings.get("attachable")),
            ipv6=bool(settings.get("enable_ipv6")),
            ipam_options=ipam.get("options"),
        )
        try:
            self.engine.controller.create(config)
        except DockerError as error:
            self.event(title, "Error")
            said = self.engine.profile.stderr_line(error)
            raise self.engine.profile.error("cli.compose_network", network=network.name, error=said) from None
        self.event(title, "Created")

    def remove_networks(self) -> None:
        """All of them but external ones.  Raises `DockerError`."""
        there = [n for n in self.project.networks.values() if not n.external]
        names = [n.name for n in there if n.name in self.engine.controller.networks]
        for name in names:
            self.event(f"Network {name}", "Removing")
        for name in names:
            if self.engine.controller.networks[name].endpoints:
                self.event(f"Network {name}", "Resource is still in use")
                continue
            self.engine.network_rm(name)
            self.event(f"Network {name}", "Removed")

    # -- up ------------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """`NotSimulated` for what is left out, before anything is done."""
        for service in self.project.services.values():
            check_simulated(service, Effect.CHANGES)
            if not self.engine.images.knows(service.settings["image"]):
                raise NotSimulated(f"docker compose pulling the image {service.settings['image']}", Effect.CHANGES)
        for line in (line for service in self.project.services.values() for line in notes(service)):
            self.call.err(f"{line}\n")

    def create(self, services: Sequence[str], *, recreate: bool = False, timeout: float | None = None) -> Waiting:
        """Containers for services and what they need; those that changed are made anew.  Raises `DockerError`."""
        for wave in self.project.waves(services):
            fresh: list[tuple[Service, int]] = []
            for service in reversed(wave):
                fresh += yield from self._reconcile(service, recreate=recreate, timeout=timeout)
            for service, number in fresh:
                self.event(f"Container {self._name(service, number)}", "Creating")
            for service, number in sorted(fresh, key=lambda item: (item[0].name, item[1])):
                create(self.engine, self.project, service, number)
            for service, number in fresh:
                self.event(f"Container {self._name(service, number)}", "Created")
        return 0

    def _name(self, service: Service, number: int) -> str:
        own: str = service.settings.get("container_name", "")
        return own or f"{self.project.name}-{service.name}-{number}"

    def _reconcile(
        self, service: Service, *, recreate: bool, timeout: float | None
    ) -> Generator[simpy.Event, Any, list[tuple[Service, int]]]:
        """Look at the containers there are: too many are removed, changed ones made anew; returns those to make."""
        there = sorted(of_project(self.engine, self.project.name, service.name), key=number_of)
        digest = service_hash(service)
        for container in there[service.scale :]:
            yield from self._remove([container], timeout)
        for container in there[: service.scale]:
            title = f"Container {container.name}"
            if recreate or container.config.labels.get(f"{LABEL}config-hash") != digest:
                self.event(title, "Recreate")
                yield from self.engine.lifecycle.stopping(container, self._patience(container, timeout))
                self.engine.rm(container.name)
                create(self.engine, self.project, service, number_of(container))
                self.event(title, "Recreated")
            else:
                self.event(title, "Running" if container.running else "Created")
        taken = [number_of(container) for container in there[: service.scale]]
        free = [number for number in range(1, service.scale + 1) if number not in taken]
        return [(service, number) for number in reversed(free[: service.scale - len(taken)])]

    def start(self, services: Sequence[str]) -> None:
        """Start what does not run.  Raises `DockerError`."""
        for wave in self.project.waves(services):
            idle = [
                container
                for service in wave
                for container in of_project(self.engine, self.project.name, service.name)
                if not container.running
            ]
            for container in reversed(idle):
                self.event(f"Container {container.name}", "Starting")
            for container in idle:
                self.engine.lifecycle.start(container, check=check_program)
            for container in reversed(idle):
                self.event(f"Container {container.name}", "Started")

    # -- down ----------------------------------------------------------------------------------------------------------

    def stop(self, services: Sequence[str], timeout: float | None) -> Waiting:
        """All of a wave at once, those that need others first."""
        for batch in self._batches(services):
            yield from self._each_stopped(batch, timeout, remove=False)
        return 0

    def remove(self, services: Sequence[str], timeout: float | None) -> Waiting:
        """Stop and remove."""
        for batch in self._batches(services):
            yield from self._each_stopped(batch, timeout, remove=True)
        return 0

    def _batches(self, services: Sequence[str]) -> list[list[Container]]:
        """Containers in the order in which they may go."""
        waves = reversed(self.project.waves(services or None))
        names = [[service.name for service in wave] for wave in waves]
        return [list(reversed(self.containers(wave))) for wave in names if self.containers(wave)]

    def _remove(self, containers: list[Container], timeout: float | None) -> Waiting:
        yield from self._each_stopped(containers, timeout, remove=True)
        return 0

    def _each_stopped(self, containers: list[Container], timeout: float | None, *, remove: bool) -> Waiting:
        sim = self.engine.sim
        stopping = []
        for container in containers:
            patience = self._patience(container, timeout)
            if container.running and container.main is None and patience < 0:
                raise NotSimulated(f"waiting for ever until {container.name} ends", Effect.CHANGES)
            self.event(f"Container {container.name}", "Stopping")
            stopping.append(sim.process(self.engine.lifecycle.stopping(container, patience)))
        for container, process in zip(containers, stopping, strict=True):
            yield process
            self.event(f"Container {container.name}", "Stopped")
            if remove:
                self.take_away(container)
        return 0

    def take_away(self, container: Container) -> None:
        """Remove a container that does not run."""
        self.event(f"Container {container.name}", "Removing")
        self.engine.rm(container.name, force=True)
        self.event(f"Container {container.name}", "Removed")

    @staticmethod
    def _patience(container: Container, timeout: float | None) -> float:
        """Seconds until a container that does not end is killed."""
        if timeout is not None:
            return timeout
        own = container.config.stop_timeout
        return STOP_TIMEOUT if own is None else float(own)
