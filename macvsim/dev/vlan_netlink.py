"""The kind `vlan`: how commands make, change and show VLAN devices (vlan_netlink.c, iplink_vlan.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macvsim.dev.base import Stack
from macvsim.dev.linkwords import Option, Options, Reader, named, number, switch
from macvsim.dev.registry import Ethtool, Info, Kind, NewLink
from macvsim.dev.vlan import PROTOCOLS, Vlan
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.wire.frame import ETH_P_8021AD, ETH_P_8021Q

VLAN_PROTOCOLS = {"802.1q": ETH_P_8021Q, "802.1ad": ETH_P_8021AD}
_FLAGS = ("reorder_hdr", "gvrp", "mvrp", "loose_binding", "bridge_binding")
_LEFT_OUT = ("gvrp", "mvrp", "bridge_binding")
_INGRESS, _EGRESS = "ingress-qos-map", "egress-qos-map"

USAGE = """\
Usage: ... vlan id VLANID
		[ protocol VLANPROTO ]
		[ reorder_hdr { on | off } ]
		[ gvrp { on | off } ]
		[ mvrp { on | off } ]
		[ loose_binding { on | off } ]
		[ bridge_binding { on | off } ]
		[ ingress-qos-map QOS-MAP ]
		[ egress-qos-map QOS-MAP ]

VLANID := 0-4095
VLANPROTO: [ 802.1Q | 802.1ad ]
QOS-MAP := [ QOS-MAP ] QOS-MAPPING
QOS-MAPPING := FROM:TO
"""


def _qos_map(name: str) -> Option:
    """``FROM:TO…``."""

    def read(words: Reader, found: Options) -> None:
        if not words:
            words.value()
        mapping = found.setdefault(name, {})
        while words and ":" in words.here:
            left, _, right = words.take().partition(":")
            if not left.isdecimal() or not right.isdecimal():
                raise words.invalid(f"invalid {name}", left)
            mapping[int(left)] = int(right)

    return Option(name, read)


def check(words: Reader, options: Options) -> None:
    """`NotSimulated` for flags that need a protocol of their own."""
    for flag in _LEFT_OUT:
        if options.get(flag):
            raise NotSimulated(f"{flag} on a VLAN device", Effect.CHANGES)


def newlink(ns: Stack, new: NewLink) -> Sequence[Vlan]:
    """A sub-interface (vlan_newlink)."""
    options = new.options
    assert new.lower is not None
    if "id" not in options:
        raise NetlinkError("EINVAL", f"{new.name}: type vlan id VID", "8021q: VLAN properties not specified")
    vlan = Vlan(
        ns,
        new.name,
        new.lower,
        options["id"],
        protocol=options.get("protocol", ETH_P_8021Q),
        mac=new.mac,
        mtu=new.mtu,
        reorder_hdr=options.get("reorder_hdr", True),
        loose_binding=options.get("loose_binding", False),
    )
    ns.register(vlan, ifindex=new.ifindex)
    vlan.link_changed()
    changelink(vlan, options)
    return [vlan]


def changelink(vlan: Vlan, options: Options) -> None:
    """Apply flags and priority maps; VID and protocol stay (vlan_changelink)."""
    for flag in _FLAGS:
        if flag in options:
            setattr(vlan, flag, options[flag])
    for pcp, priority in options.get(_INGRESS, {}).items():
        vlan.ingress_map[pcp & 7] = priority
    for priority, pcp in options.get(_EGRESS, {}).items():
        vlan.egress_map = {**vlan.egress_map, priority: pcp & 7}


def info(vlan: Vlan) -> Iterator[Info]:
    """The fields that ``ip -d link`` prints of a sub-interface (vlan_print_opt)."""
    yield Info.word("protocol", PROTOCOLS[vlan.protocol])
    yield Info.number("id", vlan.vid)
    flags = [flag.upper() for flag in _FLAGS if getattr(vlan, flag)]
    if flags:
        yield Info("flags", f"<{','.join(flags)}> ", flags)
    ingress = [(prio, to) for prio, to in enumerate(vlan.ingress_map) if to]
    egress = [(prio, to) for prio, to in vlan.egress_map.items() if to]
    for key, title, mapping in (("ingress_qos", _INGRESS, ingress), ("egress_qos", _EGRESS, egress)):
        if mapping:
            pairs = "".join(f"{prio}:{to} " for prio, to in mapping)
            yield Info(key, f"\n      {title} {{ {pairs}}} ", [{"from": prio, "to": to} for prio, to in mapping])


def restore(info: Mapping[str, Any]) -> list[str]:
    """Protocol, VID and REORDER_HDR of a sub-interface that was seen elsewhere."""
    plain = info.get("protocol", "802.1Q") == "802.1Q"
    flags = info.get("flags")
    reorders = isinstance(flags, list) and "REORDER_HDR" in flags
    words = [] if plain else ["protocol", str(info["protocol"])]
    return [*words, "id", str(info.get("id", 0)), *([] if reorders else ["reorder_hdr", "off"])]


def tag(info: Mapping[str, Any]) -> int:
    """The VID of a sub-interface that was seen elsewhere."""
    vid = info.get("id")
    return vid if isinstance(vid, int) else 0


KIND = Kind(
    name="vlan",
    device=Vlan,
    newlink=newlink,
    changelink=changelink,
    info=info,
    stacked=True,
    no_lower="8021q: link not specified",
    random_mac=False,
    module="8021q",
    options=(
        named("protocol", VLAN_PROTOCOLS, "protocol is invalid"),
        number("id", 0xFFFF, "id is invalid"),
        *(switch(flag) for flag in _FLAGS),
        _qos_map(_INGRESS),
        _qos_map(_EGRESS),
    ),
    check=check,
    unknown="command",
    usage=USAGE,
    ethtool=Ethtool("802.1Q VLAN Support", "1.8", "N/A"),
    xmit="vlan_dev_hard_start_xmit",
    receive="vlan_do_receive",
    title="VLAN sub-interface",
    summary=lambda vlan: f"VLAN {vlan.vid}",
    restore=restore,
    tag=tag,
    state=lambda vlan: ("id", str(vlan.vid)),
)
