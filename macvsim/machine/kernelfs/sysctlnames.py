"""Which kernel parameters there are: the modelled ones, and those a real kernel has beside them."""

from __future__ import annotations

from macvsim.net.sysctl import Sysctl

_OTHER_TREES = frozenset(("abi", "debug", "dev", "fs", "kernel", "user", "vm"))
_OTHER_NET = frozenset(("bridge", "core", "mptcp", "nf_conntrack_max", "unix"))
_OTHER_IPV4 = frozenset(
    ("fib_multipath_hash_fields", "fib_multipath_hash_policy", "fib_multipath_use_neigh", "fib_notify_on_flag_change",
     "fib_sync_mem", "icmp_echo_enable_probe", "igmp_max_memberships", "igmp_max_msf",
     "inet_peer_maxttl", "inet_peer_minttl", "inet_peer_threshold", "ip_autobind_reuse", "ip_dynaddr",
     "ip_early_demux", "ip_local_reserved_ports", "ip_unprivileged_port_start", "ipfrag_low_thresh",
     "ipfrag_secret_interval", "nexthop_compat_mode", "raw_l3mdev_accept", "route", "xfrm4_gc_thresh")
)  # fmt: skip
_OTHER_IPV6 = frozenset(
    ("calipso_cache_bucket_size", "calipso_cache_enable", "mld_max_msf", "mld_qrv", "xfrm6_gc_thresh")
)
_OTHER_CONF6 = frozenset(
    ("accept_ra_rt_info_max_plen", "accept_ra_rt_info_min_plen", "accept_ra_rtr_pref", "mc_forwarding",
     "optimistic_dad", "router_probe_interval", "seg6_require_hmac", "stable_secret", "use_optimistic")
)  # fmt: skip
_OTHER_CONF = frozenset(
    ("bootp_relay", "disable_xfrm", "mc_forwarding", "tag")
)  # fmt: skip
_OTHER_NEIGH = frozenset(("anycast_delay", "interval_probe_time_ms"))


def is_left_out(parts: tuple[str, ...]) -> bool:
    """True if a real kernel has a parameter or directory at this path below /proc/sys that macvsim does not."""
    match parts:
        case (tree, *_) if tree in _OTHER_TREES:
            return True
        case ("net", name, *_) if name in _OTHER_NET:
            return True
        case ("net", "ipv6", name, *_) if name in _OTHER_IPV6:
            return True
        case ("net", "ipv6", "conf", _, name):
            return name in _OTHER_CONF6
        case ("net", "ipv4", name, *_) if name in _OTHER_IPV4 or name.startswith(("tcp_", "udp_", "cipso_")):
            return True
        case ("net", "ipv4", "conf", _, name):
            return name in _OTHER_CONF
        case ("net", "ipv4", "neigh", _, name):
            return name in _OTHER_NEIGH
    return False


def names(sysctl: Sysctl) -> list[str]:
    """Every modelled parameter, as `sysctl -a` lists them: directory by directory, sorted."""
    return sorted(sysctl.names(), key=path)


def path(name: str) -> tuple[str, ...]:
    """Path below /proc/sys of a name: dots and slashes change places, unless the name is written with slashes first."""
    slash, dot = name.find("/"), name.find(".")
    if slash >= 0 and (dot < 0 or slash < dot):
        return tuple(part for part in name.split("/") if part)
    return tuple(part.replace("/", ".") for part in name.split("."))


def children(sysctl: Sysctl, parts: tuple[str, ...]) -> list[str]:
    """Names in a directory below /proc/sys; empty if there is no such directory."""
    folder = "".join(f"{part.replace('.', '/')}." for part in parts)
    found = {name.removeprefix(folder).partition(".")[0] for name in sysctl.names() if name.startswith(folder)}
    return sorted(name.replace("/", ".") for name in found)
