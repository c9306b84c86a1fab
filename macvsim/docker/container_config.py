"""What ``docker run`` and ``create`` ask of a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SHELLS = ("sh", "/bin/sh", "ash", "/bin/ash")
RESTART_POLICIES = ("no", "always", "unless-stopped", "on-failure")
MAX_RESTART_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """``--restart NAME[:MOST]``; name: ``no``, ``always``, ``unless-stopped``, ``on-failure``; most: 0 for any."""

    name: str = "no"
    most: int = 0

    def wants(self, code: int, restarts: int) -> bool:
        """Whether a container that ended by itself starts again (restartmanager.go ShouldRestart)."""
        if self.name == "on-failure":
            return code != 0 and (self.most == 0 or restarts < self.most)
        return self.name in ("always", "unless-stopped")


def next_delay(before: float, ran: float) -> float:
    """Seconds until a container starts again, after a run of `ran` seconds for which it had waited `before`."""
    if ran >= 10 or not before:
        return 0.1
    return min(before * 2, MAX_RESTART_DELAY)


@dataclass(frozen=True, slots=True)
class ContainerConfig:
    """A container's settings.

    command : program and arguments; empty: the image's own, ``sh``
    entrypoint : program and arguments before those of `command`; None: the image's, which is none
    network : as ``--network`` gives it first (NetworkMode): a network's name, ``host``, ``none``, ``container:NAME``
    ports : ``-p`` by container port (``80/tcp``): ``(address, port)`` on the host
    exposed : ``--expose``, container ports as in `ports`; publish_all : on ports of the host's choice (``-P``)
    extra_hosts : ``(name, address)`` of ``--add-host``
    sysctls : kernel parameters of its network namespace
    from_compose : made by docker compose, which sends null for lists where docker sends empty ones
    """

    image: str = "busybox"
    command: Sequence[str] = ()
    network: str = "bridge"
    hostname: str = ""
    domainname: str = ""
    tty: bool = True
    interactive: bool = True
    attached: bool = False
    env: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    exposed: Sequence[str] = ()
    publish_all: bool = False
    extra_hosts: Sequence[tuple[str, str]] = ()
    auto_remove: bool = False
    privileged: bool = False
    cap_add: Sequence[str] = ()
    cap_drop: Sequence[str] = ()
    mac: str = ""
    entrypoint: Sequence[str] | None = None
    user: str = ""
    workdir: str = ""
    dns: Sequence[str] = ()
    dns_search: Sequence[str] = ()
    dns_options: Sequence[str] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    stop_timeout: int | None = None
    from_compose: bool = False

    @property
    def argv(self) -> list[str]:
        """The main process."""
        return [*(self.entrypoint or ()), *self.command]

    @property
    def is_shell(self) -> bool:
        """The main process is a shell that waits for what is typed."""
        return len(self.argv) == 1 and self.argv[0] in SHELLS
