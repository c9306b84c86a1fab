"""How containers start, stop, and join networks (moby ``daemon/{start,stop,container_operations}.go``)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from macvsim.docker.container import Container, Process, Sink
from macvsim.docker.ids import new_id
from macvsim.docker.ipam_config import PREDEFINED, check_endpoint
from macvsim.docker.network import EndpointSettings, Network
from macvsim.docker.resolv import hosts_text, resolv_text
from macvsim.docker.sandbox import Sandbox
from macvsim.errors import DockerError, MacvsimError, NotSimulated
from macvsim.sim import SECOND

if TYPE_CHECKING:
    from macvsim.docker.engine import Engine

STOP_TIMEOUT = 10.0
"""Seconds between SIGTERM and SIGKILL (``docker stop -t``)."""
KILLED = 137
UNKNOWN = 128
"""Exit code of a container that could not be started (exitUnknown)."""


class Lifecycle:
    """What happens to the containers of one daemon."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.profile = engine.profile
        self.controller = engine.controller

    # -- start ---------------------------------------------------------------------------------------------------------

    def start(
        self,
        container: Container,
        *,
        check: Callable[[Container], None] | None = None,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
    ) -> None:
        """Start a container; one that runs stays as it is.

        check : raises when the main process cannot be run; asked when the network is there, as runc does
        stdout, stderr : called with what its main process prints

        Raises `DockerError`; then it does not run, and no device, endpoint or address is left of the attempt.
        """
        if container.running:
            return
        try:
            self._set_up_network(container)
            if check is not None:
                check(container)
        except MacvsimError as error:
            self._release(container)
            container.error = str(error)
            container.exit_code = container.exit_code or UNKNOWN
            if container.config.auto_remove:
                self.engine.containers.pop(container.name, None)
            raise
        container.running = True
        container.started = self.engine.clock()
        container.pid = container.kernel.next_pid()
        container.exit_code = 0
        container.error = ""
        self._start_main(container, stdout, stderr)

    def _set_up_network(self, container: Container) -> None:
        """The sandbox, with everything in it (allocateNetwork, then the hook that runc calls)."""
        mode, _, other = container.config.network.partition(":")
        host, kernel = self.engine.host, container.kernel
        if mode == "container" and other:
            self._share(container, other)
            return
        shared = mode == "host"
        container.ns = host.ns if shared else kernel.new_namespace(container.name)
        sandbox = Sandbox(new_id(self.engine.rng), self.profile, container.ns, kernel.init, shared)
        container.sandbox = sandbox
        for name, settings in sorted(container.settings.items(), key=lambda item: item[0] != "bridge"):
            network = self.controller.find(settings.wanted(name), by_daemon=True)
            self._check(container, network, settings)
            sandbox.endpoints.append(self.controller.join(network, container.name, container.id, settings))
        try:
            sandbox.populate()
        except DockerError as error:
            raise self.profile.error("runtime.failed", error=error) from error
        self.write_files(container)

    def _share(self, container: Container, term: str) -> None:
        """``--network container:TERM``."""
        try:
            other = self.engine.find(term)
        except DockerError:
            raise self.profile.error("container.join_missing", name=term) from None
        if not other.running:
            raise self.profile.error("container.join_stopped", id=other.id)
        container.ns = other.ns
        container.hostname = other.hostname
        container.files = other.files

    def _check(self, container: Container, network: Network, settings: EndpointSettings) -> None:
        """What is refused about an endpoint when it is connected (updateNetworkConfig), and the names it will answer
        to.
        """
        if network.names_resolve:
            names = [container.name, *settings.aliases, container.short_id, container.hostname]
            settings.dns_names = tuple(dict.fromkeys(names))
        check_endpoint(
            self.profile,
            network.name,
            network.config.configs,
            address=settings.ip,
            aliases=settings.aliases,
            at_create=False,
        )
        if container.config.ports and network.driver == "bridge":
            raise NotSimulated(f"publishing ports (-p) on {network.name}: there is no address translation yet")

    def _start_main(self, container: Container, stdout: Sink | None, stderr: Sink | None) -> None:
        """The main process: a shell with a terminal or open standard input waits, any other program runs."""
        config = container.config
        if config.is_shell:
            if not (config.tty or config.interactive):
                self.exited(container, 0)
            return
        spawn = getattr(container.interpreter, "spawn", None)
        if spawn is None:
            self.exited(container, UNKNOWN)
            raise MacvsimError(f"{container.name} has no shell to run {config.argv[0]}: boxes made by a Lab have one")
        main: Process = spawn(container, shlex.join(config.argv), stdout=stdout, stderr=stderr)
        container.main = main
        main.done.callbacks.append(lambda _: self._main_ended(container, main))

    def _main_ended(self, container: Container, main: Process) -> None:
        if container.main is main:
            self.exited(container, main.code if main.code is not None else KILLED)

    # -- stop ----------------------------------------------------------------------------------------------------------

    def stopping(self, container: Container, timeout: float = STOP_TIMEOUT) -> Generator[Any, Any, None]:
        """Process: SIGTERM, which the first process of a container ignores unless it handles it, and SIGKILL `timeout`
        seconds later; below zero: wait until it ends by itself.
        """
        if not container.running:
            return
        sim = self.engine.sim
        waits = [] if container.main is None else [container.main.done]
        if timeout > 0:
            waits.append(sim.timeout(round(timeout * SECOND)))
        elif timeout < 0 and not waits:
            raise NotSimulated(f"waiting for ever until {container.name} ends")
        if waits and timeout:
            yield sim.any_of(waits)
        if container.running:
            self.kill(container)

    def kill(self, container: Container) -> None:
        """SIGKILL."""
        main, container.main = container.main, None
        if main is not None:
            main.kill(9)
        self.exited(container, KILLED)

    def exited(self, container: Container, code: int) -> None:
        """The main process has ended: what ``docker exec`` started ends too, the namespace and the endpoints go."""
        container.running = False
        container.main = None
        container.pid = 0
        container.exit_code = code
        container.finished = self.engine.clock()
        for process in container.execs:
            process.kill(9)
        container.execs = []
        self._release(container)
        if container.config.auto_remove:
            self.engine.containers.pop(container.name, None)

    def _release(self, container: Container) -> None:
        """Endpoints and namespace are given back; what the container asked for is kept (releaseNetwork)."""
        sandbox, container.sandbox = container.sandbox, None
        for settings in container.settings.values():
            if settings.endpoint is not None:
                self.controller.leave(settings.endpoint)
                settings.endpoint = None
        if sandbox is not None:
            sandbox.destroy()
        if container.config.network == "host" or container.config.network.startswith("container:"):
            container.ns = container.kernel.new_namespace(container.name)

    # -- networks ------------------------------------------------------------------------------------------------------

    def connect(self, container: Container, term: str, settings: EndpointSettings) -> None:
        """``docker network connect``; of a stopped container it is only noted.  Raises `DockerError`."""
        profile = self.profile
        if not container.running:
            try:
                network = self.controller.find(term)
            except DockerError:
                container.settings[term] = settings
                return
            self._check(container, network, settings)
            self._note(container, network, settings)
            return
        if container.config.network.startswith("container:"):
            raise profile.error("endpoint.shared")
        network = self.controller.find(term, by_daemon=True)
        self._check(container, network, settings)
        self._note(container, network, settings)
        sandbox = container.sandbox
        assert sandbox is not None
        endpoint = self.controller.join(network, container.name, container.id, settings)
        container.settings[network.name] = settings
        try:
            sandbox.add(endpoint)
        except DockerError:
            self.controller.leave(endpoint)
            settings.endpoint = None
            raise
        self.write_files(container)

    def _note(self, container: Container, network: Network, settings: EndpointSettings) -> None:
        """Remember the wish, unless there is one for this network already (updateNetworkSettings)."""
        if network.driver == "host" and container.config.network != "host":
            raise self.profile.error("endpoint.host")
        for name, other in container.settings.items():
            try:
                known = self.controller.find(other.wanted(name))
            except DockerError:
                continue
            if known is network:
                return
            if "null" in (known.driver, network.driver):
                raise self.profile.error("endpoint.none")
        container.settings[network.name] = settings

    def disconnect(self, container: Container, term: str, *, force: bool = False) -> None:
        """``docker network disconnect``.  Raises `DockerError`."""
        network: Network | None = None
        try:
            network = self.controller.find(term, by_daemon=True)
        except DockerError:
            if container.running and not force:
                raise
        name = network.name if network is not None else term
        if not container.running or network is None:
            if name not in container.settings:
                raise self.profile.error("endpoint.not_connected_stopped", id=container.id, network=name)
            del container.settings[name]
            return
        if network.driver == "host" and container.config.network == "host":
            raise self.profile.error("endpoint.host")
        settings = container.settings.get(name)
        if settings is None or settings.endpoint is None:
            raise self.profile.error("endpoint.not_connected", id=container.id, network=name)
        assert container.sandbox is not None
        self.controller.leave(settings.endpoint)
        container.sandbox.remove(settings.endpoint)
        del container.settings[name]
        self.write_files(container)

    # -- files ---------------------------------------------------------------------------------------------------------

    def write_files(self, container: Container) -> None:
        """/etc/hostname, /etc/hosts and /etc/resolv.conf, as its networks want them."""
        host = self.engine.host
        sandbox = container.sandbox
        assert sandbox is not None
        if sandbox.shared:
            container.hostname = container.config.hostname or host.hostname
            for path in ("/etc/hosts", "/etc/resolv.conf"):
                container.files[path] = host.files.get(path, "")
        else:
            joined = [e.address for s in container.settings.values() if (e := s.endpoint) is not None]
            addresses = [address for address in joined if address is not None]
            internal = any(name not in PREDEFINED for name, s in container.settings.items() if s.endpoint is not None)
            container.files["/etc/hosts"] = hosts_text(addresses, container.hostname, container.config.extra_hosts)
            container.files["/etc/resolv.conf"] = resolv_text(
                self.profile, host.files.get("/etc/resolv.conf", ""), internal=internal
            )
        container.files["/etc/hostname"] = f"{container.hostname}\n"
