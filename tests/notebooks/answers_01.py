"""A right answer and wrong ones for each exercise of notebook 1."""

from __future__ import annotations

NETWORK = "docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1\n"

ANSWERS = {
    "check_1_1": (64, [63, "64", None]),
    "check_1_2": ("172.16.10.3", ["172.16.10.2", "172.16.10.1", "172.16.10.0/24"]),
    "check_1_3": (
        NETWORK + "docker run -itd --name c2 --ip 172.16.10.77 --network mac1 busybox",
        [
            NETWORK,
            NETWORK + "docker run -itd --name c2 --network mac1 busybox",
            "ip addr add 172.16.10.77/24 dev enp0s8",
            "docker run -itd --name c2 --ip 172.16.10.77 --network mac1 busybox",
            77,
        ],
    ),
}
