"""Names from /etc/hosts where net-tools and busybox show addresses, as on a real machine with the same file."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.machine.host import Box

HEAD = "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"


@pytest.fixture
def h1() -> Box:
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"h{number}", nic="eth0", switch=sw1, mac=f"0e:00:00:00:00:0{number}").addr_add(
            "eth0", f"10.0.0.{number}/24"
        )
    box = lab["h1"]
    box.sh("printf '10.0.0.2 hostb hb\\n10.0.0.9 hostc\\n10.7.0.0 netx\\n' >> /etc/hosts")
    box.sh("ip route add 10.7.0.0/16 via 10.0.0.2; route add -host hostc dev eth0; route add default gw hostb")
    box.sh("ping -c 1 10.0.0.2")
    return box


@pytest.mark.parametrize("words, name", [("", "hostb"), ("-e", "hostb"), ("hb", "hostb"), ("-n", "10.0.0.2")])
def test_arp(h1: Box, words: str, name: str) -> None:
    assert h1.sh(f"arp {words}").stdout.splitlines()[1] == (
        f"{name:<24} ether   0e:00:00:00:00:02   C                     eth0"
    )


def test_arp_in_the_other_style(h1: Box) -> None:
    line = "(10.0.0.2) at 0e:00:00:00:00:02 [ether] on eth0\n"
    assert [h1.sh(f"arp {words}").stdout for words in ("-a", "-an")] == [f"hostb {line}", f"? {line}"]
    line = line.replace("]", "] ")
    assert [h1.sh(f"busybox arp {words}").stdout for words in ("-a", "", "-n")] == [
        f"hostb {line}",
        f"hostb {line}",
        f"? {line}",
    ]


def test_route(h1: Box) -> None:
    """Hosts and gateways have names, networks have none; busybox names gateways only."""
    assert h1.sh("route").stdout == HEAD + (
        "default         hostb           0.0.0.0         UG    0      0        0 eth0\n"
        "10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0\n"
        "hostc           0.0.0.0         255.255.255.255 UH    0      0        0 eth0\n"
        "10.7.0.0        hostb           255.255.0.0     UG    0      0        0 eth0\n"
    )
    assert h1.sh("busybox route").stdout == HEAD + (
        "default         hostb           0.0.0.0         UG    0      0        0 eth0\n"
        "10.0.0.0        *               255.255.255.0   U     0      0        0 eth0\n"
        "10.0.0.9        *               255.255.255.255 UH    0      0        0 eth0\n"
        "10.7.0.0        hostb           255.255.0.0     UG    0      0        0 eth0\n"
    )
    assert [line.split()[1] for line in h1.sh("netstat -r").stdout.splitlines()[2:]] == [
        "hostb",
        "0.0.0.0",
        "0.0.0.0",
        "hostb",
    ]
    assert "host" not in h1.sh("route -n; netstat -rn; busybox route -n").stdout


def test_ping_says_the_canonical_name(h1: Box) -> None:
    said = h1.sh("ping -c 1 hb").stdout
    assert said.startswith("PING hostb (10.0.0.2) 56(84) bytes of data.\n64 bytes from hostb (10.0.0.2): icmp_seq=1 ")
    assert "\n--- hostb ping statistics ---\n" in said
    assert h1.sh("busybox ping -c 1 hb").stdout.startswith("PING hb (10.0.0.2): 56 data bytes\n")


def test_containers_ask_their_name_server() -> None:
    """It names containers of its own daemon; /etc/hosts comes first, and who is of another daemon has no name."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", nic="enp0s8", switch=sw1)
        host.docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8")
    for name, number in (("c1", 2), ("c2", 3)):
        lab["host1"].sh(f"docker run -itd --name {name} --network mac1 --ip 172.16.10.{number} busybox")
    lab["host2"].sh("docker run -itd --name c3 --network mac1 --ip 172.16.10.4 busybox")
    c1 = lab["c1"]
    c1.sh("ping -c 1 c2; ping -c 1 172.16.10.4")
    assert sorted(line.split(" at ")[0] for line in c1.sh("arp -a").stdout.splitlines()) == [
        "? (172.16.10.4)",
        "c2.mac1 (172.16.10.3)",
    ]
    assert c1.sh("traceroute c2").stdout.splitlines()[1].startswith(" 1  c2.mac1 (172.16.10.3)  ")
    assert c1.sh("traceroute 172.16.10.4").stdout.splitlines()[1].startswith(" 1  172.16.10.4 (172.16.10.4)  ")
    c1.sh("echo '172.16.10.4 far' >> /etc/hosts")
    assert c1.sh("arp 172.16.10.4").stdout.startswith("far (172.16.10.4) at ")
