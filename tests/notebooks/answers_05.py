"""A right answer and wrong ones for each exercise of notebook 5."""

from __future__ import annotations

THERE = "iptables -A FORWARD -i enp0s8.100 -o enp0s8.200 -j ACCEPT\n"
BACK = "iptables -A FORWARD -i enp0s8.200 -o enp0s8.100 -j ACCEPT\n"
ESTABLISHED = "iptables -A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"

ANSWERS = {
    "check_5_1": ("172.16.20.1", ["172.16.10.10", "172.16.10.1", None]),
    "check_5_2": (
        "iptables -A FORWARD -s 172.16.10.10 -d 172.16.20.10 -j DROP",
        [
            "iptables -P FORWARD DROP",
            "iptables -A FORWARD -s 172.16.10.11 -j DROP",
            "iptables -A INPUT -s 172.16.10.10 -j DROP",
            "iptables -A FORWARD -j DENY",
            "iptables -A FORWARD -s 172.16.10.10 -j DROP\niptables -L",
        ],
    ),
    "check_5_3": (
        THERE + ESTABLISHED,
        [THERE, THERE + BACK, ESTABLISHED, "iptables -P FORWARD ACCEPT", "iptables -X NOSUCH"],
    ),
}
