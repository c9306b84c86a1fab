"""/proc/net/vlan (net/8021q/vlanproc.c)."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.dev.macvlan_port import netif_is_macvlan_port
from macvsim.dev.vlan import Vlan, is_vlan_dev
from macvsim.machine.kernelfs import Directory, File, Node
from macvsim.net.namespace import Namespace

_IFF_802_1Q_VLAN = 0x1
_IFF_XMIT_DST_RELEASE = 0x20
_IFF_MACVLAN_PORT = 0x100
_IFF_BRIDGE_PORT = 0x200
_IFF_UNICAST_FLT = 0x1000
_IFF_NO_QUEUE = 0x80000


def _vlans(ns: Namespace) -> list[Vlan]:
    return [dev for dev in ns.devices.values() if is_vlan_dev(dev)]


def vlan(ns: Namespace, parts: Sequence[str]) -> Node | None:
    """The node at /proc/net/vlan or below."""
    match parts:
        case ():
            return Directory(["config", *(dev.name for dev in _vlans(ns))])
        case ("config",):
            return File(lambda: vlan_config(ns))
        case (name,):
            dev = ns.devices.get(name)
            return File(lambda: vlan_device(dev)) if is_vlan_dev(dev) else None
    return None


def vlan_config(ns: Namespace) -> str:
    """/proc/net/vlan/config."""
    rows = [f"{dev.name:<15}| {dev.vid}  | {dev.lower.name}\n" for dev in _vlans(ns)]
    return f"VLAN Dev name\t | VLAN ID\nName-Type: {ns.vlan_name_type}\n" + "".join(rows)


def vlan_device(dev: Vlan) -> str:
    """/proc/net/vlan/DEV."""
    flags = _IFF_802_1Q_VLAN | _IFF_UNICAST_FLT | _IFF_NO_QUEUE
    flags |= _IFF_XMIT_DST_RELEASE if dev.xmit_dst_release else 0
    flags |= _IFF_MACVLAN_PORT if netif_is_macvlan_port(dev) else 0
    flags |= _IFF_BRIDGE_PORT if dev.master is not None else 0
    ingress = dev.ingress_map
    egress = "".join(f"{priority}:{pcp} " for priority, pcp in sorted(dev.egress_map.items()))
    stats = dev.stats
    return (
        f"{dev.name}  VID: {dev.vid}\t REORDER_HDR: {int(dev.reorder_hdr)}  dev->priv_flags: {flags:x}\n"
        f"{'total frames received':>30}{stats.rx_packets:>13}\n"
        f"{'total bytes received':>30}{stats.rx_bytes:>13}\n"
        f"{'Broadcast/Multicast Rcvd':>30}{stats.multicast:>13}\n"
        "\n"
        f"{'total frames transmitted':>30}{stats.tx_packets:>13}\n"
        f"{'total bytes transmitted':>30}{stats.tx_bytes:>13}\n"
        f"Device: {dev.lower.name}\n"
        f"INGRESS priority mappings: {'  '.join(f'{i}:{ingress[i]}' for i in range(7))} 7:{ingress[7]}\n"
        f" EGRESS priority mappings: {egress}\n"
    )
