"""Every command line of the document, as it is written there, runs on its node and prints what the document prints."""

from __future__ import annotations

import pytest

from macvsim.labfile.compare import differences
from tests.scenarios.played import outcomes

BOTH = ("host1", "host2")
ROUTER = ("localhost",)
"""host3 by the name in its prompt."""
NETWORK_LS = """\
NETWORK ID          NAME                DRIVER              SCOPE
128956db798a        bridge              bridge              local
19fb1af129e6        host                host                local
2509b3717813        mac1                macvlan             local
d5b0798e725e        none                null                local"""
PING_C2 = """\
PING 172.16.10.3 (172.16.10.3): 56 data bytes
64 bytes from 172.16.10.3: seq=0 ttl=64 time=0.641 ms
64 bytes from 172.16.10.3: seq=1 ttl=64 time=0.393 ms

--- 172.16.10.3 ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.393/0.517/0.641 ms"""
PING_D2 = """\
PING 172.16.20.10 (172.16.20.10): 56 data bytes
64 bytes from 172.16.20.10: seq=0 ttl=63 time=0.661 ms
64 bytes from 172.16.20.10: seq=1 ttl=63 time=0.717 ms

--- 172.16.20.10 ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.661/0.689/0.717 ms"""
PING_D4 = """\
PING 172.16.20.11 (172.16.20.11): 56 data bytes
64 bytes from 172.16.20.11: seq=0 ttl=63 time=0.548 ms
64 bytes from 172.16.20.11: seq=1 ttl=63 time=0.529 ms

--- 172.16.20.11 ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.529/0.538/0.548 ms"""
ROUTE_D1 = """\
default via 172.16.10.1 dev eth0 
172.16.10.0/24 dev eth0 scope link  src 172.16.10.10 """  # noqa: W291
ROUTE_HOST3 = """\
default via 192.168.108.1 dev enp0s3 proto dhcp metric 100 
172.16.10.0/24 dev enp0s8.100 proto kernel scope link src 172.16.10.1 
172.16.20.0/24 dev enp0s8.200 proto kernel scope link src 172.16.20.1 
192.168.56.0/24 dev enp0s8 proto kernel scope link src 192.168.56.122 metric 101 
192.168.108.0/24 dev enp0s3 proto kernel scope link src 192.168.108.2 metric 100 """  # noqa: W291

CREATE = "docker network create -d macvlan --subnet=172.16.{0}.0/24 --gateway=172.16.{0}.1 -o parent={1} {2}"
EXPERIMENT1 = [
    (BOTH, CREATE.format(10, "enp0s8", "mac1"), None),
    (BOTH, "docker network ls", NETWORK_LS),
    ("host1", "docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox", None),
    ("host2", "docker run -itd --name c2 --ip=172.16.10.3 --network mac1 busybox", None),
    ("host1", "docker exec c1 ping -c 2 172.16.10.3", PING_C2),
]
VLANS = [
    "vconfig add enp0s8 100",
    "vconfig add enp0s8 200",
    "vconfig set_flag enp0s8.100 1 1",
    "vconfig set_flag enp0s8.200 1 1",
]
EXPERIMENT2 = [
    *((BOTH, line, None) for line in (*VLANS, "ifconfig enp0s8.100 up", "ifconfig enp0s8.200 up")),
    (BOTH, CREATE.format(10, "enp0s8.100", "mac10"), None),
    (BOTH, CREATE.format(20, "enp0s8.200", "mac20"), None),
    ("host1", "docker run -itd --name d1 --ip=172.16.10.10 --network mac10 busybox", None),
    ("host1", "docker run -itd --name d2 --ip=172.16.20.10 --network mac20 busybox", None),
    ("host2", "docker run -itd --name d3 --ip=172.16.10.11 --network mac10 busybox", None),
    ("host2", "docker run -itd --name d4 --ip=172.16.20.11 --network mac20 busybox", None),
]
EXPERIMENT3 = [
    (ROUTER, "sysctl -w net.ipv4.ip_forward=1", None),
    *((ROUTER, line, None) for line in VLANS),
    (ROUTER, "ifconfig enp0s8.100 172.16.10.1 netmask 255.255.255.0 up", None),
    (ROUTER, "ifconfig enp0s8.200 172.16.20.1 netmask 255.255.255.0 up", None),
    ("host1", "docker exec d1 ping -c 2 172.16.20.10", PING_D2),
    ("host1", "docker exec d1 ping -c 2 172.16.20.11", PING_D4),
    ("host1", "docker exec d1 ip route", ROUTE_D1),
    (ROUTER, "ip route", ROUTE_HOST3),
]
POSTSCRIPT = [
    *(
        (ROUTER, f"iptables {rule}", None)
        for rule in (
            "-t nat -A POSTROUTING -o enp0s8.100 -j MASQUERADE",
            "-t nat -A POSTROUTING -o enp0s8.200 -j MASQUERADE",
            "-A FORWARD -i enp0s8.100 -o enp0s8.200 -m state --state RELATED,ESTABLISHED -j ACCEPT",
            "-A FORWARD -i enp0s8.200 -o enp0s8.100 -m state --state RELATED,ESTABLISHED -j ACCEPT",
            "-A FORWARD -i enp0s8.100 -o enp0s8.200 -j ACCEPT",
            "-A FORWARD -i enp0s8.200 -o enp0s8.100 -j ACCEPT",
            "-t nat -A POSTROUTING -oenp0s8.200 -j MASQUERADE",
        )
    ),
    ("host1", "docker exec d1 ping -c 2 172.16.20.10", PING_D2),
]
CASES = [
    (lab, node, command, text)
    for lab, lines in (
        ("exp1_same_macvlan", EXPERIMENT1),
        ("exp2_two_vlans", EXPERIMENT2),
        ("exp3_router", EXPERIMENT3),
        ("exp3_iptables", POSTSCRIPT),
    )
    for nodes, command, text in lines
    for node in ([nodes] if isinstance(nodes, str) else nodes)
]


@pytest.mark.parametrize("language", ["", ".zh"], ids=["en", "zh"])
@pytest.mark.parametrize(("lab", "node", "command", "text"), CASES)
def test_command(lab: str, node: str, command: str, text: str | None, language: str) -> None:
    ran = [one for one in outcomes(f"{lab}{language}.md") if (one.step.node, one.step.command) == (node, command)]
    assert ran, f"{command} is not run on {node}"
    first = ran[0]
    assert first.status == 0
    if text is not None:
        assert differences(command, text.split("\n"), first.lines) == []
    elif command.startswith("docker"):
        assert differences(command, ["0" * 63 + "a"], first.lines) == []


def test_the_rules_are_what_lets_the_pings_through() -> None:
    found = [outcome for outcome in outcomes("exp3_iptables.md") if outcome.pings]
    assert [ping.received for outcome in found for ping in outcome.pings] == [0, 2, 2, 2]
    assert "NETFILTER_DROP" in str(found[0].pings[0].explain())


@pytest.mark.parametrize(
    ("node", "target", "answered"),
    [("d1", "172.16.10.11", 2), ("d2", "172.16.20.11", 2), ("d1", "172.16.20.10", 0), ("d1", "172.16.20.11", 0)],
)
def test_who_reaches_whom_in_experiment_2(node: str, target: str, answered: int) -> None:
    (ping,) = [
        ping
        for outcome in outcomes("exp2_two_vlans.md")
        if outcome.step.command == f"docker exec {node} ping -c 2 {target}"
        for ping in outcome.pings
    ]
    assert (ping.sent, ping.received) == (2, answered)
