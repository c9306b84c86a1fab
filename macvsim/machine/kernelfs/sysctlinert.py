"""Parameters that can be set, but change nothing here: setting them to something else says so."""

from __future__ import annotations

_INERT = frozenset(
    ("gc_interval", "tcp_retries1", "fwmark_reflect", "icmp_ignore_bogus_error_responses",
     "ip_forward_update_priority", "bridge-nf-filter-vlan-tagged", "bridge-nf-filter-pppoe-tagged")
)  # fmt: skip


def is_inert(name: str) -> bool:
    """True if nothing that is simulated depends on the parameter."""
    last = name.rsplit(".", 1)[-1]
    if last in _INERT or last.startswith(("nf_conntrack_sctp_", "nf_conntrack_dccp_")):
        return True
    return name.startswith("net.ipv6.route.gc_")
