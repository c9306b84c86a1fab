"""The words behind ``type TYPE``: options of VLANs, macvlans, bridges and bridge ports (parse_opt of iplink_….c).

Each function reads all the words before anything is changed, and gives what to do with a device.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.dev.ipvlan import Flag as IpvlanFlag
from macvsim.dev.ipvlan import Mode as IpvlanMode
from macvsim.dev.macvlan import Mode
from macvsim.engine.errors import NotSimulated
from macvsim.shell.iproute import usage
from macvsim.shell.iproute.linkargs import lladdr
from macvsim.shell.iproute.words import Complaint, Words, invalid, matches
from macvsim.wire.frame import ETH_P_8021AD, ETH_P_8021Q

VLAN_PROTOCOLS = {"802.1q": ETH_P_8021Q, "802.1ad": ETH_P_8021AD}


def _no_such_option(kind: str, what: str, word: str) -> Complaint:
    return Complaint(f'{kind}: unknown {what} "{word}"?\n{usage.TYPES[kind]}', 1)


def _asked_for_help(kind: str) -> Complaint:
    return Complaint(usage.TYPES[kind], 1)


# -- vlan ------------------------------------------------------------------------------------------------------------


@dataclass
class VlanOptions:
    """None: not mentioned; `flags` by the names of `macvsim.dev.vlan.Vlan`'s attributes."""

    vid: int | None = None
    protocol: int | None = None
    flags: dict[str, bool] = field(default_factory=dict)
    ingress: dict[int, int] = field(default_factory=dict)
    egress: dict[int, int] = field(default_factory=dict)


def parse_vlan(words: Words) -> VlanOptions:
    """``id VID protocol 802.1Q|802.1ad reorder_hdr on|off ingress-qos-map FROM:TO…``."""
    options = VlanOptions()
    while words:
        word = words.take()
        if matches(word, "protocol"):
            name = words.value()
            if name.lower() not in VLAN_PROTOCOLS:
                raise invalid("protocol is invalid", name)
            options.protocol = VLAN_PROTOCOLS[name.lower()]
        elif matches(word, "id"):
            options.vid = words.integer("id", message="id is invalid", limit=0xFFFF)
        elif flag := next(
            (f for f in ("reorder_hdr", "gvrp", "mvrp", "loose_binding", "bridge_binding") if matches(word, f)), ""
        ):
            options.flags[flag] = words.switch(flag)
        elif matches(word, "ingress-qos-map"):
            options.ingress.update(_qos_map(words, "ingress-qos-map"))
        elif matches(word, "egress-qos-map"):
            options.egress.update(_qos_map(words, "egress-qos-map"))
        elif matches(word, "help"):
            raise _asked_for_help("vlan")
        else:
            raise _no_such_option("vlan", "command", word)
    for flag in ("gvrp", "mvrp", "bridge_binding"):
        if options.flags.get(flag):
            raise NotSimulated(f"{flag} on a VLAN device")
    return options


def _qos_map(words: Words, name: str) -> dict[int, int]:
    found: dict[int, int] = {}
    if not words:
        words.value()
    while words and ":" in words.here:
        left, _, right = words.take().partition(":")
        if not left.isdigit() or not right.isdigit():
            raise invalid(f"invalid {name}", left)
        found[int(left)] = int(right)
    return found


# -- macvlan ---------------------------------------------------------------------------------------------------------


@dataclass
class MacvlanOptions:
    """None: not mentioned; sources : ``(add|del|set|flush, MACs)``."""

    mode: Mode | None = None
    flags: set[str] | None = None
    bcqueuelen: int | None = None
    sources: tuple[str, list[bytes]] | None = None


def parse_macvlan(words: Words) -> MacvlanOptions:
    """``mode MODE flag nopromisc macaddr add MAC bcqueuelen N``."""
    options = MacvlanOptions()
    while words:
        word = words.take()
        if matches(word, "mode"):
            name = words.value()
            if name not in [mode.value for mode in Mode]:
                text = '"private", "vepa", "bridge", "passthru" or "source"'
                raise Complaint(f'Error: argument of "mode" must be {text}, not "{name}"\n', 1)
            options.mode = Mode(name)
        elif matches(word, "flag"):
            name = words.value()
            if name not in ("nopromisc", "nodst", "null"):
                raise Complaint(f'Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "{name}"\n', 1)
            options.flags = (options.flags or set()) | ({name} - {"null"})
        elif matches(word, "nopromisc") or matches(word, "nodst"):
            full = "nopromisc" if matches(word, "nopromisc") else "nodst"
            options.flags = (options.flags or set()) | {full}
        elif matches(word, "macaddr"):
            options.sources = _sources(words)
        elif matches(word, "bcqueuelen"):
            length = words.value()
            if not length.isdigit() or int(length) > 0xFFFFFFFF:
                raise Complaint(
                    f'Error: argument of "bcqueuelen" must be a positive integer [0-4294967295], not "{length}"\n', 1
                )
            options.bcqueuelen = int(length)
        elif matches(word, "bclim"):
            limit = words.value()
            if not limit.removeprefix("-").isdigit():
                raise Complaint(f'Error: illegal value for "bclim": "{limit}"\n', 1)
            if limit != "1":
                raise NotSimulated(f"another threshold for the broadcast queue than 1 (bclim {limit})")
        elif matches(word, "help"):
            raise _asked_for_help("macvlan")
        else:
            raise _no_such_option("macvlan", "option", word)
    return options


def _sources(words: Words) -> tuple[str, list[bytes]]:
    action = words.value()
    macs: list[bytes] = []
    if matches(action, "add") or matches(action, "del"):
        action = "add" if matches(action, "add") else "del"
        macs.append(_mac(words.value()))
    elif matches(action, "set"):
        action = "set"
        while words and len(words.here.split(":")) == 6:
            macs.append(_mac(words.take()))
    elif matches(action, "flush"):
        action = "flush"
    else:
        raise _asked_for_help("macvlan")
    return action, macs


def _mac(word: str) -> bytes:
    return (lladdr(word) + bytes(6))[:6]


# -- ipvlan ----------------------------------------------------------------------------------------------------------


@dataclass
class IpvlanOptions:
    """mode : None: not mentioned; the flag is always sent, bridge unless it is mentioned."""

    mode: IpvlanMode | None = None
    flag: IpvlanFlag = IpvlanFlag.BRIDGE


def parse_ipvlan(words: Words) -> IpvlanOptions:
    """``mode l2|l3|l3s bridge|private|vepa``; of the flags only one may be named."""
    options = IpvlanOptions()
    flags = [flag.value for flag in IpvlanFlag]
    while words:
        word = words.take()
        flag = next((name for name in flags if matches(word, name)), "")
        if matches(word, "mode"):
            name = words.value()
            if name not in [mode.value for mode in IpvlanMode]:
                raise Complaint('Error: argument of "mode" must be either "l2", "l3" or "l3s"\n', 1)
            options.mode = IpvlanMode(name)
        elif flag:
            options.flag = IpvlanFlag(flag)
            flags = []
        elif matches(word, "help"):
            raise _asked_for_help("ipvlan")
        else:
            raise _no_such_option("ipvlan", "option", word)
    return options


# -- bridge ----------------------------------------------------------------------------------------------------------

_BRIDGE_NUMBERS = {
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
"""What is kept, and the largest number it takes."""
_BRIDGE_DEFAULTS = {
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
"""What can only have its default value here."""


def parse_bridge(words: Words) -> dict[str, int]:
    """Options of a bridge by name; ``fdb_flush`` is 1, ``vlan_protocol`` a TPID."""
    options: dict[str, int] = {}
    while words:
        word = words.take()
        name = next((n for n in (*_BRIDGE_NUMBERS, *_BRIDGE_DEFAULTS) if matches(word, n)), "")
        if matches(word, "fdb_flush"):
            options["fdb_flush"] = 1
        elif matches(word, "vlan_protocol"):
            value = words.value()
            if value.lower() not in VLAN_PROTOCOLS:
                raise invalid("invalid vlan_protocol", value)
            options["vlan_protocol"] = VLAN_PROTOCOLS[value.lower()]
        elif matches(word, "group_address"):
            if lladdr(words.value()) != b"\x01\x80\xc2\x00\x00\x00":
                raise NotSimulated("another group_address of a bridge than 01:80:c2:00:00:00")
        elif name in _BRIDGE_NUMBERS:
            options[name] = words.integer(name, message=f"invalid {name}", limit=_BRIDGE_NUMBERS[name])
        elif name:
            value_given = words.integer(name, message=f"invalid {name}")
            if value_given != _BRIDGE_DEFAULTS[name]:
                raise NotSimulated(f"{name} {value_given} of a bridge; leave it {_BRIDGE_DEFAULTS[name]}")
        elif matches(word, "help"):
            raise _asked_for_help("bridge")
        else:
            raise _no_such_option("bridge", "command", word)
    return options


# -- bridge port -----------------------------------------------------------------------------------------------------

_PORT_SWITCHES = (
    "hairpin", "guard", "root_block", "fastleave", "learning", "flood", "proxy_arp", "proxy_arp_wifi",
    "mcast_fast_leave", "mcast_flood", "bcast_flood", "mcast_to_unicast", "neigh_suppress", "neigh_vlan_suppress",
    "vlan_tunnel", "isolated", "locked", "mab",
)  # fmt: skip
_PORT_NUMBERS = {"state": 0xFF, "priority": 0xFFFF, "cost": 0xFFFFFFFF, "mcast_router": 0xFF, "group_fwd_mask": 0xFFFF}


@dataclass
class PortOptions:
    """Switches and numbers of a bridge port by name."""

    switches: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    flush: bool = False


def parse_bridge_slave(words: Words) -> PortOptions:
    """``hairpin on isolated off state 3 …``."""
    options = PortOptions()
    while words:
        word = words.take()
        switch = next((n for n in _PORT_SWITCHES if matches(word, n)), "")
        numeric = next((n for n in _PORT_NUMBERS if matches(word, n)), "")
        if matches(word, "fdb_flush"):
            options.flush = True
        elif numeric:
            is_plain = numeric in ("state", "priority", "cost")
            message = f"{numeric} is invalid" if is_plain else f"invalid {numeric}"
            options.numbers[numeric] = words.integer(numeric, message=message, limit=_PORT_NUMBERS[numeric])
        elif switch:
            options.switches["fastleave" if switch == "mcast_fast_leave" else switch] = words.either(switch)
        elif matches(word, "help"):
            raise _asked_for_help("bridge_slave")
        elif word in ("backup_port", "nobackup_port", "backup_nhid"):
            raise NotSimulated(f"{word} of a bridge port")
        else:
            raise _no_such_option("bridge_slave", "option", word)
    return options
