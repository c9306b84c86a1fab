"""A right answer and wrong ones for each exercise of notebook 7."""

from __future__ import annotations

BRIDGE = "ip link add br0 type bridge\nip link set br0 up\nip link set enp0s8 master br0\n"
BEHIND = (
    "ip netns add b1\nip link add veth1 type veth peer name eth0 netns b1\nip link set veth1 master br0 up\n"
    "ip -n b1 addr add 172.16.10.11/24 dev eth0\nip -n b1 link set eth0 up\n"
)

ANSWERS = {
    "check_7_1": ((0, 1), [(1, 0), (1, 1), (0, 0), 1]),
    "check_7_2": ((63, "172.16.10.101"), [(64, "172.16.10.101"), (63, "172.17.0.2"), 63]),
    "check_7_3": (
        BRIDGE + BEHIND,
        [
            BRIDGE,
            BRIDGE + BEHIND.replace(" master br0", ""),
            "ip addr add 172.16.10.11/24 dev enp0s8",
            BRIDGE + "ip netns add b1\nip addr add 172.16.10.11/24 dev br0",
            BRIDGE.replace("br0", "br1"),
        ],
    ),
}
