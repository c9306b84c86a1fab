"""/proc: the tables of a namespace as text, and its parameters as files."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from macvsim.errors import Effect, MacvsimError, NotSimulated
from macvsim.machine.host import Box
from macvsim.machine.kernelfs import Directory, File, Node
from macvsim.machine.kernelfs.linkgroups import link_groups
from macvsim.machine.kernelfs.sysctlinert import is_inert
from macvsim.machine.kernelfs.sysctlnames import children, is_left_out, path
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import ip_text, mac_text

_LEFT_OUT_NET = frozenset(
    ("connector", "dev_snmp6", "fib_trie", "fib_triestat", "ip_mr_cache", "ip_mr_vif", "mcfilter", "netfilter",
     "netlink", "netstat", "nf_conntrack_expect", "packet", "protocols", "psched", "ptype", "route6", "rt6_stats",
     "rt_acct", "rt_cache", "sockstat", "softnet_stat", "stat",
     "unix", "wireless", "xfrm_stat")
)  # fmt: skip
_LEFT_OUT = frozenset(
    ("bus", "cgroups", "cmdline", "cpuinfo", "devices", "filesystems", "interrupts", "loadavg", "meminfo", "modules",
     "mounts", "partitions", "self", "softirqs", "stat", "swaps", "uptime", "version", "vmstat")
)  # fmt: skip


def proc(box: Box, parts: tuple[str, ...]) -> Node | None:
    """What is at ``/proc/…``; /proc/self/net is /proc/net."""
    if parts[:2] == ("self", "net"):
        parts = parts[1:]
    match parts:
        case ("net",):
            return Directory([*_NET, "vlan"])
        case ("net", "vlan", *below):
            from macvsim.machine.kernelfs.vlan import vlan

            return vlan(box.ns, below)
        case ("net", "xt_recent", name) if name in (lists := box.ns.netfilter.recent):
            return File(lambda: "".join(lists[name].lines()))
        case ("net", "xt_recent"):
            return Directory(list(box.ns.netfilter.recent))
        case ("net", name) if name in _NET:
            return File(lambda: _NET[name](box.ns))
        case ("net", name, *_) if name in _LEFT_OUT_NET:
            raise NotSimulated(f"/proc/net/{name}", Effect.READS)
        case ("sys", *below):
            return _parameter(box, tuple(below))
        case (name, *_) if name in _LEFT_OUT:
            raise NotSimulated(f"/proc/{name}", Effect.NONE)
    return None


# -- parameters --------------------------------------------------------------------------------------------------------


def _parameter(box: Box, parts: tuple[str, ...]) -> Node | None:
    """/proc/sys and below."""
    sysctl = box.ns.sysctl
    name = ".".join(part.replace(".", "/") for part in parts)
    if path(name) == parts and name in sysctl:

        def write(text: str) -> None:
            if name in sysctl.read_only:
                raise OSError("EPERM")
            before = sysctl[name]
            try:
                sysctl[name] = text.strip()
            except NotSimulated:
                raise
            except (ValueError, MacvsimError):
                raise OSError("EINVAL") from None
            if is_inert(name) and sysctl[name] != before:
                raise NotSimulated(f"{name}: it is set, but changes nothing", Effect.CHANGES)

        return File(lambda: f"{sysctl[name]}\n", write)
    below = children(sysctl, parts)
    if below:
        return Directory(below)
    if is_left_out(parts):
        raise NotSimulated(f"/proc/sys/{'/'.join(parts)}", Effect.READS if parts[0] == "net" else Effect.NONE)
    return None


# -- tables ------------------------------------------------------------------------------------------------------------


def net_dev(ns: Namespace) -> str:
    """/proc/net/dev (net/core/net-procfs.c)."""
    lines = [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast"
        "|bytes    packets errs drop fifo colls carrier compressed",
    ]
    for dev in ns.devices.values():
        s = dev.stats
        lines.append(
            f"{dev.name:>6}: {s.rx_bytes:7} {s.rx_packets:7} {s.rx_errors:4} {s.rx_dropped:4} {0:4} {0:5} {0:10} "
            f"{s.multicast:9} {s.tx_bytes:8} {s.tx_packets:7} {s.tx_errors:4} {s.tx_dropped:4} {0:4} {s.collisions:5} "
            f"{s.tx_carrier_errors:7} {0:10}"
        )
    return "\n".join(lines) + "\n"


def arp(ns: Namespace) -> str:
    """/proc/net/arp (net/ipv4/arp.c)."""
    from macvsim.net import arpioctl

    rows = "".join(
        f"{ip_text(row.ip):<16} 0x{1:<10x}0x{row.flags:<10x}{mac_text(row.ha):<17}     *        {row.dev}\n"
        for row in arpioctl.table(ns)
    )
    return "IP address       HW type     Flags       HW address            Mask     Device\n" + rows


def route(ns: Namespace) -> str:
    """/proc/net/route: the main table (fib_route_seq_show)."""
    from macvsim.net import rtioctl

    lines = ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"]
    lines += [
        f"{row.iface}\t{_swapped(row.dst)}\t{_swapped(row.gateway)}\t{row.flags:04X}\t0\t0\t{row.metric}"
        f"\t{_swapped(row.mask)}\t0\t0\t0"
        for row in rtioctl.table(ns)
    ]
    return "".join(f"{line:<127}\n" for line in lines)


def _swapped(address: int) -> str:
    """An address in network order read as a little-endian number, as x86 prints it."""
    return f"{int.from_bytes(address.to_bytes(4, 'big'), 'little'):08X}"


def snmp(ns: Namespace) -> str:
    """/proc/net/snmp."""
    return ns.snmp.text(forwarding=bool(ns.conf_all.forwarding), ttl=ns.ipv4_conf.ip_default_ttl)


_SOCKETS = (
    "local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"
)


def udp(ns: Namespace) -> str:
    """/proc/net/udp (udp4_format_sock); inode numbers and kernel addresses are 0."""
    lines = [f"   sl  {_SOCKETS}"]
    for port in sorted(ns.udp.ports):
        for sock in ns.udp.ports[port]:
            peer, peer_port = sock.peer or (0, 0)
            lines.append(
                f"{port % 256:5}: {_swapped(sock.source)}:{port:04X} {_swapped(peer)}:{peer_port:04X} "
                f"{1 if sock.peer else 7:02X} 00000000:00000000 00:00000000 00000000     0        0 0 2 "
                "0000000000000000 0"
            )
    return "".join(f"{line:<127}\n" for line in lines)


def igmp(ns: Namespace) -> str:
    """/proc/net/igmp (igmp_mc_seq_show)."""
    lines = ["Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter"]
    for dev in ns.devices.values():
        groups = dev.inet.groups
        if groups:
            lines.append(f"{dev.ifindex}\t{dev.name:<10}: {len(groups):5} {'V3':>7}")
            newest_first = reversed(groups.items())
            lines += [f"\t\t\t\t{_swapped(group)} {users:5} 0:00000000\t\t0" for group, users in newest_first]
    return "\n".join(lines) + "\n"


def dev_mcast(ns: Namespace) -> str:
    """/proc/net/dev_mcast (dev_mc_seq_show)."""
    lines = []
    for dev in ns.devices.values():
        for mac, users in link_groups(dev):
            lines.append(f"{dev.ifindex:<4} {dev.name:<15} {users:<5} {int(mac in dev.mc_static):<5} {mac.hex()}\n")
    return "".join(lines)


def _no_sockets(header: str, width: int = 0) -> Callable[[Namespace], str]:
    """A table of sockets of a kind that nobody opens here."""
    return lambda ns: f"{header:<{width}}\n"


def _late(module: str, name: str, part: str = "") -> Callable[[Namespace], str]:
    """A table of a module that is imported when the file is read: of the namespace, or of a part of it."""

    def text(ns: Namespace) -> str:
        return str(getattr(import_module(f"macvsim.{module}"), name)(getattr(ns, part) if part else ns))

    return text


_IPV6 = {
    "anycast6": "anycast6", "if_inet6": "if_inet6", "igmp6": "igmp6", "ip6_flowlabel": "flowlabel",
    "ipv6_route": "ipv6_route", "mcfilter6": "mcfilter6", "raw6": "raw6", "snmp6": "snmp6", "sockstat6": "sockstat6",
    "udp6": "udp6", "udplite6": "raw6",
}  # fmt: skip
_NET: dict[str, Callable[[Namespace], str]] = {
    "arp": arp,
    "dev": net_dev,
    "dev_mcast": dev_mcast,
    "nf_conntrack": _late("machine.kernelfs.conntrack", "listing", "netfilter"),
    "igmp": igmp,
    "route": route,
    "snmp": snmp,
    "tcp": _late("machine.kernelfs.tcp", "tcp"),
    "tcp6": _late("machine.kernelfs.tcp", "tcp6"),
    "udp": udp,
    "udplite": _no_sockets(f"   sl  {_SOCKETS}", 127),
    **{name: _late("net.ipv6.proc6", function, "ipv6") for name, function in _IPV6.items()},
}
