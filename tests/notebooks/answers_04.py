"""A right answer and wrong ones for each exercise of notebook 4."""

from __future__ import annotations

LINKS = "vconfig add enp0s8 100\nvconfig add enp0s8 200\n"
ADDRESSES = (
    "ifconfig enp0s8.100 172.16.10.1 netmask 255.255.255.0 up\n"
    "ifconfig enp0s8.200 172.16.20.1 netmask 255.255.255.0 up\n"
)
FORWARD = "sysctl -w net.ipv4.ip_forward=1\n"

ANSWERS = {
    "check_4_1": (62, [63, 64, "62"]),
    "check_4_2": (
        LINKS + ADDRESSES + FORWARD,
        [LINKS + ADDRESSES, FORWARD, LINKS + ADDRESSES.replace("20.1", "20.11") + FORWARD, ADDRESSES, 4],
    ),
    "check_4_3": ((False, False), [(True, False), (False, True), (True, True), False]),
}
