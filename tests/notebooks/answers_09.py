"""A right answer and wrong ones for each exercise of notebook 9."""

from __future__ import annotations

PLACES = {"A": "sw1:host2", "B": "host2:enp0s8.100", "C": "d1:eth0"}

ANSWERS = {
    "check_9_1": (PLACES, [{**PLACES, "A": "sw1:host1"}, {"A": "sw1:host2"}, "sw1:host2"]),
    "check_9_2": (
        {"host2": "ip link set enp0s8.100 up"},
        [
            {},
            {"host1": "ip link set enp0s8.100 up"},
            {"host2": "ip link set enp0s8 promisc on"},
            {"host2": "ip link up"},
        ],
    ),
    "check_9_3": (
        {"host1": "ip link set enp0s8 up"},
        [{}, {"host2": "ip link set enp0s8 up"}, "ip link set enp0s8 up"],
    ),
}
