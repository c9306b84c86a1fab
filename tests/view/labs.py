"""Labs to draw: one of any size, and random ones."""

from __future__ import annotations

import random
from itertools import pairwise

from macvsim import Lab

NETWORKS = ((100, "172.16.10"), (200, "172.16.20"))


def large(hosts: int, containers: int) -> Lab:
    """Hosts on one switch, containers spread over them on two VLANs."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in range(hosts):
        host = lab.host(f"host{number + 1}", switch=sw1)
        for vid, net in NETWORKS:
            host.vlan("enp0s8", vid)
            host.docker.network_create(
                f"mac{vid // 10}",
                driver="macvlan",
                subnet=f"{net}.0/24",
                gateway=f"{net}.1",
                parent=f"enp0s8.{vid}",
            )
        for n in range(number, containers, hosts):
            vid, net = NETWORKS[n // hosts % 2]
            host.docker.run(f"c{n + 1}", network=f"mac{vid // 10}", ip=f"{net}.{10 + n}")
    return lab


def scrambled(seed: int) -> Lab:
    """Switches cabled to each other, hosts with several cards or none, VLANs, bridges, namespaces, containers in
    several networks.
    """
    dice = random.Random(seed)
    lab = Lab(seed=seed)
    policies = dice.choices(("bare-metal", "virtualbox-deny"), k=dice.randint(0, 3))
    switches = [lab.switch(f"sw{n}", policy=policy) for n, policy in enumerate(policies)]
    for a, b in pairwise(switches):
        lab.cable(a.port("up"), b.port("down"))
    if dice.random() < 0.3:
        ends = [lab.host(f"pair{n}", nic="eth0").dev("eth0") for n in range(2)]
        lab.cable(*ends)
    for switch in switches[: dice.randint(0, 1)]:
        switch.port("spare")
    for number in range(dice.randint(1, 7)):
        cards = {f"eth{n}": dice.choice([*switches, None]) for n in range(dice.randint(0, 3))}
        host = lab.host(f"h{number}" if dice.random() < 0.8 else f"a-machine-with-a-long-name-{number}", nics=cards)
        parents = list(cards)
        for card in cards:
            for vid in dice.sample((7, 10, 300), dice.randint(0, 2)):
                host.vlan(card, vid, ip=f"10.{number}.{vid % 100}.1/24" if dice.random() < 0.4 else None)
                parents.append(f"{card}.{vid}")
        networks = []
        for n, parent in enumerate(dice.sample(parents, min(len(parents), dice.randint(0, 3)))):
            driver = dice.choice(("macvlan", "ipvlan"))
            host.docker.network_create(f"n{n}", driver=driver, subnet=f"10.{100 + n}.{number}.0/24", parent=parent)
            networks.append(f"n{n}")
        if dice.random() < 0.4:
            host.docker.network_create("inner", subnet=f"10.200.{number}.0/24")
            networks.append("inner")
        for n in range(dice.choice((0, 1, 2, 3, 9)) if networks else 0):
            first, *more = dice.sample(networks, min(len(networks), dice.randint(1, 3)))
            container = host.docker.run(f"h{number}c{n}", network=first)
            for network in more:
                host.sh(f"docker network connect {network} {container.name}")
        for line in dice.sample(_TYPED, dice.randint(0, 3)):
            host.sh(line)
    return lab


_TYPED = (
    "ip link add br0 type bridge; ip link set br0 up; ip addr add 192.168.7.1/24 dev br0",
    "ip link add br1 type bridge; ip link add v0 type veth peer name v1; ip link set v0 master br1",
    "ip link add br2 type bridge; ip link set eth0 master br2; ip link set eth1 master br2",
    "ip netns add blue; ip link add w0 type veth peer name w1 netns blue; ip -n blue addr add 10.9.9.9/24 dev w1",
    "ip netns add red; ip netns add green; ip link add p0 type veth peer name p1; "
    "ip link set p0 netns red; ip link set p1 netns green",
    "ip link add shim link eth0 type macvlan mode private; "
    "for n in 1 2 3 4 5 6; do ip addr add 10.1.$n.1/24 dev shim; done",
    "ip link add dum0 type dummy; docker run -itd --name HOSTED --network host busybox",
    "docker run -itd --name lonely --network none busybox; docker stop lonely",
)
