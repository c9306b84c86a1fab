"""What ``ip -d link`` tells of kinds of devices and of bridge ports (print_opt of iplink_vlan.c and the like)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import BridgePort
from macvsim.dev.ipvlan import Ipvlan
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.vlan import PROTOCOLS, Vlan
from macvsim.shell.iproute.output import Decimal, Printer
from macvsim.wire.addr import mac_text
from macvsim.wire.frame import ETH_P_8021AD

_SIMPLE_KINDS = ("veth", "dummy", "bridge", "vlan", "macvlan", "ipvlan")
_GOLDEN_RATIO_64 = 0x61C8864680B583EB


def print_kind(out: Printer, dev: NetDevice) -> None:
    """Lines about the kind of device, and about the bridge port it is; the last one is not ended."""
    port = dev.rx_handler if isinstance(dev.rx_handler, BridgePort) else None
    if dev.kind not in _SIMPLE_KINDS and port is None:
        return
    with out.inside("linkinfo"):
        if dev.kind in _SIMPLE_KINDS:
            out.line()
            out.both("info_kind", f"    {dev.kind} ", dev.kind)
            if isinstance(dev, Vlan | Macvlan | Ipvlan | Bridge):
                with out.inside("info_data"):
                    _print_data(out, dev)
        if port is not None:
            out.line()
            out.both("info_slave_kind", "    bridge_slave ", "bridge")
            with out.inside("info_slave_data"):
                _print_port(out, port)


def _print_data(out: Printer, dev: Vlan | Macvlan | Ipvlan | Bridge) -> None:
    if isinstance(dev, Vlan):
        _print_vlan(out, dev)
    elif isinstance(dev, Macvlan):
        _print_macvlan(out, dev)
    elif isinstance(dev, Ipvlan):
        mode, flag = dev.port.mode.value, dev.port.flag.value
        out.both("mode", f" mode {mode} ", mode)
        out.both(flag, f"{flag} ", True)
    else:
        _print_bridge(out, dev)


# -- vlan ------------------------------------------------------------------------------------------------------------


def _print_vlan(out: Printer, vlan: Vlan) -> None:
    protocol = PROTOCOLS[vlan.protocol]
    out.both("protocol", f"protocol {protocol} ", protocol)
    out.both("id", f"id {vlan.vid} ", vlan.vid)
    flags = [
        name
        for name, on in (
            ("REORDER_HDR", vlan.reorder_hdr),
            ("GVRP", vlan.gvrp),
            ("MVRP", vlan.mvrp),
            ("LOOSE_BINDING", vlan.loose_binding),
            ("BRIDGE_BINDING", vlan.bridge_binding),
        )
        if on
    ]
    if flags:
        out.both("flags", f"<{','.join(flags)}> ", flags)
    ingress = [(prio, to) for prio, to in enumerate(vlan.ingress_map) if to]
    egress = [(prio, to) for prio, to in vlan.egress_map.items() if to]
    for key, title, mapping in (("ingress_qos", "ingress-qos-map", ingress), ("egress_qos", "egress-qos-map", egress)):
        if mapping:
            pairs = "".join(f"{prio}:{to} " for prio, to in mapping)
            out.line()
            out.both(key, f"      {title} {{ {pairs}}} ", [{"from": prio, "to": to} for prio, to in mapping])


# -- macvlan ---------------------------------------------------------------------------------------------------------


def _print_macvlan(out: Printer, dev: Macvlan) -> None:
    out.both("mode", f"mode {dev.mode.value} ", dev.mode.value)
    if dev.nopromisc:
        out.both("nopromisc", "nopromisc ", True)
    if dev.nodst:
        out.both("nodst", "nodst ", True)
    out.both("bcqueuelen", f"bcqueuelen {dev.bcqueuelen} ", dev.bcqueuelen)
    used = dev.port.bc_queue_len
    out.both("usedbcqueuelen", f"usedbcqueuelen {used} ", used)
    if dev.mode is Mode.SOURCE:
        out.both("macaddr_count", f"remotes ({len(dev.sources)}) ", len(dev.sources))
        if dev.sources:
            newest_first = dev.sources[::-1]
            listed = [mac_text(mac) for mac in sorted(newest_first, key=_bucket)]
            out.both("macaddr_data", "".join(f"{mac} " for mac in listed), listed)


def _bucket(mac: bytes) -> int:
    """Which of 256 hash chains a source MAC is kept in; they are listed in their order (macvlan_eth_hash)."""
    value = int.from_bytes(mac, "little") << 16
    return (value * _GOLDEN_RATIO_64 & 0xFFFFFFFFFFFFFFFF) >> 56


# -- bridge ----------------------------------------------------------------------------------------------------------


def bridge_id(bridge: Bridge) -> str:
    """``8000.2:42:0:0:0:1``: priority and MAC, each byte without leading zero."""
    return f"{bridge.priority:04x}." + ":".join(f"{byte:x}" for byte in bridge.bridge_mac)


def _timer(out: Printer, name: str, seconds: float = 0.0) -> None:
    out.both(name, f"{name} {seconds:7.2f} ", Decimal(seconds))


def _mask(mask: int) -> str:
    return f"0x{mask:x}" if mask else "0"


def _print_bridge(out: Printer, bridge: Bridge) -> None:
    vlans = bridge.vlan_config
    sim = bridge.sim

    def numbers(*fields: tuple[str, int] | tuple[str, int, str]) -> None:
        for name, value, *key in fields:
            out.both(key[0] if key else name, f"{name} {value} ", value)

    numbers(
        ("forward_delay", bridge.forward_delay),
        ("hello_time", bridge.hello_time),
        ("max_age", bridge.max_age),
        ("ageing_time", bridge.ageing_time),
        ("stp_state", 0),
        ("priority", bridge.priority),
        ("vlan_filtering", int(vlans.enabled)),
    )
    protocol = PROTOCOLS[vlans.protocol]
    out.both("vlan_protocol", f"vlan_protocol {protocol} ", protocol)
    identity = bridge_id(bridge)
    out.both("bridge_id", f"bridge_id {identity} ", identity)
    out.both("root_id", f"designated_root {identity} ", identity)
    numbers(("root_port", 0), ("root_path_cost", 0), ("topology_change", 0), ("topology_change_detected", 0))
    for name in ("hello_timer", "tcn_timer", "topology_change_timer"):
        _timer(out, name)
    fdb = bridge.fdb
    fdb.collect(sim.jiffies)
    _timer(out, "gc_timer", max(fdb.expires - sim.jiffies, 0) / sim.hz if fdb.running else 0.0)
    numbers(
        ("fdb_n_learned", fdb.learned),
        ("fdb_max_learned", fdb.max_learned),
        ("vlan_default_pvid", vlans.default_pvid),
        ("vlan_stats_enabled", 0),
        ("vlan_stats_per_port", 0),
    )
    out.both("group_fwd_mask", f"group_fwd_mask {_mask(bridge.group_fwd_mask)} ", _mask(bridge.group_fwd_mask))
    provider = vlans.enabled and vlans.protocol == ETH_P_8021AD
    group = f"01:80:c2:00:00:{8 if provider else 0:02x}"  # provider bridges have a spanning tree of their own
    out.both("group_addr", f"group_address {group} ", group)
    numbers(
        ("mcast_snooping", int(bridge.mcast_snooping)),
        ("no_linklocal_learn", int(bridge.no_linklocal_learn)),
        ("mcast_vlan_snooping", 0),
        ("mst_enabled", 0),
        ("mcast_router", 1),
        ("mcast_query_use_ifaddr", 0),
        ("mcast_querier", 0),
        ("mcast_hash_elasticity", 16),
        ("mcast_hash_max", 4096),
        ("mcast_last_member_count", 2, "mcast_last_member_cnt"),
        ("mcast_startup_query_count", 2, "mcast_startup_query_cnt"),
        ("mcast_last_member_interval", 100, "mcast_last_member_intvl"),
        ("mcast_membership_interval", 26000, "mcast_membership_intvl"),
        ("mcast_querier_interval", 25500, "mcast_querier_intvl"),
        ("mcast_query_interval", 12500, "mcast_query_intvl"),
        ("mcast_query_response_interval", 1000, "mcast_query_response_intvl"),
        ("mcast_startup_query_interval", 3125, "mcast_startup_query_intvl"),
        ("mcast_stats_enabled", 0),
        ("mcast_igmp_version", 2),
        ("mcast_mld_version", 1),
        ("nf_call_iptables", 0),
        ("nf_call_ip6tables", 0),
        ("nf_call_arptables", 0),
    )


# -- bridge port -----------------------------------------------------------------------------------------------------


def _print_port(out: Printer, port: BridgePort) -> None:
    def switches(*names: str) -> None:
        for name in names:
            on = port.flag(name)
            out.both(name, f"{name} {'on' if on else 'off'} ", on)

    out.both("state", f"state {port.state.value} ", port.state.value)
    out.both("priority", f"priority {port.priority} ", port.priority)
    out.both("cost", f"cost {port.path_cost} ", port.path_cost)
    switches("hairpin", "guard", "root_block", "fastleave", "learning", "flood")
    out.both("id", f"port_id {port.port_id:#x} ", f"{port.port_id:#x}")
    out.both("no", f"port_no {port.number:#x} ", f"{port.number:#x}")
    out.both("designated_port", f"designated_port {port.port_id} ", port.port_id)
    out.both("designated_cost", "designated_cost 0 ", 0)
    identity = bridge_id(port.bridge)
    out.both("bridge_id", f"designated_bridge {identity} ", identity)
    out.both("root_id", f"designated_root {identity} ", identity)
    for name in ("hold_timer", "message_age_timer", "forward_delay_timer"):
        _timer(out, name)
    out.both("topology_change_ack", "topology_change_ack 0 ", 0)
    out.both("config_pending", "config_pending 0 ", 0)
    switches("proxy_arp", "proxy_arp_wifi")
    out.both("multicast_router", f"mcast_router {port.mcast_router} ", port.mcast_router)
    out.text(f"mcast_fast_leave {'on' if port.fastleave else 'off'} ")
    switches("mcast_flood", "bcast_flood", "mcast_to_unicast", "neigh_suppress", "neigh_vlan_suppress")
    mask = port.group_fwd_mask
    out.both("group_fwd_mask", f"group_fwd_mask {_mask(mask)} ", _mask(mask))
    out.both("group_fwd_mask_str", f"group_fwd_mask_str {mask:#x} ", f"{mask:#x}")
    switches("vlan_tunnel", "isolated", "locked", "mab")
