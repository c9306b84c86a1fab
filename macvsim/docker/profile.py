"""What differs between Docker versions: rules as fields, sentences as templates.

A `Profile` is one version of dockerd and its command line.  Code asks the profile and never compares version
numbers, so a further version is one more entry in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from macvsim.docker import DEFAULT_PROFILE
from macvsim.docker.texts import CLIENT_ERRORS_19_03, TEXTS_19_03, TEXTS_26_1
from macvsim.errors import DockerError, MacvsimError


class DockerClientError(DockerError):
    """The command line itself refuses, without asking the daemon: printed without the daemon's prefix."""


class AutoGateway(Enum):
    """Which networks get a gateway address from the allocator when ``--gateway`` is not given."""

    ALWAYS = "always"  # <= 27
    NOT_INTERNAL = "not internal"  # 28
    BRIDGE_ONLY = "bridge only"  # >= 29: macvlan and ipvlan get none


class DefaultPools(Enum):
    """How a network without ``--subnet`` picks its pool."""

    ROTATING = "rotating"  # <= 26: walks on from the last one given, so a freed pool is not reused at once
    LOWEST = "lowest"  # >= 27: the first free one


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of Docker.

    Attributes
    ----------
    name : what `get_profile` and the lab description call it
    table_min_width, table_padding : columns of tables, in characters
    one_network_per_parent : a macvlan parent serves one network only (<= 26)
    ipvlan_flags : the ipvlan driver knows ``-o ipvlan_flag=`` and mode l3s (>= 20.10)
    mac_from_ipv4 : endpoints get ``02:42`` and the four bytes of their IPv4 address (<= 27), else a random one
    gratuitous_arps : how many are sent, 1 s apart, when an endpoint comes up (0 before 28)
    auto_gateway, default_pools : see the enumerations
    ipam_checked : subnets and ranges with host bits set are refused (>= 25), else silently masked
    endpoint_checked_at_create : ``--ip`` is compared with the subnets when the container is made (>= 25), else
        when it starts
    several_networks_at_run : ``docker run`` takes more than one ``--network`` (>= 25)
    internal_drops_parent : ``--internal`` is treated as "no parent": a dummy device is used (< 23)
    restores_subinterfaces : a restarting daemon makes missing ``PARENT.VID`` devices again (>= 23)
    ipv6_only_if_enabled : endpoints have IPv6 switched off unless their network has ``--ipv6``
    resolv_comments : /etc/resolv.conf of containers says where it comes from
    run_error_full_stop : ``docker run`` ends the error with exactly one full stop (<= 27)
    run_help_at_start : ``docker run`` adds the pointer to its help after start-phase errors too (>= 28)
    network_keys, settings_keys, endpoint_keys : order of keys in ``docker network inspect``, in
        ``NetworkSettings`` of ``docker inspect``, and in its ``Networks``
    texts : format templates by key; see `text`
    client_errors : keys of `texts` which the command line prints as they are, without the daemon's prefix
    """

    name: str
    table_min_width: int
    one_network_per_parent: bool
    ipvlan_flags: bool
    mac_from_ipv4: bool
    gratuitous_arps: int
    auto_gateway: AutoGateway
    default_pools: DefaultPools
    ipam_checked: bool
    endpoint_checked_at_create: bool
    several_networks_at_run: bool
    internal_drops_parent: bool
    restores_subinterfaces: bool
    ipv6_only_if_enabled: bool
    resolv_comments: bool
    run_error_full_stop: bool
    run_help_at_start: bool
    network_keys: tuple[str, ...]
    settings_keys: tuple[str, ...]
    endpoint_keys: tuple[str, ...]
    texts: Mapping[str, str]
    client_errors: frozenset[str] = frozenset()
    table_padding: int = 3

    def text(self, key: str, **fields: object) -> str:
        """The sentence `key` of this version, filled in.  ``KeyError``: no such key, or a field is missing."""
        return self.texts[key].format(**fields)

    def error(self, key: str, **fields: object) -> DockerError:
        """The exception for sentence `key`, for the caller to raise."""
        sentence = self.text(key, **fields)
        if key.startswith("cli.") or key in self.client_errors:
            return DockerClientError(sentence)
        return DockerError(sentence)

    def stderr_line(self, error: DockerError) -> str:
        """What commands other than ``docker run`` print on standard error; lines are parted, not ended, by newlines."""
        if isinstance(error, DockerClientError):
            return str(error)
        return self.text("daemon.error", error=error)

    def run_error(self, error: DockerError, *, at_start: bool) -> str:
        """What ``docker run`` prints on standard error; `at_start`: the container had been made already."""
        line = f"docker: {self.stderr_line(error)}"
        if self.run_error_full_stop:
            line = line.removesuffix(".") + "."
        if at_start and not self.run_help_at_start:
            return line
        return line + self.text("run.help")

    def allocates_gateway(self, driver: str, *, internal: bool) -> bool:
        """Whether a network gets a gateway address although none was asked for."""
        if self.auto_gateway is AutoGateway.ALWAYS:
            return True
        if internal:
            return False
        return self.auto_gateway is AutoGateway.NOT_INTERNAL or driver not in ("macvlan", "ipvlan")


_NETWORK_KEYS = (
    "Name",
    "Id",
    "Created",
    "Scope",
    "Driver",
    "EnableIPv6",
    "IPAM",
    "Internal",
    "Attachable",
    "Ingress",
    "ConfigFrom",
    "ConfigOnly",
    "Containers",
    "Options",
    "Labels",
)
_SETTINGS_KEYS = (
    "Bridge",
    "SandboxID",
    "SandboxKey",
    "Ports",
    "HairpinMode",
    "LinkLocalIPv6Address",
    "LinkLocalIPv6PrefixLen",
    "SecondaryIPAddresses",
    "SecondaryIPv6Addresses",
    "EndpointID",
    "Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "MacAddress",
    "Networks",
)
_ADDRESS_KEYS = (
    "NetworkID",
    "EndpointID",
    "Gateway",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
)

DOCKER_26_1 = Profile(
    name="26.1",
    table_min_width=10,
    one_network_per_parent=True,
    ipvlan_flags=True,
    mac_from_ipv4=True,
    gratuitous_arps=0,
    auto_gateway=AutoGateway.ALWAYS,
    default_pools=DefaultPools.ROTATING,
    ipam_checked=True,
    endpoint_checked_at_create=True,
    several_networks_at_run=True,
    internal_drops_parent=False,
    restores_subinterfaces=True,
    ipv6_only_if_enabled=True,
    resolv_comments=True,
    run_error_full_stop=True,
    run_help_at_start=False,
    network_keys=_NETWORK_KEYS,
    settings_keys=_SETTINGS_KEYS,
    endpoint_keys=("IPAMConfig", "Links", "Aliases", "MacAddress", *_ADDRESS_KEYS, "DriverOpts", "DNSNames"),
    texts=TEXTS_26_1,
)

DOCKER_19_03 = Profile(
    name="19.03",
    table_min_width=20,
    one_network_per_parent=True,
    ipvlan_flags=False,
    mac_from_ipv4=True,
    gratuitous_arps=0,
    auto_gateway=AutoGateway.ALWAYS,
    default_pools=DefaultPools.ROTATING,
    ipam_checked=False,
    endpoint_checked_at_create=False,
    several_networks_at_run=False,
    internal_drops_parent=True,
    restores_subinterfaces=False,
    # Before 26.1 the sandbox as a whole had IPv6 off; for an IPv4 endpoint the outcome is the same.
    ipv6_only_if_enabled=True,
    resolv_comments=False,
    run_error_full_stop=True,
    run_help_at_start=False,
    network_keys=_NETWORK_KEYS,
    settings_keys=_SETTINGS_KEYS,
    endpoint_keys=("IPAMConfig", "Links", "Aliases", *_ADDRESS_KEYS, "MacAddress", "DriverOpts"),
    texts=TEXTS_19_03,
    client_errors=CLIENT_ERRORS_19_03,
)

PROFILES: tuple[Profile, ...] = (DOCKER_19_03, DOCKER_26_1)


def get_profile(name: str = DEFAULT_PROFILE) -> Profile:
    """The profile called `name`.  Raises `MacvsimError` naming the known ones."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    known = ", ".join(profile.name for profile in PROFILES)
    raise MacvsimError(f"unknown Docker version {name!r}: choose one of {known}")
