"""tcpdump on simulated devices: what it hears, what it says, how it ends.  The real one's texts are in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from macvsim import Lab
from macvsim.machine.host import Host, Result

BANNER = """\
tcpdump: verbose output suppressed, use -v[v]... for full protocol decode
listening on {}, link-type EN10MB (Ethernet), snapshot length 262144 bytes
"""
TAIL = "{0} packet{1} captured\n{0} packet{1} received by filter\n0 packets dropped by kernel\n"


class _Hosts:
    def __init__(self) -> None:
        self.lab = Lab(seed=0)
        switch = self.lab.switch("sw")
        self.h1, self.h2 = (self.lab.host(name, nic="enp0s8", switch=switch) for name in ("h1", "h2"))
        for number, host in enumerate((self.h1, self.h2), 1):
            host.addr_add("enp0s8", f"10.0.0.{number}/24")
            host.vlan("enp0s8", 100, ip=f"10.1.0.{number}/24")

    def sh(self, line: str, host: Host | None = None) -> Result:
        return (host or self.h1).sh(line)


@pytest.fixture
def hosts() -> Iterator[_Hosts]:
    yield _Hosts()


def _lines(result: Result) -> list[str]:
    """What was printed of packets, without times and echo identifiers."""
    found = []
    for line in result.stdout.splitlines():
        if re.match(r"\d\d:\d\d:\d\d\.\d{6} ", line):
            found.append(re.sub(r" id \d+,", " id N,", line[16:]))
    return found


def test_both_directions_with_link_layer(hosts: _Hosts) -> None:
    result = hosts.sh("tcpdump -e -n -c 4 -i enp0s8 & ping -c 1 10.0.0.2 >/dev/null; wait")
    one, two = hosts.h1.dev("enp0s8").mac.hex(":"), hosts.h2.dev("enp0s8").mac.hex(":")
    arp, ip = "ethertype ARP (0x0806), length 42: ", "ethertype IPv4 (0x0800), length 98: "
    assert _lines(result) == [
        f"{one} > ff:ff:ff:ff:ff:ff, {arp}Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
        f"{two} > {one}, {arp}Reply 10.0.0.2 is-at {two}, length 28",
        f"{one} > {two}, {ip}10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64",
        f"{two} > {one}, {ip}10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64",
    ]
    assert result.stderr == BANNER.format("enp0s8") + TAIL.format(4, "s")


def test_tags_are_seen_on_the_trunk_and_found_by_filters(hosts: _Hosts) -> None:
    hosts.sh("ping -c 1 10.1.0.2")
    trunk = hosts.sh("tcpdump -e -n -c 1 -i enp0s8 icmp & ping -c 1 10.1.0.2 >/dev/null; wait")
    assert (
        ", ethertype 802.1Q (0x8100), length 102: vlan 100, p 0, ethertype IPv4 (0x0800), 10.1.0.1 > " in trunk.stdout
    )
    inside = hosts.sh("tcpdump -n -c 1 -i enp0s8.100 & ping -c 1 10.1.0.2 >/dev/null; wait")
    assert _lines(inside) == ["IP 10.1.0.1 > 10.1.0.2: ICMP echo request, id N, seq 1, length 64"]
    other = hosts.sh("timeout 2 tcpdump -n -i enp0s8 vlan 200 & ping -c 1 10.1.0.2 >/dev/null; wait")
    assert _lines(other) == []
    assert other.stdout == "\n"
    assert other.stderr == BANNER.format("enp0s8") + TAIL.format(0, "s")


def test_direction(hosts: _Hosts) -> None:
    hosts.sh("ping -c 1 10.0.0.2")
    result = hosts.sh("timeout 2 tcpdump -n -Q in -i enp0s8 icmp & ping -c 1 10.0.0.2 >/dev/null; wait")
    assert _lines(result) == ["IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id N, seq 1, length 64"]
    assert "1 packet captured\n2 packets received by filter\n" in result.stderr  # the kernel does not know of -Q


def test_loopback_frames_are_shown_once(hosts: _Hosts) -> None:
    result = hosts.sh("timeout 3 tcpdump -n -i lo & ping -c 1 127.0.0.1 >/dev/null; wait")
    assert len(_lines(result)) == 2
    assert "2 packets captured\n4 packets received by filter\n" in result.stderr


def test_all_devices_at_once(hosts: _Hosts) -> None:
    hosts.sh("ping -c 1 10.1.0.2")
    result = hosts.sh("timeout 2 tcpdump -n -i any icmp & ping -c 1 10.1.0.2 >/dev/null; wait")
    assert _lines(result) == [
        "enp0s8.100 Out IP 10.1.0.1 > 10.1.0.2: ICMP echo request, id N, seq 1, length 64",
        "enp0s8 Out IP 10.1.0.1 > 10.1.0.2: ICMP echo request, id N, seq 1, length 64",
        "enp0s8 In  IP 10.1.0.2 > 10.1.0.1: ICMP echo reply, id N, seq 1, length 64",
        "enp0s8.100 In  IP 10.1.0.2 > 10.1.0.1: ICMP echo reply, id N, seq 1, length 64",
    ]
    assert result.stderr.startswith(
        "tcpdump: WARNING: any: That device doesn't support promiscuous mode\n"
        '(Promiscuous mode not supported on the "any" device)\n'
    )
    assert "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n" in result.stderr


def test_the_device_is_promiscuous_meanwhile(hosts: _Hosts) -> None:
    """Recording 121: a capture on a macvlan child makes its parent promiscuous, too."""
    hosts.h1.macvlan("enp0s8", "k1")
    child, parent = hosts.h1.dev("k1"), hosts.h1.dev("enp0s8")
    before = child.promiscuity, parent.promiscuity
    assert hosts.sh("tcpdump -i k1 -w /dev/null & sleep 1; ip -d link show k1 | grep -c 'promiscuity 1'; kill %1")
    assert (child.promiscuity, parent.promiscuity) == before
    during = hosts.sh("timeout 2 tcpdump -i k1 & sleep 1; ip -d link show enp0s8; ip -d link show k1; wait")
    assert f"promiscuity {before[1] + 1}" in during.stdout and f"promiscuity {before[0] + 1}" in during.stdout
    plain = hosts.sh("timeout 2 tcpdump -p -i k1 & sleep 1; ip -d link show k1; wait")
    assert f"promiscuity {before[0]}" in plain.stdout


def test_signals_end_it_well_but_for_kill(hosts: _Hosts) -> None:
    for signal in ("INT", "TERM", "HUP"):
        result = hosts.sh(f"tcpdump -n -i enp0s8 & sleep 1; kill -{signal} %1; wait %1; echo $?")
        assert result.stdout == "\n0\n"
        assert result.stderr == BANNER.format("enp0s8") + TAIL.format(0, "s")
    result = hosts.sh("tcpdump -n -i enp0s8 & sleep 1; kill -KILL %1; wait %1; echo $?")
    assert result.stdout == "137\n"
    assert result.stderr.startswith(BANNER.format("enp0s8")) and "captured" not in result.stderr
    assert hosts.sh("timeout 1 tcpdump -i enp0s8 -w /dev/null").code == 124


def test_a_pipe_that_breaks_ends_it(hosts: _Hosts) -> None:
    result = hosts.sh("tcpdump -n -l -i enp0s8 | head -n 1 & ping -c 3 10.0.0.2 >/dev/null; wait")
    assert len(_lines(result)) == 1
    assert "captured" not in result.stderr


def test_the_device_disappears(hosts: _Hosts) -> None:
    result = hosts.sh("tcpdump -n -i enp0s8.100 & sleep 1; ip link del enp0s8.100; wait %1; echo $?")
    assert result.stdout == "1\n"
    assert "tcpdump: pcap_loop: The interface disappeared\n0 packets captured\n" in result.stderr


def test_a_device_that_goes_down_and_up_is_heard_again(hosts: _Hosts) -> None:
    result = hosts.sh(
        "timeout 9 tcpdump -n -i enp0s8 icmp & ip link set enp0s8 down; ip link set enp0s8 up; "
        "ping -c 1 10.0.0.2 >/dev/null; wait"
    )
    assert len(_lines(result)) == 2


def test_files(hosts: _Hosts) -> None:
    hosts.sh("tcpdump -i enp0s8 -c 3 -w /tmp/x.pcap & ping -c 1 10.0.0.2 >/dev/null; wait")
    assert hosts.sh("wc -c < /tmp/x.pcap").stdout == f"{24 + 3 * 16 + 42 + 42 + 98}\n"
    shown = hosts.sh("tcpdump -n -r /tmp/x.pcap icmp")
    assert _lines(shown) == ["IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id N, seq 1, length 64"]
    assert shown.stderr == ("reading from file /tmp/x.pcap, link-type EN10MB (Ethernet), snapshot length 262144\n")
    assert hosts.sh("tcpdump -r /tmp/x.pcap --count arp").stdout == "2 packets\n"
    assert hosts.sh("tcpdump -r /tmp/x.pcap -w - arp | tcpdump -n -t -r - -c 1").stdout == (
        "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n"
    )
    assert hosts.sh("tcpdump -r /tmp/none").stderr == "tcpdump: /tmp/none: No such file or directory\n"
    assert hosts.sh("echo hello > /tmp/h; tcpdump -r /tmp/h").stderr == "tcpdump: unknown file format\n"
    assert hosts.sh("tcpdump -i enp0s8 -w /none/x").stderr == "tcpdump: /none/x: No such file or directory\n"


def test_names(hosts: _Hosts) -> None:
    hosts.h1.hosts["other.example"] = 0x0A000002
    result = hosts.sh("tcpdump -t -c 2 -i enp0s8 & ping -c 1 10.0.0.2 >/dev/null; wait")
    assert "ARP, Request who-has other.example tell 10.0.0.1, length 28\n" in result.stdout
    short = hosts.sh(
        "tcpdump -N -t -e -c 1 -i enp0s8 host other.example and icmp & ping -c 1 10.0.0.2 >/dev/null; wait"
    )
    assert " (oui Unknown), ethertype IPv4 (0x0800), length 98: 10.0.0.1 > other: ICMP echo request" in short.stdout


def test_time_is_that_of_the_host(hosts: _Hosts) -> None:
    result = hosts.sh("tcpdump -tttt -n -c 1 -i enp0s8 & sleep 61; ping -c 1 10.0.0.2 >/dev/null; wait")
    assert result.stdout.startswith("2026-01-01 00:01:01.000000 ARP, Request")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("-i nosuch", "tcpdump: nosuch: No such device exists\n(No such device exists)\n"),
        ("-i 77", "tcpdump: Invalid adapter index\n"),
        ("-i enp0s8 -c x", "tcpdump: invalid packet count x\n"),
        ("-i enp0s8 -c 0", "tcpdump: invalid packet count 0\n"),
        ("-s 300000", "tcpdump: invalid snaplen 300000 (must be >= 0 and <= 262144)\n"),
        ("-Q up", "tcpdump: unknown capture direction 'up'\n"),
        ("-tttttt", "tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported\n"),
        ("-i enp0s8 -y FOO", "tcpdump: invalid data link type FOO\n"),
        ("-i enp0s8 -I", "tcpdump: enp0s8: That device doesn't support monitor mode\n"),
        ("-i enp0s8 host frob", "tcpdump: unknown host 'frob'\n"),
        ("-i enp0s8 icmp and", "tcpdump: can't parse filter expression: syntax error\n"),
        ("-i enp0s8 -F /none", "tcpdump: can't open /none: No such file or directory\n"),
        ("-p -i any vlan", "tcpdump: no VLAN support for Linux cooked v2\n"),
        ("--time-stamp-precision=s", "tcpdump: unsupported time stamp precision\n"),
    ],
)
def test_complaints(hosts: _Hosts, words: str, complaint: str) -> None:
    result = hosts.sh(f"tcpdump {words}")
    assert (result.stderr, result.code, result.stdout) == (complaint, 1, "")


def test_usage(hosts: _Hosts) -> None:
    for words, first in (
        ("-k", "tcpdump: invalid option -- 'k'"),
        ("-i", "tcpdump: option requires an argument -- 'i'"),
        ("--frob", "tcpdump: unrecognized option '--frob'"),
        ("--n", "tcpdump: option '--n' is ambiguous; possibilities: '--nano' '--no-optimize' '--no-promiscuous-mode' "
                "'--number'"),
    ):  # fmt: skip
        lines = hosts.sh(f"tcpdump {words}").stderr.splitlines()
        assert lines[0] == first
        assert lines[1] == "tcpdump version 4.99.5"
        assert lines[5].startswith("Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#]")
    hosts.h1.link_set("enp0s8.100", up=False)
    assert hosts.sh("tcpdump -i enp0s8.100").stderr == "tcpdump: enp0s8.100: That device is not up\n"
    assert hosts.sh("tcpdump -d icmp").code == 95
    assert hosts.sh("tcpdump -D").stdout.splitlines()[:4] == [
        "1.enp0s8 [Up, Running, Connected]",
        "2.any (Pseudo-device that captures on all interfaces) [Up, Running]",
        "3.lo [Up, Running, Loopback]",
        "4.enp0s8.100 [Disconnected]",
    ]
    assert "EN10MB (Ethernet)" in hosts.sh("tcpdump -L").stdout
