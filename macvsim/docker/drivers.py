"""Options of Docker's network drivers and the checks made when a network is created, as pure functions.

What a driver then does to the host (make a VLAN or dummy device, later delete it) is described by values
(`ParentPlan`) for the engine to carry out.  Order and sentences: moby ``daemon/network.go``,
``libnetwork/controller.go`` and ``libnetwork/drivers/{macvlan,bridge,host,null}``.

The order of ``docker network create``: `check_create` (name, address settings, duplicate, driver), then the address
space, then for macvlan `check_pools`, `parse_macvlan` and `plan_parent`, for bridge `parse_bridge`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address
from typing import Literal, Protocol

from macvsim.docker.ids import short_id
from macvsim.docker.ipam_config import PREDEFINED, IpamConfig, IPNetwork, check_configs
from macvsim.docker.profile import Profile
from macvsim.errors import NotSimulated

MacvlanMode = Literal["bridge", "private", "vepa", "passthru"]
_MODES: dict[str, MacvlanMode] = {"bridge": "bridge", "private": "private", "vepa": "vepa", "passthru": "passthru"}

_BRIDGE = "com.docker.network.bridge."
_MTU = "com.docker.network.driver.mtu"
_IFACE_PREFIX = "com.docker.network.container_iface_prefix"


class HostLinks(Protocol):
    """What the checks need to know of the host's network devices."""

    def exists(self, name: str) -> bool:
        """Whether there is a device called `name` in the daemon's network namespace."""


# -- creating a network, before anything is allocated


def check_create(
    profile: Profile,
    name: str,
    driver: str,
    networks: Collection[str],
    configs: Sequence[IpamConfig] = (),
    *,
    ipv6: bool = False,
) -> None:
    """What dockerd refuses before it allocates addresses, in its order.

    Parameters
    ----------
    networks : names of the networks there are

    Raises `DockerError`, or `NotSimulated` for ``-d ipvlan``.
    """
    if name in PREDEFINED:
        raise profile.error("network.predefined", name=name)
    if driver == "overlay":
        raise profile.error("network.overlay")
    check_configs(profile, configs, ipv6=ipv6)
    if name in networks:
        raise profile.error("network.exists", name=name)
    if driver == "ipvlan":
        raise NotSimulated("the ipvlan network driver: use -d macvlan")
    if driver not in ("bridge", "host", "macvlan", "null"):
        raise profile.error("driver.unknown", driver=driver)


# -- macvlan


@dataclass(frozen=True, slots=True)
class MacvlanOptions:
    """``-o parent=`` and ``-o macvlan_mode=``; any other option is kept by Docker but means nothing to the driver.

    Attributes
    ----------
    parent : name of the lower device, or an empty string: a dummy device is made for the network
    mode : of the macvlan devices
    internal : ``--internal``
    """

    parent: str = ""
    mode: MacvlanMode = "bridge"
    internal: bool = False

    @property
    def isolated(self) -> bool:
        """Containers get no default route: ``--internal``, or nothing to route to."""
        return self.internal or not self.parent


def check_pools(profile: Profile, subnets: Sequence[IPNetwork]) -> None:
    """Refuse a macvlan network without an IPv4 subnet, or with all addresses as its first one."""
    first = next((subnet for subnet in subnets if subnet.version == 4), None)
    if first is None or first.prefixlen == 0:
        raise profile.error("driver.no_pool")


def parse_macvlan(profile: Profile, options: Mapping[str, str], *, internal: bool = False) -> MacvlanOptions:
    """The options of a macvlan network.  Raises `DockerError`: bad mode, then loopback parent."""
    parent = options.get("parent", "")
    if internal and profile.internal_drops_parent:
        parent = ""
    asked = options.get("macvlan_mode", "") or "bridge"
    mode = _MODES.get(asked)
    if mode is None:
        raise profile.error("driver.macvlan_mode", mode=asked)
    if parent == "lo":  # by name, as in macvlan_network.go
        raise profile.error("driver.loopback", driver="macvlan")
    return MacvlanOptions(parent, mode, internal)


class ParentKind(Enum):
    """How a network comes by its parent device."""

    EXISTING = "existing"
    VLAN = "vlan"  # made as LOWER.VID and set up
    DUMMY = "dummy"  # made as dm-ID and set up


@dataclass(frozen=True, slots=True)
class ParentPlan:
    """The parent of a macvlan network, and what must be made for it.

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
    """A macvlan network that is there already: its identifier, parent device and mode."""

    network_id: str
    device: str
    mode: MacvlanMode = "bridge"


def plan_parent(
    profile: Profile, options: MacvlanOptions, network_id: str, links: HostLinks, others: Iterable[ParentUse]
) -> ParentPlan:
    """Find the parent device of a new macvlan network, or say what to make (macvlan_network.go createNetwork).

    An existing device is taken as it is, whatever its kind, name or state.

    Raises `DockerError`: the parent serves another network, or the name is neither a device nor ``LOWER.VID`` over one.
    """
    device = options.parent or dummy_name(network_id)
    for other in others:
        if other.device == device and not _may_share(profile, options.mode, other.mode):
            raise profile.error(
                "driver.parent_taken", device=dummy_name(other.network_id), id=other.network_id, parent=device
            )
    if links.exists(device):
        return ParentPlan(device, ParentKind.EXISTING)
    if not options.parent:
        return ParentPlan(device, ParentKind.DUMMY)
    return plan_vlan(profile, device, links)


def _may_share(profile: Profile, mode: MacvlanMode, other: MacvlanMode) -> bool:
    """Whether two macvlan networks may have the same parent."""
    return not profile.one_network_per_parent and "passthru" not in (mode, other)


def plan_vlan(profile: Profile, name: str, links: HostLinks) -> ParentPlan:
    """Read ``LOWER.VID``, the name of a VLAN device to be made (macvlan_setup.go createVlanLink and parseVlan).

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


def dummy_name(network_id: str) -> str:
    """Name of the dummy parent of a network without ``-o parent``; also how an error names any macvlan network."""
    return f"dm-{short_id(network_id)}"


# -- bridge


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """Options of a bridge network that have an effect.

    Attributes
    ----------
    name : of the bridge device
    mtu : of the bridge and its endpoints, in bytes; 0: the default
    icc : containers may talk to each other
    masquerade : what leaves the subnet gets the host's address
    internal : ``--internal``: nothing leaves, no default route
    """

    name: str
    mtu: int = 0
    icc: bool = True
    masquerade: bool = True
    internal: bool = False


def parse_bridge(
    profile: Profile,
    options: Mapping[str, str],
    network_id: str,
    others: Mapping[str, str],
    *,
    internal: bool = False,
) -> BridgeOptions:
    """The options of a bridge network; `others`: identifiers of the bridge networks there are, by bridge name.

    Raises `DockerError`: a value that cannot be read, or a bridge name in use by another network.
    """
    text = options.get(_MTU, "0")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise profile.error(
            "driver.bridge_option", option=_MTU, value=text, error=f'strconv.Atoi: parsing "{text}": invalid syntax'
        )
    mtu = int(text)
    if mtu < 0:
        raise profile.error("driver.bridge_mtu", mtu=mtu)
    parsed = BridgeOptions(
        name=options.get(_BRIDGE + "name", "") or f"br-{short_id(network_id)}",
        mtu=mtu,
        icc=_flag(profile, options, _BRIDGE + "enable_icc"),
        masquerade=_flag(profile, options, _BRIDGE + "enable_ip_masquerade"),
        internal=internal,
    )
    if parsed.name in others:
        raise profile.error("driver.bridge_conflict", id=network_id, bridge=parsed.name, other=others[parsed.name])
    return parsed


def _flag(profile: Profile, options: Mapping[str, str], option: str) -> bool:
    """A truth value, on by default, in the spellings of Go's strconv.ParseBool."""
    text = options.get(option, "true")
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise profile.error(
        "driver.bridge_option", option=option, value=text, error=f'strconv.ParseBool: parsing "{text}": invalid syntax'
    )


# -- host and null, and what all drivers share


def check_single_instance(profile: Profile, driver: str) -> None:
    """Refuse another network of the ``host`` or ``null`` driver: each daemon is born with its only one."""
    if driver in ("host", "null"):
        raise profile.error("driver.single_instance", driver=driver)


def interface_prefix(options: Mapping[str, str]) -> str:
    """What names of container interfaces start with (``eth``, as in ``eth0``, unless the network says otherwise)."""
    return options.get(_IFACE_PREFIX, "") or "eth"


def endpoint_mac(profile: Profile, address: IPv4Address, rng: random.Random) -> str:
    """The MAC address of an endpoint without ``--mac-address``, six hex pairs joined by colons.

    From the IPv4 address, or (Docker >= 28) random, unicast and locally administered (netutils GenerateRandomMAC).
    """
    if profile.mac_from_ipv4:
        raw = bytes((0x02, 0x42)) + address.packed
    else:
        drawn = rng.getrandbits(48).to_bytes(6, "big")
        raw = bytes((drawn[0] & 0xFE | 0x02,)) + drawn[1:]
    return raw.hex(":")
