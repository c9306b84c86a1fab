"""What /proc/net tells of IPv6: addresses, routes, groups (addrconf.c, route.c, mcast.c, anycast.c of net/ipv6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from macvsim.net.fibroute import RouteType
from macvsim.net.ipv6.fib6 import REFUSALS, Route6
from macvsim.wire.addr6 import SCOPE_LINK, SCOPE_NODE, SCOPE_SITE

if TYPE_CHECKING:
    from macvsim.net.ipv6.address import Address6
    from macvsim.net.ipv6.contracts import Net
    from macvsim.net.ipv6.stack import Ipv6
    from macvsim.net.namespace import Namespace


_SCOPES = {SCOPE_NODE: 0x10, SCOPE_LINK: 0x20, SCOPE_SITE: 0x40}
"""IPV6_ADDR_LOOPBACK, _LINKLOCAL, _SITELOCAL."""
RTF_UP = 0x1
RTF_GATEWAY = 0x2
RTF_REJECT = 0x200
RTF_EXPIRES = 0x400000
_RTF_NONEXTHOP = 0x200000
_RTF_ANYCAST = 0x100000
_RTF_LOCAL = 0x80000000
_FILTERED, _NOREPORT = 0x4, 0x8


class AddressRow(NamedTuple):
    """A line of /proc/net/if_inet6."""

    ip: int
    ifindex: int
    plen: int
    scope: int
    flags: int
    dev: str


class RouteRow6(NamedTuple):
    """A line of /proc/net/ipv6_route."""

    dst: int
    plen: int
    gateway: int
    metric: int
    references: int
    flags: int
    dev: str


def scope_bits(address: Address6) -> int:
    """Scope of an address in the kernel's bits."""
    return _SCOPES.get(address.scope, 0)


def addresses(ns: Namespace | Net) -> list[AddressRow]:
    """All addresses; their order in the kernel is that of a hash with a random key, here it is that of age."""
    found = [(dev, address) for dev in ns.devices.values() for address in reversed(dev.inet.addresses6)]
    return [AddressRow(a.local, dev.ifindex, a.plen, scope_bits(a), int(a.flags) & 0xFF, dev.name) for dev, a in found]


def routes(stack: Ipv6) -> list[RouteRow6]:
    """All routes of all tables, in listing order."""
    return [
        RouteRow6(r.dst, r.plen, r.gateway, r.metric, 2 if r.type is RouteType.LOCAL else 1, _flags(r), r.dev.name)
        for r in stack.fib.routes()
    ]


def _flags(route: Route6) -> int:
    if route.type in REFUSALS:
        return RTF_REJECT | _RTF_NONEXTHOP
    flags = RTF_UP | (RTF_GATEWAY if route.gateway else 0) | (RTF_EXPIRES if route.expires else 0)
    if route.proto == "kernel":
        flags |= {RouteType.LOCAL: _RTF_LOCAL | _RTF_NONEXTHOP, RouteType.ANYCAST: _RTF_ANYCAST | _RTF_NONEXTHOP}.get(
            route.type, 0
        )
    return flags


def if_inet6(stack: Ipv6) -> str:
    """/proc/net/if_inet6."""
    return "".join(
        f"{row.ip:032x} {row.ifindex:02x} {row.plen:02x} {row.scope:02x} {row.flags:02x} {row.dev:>8}\n"
        for row in addresses(stack.ns)
    )


def ipv6_route(stack: Ipv6) -> str:
    """/proc/net/ipv6_route."""
    return "".join(
        f"{row.dst:032x} {row.plen:02x} {0:032x} 00 {row.gateway:032x} {row.metric:08x} {row.references:08x} {0:08x} "
        f"{row.flags:08x} {row.dev:>8}\n"
        for row in routes(stack)
    )


def igmp6(stack: Ipv6) -> str:
    """/proc/net/igmp6."""
    from macvsim.net.ipv6.mcast import is_reported

    text = ""
    for dev in stack.ns.devices.values():
        groups = [] if dev.inet.inet6 is None else reversed(dev.inet.inet6.groups.values())
        for group in groups:
            flags = (0 if is_reported(group.group) else _NOREPORT) | (_FILTERED if group.filtered else 0)
            if dev.loopback and group.group >> 112 == 0xFF02:
                flags |= _FILTERED
            text += f"{dev.ifindex:<4} {dev.name:<15} {group.group:032x} {group.users:5} {flags:08X} 0\n"
    return text


def anycast6(stack: Ipv6) -> str:
    """/proc/net/anycast6."""
    return "".join(
        f"{dev.ifindex:<4} {dev.name:<15} {ip:032x} {users:5}\n"
        for dev in stack.ns.devices.values()
        if dev.inet.inet6 is not None
        for ip, users in dev.inet.inet6.anycast.items()
    )


_SOCKETS6 = (
    "  sl  local_address                         remote_address                        "
    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
)


def raw6(stack: Ipv6) -> str:
    """/proc/net/raw6; nobody looks while a ping runs."""
    return f"{_SOCKETS6} ref pointer drops\n"


def udp6(stack: Ipv6) -> str:
    """/proc/net/udp6 (udp6_seq_show); inode numbers and kernel addresses are 0."""
    lines = [f"{_SOCKETS6} ref pointer drops"]
    for port in sorted(stack.udp.ports):
        for sock in stack.udp.ports[port]:
            peer, peer_port = sock.peer or (0, 0)
            lines.append(
                f"{port % 256:5}: {_words(sock.source)}:{port:04X} {_words(peer)}:{peer_port:04X} "
                f"{1 if sock.peer else 7:02X} 00000000:00000000 00:00000000 00000000     0        0 0 2 "
                "0000000000000000 0"
            )
    return "".join(f"{line}\n" for line in lines)


def _words(ip: int) -> str:
    """An address as four numbers in the byte order of x86."""
    data = ip.to_bytes(16, "big")
    return "".join(f"{int.from_bytes(data[at : at + 4], 'little'):08X}" for at in range(0, 16, 4))


def mcfilter6(stack: Ipv6) -> str:
    """/proc/net/mcfilter6: nobody filters sources."""
    return "Idx Device                Multicast Address                   Source Address    INC    EXC\n"


def flowlabel(stack: Ipv6) -> str:
    """/proc/net/ip6_flowlabel: nobody leases any."""
    return "Label S Owner  Users  Linger Expires  Dst                              Opt\n"


def sockstat6(stack: Ipv6) -> str:
    """/proc/net/sockstat6."""
    from macvsim.net.tcp.state import State
    from macvsim.net.tcp.table import rows

    tcp = sum(row.dual and row.state is not State.TIME_WAIT for row in rows(stack.ns))
    udp = sum(len(sockets) for sockets in stack.udp.ports.values())
    return (
        f"TCP6: inuse {tcp}\nUDP6: inuse {udp}\nUDPLITE6: inuse 0\nRAW6: inuse {len(stack.icmp.sockets)}\n"
        f"FRAG6: inuse {len(stack.reassembly.queues)} memory 0\n"
    )


def snmp6(stack: Ipv6) -> str:
    """/proc/net/snmp6."""
    stack.ns.sim.flush()
    return stack.snmp.text()
