"""Which networks a container is on, and the files that follow from it (moby ``daemon/container_operations.go``)."""

from __future__ import annotations

from typing import Protocol

from macvsim.docker.container import Container, Daemon
from macvsim.docker.ipam_config import PREDEFINED, check_endpoint
from macvsim.docker.mounts import HOSTNAME, HOSTS, RESOLV, Mounted
from macvsim.docker.network import EndpointSettings, Network
from macvsim.docker.publish import check_protocols
from macvsim.docker.resolv import Overrides, resolv_text
from macvsim.errors import DockerError, MacvsimError


class Networking(Daemon, Protocol):
    """A daemon with its containers on networks."""

    membership: Membership


class Membership:
    """The containers of one daemon on its networks."""

    def __init__(self, engine: Daemon) -> None:
        self.engine = engine
        self.profile = engine.profile
        self.controller = engine.controller

    def check(self, container: Container, network: Network, settings: EndpointSettings) -> None:
        """What is refused about an endpoint when it is connected (updateNetworkConfig), and the names it will answer
        to.
        """
        self.name(container, network, settings)
        check_endpoint(
            self.profile,
            network.name,
            network.config.configs,
            address=settings.ip,
            address6=settings.ip6,
            aliases=settings.aliases,
            link_local=settings.link_local,
            at_create=False,
        )
        if network.driver == "bridge":
            check_protocols(container.config)

    @staticmethod
    def name(container: Container, network: Network, settings: EndpointSettings) -> None:
        """The names a container answers to on a network (buildEndpointDNSNames)."""
        if network.names_resolve:
            names = [container.name, *settings.aliases, container.short_id, container.hostname]
            known = {name: name for name in names}  # of two that are equal the last, which is kept anyway
            settings.dns_names = tuple(known[name] for name in dict.fromkeys(names))
            if settings.endpoint is not None:
                settings.endpoint.dns_names = settings.dns_names

    def rename(self, container: Container) -> None:
        """It has a new name: its endpoints have it, too."""
        for settings in container.settings.values():
            if settings.endpoint is not None:
                network = settings.endpoint.network
                network.rename(settings.endpoint, container.name)
                self.name(container, network, settings)

    def connect(self, container: Container, term: str, settings: EndpointSettings) -> None:
        """``docker network connect``; of a stopped container it is only noted.  Raises `DockerError`."""
        profile = self.profile
        if not container.running:
            try:
                network = self.controller.find(term)
            except DockerError:
                container.settings[term] = settings
                return
            self.check(container, network, settings)
            self._note(container, network, settings)
            return
        if container.config.network.startswith("container:"):
            raise profile.error("endpoint.shared")
        network = self.controller.find(term, by_daemon=True)
        self.check(container, network, settings)
        before = dict(container.settings)
        try:
            self._note(container, network, settings)
            self._plug(container, network, settings)
        except MacvsimError:
            container.settings = before
            raise
        self.write_files(container)

    def _plug(self, container: Container, network: Network, settings: EndpointSettings) -> None:
        """An endpoint for a container that runs.  Raises `DockerError`, and then there is none."""
        sandbox = container.sandbox
        assert sandbox is not None
        endpoint = self.controller.join(network, container.name, container.id, settings)
        container.settings[network.name] = settings
        try:
            sandbox.add(endpoint)
            self.engine.ports.follow(container)
        except MacvsimError:
            self.controller.leave(endpoint)
            settings.endpoint = None
            raise
        container.host_lines += tuple(endpoint.addresses)

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

    def forget(self, term: str, name: str) -> None:
        """``docker network disconnect -f`` of a container that is gone (ForceEndpointDelete).  Raises `DockerError`."""
        endpoint = self.controller.find(term, by_daemon=True).endpoints.get(name)
        if endpoint is None:
            raise self.profile.error("endpoint.missing", name=name)
        self.controller.leave(endpoint)

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
        self.engine.ports.withdraw(settings.endpoint)
        self.controller.leave(settings.endpoint)
        container.sandbox.remove(settings.endpoint)
        if container.own_names in settings.endpoint.dns_names:  # every line that ends so, whatever its address
            container.host_lines = ()
        del container.settings[name]
        self.engine.ports.follow(container)
        self.write_files(container)

    # -- files ---------------------------------------------------------------------------------------------------------

    def write_files(self, container: Container) -> None:
        """/etc/hostname, /etc/hosts and /etc/resolv.conf, as its networks want them."""
        host = self.engine.host
        sandbox = container.sandbox
        assert sandbox is not None
        if sandbox.shared:
            container.hostname = container.config.hostname or host.hostname
            for path in (HOSTS, RESOLV):
                container.files[path] = host.files.get(path, "")
            container.files[HOSTNAME] = f"{container.hostname}\n"
        else:
            internal = any(name not in PREDEFINED for name, s in container.settings.items() if s.endpoint is not None)
            config = container.config
            overrides = Overrides(config.dns, config.dns_search, config.dns_options)
            resolv = resolv_text(self.profile, host.files.get(RESOLV, ""), internal=internal, overrides=overrides)
            names, hostname = container.own_names, container.hostname
            mounted = Mounted(container.host_lines, names, config.extra_hosts, resolv, hostname)
            if container.made("files"):
                mounted.write(container.files)
            else:
                container.mounted = mounted
