"""A right answer and wrong ones for each exercise of notebook 6."""

from __future__ import annotations

SHIM = (
    "ip link add shim link enp0s8 type macvlan mode bridge\nip link set shim up\nip addr add 172.16.10.50/24 dev shim\n"
)

ANSWERS = {
    "check_6_1": ({"bridge"}, [{"bridge", "vepa"}, set(), 1]),
    "check_6_2": ({"bridge", "vepa"}, [{"bridge"}, {"bridge", "private", "vepa"}, None]),
    "check_6_3": (
        SHIM,
        [
            "ip addr add 172.16.10.50/24 dev enp0s8",
            SHIM.replace("mode bridge", "mode private"),
            SHIM.replace("172.16.10.50", "172.16.10.51"),
            "ip link set enp0s8 promisc on",
        ],
    ),
}
