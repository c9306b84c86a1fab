"""traceroute of busybox and of Debian over two routers, as a real kernel answered them (time stood still there)."""

from __future__ import annotations

import re

import pytest

from macvsim.apps.ping import BusyboxPing
from macvsim.apps.ping_iputils import IputilsPing
from macvsim.apps.traceroute import BusyboxTraceroute
from macvsim.apps.traceroute_linux import LinuxTraceroute
from macvsim.dev.cable import Cable
from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.machine.host import DEBIAN, Host
from macvsim.machine.kernel import Kernel

App = BusyboxTraceroute | LinuxTraceroute


class Line:
    """h1 10.1.0.2 - r1 10.1.0.1, 10.2.0.1 - r2 10.2.0.2, 10.3.0.1 - h2 10.3.0.2."""

    def __init__(self, delay: int = 0) -> None:
        self.sim = Sim(hz=100)
        names = ("h1", "r1", "r2", "h2")
        self.h1, self.r1, self.r2, self.h2 = hosts = [
            Host(Kernel(self.sim, n, wakeup_delay=0), n, DEBIAN) for n in names
        ]
        for host in hosts:
            host.dev("lo").set_up()
        for net, (left, right) in enumerate(((self.h1, self.r1), (self.r1, self.r2), (self.r2, self.h2)), start=1):
            ends = [
                left.nic_add(f"e{net}", f"02:00:00:00:0{net}:01"),
                right.nic_add(f"e{net}", f"02:00:00:00:0{net}:02"),
            ]
            Cable(self.sim, *ends, delay=delay)
            left.addr_add(f"e{net}", f"10.{net}.0.{2 if left is self.h1 else 1}/24")
            right.addr_add(f"e{net}", f"10.{net}.0.{1 if net == 1 else 2}/24")
        for router in (self.r1, self.r2):
            router.sysctl["net.ipv4.ip_forward"] = 1
        self.h1.route_add("default", via="10.1.0.1")
        self.r1.route_add("10.3.0.0/24", via="10.2.0.2")
        self.r2.route_add("10.1.0.0/24", via="10.2.0.1")
        self.h2.route_add("default", via="10.3.0.1")

    def run(self, app: App) -> tuple[str, int]:
        """What it printed, and how long it took in ms."""
        begin = int(self.sim.now)
        self.sim.run(until=app.start())
        assert app.code == 0
        return app.text, (int(self.sim.now) - begin) // MS


@pytest.fixture
def line() -> Line:
    return Line()


def test_as_recorded(line: Line) -> None:
    h1, sim = line.h1, line.sim
    sim.run(until=BusyboxPing(h1, "10.3.0.2", count=1).start())
    for ttl in (1, 2, 3):
        ping = IputilsPing(h1, "10.3.0.2", count=1, ttl=ttl, timeout=1)
        sim.run(until=ping.start())
        if ttl < 3:
            sender = ("10.1.0.1", "10.2.0.2")[ttl - 1]
            assert f"From {sender} icmp_seq=1 Time to live exceeded\n" in ping.result().text
    assert ping.result().ttl == 62
    sim.run(until=BusyboxPing(h1, "10.3.0.2", count=1, ttl=1, timeout=1).start())
    sim.run(until=IputilsPing(h1, "10.1.0.1", count=1, ttl=1, timeout=1).start())

    text, took = line.run(LinuxTraceroute(h1, "10.3.0.2", probes=1, wait=1, here=0, near=0, numeric=True))
    assert text == (
        "traceroute to 10.3.0.2 (10.3.0.2), 30 hops max, 60 byte packets\n"
        " 1  10.1.0.1  0.000 ms\n"
        " 2  10.2.0.2  0.000 ms\n"
        " 3  10.3.0.2  0.000 ms\n"
    )
    assert took == 0

    text, took = line.run(BusyboxTraceroute(h1, "10.3.0.2", probes=1, wait=1, numeric=True))
    assert text == (
        "traceroute to 10.3.0.2 (10.3.0.2), 30 hops max, 46 byte packets\n"
        " 1  10.1.0.1  0.000 ms\n"
        " 2  10.2.0.2  0.000 ms\n"
        " 3  *\n"
        " 4  10.3.0.2  0.000 ms\n"
    )
    assert took == 1001, "poll() for a second sleeps a thousandth longer"

    text, took = line.run(LinuxTraceroute(h1, "10.3.0.2", probes=3, wait=1, here=0, near=0, numeric=True))
    assert text == (
        "traceroute to 10.3.0.2 (10.3.0.2), 30 hops max, 60 byte packets\n"
        " 1  10.1.0.1  0.000 ms  0.000 ms  0.000 ms\n"
        " 2  10.2.0.2  0.000 ms  0.000 ms  0.000 ms\n"
        " 3  * * *\n"
        " 4  * * *\n"
        " 5  * * *\n"
        " 6  * * *\n"
        " 7  * * *\n"
        " 8  * 10.3.0.2  0.000 ms *\n"
    )
    assert took == 2002


def test_probes_of_debian(line: Line) -> None:
    h1 = line.h1
    h1.ping("10.3.0.2", count=1)
    with h1.capture("e1") as seen:
        line.run(LinuxTraceroute(h1, "10.3.0.2", probes=1, wait=1, here=0, near=0))
    packets = [(r.direction, r.data[14:]) for r in seen.records]
    sent = [p for way, p in packets if way == "out"]
    assert [p[8] for p in sent] == list(range(1, 17)), "16 at a time"
    assert [int.from_bytes(p[22:24], "big") for p in sent] == list(range(33434, 33450))
    assert len({p[20:22] for p in sent}) == 16, "each from a port of its own"
    first = sent[0]
    assert (first[9], first[6:8], first[28:]) == (17, b"\0\0", bytes(range(0x40, 0x60)))
    assert first[4:6] != b"\0\0"
    assert [way for way, _ in packets[:6]] == ["out", "in"] * 3, "answers are there before the next is sent"


def test_probes_of_debian_with_echo(line: Line) -> None:
    h1 = line.h1
    h1.ping("10.3.0.2", count=1)
    with h1.capture("e1") as seen:
        text, took = line.run(LinuxTraceroute(h1, "10.3.0.2", echo=True, probes=1, wait=2, numeric=True))
    assert text.endswith("\n 1  10.1.0.1  0.000 ms\n 2  10.2.0.2  0.000 ms\n 3  10.3.0.2  0.000 ms\n")
    assert took == 0
    sent = [r.data[14:] for r in seen.records if r.direction == "out"]
    assert [p[26:28] for p in sent] == [bytes((0, seq)) for seq in range(1, 19)], "one answer is read at a time"
    assert (sent[0][6:8], sent[0][20:22], sent[0][28:]) == (b"\0\0", b"\x08\0", bytes(range(0x48, 0x68)))


def test_probes_of_busybox(line: Line) -> None:
    h1 = line.h1
    h1.ping("10.3.0.2", count=1)
    with h1.capture("e1") as seen:
        line.run(BusyboxTraceroute(h1, "10.3.0.2", probes=1, wait=1, tos=8))
    sent = [r.data[14:] for r in seen.records if r.direction == "out"]
    assert [(p[8], int.from_bytes(p[22:24], "big")) for p in sent] == [(1, 33435), (2, 33436), (3, 33437)]
    assert len({p[20:22] for p in sent}) == 1
    assert (sent[1][1], sent[1][6:8], sent[1][28:]) == (8, b"\x40\0", bytes((2, 2)) + bytes(16))


@pytest.mark.parametrize(
    ("kind", "debian", "busybox"),
    [("unreachable", "!H", "!H"), ("prohibit", "!X", "!A"), (None, "!N", "!N")],
)
def test_unreachable(line: Line, kind: str | None, debian: str, busybox: str) -> None:
    if kind:
        from macvsim.net.fibroute import RouteType
        from macvsim.net.routes import add_route

        add_route(line.r1.ns, 0x0A090000, 16, type=RouteType[kind.upper()])
    line.h1.ping("10.1.0.1", count=1)
    text, _ = line.run(LinuxTraceroute(line.h1, "10.9.0.1", probes=2, wait=1, numeric=True))
    assert text.endswith(f" packets\n 1  10.1.0.1  0.000 ms {debian}  0.000 ms {debian}\n")
    line.sim.run(until=line.sim.now + 20 * SECOND)
    text, _ = line.run(BusyboxTraceroute(line.h1, "10.9.0.1", probes=2, wait=1, numeric=True))
    assert text.endswith(f" packets\n 1  10.1.0.1  0.000 ms {busybox}  0.000 ms {busybox}\n")


def test_silence(line: Line) -> None:
    line.r1.sysctl["net.ipv4.ip_forward"] = 0
    text, took = line.run(BusyboxTraceroute(line.h1, "10.9.0.1", probes=2, wait=1, max_ttl=2))
    assert text.endswith("2 hops max, 46 byte packets\n 1  *  *\n 2  *  *\n")
    assert took == 4 * 1001
    text, took = line.run(LinuxTraceroute(line.h1, "10.9.0.1", probes=2, max_ttl=2))
    assert text.endswith("2 hops max, 60 byte packets\n 1  * *\n 2  * *\n")
    assert took == 5005


def test_own_network_without_the_host(line: Line) -> None:
    text, took = line.run(BusyboxTraceroute(line.h1, "10.1.0.77", probes=1, wait=5, numeric=True))
    assert text.endswith("\n 1  10.1.0.2  3120.000 ms !H\n")
    assert took == 3120


def test_names_times_and_first_hop() -> None:
    line = Line(delay=2 * MS)
    line.h1.ping("10.3.0.2", count=1)
    line.h1.hosts.update({"gate": 0x0A010001, "there": 0x0A030002})
    for app in (LinuxTraceroute(line.h1, "there", probes=2), BusyboxTraceroute(line.h1, "there", probes=2)):
        text, _ = line.run(app)
        assert text.startswith("traceroute to there (10.3.0.2), 30 hops max")
        times = [f"  {2 * hop * 2}.000 ms" * 2 for hop in (1, 2, 3)]
        lines = text.splitlines()
        assert re.sub(" +", " ", lines[1]) == " 1 gate (10.1.0.1)" + re.sub(" +", " ", times[0])
        assert re.sub(" +", " ", lines[2]) == " 2 10.2.0.2 (10.2.0.2)" + re.sub(" +", " ", times[1])
        assert re.sub(" +", " ", lines[3]) == " 3 there (10.3.0.2)" + re.sub(" +", " ", times[2])
        line.sim.run(until=line.sim.now + 20 * SECOND)
    text, _ = line.run(LinuxTraceroute(line.h1, "10.3.0.2", probes=1, first_ttl=3, numeric=True, size=100))
    assert text.endswith(" 100 byte packets\n 3  10.3.0.2  12.000 ms\n")


def test_debian_waits_less_where_something_answered() -> None:
    line = Line(delay=2 * MS)
    line.h1.ping("10.3.0.2", count=1)
    line.r2.sysctl["net.ipv4.icmp_ratemask"] = 0
    line.r1.sysctl["net.ipv4.icmp_ratelimit"] = 5000
    text, took = line.run(LinuxTraceroute(line.h1, "10.3.0.2", probes=8, numeric=True))
    assert "\n 1  10.1.0.1  4.000 ms  4.000 ms  4.000 ms  4.000 ms  4.000 ms  4.000 ms * *\n" in text
    assert took < 200


@pytest.mark.parametrize(
    ("options", "text", "code"),
    [
        ({"target": "nosuch"}, "traceroute: bad address 'nosuch'\n", 1),
        ({"source": "9.9.9.9"}, "traceroute: can't set multicast source interface\n", 1),
    ],
)
def test_busybox_does_not_start(line: Line, options: dict[str, str], text: str, code: int) -> None:
    app = BusyboxTraceroute(line.h1, **{"target": "10.3.0.2", **options})  # type: ignore[arg-type]
    line.sim.run(until=app.start())
    assert (app.text, app.code) == (text, code)
    assert not line.h1.ns.icmp.sockets


def test_without_a_route(line: Line) -> None:
    app: App = BusyboxTraceroute(line.r1, "8.8.8.8")
    line.sim.run(until=app.start())
    assert (app.text, app.code) == ("traceroute: can't connect to remote host (8.8.8.8): Network is unreachable\n", 1)
    app = LinuxTraceroute(line.r1, "8.8.8.8")
    line.sim.run(until=app.start())
    head = "traceroute to 8.8.8.8 (8.8.8.8), 30 hops max, 60 byte packets"
    assert (app.text, app.code) == (f"{head}\nconnect: Network is unreachable\n", 1)
    app = LinuxTraceroute(line.r1, "8.8.8.8", echo=True)
    line.sim.run(until=app.start())
    assert (app.text, app.code) == ("\nconnect: Network is unreachable\n", 1)
    app = LinuxTraceroute(line.r1, "10.1.0.2", device="eth9")
    line.sim.run(until=app.start())
    assert app.text.endswith("\nsetsockopt SO_BINDTODEVICE: No such device\n")


def test_interrupt(line: Line) -> None:
    app = BusyboxTraceroute(line.h1, "10.1.0.77")
    done = app.start()
    line.sim.run(until=SECOND // 2)
    app.interrupt()
    line.sim.run(until=done)
    assert (app.code, app.text.splitlines()[1]) == (130, " 1")
    line.sim.run(until=10 * SECOND)
    assert app.text.splitlines()[1] == " 1"


def test_debian_gives_late_unreachables_to_the_hop_they_belong_to() -> None:
    line = Line(delay=5000)
    text, took = line.run(LinuxTraceroute(line.h1, "10.2.0.99", numeric=True))
    late = "  3120.005 ms !H"
    assert text.splitlines()[1:] == [" 1  10.1.0.1" + "  0.020 ms" * 3, f" 2  10.1.0.1{late * 3}"]
    assert took == 3120
    text, _ = line.run(LinuxTraceroute(line.h1, "10.1.0.99", numeric=True, probes=2))
    assert text.splitlines()[1:] == [" 1  10.1.0.2" + "  3119.995 ms !H" * 2]
