"""How containers start, stop, and join networks (moby ``daemon/{start,stop,container_operations}.go``)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

from macvsim.docker.container import Container, Process, Sink
from macvsim.docker.container_config import next_delay
from macvsim.docker.dns_server import NameServer
from macvsim.docker.ids import new_number
from macvsim.docker.membership import Networking
from macvsim.docker.sandbox import Sandbox
from macvsim.engine.sim import SECOND
from macvsim.errors import DockerError, Effect, MacvsimError, NotSimulated
from macvsim.net.sysctl import UnknownSysctl

STOP_TIMEOUT = 10.0
"""Seconds between SIGTERM and SIGKILL (``docker stop -t``)."""
KILLED = 137
NOT_FOUND = 127
UNKNOWN = 128
"""Exit code of a container that could not be started (exitUnknown)."""


class Lifecycle:
    """What happens to the containers of one daemon."""

    def __init__(self, engine: Networking) -> None:
        self.engine = engine
        self.profile = engine.profile
        self.controller = engine.controller
        self.membership = engine.membership

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
        if container.paused:
            raise self.profile.error("container.start_paused")
        if container.running:
            return
        try:
            self._set_up_network(container)
            if check is not None:
                check(container)
        except MacvsimError as error:
            self._release(container)
            container.error = str(error)
            container.exit_code = container.exit_code or (NOT_FOUND if "not found in" in str(error) else UNKNOWN)
            if container.config.auto_remove:
                self.engine.containers.pop(container.name, None)
            raise
        container.running = True
        container.restarting = False
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
        sandbox = Sandbox(new_number(self.engine.rng), self.profile, container.ns, kernel.init, shared)
        container.sandbox = sandbox
        sandbox.names = NameServer(container.ns, sandbox.endpoints, self.engine)
        for name, settings in sorted(container.settings.items(), key=lambda item: item[0] != "bridge"):
            network = self.controller.find(settings.wanted(name), by_daemon=True)
            self.membership.check(container, network, settings)
            sandbox.endpoints.append(self.controller.join(network, container.name, container.id, settings))
        container.host_lines = tuple(address for endpoint in sandbox.endpoints for address in endpoint.addresses)
        try:
            sandbox.populate()
        except DockerError as error:
            raise self.profile.error("runtime.failed", error=error) from error
        self.engine.ports.follow(container)
        self._set_parameters(container)
        self.membership.write_files(container)

    def _set_parameters(self, container: Container) -> None:
        """``--sysctl``, when the interfaces are there."""
        profile = self.profile
        for name, value in sorted(container.config.sysctls.items()):
            if container.config.network == "host":
                raise profile.error("runtime.refused", error=f'sysctl "{name}" not allowed in host network namespace')
            path = "/proc/sys/" + name.replace(".", "/")
            try:
                container.ns.sysctl[name] = value
            except UnknownSysctl as error:
                raise profile.error("runtime.init", error=f"open {path}: no such file or directory") from error
            except MacvsimError as error:
                raise profile.error("runtime.init", error=f"write {path}: invalid argument") from error

    def _share(self, container: Container, term: str) -> None:
        """``--network container:TERM``."""
        try:
            other = self.engine.find(term)
        except DockerError:
            raise self.profile.error("container.join_missing", name=term) from None
        if not other.running:
            raise self.profile.error("container.join_stopped", id=other.id)
        container.ns = other.ns
        container.network_owner_id = other.id
        container.hostname = other.hostname
        container.files = other.files

    def _start_main(self, container: Container, stdout: Sink | None, stderr: Sink | None) -> None:
        """The main process: a shell with a terminal or open standard input waits, any other program runs."""
        config = container.config
        if config.is_shell:
            if config.tty:
                container.greet()
            if not (config.tty or config.interactive):
                self.exited(container, 0)
            return
        spawn = getattr(container.interpreter, "spawn_program", None)
        if spawn is None:
            self.exited(container, UNKNOWN)
            raise MacvsimError(f"{container.name} has no shell to run {config.argv[0]}: boxes made by a Lab have one")
        log = container.log
        main: Process = spawn(
            container,
            config.argv,
            env=container.environment(tty=config.tty),
            cwd=config.workdir or "/",
            stdout=log.sink(is_error=False, then=stdout),
            stderr=log.sink(is_error=not config.tty, then=stdout if config.tty else stderr),
        )
        container.main = main
        main.done.callbacks.append(lambda _: self._main_ended(container, main))

    def _main_ended(self, container: Container, main: Process) -> None:
        """By itself: it may start again (containerStop, restartmanager.go)."""
        if container.main is not main:
            return
        code = main.code if main.code is not None else KILLED
        ran = (self.engine.clock() - container.started) / SECOND
        again = container.config.restart.wants(code, container.restarts)
        self.exited(container, code, again=again)
        if again:
            container.restarts += 1
            container.restart_delay = next_delay(container.restart_delay, ran)
            timeout = self.engine.sim.timeout(round(container.restart_delay * SECOND))
            timeout.callbacks.append(lambda _: self._start_again(container))

    def _start_again(self, container: Container) -> None:
        if container.restarting:
            container.restarting = False
            with suppress(MacvsimError):
                self.start(container)

    # -- stop ----------------------------------------------------------------------------------------------------------

    def stopping(self, container: Container, timeout: float = STOP_TIMEOUT) -> Generator[Any, Any, None]:
        """Process: SIGTERM, which the first process of a container ignores unless it handles it, and SIGKILL `timeout`
        seconds later; below zero: wait until it ends by itself.
        """
        container.restarting = False
        if not container.running:
            return
        sim = self.engine.sim
        waits = [] if container.main is None else [container.main.done]
        if timeout > 0:
            waits.append(sim.timeout(round(timeout * SECOND)))
        elif timeout < 0 and not waits:
            raise NotSimulated(f"waiting for ever until {container.name} ends", Effect.CHANGES)
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

    def exited(self, container: Container, code: int, *, again: bool = False) -> None:
        """The main process has ended: what ``docker exec`` started ends too, the namespace and the endpoints go.

        again : it is about to start again
        """
        container.running = False
        container.paused = False
        container.restarting = again
        container.main = None
        container.pid = 0
        container.exit_code = code
        container.finished = self.engine.clock()
        if container.made("execs"):
            for process in container.execs:
                process.kill(9)
            container.execs = []
        self._release(container)
        container.log.close()
        if not again:
            container.tell_end()
        if container.config.auto_remove and not again:
            self.engine.containers.pop(container.name, None)

    def _release(self, container: Container) -> None:
        """Endpoints and namespace are given back; what the container asked for is kept (releaseNetwork)."""
        sandbox, container.sandbox = container.sandbox, None
        kernel, ns = container.kernel, container.ns
        for settings in container.settings.values():
            if settings.endpoint is not None:
                self.engine.ports.withdraw(settings.endpoint)
                self.controller.leave(settings.endpoint)
                settings.endpoint = None
        if sandbox is not None:
            sandbox.destroy()
        users = [other for other in self.engine.containers.values() if other.running and other.ns is ns]
        is_named = any(ns is other for other in kernel.netns.values())  # by ip netns attach
        if ns is not kernel.init and not users and not is_named:
            kernel.end_namespace(ns)
        if container.config.network == "host" or container.config.network.startswith("container:"):
            container.ns = kernel.new_namespace(container.name)
