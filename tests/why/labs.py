"""Labs that work, as data to break: nodes, links, what is typed, and the ping that is asked about last."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class LabText:
    """A lab document in parts; `steps` and `asked`: node and command."""

    name: str
    nodes: dict[str, dict[str, Any]]
    links: list[dict[str, Any]]
    steps: list[tuple[str, str]]
    asked: tuple[str, str]
    more: list[tuple[str, str]] = field(default_factory=list)
    """Other pings that work, before the one that is asked about."""

    def copy(self) -> LabText:
        return copy.deepcopy(self)

    @property
    def text(self) -> str:
        front = {"name": self.name, "topology": {"nodes": self.nodes, "links": self.links}}
        lines = [f"{node}# {command}" for node, command in [*self.steps, *self.more, self.asked]]
        return "---\n" + json.dumps(front, indent=1) + "\n---\n\n```console\n" + "\n".join(lines) + "\n```\n"


def _links(*ends: str, **options: Any) -> list[dict[str, Any]]:
    return [{"endpoints": [end, f"sw1:{number}"], **options} for number, end in enumerate(ends, 1)]


def _nics(*addresses: str, **card: Any) -> dict[str, Any]:
    return {"nics": {"enp0s8": {"addresses": list(addresses), **card}}}


def _run(host: str, name: str, ip: str, network: str) -> tuple[str, str]:
    return host, f"docker run --privileged -itd --name {name} --ip={ip} --network {network} busybox"


def _network(host: str, name: str, net: str, parent: str, driver: str = "macvlan", more: str = "") -> tuple[str, str]:
    return host, (
        f"docker network create -d {driver} --subnet={net}.0/24 --gateway={net}.1 -o parent={parent}{more} {name}"
    )


def flat() -> LabText:
    """Two containers of one macvlan network on two hosts."""
    return LabText(
        "flat",
        {
            "host1": _nics("192.168.56.11/24"),
            "host2": _nics("192.168.56.12/24"),
            "host3": _nics("192.168.56.13/24"),
            "sw1": {"kind": "switch"},
        },
        _links("host1:enp0s8", "host2:enp0s8", "host3:enp0s8"),
        [
            _network("host1", "lan", "172.16.10", "enp0s8"),
            _run("host1", "c1", "172.16.10.2", "lan"),
            _network("host2", "lan", "172.16.10", "enp0s8"),
            _run("host2", "c2", "172.16.10.3", "lan"),
        ],
        ("host1", "docker exec c1 ping -c 1 -W 1 172.16.10.3"),
        [("host1", "ping -c 1 -W 1 192.168.56.13")],
    )


def siblings() -> LabText:
    """Two containers on one card, and an unprivileged third."""
    return LabText(
        "siblings",
        {"host1": _nics("192.168.56.11/24"), "host2": _nics("172.16.10.9/24"), "sw1": {"kind": "switch"}},
        _links("host1:enp0s8", "host2:enp0s8"),
        [
            _network("host1", "lan", "172.16.10", "enp0s8"),
            _run("host1", "c1", "172.16.10.2", "lan"),
            ("host1", "docker run -itd --name c3 --ip=172.16.10.4 --network lan busybox"),
        ],
        ("host1", "docker exec c1 ping -c 1 -W 1 172.16.10.4"),
        [("host1", "docker exec c3 ping -c 1 -W 1 172.16.10.9")],
    )


def routed() -> LabText:
    """The document's third experiment: two VLANs and a router."""
    return LabText(
        "routed",
        {
            "host1": _nics("192.168.56.11/24"),
            "host2": _nics("192.168.56.12/24"),
            "host3": _nics("192.168.56.13/24"),
            "sw1": {
                "kind": "switch",
                "ports": {
                    "1": {"mode": "trunk", "vlans": [100, 200]},
                    "2": {"mode": "trunk", "vlans": [100, 200]},
                    "3": {"mode": "trunk", "vlans": [100, 200]},
                },
            },
        },
        _links("host1:enp0s8", "host2:enp0s8", "host3:enp0s8"),
        [
            ("host1", "vconfig add enp0s8 100"),
            ("host1", "ifconfig enp0s8.100 up"),
            _network("host1", "mac10", "172.16.10", "enp0s8.100"),
            _run("host1", "d1", "172.16.10.10", "mac10"),
            ("host2", "vconfig add enp0s8 200"),
            ("host2", "ifconfig enp0s8.200 up"),
            _network("host2", "mac20", "172.16.20", "enp0s8.200"),
            _run("host2", "d4", "172.16.20.11", "mac20"),
            ("host3", "sysctl -w net.ipv4.ip_forward=1"),
            ("host3", "vconfig add enp0s8 100"),
            ("host3", "vconfig add enp0s8 200"),
            ("host3", "ifconfig enp0s8.100 172.16.10.1 netmask 255.255.255.0 up"),
            ("host3", "ifconfig enp0s8.200 172.16.20.1 netmask 255.255.255.0 up"),
        ],
        ("d1", "ping -c 1 -W 1 172.16.20.11"),
        [("host1", "ping -c 1 -W 1 192.168.56.13")],
    )


def access() -> LabText:
    """Access ports and a router with a card in each VLAN; containers on the cards themselves."""
    return LabText(
        "access",
        {
            "host1": _nics(),
            "host2": _nics(),
            "router": {
                "nics": {"eth0": {"addresses": ["172.16.10.1/24"]}, "eth1": {"addresses": ["172.16.20.1/24"]}},
                "exec": ["sysctl -w net.ipv4.ip_forward=1"],
            },
            "sw1": {
                "kind": "switch",
                "ports": {
                    "1": {"mode": "access", "vlan": 10},
                    "2": {"mode": "access", "vlan": 20},
                    "3": {"mode": "access", "vlan": 10},
                    "4": {"mode": "access", "vlan": 20},
                },
            },
        },
        _links("host1:enp0s8", "host2:enp0s8", "router:eth0", "router:eth1"),
        [
            _network("host1", "mac10", "172.16.10", "enp0s8"),
            _run("host1", "d1", "172.16.10.10", "mac10"),
            _network("host2", "mac20", "172.16.20", "enp0s8"),
            _run("host2", "d2", "172.16.20.10", "mac20"),
        ],
        ("d1", "ping -c 1 -W 1 172.16.20.10"),
    )


def natted() -> LabText:
    """A container of Docker's bridge, and a machine outside."""
    return LabText(
        "natted",
        {"host1": _nics("192.168.56.11/24"), "host2": _nics("192.168.56.12/24"), "sw1": {"kind": "switch"}},
        _links("host1:enp0s8", "host2:enp0s8"),
        [
            ("host1", "docker network create --subnet=172.20.0.0/24 net1"),
            _run("host1", "b1", "172.20.0.2", "net1"),
        ],
        ("b1", "ping -c 1 -W 1 192.168.56.12"),
        [("host1", "ping -c 1 -W 1 172.20.0.2")],
    )


def bridged() -> LabText:
    """Namespaces on Linux bridges of two hosts."""
    steps = []
    for host, name, ip in (("host1", "red", "10.1.0.1"), ("host2", "blue", "10.1.0.2")):
        steps += [
            (host, "ip link add br0 type bridge"),
            (host, "ip link set enp0s8 master br0"),
            (host, "ip link set br0 up"),
            (host, f"ip netns add {name}"),
            (host, f"ip link add veth0 type veth peer name eth0 netns {name}"),
            (host, "ip link set veth0 master br0"),
            (host, "ip link set veth0 up"),
            (host, f"ip -n {name} addr add {ip}/24 dev eth0"),
            (host, f"ip -n {name} link set eth0 up"),
        ]
    return LabText(
        "bridged",
        {"host1": _nics(), "host2": _nics(), "sw1": {"kind": "switch"}},
        _links("host1:enp0s8", "host2:enp0s8"),
        steps,
        ("host1", "ip netns exec red ping -c 1 -W 1 10.1.0.2"),
    )


def ipvlan() -> LabText:
    """ipvlan at a switch that takes one MAC from each port."""
    return LabText(
        "ipvlan",
        {
            "host1": _nics("192.168.56.11/24"),
            "host2": _nics("192.168.56.12/24"),
            "sw1": {"kind": "switch", "policy": "wifi"},
        },
        _links("host1:enp0s8", "host2:enp0s8"),
        [
            _network("host1", "lan", "172.16.10", "enp0s8", "ipvlan"),
            _run("host1", "c1", "172.16.10.2", "lan"),
            _network("host2", "lan", "172.16.10", "enp0s8", "ipvlan"),
            _run("host2", "c2", "172.16.10.3", "lan"),
        ],
        ("c1", "ping -c 1 -W 1 172.16.10.3"),
        [("host1", "ping -c 1 -W 1 192.168.56.12")],
    )


def chain() -> LabText:
    """Static routes over two routers."""
    return LabText(
        "chain",
        {
            "a": {"nics": {"eth0": {"addresses": ["10.0.1.2/24"]}}, "exec": ["ip route add default via 10.0.1.1"]},
            "r1": {
                "nics": {"eth0": {"addresses": ["10.0.1.1/24"]}, "eth1": {"addresses": ["10.0.2.1/24"]}},
                "exec": ["sysctl -w net.ipv4.ip_forward=1", "ip route add 10.0.3.0/24 via 10.0.2.2"],
            },
            "r2": {
                "nics": {"eth0": {"addresses": ["10.0.2.2/24"]}, "eth1": {"addresses": ["10.0.3.1/24"]}},
                "exec": ["sysctl -w net.ipv4.ip_forward=1", "ip route add 10.0.1.0/24 via 10.0.2.1"],
            },
            "b": {"nics": {"eth0": {"addresses": ["10.0.3.2/24"]}}},
        },
        [
            {"endpoints": ["a:eth0", "r1:eth0"]},
            {"endpoints": ["r1:eth1", "r2:eth0"]},
            {"endpoints": ["r2:eth1", "b:eth0"]},
        ],
        [("b", "ip route add default via 10.0.3.1")],
        ("a", "ping -c 1 -W 1 10.0.3.2"),
        [("a", "ping -c 1 -W 1 10.0.1.1")],
    )


def six() -> LabText:
    """IPv6 through a router."""
    return LabText(
        "six",
        {
            "a": {"ipv6": True, "nics": {"eth0": {}}},
            "r": {"ipv6": True, "nics": {"eth0": {}, "eth1": {}}},
            "b": {"ipv6": True, "nics": {"eth0": {}}},
        },
        [{"endpoints": ["a:eth0", "r:eth0"]}, {"endpoints": ["r:eth1", "b:eth0"]}],
        [
            ("r", "sysctl -w net.ipv6.conf.all.forwarding=1"),
            ("r", "ip -6 addr add 2001:db8:1::1/64 dev eth0"),
            ("r", "ip -6 addr add 2001:db8:2::1/64 dev eth1"),
            ("a", "ip -6 addr add 2001:db8:1::2/64 dev eth0"),
            ("b", "ip -6 addr add 2001:db8:2::2/64 dev eth0"),
            ("a", "ip -6 route add default via 2001:db8:1::1"),
            ("b", "ip -6 route add default via 2001:db8:2::1"),
            ("a", "sleep 3"),
        ],
        ("a", "ping -6 -c 1 -W 1 2001:db8:2::2"),
    )


def virtual() -> LabText:
    """Virtual machines whose adapters may be promiscuous, and are."""
    lab = flat()
    lab.name = "virtual"
    lab.nodes["sw1"]["policy"] = "virtualbox-allow-all"
    for host in ("host1", "host2"):
        lab.steps.insert(0, (host, "ip link set enp0s8 promisc on"))
    return lab


LABS = [flat, siblings, routed, access, natted, bridged, ipvlan, chain, six, virtual]
