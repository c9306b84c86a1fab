"""Containers: boxes that start and stop, each in a namespace of its host's kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from macvsim.docker import dns
from macvsim.docker.container_config import ContainerConfig
from macvsim.docker.dns_server import Resolving
from macvsim.docker.ids import id_text, new_number, short_id
from macvsim.docker.images import SIZE, Image
from macvsim.docker.ipam_config import IPAddress
from macvsim.docker.mounts import PATHS, Mounted, files_of
from macvsim.docker.network import Endpoint, EndpointSettings
from macvsim.docker.publish import port_list
from macvsim.docker.resolv import RESOLVER, ResolvConf, look_up
from macvsim.docker.sandbox import Sandbox
from macvsim.engine.history import recorded
from macvsim.engine.sim import Event
from macvsim.errors import MacvsimError
from macvsim.machine.host import BUSYBOX, Box, Result
from macvsim.wire.addr import ip_int, ip_text

if TYPE_CHECKING:
    import random

    from macvsim.apps.ping import PingResult
    from macvsim.docker.controller import NetworkController
    from macvsim.docker.images import Images
    from macvsim.docker.log import ContainerLog
    from macvsim.docker.profile import Profile
    from macvsim.docker.publish import Ports
    from macvsim.docker.tables import ContainerRow
    from macvsim.engine.sim import Sim
    from macvsim.net.namespace import Namespace

Sink = Callable[[str], None]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Process(Protocol):
    """A command running in a box; `macvsim.machine.job.Job` is one.

    done : simpy event of its end; code : exit code then
    pid : process id; text : its words
    """

    done: Any
    code: int | None
    pid: int
    text: str

    def kill(self, signal: int = ...) -> None: ...


class Daemon(Resolving, Protocol):
    """A Docker daemon (`macvsim.docker.engine.Engine`) as its containers need it.

    containers : by name, oldest first; configs : of the last container on each network
    """

    sim: Sim
    host: Box
    profile: Profile
    data_root: str
    exec_root: str
    rng: random.Random
    images: Images
    controller: NetworkController
    ports: Ports
    containers: dict[str, Container]
    configs: dict[str, ContainerConfig]

    def clock(self) -> int:
        """Nanoseconds since 1970."""

    def find(self, term: str) -> Container:
        """A container by name or identifier; raises `DockerError`."""

    def network_owner(self, container: Container) -> Container:
        """The container whose network it uses: itself, or that of ``--network container:NAME``."""


class Container(Box):
    """A container of one daemon: a busybox box whose namespace is new at every start.

    id : 64 hex digits; image : what its files are of; settings : its networks by name
    created, started, finished : nanoseconds since 1970, 0 for never
    exit_code, error : of the last run, or of the last attempt to start
    """

    __slots__ = (
        "_ended", "_layer", "config", "created", "engine", "error", "execs", "exit_code", "finished",
        "host_lines", "id", "image", "log", "main", "mounted", "network_owner_id", "paused", "pid",
        "restart_delay", "restarting", "restarts", "running", "sandbox", "settings", "started",
    )  # fmt: skip

    PUBLIC = "config error exec exit_code id image ip log mac network_mode paused running short_id status"
    execs: list[Process]
    """What ``docker exec`` started and has not ended."""
    log: ContainerLog
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        **Box.PARTS,
        "execs": lambda _: [],
        "files": lambda container: files_of(container, container.mounted),
        "log": lambda container: container._first_log(),
        "ns": lambda container: container._spare_namespace(),
    }

    UNCOMPARED = ("file_times", "hosts", "hosts6")

    def __init__(self, engine: Daemon, id: str, name: str, config: ContainerConfig, image: Image) -> None:
        # its namespaces have no box: "ip netns exec" and nsenter bring the host's tools along
        super().__init__(engine.host.kernel, None, name, BUSYBOX)
        self.interpreter = engine.host.interpreter
        self.engine = engine
        self.id = id
        self.config = config
        self.image = image
        self.hostname = config.hostname or short_id(id)
        self.settings: dict[str, EndpointSettings] = {}
        self.host_lines: tuple[IPAddress, ...] = ()
        """Its own addresses in /etc/hosts."""
        self.mounted: Mounted | None = None
        """What `files` begins with."""
        self._layer = new_number(engine.rng)
        self.created = engine.clock()
        self.started = 0
        self.finished = 0
        self.running = False
        self.pid = 0
        self.exit_code = 0
        self.error = ""
        self.sandbox: Sandbox | None = None
        self.network_owner_id = ""
        """Of ``--network container:NAME``, once it has started."""
        self.main: Process | None = None
        self.paused = False
        self.restarting = False
        """It has ended by itself, and starts again soon."""
        self.restarts = 0
        self.restart_delay = 0.0
        self._ended: Event | None = None

    def _spare_namespace(self) -> Namespace:
        """It has none until it starts; that somebody looks at one changes nothing in the lab."""
        generation = self.sim.generation
        ns = self.kernel.new_namespace(self.name)
        self.sim.generation = generation
        return ns

    def greet(self) -> None:
        """The main process, a shell, has written to its terminal."""
        if self.made("log"):
            from macvsim.docker.log import GREETING

            self.log.write(GREETING)

    def _first_log(self) -> ContainerLog:
        """What has been written so far is the greeting of a shell in its first run."""
        from macvsim.docker.log import GREETING, ContainerLog

        log = ContainerLog(self.sim, self.engine.clock)
        if self.started and self.config.is_shell and self.config.tty:
            log.write(GREETING, time=self.started)
        return log

    @property
    def ended(self) -> Event:
        """Happens when the run that goes on, or else the next one, has ended."""
        if self._ended is None:
            self._ended = self.sim.event()
        return self._ended

    def tell_end(self) -> None:
        """The run has ended: whoever waits hears it."""
        if self._ended is not None:
            ended, self._ended = self._ended, None
            ended.succeed()

    @property
    def layer(self) -> str:
        """Name of its file system's layer."""
        return id_text(self._layer)

    @property
    def short_id(self) -> str:
        """The first 12 digits of its id, as ``docker ps`` shows it."""
        return short_id(self.id)

    def environment(self, extra: Sequence[str] = (), *, tty: bool = False) -> dict[str, str]:
        """Variables of a program in it, in the order of the real one; `extra`: ``NAME=VALUE``."""
        words = [
            f"PATH={PATH}",
            f"HOSTNAME={self.hostname}",
            *(["TERM=xterm"] if tty else []),
            *self.config.env,
            *extra,
        ]
        found = {name: value for name, _, value in (word.partition("=") for word in words)}
        return found if "HOME" in found else {**found, "HOME": "/root"}

    @property
    def network_mode(self) -> str:
        """As ``docker inspect`` shows it: another container by its identifier."""
        return f"container:{self.network_owner_id}" if self.network_owner_id else self.config.network

    @property
    def own_names(self) -> str:
        """Its hostname as /etc/hosts has it: with its domain, and alone."""
        full = ".".join(part for part in (self.hostname, self.config.domainname) if part)
        return f"{full} {full.partition('.')[0]}" if "." in full else full

    @property
    def sandbox_key(self) -> str:
        """Path of the file that stands for its network namespace; empty while it has none."""
        from macvsim.docker.inspection import sandbox_key

        return sandbox_key(self.sandbox.id, self.engine.exec_root) if self.sandbox is not None else ""

    @property
    def status(self) -> str:
        """``running``, ``paused``, ``restarting``, ``exited`` or ``created``."""
        if self.running:
            return "paused" if self.paused else "running"
        if self.restarting:
            return "restarting"
        return "exited" if self.started else "created"

    @property
    def net_admin(self) -> bool:
        """Whether programs in it may configure the network (CAP_NET_ADMIN): with ``--privileged`` or ``--cap-add
        NET_ADMIN``.
        """
        return self._may("NET_ADMIN")

    @property
    def sys_admin(self) -> bool:
        return self._may("SYS_ADMIN")

    def _may(self, capability: str) -> bool:
        asked = {name.upper().removeprefix("CAP_") for name in self.config.cap_add}
        return self.config.privileged or bool(asked & {"ALL", capability})

    @property
    def read_only_parameters(self) -> bool:
        return not self.config.privileged

    @property
    def endpoints(self) -> list[Endpoint]:
        """Where it is connected, the best candidate for the default route first; nothing while it does not run."""
        return self.sandbox.sorted() if self.sandbox is not None else []

    @property
    def ip(self) -> str:
        """Its first IPv4 address, or an empty string."""
        return next((str(endpoint.address) for endpoint in self.endpoints if endpoint.address is not None), "")

    @property
    def mac(self) -> str:
        """The MAC of its first interface, or an empty string."""
        return next((endpoint.mac for endpoint in self.endpoints if endpoint.mac), "")

    def check_running(self) -> None:
        """`DockerError` unless it runs."""
        if not self.running:
            raise self.engine.profile.error("container.not_running", id=self.id)

    # -- as a box ------------------------------------------------------------------------------------------------------

    @recorded
    def exec(self, line: str) -> Result:
        """``docker exec``: run a command line in it until it ends.  `DockerError` unless it runs."""
        return self.sh(line)

    @recorded
    def sh(self, line: str, *, variables: Mapping[str, str] | None = None) -> Result:
        self.check_running()
        return super().sh(line, variables=variables)

    @recorded
    def ping(self, target: str, **options: Any) -> PingResult:
        self.check_running()
        return super().ping(target, **options)

    @recorded
    def resolve(self, name: str) -> int:
        """Address of a name: dotted text, /etc/hosts, then Docker's embedded name server.  `MacvsimError`: nobody
        knows it.
        """
        try:
            return ip_int(name)
        except MacvsimError:
            pass
        if self.sandbox is not None and self.sandbox.shared:
            return self.engine.host.resolve(name)
        found = self._ask(name, 4)
        owner = self.engine.network_owner(self)
        if found is None:
            known = ", ".join(self._known_names(owner)) or "none: Docker resolves names on networks that users made"
            raise MacvsimError(f"{self.name} cannot resolve {name!r}: its daemon knows {known}")
        return found

    @recorded
    def resolve6(self, name: str) -> int | None:
        """IPv6 address of a name, or None."""
        shared = self.sandbox is not None and self.sandbox.shared
        return self.engine.host.hosts6.get(name) if shared else self._ask(name, 6)

    def name_of(self, ip: int) -> str | None:
        """What /etc/hosts, or else the embedded server, calls an address."""
        if self.sandbox is not None and self.sandbox.shared:
            return self.engine.host.name_of(ip)
        for line in self.files.get("/etc/hosts", "").splitlines():
            address, *names = line.partition("#")[0].split() or [""]
            if names and address == ip_text(ip):
                return names[0]
        if RESOLVER not in ResolvConf(self.files.get("/etc/resolv.conf", "")).servers:
            return None
        return dns.name_of(ip, self.engine.network_owner(self).endpoints)

    def _ask(self, name: str, version: int) -> int | None:
        """/etc/hosts, then the embedded server if it is the one to ask."""
        found = look_up(self.files.get("/etc/hosts", ""), name, version)
        if found is None and RESOLVER in ResolvConf(self.files.get("/etc/resolv.conf", "")).servers:
            endpoints = self.engine.network_owner(self).endpoints
            found = dns.resolve(name, endpoints, self.engine.dns_rng, version=version)
        return found

    @staticmethod
    def _known_names(owner: Container) -> list[str]:
        """What the embedded server would answer to, for messages."""
        networks = [endpoint.network for endpoint in owner.endpoints if endpoint.network.names_resolve]
        return [
            f"{other.container} ({ip_text(int(other.address))})"
            for network in networks
            for other in network.endpoints.values()
            if other.address is not None
        ]

    @property
    def changes(self) -> dict[str, str]:
        """Files it has made or written to; those that Docker puts into it are not among them."""
        return {path: text for path, text in self.files.items() if path not in PATHS}

    @property
    def size(self) -> int:
        """Bytes in these files."""
        return sum(len(text.encode()) for text in self.changes.values())

    @property
    def _sizes(self) -> str:
        from macvsim.docker.tables import human_size

        return f"{human_size(self.size, 3)} (virtual {human_size(SIZE + self.size, 3)})"

    # -- as a row ------------------------------------------------------------------------------------------------------

    def row(self) -> ContainerRow:
        """For ``docker ps``."""
        from macvsim.docker.tables import CREATED_STATUS, ContainerRow, exited_status, restarting_status, up_status

        now = self.engine.clock()
        if self.running:
            status = up_status(now - self.started, paused=self.paused)
        elif self.restarting:
            status = restarting_status(self.exit_code, now - self.finished)
        elif self.started:
            status = exited_status(self.exit_code, now - self.finished)
        else:
            status = CREATED_STATUS
        first, *rest = self.config.argv
        command = " ".join([first, *(f"'{word}'" if " " in word else word for word in rest)])
        ports = port_list(self.engine.ports.map(self))
        known = self.engine.images.known(self.config.image)
        image = self.config.image if known is self.image else self.image.short_id
        return ContainerRow(self.id, image, command, now - self.created, status, self.name, ports, self._sizes)
