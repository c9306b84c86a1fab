"""The parameters net.netfilter.nf_conntrack_* (nf_conntrack_standalone.c); times in seconds."""

from __future__ import annotations


class ConntrackConf:
    """One namespace's; kernel defaults."""

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
