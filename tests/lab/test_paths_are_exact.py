"""Learned paths change nothing but the time it takes: random labs, run with and without them, end in the same state.

Captures, counters, neighbour tables, drops, journals, printed texts and nanosecond times are compared after pings that
overlap with every kind of change a path depends on, some of them while frames are under way.
"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from macvsim import Lab
from macvsim.dev.nic import Nic
from macvsim.machine.capture import Capture
from macvsim.switch import SwitchPort
from macvsim.testing.compare import everything as state

pytestmark = pytest.mark.slow

SEEDS = range(12)


def build(lab: Lab, dice: random.Random) -> list[str]:
    """Two or three hosts with containers on VLANs or on the bare card, and a router; returns the containers."""
    policy = dice.choice(["bare-metal", "bare-metal", "bare-metal", "virtualbox-allow-all"])
    lab.switch("sw1", policy=policy, ageing=dice.choice([300, 300, 2, 0]))
    names = []
    choices: tuple[list[int | None], ...] = ([None], [100, 200], [100, 200])
    vids = dice.choice(choices)
    for h in range(1, dice.choice([3, 4])):
        host = lab.host(f"host{h}", nic="enp0s8", switch="sw1", unicast_filter=dice.random() < 0.8)
        if dice.random() < 0.5:
            host.sh("ip link set enp0s8 promisc on")
        for number, vid in enumerate(vids, 1):
            parent = "enp0s8"
            if vid is not None:
                host.vlan("enp0s8", vid)
                parent = f"enp0s8.{vid}"
            net = f"172.16.{number}0"
            host.docker.network_create(
                f"mac{number}", driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=parent
            )
            for c in range(dice.choice([1, 2])):
                name = f"c{h}{number}{c}"
                host.docker.run(name, network=f"mac{number}", ip=f"{net}.{10 * h + c}")
                names.append(name)
    router = lab.host("router", nic="enp0s8", switch="sw1")
    for number, vid in enumerate(vids, 1):
        if vid is None:
            router.addr_add("enp0s8", f"172.16.{number}0.1/24")
        else:
            router.vlan("enp0s8", vid, ip=f"172.16.{number}0.1/24")
    router.sysctl["net.ipv4.ip_forward"] = 1
    return names


def check_often(lab: Lab, names: list[str]) -> None:
    """Neighbours are checked every few seconds, rather than twice a minute."""
    for name in [*names, "router"]:
        for dev in list(lab[name].ns.devices):
            place = f"net.ipv4.neigh.{dev.replace('.', '/')}"
            lab[name].sysctl[f"{place}.base_reachable_time_ms"] = 2000
            lab[name].sysctl[f"{place}.delay_first_probe_time"] = 1


def change(lab: Lab, dice: random.Random, names: list[str]) -> None:
    """One thing that paths depend on."""
    name = dice.choice(names)
    host = lab.hosts[f"host{name[1]}"]
    sw1 = lab.switches["sw1"]
    cable = dice.choice([port.cable for port in sw1.ports.values() if port.cable is not None])
    port = dice.choice(list(sw1.ports.values()))
    choice = dice.randrange(25)
    if choice == 0:
        lab[name].sh("ip link set eth0 down")
        lab[name].sh("ip link set eth0 up")
    elif choice == 1:
        host.sh(f"ip link set enp0s8 promisc {dice.choice(['on', 'off'])}")
    elif choice == 2:
        lab.hosts["router"].sysctl["net.ipv4.ip_forward"] = dice.randrange(2)
    elif choice == 3:
        lab[name].sh(f"ip link set eth0 address 02:00:00:00:00:{dice.randrange(16, 99)}")
    elif choice == 4:
        lab[name].sh("ip neigh flush dev eth0")
    elif choice == 5:
        cable.delay = dice.choice([0, 10_000, 40_000])
    elif choice == 6:
        cable.rate = dice.choice([None, 1_000_000, 100_000_000])
    elif choice == 7:
        cable.loss = dice.choice([0.0, 0.3])
    elif choice in (8, 9) and not sw1.vlan_aware:
        port.hairpin = not port.hairpin
    elif choice == 8:
        port.access(dice.choice([1, 100]))
    elif choice == 9:
        port.trunk()
    elif choice == 10:
        port.mtu = dice.choice([80, 1500])
    elif choice == 11:
        lab[name].sysctl["net.ipv4.icmp_echo_ignore_all"] = dice.randrange(2)
    elif choice == 12:
        lab[name].sysctl["net.ipv4.ip_default_ttl"] = dice.choice([2, 64, 200])
    elif choice == 13:
        host.sh("ip link set enp0s8 down")
        host.sh("ip link set enp0s8 up")
    elif choice == 14:
        lab[name].sh("ip route del default")
    elif choice == 15:
        lab[name].sh(f"ip link set eth0 mtu {dice.choice([100, 1500])}")
    elif choice == 16:
        port.set_up(False)
        port.set_up(True)
    elif choice == 17:
        lab[name].sh("ip link set eth0 type macvlan mode private")
    elif choice == 18:
        a, b = cable.a, cable.b
        assert isinstance(a, Nic | SwitchPort) and isinstance(b, Nic | SwitchPort)
        cable.unplug()
        if dice.random() < 0.8:
            lab.cable(a, b, delay=dice.choice([0, 25_000]))
    elif choice == 19:
        box = lab[dice.choice([name, "router"])]
        chain, verdict = dice.choice(["INPUT", "OUTPUT", "FORWARD"]), dice.choice(["ACCEPT", "DROP"])
        box.sh(f"iptables -A {chain} -p icmp -j {verdict}")
    elif choice == 20:
        how = ["iptables -F", "ip route add blackhole 172.16.20.10", "ip route del 172.16.20.10"]
        lab["router"].sh(dice.choice(how))
    elif choice == 21:
        lab[name].sh("ip addr flush dev eth0")
    elif choice == 22:
        lab[name].sysctl["net.ipv4.ip_no_pmtu_disc"] = dice.randrange(2)
    elif choice == 23:
        lab[name].sh("ping -c 40 -i 0.1 172.16.10.1 > /dev/null 2>&1 &")
    else:
        lab[name].sh(f"ip neigh replace 172.16.10.1 lladdr 02:00:00:00:0{dice.randrange(1, 9)}:01 dev eth0")


def play(seed: int, *, fastpath: bool, journal: bool, captured: bool) -> tuple[dict[str, Any], bytes]:
    dice = random.Random(seed)
    lab = Lab(seed=seed, journal=journal, fastpath=fastpath)
    names = build(lab, dice)
    if seed % 2:
        check_often(lab, names)
    addresses = [lab[name].sh("ip -o -4 addr show eth0").stdout.split()[3].split("/")[0] for name in names]
    texts = []
    whole = lab.capture() if captured else None
    capture: Capture | None = whole.__enter__() if whole is not None else None
    for _ in range(10):
        running = dice.sample(names, min(3, len(names)))
        for name in running:
            size = dice.choice([0, 1, 3, 4, 56, 57, 1400, 2000])
            target = dice.choice([*addresses, *addresses, "172.16.10.1", "172.16.10.77"])
            ttl = dice.choice([*["-t 64"] * 6, "-t 1", "-t 2", "-A"])
            lab[name].sh(f"ping -c 5 -i 0.3 -W 1 {ttl} -s {size} {target} > /tmp/out 2>&1 &")
        lab.run(0.3 * dice.randrange(1, 3) + dice.choice([-0.1, 13e-6 * dice.randrange(40)]))
        one = lab[dice.choice(names)].ns.dev("eth0")
        peek = Capture()
        if dice.random() < 0.3 and captured:
            peek.attach(one)
        change(lab, dice, names)
        lab.run(dice.choice([0.0, 40e-6, 0.3]))
        peek.stop()
        texts.append(str(lab[dice.choice(names)].sh(f"ping -c 2 -W 1 -i 0.4 {dice.choice(addresses)}")))
        lab.run(dice.choice([0.0, 0.3, 6.0, 40.0]))
        texts += [str(lab[name].sh("cat /tmp/out")) for name in running]
    lab.run(5)
    seen = state(lab)
    seen["texts"] = texts
    if whole is None or capture is None:
        return seen, b""
    whole.__exit__(None, None, None)
    with TemporaryDirectory() as folder:
        path = Path(folder, "lab.pcapng")
        capture.save(path)
        return seen, path.read_bytes()


@pytest.mark.parametrize("journal, captured", [(False, False), (True, True)], ids=["bare", "watched"])
@pytest.mark.parametrize("seed", SEEDS)
def test_paths_change_nothing(seed: int, journal: bool, captured: bool) -> None:
    with_paths, frames = play(seed, fastpath=True, journal=journal, captured=captured)
    without, plain_frames = play(seed, fastpath=False, journal=journal, captured=captured)
    assert with_paths == without
    assert frames == plain_frames


def test_watching_changes_nothing() -> None:
    """Captures and journal see the same lab that runs without them."""
    for seed in list(SEEDS)[:6]:
        bare, _ = play(seed, fastpath=True, journal=False, captured=False)
        watched, _ = play(seed, fastpath=True, journal=True, captured=True)
        del watched["journal"], watched["causes in the journal"], watched["next identity"], bare["next identity"]
        assert bare == watched
