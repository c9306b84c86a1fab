"""The parameters net.netfilter.* (nf_conntrack_standalone.c) and net.bridge.* (br_netfilter_hooks.c)."""

from __future__ import annotations

_SCTP = {"closed": 10, "cookie_echoed": 3, "cookie_wait": 3, "established": 210, "heartbeat_sent": 30,
         "shutdown_ack_sent": 3, "shutdown_recd": 3, "shutdown_sent": 3}  # fmt: skip
_DCCP = {"closereq": 64, "closing": 64, "open": 43200, "partopen": 480, "request": 240, "respond": 480,
         "timewait": 240}  # fmt: skip


class ConntrackConf:
    """Connection tracking of one namespace; kernel defaults, times in seconds.  What is set by ``__dict__`` is for
    protocols that are not simulated, and changes nothing.
    """

    def __init__(self) -> None:
        self.nf_conntrack_acct = 0
        self.nf_conntrack_buckets = 65536
        self.nf_conntrack_checksum = 1
        self.nf_conntrack_events = 2
        self.nf_conntrack_expect_max = 1024
        self.nf_conntrack_generic_timeout = 600
        self.nf_conntrack_icmp_timeout = 30
        self.nf_conntrack_log_invalid = 0
        self.nf_conntrack_max = 65536
        self.nf_conntrack_tcp_be_liberal = 0
        self.nf_conntrack_tcp_ignore_invalid_rst = 0
        self.nf_conntrack_tcp_loose = 1
        self.nf_conntrack_tcp_max_retrans = 3
        self.nf_conntrack_tcp_timeout_close = 10
        self.nf_conntrack_tcp_timeout_close_wait = 60
        self.nf_conntrack_tcp_timeout_established = 432000
        self.nf_conntrack_tcp_timeout_fin_wait = 120
        self.nf_conntrack_tcp_timeout_last_ack = 30
        self.nf_conntrack_tcp_timeout_max_retrans = 300
        self.nf_conntrack_tcp_timeout_syn_recv = 60
        self.nf_conntrack_tcp_timeout_syn_sent = 120
        self.nf_conntrack_tcp_timeout_time_wait = 120
        self.nf_conntrack_tcp_timeout_unacknowledged = 300
        self.nf_conntrack_udp_timeout = 30
        self.nf_conntrack_udp_timeout_stream = 120
        self.__dict__["nf_conntrack_dccp_loose"] = 1
        self.__dict__["nf_conntrack_frag6_high_thresh"] = 4 << 20
        self.__dict__["nf_conntrack_frag6_low_thresh"] = 3 << 20
        self.__dict__["nf_conntrack_frag6_timeout"] = 60
        self.__dict__["nf_conntrack_icmpv6_timeout"] = 30
        for proto, times in (("dccp", _DCCP), ("sctp", _SCTP)):
            for state, seconds in times.items():
                self.__dict__[f"nf_conntrack_{proto}_timeout_{state}"] = seconds


class BridgeConf:
    """Which bridged packets pass the hooks of IP; kernel defaults, with br_netfilter loaded."""

    def __init__(self) -> None:
        self.bridge_nf_call_arptables = 1
        self.bridge_nf_call_ip6tables = 1
        self.bridge_nf_call_iptables = 1
        self.bridge_nf_filter_pppoe_tagged = 0
        self.bridge_nf_filter_vlan_tagged = 0
        self.bridge_nf_pass_vlan_input_dev = 0
