"""The flow table takes the frames that people send: what stays on the plain path of each kind of lab is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.engine.recording import Recorder, reported
from macvsim.engine.sim import Sim
from macvsim.fastpath import flowtable
from macvsim.wire.frame import Frame

Built = tuple[Any, str]
"""A box, and the address it pings."""


@pytest.fixture(autouse=True)
def _scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scenarios")


class Count:
    """Frames that took the plain path of some entry point, and frames that were repeated."""

    plain = 0
    repeated = 0


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    count = Count()
    miss, flush = flowtable.Ingress._miss, flowtable.Entry.flush

    def counted_miss(self: flowtable.Ingress, frame: Any) -> Any:
        before = count.plain
        count.plain += 1
        reason = miss(self, frame)
        if self.entries.get(frame.flow) is not None and frame.flow and self.entries[frame.flow].hits:  # type: ignore[union-attr]
            count.plain = before  # it only lacked its flow
        return reason

    def counted_flush(self: flowtable.Entry) -> None:
        if self.counts:
            count.repeated += self.hits
        else:  # it only names the plain path
            count.plain += self.hits
        flush(self)

    monkeypatch.setattr(flowtable.Ingress, "_miss", counted_miss)
    monkeypatch.setattr(flowtable.Entry, "flush", counted_flush)
    yield count


def two_hosts(lab: Lab) -> None:
    lab.switch("sw1")
    for number in (1, 2):
        lab.host(f"host{number}", nic="eth0", switch="sw1").addr_add("eth0", f"10.0.0.{number}/24")


def experiment2(lab: Lab) -> Built:
    from exp2_two_vlans import build

    build(lab)
    return lab["d1"], "172.16.10.11"


def experiment3(lab: Lab) -> Built:
    experiment2(lab)
    router = lab.host("router", switch="sw1")
    for number in (1, 2):
        router.vlan("enp0s8", number * 100, ip=f"172.16.{number}0.1/24")
    router.sysctl["net.ipv4.ip_forward"] = 1
    return lab["d1"], "172.16.20.11"


def masquerade(lab: Lab) -> Built:
    built = experiment3(lab)
    lab["router"].sh(
        "iptables -t nat -A POSTROUTING -o enp0s8.200 -j MASQUERADE; iptables -P FORWARD DROP; "
        "iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -A FORWARD -i enp0s8.100 -j ACCEPT"
    )
    return built


def docker0(lab: Lab) -> Built:
    two_hosts(lab)
    return lab.hosts["host1"].docker.run("b1"), "10.0.0.2"


def neighbours_on_docker0(lab: Lab) -> Built:
    two_hosts(lab)
    docker = lab.hosts["host1"].docker
    one, _ = docker.run("b1"), docker.run("b2")
    return one, "172.17.0.3"


def siblings(lab: Lab) -> Built:
    experiment2(lab)
    lab.hosts["host1"].docker.run("d5", network="mac10", ip="172.16.10.50")
    return lab["d1"], "172.16.10.50"


def ipvlan(lab: Lab) -> Built:
    two_hosts(lab)
    docker = lab.hosts["host1"].docker
    docker.network_create("ip1", driver="ipvlan", subnet="10.0.0.0/24", gateway="10.0.0.254", parent="eth0")
    return docker.run("c1", network="ip1", ip="10.0.0.50"), "10.0.0.2"


def ipv6(lab: Lab) -> Built:
    two_hosts(lab)
    for number in (1, 2):
        host = lab.hosts[f"host{number}"]
        host.sh(f"sysctl -w net.ipv6.conf.all.disable_ipv6=0; ip addr add fd00::{number}/64 dev eth0")
    lab.run(5)
    return lab.hosts["host1"], "fd00::2"


def ipv6_by_gateways(lab: Lab) -> Built:
    """Between VLANs, where hosts know a default gateway only."""
    lab.switch("sw1")
    router, *hosts = (lab.host(name, nic="eth0", switch="sw1", ipv6=True) for name in ("router", "host1", "host2"))
    router.sh("sysctl -w net.ipv6.conf.all.forwarding=1")
    for number, host in enumerate(hosts, 1):
        for box, last in ((router, 1), (host, 2)):
            box.vlan("eth0", number * 100)
            box.sh(f"ip addr add fd0{number}::{last}/64 dev eth0.{number}00 nodad")
        host.sh(f"ip -6 route add default via fd0{number}::1")
    lab.run(5)
    return hosts[0], "fd02::2"


LABS = (experiment2, experiment3, masquerade, docker0, neighbours_on_docker0, siblings, ipvlan, ipv6, ipv6_by_gateways)


@pytest.mark.parametrize("journal", [False, True], ids=["bare", "journal"])
@pytest.mark.parametrize("build", LABS)
def test_pings_are_repeated(build: Callable[[Lab], Built], journal: bool, count: Count) -> None:
    lab = Lab(seed=0, journal=journal)
    box, address = build(lab)
    assert " 0% packet loss" in box.sh(f"ping -c 10 {address}").stdout
    lab.sim.flush()
    count.plain = count.repeated = 0
    assert " 0% packet loss" in box.sh(f"ping -c 100 -i 0.01 {address}").stdout
    lab.sim.flush()
    assert count.plain < 60 and count.repeated > 250, (count.plain, count.repeated)


@pytest.mark.parametrize("build", [experiment3, masquerade])
def test_fragments_are_repeated(build: Callable[[Lab], Built], count: Count) -> None:
    """All but their reassembly, by the receiver and by connection tracking."""
    box, address = build(lab := Lab(seed=0))
    box.sh(f"ping -c 10 -s 4000 {address}")
    lab.sim.flush()
    count.plain = count.repeated = 0
    assert " 0% packet loss" in box.sh(f"ping -c 100 -i 0.01 -s 4000 {address}").stdout
    lab.sim.flush()
    assert count.repeated > 10 * count.plain, (count.plain, count.repeated)


def test_captures_are_told_by_entries(count: Count) -> None:
    lab = Lab(seed=0)
    box, address = experiment3(lab)
    with lab.capture() as capture:
        box.ping(address, count=10)
        lab.sim.flush()
        count.plain = count.repeated = 0
        box.ping(address, count=100, interval=0.01)
        lab.sim.flush()
        assert count.plain < 60 and count.repeated > 800
    assert len(capture.records) > 100 * 20


def test_a_live_tap_sees_every_frame() -> None:
    lab = Lab(seed=0)
    box, address = experiment3(lab)
    seen = []
    lab.hosts["router"].ns.add_tap("enp0s8", lambda kind, frame: seen.append(frame.uid))
    result = box.ping(address, count=50, interval=0.01)
    assert {uid for uid in seen if uid in set(result.requests)} == set(result.requests)


def test_the_table_forgets_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flowtable, "FLOWS", 3)
    texts = []
    for fastpath in (True, False):
        lab = Lab(seed=0, fastpath=fastpath)
        box, address = experiment3(lab)
        texts.append([box.sh(f"ping -c 4 -i 0.01 -s {size} {address}").stdout for size in range(10, 20)])
    assert texts[0] == texts[1]


def test_counters_are_true_at_every_moment() -> None:
    lab = Lab(seed=0)
    box, address = experiment3(lab)
    box.ping(address, count=5, interval=0.01)
    nic = lab.hosts["router"].dev("enp0s8")
    before = nic.stats.rx_packets
    for turn in range(1, 20):
        box.ping(address, count=1, interval=0.01)
        assert nic.stats.rx_packets == before + 2 * turn


@pytest.mark.parametrize("build", LABS)
def test_most_frames_of_a_ping_a_second_are_repeated(build: Callable[[Lab], Built], count: Count) -> None:
    """As people ping: neighbours become stale and are probed, connections and learnt addresses are renewed."""
    box, address = build(lab := Lab(seed=0))
    box.sh(f"ping -c 10 {address}")
    lab.sim.flush()
    count.plain = count.repeated = 0
    assert " 0% packet loss" in box.sh(f"ping -c 300 {address}").stdout
    lab.sim.flush()
    least: dict[Callable[[Lab], Built], int] = {ipv6: 15, ipv6_by_gateways: 10}
    assert count.repeated > least.get(build, 40) * count.plain, (count.plain, count.repeated)


@pytest.mark.parametrize("build", LABS)
def test_nothing_grows_with_the_length_of_a_ping(build: Callable[[Lab], Built]) -> None:
    """Entries that were recorded anew are let go by the list of what is to be counted."""
    sizes = []
    for seconds in (300, 3_000):
        box, address = build(lab := Lab(seed=0, journal=False))
        box.sh(f"ping -q -c {seconds} {address} > /dev/null &")
        lab.run(seconds - 10)
        sizes.append(len(lab.sim.lagging))
    assert sizes[1] <= 2 * sizes[0] + 20, sizes


def recording(sim: Sim, act: Callable[[Recorder], None]) -> flowtable.Entry | None:
    """What is kept of a frame whose handling tells the recorder what `act` tells it."""
    recorder = Recorder(sim, Frame(bytes(60), 1), plain)
    sim.recorder = recorder
    act(recorder)
    sim.recorder = None
    return flowtable.entry_of(sim, recorder)


def plain(frame: Frame) -> None:
    """The plain path."""


@reported
def handler(frame: Frame) -> None:
    """A protocol."""


def test_what_happened_once_is_recorded_again() -> None:
    sim = Sim()
    assert recording(sim, lambda recorder: recorder.once()) is None
    barred = recording(sim, lambda recorder: recorder.forbid())
    assert barred is not None and barred.live is plain


def test_a_recording_during_which_the_configuration_changed_is_void() -> None:
    sim = Sim()
    assert recording(sim, lambda recorder: sim.change()) is None


def test_the_way_to_a_protocol_is_repeated_unless_it_cannot_be_divided() -> None:
    sim = Sim()

    def delivered(recorder: Recorder) -> None:
        recorder.delivered(handler, Frame(bytes(60), 1), handler)
        recorder.forbid()

    def indivisible(recorder: Recorder) -> None:
        recorder.indivisible()
        delivered(recorder)

    entry, barred = recording(sim, delivered), recording(sim, indivisible)
    assert entry is not None and entry.generation == sim.generation and entry.live is handler
    assert barred is not None and barred.live is plain
