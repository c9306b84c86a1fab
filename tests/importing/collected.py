"""Collectors' outputs, real and put together from recordings, and the labs they come to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from macvsim import Lab
from macvsim.exchange.document import Imported
from macvsim.exchange.machine import read_machine
from macvsim.exchange.sections import collector, read_output
from macvsim.labfile.build import build
from macvsim.labfile.document import read_markdown
from macvsim.labfile.frontmatter import FrontMatter

SECTIONS = {
    "link": "ip -j -d link", "addr": "ip -j addr", "route": "ip -j route", "neigh": "ip -j neigh",
    "fdb": "bridge -j fdb", "vlan": "bridge -j vlan",
}  # fmt: skip
EMPTY_HOST = {
    "link": [{"ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP"], "link_type": "loopback"}],
    "addr": [{"ifname": "lo", "addr_info": []}],
}


def output(state: Mapping[str, Mapping[str, Any]], sysctls: Mapping[str, str] | None = None) -> str:
    """What the collector prints on a machine with the named namespaces of a recorded state."""
    lines = ["===== macvsim collector 1", "===== machine: hostname", "recorded"]
    for name, tables in {"host": EMPTY_HOST, **state}.items():
        place = name if name == "host" else f"netns {name}"
        for table, what in SECTIONS.items():
            if table in tables:
                lines += [f"===== {place}: {what}", json.dumps(tables[table])]
        if sysctls and name in sysctls:
            lines += [f"===== {place}: sysctl", sysctls[name]]
    return "\n".join([*lines, "===== end", ""])


def imported(*outputs: str, **options: Any) -> tuple[Lab, Imported]:
    """The lab that the document of some machines describes, built from its text."""
    machines = [read_machine(read_output(text, f"host{n}.txt")) for n, text in enumerate(outputs, 1)]
    found = Imported(machines, **options)
    document = read_markdown(found.text, "lab.md")
    return build(FrontMatter(document.front, "lab.md", document.front_line)), found


def a_bit_of_everything() -> str:
    """The collector's output of a machine with a bit of everything."""
    lab = Lab()
    host = lab.host("host1", switch=lab.switch("sw1"))
    host.addr_add("enp0s8", "192.168.56.11/24")
    host.docker.network_create("mac1", driver="macvlan", subnet="172.16.10.0/24", parent="enp0s8.100")
    host.docker.run("c1", network="mac1", ip="172.16.10.2")
    host.docker.run("c2", ports={"80/tcp": [("", "8080")]})
    host.sh("ip netns add blue; ip link add name v0 type veth peer name v1 netns blue; ip link set dev v0 up")
    host.sh("ip link add name br1 type bridge vlan_filtering 1; ip link set dev v0 master br1; ip link set dev br1 up")
    host.sh("bridge vlan add dev v0 vid 7; bridge fdb add 02:00:00:00:00:05 dev v0 master static vlan 1")
    host.sh("ip -n blue link set dev v1 up; ip -n blue addr add 10.0.0.1/24 dev v1; ip route add 10.0.0.0/24 dev br1")
    host.sh("ip -n blue neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v1 nud permanent")
    return host.sh(collector()).stdout
