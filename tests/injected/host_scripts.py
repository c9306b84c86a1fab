"""Scripts of answers that belong to connections, kinds of ICMP, sources of routes, idle and confirmed peers."""

from __future__ import annotations

from tests.hostile.frames import BEYOND6, ICMP, NEAR6, TCP, icmp, ipv4, tcp
from tests.injected.guest import Step
from tests.injected.ipv4_scripts import near
from tests.injected.ipv6_scripts import AT_ONCE, echo
from tests.injected.tcp_scripts import MSS, ack, acks, opened, seg, sh, wait

PEER_NEIGH = sh("ip neigh show 10.0.0.2 dev eth0")
STALE = sh("ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud stale")


def answers() -> dict[str, list[Step]]:
    """A reset of REJECT belongs to the connection that it ends; what of ICMP is counted."""
    return {
        "resets of a connection": [
            sh("iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset; "
               "iptables -A OUTPUT -p tcp -m conntrack --ctstate RELATED -j DROP"),
            near(ipv4(tcp(2), TCP)), sh("iptables -F OUTPUT"), near(ipv4(tcp(2), TCP)),
        ],
        "kinds of icmp": [
            near(ipv4(icmp(kind, rest=b"\x12\x34\0\1", data=bytes(28)), ICMP))
            for kind in (0, 1, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 40, 255)
        ],
    }  # fmt: skip


def settings() -> dict[str, list[Step]]:
    """Changes by ip take effect at once."""
    far = echo(NEAR6, BEYOND6)
    return {
        "sources of routes": [
            AT_ONCE,
            sh("ip addr add fd00::9/64 dev eth0; ip -6 route add 2001:db8:1::/48 via fe80::2 dev eth0 src fd00::9"),
            sh("ip -6 route add 2001:db8:2::/48 via fe80::2 dev eth0 src fd01::1"),
            sh("ip -6 route add 2001:db8:3::/48 via fe80::2 dev eth0 src fe80::ff:fe00:11"),
            sh("ip -6 route add 2001:db8:4::/48 via fe80::2 dev eth0 src fe80::ff:fe00:1"),
            sh("ip -6 route add 2001:db8:5::/48 via fe80::2 dev eth0 src fd00::2; ip -6 route | grep src"),
        ],
        "routes at once": [
            far, sh(f"ip -6 route add unreachable {BEYOND6}"), far, sh(f"ip -6 route del unreachable {BEYOND6}"), far,
            sh(f"ip -6 route add prohibit {BEYOND6} metric 5"), far,
            sh(f"ip -6 route replace {BEYOND6} dev eth1 metric 5"), far,
        ],
        "addresses of links": [
            sh(f"ip link set eth1 addrgenmode {mode}; sysctl net.ipv6.conf.eth1.addr_gen_mode")
            for mode in ("none", "eui64", "random", "none")
        ],
        "promiscuity of ports": [
            sh("ip link add br0 type bridge; ip link set br0 up; ip link set eth1 master br0; "
               "ip -d link show eth1 | grep -o 'promiscuity [0-9]*'"),
            sh("ip link set eth1 nomaster; ip -d link show eth1 | grep -o 'promiscuity [0-9]*'; "
               "ip link set eth1 master br0; ip link set eth1 promisc on; ip link set eth1 nomaster; "
               "ip -d link show eth1 | grep -o 'promiscuity [0-9]*'"),
        ],
    }  # fmt: skip


def scripts() -> dict[str, list[Step]]:
    grown = [*opened(), ["write", 40 * MSS], wait(0.01), *acks(2, 40)]
    return {
        **answers(),
        **settings(),
        "tcp idle": [
            *grown, wait(0.3), ["write", 60 * MSS], wait(0.01), *acks(42, 100), wait(0.7), ["write", MSS], wait(0.01),
        ],
        "tcp confirms a neighbour": [
            sh("sysctl -q -w net.ipv4.neigh.eth0.delay_first_probe_time=1"),
            *opened(), ["write", 100], wait(0.005), STALE, ack(1), wait(1.3), PEER_NEIGH,
            ack(101), STALE, ["write", 100], wait(0.005), seg(ack=101, len=10), wait(1.3), PEER_NEIGH,
            ack(201), STALE, ["write", 100], wait(0.005), ack(301), ["write", 10], wait(1.3), PEER_NEIGH,
        ],
    }  # fmt: skip
