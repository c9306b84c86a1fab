"""The router that hostile frames come to, made by the same commands on a running kernel and in the simulation."""

from __future__ import annotations

NEAR, FAR = "near", "far"
PARAMETERS = (
    "net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 "
    "net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=100000 net.ipv4.ipfrag_time=3600 "
    "net.ipv6.ip6frag_time=3600"
)
SETUP = (
    "ip link set lo up",
    f"ip netns add {NEAR}",
    f"ip netns add {FAR}",
    f"ip netns exec {NEAR} sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    f"ip netns exec {FAR} sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    f"sysctl -q -w {PARAMETERS}",
    f"ip link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 netns {NEAR}",
    f"ip link add eth1 address 02:00:00:00:00:11 mtu 1280 type veth peer name eth0 netns {FAR}",
    f"ip netns exec {NEAR} ip link set eth0 mtu 9000 up",
    f"ip netns exec {FAR} ip link set eth0 up",
    "ip link set eth0 up",
    "ip link set eth1 up",
    "ip addr add 10.0.0.1/24 dev eth0",
    "ip addr add 10.0.1.1/24 dev eth1",
    "ip addr add fd00::1/64 dev eth0 nodad",
    "ip addr add fd01::1/64 dev eth1 nodad",
    "ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent",
    "ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:12 dev eth1 nud permanent",
    "ip neigh replace fd00::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent",
    "ip neigh replace fe80::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent",
    "ip neigh replace fd01::2 lladdr 02:00:00:00:00:12 dev eth1 nud permanent",
)
