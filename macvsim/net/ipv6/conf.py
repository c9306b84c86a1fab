"""The parameters under /proc/sys/net/ipv6 (Documentation/networking/ip-sysctl.rst).

A class attribute is the kernel's default; an object holds what was changed, so that a thousand devices cost nothing.
"""

from __future__ import annotations

from macvsim.net.parts import Defaults
from macvsim.net.sysctl import NeighParms

GEN_MODES = ("eui64", "none", "stable_secret", "random")
"""The values of addr_gen_mode by their numbers, as iproute2 calls them (enum in6_addr_gen_mode)."""


class DevConf6(Defaults):
    """net.ipv6.conf.{all,default,DEVICE}."""

    accept_dad = 1
    accept_ra = 1
    accept_ra_defrtr = 1
    accept_ra_from_local = 0
    accept_ra_min_hop_limit = 1
    accept_ra_min_lft = 0
    accept_ra_mtu = 1
    accept_ra_pinfo = 1
    accept_redirects = 1
    accept_source_route = 0
    accept_untracked_na = 0
    addr_gen_mode = 0
    autoconf = 1
    dad_transmits = 1
    disable_ipv6 = 0
    disable_policy = 0
    drop_unicast_in_l2_multicast = 0
    drop_unsolicited_na = 0
    enhanced_dad = 1
    force_mld_version = 0
    force_tllao = 0
    forwarding = 0
    hop_limit = 64
    ignore_routes_with_linkdown = 0
    ioam6_enabled = 0
    ioam6_id = 65535
    ioam6_id_wide = 4294967295
    keep_addr_on_down = 0
    max_addresses = 16
    max_desync_factor = 600
    mldv1_unsolicited_report_interval = 10000
    mldv2_unsolicited_report_interval = 1000
    mtu = 1280
    ndisc_evict_nocarrier = 1
    ndisc_notify = 0
    ndisc_tclass = 0
    proxy_ndp = 0
    ra_defrtr_metric = 1024
    ra_honor_pio_life = 0
    ra_honor_pio_pflag = 0
    regen_max_retry = 3
    regen_min_advance = 2
    router_solicitation_delay = 1
    router_solicitation_interval = 4
    router_solicitation_max_interval = 3600
    router_solicitations = -1
    rpl_seg_enabled = 0
    seg6_enabled = 0
    suppress_frag_ndisc = 1
    temp_prefered_lft = 86400
    temp_valid_lft = 604800
    use_oif_addrs_only = 0
    use_tempaddr = 0


class Ipv6Conf(Defaults):
    """net.ipv6.* that are neither per device nor in a directory of their own."""

    anycast_src_echo_reply = 0
    auto_flowlabels = 1
    bindv6only = 0
    fib_multipath_hash_fields = 7
    fib_multipath_hash_policy = 0
    fib_notify_on_flag_change = 0
    flowlabel_consistency = 1
    flowlabel_reflect = 0
    flowlabel_state_ranges = 0
    fwmark_reflect = 0
    idgen_delay = 1
    idgen_retries = 3
    ioam6_id = 16777215
    ioam6_id_wide = 72057594037927935
    ip6frag_high_thresh = 4 << 20
    ip6frag_low_thresh = 3 << 20
    ip6frag_time = 60
    ip_nonlocal_bind = 0
    max_dst_opts_length = 2147483647
    max_dst_opts_number = 8
    max_hbh_length = 2147483647
    max_hbh_opts_number = 8
    seg6_flowlabel = 0


class Icmpv6Conf(Defaults):
    """net.ipv6.icmp.*; `ratemask` names the message types that are limited."""

    echo_ignore_all = 0
    echo_ignore_anycast = 0
    echo_ignore_multicast = 0
    error_anycast_as_unicast = 0
    ratelimit = 1000
    ratemask = "0-1,3-127"

    def limits(self, kind: int) -> bool:
        """True if messages of this type are rate limited."""
        return any(low <= kind <= high for low, high in ranges(self.ratemask))


class RouteConf6(Defaults):
    """net.ipv6.route.*."""

    gc_elasticity = 9
    gc_interval = 30
    gc_min_interval = 0
    gc_min_interval_ms = 500
    gc_thresh = 1024
    gc_timeout = 60
    max_size = 2147483647
    min_adv_mss = 1220
    mtu_expires = 600
    skip_notify_on_dev_down = 0


class NeighParms6(NeighParms):
    """net.ipv6.neigh.{default,DEVICE}."""

    anycast_delay = 100
    interval_probe_time_ms = 5000
    locktime = 0


def ranges(text: str) -> list[tuple[int, int]]:
    """``0-1,3`` as pairs; ValueError when it is no such list (bitmap_parselist)."""
    found = []
    for part in filter(None, text.strip().split(",")):
        low, dash, high = part.partition("-")
        found.append((int(low), int(high) if dash else int(low)))
    return found
