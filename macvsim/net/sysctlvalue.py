"""What may be written to a parameter: numbers as the kernel reads them, and the range that each accepts.

Ranges are those of running kernels (recording 974), which take them from net/ipv4/sysctl_net_ipv4.c and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_INT = (-(2**31), 2**31 - 1)
_ANY = (-(2**63), 2**64 - 1)
_BYTE, _SWITCH, _NATURAL = (0, 255), (0, 1), (0, 2**31 - 1)

_RANGES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        ("fwmark_reflect", "igmp_link_local_mcast_reports", "ip_forward_use_pmtu", "ip_no_pmtu_disc",
         "ip_nonlocal_bind", "tcp_dsack", "tcp_frto", "tcp_keepalive_probes", "tcp_moderate_rcvbuf",
         "tcp_orphan_retries", "tcp_retries1", "tcp_retries2", "tcp_rfc1337", "tcp_sack", "tcp_slow_start_after_idle",
         "tcp_synack_retries", "tcp_timestamps", "tcp_window_scaling", "ndisc_tclass", "echo_ignore_all",
         "echo_ignore_anycast", "echo_ignore_multicast", "anycast_src_echo_reply", "bindv6only",
         "flowlabel_consistency", "flowlabel_state_ranges", "nf_conntrack_log_invalid", "nf_conntrack_tcp_max_retrans"),
        _BYTE,
    ),
    "fib_multipath_hash_policy": (0, 3),
    **dict.fromkeys(
        ("fib_multipath_use_neigh", "icmp_echo_ignore_all", "icmp_echo_ignore_broadcasts",
         "icmp_errors_use_inbound_ifaddr",
         "icmp_ignore_bogus_error_responses", "ip_forward_update_priority", "ndisc_evict_nocarrier",
         "ra_honor_pio_life", "ra_honor_pio_pflag", "rpl_seg_enabled", "ioam6_enabled", "nf_conntrack_acct",
         "nf_conntrack_checksum", "nf_conntrack_tcp_be_liberal", "nf_conntrack_tcp_ignore_invalid_rst",
         "nf_conntrack_tcp_loose"),
        _SWITCH,
    ),
    **dict.fromkeys(
        ("icmp_msgs_burst", "icmp_msgs_per_sec", "ipfrag_max_dist", "mcast_solicit", "ucast_solicit", "app_solicit",
         "mcast_resolicit", "proxy_qlen"),
        _NATURAL,
    ),
    **dict.fromkeys(("icmp_ratelimit", "ratelimit", "ipfrag_high_thresh", "ip6frag_high_thresh"), _ANY),
    "hop_limit": (1, 255),
    "igmp_qrv": (1, 2**31 - 1),
    "ip_default_ttl": (1, 255),
    "ip_local_port_range": (1, 65535),
    "ping_group_range": (0, 2**32 - 2),
    "tcp_rmem": (4096, 2**31 - 1),
    "tcp_wmem": (1, 2**31 - 1),
    "tcp_early_retrans": (0, 4),
    "tcp_reordering": (1, 300),
    "tcp_syn_linear_timeouts": (0, 127),
    "tcp_syn_retries": (1, 127),
    "tcp_tw_reuse": (0, 2),
    "nf_conntrack_events": (0, 2),
    "accept_untracked_na": (0, 2),
    "addr_gen_mode": (0, 3),
    "auto_flowlabels": (0, 3),
    "flowlabel_reflect": (0, 7),
    "mtu": (1280, 2**31 - 1),
    "ra_defrtr_metric": (1, 2**32 - 1),
    "router_solicitations": (-1, 2**31 - 1),
    "ioam6_id": (0, 65535),
    "ioam6_id_wide": (0, 2**32 - 1),
    "net.ipv6.ioam6_id": (0, 2**24 - 1),
    "net.ipv6.ioam6_id_wide": (0, 2**56 - 1),
}  # fmt: skip
"""By the whole name, else by its last part; others take what fits in 32 bits."""


def read_numbers(name: str, text: str, old: Sequence[int]) -> tuple[int, ...] | None:
    """The values that `text` gives a parameter which holds `old`: missing ones stay, further ones are ignored; None if
    the kernel refuses it (EINVAL).
    """
    words = text.split()[: len(old)]
    if not words or not all(_NUMBER.fullmatch(word) for word in words):
        return None
    numbers = tuple(_number(word) for word in words)
    key = name.rpartition(".")[2]
    low, high = _RANGES.get(name) or _RANGES.get(key, _INT)
    if not all(low <= number <= high for number in numbers):
        return None
    numbers += tuple(old[len(numbers) :])
    if key == "ip_local_port_range" and not 1024 <= numbers[0] <= numbers[1]:
        return None
    if key == "ping_group_range" and numbers[0] > numbers[1]:
        return (1, 0)
    return numbers


def _number(word: str) -> int:
    """As simple_strtoul reads it: 0x begins hexadecimal numbers, 0 octal ones."""
    digits = word.lstrip("-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[:1] == "0" and len(digits) > 1 else 10
    return int(digits, base) * (-1 if word[0] == "-" else 1)
