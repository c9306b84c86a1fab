"""The JSON of ``docker network inspect`` and ``docker inspect``: which keys, in which order, from plain data.

The documents are ordinary dictionaries in printing order (Go prints struct fields as declared and maps by key), so a
``--format`` path can walk them; `render` and `compact` turn them into text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from macvsim.docker.gotypes import GoMap, GoTime, Sparse
from macvsim.docker.ids import short_id
from macvsim.docker.ipam import Lease
from macvsim.docker.ipam_config import IpamConfig
from macvsim.docker.profile import Profile

Document = dict[str, object]

_SECOND = 1_000_000_000


def render(documents: Sequence[Document]) -> str:
    """The list as the inspect commands print it: indented by four spaces, with a final newline; ``[]`` if empty."""
    return json.dumps(list(documents), indent=4, ensure_ascii=False) + "\n"


def compact(value: object) -> str:
    """What ``{{json …}}`` in a ``--format`` gives for a part of a document."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def timestamp(nanoseconds: int) -> str:
    """A time since 1970 in UTC, with as many decimals as needed (Go's RFC3339Nano)."""
    seconds, fraction = divmod(nanoseconds, _SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f"{fraction:09d}".rstrip("0")
    return f"{whole}.{decimals}Z" if decimals else f"{whole}Z"


def config_document(lease: Lease) -> Document:
    """An entry of ``IPAM.Config``.

    Of a subnet the user gave, what was typed is shown, so no gateway unless one was given; of a pool that Docker
    chose, the pool and its gateway.
    """
    config = lease.config
    if not config.subnet:
        return _pool(IpamConfig(str(lease.pool.subnet), gateway=str(lease.gateway or "")))
    return _pool(config)


def _pool(config: IpamConfig) -> Document:
    """What is shown of a subnet."""
    return Sparse(
        {
            "Subnet": config.subnet,
            "IPRange": config.ip_range,
            "Gateway": config.gateway,
            "AuxiliaryAddresses": GoMap(sorted(config.aux.items())),
        }
    )


@dataclass(frozen=True, slots=True)
class MemberView:
    """A running container in a network's document.

    Attributes
    ----------
    container_id, endpoint_id : full identifiers
    name : of the container, without a slash
    mac : as text; empty for drivers that show none
    ipv4 : with prefix length, ``172.16.10.2/24``
    """

    container_id: str
    name: str
    endpoint_id: str
    mac: str
    ipv4: str
    ipv6: str = ""


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network for `network_document`.

    Attributes
    ----------
    created : nanoseconds since 1970
    leases : what it holds of the address space (none for host and null)
    configs : subnets as they were asked for
    options : every ``-o`` given, known to the driver or not
    ipam_options : None for the networks Docker makes itself and those of compose
    """

    name: str
    id: str
    created: int
    driver: str
    leases: Sequence[Lease] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    members: Sequence[MemberView] = ()
    ipam_options: Mapping[str, str] | None = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    ipv6: bool = False
    config_from: str = ""
    config_only: bool = False
    scope: str = "local"
    configs: Sequence[IpamConfig] = ()

    @property
    def pools(self) -> list[Document]:
        """``IPAM.Config``: the subnets asked for, IPv4 first, then those that Docker chose."""
        asked = sorted(self.configs, key=lambda config: ":" in config.subnet)
        return [*(_pool(config) for config in asked), *(config_document(x) for x in self.leases if not x.config.subnet)]


def network_document(profile: Profile, network: NetworkView) -> Document:
    """The element of ``docker network inspect`` for `network`."""
    members = sorted(network.members, key=lambda member: member.container_id)
    values: Document = {
        "Name": network.name,
        "Id": network.id,
        "Created": GoTime(timestamp(network.created)),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv4": True,
        "EnableIPv6": network.ipv6,
        "IPAM": {
            "Driver": "default",
            "Options": None if network.ipam_options is None else GoMap(sorted(network.ipam_options.items())),
            "Config": network.pools,
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": network.config_from},
        "ConfigOnly": network.config_only,
        "Containers": GoMap(
            (
                member.container_id,
                {
                    "Name": member.name,
                    "EndpointID": member.endpoint_id,
                    "MacAddress": member.mac,
                    "IPv4Address": member.ipv4,
                    "IPv6Address": member.ipv6,
                },
            )
            for member in members
        ),
        "Options": GoMap(sorted(network.options.items())),
        "Labels": GoMap(sorted(network.labels.items())),
    }
    return {key: values[key] for key in profile.network_keys}


@dataclass(frozen=True, slots=True)
class EndpointView:
    """A container's attachment to one network, for `settings_document`.

    All but the first three fields are empty while the container does not run.

    Attributes
    ----------
    asked_ipv4, asked_ipv6 : ``--ip`` and ``--ip6`` as given, or empty strings
    aliases : ``--network-alias`` as given
    kept_empty : keys of settings that are shown empty, not as null
    dns_names : what the embedded DNS server answers to, in order
    links, link_local : ``--link`` and ``--link-local-ip`` as given
    """

    network: str
    asked_ipv4: str = ""
    aliases: Sequence[str] = ()
    network_id: str = ""
    asked_ipv6: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    kept_empty: frozenset[str] = frozenset()
    endpoint_id: str = ""
    mac: str = ""
    gateway: str = ""
    ipv4: str = ""
    prefixlen: int = 0
    gateway6: str = ""
    ipv6: str = ""
    prefixlen6: int = 0
    dns_names: Sequence[str] = ()
    links: Sequence[str] = ()
    link_local: Sequence[str] = ()


def endpoint_document(profile: Profile, endpoint: EndpointView) -> Document:
    """An entry of ``NetworkSettings.Networks``."""

    def given(key: str, value: object) -> object:
        """A setting, or None for an empty one unless it is shown so."""
        return value if value or key in endpoint.kept_empty else None

    asked = Sparse(
        {
            "IPv4Address": endpoint.asked_ipv4,
            "IPv6Address": endpoint.asked_ipv6,
            "LinkLocalIPs": list(endpoint.link_local),
        }
    )
    values: Document = {
        "IPAMConfig": given("IPAMConfig", asked),
        "Links": list(endpoint.links) or None,
        "Aliases": given("Aliases", list(endpoint.aliases)),
        "MacAddress": endpoint.mac,
        "NetworkID": endpoint.network_id,
        "EndpointID": endpoint.endpoint_id,
        "Gateway": endpoint.gateway,
        "IPAddress": endpoint.ipv4,
        "IPPrefixLen": endpoint.prefixlen,
        "IPv6Gateway": endpoint.gateway6,
        "GlobalIPv6Address": endpoint.ipv6,
        "GlobalIPv6PrefixLen": endpoint.prefixlen6,
        "DriverOpts": given("DriverOpts", GoMap(sorted(endpoint.driver_opts.items()))),
        "GwPriority": 0,
        "DNSNames": list(endpoint.dns_names) or None,
    }
    return {key: values[key] for key in profile.endpoint_keys}


def sandbox_key(sandbox_id: str, exec_root: str = "/var/run/docker") -> str:
    """Path of the file that stands for a container's network namespace; empty without a sandbox."""
    return f"{exec_root}/netns/{short_id(sandbox_id)}" if sandbox_id else ""


def settings_document(
    profile: Profile,
    endpoints: Sequence[EndpointView],
    *,
    sandbox_id: str = "",
    exec_root: str = "/var/run/docker",
    ports: Document | None = None,
) -> Document:
    """``NetworkSettings`` of ``docker inspect``.

    The addresses at the top are those on the default bridge; for any other network they are empty.
    """
    default = next((endpoint for endpoint in endpoints if endpoint.network == "bridge"), EndpointView("bridge"))
    values: Document = {
        "Bridge": "",
        "SandboxID": sandbox_id,
        "SandboxKey": sandbox_key(sandbox_id, exec_root),
        "Ports": ports or GoMap(),
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": default.endpoint_id,
        "Gateway": default.gateway,
        "GlobalIPv6Address": default.ipv6,
        "GlobalIPv6PrefixLen": default.prefixlen6,
        "IPAddress": default.ipv4,
        "IPPrefixLen": default.prefixlen,
        "IPv6Gateway": default.gateway6,
        "MacAddress": default.mac,
        "Networks": GoMap(
            (endpoint.network, endpoint_document(profile, endpoint))
            for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.network)
        ),
    }
    return {key: values[key] for key in profile.settings_keys}
