"""Mistakes, as the real programs of Debian 13 answer them; ``…`` stands for the usage text."""

from __future__ import annotations

import pytest

from tests.unit.tool_lab import pair_lab

BUSYBOX = [
    ("which", "…", 1),
    ("xargs -n x", "xargs: invalid number 'x'\n", 1),
    ("xargs -n 0", "xargs: number 0 is not in 1..2147483647 range\n", 1),
    ("ping -c zz", "ping: invalid number 'zz'\n", 1),
    ("ping -s zz", "…", 1),
    ("ping -c zz -Z", "ping: invalid number 'zz'\n", 1),
    ("ping -Z -c zz", "ping: invalid option -- 'Z'\n…", 1),
    ("ping -c 1 --help", "ping: unrecognized option '--help'\n…", 1),
    ("ping --help x", "…", 0),
    ("arping -c zz", "arping: invalid number 'zz'\n", 1),
    ("arping -w zz", "…", 1),
    ("arping --foo", "arping: unrecognized option '--foo'\n…", 1),
    ("traceroute -q zz", "…", 1),
    ("nc --foo", "nc: invalid option -- '-'\n…", 1),
    ("nc -N", "nc: invalid option -- 'N'\n…", 1),
    ("nc -w zz", "nc: invalid number 'zz'\n", 1),
    ("wget -T zz", "wget: invalid number 'zz'\n", 1),
    ("wget --post", "wget: option '--post' is ambiguous; possibilities: '--post-data' '--post-file'\n…", 1),
    ("httpd -p http", "httpd: bad address 'http'\n", 1),
    ("httpd -p 10.0.0.1:zz", "httpd: bad port 'zz'\n", 1),
    ("httpd -p", "httpd: option requires an argument -- 'p'\n…", 1),
    ("netstat --foo", "netstat: unrecognized option '--foo'\n…", 1),
    ("arp -H zz -N", "arp: invalid option -- 'N'\n…", 1),
    ("arp -H zz", "arp: zz: unknown hardware type\n", 1),
    ("arp -Ds 10.0.0.5 nosuch", "arp: can't get HW-Address for 'nosuch': No such device\n", 1),
    ("arp -s 10.0.0.5 02:00:00:00:00:05 foo", "…", 1),
    ("arp -sd 10.0.0.5", "arp: need hardware address\n", 1),
    ("route -A", "route: option requires an argument -- 'A'\n…", 1),
    ("route add 10.0.0.0/x dev v0", "route: invalid number 'x'\n", 1),
    ("route add 10.0.0.0/33 dev v0", "route: number 33 is not in 0..32 range\n", 1),
    ("route add default gw 10.0.0.2 metric x", "route: invalid number 'x'\n", 1),
    ("route -A inet6 add fd00:9::/129 dev v0", "route: number 129 is not in 0..128 range\n", 1),
    ("route -A inet6 add fd00:9::/64 dev nosuch", "route: SIOCGIFINDEX: No such device\n", 1),
    ("route zz -4", "route: invalid option -- '4'\n…", 1),
    ("route -host netmask", "…", 1),
    ("ifconfig nosuch irq 1", "ifconfig: SIOCGIFMAP: No such device\n", 1),
    ("ifconfig v0 irq 1", "ifconfig: SIOCSIFMAP: Operation not supported\n", 1),
    ("ifconfig nosuch keepalive 1", "ifconfig: SIOCSKEEPALIVE: No such device\n", 1),
    ("ifconfig v0 txqueuelen -1", "ifconfig: SIOCSIFTXQLEN: Invalid argument\n", 1),
    ("ifconfig v0 del zz", "ifconfig: bad address 'zz'\n", 1),
    ("ifconfig nosuch add fd00::1/64", "ifconfig: SIOCGIFINDEX: No such device\n", 1),
    ("ip -f foo addr", "ip: invalid argument 'foo' to 'family'\n", 1),
    ("udhcpc -r zz", "…", 1),
    ("udhcpc -x 0x3d:zz", "udhcpc: malformed hex string 'zz'\n", 1),
    ("udhcpc --retries=zz", "udhcpc: invalid number 'zz'\n", 1),
    ("sysctl 1 -w", "sysctl: error: '1' is an unknown key\nsysctl: error: '-w' is an unknown key\n", 1),
    ("sysctl ''", "sysctl: error: '' is an unknown key\n", 1),
]
_CONNTRACK = "conntrack v1.4.8 (conntrack-tools): "
_TRY = "\nTry `conntrack -h' or 'conntrack --help' for more information.\n"
_ETHTOOL = "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n"
_XARGS = "Try 'xargs --help' for more information.\n"
DEBIAN = [
    ("conntrack -F -s 10.0.0.1", f"{_CONNTRACK}Illegal option `--src' with this command{_TRY}", 2),
    ("conntrack -C -z", f"{_CONNTRACK}Illegal option `--zero' with this command{_TRY}", 2),
    ("conntrack -L --sport 80", f"{_CONNTRACK}unknown option `--sport'{_TRY}", 2),
    ("conntrack -L -s", f"{_CONNTRACK}option `-s' requires an argument{_TRY}", 2),
    ("conntrack --s", f"{_CONNTRACK}unknown option `--s'{_TRY}", 2),
    ("conntrack --du", f"{_CONNTRACK}0 flow entries have been shown.\n", 0),
    ("ethtool -Z lo", _ETHTOOL, 1),
    ("ethtool --js lo", _ETHTOOL, 1),
    ("ethtool -k", _ETHTOOL, 1),
    ("ethtool -k lo extra", "ethtool: unexpected parameter 'extra'\n", 1),
    ("ethtool -S lo extra", "ethtool (-S): unknown parameter 'extra'\n", 1),
    ("which -Z", "Illegal option -Z\n…", 2),
    ("xargs -n x", 'xargs: invalid number "x" for -n option\n' + _XARGS, 1),
    ("xargs -n 0", f"xargs: value 0 for -n option should be >= 1\n{_XARGS}", 1),
    ("xargs --foo", f"xargs: unrecognized option '--foo'\n{_XARGS}", 1),
    ("ifconfig -x", "ifconfig: option `-x' not recognised.\nifconfig: `--help' gives usage information.\n", 1),
    ("ifconfig v0 fd00::1/64", "fd00::1: Unknown host\nifconfig: `--help' gives usage information.\n", 1),
    ("ifconfig v0 10.0.0.5/zz", "…", 3),
    ("ifconfig v0 keepalive 1", "SIOCSKEEPALIVE: Operation not supported\n", 1),
    ("ifconfig nosuch irq 1", "irq: SIOCGIFMAP: No such device\n", 1),
    ("ifconfig nosuch add fd00::1/64", "SIOGIFINDEX: No such device\n", 1),
    (
        "ifconfig nosuch -promisc",
        "nosuch: ERROR while getting interface flags: No such device\n"
        "nosuch: ERROR while testing interface flags: No such device\n",
        255,
    ),
    (
        "ifconfig nosuch up del x1",
        "nosuch: ERROR while getting interface flags: No such device\nx1: Host name lookup failure\n",
        1,
    ),
    ("route -A foo", "Unknown address family `foo'.\n", 1),
    ("route add zz", "zz: Host name lookup failure\n", 6),
    ("route delete default", "SIOCDELRT: No such process\n", 7),
    ("route -6 add fd00:9::/64 dev nosuch", "SIOGIFINDEX: No such device\n", 7),
    ("route foo", "…", 3),
    ("arp --foo", "arp: unrecognized option '--foo'\n…", 3),
    ("arp --device", "arp: option '--device' requires an argument\n…", 3),
    ("arp -N -H zz", "arp: zz: unknown hardware type.\n", 255),
    ("arp -?", "…", 3),
    ("arp -s", "arp: need host name\n", 255),
    ("netstat -X", "netstat: invalid option -- 'X'\n…", 3),
    ("netstat --tc", "netstat: option '--tc' is ambiguous; possibilities: '--tcpip' '--tcp'\n…", 3),
    ("netstat -A foo -r", "Unknown address family `foo'.\n", 1),
    ("netstat -ri", "…", 3),
]


@pytest.mark.parametrize(
    ("flavour", "line", "err", "code"),
    [*(("busybox", *case) for case in BUSYBOX), *(("debian", *case) for case in DEBIAN)],
)
def test_mistakes(flavour: str, line: str, err: str, code: int) -> None:
    lab = pair_lab()
    one = lab.kernel.programs.find(line.split()[0], flavour)
    assert one is not None
    out, said, status = lab.run(line, flavour)
    assert (out, said.replace(one.text(), "…"), status) == ("", err, code)


def test_lists_of_a_usage_go_to_standard_error() -> None:
    lab = pair_lab()
    out, err, code = lab.run("arp --help")
    assert (code, out.splitlines()[0], err.splitlines()[0]) == (
        0,
        "Usage:",
        "    ash (Ash) ether (Ethernet) ax25 (AMPR AX.25) ",
    )
    out, err, code = lab.run("route -x")
    assert (code, err.splitlines()[0], len(err.splitlines())) == (0, "route: invalid option -- 'x'", 4)
    assert out.startswith("Usage: route [-nNvee]")


def test_netstat_lists_routes_of_a_family() -> None:
    lab = pair_lab()
    lab.do("ifconfig v0 10.0.0.1 up")
    for words, title in (("-rn", "  MSS Window  irtt Iface"), ("-rne", "Metric Ref    Use Iface"),
                         ("-rnee", "Metric Ref    Use Iface    MSS   Window irtt")):  # fmt: skip
        assert lab.out(f"netstat {words}").splitlines()[1].endswith(f"Flags {title}")
    assert lab.out("netstat -rA inet6") == lab.out("route -6")
    assert lab.out("busybox netstat -rne") == lab.out("busybox route -n")
