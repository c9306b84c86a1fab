"""Broadcasts as one fact show the same as broadcasts to one device after the other.

Random labs with many containers to a host are run with and without the fast path, while everything changes that decides
which device acts on an ARP request or a neighbour solicitation: captures, counters, neighbour tables, drops,
journals, printed texts and nanosecond times are the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from macvsim import Lab
from macvsim.apps.ping import BusyboxPing
from macvsim.dev.base import NetDevice
from macvsim.dev.nic import Nic
from macvsim.docker.container import Container
from macvsim.errors import MacvsimError
from macvsim.testing.compare import everything as state
from macvsim.wire.frame import Frame

pytestmark = pytest.mark.slow

SEEDS = range(12)


class Play:
    """One random lab and what happens in it; the same seed plays the same."""

    def __init__(self, seed: int, *, fastpath: bool, journal: bool) -> None:
        self.dice = random.Random(seed)
        self.lab = Lab(seed=seed, journal=journal, fastpath=fastpath)
        self.ipv6 = self.dice.random() < 0.4
        choices: tuple[list[int | None], ...] = ([None], [None], [100], [100, 200])
        self.vids = self.dice.choice(choices)
        self.mode = self.dice.choice(["bridge", "bridge", "bridge", "vepa", "private"])
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.stops: list[Callable[[], None]] = []
        self.texts: list[str] = []
        self.lab.switch("sw1", policy=self.dice.choice(["bare-metal", "bare-metal", "virtualbox-allow-all"]))
        for number in range(1, self.dice.choice([3, 4, 5])):
            self.host(number)

    def host(self, number: int) -> None:
        """A host with networks, one to a VLAN or one in all, and containers."""
        dice = self.dice
        host = self.lab.host(
            f"host{number}", nic="enp0s8", switch="sw1", unicast_filter=dice.random() < 0.8, ipv6=self.ipv6
        )
        if dice.random() < 0.5:
            host.sh("ip link set enp0s8 promisc on")
        for net, vid in enumerate(self.vids):
            parent = "enp0s8"
            if vid is not None:
                parent = f"enp0s8.{vid}"
                host.vlan("enp0s8", vid)
            subnets = [f"172.16.{net}.0/24", *([f"fd00:{net}::/64"] if self.ipv6 else [])]
            host.docker.network_create(
                f"mac{net}", driver="macvlan", subnet=subnets, parent=parent, ipv6=self.ipv6,
                options={"macvlan_mode": self.mode},
            )  # fmt: skip
            for _ in range(dice.choice([2, 5, 9])):
                self.container(number, net)
            if dice.random() < 0.5:
                host.macvlan(parent, f"shim{net}", ip=f"172.16.{net}.{200 + number}/24")

    def container(self, host: int, net: int) -> None:
        last = len(self.addresses) + 10
        name = f"c{host}n{net}x{last}"
        self.addresses.append(f"172.16.{net}.{last}")
        self.names.append(name)
        self.lab.hosts[f"host{host}"].docker.run(name, network=f"mac{net}", ip=self.addresses[-1], privileged=True)

    def chatter(self) -> None:
        """Some containers ping at once: each other, the host's, and addresses that nobody has."""
        dice = self.dice
        for name in dice.sample(self.names, min(len(self.names), dice.choice([2, 6, 12]))):
            target = dice.choice([*self.addresses, "172.16.0.77", "172.16.0.201"])
            if self.ipv6 and dice.random() < 0.4:
                target = f"fd00::{dice.randrange(2, 12):x}"
            self.lab[name].sh(f"ping -c 3 -i 0.{dice.choice([1, 3])} -W 1 {target} > /tmp/out 2>&1 &")

    def change(self) -> None:
        """One thing that decides who does something about a broadcast."""
        dice, lab = self.dice, self.lab
        name = dice.choice(self.names)
        box, host = lab[name], lab.hosts[f"host{name[1]}"]
        assert isinstance(box, Container)
        other = dice.choice(self.addresses)
        parameter = dice.choice(
            ["arp_accept", "arp_ignore", "arp_filter", "proxy_arp", "proxy_arp_pvlan", "drop_gratuitous_arp",
             "forwarding", "rp_filter", "route_localnet", "medium_id", "arp_notify", "bc_forwarding", "log_martians"]
        )  # fmt: skip
        card = dice.choice(list(host.ns.devices))

        def inside(line: str) -> object:
            """In the container's namespace, with the host's tools."""
            return host.sh(f"nsenter -t {box.pid} -n {line}") if box.pid else "stopped"

        changes: list[Callable[[], object]] = [
            lambda: box.sh(f"sysctl -w net.ipv4.conf.{dice.choice(['all', 'eth0'])}.{parameter}={dice.randrange(3)}"),
            lambda: host.sh(f"sysctl -w net.ipv4.conf.{card.replace('.', '/')}.{parameter}={dice.randrange(3)}"),
            lambda: box.sh(f"ip addr add {other}/{dice.choice([24, 32])} dev {dice.choice(['eth0', 'lo'])}"),
            lambda: host.sh(f"ip addr add {other}/32 dev {card}"),
            lambda: box.sh(f"ip addr del {dice.choice(self.addresses)}/24 dev eth0"),
            lambda: inside(f"ip route add local {other} dev lo"),
            lambda: host.sh("ip route add local 172.16.0.0/28 dev lo"),
            lambda: inside(f"ip neigh add proxy {other} dev eth0"),
            lambda: host.sh(f"ip neigh add proxy {other} dev {card}"),
            lambda: inside("ip neigh flush all"),
            lambda: inside(f"ip neigh replace {other} lladdr 02:00:00:00:09:09 dev eth0"),
            lambda: host.sh(f"ip neigh add {other} lladdr 02:00:00:00:08:08 nud stale dev {card}"),
            lambda: inside(f"ip link set eth0 type macvlan mode {dice.choice(['bridge', 'private', 'vepa'])}"),
            lambda: inside(f"ip link set eth0 type macvlan bcqueuelen {dice.choice([1, 3, 1000])}"),
            lambda: box.sh(f"ip link set eth0 {dice.choice(['down', 'up'])}"),
            lambda: inside(f"ip link set eth0 arp {dice.choice(['off', 'on'])}"),
            lambda: inside(f"ip link set eth0 promisc {dice.choice(['on', 'off'])}"),
            lambda: inside(f"ip link set eth0 allmulticast {dice.choice(['on', 'off'])}"),
            lambda: inside(f"ip link set eth0 address 02:00:00:00:00:{dice.randrange(16, 40):02x}"),
            lambda: inside("ip link add link eth0 name eth0.9 type vlan id 9"),
            lambda: inside("ip link add sub0 link eth0 type macvlan mode bridge"),
            lambda: host.sh(f"ip link set {card} {dice.choice(['down', 'up'])}"),
            lambda: host.sh(f"ip link set {card} arp {dice.choice(['off', 'on'])}"),
            lambda: inside(f"arping -c 1 -U -I eth0 {other}"),
            lambda: inside(f"arping -c 1 -D -w 1 -I eth0 {other}"),
            lambda: host.docker.kill(name),
            lambda: host.docker.start(name),
            lambda: self.container(int(name[1]), int(name[3])),
            lambda: self.watch(box.ns.devices[dice.choice(list(box.ns.devices))]),
            lambda: self.watch(host.ns.devices[card]),
            lambda: self.stops and self.stops.pop()(),
            lambda: self.read(box),
            lambda: self.unplug(host),
        ]
        try:
            self.texts.append(str(dice.choice(changes)()))
        except MacvsimError as error:
            self.texts.append(str(error))

    def watch(self, dev: NetDevice) -> str:
        """A capture begins."""
        seen: list[tuple[float, object, bytes]] = []
        stop = dev.add_tap(lambda kind, frame: seen.append((self.lab.sim.now, kind, frame.wire)))

        def end() -> None:
            stop()
            self.texts.append(f"{dev.label} {seen}")

        self.stops.append(end)
        return dev.label

    def unplug(self, host: Any) -> str:
        """The host's cable is pulled, with what is under way, and put back."""
        nic = host.dev("enp0s8")
        port = nic.cable.other(nic)
        nic.cable.unplug()
        self.lab.cable(nic, port, delay=self.dice.choice([0, 25_000]))
        return "unplugged"

    def read(self, box: Any) -> str:
        """Counters are read in the middle, and drops."""
        drops = sorted((where.label, reason.name, n) for (where, reason), n in self.lab.sim.drops.items())
        return f"{box.sh('ip -s link')} {drops}"

    def run(self, captured: bool) -> tuple[dict[str, Any], bytes]:
        lab, dice = self.lab, self.dice
        whole = lab.capture() if captured else None
        capture = whole.__enter__() if whole is not None else None
        for _ in range(16):
            try:
                self.chatter()
            except MacvsimError as error:
                self.texts.append(str(error))
            lab.run(dice.choice([0.0, 0.000_025, 0.000_050, 0.000_051, 0.2]))
            for _ in range(dice.choice([1, 3])):
                self.change()
                lab.run(dice.choice([0.0, 0.000_026, 0.001, 0.3]))
            lab.run(dice.choice([0.0, 0.3, 6.0, 40.0]))
        lab.run(5)
        while self.stops:
            self.stops.pop()()
        for name in self.names:
            self.texts.append(str(lab[name].files.get("/tmp/out")))
        seen = state(lab)
        seen["texts"] = self.texts
        if whole is None or capture is None:
            return seen, b""
        whole.__exit__(None, None, None)
        with TemporaryDirectory() as folder:
            path = Path(folder, "lab.pcapng")
            capture.save(path)
            return seen, path.read_bytes()


@pytest.mark.parametrize("journal, captured", [(False, False), (True, True)], ids=["bare", "watched"])
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_shows(seed: int, journal: bool, captured: bool) -> None:
    quick, frames = Play(seed, fastpath=True, journal=journal).run(captured)
    plain, plain_frames = Play(seed, fastpath=False, journal=journal).run(captured)
    assert quick == plain
    assert frames == plain_frames


def test_watching_changes_nothing() -> None:
    """Captures and journal see the same lab that runs without them."""
    for seed in list(SEEDS)[:5]:
        bare, _ = Play(seed, fastpath=True, journal=False).run(False)
        watched, _ = Play(seed, fastpath=True, journal=True).run(True)
        del watched["journal"], watched["causes in the journal"], watched["next identity"], bare["next identity"]
        assert bare == watched


@pytest.mark.parametrize("fastpath", [True, False])
def test_martians_are_logged_by_those_who_hear_them(fastpath: bool) -> None:
    """Of a request for somebody else too, once log_martians says so."""
    lab = Lab(journal=False, fastpath=fastpath)
    lab.switch("sw1")
    for number in (1, 2):
        host = lab.host(f"host{number}", nic="enp0s8", switch="sw1")
        host.docker.network_create("net", driver="macvlan", subnet="172.16.0.0/24", parent="enp0s8")
        host.docker.run(f"c{number}", network="net", ip=f"172.16.0.{10 + number}", privileged=True)
    lab["c1"].sh("ip addr add 172.16.0.12/32 dev lo")
    lab["c1"].sh("sysctl -w net.ipv4.conf.eth0.log_martians=1")
    lab["c2"].sh("ping -c 3 172.16.0.77")
    told = [line.text for line in lab["c1"].ns.log.lines]
    assert "IPv4: martian source 172.16.0.77 from 172.16.0.12, on dev eth0" in told


@pytest.mark.parametrize("fastpath", [True, False])
@pytest.mark.parametrize(
    "wait, known",
    [(0.000_049, "lladdr 02:42:ac:10:00:15 STALE"), (0.000_050, "lladdr 02:42:ac:10:00:15 STALE"),
     (0.000_051, "FAILED")],
)  # fmt: skip
def test_what_is_known_changes_before_the_work_queues_run(fastpath: bool, wait: float, known: str) -> None:
    """A request is at all cards after 50 us, and with macvlan's children one later: then it tells of its sender."""
    lab = Lab(journal=False, fastpath=fastpath)
    lab.switch("sw1")
    for number in (1, 2, 3):
        host = lab.host(f"host{number}", nic="enp0s8", switch="sw1")
        host.docker.network_create("net", driver="macvlan", subnet="172.16.0.0/24", parent="enp0s8")
        host.docker.run(f"c{number}", network="net", ip=f"172.16.0.{20 + number}", privileged=True)
    host, c3 = lab.hosts["host3"], lab["c3"]
    assert isinstance(c3, Container)
    inside = f"nsenter -t {c3.pid} -n ip neigh"
    c3.sh("ping -c 1 172.16.0.21")
    for nobody in (98, 99):
        lab["c1"].sh(f"ping -c 1 -W 1 172.16.0.{nobody}")
    lab.run(2)
    lab["c1"].sh("ping -c 1 -W 1 172.16.0.77 > /tmp/out 2>&1 &")
    lab.run(wait)
    host.sh(f"{inside} change 172.16.0.21 dev eth0 nud failed")
    lab.run(0.001)
    assert str(host.sh(inside)).strip() == f"172.16.0.21 dev eth0 {known}"


@pytest.mark.parametrize("fastpath", [True, False])
@pytest.mark.parametrize("before, rtt", [(None, 451_000), (400, 450_000), (-400, 451_000)])
def test_a_request_is_handed_on_with_what_waits_already(fastpath: bool, before: int | None, rtt: int) -> None:
    """A request is at all cards after 50 us; macvlan's work queue runs 1 us after the first frame that waits there."""
    lab = Lab(journal=False, fastpath=fastpath)
    lab.switch("sw1")
    for number in (1, 2, 3):
        host = lab.host(f"host{number}", nic="enp0s8", switch="sw1")
        host.docker.network_create("net", driver="macvlan", subnet="172.16.0.0/24", parent="enp0s8")
        host.docker.run(f"c{number}", network="net", ip=f"172.16.0.{20 + number}")
    for nobody in (98, 99):
        lab["c1"].sh(f"ping -c 1 -W 1 172.16.0.{nobody}")
    lab.run(2)
    if before is not None:
        other = Frame(b"\xff" * 6 + b"\x02\x00\x00\x00\x00\x09" + b"\x88\xb5" + bytes(46), lab.sim.born())
        nic = lab.hosts["host2"].dev("enp0s8")
        assert isinstance(nic, Nic)
        lab.sim.call_later(50_000 - before, nic.wire_receive, other)
    ping = BusyboxPing(lab["c1"], "172.16.0.22", count=1)
    ping.start()
    lab.run(1)
    assert ping.result().rtts == [rtt]
