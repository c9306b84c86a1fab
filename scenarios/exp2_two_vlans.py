"""Experiment 2 of the document: two macvlan networks on 802.1Q sub-interfaces, and nothing that joins them.

::

    host1                                       host2
    +------------------------------+            +------------------------------+
    | d1 172.16.10.10  d2 ...20.10 |            | d3 172.16.10.11  d4 ...20.11 |
    |  eth0             eth0       |            |  eth0             eth0       |
    |   |                |         |            |   |                |         |
    | enp0s8.100     enp0s8.200    |            | enp0s8.100     enp0s8.200    |
    |        \\         /           |            |        \\         /           |
    |          enp0s8              |            |          enp0s8              |
    +------------|-----------------+            +------------|-----------------+
                 |  tagged 100, 200    +-----+               |
                 +---------------------| sw1 |---------------+
                                       +-----+

d1 and d3 share VLAN 100, d2 and d4 share VLAN 200.  Between the networks nobody answers for the gateway.
"""

from __future__ import annotations

from macvsim import Lab

NETWORKS = ((100, "mac10", "172.16.10"), (200, "mac20", "172.16.20"))


def build(lab: Lab) -> None:
    """Two hosts on a trunk, two networks, four containers."""
    sw1 = lab.switch("sw1")
    hosts = [lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2")]
    for number, host in enumerate(hosts):
        for column, (vid, network, net) in enumerate(NETWORKS):
            host.vlan("enp0s8", vid)
            host.docker.network_create(
                network, driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=f"enp0s8.{vid}"
            )
            name = f"d{2 * number + column + 1}"
            host.docker.run(name, network=network, ip=f"{net}.{10 + number}")


def main() -> None:
    """Inside a network pings pass; between networks they fail, and the reason is found."""
    lab = Lab(seed=0)
    build(lab)
    for name, target in (("d1", "172.16.20.10"), ("d1", "172.16.20.11")):
        print(f"== {name} -> {target}: another macvlan network")
        ping = lab[name].ping(target, count=2)
        print(ping)
        print(ping.explain())
        print()
    for name, target in (("d1", "172.16.10.11"), ("d2", "172.16.20.11")):
        print(f"== {name} -> {target}: the same macvlan network")
        print(lab[name].ping(target, count=2))


if __name__ == "__main__":
    main()
