"""What a daemon keeps about networks, and about containers on them: plain records without behaviour of the kernel's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from macvsim.dev.base import NetDevice
from macvsim.docker.firewall import BridgeRules
from macvsim.docker.ids import id_text
from macvsim.docker.ipam import Assignment, Lease
from macvsim.docker.ipam_config import PREDEFINED, IPAddress, IpamConfig
from macvsim.docker.parents import ParentOptions, ParentPlan
from macvsim.engine.display import Listed

if TYPE_CHECKING:
    from macvsim.docker.inspection import EndpointView, MemberView, NetworkView

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass
class NetworkConfig:
    """What ``docker network create`` asks for.

    options : every ``-o``; ipam_options : None for the networks Docker makes itself, and for those of compose
    scope : ``--scope`` as given
    config_only : settings for other networks, and nothing else; config_from : the network whose settings it takes
    """

    name: str
    driver: str = "bridge"
    configs: tuple[IpamConfig, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    ipv6: bool = False
    ipam_options: Mapping[str, str] | None = field(default_factory=dict)
    scope: str = ""
    ingress: bool = False
    config_only: bool = False
    config_from: str = ""


@dataclass(eq=False)
class Network(Listed):
    """A network of one daemon.

    id : 64 hex digits; created : nanoseconds since 1970; device : name of the parent or bridge device
    options, parent : of macvlan and ipvlan networks; bridge_rules : of bridge networks
    endpoints : by the names of their containers, in the order they came
    """

    PUBLIC = "config created device driver endpoints id internal name options"

    id: str
    config: NetworkConfig
    created: int
    leases: tuple[Lease, ...] = ()
    device: str = ""
    options: ParentOptions | None = None
    parent: ParentPlan | None = None
    bridge_rules: BridgeRules | None = None
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As ``docker network ls`` shows it."""
        return self.config.name

    @property
    def driver(self) -> str:
        """``macvlan``, ``ipvlan``, ``bridge``, ``host`` or ``null``."""
        return self.config.driver

    @property
    def internal(self) -> bool:
        """It leads nowhere else (``--internal``)."""
        return self.config.internal

    @property
    def predefined(self) -> bool:
        """One of the three every daemon has."""
        return self.name in PREDEFINED

    @property
    def names_resolve(self) -> bool:
        """Containers here find each other by name: not on the default bridge, host and none."""
        return not self.predefined

    def rename(self, endpoint: Endpoint, name: str) -> None:
        """The container of an endpoint has another name."""
        endpoint.container = name
        self.endpoints = {one.container: one for one in self.endpoints.values()}

    def view(self) -> NetworkView:
        """For `macvsim.docker.inspection.network_document`."""
        config = self.config
        from macvsim.docker.inspection import NetworkView

        return NetworkView(
            name=config.name,
            id=self.id,
            created=self.created,
            driver=config.driver,
            leases=self.leases,
            options=config.options,
            labels=config.labels,
            members=[endpoint.member() for endpoint in self.endpoints.values()],
            ipam_options=config.ipam_options,
            internal=config.internal,
            attachable=config.attachable,
            ipv6=config.ipv6,
            configs=config.configs,
            config_from=config.config_from,
            config_only=config.config_only,
        )


@dataclass(eq=False, slots=True)
class Endpoint:
    """A running container's place on one network.

    number : its identifier; container : its name; link : the device that goes into the container, None on host and none
    source_name : what that device was called on the host; gateway : None where no default route goes this way
    mac : empty where the parent's is used (ipvlan)
    """

    number: int
    network: Network
    container: str
    container_id: str
    assignment: Assignment | None = None
    assignment6: Assignment | None = None
    mac: str = ""
    gateway: IPv4Address | None = None
    gateway6: IPv6Address | None = None
    dns_names: Sequence[str] = ()
    link: NetDevice | None = None
    source_name: str = ""
    on_link_default: bool = False
    """The default route goes out of the device without a gateway (ipvlan l3 and l3s)."""
    host_link: NetDevice | None = None
    """Host end of a veth pair."""
    links: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Containers by the names that this one alone knows them by (``--link``)."""
    link_local: Sequence[str] = ()
    """Further addresses (``--link-local-ip``)."""

    @property
    def id(self) -> str:
        """64 hex digits."""
        return id_text(self.number)

    @property
    def address(self) -> IPv4Address | None:
        """Its IPv4 address."""
        if self.assignment is None:
            return None
        address = self.assignment.address
        assert isinstance(address, IPv4Address)
        return address

    @property
    def addresses(self) -> list[IPAddress]:
        """IPv4, then IPv6."""
        return [given.address for given in (self.assignment, self.assignment6) if given is not None]

    @property
    def order(self) -> tuple[bool, str]:
        """Sort key: interfaces are numbered, and the default route chosen, in this order (sandbox.go Endpoint.Less)."""
        return self.network.internal, self.network.name

    def member(self) -> MemberView:
        """For the network's document."""
        ipv4, ipv6 = (str(given) if given is not None else "" for given in (self.assignment, self.assignment6))
        from macvsim.docker.inspection import MemberView

        return MemberView(self.container_id, self.container, self.id, self.mac, ipv4, ipv6)


def link_names(text: str) -> tuple[str, str]:
    """``NAME[:ALIAS]`` as (alias, name)."""
    name, _, alias = text.removeprefix("/").partition(":")
    return alias or name, name


@dataclass(eq=False, slots=True)
class EndpointSettings:
    """A container's wish to be on a network, kept whether it runs or not.

    ip, ip6, mac, aliases, links (``NAME[:ALIAS]``), link_local : as asked for, or empty
    network_id : remembered from the first time it was connected; endpoint : while it is connected
    """

    ip: str = ""
    mac: str = ""
    aliases: Sequence[str] = ()
    ip6: str = ""
    links: Sequence[str] = ()
    link_local: Sequence[str] = ()
    driver_opts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    kept_empty: frozenset[str] = frozenset()
    """Settings that the client sent although they are empty: ``docker inspect`` shows them so, others as null."""
    network_id: str = ""
    dns_names: Sequence[str] = ()
    endpoint: Endpoint | None = None

    def wanted(self, name: str) -> str:
        """What to look the network called `name` up by (getNetworkID): networks made by users by identifier once it is
        known, so that another one of the same name is not taken for it.
        """
        return name if name in PREDEFINED or not self.network_id else self.network_id

    def view(self, name: str) -> EndpointView:
        """For the container's document; addresses only while it is connected."""
        endpoint = self.endpoint
        from macvsim.docker.inspection import EndpointView

        view = EndpointView(
            name,
            self.ip,
            self.aliases,
            self.network_id,
            self.ip6,
            self.driver_opts,
            self.kept_empty,
            dns_names=self.dns_names,
            links=self.links,
            link_local=self.link_local,
        )
        if endpoint is None:
            return view
        assignment, assignment6 = endpoint.assignment, endpoint.assignment6
        return replace(
            view,
            endpoint_id=endpoint.id,
            mac=endpoint.mac,
            gateway=str(endpoint.gateway or ""),
            ipv4=str(endpoint.address or ""),
            prefixlen=assignment.prefixlen if assignment is not None else 0,
            gateway6=str(endpoint.gateway6 or ""),
            ipv6=str(assignment6.address) if assignment6 is not None else "",
            prefixlen6=assignment6.prefixlen if assignment6 is not None else 0,
        )
