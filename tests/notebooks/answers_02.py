"""A right answer and wrong ones for each exercise of notebook 2."""

from __future__ import annotations

ON = "ip link set enp0s8 promisc on"

ANSWERS = {
    "check_2_1": ("PORT_NO_MATCH", ["NIC_FILTER", "NEIGH_FAILED", 3]),
    "check_2_2": (
        {"host1": ON, "host2": ON},
        [{"host1": ON}, {}, {"host1": "ip link set enp0s8 promisc yes"}, "promisc"],
    ),
    "check_2_3": (
        {"hyper-v-spoofing", "bare-metal"},
        [{"bare-metal"}, {"vmware-accept", "hyper-v-spoofing", "bare-metal"}, None],
    ),
}
