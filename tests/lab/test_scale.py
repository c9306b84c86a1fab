"""Labs of many containers: the benchmark's own lab is sound, and what is not needed is not there."""

from __future__ import annotations

import pytest

from benchmarks.scale import Plan, ScaleLab
from macvsim import Lab
from macvsim.drop import DropReason


@pytest.mark.parametrize("plan", [Plan(12, 3), Plan(12, 3, vlans=2), Plan(13, 4, vlans=3, stagger=0), Plan(40, 2)])
def test_everybody_pings_another_host(plan: Plan) -> None:
    if plan.containers % plan.hosts == 1:
        with pytest.raises(ValueError, match="multiple of hosts"):
            plan.target(plan.containers - 1)
        return
    places = {plan.place(number)[2]: plan.place(number)[:2] for number in range(plan.containers)}
    assert len(places) == plan.containers
    for number in range(plan.containers):
        host, network, _ = plan.place(number)
        other = places[plan.target(number)]
        assert other[0] != host and other[1] == network
    lab = ScaleLab(plan)
    lab.ping(2)
    assert lab.answered == 2 * plan.containers
    assert lab.hops > 8 * plan.containers


def test_requests_end_uncounted_nowhere() -> None:
    """Every container has heard every ARP request of the others on its network, though hardly any was woken for it."""
    lab = ScaleLab(Plan(60, 3))
    lab.ping(1)
    drops = lab.lab.sim.drops
    for number, container in enumerate(lab.containers):
        eth0 = container.ns.dev("eth0")
        heard = eth0.stats.multicast
        assert heard == 59, "each of the others asked once"
        assert drops[eth0, DropReason.ARP_NOT_FOR_US] == heard - 1, f"one of them asked for container {number}"
        assert not container.ns.made("tcp")


def test_an_idle_namespace_has_no_parts() -> None:
    lab = Lab(journal=False)
    host = lab.host("host1")
    ns = host.kernel.new_namespace("idle")
    assert not any(ns.made(part) for part in ("tcp", "udp", "icmp", "ipv4", "neigh", "reassembly", "protocols"))
    assert ns.sysctl["net.ipv4.conf.lo.rp_filter"] == 0
    assert not ns.conf_all.__dict__.keys() - {"forwarding", "accept_redirects", "accept_source_route"}
