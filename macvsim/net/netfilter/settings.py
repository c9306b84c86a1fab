"""The parameters net.netfilter.* (nf_conntrack_standalone.c) and net.bridge.* (br_netfilter_hooks.c)."""

from __future__ import annotations

from macvsim.net.parts import Defaults


class ConntrackConf(Defaults):
    """Connection tracking of one namespace; kernel defaults, times in seconds."""

    nf_conntrack_acct = 0
    nf_conntrack_buckets = 65536
    nf_conntrack_checksum = 1
    nf_conntrack_events = 2
    nf_conntrack_expect_max = 1024
    nf_conntrack_generic_timeout = 600
    nf_conntrack_icmp_timeout = 30
    nf_conntrack_log_invalid = 0
    nf_conntrack_max = 65536
    nf_conntrack_tcp_be_liberal = 0
    nf_conntrack_tcp_ignore_invalid_rst = 0
    nf_conntrack_tcp_loose = 1
    nf_conntrack_tcp_max_retrans = 3
    nf_conntrack_tcp_timeout_close = 10
    nf_conntrack_tcp_timeout_close_wait = 60
    nf_conntrack_tcp_timeout_established = 432000
    nf_conntrack_tcp_timeout_fin_wait = 120
    nf_conntrack_tcp_timeout_last_ack = 30
    nf_conntrack_tcp_timeout_max_retrans = 300
    nf_conntrack_tcp_timeout_syn_recv = 60
    nf_conntrack_tcp_timeout_syn_sent = 120
    nf_conntrack_tcp_timeout_time_wait = 120
    nf_conntrack_tcp_timeout_unacknowledged = 300
    nf_conntrack_udp_timeout = 30
    nf_conntrack_udp_timeout_stream = 120
    # of protocols that are not simulated: these change nothing
    nf_conntrack_dccp_loose = 1
    nf_conntrack_frag6_high_thresh = 4 << 20
    nf_conntrack_frag6_low_thresh = 3 << 20
    nf_conntrack_frag6_timeout = 60
    nf_conntrack_icmpv6_timeout = 30
    nf_conntrack_dccp_timeout_closereq = 64
    nf_conntrack_dccp_timeout_closing = 64
    nf_conntrack_dccp_timeout_open = 43200
    nf_conntrack_dccp_timeout_partopen = 480
    nf_conntrack_dccp_timeout_request = 240
    nf_conntrack_dccp_timeout_respond = 480
    nf_conntrack_dccp_timeout_timewait = 240
    nf_conntrack_sctp_timeout_closed = 10
    nf_conntrack_sctp_timeout_cookie_echoed = 3
    nf_conntrack_sctp_timeout_cookie_wait = 3
    nf_conntrack_sctp_timeout_established = 210
    nf_conntrack_sctp_timeout_heartbeat_sent = 30
    nf_conntrack_sctp_timeout_shutdown_ack_sent = 3
    nf_conntrack_sctp_timeout_shutdown_recd = 3
    nf_conntrack_sctp_timeout_shutdown_sent = 3


class BridgeConf(Defaults):
    """Which bridged packets pass the hooks of IP; kernel defaults, with br_netfilter loaded."""

    bridge_nf_call_arptables = 1
    bridge_nf_call_ip6tables = 1
    bridge_nf_call_iptables = 1
    bridge_nf_filter_pppoe_tagged = 0
    bridge_nf_filter_vlan_tagged = 0
    bridge_nf_pass_vlan_input_dev = 0
