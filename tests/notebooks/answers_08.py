"""A right answer and wrong ones for each exercise of notebook 8."""

from __future__ import annotations

NETWORK = "docker network create -d ipvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 net1\n"
RUN = "docker run -itd --name c1 --ip=172.16.10.2 --network net1 busybox\n"

ANSWERS = {
    "check_8_1": ((1, 2), [(2, 2), (1, 1), (2, 1), 1]),
    "check_8_2": (
        NETWORK + RUN,
        [NETWORK.replace("ipvlan", "macvlan") + RUN, NETWORK, NETWORK + RUN.replace(".10.2", ".10.3"), RUN],
    ),
    "check_8_3": ("broadcasts", ["pings", "packets to other subnets", "frames", None]),
}
