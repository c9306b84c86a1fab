# ruff: noqa: E101 -- the tabs are in the texts

"""The kind `bridge`: how commands make, change and show bridges (net/bridge/br_netlink.c, iplink_bridge.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macvsim.dev.base import Stack
from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import Master
from macvsim.dev.linkwords import Option, Options, Reader, fixed, flag, named, number
from macvsim.dev.registry import Decimal, Ethtool, Info, Kind, NewLink
from macvsim.dev.vlan import PROTOCOLS
from macvsim.dev.vlan_netlink import VLAN_PROTOCOLS
from macvsim.errors import Effect, MacvsimError, NetlinkError, NotSimulated
from macvsim.wire.frame import ETH_P_8021AD

_SECOND = 100
"""Times of spanning tree are in hundredths of seconds."""
_NUMBERS = {
    "forward_delay": 0xFFFFFFFF,
    "hello_time": 0xFFFFFFFF,
    "max_age": 0xFFFFFFFF,
    "ageing_time": 0xFFFFFFFF,
    "stp_state": 0xFFFFFFFF,
    "priority": 0xFFFF,
    "vlan_filtering": 0xFF,
    "vlan_default_pvid": 0xFFFF,
    "group_fwd_mask": 0xFFFF,
    "fdb_max_learned": 0xFFFFFFFF,
    "no_linklocal_learn": 0xFF,
    "mcast_snooping": 0xFF,
    "mcast_querier": 0xFF,
}
"""Options that are kept, and the largest number each takes."""
_DEFAULTS = {
    "mst_enabled": 0,
    "vlan_stats_enabled": 0,
    "vlan_stats_per_port": 0,
    "mcast_vlan_snooping": 0,
    "mcast_router": 1,
    "mcast_query_use_ifaddr": 0,
    "mcast_hash_elasticity": 16,
    "mcast_hash_max": 4096,
    "mcast_last_member_count": 2,
    "mcast_startup_query_count": 2,
    "mcast_last_member_interval": 100,
    "mcast_membership_interval": 26000,
    "mcast_querier_interval": 25500,
    "mcast_query_interval": 12500,
    "mcast_query_response_interval": 1000,
    "mcast_startup_query_interval": 3125,
    "mcast_stats_enabled": 0,
    "mcast_igmp_version": 2,
    "mcast_mld_version": 1,
    "nf_call_iptables": 0,
    "nf_call_ip6tables": 0,
    "nf_call_arptables": 0,
}
"""Options that can only have their default value here."""
_ORDER = (
    "forward_delay", "hello_time", "max_age", "ageing_time", "stp_state", "priority", "vlan_filtering", "vlan_protocol",
    "vlan_default_pvid", "group_fwd_mask", "fdb_flush", "no_linklocal_learn", "mcast_querier", "mcast_snooping",
    "fdb_max_learned",
)  # fmt: skip
_RESTORED = (("vlan_default_pvid", 1), ("stp_state", 0), ("ageing_time", 30000), ("group_fwd_mask", 0))
"""Settings that an imported bridge keeps, and their usual values."""

USAGE = """\
Usage: ... bridge [ fdb_flush ]
		  [ forward_delay FORWARD_DELAY ]
		  [ hello_time HELLO_TIME ]
		  [ max_age MAX_AGE ]
		  [ ageing_time AGEING_TIME ]
		  [ stp_state STP_STATE ]
		  [ mst_enabled MST_ENABLED ]
		  [ priority PRIORITY ]
		  [ group_fwd_mask MASK ]
		  [ group_address ADDRESS ]
		  [ no_linklocal_learn NO_LINKLOCAL_LEARN ]
		  [ fdb_max_learned FDB_MAX_LEARNED ]
		  [ vlan_filtering VLAN_FILTERING ]
		  [ vlan_protocol VLAN_PROTOCOL ]
		  [ vlan_default_pvid VLAN_DEFAULT_PVID ]
		  [ vlan_stats_enabled VLAN_STATS_ENABLED ]
		  [ vlan_stats_per_port VLAN_STATS_PER_PORT ]
		  [ mcast_snooping MULTICAST_SNOOPING ]
		  [ mcast_vlan_snooping MULTICAST_VLAN_SNOOPING ]
		  [ mcast_router MULTICAST_ROUTER ]
		  [ mcast_query_use_ifaddr MCAST_QUERY_USE_IFADDR ]
		  [ mcast_querier MULTICAST_QUERIER ]
		  [ mcast_hash_elasticity HASH_ELASTICITY ]
		  [ mcast_hash_max HASH_MAX ]
		  [ mcast_last_member_count LAST_MEMBER_COUNT ]
		  [ mcast_startup_query_count STARTUP_QUERY_COUNT ]
		  [ mcast_last_member_interval LAST_MEMBER_INTERVAL ]
		  [ mcast_membership_interval MEMBERSHIP_INTERVAL ]
		  [ mcast_querier_interval QUERIER_INTERVAL ]
		  [ mcast_query_interval QUERY_INTERVAL ]
		  [ mcast_query_response_interval QUERY_RESPONSE_INTERVAL ]
		  [ mcast_startup_query_interval STARTUP_QUERY_INTERVAL ]
		  [ mcast_stats_enabled MCAST_STATS_ENABLED ]
		  [ mcast_igmp_version IGMP_VERSION ]
		  [ mcast_mld_version MLD_VERSION ]
		  [ nf_call_iptables NF_CALL_IPTABLES ]
		  [ nf_call_ip6tables NF_CALL_IP6TABLES ]
		  [ nf_call_arptables NF_CALL_ARPTABLES ]

Where: VLAN_PROTOCOL := { 802.1Q | 802.1ad }
"""


def _group_address(words: Reader, found: Options) -> None:
    if words.mac() != b"\x01\x80\xc2\x00\x00\x00":
        raise NotSimulated("another group_address of a bridge than 01:80:c2:00:00:00", Effect.CHANGES)


# -- making and changing ---------------------------------------------------------------------------------------------


def newlink(ns: Stack, new: NewLink) -> Sequence[Bridge]:
    """A bridge without ports (br_dev_newlink)."""
    assert new.mac is not None
    bridge = Bridge(ns, new.name, new.mac, mac_given=new.mac_given)
    bridge.carrier = True
    ns.register(bridge, ifindex=new.ifindex)
    bridge.fdb.change_bridge_mac(bridge.mac)  # br_device_event, NETDEV_REGISTER
    if new.mac_given:
        bridge.set_carrier(False)  # an address of its own makes it look at its ports (br_stp_change_bridge_id)
    try:
        changelink(bridge, new.options)
    except MacvsimError:
        bridge.destroy()
        raise
    return [bridge]


def changelink(bridge: Bridge, options: Options) -> None:
    """Apply options in the kernel's order; a refused one leaves the options before it applied (br_changelink)."""
    label = bridge.label
    for name, value in sorted(options.items(), key=lambda item: _ORDER.index(item[0])):
        match name:
            case "forward_delay":
                bridge.forward_delay = value
            case "hello_time":
                bridge.hello_time = _in_range(label, name, value, _SECOND, 10 * _SECOND)
            case "max_age":
                bridge.max_age = _in_range(label, name, value, 6 * _SECOND, 40 * _SECOND)
            case "ageing_time":
                bridge.set_ageing_time(value)
            case "stp_state":
                bridge.set_stp(bool(value))
            case "priority":
                bridge.priority = value
            case "vlan_filtering":
                bridge.vlan_config.set_enabled(bool(value))
            case "vlan_protocol":
                bridge.vlan_config.set_protocol(value)
            case "vlan_default_pvid":
                bridge.vlan_config.set_default_pvid(value)
            case "group_fwd_mask":
                bridge.set_group_fwd_mask(value)
            case "fdb_flush":
                bridge.fdb.flush_learned()
            case "no_linklocal_learn":
                bridge.no_linklocal_learn = bool(value)
            case "mcast_querier":
                bridge.set_mcast_querier(bool(value))
            case "mcast_snooping":
                bridge.set_mcast_snooping(bool(value))
            case "fdb_max_learned":
                bridge.fdb.max_learned = value


def _in_range(where: str, name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise NetlinkError("ERANGE", f"{where}: {name} is {low} to {high} hundredths of seconds, not {value}")
    return value


# -- showing ---------------------------------------------------------------------------------------------------------


def bridge_id(bridge: Master) -> str:
    """``8000.2:42:0:0:0:1``: priority and MAC, each byte without leading zero."""
    return f"{bridge.priority:04x}." + ":".join(f"{byte:x}" for byte in bridge.bridge_mac)


def timer(name: str, seconds: float = 0.0) -> Info:
    """A timer, in seconds."""
    return Info(name, f"{name} {seconds:7.2f} ", Decimal(seconds))


def mask_text(mask: int) -> str:
    """A mask as bridges print it."""
    return f"0x{mask:x}" if mask else "0"


def info(bridge: Bridge) -> Iterator[Info]:
    """The fields that ``ip -d link`` prints of a bridge (bridge_print_opt)."""
    vlans, fdb, sim = bridge.vlan_config, bridge.fdb, bridge.sim
    identity = bridge_id(bridge)
    provider = vlans.enabled and vlans.protocol == ETH_P_8021AD
    group = f"01:80:c2:00:00:{8 if provider else 0:02x}"  # provider bridges have a spanning tree of their own
    fdb.collect(sim.jiffies)
    yield Info.number("forward_delay", bridge.forward_delay)
    yield Info.number("hello_time", bridge.hello_time)
    yield Info.number("max_age", bridge.max_age)
    yield Info.number("ageing_time", bridge.ageing_time)
    yield Info.number("stp_state", 0)
    yield Info.number("priority", bridge.priority)
    yield Info.number("vlan_filtering", int(vlans.enabled))
    yield Info.word("vlan_protocol", PROTOCOLS[vlans.protocol])
    yield Info.word("bridge_id", identity)
    yield Info("root_id", f"designated_root {identity} ", identity)
    for name in ("root_port", "root_path_cost", "topology_change", "topology_change_detected"):
        yield Info.number(name, 0)
    for name in ("hello_timer", "tcn_timer", "topology_change_timer"):
        yield timer(name)
    yield timer("gc_timer", max(fdb.expires - sim.jiffies, 0) / sim.hz if fdb.running else 0.0)
    yield Info.number("fdb_n_learned", fdb.learned)
    yield Info.number("fdb_max_learned", fdb.max_learned)
    yield Info.number("vlan_default_pvid", vlans.default_pvid)
    yield _default("vlan_stats_enabled")
    yield _default("vlan_stats_per_port")
    yield Info.word("group_fwd_mask", mask_text(bridge.group_fwd_mask))
    yield Info("group_addr", f"group_address {group} ", group)
    yield Info.number("mcast_snooping", int(bridge.mcast_snooping))
    yield Info.number("no_linklocal_learn", int(bridge.no_linklocal_learn))
    for name in ("mcast_vlan_snooping", "mst_enabled", "mcast_router", "mcast_query_use_ifaddr"):
        yield _default(name)
    yield Info.number("mcast_querier", 0)
    for name in ("mcast_hash_elasticity", "mcast_hash_max"):
        yield _default(name)
    for name in ("last_member_count", "startup_query_count"):
        yield _default(f"mcast_{name}", f"mcast_{name.removesuffix('count')}cnt")
    for name in ("last_member", "membership", "querier", "query", "query_response", "startup_query"):
        yield _default(f"mcast_{name}_interval", f"mcast_{name}_intvl")
    for name in ("mcast_stats_enabled", "mcast_igmp_version", "mcast_mld_version"):
        yield _default(name)
    for name in ("nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables"):
        yield _default(name)


def _default(name: str, key: str = "") -> Info:
    return Info.number(name, _DEFAULTS[name], key)


def restore(info: Mapping[str, Any]) -> list[str]:
    """VLAN filtering and a few settings of a bridge that was seen elsewhere, where they are not the usual ones."""
    words = ["vlan_filtering", "1"] if info.get("vlan_filtering") else []
    for name, usual in _RESTORED:
        value = info.get(name, usual)
        found = int(value, 0) if isinstance(value, str) and value.startswith("0x") else value
        if isinstance(found, int) and found != usual:
            words += [name, str(found)]
    return words


KIND = Kind(
    name="bridge",
    device=Bridge,
    newlink=newlink,
    changelink=changelink,
    info=info,
    module="bridge",
    options=(
        flag("fdb_flush", "fdb_flush", 1),
        named("vlan_protocol", VLAN_PROTOCOLS, "invalid vlan_protocol"),
        Option("group_address", _group_address),
        *(number(name, limit) for name, limit in _NUMBERS.items()),
        *(fixed(name, value, "a bridge") for name, value in _DEFAULTS.items()),
    ),
    unknown="command",
    usage=USAGE,
    ethtool=Ethtool("bridge", "2.3", "N/A", "N/A", stamps_sent=False),
    xmit="br_dev_xmit",
    receive="br_handle_frame_finish",
    master=True,
    restore=restore,
    state=lambda bridge: ("mcast_snooping", str(int(bridge.mcast_snooping)), "ageing_time", str(bridge.ageing_time)),
)
