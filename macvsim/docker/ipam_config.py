"""IPAM settings as the user types them, and everything Docker checks before it allocates anything.

The command line's part (`consolidate`) is docker/cli ``network/create.go`` consolidateIpam; the daemon's part
(`check_configs`, `check_endpoint`) is moby ``api/types/network`` ValidateIPAM and ``daemon/container_operations.go``
validateEndpointSettings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface

from macvsim.docker.profile import Profile
from macvsim.errors import DockerError

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

PREDEFINED = ("bridge", "host", "none", "default")  # runconfig IsPreDefinedNetwork


@dataclass(frozen=True, slots=True)
class IpamConfig:
    """One ``--subnet`` with what belongs to it, as typed; an empty string stands for "not given"."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    aux: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address with a prefix length, host bits kept."""

    address: IPAddress
    prefixlen: int

    @property
    def network(self) -> IPNetwork:
        """The prefix with its host bits cleared."""
        return _network(self)

    def __str__(self) -> str:
        return f"{self.address}/{self.prefixlen}"


@lru_cache
def _network(cidr: Cidr) -> IPNetwork:
    network = ip_interface((cidr.address, cidr.prefixlen)).network
    return network


@lru_cache
def parse_address(text: str) -> IPAddress | None:
    """An address in dotted or colon form, or None (Go's net.ParseIP: no prefix length, no leading zeros)."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache
def parse_cidr(text: str) -> Cidr | None:
    """``ADDRESS/LENGTH``, or None; netmasks and bare addresses are not CIDR notation (Go's netip.ParsePrefix)."""
    head, slash, tail = text.partition("/")
    address = parse_address(head)
    if address is None or not slash or not (tail.isascii() and tail.isdigit()):
        return None
    length = int(tail)
    if str(length) != tail or length > address.max_prefixlen:
        return None
    return Cidr(address, length)


def consolidate(
    profile: Profile,
    subnets: Sequence[str] = (),
    ip_ranges: Sequence[str] = (),
    gateways: Sequence[str] = (),
    aux: Mapping[str, str] | None = None,
) -> tuple[IpamConfig, ...]:
    """Sort the flags of ``docker network create`` by subnet, in the order of the ``--subnet`` flags.

    Raises `DockerClientError` (no daemon prefix) for what the command line itself refuses.
    """
    if len(subnets) < len(ip_ranges) or len(subnets) < len(gateways):
        raise profile.error("cli.no_subnet")
    for index, subnet in enumerate(subnets):
        for earlier in subnets[:index]:
            if _matches(profile, subnet, earlier) or _matches(profile, earlier, subnet):
                raise profile.error("cli.subnets_overlap")
    ranges: dict[str, str] = {}
    for wanted in ip_ranges:
        for subnet in _matching(profile, subnets, wanted, "cli.range_unmatched", range=wanted):
            if subnet in ranges:
                raise profile.error("cli.ranges", new=wanted, old=ranges[subnet], subnet=subnet)
            ranges[subnet] = wanted
    chosen: dict[str, str] = {}
    for wanted in gateways:
        for subnet in _matching(profile, subnets, wanted, "cli.gateway_unmatched", gateway=wanted):
            if subnet in chosen:
                raise profile.error("cli.gateways", new=wanted, old=chosen[subnet], subnet=subnet)
            chosen[subnet] = wanted
    reserved: dict[str, dict[str, str]] = {subnet: {} for subnet in subnets}
    for name, address in (aux or {}).items():
        for subnet in _matching(profile, subnets, address, "cli.aux_unmatched", address=address):
            reserved[subnet][name] = address
    return tuple(
        IpamConfig(subnet, ranges.get(subnet, ""), chosen.get(subnet, ""), reserved[subnet]) for subnet in subnets
    )


def _matching(profile: Profile, subnets: Sequence[str], wanted: str, key: str, **fields: str) -> list[str]:
    """The subnets that contain `wanted`; the error `key` if there is none."""
    found = [subnet for subnet in subnets if _matches(profile, subnet, wanted)]
    if not found:
        raise profile.error(key, **fields)
    return found


def _matches(profile: Profile, subnet: str, wanted: str) -> bool:
    """Whether the address `wanted`, or the address part of the CIDR `wanted`, lies in `subnet`."""
    parent = parse_cidr(subnet)
    if parent is None:
        raise profile.error("cli.bad_subnet", subnet=subnet)
    if "/" not in wanted:
        address = parse_address(wanted)
    else:
        cidr = parse_cidr(wanted)
        if cidr is None:
            raise profile.error("cli.bad_cidr", cidr=wanted)
        address = cidr.address
    return address is not None and address in parent.network


def check_configs(profile: Profile, configs: Sequence[IpamConfig], *, ipv6: bool = False) -> None:
    """The daemon's check of the settings of a new network; `ipv6`: the network has ``--ipv6``.

    Raises `DockerError` with every problem found, as a list if there is more than one.
    """
    if not profile.ipam_checked:
        for config in configs:
            if parse_cidr(config.subnet) is None:
                raise profile.error("ipam.subnet_syntax", subnet=config.subnet)
        return
    problems: list[str] = []
    for config in configs:
        subnet = parse_cidr(config.subnet)
        if subnet is None:
            problems.append(profile.text("ipam.subnet_syntax", subnet=config.subnet))
            continue
        if subnet.address.version == 6 and not ipv6:
            continue
        if subnet.address != subnet.network.network_address:
            problems.append(profile.text("ipam.subnet_host_bits", subnet=subnet, masked=subnet.network))
        problems += _range_problems(profile, config.ip_range, subnet)
        error = _address_problem(profile, config.gateway, subnet)
        if error:
            problems.append(profile.text("ipam.gateway", gateway=config.gateway, error=error))
        for name, address in config.aux.items():
            error = _address_problem(profile, address, subnet)
            if error:
                problems.append(profile.text("ipam.aux", name=name, error=error))
    if problems:
        raise profile.error("ipam.invalid", errors=_joined(problems))


def _range_problems(profile: Profile, text: str, subnet: Cidr) -> list[str]:
    """What is wrong with an ``--ip-range``."""
    if not text:
        return []
    ip_range = parse_cidr(text)
    if ip_range is None:
        return [profile.text("ipam.range_syntax", range=text)]
    if ip_range.address.version != subnet.address.version:
        return [profile.text("ipam.range_family", range=text, family=subnet.address.version)]
    problems = []
    if ip_range.prefixlen < subnet.prefixlen:
        problems.append(profile.text("ipam.range_bigger", range=text, subnet=subnet))
    if ip_range.address != ip_range.network.network_address:
        problems.append(profile.text("ipam.range_host_bits", range=ip_range, masked=ip_range.network))
    if not subnet.network.overlaps(ip_range.network):
        problems.append(profile.text("ipam.range_outside", range=text, subnet=subnet))
    return problems


def _address_problem(profile: Profile, text: str, subnet: Cidr) -> str:
    """What is wrong with a gateway or an auxiliary address, or an empty string."""
    if not text:
        return ""
    address = parse_address(text)
    if address is None:
        return profile.text("ipam.address_syntax")
    if address.version != subnet.address.version:
        return profile.text("ipam.address_family", family=subnet.address.version)
    if address not in subnet.network:
        return profile.text("ipam.address_outside", subnet=subnet)
    return ""


def check_endpoint(
    profile: Profile,
    network: str,
    configs: Sequence[IpamConfig] | None,
    *,
    address: str = "",
    address6: str = "",
    aliases: Sequence[str] = (),
    link_local: Sequence[str] = (),
    at_create: bool = True,
) -> None:
    """Check ``--ip``, ``--ip6`` and ``--network-alias`` of an endpoint before anything is made.

    Parameters
    ----------
    network : the network's name as given (``bridge`` for the default)
    configs : what the network was created with (empty when its subnet was chosen by Docker), or None when there is
        no such network: then only what can be judged without it is
    address, address6 : ``--ip`` and ``--ip6``, or empty strings; link_local : ``--link-local-ip``
    at_create : True for ``docker run`` and ``create``, False for ``network connect`` (the wording differs)

    Raises `DockerError`.  When to call this: `Profile.endpoint_checked_at_create`.
    """
    problems: list[str] = []
    if network in PREDEFINED:
        if address or address6:
            problems.append(profile.text("endpoint.ip_on_predefined"))
        if aliases:
            problems.append(profile.text("endpoint.alias_on_predefined"))
    for text, version in ((address, 4), (address6, 6)):
        parsed = parse_address(text)
        if text and (parsed is None or parsed.version != version or parsed.is_unspecified):
            problems.append(profile.text(f"endpoint.bad_ipv{version}", address=text))
    for text in (address, address6):
        if text and configs is not None:
            problems += _outside(profile, configs, text)
    for text in link_local:
        parsed = parse_address(text)
        if parsed is None or parsed.is_unspecified:
            problems.append(profile.text("endpoint.bad_link_local", address=text))
    if not problems:
        return
    if not profile.endpoint_checked_at_create:
        raise DockerError(problems[0])  # before 25 the first problem ended the check
    error = profile.error("endpoint.invalid", errors=_joined(problems))
    if at_create:
        error = profile.error("endpoint.invalid_at_create", network=network, error=error)
    raise error


def _outside(profile: Profile, configs: Sequence[IpamConfig], address: str) -> list[str]:
    """What is wrong with an address asked for, given the subnets that were."""
    parsed = parse_address(address)
    static = [cidr.network for cidr in (parse_cidr(config.subnet) for config in configs) if cidr is not None]
    if not static:
        return [profile.text("endpoint.ip_on_auto_subnet")]
    if profile.endpoint_checked_at_create and not any(parsed is not None and parsed in network for network in static):
        return [profile.text("endpoint.outside", address=address)]
    return []


def _joined(problems: Sequence[str]) -> str:
    """One problem as it is, several as a list (moby internal/multierror)."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join(f"* {problem}" for problem in problems)
