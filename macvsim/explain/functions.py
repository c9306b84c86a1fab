"""Which function of the kernel does what a journal's record says (Linux 6.12); empty for cables and switches."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.engine.journal import Record

_STEPS = MappingProxyType(
    {
        "send": "ip_local_out",
        "forward": "ip_forward",
        "local": "ip_local_deliver",
        "netfilter": "nf_hook_slow",
        "nat": "nf_nat_inet_fn",
        "fragment": "ip_do_fragment",
        "log": "nf_log_packet",
    }
)
_STEPS6 = MappingProxyType({**_STEPS, "send": "ip6_local_out", "forward": "ip6_forward", "local": "ip6_input"})
_DROPS: Mapping[DropReason, str] = MappingProxyType(
    {
        DropReason.DEV_DOWN: "__dev_queue_xmit",
        DropReason.DEV_NO_CARRIER: "noop_enqueue",
        DropReason.TOO_BIG_FOR_DEV: "__dev_forward_skb",
        DropReason.VLAN_HOOK: "vlan_do_receive",
        DropReason.VLAN_UNKNOWN: "__netif_receive_skb_core",
        DropReason.UNHANDLED_PROTO: "__netif_receive_skb_core",
        DropReason.DUMMY: "dummy_xmit",
        DropReason.MACVLAN_NO_SOURCE: "macvlan_handle_frame",
        DropReason.MACVLAN_BROADCAST_BACKLOG: "macvlan_broadcast_enqueue",
        DropReason.IPVLAN_NO_L2: "ipvlan_process_outbound",
        DropReason.IPVLAN_NO_GROUPS: "ipvlan_process_outbound",
        DropReason.ARP_NOARP: "arp_rcv",
        DropReason.ARP_OTHERHOST: "arp_rcv",
        DropReason.ARP_NOT_FOR_US: "arp_process",
        DropReason.ARP_IGNORED: "arp_ignore",
        DropReason.ARP_MALFORMED: "arp_rcv",
        DropReason.NEIGH_FAILED: "arp_error_report",
        DropReason.NEIGH6_FAILED: "ndisc_error_report",
        DropReason.NEIGH_QUEUEFULL: "__neigh_event_send",
        DropReason.NEIGH_TABLE_FULL: "neigh_alloc",
        DropReason.OTHERHOST: "ip_rcv_core",
        DropReason.IP_INHDR: "ip_rcv_core",
        DropReason.IP_CSUM: "ip_rcv_core",
        DropReason.IP_MARTIAN_SOURCE: "ip_route_input_slow",
        DropReason.IP_LOCAL_SOURCE: "__fib_validate_source",
        DropReason.IP_RPFILTER: "__fib_validate_source",
        DropReason.FORWARDING_OFF: "ip_route_input_slow",
        DropReason.IP_INNOROUTES: "ip_route_input_slow",
        DropReason.IP_OUTNOROUTES: "ip_route_output_key_hash_rcu",
        DropReason.IP_UNREACHABLE_ROUTE: "ip_error",
        DropReason.IP_BLACKHOLE: "dst_discard",
        DropReason.IP_TTL: "ip_forward",
        DropReason.PKT_TOO_BIG: "ip_forward",
        DropReason.NETFILTER_DROP: "nf_hook_slow",
        DropReason.IP_NOT_JOINED: "ip_route_input_rcu",
        DropReason.IPV6_DISABLED: "ip6_rcv_core",
        DropReason.FORWARDING_OFF6: "ip6_forward",
        DropReason.IPV6_NDISC_NS_OTHERHOST: "ndisc_recv_ns",
        DropReason.ICMP_ECHO_IGNORED: "icmp_echo",
        DropReason.ICMP_BROADCAST_ECHO: "icmp_rcv",
        DropReason.PING_NO_SOCKET: "ping_rcv",
    }
)


def function(record: Record, *, six: bool = False) -> str:
    """The kernel's function; `six`: the packet is one of IPv6."""
    if record.step == "drop":
        return _DROPS.get(record.detail, "")
    if isinstance(record.where, NetDevice) and record.step in ("xmit", "receive"):
        kind = record.where.link_kind
        return kind.xmit if record.step == "xmit" else kind.receive
    return (_STEPS6 if six else _STEPS).get(record.step, "")
