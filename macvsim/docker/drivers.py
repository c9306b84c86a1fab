"""Checks made when a network is created, and options of Docker's bridge driver, as pure functions.

Order and sentences: moby ``daemon/network.go``, ``libnetwork/controller.go`` and
``libnetwork/drivers/{bridge,host,null}``; for macvlan and ipvlan see `macvsim.docker.parents`.

The order of ``docker network create``: `check_create` (name, address settings, duplicate, driver), then the address
space, then for macvlan and ipvlan `check_pools`, `parse_macvlan` or `parse_ipvlan`, and `plan_parent`, for bridge
`parse_bridge`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from macvsim.docker.ids import short_id
from macvsim.docker.ipam_config import PREDEFINED, IpamConfig, check_configs
from macvsim.docker.profile import Profile

_BRIDGE = "com.docker.network.bridge."
_MTU = "com.docker.network.driver.mtu"
_IFACE_PREFIX = "com.docker.network.container_iface_prefix"


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

    Raises `DockerError`.
    """
    if name in PREDEFINED:
        raise profile.error("network.predefined", name=name)
    if driver == "overlay":
        raise profile.error("network.overlay")
    check_configs(profile, configs, ipv6=ipv6)
    if name in networks:
        raise profile.error("network.exists", name=name)
    if driver not in ("bridge", "host", "ipvlan", "macvlan", "null"):
        raise profile.error("driver.unknown", driver=driver)


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
