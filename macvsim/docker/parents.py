"""Options of Docker's macvlan and ipvlan drivers, and how a network comes by its parent device, as pure functions.

What a driver then does to the host (make a VLAN or dummy device, later delete it) is described by values
(`ParentPlan`) for `macvsim.docker.parent_net` to carry out.  Order and sentences: moby
``libnetwork/drivers/{macvlan,ipvlan}``, which differ in little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal, Protocol

from macvsim.docker.ids import short_id
from macvsim.docker.ipam_config import IPNetwork
from macvsim.docker.profile import Profile

MacvlanMode = Literal["bridge", "private", "vepa", "passthru"]
_MACVLAN_MODES: dict[str, MacvlanMode] = {
    "bridge": "bridge",
    "private": "private",
    "vepa": "vepa",
    "passthru": "passthru",
}
IpvlanMode = Literal["l2", "l3", "l3s"]
_IPVLAN_MODES: dict[str, IpvlanMode] = {"l2": "l2", "l3": "l3", "l3s": "l3s"}
IpvlanFlag = Literal["bridge", "private", "vepa"]
_IPVLAN_FLAGS: dict[str, IpvlanFlag] = {"bridge": "bridge", "private": "private", "vepa": "vepa"}


class HostLinks(Protocol):
    """What the checks need to know of the host's network devices."""

    def exists(self, name: str) -> bool:
        """Whether there is a device called `name` in the daemon's network namespace."""


# -- options


@dataclass(frozen=True, slots=True)
class ParentOptions:
    """What both drivers understand; any other option is kept by Docker but means nothing to them.

    Attributes
    ----------
    parent : ``-o parent=``: name of the lower device, or an empty string: a dummy device is made for the network
    internal : ``--internal``
    """

    driver: ClassVar[str]
    dummy_prefix: ClassVar[str]
    """How a network's dummy parent is called, before the beginning of its identifier."""

    parent: str = ""
    internal: bool = False

    @property
    def isolated(self) -> bool:
        """Containers get no default route: ``--internal``, or nothing to route to."""
        return self.internal or not self.parent

    def may_share(self, profile: Profile, other: ParentOptions) -> bool:
        """Whether another network of this driver's may have the same parent."""
        return False


@dataclass(frozen=True, slots=True)
class MacvlanOptions(ParentOptions):
    """mode : ``-o macvlan_mode=``, of the macvlan devices."""

    driver = "macvlan"
    dummy_prefix = "dm-"

    mode: MacvlanMode = "bridge"

    def may_share(self, profile: Profile, other: ParentOptions) -> bool:
        assert isinstance(other, MacvlanOptions)
        return not profile.one_network_per_parent and "passthru" not in (self.mode, other.mode)


@dataclass(frozen=True, slots=True)
class IpvlanOptions(ParentOptions):
    """mode, flag : ``-o ipvlan_mode=`` and ``-o ipvlan_flag=``, of the ipvlan devices."""

    driver = "ipvlan"
    dummy_prefix = "di-"

    mode: IpvlanMode = "l2"
    flag: IpvlanFlag = "bridge"


def check_pools(profile: Profile, subnets: Sequence[IPNetwork]) -> None:
    """Refuse a network without an IPv4 subnet, or with all addresses as its first one."""
    first = next((subnet for subnet in subnets if subnet.version == 4), None)
    if first is None or first.prefixlen == 0:
        raise profile.error("driver.no_pool")


def parse_macvlan(profile: Profile, options: Mapping[str, str], *, internal: bool = False) -> MacvlanOptions:
    """The options of a macvlan network.  Raises `DockerError`: bad mode, then loopback parent."""
    asked = options.get("macvlan_mode", "") or "bridge"
    mode = _MACVLAN_MODES.get(asked)
    if mode is None:
        raise profile.error("driver.macvlan_mode", mode=asked)
    return MacvlanOptions(_parent(profile, options, "macvlan", internal=internal), internal, mode)


def parse_ipvlan(profile: Profile, options: Mapping[str, str], *, internal: bool = False) -> IpvlanOptions:
    """The options of an ipvlan network.  Raises `DockerError`: bad mode, bad flag, then loopback parent."""
    asked = options.get("ipvlan_mode", "") or "l2"
    mode = _IPVLAN_MODES.get(asked)
    if mode is None or (mode == "l3s" and not profile.ipvlan_flags):
        raise profile.error("driver.ipvlan_mode", mode=asked)
    wanted = (options.get("ipvlan_flag", "") if profile.ipvlan_flags else "") or "bridge"
    flag = _IPVLAN_FLAGS.get(wanted)
    if flag is None:
        raise profile.error("driver.ipvlan_flag", flag=wanted)
    return IpvlanOptions(_parent(profile, options, "ipvlan", internal=internal), internal, mode, flag)


def _parent(profile: Profile, options: Mapping[str, str], driver: str, *, internal: bool) -> str:
    parent = "" if internal and profile.internal_drops_parent else options.get("parent", "")
    if parent == "lo":  # by name, whatever the device is
        raise profile.error("driver.loopback", driver=driver)
    return parent


# -- the parent device


class ParentKind(Enum):
    """How a network comes by its parent device."""

    EXISTING = "existing"
    VLAN = "vlan"  # made as LOWER.VID and set up
    DUMMY = "dummy"  # made as dm-ID or di-ID and set up


@dataclass(frozen=True, slots=True)
class ParentPlan:
    """The parent of a network, and what must be made for it.

    Attributes
    ----------
    device : name of the parent device
    kind : where it comes from
    lower, vid : for a VLAN device: the device below it and the VLAN identifier (1-4094)
    """

    device: str
    kind: ParentKind
    lower: str = ""
    vid: int = 0

    @property
    def created(self) -> bool:
        """The driver makes the device, and deletes it with the network."""
        return self.kind is not ParentKind.EXISTING


@dataclass(frozen=True, slots=True)
class ParentUse:
    """A network of the same driver that is there already: its identifier, parent device and options."""

    network_id: str
    device: str
    options: ParentOptions


def plan_parent(
    profile: Profile, options: ParentOptions, network_id: str, links: HostLinks, others: Iterable[ParentUse]
) -> ParentPlan:
    """Find the parent device of a new network, or say what to make (createNetwork of either driver).

    An existing device is taken as it is, whatever its kind, name or state.  Networks of the other driver are not looked
    at: that their devices exclude each other shows when a container starts.

    Raises `DockerError`: the parent serves another network, or the name is neither a device nor ``LOWER.VID`` over one.
    """
    device = options.parent or dummy_name(options, network_id)
    for other in others:
        if other.device == device and not options.may_share(profile, other.options):
            taken = dummy_name(options, other.network_id)
            raise profile.error("driver.parent_taken", device=taken, id=other.network_id, parent=device)
    if links.exists(device):
        return ParentPlan(device, ParentKind.EXISTING)
    if not options.parent:
        return ParentPlan(device, ParentKind.DUMMY)
    return plan_vlan(profile, device, links)


def plan_vlan(profile: Profile, name: str, links: HostLinks) -> ParentPlan:
    """Read ``LOWER.VID``, the name of a VLAN device to be made (createVlanLink and parseVlan of either driver).

    The number may have leading zeros or a sign, as Go's ``strconv.Atoi`` allows.
    """
    if "." not in name:
        raise profile.error("driver.no_dot", parent=name)
    lower, _, number = name.partition(".")
    if "." in number:
        raise profile.error("driver.dots", parent=name)
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", number):
        raise profile.error("driver.vid_syntax", vid=number)
    if not links.exists(lower):
        raise profile.error("driver.no_lower", lower=lower)
    vid = int(number)
    if not 1 <= vid <= 4094:
        raise profile.error("driver.vid_range", vid=vid)
    return ParentPlan(name, ParentKind.VLAN, lower, vid)


def dummy_name(options: ParentOptions, network_id: str) -> str:
    """Name of the dummy parent of a network without ``-o parent``; also how an error names any other network."""
    return f"{options.dummy_prefix}{short_id(network_id)}"
