"""The same two labs in macvsim, through its public API; the journal is off, as for any large run, unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.measure import UNLIMITED, Bench
from macvsim.docker.host import DockerHost
from macvsim.lab import Lab
from macvsim.machine.host import Box


def _macvlan(host: DockerHost, name: str, net: str, parent: str) -> None:
    host.docker.network_create(name, driver="macvlan", subnet=f"{net}.0/24", gateway=f"{net}.1", parent=parent)


def _bench(lab: Lab, box: Box, dst: str, ttl: int) -> Bench:
    """Every wire of these labs ends in the switch, so what its ports took in and gave out is what crossed a wire."""
    ports = [port for switch in lab.switches.values() for port in switch.ports.values()]

    def run(pings: int) -> None:
        result = box.ping(dst, count=pings)
        answered = result.ttls.count(ttl)
        if result.received != pings or answered != pings:
            raise RuntimeError(f"macvsim ping {dst}: {answered} of {pings} answered with ttl={ttl}")

    return Bench(run, lambda: sum(port.stats.rx_packets + port.stats.tx_packets for port in ports))


def experiment1(lab: Lab | None = None) -> Bench:
    """c1 on host1 pings c2 on host2, same macvlan network: 4 wire crossings per ping."""
    lab = Lab(seed=0, journal=False) if lab is None else lab
    sw1 = lab.switch("sw1")
    host1, host2 = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2"))
    for host in (host1, host2):
        _macvlan(host, "mac1", "172.16.10", "enp0s8")
    c1 = host1.docker.run("c1", network="mac1", ip="172.16.10.2")
    host2.docker.run("c2", network="mac1", ip="172.16.10.3")
    return _bench(lab, c1, "172.16.10.3", ttl=64)


def experiment3(lab: Lab | None = None) -> Bench:
    """d1 (VLAN 100) pings d2 (VLAN 200), both on host1, through the router host3: 8 wire crossings per ping."""
    lab = Lab(seed=0, journal=False) if lab is None else lab
    sw1 = lab.switch("sw1")
    host1, host2, host3 = (lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2", "host3"))
    for host in (host1, host2):
        for vid, name, net in ((100, "mac10", "172.16.10"), (200, "mac20", "172.16.20")):
            host.vlan("enp0s8", vid)
            _macvlan(host, name, net, f"enp0s8.{vid}")
    d1 = host1.docker.run("d1", network="mac10", ip="172.16.10.10")
    host1.docker.run("d2", network="mac20", ip="172.16.20.10")
    host2.docker.run("d3", network="mac10", ip="172.16.10.11")
    host2.docker.run("d4", network="mac20", ip="172.16.20.11")
    host3.vlan("enp0s8", 100, ip="172.16.10.1/24")
    host3.vlan("enp0s8", 200, ip="172.16.20.1/24")
    host3.sysctl["net.ipv4.ip_forward"] = 1
    return _bench(lab, d1, "172.16.20.10", ttl=63)


def journalled(experiment: Callable[[Lab], Bench]) -> Callable[[], Bench]:
    """An experiment with the journal on."""
    return lambda: experiment(Lab(seed=0))


def captured(experiment: Callable[[Lab], Bench]) -> Callable[[], Bench]:
    """An experiment with a capture open on every interface."""

    def build() -> Bench:
        lab = Lab(seed=0, journal=False, budget=UNLIMITED)
        bench = experiment(lab)
        stack = ExitStack()
        capture = stack.enter_context(lab.capture())

        def run(pings: int) -> None:
            bench.run(pings)
            if not capture.interfaces or not stack:
                raise RuntimeError("nothing was captured")

        return bench._replace(run=run)

    return build
