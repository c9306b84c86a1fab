"""Hosts on which Docker can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from macvsim.docker import DEFAULT_PROFILE
from macvsim.engine.history import recorded
from macvsim.errors import MacvsimError
from macvsim.machine.host import DEBIAN, Box, Flavour, Host
from macvsim.machine.kernel import Kernel
from macvsim.net.namespace import Namespace

if TYPE_CHECKING:
    from macvsim.docker.container import Container
    from macvsim.docker.engine import Engine
    from macvsim.docker.profile import Profile


class DockerHost(Host):
    """A machine that gets a Docker daemon the moment it is first used, by `docker` or by a docker command.

    Until then the host is one without Docker: no docker0, and net.ipv4.ip_forward as it was.

    Parameters
    ----------
    profile : version of Docker (`macvsim.docker.profile`), or its name
    ns : a namespace of `kernel` to be the host's instead of the first one, for several hosts on one kernel
    """

    PUBLIC = "containers docker has_docker start_docker"

    def __init__(
        self,
        kernel: Kernel,
        name: str,
        flavour: Flavour = DEBIAN,
        profile: Profile | str = DEFAULT_PROFILE,
        *,
        ns: Namespace | None = None,
    ) -> None:
        Box.__init__(self, kernel, ns or kernel.init, name, flavour)
        self._profile = profile
        self._engine: Engine | None = None

    @property
    def profile(self) -> Profile:
        """The version of Docker; `MacvsimError` if it is not known."""
        from macvsim.docker.profile import get_profile  # hosts without Docker do not load it

        return get_profile(self._profile) if isinstance(self._profile, str) else self._profile

    @classmethod
    def adopt(cls, box: Box, profile: Profile | str = DEFAULT_PROFILE) -> DockerHost:
        """A Docker host in the place of a plain box: commands run in its namespace find this one from now on."""
        host = cls(box.kernel, box.name, box.flavour, profile, ns=box.ns)
        host.interpreter, host.hostname, host.files, host.hosts = box.interpreter, box.hostname, box.files, box.hosts
        box.kernel.boxes[box.ns] = host
        return host

    @property
    def docker(self) -> Engine:
        """The Docker daemon, started now if it was not running."""
        return self._engine or self.start_docker()

    @recorded
    def start_docker(self, **options: Any) -> Engine:
        """Start the daemon with options of `macvsim.docker.engine.Engine`; `MacvsimError` if it runs already."""
        if self._engine is not None:
            raise MacvsimError(f"{self.name} has a Docker daemon already: give its options before it is first used")
        from macvsim.docker.engine import Engine

        self._engine = Engine(self, self.profile, **options)
        return self._engine

    @property
    def has_docker(self) -> bool:
        """The daemon runs."""
        return self._engine is not None

    def containers(self) -> list[Container]:
        """Every container, oldest first; asking starts no daemon."""
        return list(self._engine.containers.values()) if self._engine is not None else []
