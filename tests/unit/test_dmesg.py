"""dmesg: martians, LOG rules and a full neighbour table, as a kernel writes them."""

from __future__ import annotations

import re

from macvsim import Lab
from macvsim.docker.host import DockerHost
from macvsim.net.packet_socket import send_frame
from macvsim.wire import ipv4
from macvsim.wire.addr import ip_int
from macvsim.wire.compose import ipv4_template


def pair() -> tuple[Lab, DockerHost, DockerHost]:
    lab = Lab()
    switch = lab.switch("sw1")
    a = lab.host("a", nic="eth0", switch=switch, mac="02:00:00:00:00:01")
    b = lab.host("b", nic="eth0", switch=switch, mac="02:00:00:00:00:02")
    a.addr_add("eth0", "10.0.0.1/24")
    b.addr_add("eth0", "10.0.0.2/24")
    return lab, a, b


def lines(host: DockerHost) -> list[str]:
    """The log without its stamps, whose form is checked."""
    found = str(host.sh("dmesg")).splitlines()
    assert all(re.match(r"\[ *\d+\.\d{6}\] ", line) for line in found)
    return [line.partition("] ")[2] for line in found]


def test_martians() -> None:
    """Recorded: the first that shows is the ARP request, which is routed too."""
    _, a, b = pair()
    a.sh("sysctl -w net.ipv4.conf.all.log_martians=1 net.ipv4.conf.all.rp_filter=1")
    b.sh("ip addr add 99.9.9.9/32 dev eth0; ping -c 1 -W 1 -I 99.9.9.9 10.0.0.1")
    assert lines(a)[:2] == [
        "IPv4: martian source 10.0.0.1 from 99.9.9.9, on dev eth0",
        "ll header: 00000000: ff ff ff ff ff ff 02 00 00 00 00 02 08 06",
    ]
    a.sh("sysctl -w net.ipv4.conf.all.log_martians=0; dmesg -C")
    b.sh("ping -c 1 -W 1 -I 99.9.9.9 10.0.0.1")
    assert lines(a) == []


def test_not_too_many() -> None:
    """Ten in five seconds, and then a word about those that were left out."""
    _, a, b = pair()
    a.sh("sysctl -w net.ipv4.conf.all.log_martians=1 net.ipv4.conf.all.rp_filter=1")
    b.sh("ip addr add 99.9.9.9/32 dev eth0; ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth0")
    b.sh("ping -c 30 -i 0.01 -W 1 -I 99.9.9.9 10.0.0.1; sleep 6; ping -c 1 -W 1 -I 99.9.9.9 10.0.0.1")
    found = lines(a)
    assert sum("martian" in line for line in found) == 11
    assert "net_ratelimit: 20 callbacks suppressed" in found


def test_rules_that_log() -> None:
    lab, a, b = pair()
    a.sh("iptables -A INPUT -p icmp -j LOG --log-prefix 'ping: '")
    b.sh("ping -c 1 10.0.0.1")
    (line,) = lines(a)
    mac = "02:00:00:00:00:01:02:00:00:00:00:02:08:00"
    assert line.startswith(f"ping: IN=eth0 OUT= MAC={mac} SRC=10.0.0.2 DST=10.0.0.1 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ")
    assert "PROTO=ICMP TYPE=8 CODE=0 ID=" in line
    a.sh("iptables -A INPUT -p sctp -j LOG")
    b0 = b.ns.dev("eth0")
    header = ipv4.header(ipv4_template(132), length=28, ident=1, src=ip_int("10.0.0.2"), dst=ip_int("10.0.0.1"), ttl=64)
    send_frame(b0, bytes.fromhex("020000000001") + b0.mac + b"\x08\x00" + header + bytes(8))
    lab.run(1)
    assert lines(a)[1].endswith(" LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=132 ")
    a.sh("dmesg -c")
    b.sh("ping -c 1 10.0.0.1")
    assert str(a.sh("dmesg -c")).count("\n") == 1
    assert lines(a) == []


def test_namespaces_do_not_log() -> None:
    _, a, _ = pair()
    a.sh("ip netns add n; ip netns exec n ip link set lo up; ip netns exec n iptables -A INPUT -j LOG")
    a.sh("ip netns exec n ping -c 1 127.0.0.1")
    assert lines(a) == []


def test_a_full_neighbour_table() -> None:
    _, a, _ = pair()
    a.sh("sysctl -w net.ipv4.neigh.default.gc_thresh2=3 net.ipv4.neigh.default.gc_thresh3=4")
    for number in range(3, 9):
        a.sh(f"ping -c 1 -W 1 10.0.0.{number} &")
    a.sh("sleep 0.1; ping -c 1 -W 1 10.0.0.9")
    assert "neighbour: arp_cache: neighbor table overflow!" in lines(a)


def test_unused_neighbours_are_forgotten_where_there_are_many() -> None:
    """gc_stale_time counts from gc_thresh1 entries on."""
    lab, a, b = pair()
    b.sh("for i in 3 4 5; do ip addr add 10.0.0.$i/24 dev eth0; done")
    for number in range(2, 6):
        assert a.ping(f"10.0.0.{number}", count=1)
    lab.run(200)
    assert len(str(a.sh("ip neigh")).splitlines()) == 4
    a.sh("sysctl -w net.ipv4.neigh.default.gc_thresh1=2")
    assert a.ping("10.0.0.2", count=1)
    b.sh("ip addr add 10.0.0.6/24 dev eth0")
    assert a.ping("10.0.0.6", count=1)
    lab.run(20)
    assert {line.split()[0] for line in str(a.sh("ip neigh")).splitlines()} == {"10.0.0.2", "10.0.0.6"}
