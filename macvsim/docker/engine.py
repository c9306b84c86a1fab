"""The Docker daemon of one host: networks, images and containers, under the names and words of the docker command.

What the methods refuse raises `DockerError` with the daemon's own sentence, and what then is left behind is what
Docker leaves:
nothing of a network, but the container of a ``run`` that failed to start, in state ``created``.  The daemon's own work
takes no simulated time; `Engine.stop` and `Engine.restart` wait as Docker does until it kills a shell that ignores
SIGTERM.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from macvsim.docker.container import Container
from macvsim.docker.container_config import ContainerConfig
from macvsim.docker.controller import NetworkController
from macvsim.docker.creation import create, pause, rename, unpause
from macvsim.docker.firewall import Firewall
from macvsim.docker.ids import new_uuid
from macvsim.docker.images import Images
from macvsim.docker.ipam_config import consolidate
from macvsim.docker.lifecycle import STOP_TIMEOUT, Lifecycle
from macvsim.docker.machine import Machine
from macvsim.docker.membership import Membership
from macvsim.docker.mounts import RESOLV
from macvsim.docker.network import EndpointSettings, Network, NetworkConfig
from macvsim.docker.profile import Profile, get_profile
from macvsim.docker.publish import Ports
from macvsim.docker.resolv import ResolvConf
from macvsim.engine.display import Listed
from macvsim.engine.history import recorded
from macvsim.errors import DockerError
from macvsim.machine.host import Box, Result
from macvsim.machine.kernel import BOOT_TIME

if TYPE_CHECKING:
    from macvsim.docker.inspection import Document


class Engine(Listed):
    """dockerd, running on a host from the moment this is made.

    Starting it makes docker0 with 172.17.0.1/16 and sets net.ipv4.ip_forward to 1, as dockerd does; containers made
    later inherit what the first namespace of the machine has.  Its rules are those of `macvsim.docker.firewall`: where
    forwarding was off before, the policy of FORWARD becomes DROP.

    Parameters
    ----------
    host : the box whose namespace it runs in
    profile : a Docker version (`macvsim.docker.profile`), or its name
    forwarding : turn forwarding on (``--ip-forward``, on by default)
    iptables : write rules (``--iptables``, on by default)
    default_bridge : make docker0 and the network ``bridge`` (off: ``--bridge=none``)
    images : which are there without pulling them; all of them are busybox
    data_root, exec_root : as dockerd's options; they only show in ``docker inspect``
    machine : what ``docker info`` shows of it
    """

    PUBLIC = (
        "containers create exec images inspect kill network_connect network_create network_disconnect network_inspect "
        "network_ls network_prune network_rm pause prune ps rename restart rm run start stop unpause"
    )
    UNCOMPARED = ("_clock",)

    def __init__(
        self,
        host: Box,
        profile: Profile | str = "26.1",
        *,
        forwarding: bool = True,
        default_bridge: bool = True,
        iptables: bool = True,
        images: Sequence[str] = ("busybox:latest",),
        data_root: str = "/var/lib/docker",
        exec_root: str = "/var/run/docker",
        machine: Machine | None = None,
    ) -> None:
        self.host = host
        self._clock = 0
        """What the clock showed last: what happens at one time is to be told by one number."""
        self.sim = host.sim
        self.profile = get_profile(profile) if isinstance(profile, str) else profile
        self.data_root = data_root
        self.exec_root = exec_root
        self.machine = machine or Machine(host.hostname)
        self.rng = self.sim.rng(f"docker/{host.name}")
        self.uuid = self.sim.draw(f"docker/{host.name}/uuid", new_uuid)
        self.images = Images(self.rng)
        for image in images:
            self.images.add(image, self.clock())
        self.firewall: Firewall | None = None
        if iptables:
            self.firewall = Firewall(host.ns, "legacy" if host.flavour.name == "centos" else host.kernel.iptables)
            self.firewall.start(forwarding_was_off=forwarding and not host.ns.sysctl["net.ipv4.ip_forward"])
        self.controller = NetworkController(
            self.profile, host.ns, self.rng, self.clock, lambda: self.resolv_conf.servers, self.firewall
        )
        self.ports = Ports(self.profile, host.ns, self.firewall)
        self.containers: dict[str, Container] = {}
        """By name, oldest first."""
        self.configs: dict[str, ContainerConfig] = {}
        """What the last container on each network was to be."""
        self.membership = Membership(self)
        self.lifecycle = Lifecycle(self)
        if forwarding:
            host.ns.sysctl["net.ipv4.ip_forward"] = 1
        self.controller.start(default_bridge=default_bridge)

    def __repr__(self) -> str:
        return f"<Engine {self.profile.name} on {self.host.name}: {', '.join(self.containers) or 'no containers'}>"

    @property
    def dns_rng(self) -> random.Random:
        """What decides the order of addresses that the embedded name server tells."""
        return self.sim.rng(f"docker/{self.host.name}/dns")

    @property
    def resolv_conf(self) -> ResolvConf:
        """The host's /etc/resolv.conf as it is now."""
        return ResolvConf(self.host.files.get(RESOLV, ""))

    def clock(self) -> int:
        """Nanoseconds since 1970 on this host."""
        now = BOOT_TIME + int(self.sim.now)
        if now != self._clock:
            self._clock = now
        return self._clock

    # -- networks ------------------------------------------------------------------------------------------------------

    @recorded
    def network_create(
        self,
        name: str,
        *,
        driver: str = "bridge",
        subnet: str | Sequence[str] = (),
        gateway: str | Sequence[str] = (),
        ip_range: str | Sequence[str] = (),
        aux_address: Mapping[str, str] | None = None,
        parent: str | None = None,
        options: Mapping[str, str] | None = None,
        internal: bool = False,
        attachable: bool = False,
        ipv6: bool = False,
        labels: Mapping[str, str] | None = None,
        **further: Any,
    ) -> Network:
        """``docker network create -d DRIVER --subnet … --gateway … -o parent=PARENT NAME``.

        Parameters
        ----------
        subnet, gateway, ip_range : one, or several as by repeating the flag; in CIDR notation but for the gateway
        aux_address : addresses that are kept free, by name
        parent : ``-o parent=``: an existing device, or ``DEVICE.VID``, which is made and deleted with the network
        options : further ``-o``, such as ``{"macvlan_mode": "private"}``
        further : fields of `NetworkConfig`: ``ipam_options``, ``config_only``, ``config_from``
        """
        given = dict(options or {})
        if parent is not None:
            given["parent"] = parent
        configs = consolidate(self.profile, _several(subnet), _several(ip_range), _several(gateway), aux_address)
        config = NetworkConfig(name, driver, configs, given, labels or {}, internal, attachable, ipv6, **further)
        return self.controller.create(config)

    @recorded
    def network_rm(self, name: str) -> None:
        """``docker network rm NAME``; a name, an identifier, or the beginning of one."""
        self.controller.remove(name)

    def network_ls(self) -> list[Network]:
        """Every network, in the order they were made."""
        return list(self.controller.networks.values())

    def network_inspect(self, name: str) -> Document:
        """The element of ``docker network inspect NAME``."""
        from macvsim.docker.inspection import network_document

        return network_document(self.profile, self.controller.find(name).view())

    @recorded
    def network_prune(self) -> list[str]:
        """``docker network prune -f``: names of the networks it removed."""
        return [network.name for network in self.controller.prune()]

    @recorded
    def network_connect(
        self,
        network: str,
        container: str,
        *,
        ip: str = "",
        ip6: str = "",
        alias: Iterable[str] = (),
        link: Iterable[str] = (),
        link_local_ip: Iterable[str] = (),
        mac_address: str = "",
        driver_opts: Mapping[str, str] | None = None,
    ) -> None:
        """``docker network connect --ip IP NETWORK CONTAINER``."""
        found = self.find(container, by_daemon=True)
        kept = frozenset(("IPAMConfig", "Aliases", "DriverOpts"))
        settings = EndpointSettings(
            ip, mac_address, tuple(alias), ip6, tuple(link), tuple(link_local_ip), driver_opts or {}, kept
        )
        self.membership.connect(found, network, settings)

    @recorded
    def network_disconnect(self, network: str, container: str, *, force: bool = False) -> None:
        """``docker network disconnect NETWORK CONTAINER``."""
        try:
            found = self.find(container, by_daemon=True)
        except DockerError:
            if not force:
                raise
            self.membership.forget(network, container)
        else:
            self.membership.disconnect(found, network, force=force)

    # -- containers ----------------------------------------------------------------------------------------------------

    def find(self, term: str, *, by_daemon: bool = False) -> Container:
        """A container by name, identifier, or the beginning of one.  Raises `DockerError`."""
        name = term.removeprefix("/")
        found = self.containers.get(name)
        matches = [c for c in self.containers.values() if c.id == term] or ([found] if found else [])
        matches = matches or [c for c in self.containers.values() if term and c.id.startswith(term)]
        if len(matches) > 1:
            raise self.profile.error("container.ambiguous", name=term)
        if not matches:
            raise self.profile.error("container.not_found_by_daemon" if by_daemon else "container.not_found", name=term)
        return matches[0]

    def network_owner(self, container: Container) -> Container:
        """Whose network a container has: its own, or that of ``--network container:NAME``."""
        mode, _, name = container.config.network.partition(":")
        return self.find(name) if mode == "container" and name else container

    @recorded
    def create(
        self, name: str | None, config: ContainerConfig, networks: Mapping[str, EndpointSettings] | None = None
    ) -> Container:
        """``docker create``: a container that was never started.  Raises `DockerError`, and then there is none.

        networks : what it asks of each network, by name; without any it is on `ContainerConfig.network`
        """
        return create(self, name, config, networks)

    @recorded
    def run(
        self,
        name: str | None = None,
        *,
        network: str | Sequence[str] = "bridge",
        ip: str | None = None,
        ip6: str = "",
        mac_address: str | None = None,
        network_alias: Iterable[str] = (),
        image: str = "busybox",
        command: Sequence[str] = (),
        hostname: str = "",
        rm: bool = False,
        **options: Any,
    ) -> Container:
        """``docker run -itd --name NAME --network NETWORK --ip IP IMAGE COMMAND``.

        Parameters
        ----------
        network : a name, ``host``, ``none``, ``container:NAME``, or several names; `ip`, `ip6`, `mac_address` and
            `network_alias` are for the first
        command : the main process as words; empty: a shell that waits
        options : further fields of `ContainerConfig`: ``ports``, ``privileged``, ``cap_add``, …

        Raises `DockerError`; when the container was made but cannot start it stays, in state ``created``.
        """
        names = [network] if isinstance(network, str) else list(network)
        config = ContainerConfig(
            image=image, command=tuple(command), network=names[0], hostname=hostname, auto_remove=rm,
            mac=mac_address or "", **options,
        )  # fmt: skip
        first = EndpointSettings(ip or "", mac_address or "", tuple(network_alias), ip6)
        networks = {n: first if n == names[0] else EndpointSettings() for n in names if not n.startswith("container:")}
        container = self.create(name, config, networks)
        self.lifecycle.start(container)
        return container

    @recorded
    def start(self, name: str) -> Container:
        """``docker start NAME``.  Raises `DockerError`."""
        container = self.find(name, by_daemon=True)
        self.lifecycle.start(container)
        return container

    @recorded
    def stop(self, name: str, timeout: float = STOP_TIMEOUT) -> None:
        """``docker stop -t TIMEOUT NAME``; simulated time passes."""
        container = self.find(name, by_daemon=True)
        self.sim.run(until=self.sim.process(self.lifecycle.stopping(container, timeout)))

    @recorded
    def restart(self, name: str, timeout: float = STOP_TIMEOUT) -> Container:
        """``docker restart -t TIMEOUT NAME``; simulated time passes."""
        self.stop(name, timeout)
        return self.start(name)

    @recorded
    def kill(self, name: str, signal: int = 9) -> None:
        """``docker kill NAME``.  Raises `DockerError` unless it runs."""
        container = self.victim(name)
        self.lifecycle.kill(container)

    def victim(self, name: str) -> Container:
        """A container that runs, and can be killed; raises `DockerError`."""
        try:
            container = self.find(name, by_daemon=True)
        except DockerError as error:
            raise self.profile.error("container.kill_failed", name=name, error=error) from None
        if not container.running:
            raise self.profile.error("container.kill_stopped", name=name, id=container.id)
        return container

    @recorded
    def rename(self, old: str, new: str) -> None:
        """``docker rename OLD NEW``.  Raises `DockerError`."""
        rename(self, self.find(old), new)

    @recorded
    def pause(self, name: str) -> None:
        """``docker pause NAME``.  Raises `DockerError`; `NotSimulated` while a program runs in it."""
        pause(self, self.find(name))

    @recorded
    def unpause(self, name: str) -> None:
        """``docker unpause NAME``.  Raises `DockerError`."""
        unpause(self, self.find(name))

    @recorded
    def prune(self) -> list[str]:
        """``docker container prune -f``: identifiers of the containers that did not run and are removed now."""
        idle = [
            container for container in self.containers.values() if not container.running and not container.restarting
        ]
        for container in idle:
            del self.containers[container.name]
        return [container.id for container in idle]

    @recorded
    def rm(self, name: str, *, force: bool = False) -> None:
        """``docker rm NAME``; `force` kills it first.  Raises `DockerError` if it runs."""
        container = self.find(name)
        if container.running:
            if not force:
                key = "container.remove_paused" if container.paused else "container.remove_running"
                raise self.profile.error(key, name=container.name)
            self.lifecycle.kill(container)
        container.restarting = False
        self.containers.pop(container.name, None)

    def ps(self, *, all: bool = False) -> list[Container]:
        """Running containers, or all of them; newest first."""
        return [c for c in reversed(self.containers.values()) if all or c.running]

    def inspect(self, name: str) -> Document:
        """The element of ``docker inspect NAME``."""
        from macvsim.docker.container_document import container_document

        return container_document(self, self.find(name))

    @recorded
    def exec(self, name: str, line: str) -> Result:
        """``docker exec NAME LINE``; simulated time passes.  Raises `DockerError` unless it runs."""
        return self.find(name).exec(line)


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
