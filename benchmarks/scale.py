"""Many containers on many hosts over one trunk, all pinging across hosts: what that costs as the lab grows.

Networks are made and containers run by macvsim's public API, one macvlan network to a VLAN on every host.  The pings
are busybox', the whole of Linux' ARP and neighbour states included; the journal is off, as for any large run.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure import Bench
from benchmarks.progress import Advance, silent
from macvsim.apps.ping import BusyboxPing
from macvsim.docker.container import Container
from macvsim.engine.sim import MS, SECOND
from macvsim.lab import Lab

_FIRST_VID = 100
SLICES = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """A lab of `containers` on `hosts`, in `vlans` VLANs (0: untagged, all in one network).

    stagger : nanoseconds between the first pings of one container and the next
    """

    containers: int
    hosts: int
    vlans: int = 0
    stagger: int = 1 * MS

    @property
    def networks(self) -> int:
        return max(self.vlans, 1)

    def place(self, number: int) -> tuple[int, int, str]:
        """Host, network and address of one container: round the hosts, then the networks."""
        host, network = number % self.hosts, number // self.hosts % self.networks
        rank = number // (self.hosts * self.networks) * self.hosts + host + 1
        return host, network, f"10.{network}.{rank >> 8}.{rank & 255}"

    def target(self, number: int) -> str:
        """Whom a container pings: its neighbour in the network, on another host."""
        round_ = number - number % self.hosts
        size = min(self.hosts, self.containers - round_)
        if size < 2:
            raise ValueError(
                f"{self}: the last host has nobody to ping on another; make containers a multiple of hosts"
            )
        return self.place(round_ + (number + 1 - round_) % size)[2]


class ScaleLab:
    """The lab of a plan, and how its containers ping."""

    def __init__(self, plan: Plan, advance: Advance = silent) -> None:
        self.plan = plan
        self.lab = Lab(seed=0, journal=False)
        switch = self.lab.switch("sw1")
        hosts = [self.lab.host(f"host{number}", nic="enp0s8", switch=switch) for number in range(plan.hosts)]
        for host in hosts:
            for network in range(plan.networks):
                parent = "enp0s8"
                if plan.vlans:
                    parent = host.vlan("enp0s8", _FIRST_VID + network).name
                host.docker.network_create(
                    f"net{network}", driver="macvlan", subnet=f"10.{network}.0.0/16",
                    gateway=f"10.{network}.255.254", parent=parent,
                )  # fmt: skip
        self.answered = 0
        self.containers: list[Container] = []
        for number in range(plan.containers):
            place, network, ip = plan.place(number)
            self.containers.append(hosts[place].docker.run(f"c{number}", network=f"net{network}", ip=ip))
            advance(number + 1)
        self.lab.run(2)  # carriers have been told of

    def ping(self, count: int, advance: Advance = silent) -> None:
        """Every container pings its target `count` times; raises unless all are answered."""
        sim, plan = self.lab.sim, self.plan
        programs = []
        for number, container in enumerate(self.containers):
            programs.append(BusyboxPing(container, plan.target(number), count=count))
            sim.call_in_process(number * plan.stagger, programs[-1].launch)
        end = sim.now + plan.containers * plan.stagger + count * SECOND
        begun = sim.now
        for step in range(1, SLICES):
            sim.call_in_process(int(end - begun) * step // SLICES, advance, step)
        sim.run(until=end)
        advance(SLICES)
        answered = sum(program.result().received for program in programs)
        if answered != count * plan.containers:
            raise RuntimeError(f"{plan}: {answered} of {count * plan.containers} pings answered")
        self.answered += answered

    @property
    def hops(self) -> int:
        """Frames that have crossed a wire."""
        ports = [port.stats for switch in self.lab.switches.values() for port in switch.ports.values()]
        return sum(stats.rx_packets + stats.tx_packets for stats in ports)


def bench(plan: Plan) -> Bench:
    """A plan as a contender: `run(n)` lets every container ping n times; the unit is an answered ping."""
    lab = ScaleLab(plan)
    return Bench(lab.ping, lambda: lab.answered)


def steady() -> Bench:
    """100 containers on 4 hosts."""
    return bench(Plan(100, 4))


def cold() -> Bench:
    """1,000 containers on 20 hosts, that have not spoken before."""
    return bench(Plan(1000, 20))
