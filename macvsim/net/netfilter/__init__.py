"""Netfilter: hooks on the way of IPv4 packets, and what hangs on them: tables of rules, connection tracking, NAT."""
