"""``ip link set``: what is asked of one device, in the kernel's order (rtnl_changelink, do_setlink in rtnetlink.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.dev.bridge_port import PortState, br_port_get
from macvsim.dev.contracts import Event
from macvsim.dev.registry import Kind
from macvsim.errors import Effect, NetlinkError, NotSimulated
from macvsim.net.namespace import Namespace
from macvsim.tools.iproute2.linkargs import LinkRequest, parse_link
from macvsim.tools.iproute2.linktypes import PortOptions, parse_bridge_slave, parse_options
from macvsim.tools.iproute2.tool import Tool
from macvsim.tools.iproute2.words import Words, complaint

if TYPE_CHECKING:
    from macvsim.dev.linkwords import Options


_PORT_STATES = (
    PortState.DISABLED,
    PortState.LISTENING,
    PortState.LEARNING,
    PortState.FORWARDING,
    PortState.BLOCKING,
)
_MAX_PORT_PRIORITY = 63


def change_link(tool: Tool, words: Words) -> None:
    """Read all the words, then change the device."""
    request = parse_link(words, tool)
    if request.dev is None and request.group is not None:
        _change_group(tool, request)
        return
    if request.dev is None:
        raise complaint('Not enough information: "dev" argument is required.\n')
    dev = tool.device(request.dev)
    change = _parse_change(tool, request)
    tool.require_net_admin()
    with tool.ns.linkwatch.held():
        if change is not None:
            change(dev)
        try:
            set_link(tool, dev, request)
        finally:
            if (change is not None or request.addrgenmode) and dev.up:
                dev.notify(Event.CHANGE)  # netdev_state_change


def _change_group(tool: Tool, request: LinkRequest) -> None:
    """``ip link set group N …``: each device of the group (rtnl_group_changelink)."""
    wanted, request.group = request.group, None
    tool.require_net_admin()
    with tool.ns.linkwatch.held():
        for dev in [dev for dev in tool.ns.devices.values() if dev.group == wanted]:
            set_link(tool, dev, request)


def set_link(tool: Tool, dev: NetDevice, request: LinkRequest) -> None:
    """do_setlink: namespace, address, MTU, name, master, flags, queue length."""
    ns = tool.ns
    if request.netns is not None and request.netns is not ns:
        ns.move(dev, request.netns, rename=request.name if dev.name in request.netns.devices else None)
        ns = request.netns
    if request.mac is not None:
        dev.set_mac(request.mac)
    if request.mtu is not None:
        dev.set_mtu(request.mtu)
    if request.name is not None and request.name != dev.name:
        ns.rename(dev, request.name)
    if request.master is not None:
        set_master(tool, dev, request.master)
    if request.group is not None:
        dev.group = request.group
    if request.alias is not None:
        dev.alias = request.alias
    set_flags(ns, dev, request)
    if request.carrier is not None:
        raise NetlinkError("EOPNOTSUPP", f"the carrier of {dev.label} is that of its link")
    if request.txqlen is not None:
        dev.txqlen = request.txqlen
    if request.addrgenmode:
        ns.ipv6.addrconf.set_mode(dev, request.addrgenmode)


def set_master(tool: Tool, dev: NetDevice, name: str) -> None:
    """do_set_master; an empty name lets the device go."""
    master = tool.ns.devices[name] if name else None
    if dev.master is master:
        return
    if dev.master is not None:
        dev.master.release(dev)
    if master is None:
        return
    if not netif_is_bridge_master(master):
        raise NetlinkError("EOPNOTSUPP", f"{master.label} is a {master.kind} device and has no ports: name a bridge")
    master.enslave(dev)


def set_flags(ns: Namespace, dev: NetDevice, request: LinkRequest) -> None:
    """__dev_change_flags: multicast and the like first, then up or down, then promisc and allmulticast."""
    switches = request.switches
    if "arp" in switches and dev.noarp is switches["arp"]:
        dev.noarp = not switches["arp"]
        ns.arp_changed(dev)
    dev.multicast = switches.get("multicast", dev.multicast)
    if request.up is not None:
        if request.up:
            dev.set_up()
        else:
            dev.set_down()
    if "promisc" in switches:
        dev.set_promisc(switches["promisc"])
    if "allmulticast" in switches:
        dev.set_allmulti(switches["allmulticast"])


# -- type … ----------------------------------------------------------------------------------------------------------


def _parse_change(tool: Tool, request: LinkRequest) -> Callable[[NetDevice], None] | None:
    """What the words behind ``type KIND`` do to a device."""
    kind, words = request.kind, request.kind_words
    if kind is None or not words:
        return None
    if kind == "bridge_slave":
        port = parse_bridge_slave(words)
        return lambda dev: change_port(dev, port)
    known = tool.ns.kinds.get(kind)
    if known is None or known.changelink is None:
        raise NotSimulated(f"ip link set … type {kind} {' '.join(words.rest())}", Effect.CHANGES)
    options = parse_options(known, words)
    return lambda dev: _change(dev, known, options)


def _change(dev: NetDevice, kind: Kind, options: Options) -> None:
    """rtnl_changelink; EOPNOTSUPP for another kind of device."""
    if dev.link_kind is not kind or kind.changelink is None:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is a {dev.kind} device, no {kind.name}")
    kind.changelink(dev, options)


def change_port(dev: NetDevice, options: PortOptions) -> None:
    """br_port_slave_changelink; EOPNOTSUPP for a device that is no port."""
    port = br_port_get(dev)
    if port is None:
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is no port of a bridge: ip link set {dev.name} master …")
    for name, on in options.switches.items():
        port.set_flag(name, on)
    numbers = options.numbers
    if "cost" in numbers and numbers["cost"] != port.path_cost:
        raise NotSimulated(
            f"another path cost of {dev.label}: without spanning tree it changes nothing", Effect.CHANGES
        )
    if "mcast_router" in numbers and numbers["mcast_router"] != 1:
        raise NotSimulated(f"mcast_router {numbers['mcast_router']} on {dev.label}: leave it 1", Effect.CHANGES)
    if "priority" in numbers:
        if numbers["priority"] > _MAX_PORT_PRIORITY:
            raise NetlinkError("ERANGE", f"{dev.label}: a port's priority is 0 to {_MAX_PORT_PRIORITY}")
        port.priority = numbers["priority"]
    if "state" in numbers:
        if numbers["state"] >= len(_PORT_STATES):
            raise NetlinkError("EINVAL", f"{dev.label}: a port's state is 0 to {len(_PORT_STATES) - 1}")
        port.set_state(_PORT_STATES[numbers["state"]])
    if options.flush:
        port.bridge.fdb.flush_port(port)
    if "group_fwd_mask" in numbers:
        port.set_group_fwd_mask(numbers["group_fwd_mask"])
