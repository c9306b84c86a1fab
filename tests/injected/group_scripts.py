"""Scripts of parameters by default, groups, extension headers, announcements, and limits by iptables."""

from __future__ import annotations

from macvsim import Lab
from tests.hostile.frames import BEYOND, IPV6, NEAR, NEAR6, PEER, ROUTER, UDP, eth, icmp6, ipv6, udp
from tests.hostile.frames import ipv4 as packet4
from tests.injected.guest import Step
from tests.injected.ipv4_scripts import near
from tests.injected.ipv6_scripts import AT_ONCE, SHOW, sh, sysctl, wait

_AT_A_TIME = 5


def defaults() -> list[Step]:
    """Values of parameters before a script sets any."""
    host = Lab(seed=0).host("h", nics={}, ipv6=True)
    names = [name for name in host.sh("sysctl -a -N").stdout.split() if name.startswith(("net.ipv4", "net.ipv6"))]
    told = [name for name in names if not any(part in name for part in (".lo.", ".all.", "neigh.default"))]
    return [sh(f"sysctl {' '.join(told[at : at + _AT_A_TIME])}") for at in range(0, len(told), _AT_A_TIME)]


def tables() -> list[Step]:
    """Files under /proc/net and counters of devices, before and after frames that fill them."""
    names = ("if_inet6", "igmp6", "anycast6", "ipv6_route", "sockstat6", "dev_mcast", "arp", "route", "dev")
    shown = [sh(f"sort /proc/net/{name}") for name in names]
    counted = sh("ip -s -s link show dev eth0 | grep -v link/")
    odd = [["frame", (ROUTER + PEER + kind + bytes(46)).hex()] for kind in (b"\x88\xb5", b"\0\x10", b"\x86\xdd",
        b"\x81\0")]  # fmt: skip
    return [
        *shown, counted, *odd, counted, ["frame", (b"\x33\x33\0\0\0\1" + PEER + b"\x88\xb5" + bytes(46)).hex()],
        ["frame", (bytes(6) + PEER + b"\x88\xb5" + bytes(46)).hex()], counted,
        sh("ip addr add 2001:db8::5/64 dev eth0; ip addr add 10.9.0.1/32 dev eth1; ip route add 10.8.0.0/16 via "
           "10.0.0.2 "
           "metric 5; ip route add unreachable 10.7.0.0/16; ip -6 route add unreachable 2001:db8:7::/48; "
           "ip -6 route add 2001:db8:8::/48 via fe80::2 dev eth0 metric 7"),
        *shown, wait(3), *shown, sh("ip link set eth1 down"), *shown, ["listen", 5000], sh("cat /proc/net/tcp"),
        counted,
    ]  # fmt: skip


def scripts() -> dict[str, list[Step]]:
    echo = icmp6(128, b"\x12\x34\0\1" + bytes(8))

    def with_options(proto: int, options: bytes) -> Step:
        return ["frame", eth(ipv6(b"\x3a" + options + echo, proto, NEAR6), IPV6, ROUTER, PEER).hex()]

    one, two = b"\0\x1e\4" + bytes(4), b"\1\x1e\2\0\0\x1e\2\0\0\1\2\0\0"
    alert = b"\0\5\2\0\0\1\0"
    headers = [with_options(proto, options) for proto in (0, 60) for options in (one, two, alert)]
    groups: list[Step] = [
        sysctl("net.ipv4.conf.eth0.igmpv2_unsolicited_report_interval=1"),
        sysctl("net.ipv4.conf.eth0.igmpv3_unsolicited_report_interval=1"),
    ]
    for version in (3, 2, 1, 0, 4):
        groups += [
            sysctl(f"net.ipv4.conf.eth0.force_igmp_version={version}"),
            sh("ip addr add 239.1.2.3/32 dev eth0 autojoin"), wait(1), sh("ip addr del 239.1.2.3/32 dev eth0"), wait(1),
        ]  # fmt: skip
    groups += [
        sysctl("net.ipv4.conf.eth0.force_igmp_version=0 net.ipv4.conf.all.force_igmp_version=2"),
        sh("ip addr add 239.1.2.3/32 dev eth0 autojoin"), wait(1), sh("ip link set eth0 down"), wait(1),
        sh("ip link set eth0 up"), wait(3),
    ]  # fmt: skip
    limited = [near(packet4(udp(bytes((n,)), dst=BEYOND), UDP, NEAR, BEYOND)) for n in range(9)]
    return {
        "parameters by default": defaults(),
        "tables": tables(),
        "groups told": groups,
        "extension headers counted": [
            *headers, sysctl("net.ipv6.max_dst_opts_number=1"), *headers, sysctl("net.ipv6.max_dst_opts_number=-1"),
            *headers, sysctl("net.ipv6.max_hbh_opts_number=1"), *headers, sysctl("net.ipv6.max_hbh_opts_number=-2"),
            *headers, sysctl("net.ipv6.max_hbh_length=8 net.ipv6.max_dst_opts_length=8"), *headers,
        ],
        "addresses announced": [
            AT_ONCE, sysctl("net.ipv6.conf.eth0.ndisc_notify=1 net.ipv4.conf.eth0.arp_notify=1"),
            sh("ip addr add fd00::77/64 dev eth0; ip addr add 10.0.0.77/24 dev eth0"), wait(2.5), SHOW,
            sysctl("net.ipv6.conf.all.forwarding=0"), sh("ip addr add fd00::78/64 dev eth0 nodad"), wait(1),
            sh("ip link set eth0 address 02:00:00:00:00:0f"), wait(1), sh("ip link set eth0 down"),
            sh("ip link set eth0 up"),
            wait(4), SHOW,
        ],
        "datagrams of our own": [
            AT_ONCE, sh("traceroute -6 -n -m 1 -q 2 -w 1 fd01::2"),
            sh("traceroute -n -m 1 -q 2 -w 1 10.0.1.2"),
            sh("ip -6 route add unreachable 2001:db8::/32; traceroute -6 -n -m 1 -q 1 -w 1 2001:db8::1"),
        ],
        "limits": [
            sh("iptables -A FORWARD -m limit --limit 2/sec --limit-burst 3 -j ACCEPT; iptables -A FORWARD -j DROP"),
            *limited, wait(0.45), *limited[:2], wait(0.1), *limited[:3], wait(3), *limited[:5],
            sh("iptables -F; iptables -A FORWARD -m limit --limit 90/min --limit-burst 1 -j ACCEPT; iptables -P "
               "FORWARD DROP"),
            *limited[:3], wait(0.6), *limited[:2], wait(0.1), *limited[:2], wait(1.4), *limited[:3],
        ],
    }  # fmt: skip
