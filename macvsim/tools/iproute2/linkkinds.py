"""The lines of ``ip -d link`` about kinds of devices and bridge ports (print_linktype of ipaddress.c)."""

from __future__ import annotations

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge_netlink import bridge_id, mask_text, timer
from macvsim.dev.bridge_port import BridgePort, br_port_get
from macvsim.dev.registry import Info
from macvsim.tools.iproute2.output import Printer


def print_kind(out: Printer, dev: NetDevice) -> None:
    """Lines about the kind of device, and about the bridge port it is; the last one is not ended."""
    kind, port = dev.link_kind, br_port_get(dev)
    if not kind.made and port is None:
        return
    with out.inside("linkinfo"):
        if kind.made:
            out.line()
            out.both("info_kind", f"    {kind.name} ", kind.name)
            if kind.info is not None:
                with out.inside("info_data"):
                    for info in kind.info(dev):
                        print_info(out, info)
        if port is not None:
            out.line()
            out.both("info_slave_kind", f"    {port.owner}_slave ", port.owner)
            with out.inside("info_slave_data"):
                _print_port(out, port)


def print_info(out: Printer, info: Info) -> None:
    """One field."""
    if info.text.startswith("\n"):
        out.line()
    out.both(info.key, info.text.removeprefix("\n"), info.value)


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
        print_info(out, timer(name))
    out.both("topology_change_ack", "topology_change_ack 0 ", 0)
    out.both("config_pending", "config_pending 0 ", 0)
    switches("proxy_arp", "proxy_arp_wifi")
    out.both("multicast_router", f"mcast_router {port.mcast_router} ", port.mcast_router)
    out.text(f"mcast_fast_leave {'on' if port.fastleave else 'off'} ")
    switches("mcast_flood", "bcast_flood", "mcast_to_unicast", "neigh_suppress", "neigh_vlan_suppress")
    mask = port.group_fwd_mask
    out.both("group_fwd_mask", f"group_fwd_mask {mask_text(mask)} ", mask_text(mask))
    out.both("group_fwd_mask_str", f"group_fwd_mask_str {mask:#x} ", f"{mask:#x}")
    switches("vlan_tunnel", "isolated", "locked", "mab")
