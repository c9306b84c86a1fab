"""Experiment 1 of the document: two containers in the same macvlan network, on two hosts.

::

    host1                                   host2
    +--------------------+                  +--------------------+
    | c1 172.16.10.2     |                  | c2 172.16.10.3     |
    |  eth0 (macvlan)    |                  |  eth0 (macvlan)    |
    |   |                |                  |   |                |
    |  enp0s8            |                  |  enp0s8            |
    +---|----------------+                  +---|----------------+
        |            +----------------+         |
        +------------| sw1 VirtualBox |---------+
                     +----------------+

The hosts are VirtualBox machines.  Their virtual switch knows only the adapters' own MACs, so the ARP reply to c1's
MAC is lost until the
adapter's policy allows promiscuous mode *and* the guest switches it on: that is the document's note about promiscuous
mode.
"""

from __future__ import annotations

from macvsim import Lab


def build() -> Lab:
    """The hosts, the network and the containers; promiscuous mode is still off."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1", policy="virtualbox-allow-all")
    hosts = [lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2")]
    for host, name, ip in zip(hosts, ("c1", "c2"), ("172.16.10.2", "172.16.10.3"), strict=True):
        host.docker.network_create(
            "mac1", driver="macvlan", subnet="172.16.10.0/24", gateway="172.16.10.1", parent="enp0s8"
        )
        host.docker.run(name, network="mac1", ip=ip)
    return lab


def main() -> None:
    """Fail, say why, mend it, succeed."""
    lab = build()
    c1 = lab["c1"]
    print("== promiscuous mode is off")
    ping = c1.ping("172.16.10.3", count=1)
    print(ping)
    print(ping.explain())
    print()
    print("== ip link set enp0s8 promisc on, on both hosts")
    for name in ("host1", "host2"):
        lab[name].link_set("enp0s8", promisc=True)
    print(c1.ping("172.16.10.3", count=2))


if __name__ == "__main__":
    main()
