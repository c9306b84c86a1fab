"""Draw the pictures beside this file: `make pictures`.  A test compares them byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from macvsim import Lab, PingResult
from macvsim.labfile.load import load
from macvsim.labfile.play import Player

HERE = Path(__file__).parent
SCENARIOS = HERE.parents[1] / "scenarios"


def played(name: str) -> tuple[Lab, list[PingResult]]:
    """A scenario's lab after its last command, and its pings."""
    player = Player(load(SCENARIOS / f"{name}.md"))
    return player.lab, [ping for outcome in player.play() for ping in outcome.pings]


def lost(name: str) -> tuple[Lab, PingResult]:
    """A scenario's lab, and its first ping that got no answer."""
    lab, pings = played(name)
    return lab, next(ping for ping in pings if not ping.received)


def large() -> Lab:
    """20 hosts with 100 containers on two VLANs."""
    lab = Lab(seed=0)
    sw1 = lab.switch("sw1")
    for number in range(20):
        host = lab.host(f"host{number + 1}", switch=sw1)
        for column, vid in enumerate((100, 200)):
            net = f"172.16.{vid // 10}"
            host.vlan("enp0s8", vid)
            host.docker.network_create(
                f"mac{vid // 10}",
                driver="macvlan",
                subnet=f"{net}.0/24",
                gateway=f"{net}.1",
                parent=f"enp0s8.{vid}",
            )
            for n in range(column, 5, 2):
                host.docker.run(f"c{5 * number + n + 1}", network=f"mac{vid // 10}", ip=f"{net}.{10 + 5 * number + n}")
    return lab


def exp1() -> str:
    return str(played("exp1_same_macvlan")[0].picture(title="Experiment 1: one macvlan network on two hosts"))


def exp2() -> str:
    return str(played("exp2_two_vlans")[0].picture(title="Experiment 2: two macvlan networks on VLAN sub-interfaces"))


def exp3() -> str:
    lab, pings = played("exp3_router")
    return str(lab.picture(path=pings[0], title="Experiment 3: a router between two macvlan networks"))


def exp3_why() -> str:
    lab, ping = lost("exp3_router")
    return str(lab.picture(path=ping, title="Experiment 3, with forwarding turned off"))


def exp3_ladder() -> str:
    return str(played("exp3_router")[1][0].ladder(by="node", count=1))


def twenty_hosts() -> str:
    return str(large().picture(title="20 hosts, 100 containers"))


def ping_lost() -> str:
    """Experiment 2, on a switch whose trunk to host2 lacks VLAN 100."""
    lab = played("exp2_two_vlans")[0]
    lab.switches["sw1"].port("2").trunk([200])
    lab["host1"].sh("docker restart d1")  # with nothing in its neighbour cache
    ping = lab["d1"].ping("172.16.10.11", count=1, timeout=1)
    return str(lab.animate(ping, title="Why does d1 not reach d3?"))


PICTURES: dict[str, Callable[[], str]] = {
    "exp1_same_macvlan.svg": exp1,
    "exp2_two_vlans.svg": exp2,
    "exp3_router.svg": exp3,
    "exp3_router_why.svg": exp3_why,
    "exp3_router_ladder.svg": exp3_ladder,
    "ping_lost.svg": ping_lost,
    "twenty_hosts.svg": twenty_hosts,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (HERE / name).write_text(draw(), encoding="utf-8", newline="\n")
