"""Pings that go in series (net/series.py) end, and look at every moment in between, as if each had gone by itself.

Random labs, and programs nobody listens to while they run; what interrupts them are changes of every kind, other
programs on the same neighbours, checks of neighbours, MAC tables that forget, and people who look.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from macvsim import Lab
from macvsim.apps.ping import BusyboxPing
from macvsim.apps.ping6 import BusyboxPing6
from macvsim.engine.sim import MS, SECOND, US
from macvsim.net.socket import RawIcmpSocket, UdpSocket
from macvsim.wire import icmp
from macvsim.wire.addr import ip_int
from tests.lab.everything import state
from tests.lab.test_paths_are_exact import build, change, check_often
from tests.lab.test_paths_follow_changes import CHANGES, OFFSETS, PINGS, build_routed

pytestmark = pytest.mark.slow

SEEDS = [*range(16), 242, 307, 760, 829]
"""The last ones: what is sent at the same nanosecond in series and one by one meets where order matters: at cables that
lose packets, and in MAC tables that forget.
"""
STEP_BY_STEP = {0, 6, 9, 10, 11, 12}
"""Labs in which nothing is certain of a frame's way: the switch forgets at once, or gives frames to adapters."""


def outcome(program: BusyboxPing) -> list[Any]:
    """All that a ping came to; identities of packets without a journal are nobody's business."""
    result = program.result()
    return [result.text, result.sent, result.received, result.replies, len(result.requests), result.code]


def play(seed: int, *, learns: bool) -> dict[str, Any]:
    dice = random.Random(seed)
    lab = Lab(seed=seed, journal=False)
    lab.sim.learns, lab.sim.crowd = learns, 0
    names = build(lab, dice)
    if seed % 2:
        check_often(lab, names)
    addresses = [lab[name].sh("ip -o -4 addr show eth0").stdout.split()[3].split("/")[0] for name in names]
    programs: list[BusyboxPing] = []
    seen: list[Any] = []

    def look() -> None:
        seen.append([lab.sim.now, [outcome(program) for program in programs[-3:]]])

    for _ in range(8):
        for name in dice.sample(names, min(4, len(names))):
            target = dice.choice([*addresses, *addresses, "172.16.10.1", "172.16.10.77"])
            size, interval = dice.choice([0, 4, 56, 56, 56, 1400, 2000]), dice.choice([0.1, 0.3, 0.3, 1.0])
            count = dice.choice([0, 3, 5, 40, 40, 100])
            programs.append(BusyboxPing(lab[name], target, count=count, interval=interval, size=size, timeout=1.0))
            lab.sim.call_in_process(dice.choice([0, 0, 1 * MS, dice.randrange(SECOND)]), programs[-1].start)
        lab.run(dice.choice([0.3, 2.0, 3.0, 5.0]) + dice.choice([0, 13e-6 * dice.randrange(40)]))
        if dice.random() < 0.5:
            lab.sim.call_later(dice.choice([1, 2, 300]) * 100 * MS + dice.randrange(100), look)
        if dice.random() < 0.3:
            lab[dice.choice(names)].sh(f"ping -c 10 -i 0.2 {dice.choice(addresses)} > /dev/null 2>&1 &")
        one = dice.choice(programs)
        if dice.random() < 0.3 and one.result().sent:
            one.interrupt()
        if dice.random() < 0.6:
            change(lab, dice, names)
        if dice.random() < 0.5:
            seen.append(state(lab))
        lab.run(dice.choice([0.0, 40e-6, 0.3, 8.0, 40.0]))
        seen.append([outcome(program) for program in programs[-3:]])
    for program in programs[::2]:
        if program.result().sent:
            program.interrupt()
    lab.run(20)
    return {**state(lab), "seen": seen, "ends": [outcome(program) for program in programs]}


@pytest.mark.parametrize("seed", SEEDS)
def test_series_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = play(seed, learns=False)
    saved: list[int] = []
    answered = BusyboxPing.answered

    def count(program: BusyboxPing, requests: int, *heard: int) -> None:
        saved.append(requests)
        answered(program, requests, *heard)

    monkeypatch.setattr(BusyboxPing, "answered", count)
    assert play(seed, learns=True) == plain
    assert (sum(saved) > 5) == (seed not in STEP_BY_STEP)


@pytest.fixture
def _scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scenarios")


def play_under_way(change: Callable[[Lab], Any], time: int, *, softirq: bool, learns: bool) -> dict[str, Any]:
    """Four pings at once, two of them by the same neighbour, in whose midst the change comes."""
    lab = build_routed(learns=learns, journal=False)
    lab.sim.crowd = 0
    lab.run(2)
    programs = []
    for source, target, pause in PINGS:
        programs.append(BusyboxPing(lab[source], target, count=12, interval=0.2, timeout=1.0))
        programs[-1].start()
        lab.run(pause * 1e-6)
    later = lab.sim.call_later if softirq else lab.sim.call_in_process
    later(time, change, lab)
    lab.run(8)
    return {**state(lab), "ends": [outcome(program) for program in programs], "taps": lab.taps}  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_scenarios")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_finds_requests_where_they_would_be(name: str) -> None:
    place = list(CHANGES).index(name)
    for turn in range(4):
        departure = SECOND + 100 * MS * (turn % 2)  # half a pause, or all of it, after the last that set out
        time = departure - 300 * US * (turn // 2) + OFFSETS[(3 * place + 7 * turn) % len(OFFSETS)] * US
        plain = play_under_way(CHANGES[name], time, softirq=turn % 2 > 0, learns=False)
        assert play_under_way(CHANGES[name], time, softirq=turn % 2 > 0, learns=True) == plain, (turn, time)


def two_hosts(learns: bool, **options: Any) -> Lab:
    lab = Lab(seed=0, journal=False)
    lab.sim.learns, lab.sim.crowd = learns, 0
    lab.switch("sw1", **options)
    for number in (1, 2):
        lab.host(f"host{number}", nic="eth0", switch="sw1").addr_add("eth0", f"10.0.0.{number}/24")
    lab.run(2)
    return lab


def ping(
    lab: Lab, count: int = 0, interval: float = 0.5, source: str = "host1", target: str = "10.0.0.2"
) -> BusyboxPing:
    program = BusyboxPing(lab[source], target, count=count, interval=interval)
    program.start()
    return program


def ends(lab: Lab, program: BusyboxPing) -> list[int]:
    """Where the time at which the program ends is put."""
    times: list[int] = []
    program.done.callbacks.append(lambda _: times.append(lab.sim.now))
    return times


@pytest.mark.parametrize("interval", [0.5, 1.7, 3])
def test_macs_age_while_nobody_looks(interval: float) -> None:
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns, ageing=2)
        program = ping(lab, 40, interval)
        lab.run(130)
        seen.append([outcome(program), state(lab)])
    assert seen[0] == seen[1]


def test_who_lost_a_reply_waits_for_it_to_the_end() -> None:
    ends = []
    for learns in (True, False):
        lab = two_hosts(learns)
        lab["host2"].sysctl["net.ipv4.icmp_echo_ignore_all"] = 1
        program = ping(lab, count=12)
        lab.run(1.2)
        lab["host2"].sysctl["net.ipv4.icmp_echo_ignore_all"] = 0
        lab.sim.run(until=program.done)
        ends.append([lab.sim.now, outcome(program), state(lab)])
        assert (program.result().sent, program.result().received) == (12, 9)
    assert ends[0] == ends[1]


@pytest.mark.parametrize("count", [2, 3, 4, 12])
def test_a_program_ends_with_the_last_reply(count: int) -> None:
    ends = []
    for learns in (True, False):
        lab = two_hosts(learns)
        program = ping(lab, count=count)
        lab.sim.run(until=program.done)
        ends.append([lab.sim.now, outcome(program), state(lab)])
        lab.sim.run()
        ends[-1].append(lab.sim.now)
    assert ends[0] == ends[1]


def test_nothing_stands_in_the_queue_that_is_not_to_come() -> None:
    """Whoever waits until nothing is left waits no longer than without series."""
    ends = []
    for learns in (True, False):
        lab = two_hosts(learns)
        program = ping(lab, interval=0.1)
        lab.run(3)
        assert not lab.sim.withdrawn
        program.interrupt()
        assert program.result().sent == 31
        lab.sim.run()
        ends.append(lab.sim.now)
    assert ends[0] == ends[1]


def test_a_program_that_looks_sees_what_has_been() -> None:
    lab = two_hosts(learns=True)
    program, seen = ping(lab, interval=0.1), []

    def look() -> Iterator[Any]:
        yield lab.sim.timeout(50 * MS)
        for _ in range(10):
            yield lab.sim.timeout(SECOND // 2)
            result = program.result()
            seen.append((result.sent, result.received, len(result.replies), result.text.count("\n")))

    lab.sim.process(look())
    lab.run(6)
    requests = range(6, 56, 5)
    assert seen == [(number, number, number, number + 1) for number in requests]


def test_series_stop_where_somebody_goes_step_by_step() -> None:
    lab = two_hosts(learns=True)
    program = ping(lab, interval=0.1)
    lab.run(1.05)
    counted = program.result().tally
    for _ in range(60):
        before = counted.received
        lab.sim.step()
        assert counted.sent - counted.received in (0, 1)
        assert counted.received - before in (0, 1)
    assert counted.received > 15


def test_a_program_waits_for_replies_that_were_lost() -> None:
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        cable = lab.switches["sw1"].ports["host2"].cable
        assert cable is not None
        program = ping(lab, 30, 0.1)
        times = ends(lab, program)
        lab.run(0.35)
        cable.loss = 1.0
        lab.run(0.4)
        cable.loss = 0.0
        lab.run(8)
        seen.append([times, outcome(program), state(lab)])
    assert seen[0] == seen[1]
    assert seen[0][0] == [2 * SECOND + 2900 * MS + SECOND]


def test_a_program_does_not_wait_for_a_reply_longer_than_it_would() -> None:
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        for port in lab.switches["sw1"].ports.values():
            if port.cable is not None:
                port.cable.delay = 260 * MS
        for source, target in (("host1", "10.0.0.2"), ("host2", "10.0.0.1")):
            ping(lab, 5, 1.0, source, target)
        lab.run(20)
        program = ping(lab, 6, 1.1)
        lab.run(30)
        seen.append([outcome(program), state(lab)])
    assert seen[0] == seen[1]
    assert seen[0][0][2] == 5


@pytest.mark.parametrize("count", [0, 12, 43])
def test_replies_to_requests_that_are_not_under_way(count: int) -> None:
    """Somebody else sends them, before the request or again."""
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        program = ping(lab, count, 0.1)
        times = ends(lab, program)
        other = lab.host("host3", nic="eth0", switch="sw1")
        other.addr_add("eth0", "10.0.0.3/24")
        sock = RawIcmpSocket(other.ns, lambda _: None, wanted=lambda _: False)

        def reply(seq: int, program: BusyboxPing = program, lab: Lab = lab, sock: RawIcmpSocket = sock) -> None:
            rest = int.from_bytes(program._ident) << 16 | seq
            sock.send(ip_int("10.0.0.1"), icmp.message(bytes(8), icmp.ECHO_REPLY, 0, rest, bytes(56)), 0)

        for seq, time in enumerate((1050, 1350, 1650), 3):
            lab.sim.call_in_process(time * MS, reply, seq)
        lab.sim.call_in_process(2033 * MS, reply, 40)
        lab.run(6)
        seen.append([times, outcome(program), state(lab)])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("look", [0, 30, 120])
def test_programs_that_share_a_way_down(look: int) -> None:
    """One sends its last request before the other; then something else leaves as the other sends."""
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        for number in (8, 9):
            lab["host2"].addr_add("eth0", f"10.9.9.{number}/32")
        lab["host1"].sh("ip route add 10.9.9.0/24 via 10.0.0.2")
        often = ping(lab, interval=0.1)
        lab.run(0.35)
        seldom = ping(lab, interval=0.8, target="10.9.9.9")
        sock = UdpSocket(lab["host1"].ns)
        lab.sim.call_in_process(4250 * MS, sock.send_to, b"", ip_int("10.9.9.8"), 9)
        looks: list[Any] = []
        lab.sim.call_in_process(4250 * MS + look * US, lambda looks=looks, lab=lab: looks.append(state(lab)))
        lab.run(3.9 + 0.5)
        seen.append([looks, outcome(often), outcome(seldom), state(lab)])
    assert seen[0] == seen[1]


def test_series_begin_on_the_way_that_is_decided_now() -> None:
    """Another program goes on by the way that was, and so knows all of it when the next request is due."""
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        host = lab["host1"]
        lab["host2"].addr_add("eth0", "10.9.9.9/32")
        for table in ("main", "100"):
            host.sh(f"ip route add 10.9.9.9 via 10.0.0.2 table {table}")
        host.sh("ip rule add oif eth0 lookup 100 pref 50")
        bound = BusyboxPing(host, "10.9.9.9", interval=0.03, source="eth0", stdout=lambda _: None)
        bound.start()
        lab.run(1.013)
        program = ping(lab, target="10.9.9.9")
        lab.sim.call_in_process(300 * MS, host.sh, "ip rule add to 10.9.9.9 prohibit pref 60")
        lab.run(3)
        seen.append([outcome(bound), outcome(program), state(lab)])
    assert seen[0] == seen[1]
    assert "Permission denied" in seen[0][1][0]


def test_a_script_sees_when_neighbours_were_used() -> None:
    seen = []
    for learns in (True, False):
        lab = two_hosts(learns)
        for number in (1, 2):
            host = lab[f"host{number}"]
            host.sysctl["net.ipv4.neigh.eth0.base_reachable_time_ms"] = 4000
            host.sh("while sleep 0.7; do ip -s neigh; done > /tmp/neigh &")
        ping(lab, interval=0.1)
        lab.run(25)
        seen.append([lab[f"host{number}"].files["/tmp/neigh"] for number in (1, 2)])
    assert seen[0] == seen[1]
    assert "DELAY" in str(seen[0])


def test_ping_to_an_ipv6_address_ends() -> None:
    lab = two_hosts(learns=True)
    for number in (1, 2):
        lab[f"host{number}"].sh(
            f"sysctl -w net.ipv6.conf.all.disable_ipv6=0; ip -6 addr add fd00::{number}/64 dev eth0"
        )
    lab.run(5)
    program = BusyboxPing6(lab["host1"], "fd00::2", count=20, interval=0.1)
    lab.sim.run(program.start())
    killed = BusyboxPing6(lab["host1"], "fd00::2", interval=0.1)
    killed.start()
    lab.run(2)
    killed.exit(137)
    assert (program.code, program.result().received, killed.code, killed.result().received) == (0, 20, 137, 20)
