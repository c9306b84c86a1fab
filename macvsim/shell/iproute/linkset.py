"""``ip link set``: what is asked of one device, in the kernel's order (rtnl_changelink, do_setlink in rtnetlink.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import BridgePort, PortState
from macvsim.dev.contracts import Event
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.vlan import Vlan
from macvsim.engine.errors import NetlinkError, NotSimulated
from macvsim.net.namespace import Namespace
from macvsim.shell.iproute.linkargs import LinkRequest, parse_link
from macvsim.shell.iproute.linktypes import (
    IpvlanOptions,
    MacvlanOptions,
    PortOptions,
    VlanOptions,
    parse_bridge,
    parse_bridge_slave,
    parse_ipvlan,
    parse_macvlan,
    parse_vlan,
)
from macvsim.shell.iproute.tool import Tool
from macvsim.shell.iproute.words import Complaint, Words

D = TypeVar("D", bound=NetDevice)

_PORT_STATES = (
    PortState.DISABLED,
    PortState.LISTENING,
    PortState.LEARNING,
    PortState.FORWARDING,
    PortState.BLOCKING,
)
_MAX_PORT_PRIORITY = 63
_SECOND = 100
"""Times of spanning tree are in hundredths of seconds."""


def change_link(tool: Tool, words: Words) -> None:
    """Read all the words, then change the device."""
    request = parse_link(words, tool)
    if request.dev is None and request.group is not None:
        _change_group(tool, request)
        return
    if request.dev is None:
        raise Complaint('Not enough information: "dev" argument is required.\n')
    dev = tool.device(request.dev)
    change = _parse_change(request)
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
    if not isinstance(master, Bridge):
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
        dev.set_up() if request.up else dev.set_down()
    if "promisc" in switches:
        dev.set_promisc(switches["promisc"])
    if "allmulticast" in switches:
        dev.set_allmulti(switches["allmulticast"])


# -- type … ----------------------------------------------------------------------------------------------------------


def _parse_change(request: LinkRequest) -> Callable[[NetDevice], None] | None:
    """What the words behind ``type KIND`` do to a device."""
    kind, words = request.kind, request.kind_words
    if kind is None or not words:
        return None
    match kind:
        case "vlan":
            vlan = parse_vlan(words)
            return lambda dev: change_vlan(_of_kind(dev, Vlan), vlan)
        case "macvlan":
            macvlan = parse_macvlan(words)
            return lambda dev: change_macvlan(_of_kind(dev, Macvlan), macvlan)
        case "ipvlan":
            ipvlan = parse_ipvlan(words)
            return lambda dev: change_ipvlan(_of_kind(dev, Ipvlan), ipvlan)
        case "bridge":
            bridge = parse_bridge(words)
            return lambda dev: change_bridge(_of_kind(dev, Bridge), bridge)
        case "bridge_slave":
            port = parse_bridge_slave(words)
            return lambda dev: change_port(dev, port)
    raise NotSimulated(f"ip link set … type {kind} {' '.join(words.rest())}")


def _of_kind(dev: NetDevice, kind: type[D]) -> D:
    """EOPNOTSUPP for another kind of device (rtnl_changelink)."""
    if not isinstance(dev, kind):
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is a {dev.kind} device, no {kind.kind}")
    return dev


def change_vlan(vlan: Vlan, options: VlanOptions) -> None:
    """vlan_changelink: flags and priority maps; VID and protocol stay."""
    for flag, on in options.flags.items():
        setattr(vlan, flag, on)
    for pcp, priority in options.ingress.items():
        vlan.ingress_map[pcp & 7] = priority
    for priority, pcp in options.egress.items():
        vlan.egress_map = {**vlan.egress_map, priority: pcp & 7}


def change_macvlan(dev: Macvlan, options: MacvlanOptions) -> None:
    """macvlan_changelink."""
    if options.mode is not None:
        dev.set_mode(options.mode)
    if options.flags is not None:
        change_nopromisc = ("nopromisc" in options.flags) != dev.nopromisc
        if change_nopromisc and dev.mode is Mode.PASSTHRU and dev.up:
            dev.lower.add_promiscuity(1 if dev.nopromisc else -1)
        dev.nopromisc = "nopromisc" in options.flags
        dev.nodst = "nodst" in options.flags
    if options.bcqueuelen is not None:
        dev.bcqueuelen = options.bcqueuelen
    if options.sources is not None:
        change_sources(dev, *options.sources)


def change_sources(dev: Macvlan, action: str, macs: list[bytes]) -> None:
    """macvlan_changelink_sources."""
    if action == "add":
        for mac in macs:
            dev.add_source(mac)
    elif action == "del":
        for mac in macs:
            dev.del_source(mac)
    else:
        dev.set_sources(macs)


def change_ipvlan(dev: Ipvlan, options: IpvlanOptions) -> None:
    """ipvlan_nl_changelink: for all children of the lower device."""
    if options.mode is not None:
        dev.port.set_mode(options.mode)
    dev.port.flag = options.flag


def change_bridge(bridge: Bridge, options: dict[str, int]) -> None:
    """br_changelink: option by option in its order; what comes before a refused one stays."""
    label = bridge.label
    for name, value in sorted(options.items(), key=lambda item: _BRIDGE_ORDER.index(item[0])):
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


_BRIDGE_ORDER = (
    "forward_delay", "hello_time", "max_age", "ageing_time", "stp_state", "priority", "vlan_filtering", "vlan_protocol",
    "vlan_default_pvid", "group_fwd_mask", "fdb_flush", "no_linklocal_learn", "mcast_querier", "mcast_snooping",
    "fdb_max_learned",
)  # fmt: skip


def _in_range(where: str, name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise NetlinkError("ERANGE", f"{where}: {name} is {low} to {high} hundredths of seconds, not {value}")
    return value


def change_port(dev: NetDevice, options: PortOptions) -> None:
    """br_port_slave_changelink; EOPNOTSUPP for a device that is no port."""
    port = dev.rx_handler
    if not isinstance(port, BridgePort):
        raise NetlinkError("EOPNOTSUPP", f"{dev.label} is no port of a bridge: ip link set {dev.name} master …")
    for name, on in options.switches.items():
        port.set_flag(name, on)
    numbers = options.numbers
    if "cost" in numbers and numbers["cost"] != port.path_cost:
        raise NotSimulated(f"another path cost of {dev.label}: without spanning tree it changes nothing")
    if "mcast_router" in numbers and numbers["mcast_router"] != 1:
        raise NotSimulated(f"mcast_router {numbers['mcast_router']} on {dev.label}: leave it 1")
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
