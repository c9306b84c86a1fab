"""Experiment 3 of the document: host3 routes between the two macvlan networks.

::

    host1: d1 (VLAN 100), d2 (VLAN 200)        host2: d3 (VLAN 100), d4 (VLAN 200)
        |  enp0s8, tagged 100, 200                 |  enp0s8, tagged 100, 200
        |             +-----+                      |
        +-------------| sw1 |----------------------+
                      +-----+
                         |  enp0s8, tagged 100, 200
                    host3: enp0s8.100 172.16.10.1/24, enp0s8.200 172.16.20.1/24
                           net.ipv4.ip_forward = 1

Without forwarding host3 answers ARP for both gateways and drops what it is given.  With it every packet between the
networks
passes host3 once in each direction, so the replies come with TTL 63.
"""

from __future__ import annotations

from exp2_two_vlans import build

from macvsim import Lab


def main() -> None:
    """No router; a router that does not forward; a router."""
    lab = Lab(seed=0)
    build(lab)
    d1 = lab["d1"]
    print("== no router")
    ping = d1.ping("172.16.20.10", count=1)
    print(ping)
    print(ping.explain())
    print()
    print("== host3 has the gateway addresses, but does not forward")
    host3 = lab.host("host3", nic="enp0s8", switch="sw1", flavour="centos")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    ping = d1.ping("172.16.20.10", count=1)
    print(ping)
    print(ping.explain())
    print()
    print("== sysctl -w net.ipv4.ip_forward=1 on host3")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    for target in ("172.16.20.10", "172.16.20.11"):
        print(d1.ping(target, count=2))


if __name__ == "__main__":
    main()
