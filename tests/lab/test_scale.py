"""Labs of many containers: the benchmark's own lab is sound, and what is not needed is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scale import Plan, ScaleLab
from macvsim import Lab
from macvsim.engine.drop import DropReason
from macvsim.wire import compose


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


def test_captures_dissect_nothing_until_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A capture holds times and bytes; scapy looks at a frame when somebody wants packets."""
    dissected: list[bytes] = []
    dissect = compose.dissect

    def noted(data: bytes) -> object:
        dissected.append(data)
        return dissect(data)

    monkeypatch.setattr(compose, "dissect", noted)
    lab = ScaleLab(Plan(6, 3))
    with lab.lab.capture() as capture:
        lab.ping(2)
    capture.save(tmp_path / "lab.pcapng")
    assert len(capture) > 100 and not dissected
    assert len(capture.packets("host1/enp0s8")) == len(dissected) > 10


def test_a_journal_is_bounded() -> None:
    lab = Lab()
    assert lab.sim.journal is not None
    lab.sim.journal.limit = 300
    lab.switch("sw1")
    one, two = (lab.host(name, switch="sw1") for name in ("host1", "host2"))
    one.addr_add("enp0s8", "10.0.0.1/24")
    two.addr_add("enp0s8", "10.0.0.2/24")
    assert one.ping("10.0.0.2", count=100).received == 100
    assert 100 < len(lab.sim.journal.records) <= 300
