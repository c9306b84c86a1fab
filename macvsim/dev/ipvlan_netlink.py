"""The kind `ipvlan`: how commands make, change and show ipvlan devices (ipvlan_link_ops, iplink_ipvlan.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macvsim.dev.base import Stack
from macvsim.dev.ipvlan import Flag, Ipvlan, Mode
from macvsim.dev.linkwords import Options, Reader, choice, flag
from macvsim.dev.registry import Ethtool, Info, Kind, NewLink

USAGE = """\
Usage: ... ipvlan [ mode MODE ] [ FLAGS ]

MODE: l3 | l3s | l2
FLAGS: bridge | private | vepa
(first values are the defaults if nothing is specified).
"""

OPTIONS = (
    choice(
        "mode", tuple(mode.value for mode in Mode), 'Error: argument of "mode" must be either "l2", "l3" or "l3s"\n'
    ),
    *(flag(one.value, "flag", one.value, once=True) for one in Flag),
)
"""Of the flags only one may be named."""


def check(words: Reader, options: Options) -> None:
    """The tool always sends a flag, bridge unless another one is named."""
    options.setdefault("flag", Flag.BRIDGE.value)


def newlink(ns: Stack, new: NewLink, device: type[Ipvlan] = Ipvlan) -> Sequence[Ipvlan]:
    """A child; mode and flag are then those of every child of the lower device (ipvlan_link_new)."""
    assert new.lower is not None
    wanted = new.options.get("flag")
    child = device(
        ns,
        new.name,
        new.lower,
        mode=Mode(new.options.get("mode", Mode.L3.value)),
        flag=None if wanted is None else Flag(wanted),
        mtu=new.mtu,
        mac_given=new.mac_given,
    )
    ns.register(child, ifindex=new.ifindex)
    return [child]


def changelink(dev: Ipvlan, options: Options) -> None:
    """Apply options to all children of the lower device (ipvlan_nl_changelink)."""
    if "mode" in options:
        dev.port.set_mode(Mode(options["mode"]))
    if "flag" in options:
        dev.port.flag = Flag(options["flag"])


def info(dev: Ipvlan) -> Iterator[Info]:
    """The fields that ``ip -d link`` prints of a child (ipvlan_print_opt)."""
    mode, flag = dev.port.mode.value, dev.port.flag.value
    yield Info("mode", f" mode {mode} ", mode)
    yield Info(flag, f"{flag} ", True)


def summary(dev: Ipvlan) -> str:
    """The kind and the mode."""
    return f"{dev.kind} {dev.port.mode.value}"


def restore(info: Mapping[str, Any]) -> list[str]:
    """Mode and flag of a child that was seen elsewhere."""
    listed = info.get("flags")
    seen = listed if isinstance(listed, list) else []
    return ["mode", str(info.get("mode", "l3")), *(one for one in ("private", "vepa") if info.get(one) or one in seen)]


KIND = Kind(
    name="ipvlan",
    device=Ipvlan,
    newlink=newlink,
    changelink=changelink,
    info=info,
    stacked=True,
    random_mac=False,
    own_mac=False,
    module="ipvlan",
    options=OPTIONS,
    check=check,
    usage=USAGE,
    ethtool=Ethtool("ipvlan", "0.1", message_level=True),
    xmit="ipvlan_start_xmit",
    receive="ipvlan_handle_frame",
    summary=summary,
    restore=restore,
    state=lambda dev: ("mode", dev.port.mode.value),
    shim="ipvlan mode l2",
    nests=False,
    noarp=True,
)
