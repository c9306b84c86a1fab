"""Published ports: which ports of the host lead to which of a container (moby ``libnetwork/portallocator``,
``portmapper``, ``drivers/bridge/port_mapping``).
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING

from macvsim.docker.container_config import ContainerConfig
from macvsim.docker.firewall import Firewall, PortBinding
from macvsim.docker.network import Endpoint
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError, Effect, NotSimulated, SocketError
from macvsim.net.namespace import Namespace

if TYPE_CHECKING:
    from macvsim.docker.container import Container
    from macvsim.docker.proxy import Proxy

_EVERYWHERE = IPv4Address(0)
_HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"
_PROTOCOLS = ("tcp", "udp")
PortMap = dict[str, list[PortBinding]]
"""Published and exposed ports (``80/tcp``), and where each is published."""


def check_places(config: ContainerConfig) -> None:
    """Refuse places on the host that are none (moby daemon/container.go validatePortBindings).

    Raises
    ------
    DockerError : a port is no number
    NotSimulated : an address is none of IPv4
    """
    for places in config.ports.values():
        for ip, number in places:
            if number and not (number.isdecimal() and int(number) < 1 << 16):
                raise DockerError(f'invalid port specification: "{number}"')
            try:
                IPv4Address(ip or 0)
            except AddressValueError:
                raise NotSimulated(f"publishing a port at the address {ip}", Effect.CHANGES) from None


def check_protocols(config: ContainerConfig) -> None:
    """`NotSimulated` for ports that cannot be published."""
    for port in config.ports:
        if port.partition("/")[2] not in _PROTOCOLS:
            raise NotSimulated(f"publishing {port}", Effect.CHANGES)


class Ports:
    """The published ports of one daemon, in the namespace of its host."""

    def __init__(self, profile: Profile, ns: Namespace, firewall: Firewall | None) -> None:
        self.profile = profile
        self.ns = ns
        self.firewall = firewall
        self._taken: dict[tuple[str, int], list[IPv4Address]] = {}
        self._last: dict[tuple[str, IPv4Address], int] = {}
        """The ephemeral port given last, by protocol and address."""
        self._running: dict[Endpoint, list[tuple[PortBinding, Proxy]]] = {}

    # -- containers ----------------------------------------------------------------------------------------------------

    def follow(self, container: Container) -> None:
        """Publish a running container's ports where its default route is, and nowhere else (sandbox.go
        updateGateway).  Raises `DockerError`.
        """
        best = self._gateway(container)
        for settings in container.settings.values():
            endpoint = settings.endpoint
            if endpoint is not None and endpoint is not best and endpoint in self._running:
                self.withdraw(endpoint)
        if best is not None and best not in self._running and best.network.driver == "bridge":
            self._publish(container, best)

    @staticmethod
    def _gateway(container: Container) -> Endpoint | None:
        sandbox = container.sandbox
        if sandbox is None:
            return None
        return next((endpoint for endpoint in sandbox.sorted() if endpoint.gateway is not None), None)

    def map(self, container: Container) -> PortMap:
        """What ``docker ps``, ``port`` and ``inspect`` show of a running container."""
        best = self._gateway(container)
        if not container.running or best is None or best.network.driver != "bridge":
            return {}
        found: PortMap = {port: [] for port in sorted({*container.config.ports, *container.config.exposed})}
        for binding, _ in self._running.get(best, []):
            found[f"{binding.port}/{binding.proto}"].append(binding)
        return found

    def _publish(self, container: Container, endpoint: Endpoint) -> None:
        """All ports or none (ProgramExternalConnectivity)."""
        running = self._running[endpoint] = []
        default = IPv4Address(endpoint.network.config.options.get(_HOST_BINDING, "0.0.0.0"))
        assert endpoint.address is not None
        config = container.config
        asked = {port: [("", "")] for port in config.exposed} if config.publish_all else {}
        wanted = [(int(port.split("/")[0]), port.split("/")[1], place)
                  for port, places in (asked | dict(config.ports)).items() for place in places]  # fmt: skip
        try:
            for port, proto, (ip, host_port) in sorted(wanted, key=lambda one: (-one[0], one[1])):
                host = IPv4Address(ip) if ip else default
                running.append(self._bind(proto, port, host, host_port, endpoint))
        except DockerError as error:
            self.withdraw(endpoint)
            raise self.profile.error(
                "driver.publish_failed", container=container.name, id=endpoint.id, error=error
            ) from error

    def _bind(
        self, proto: str, port: int, host: IPv4Address, host_port: str, endpoint: Endpoint
    ) -> tuple[PortBinding, Proxy]:
        """One port: a number on the host, rules, and a proxy (portmapper.MapRange)."""
        from macvsim.docker.proxy import TcpProxy, UdpProxy  # hosts without published ports do not load TCP

        assert endpoint.address is not None
        number = self._allocate(proto, host, int(host_port or 0))
        binding = PortBinding(proto, port, host, number, endpoint.address)
        try:
            make: Callable[..., Proxy] = TcpProxy if proto == "tcp" else UdpProxy
            proxy = make(self.ns, int(host), number, int(endpoint.address), port)
        except SocketError as error:
            self._release(binding)
            raise self.profile.error(
                "driver.proxy_failed", proto=f"{proto}4", host=host, port=number, errno=str(error).lower()
            ) from error
        if self.firewall is not None:
            self.firewall.publish(endpoint.network.device, binding)
        return binding, proxy

    def withdraw(self, endpoint: Endpoint) -> None:
        """The ports of an endpoint are closed (RevokeExternalConnectivity)."""
        for binding, proxy in self._running.pop(endpoint, []):
            proxy.close()
            if self.firewall is not None:
                self.firewall.unpublish(endpoint.network.device, binding)
            self._release(binding)

    # -- numbers -------------------------------------------------------------------------------------------------------

    def _allocate(self, proto: str, host: IPv4Address, number: int) -> int:
        """A port of the host: the one that is asked for, or the next ephemeral one."""
        if number:
            if self._is_taken(proto, host, number):
                raise self.profile.error("driver.port_taken", host=host, port=number)
        else:
            low, high = self.ns.ipv4_conf.ip_local_port_range
            first = self._last.get((proto, host), high) + 1 - low
            candidates = (low + (first + step) % (high - low + 1) for step in range(high - low + 1))
            free = next((port for port in candidates if not self._is_taken(proto, host, port)), None)
            if free is None:
                raise self.profile.error("driver.ports_exhausted")
            self._last[proto, host] = number = free
        self._taken.setdefault((proto, number), []).append(host)
        return number

    def _is_taken(self, proto: str, host: IPv4Address, number: int) -> bool:
        others = self._taken.get((proto, number), [])
        return any(_EVERYWHERE in (host, other) or other == host for other in others)

    def _release(self, binding: PortBinding) -> None:
        key = (binding.proto, binding.host_port)
        self._taken[key].remove(binding.host)


def port_list(ports: PortMap) -> str:
    """The column PORTS of ``docker ps`` (cli formatter.DisplayablePorts): same numbers inside and outside are drawn
    together.
    """
    every = [
        (int(port.split("/")[0]), str(place.host) if place else "", place.host_port if place else 0, port.split("/")[1])
        for port, places in ports.items()
        for place in places or (None,)
    ]
    groups: dict[str, list[tuple[int, int]]] = {}
    mapped = []
    for inside, host, outside, proto in sorted(every):
        if host and outside != inside:
            mapped.append(f"{host}:{outside}->{inside}/{proto}")
            continue
        spans = groups.setdefault(f"{host}/{proto}", [])
        if spans and inside == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], inside)
        else:
            spans.append((inside, inside))
    early = [_group(key, span) for key, spans in groups.items() for span in spans[:-1]]
    late = [_group(key, spans[-1]) for key, spans in groups.items()]
    return ", ".join(early + late + mapped)


def _group(key: str, span: tuple[int, int]) -> str:
    host, _, proto = key.partition("/")
    text = str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"
    return f"{host}:{text}->{text}/{proto}" if host else f"{text}/{proto}"
