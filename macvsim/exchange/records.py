"""Rows of ``ip -j``, ``bridge -j`` and ``docker inspect``, as far as a lab needs them, under the programs' names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from macvsim.exchange.sections import Output


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class LinkInfo(_Row):
    info_kind: str = ""
    info_data: dict[str, Any] = {}
    info_slave_kind: str = ""
    info_slave_data: dict[str, Any] = {}


class Link(_Row):
    """A device: ``link`` is what it stands on, by name in its own namespace, or else ``link_index`` in the one known
    here as ``link_netnsid``.
    """

    ifindex: int
    ifname: str = Field(min_length=1, max_length=15)
    flags: list[str] = []
    mtu: int = 1500
    link_type: str = "ether"
    address: str = ""
    link: str | None = None
    link_index: int | None = None
    link_netnsid: int | None = None
    master: str | None = None
    linkinfo: LinkInfo = LinkInfo()

    @property
    def kind(self) -> str:
        return self.linkinfo.info_kind

    @property
    def up(self) -> bool:
        return "UP" in self.flags


class AddrInfo(_Row):
    family: str
    local: str = ""
    address: str = ""
    """Of the other end."""
    prefixlen: int
    scope: str = "global"
    label: str = ""
    broadcast: str = ""
    metric: int = 0
    noprefixroute: bool = False
    temporary: bool = False


class Addresses(_Row):
    ifname: str
    addr_info: list[AddrInfo | dict[str, Any]] = []

    @property
    def all(self) -> list[AddrInfo]:
        return [one for one in self.addr_info if isinstance(one, AddrInfo)]


class Route(_Row):
    type: str = "unicast"
    dst: str
    gateway: str | None = None
    via: dict[str, Any] | None = None
    dev: str | None = None
    table: str = "main"
    protocol: str = "boot"
    scope: str = "global"
    prefsrc: str | None = None
    metric: int = 0
    flags: list[str] = []
    nexthops: list[Any] = []


class Neighbour(_Row):
    dst: str
    dev: str = ""
    lladdr: str = ""
    state: list[str] = []


class Rule(_Row):
    priority: int = 0
    src: str = "all"
    table: str = ""
    action: str = ""


class VlanRange(_Row):
    vlan: int
    vlanEnd: int | None = None
    flags: list[str] = []


class PortVlans(_Row):
    ifname: str
    vlans: list[VlanRange] = []


class FdbEntry(_Row):
    mac: str
    ifname: str
    vlan: int | None = None
    flags: list[str] = []
    master: str | None = None
    state: str = ""


class IpamConfig(_Row):
    subnet: str = Field("", alias="Subnet")
    gateway: str = Field("", alias="Gateway")
    ip_range: str = Field("", alias="IPRange")
    auxiliary: dict[str, str] | None = Field(None, alias="AuxiliaryAddresses")


class _Ipam(_Row):
    configs: list[IpamConfig] | None = Field(None, alias="Config")


class DockerNetwork(_Row):
    """An element of ``docker network inspect``."""

    name: str = Field(alias="Name")
    id: str = Field(alias="Id")
    driver: str = Field("bridge", alias="Driver")
    internal: bool = Field(False, alias="Internal")
    ipv6: bool = Field(False, alias="EnableIPv6")
    ipam: _Ipam = Field(_Ipam(), alias="IPAM")
    options: dict[str, str] | None = Field(None, alias="Options")


class Endpoint(_Row):
    ip: str = Field("", alias="IPAddress")
    ip6: str = Field("", alias="GlobalIPv6Address")
    mac: str = Field("", alias="MacAddress")


class _State(_Row):
    running: bool = Field(False, alias="Running")


class _Config(_Row):
    hostname: str = Field("", alias="Hostname")


class PortBinding(_Row):
    address: str = Field("", alias="HostIp")
    port: str = Field("", alias="HostPort")


class _HostConfig(_Row):
    network_mode: str = Field("bridge", alias="NetworkMode")
    privileged: bool = Field(False, alias="Privileged")
    cap_add: list[str] | None = Field(None, alias="CapAdd")
    sysctls: dict[str, str] | None = Field(None, alias="Sysctls")
    ports: dict[str, list[PortBinding] | None] | None = Field(None, alias="PortBindings")


class _Settings(_Row):
    networks: dict[str, Endpoint] | None = Field(None, alias="Networks")


class DockerContainer(_Row):
    """An element of ``docker inspect``."""

    id: str = Field(alias="Id")
    path: str = Field(alias="Name")
    state: _State = Field(_State(), alias="State")
    config: _Config = Field(_Config(), alias="Config")
    host: _HostConfig = Field(_HostConfig(), alias="HostConfig")
    settings: _Settings = Field(_Settings(), alias="NetworkSettings")

    @property
    def name(self) -> str:
        return self.path.removeprefix("/")


R = TypeVar("R", bound=_Row)


def rows(kind: type[R], output: Output, place: str, what: str, *, needed: bool = False) -> list[R]:
    """The rows of a section; `ScenarioError` if one is not what the program prints."""
    data = output.data(place, what, needed=needed)
    try:
        return [kind.model_validate(one) for one in data]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, str)) or "a row"
        raise output.error(place, what, f"{where}: {' '.join(first['msg'].split())}") from None


def listed(kind: type[R], data: Sequence[Any]) -> list[R]:
    """The same of what the simulated programs print."""
    return [kind.model_validate(one) for one in data if one]
