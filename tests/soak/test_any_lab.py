"""Any lab that can be built obeys the laws of `invariants`, with whatever is done to it at whatever moment.

Hypothesis composes topologies of every device kind, commands, traffic, cuts, changes under way, saves and loads; each
step is done in two labs, with the fast path and without it, which must stay equal.  ``SOAK=500`` plays more examples.
That captures and unrelated hosts change nothing is a law of tests/lab/random_labs.py.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from macvsim import Lab
from macvsim.dev.nic import Nic
from macvsim.errors import MacvsimError
from macvsim.testing.compare import compare, everything
from tests.soak.invariants import breaches, captured, counters

pytestmark = pytest.mark.slow

KINDS = (
    "macvlan mode bridge", "macvlan mode vepa", "macvlan mode private", "macvlan mode passthru", "macvtap mode bridge",
    "ipvlan mode l2", "ipvlan mode l3", "ipvlan mode l3s", "ipvtap mode l2", "vlan id 100",
)  # fmt: skip
PROGRAMS = (
    "ping -c 3 -i 0.2 -W 1 {to}", "ping -c 1 -s 4000 -W 1 {to}", "arping -c 2 -I eth0 {to}", "arping -c 2 -I e0 {to}",
    "echo x | nc -u -w 1 {to} 9", "echo x | nc -w 1 {to} 80", "traceroute -n -w 1 -q 1 -m 3 {to}",
)  # fmt: skip
CHANGES = (
    "ip link set {dev} down", "ip link set {dev} up", "ip link set {dev} mtu 1300", "ip link set {dev} promisc on",
    "ip link set {dev} arp off", "ip link set {dev} arp on", "ip neigh flush all", "ip addr flush dev {dev}",
    "ip route add blackhole {to}", "sysctl -w net.ipv4.ip_forward=1", "iptables -I INPUT -p icmp -j DROP",
    "iptables -F", "iptables -t nat -A POSTROUTING -o e0 -j MASQUERADE", "ip link del d0", "docker stop -t 0 c0",
    "docker start c0", "docker rm -f c0", "ip netns del n0",
)  # fmt: skip
REFUSED = (
    "ip addr add 10.0.0.300/24 dev e0", "ip link add x link nosuch type macvlan", "ip route add 9.9.9.0/24 via 8.8.8.8",
    "docker network create -d macvlan -o parent=lo none", "docker network rm nosuch", "ip link del e0",
    "iptables -A NOSUCH -j DROP", "vconfig add e0 9999", "brctl delbr nosuch", "sysctl -w net.ipv4.nosuch=1",
    "ip link add link e0 name y type vlan id 5000", "bridge fdb add 01:02 dev e0", "ip netns del nosuch",
)  # fmt: skip
MOMENTS = st.sampled_from((0.0, 0.000_013, 0.000_025, 0.000_3, 0.02, 0.5))
HOSTS = 4


class AnyLab(RuleBasedStateMachine):
    """Two labs to which the same is done."""

    def __init__(self) -> None:
        super().__init__()
        self.labs = [Lab(7, fastpath=fastpath) for fastpath in (True, False)]
        self.texts: tuple[list[Any], list[Any]] = ([], [])
        self.hosts: list[str] = []
        self.boxes: list[tuple[str, str]] = []
        self.targets = ["10.0.0.1", "10.0.0.99"]
        self.made = 0

    def both(self, do: Any) -> list[Any]:
        """Do something in both labs; what it gives or how it is refused is compared at the end."""
        given = []
        for lab, texts in zip(self.labs, self.texts, strict=True):
            try:
                given.append(do(lab))
            except MacvsimError as error:
                given.append(str(error))
            texts.append(str(given[-1]))
        return given

    def sh(self, node: str, line: str) -> None:
        self.both(lambda lab: lab[node].sh(line) if node in lab.boxes() else "no such box")

    # -- building ------------------------------------------------------------------------------------------------------

    @initialize(policy=st.sampled_from(("bare-metal", "virtualbox-allow-all", "virtualbox-deny", "cloud")))
    def begin(self, policy: str) -> None:
        self.both(lambda lab: lab.switch("sw", policy=policy))
        self.both(lambda lab: lab.switch("sw2"))
        self.both(lambda lab: lab.cable("sw:trunk", "sw2:trunk"))
        for _ in range(2):
            self.add_host(False, "sw")

    @precondition(lambda self: len(self.hosts) < HOSTS)
    @rule(ipv6=st.booleans(), switch=st.sampled_from(("sw", "sw2")))
    def add_host(self, ipv6: bool, switch: str) -> None:
        name = f"h{len(self.hosts)}"
        self.hosts.append(name)
        self.boxes.append((name, ""))
        self.both(lambda lab: lab.host(name, nic="e0", switch=switch, ipv6=ipv6))
        address = f"10.0.0.{len(self.hosts)}"
        self.targets.append(address)
        self.sh(name, f"ip addr add {address}/24 dev e0")

    @rule(at=st.integers(0, HOSTS - 1), kind=st.sampled_from(KINDS))
    def add_child(self, at: int, kind: str) -> None:
        """A namespace with a device on the card."""
        host, self.made = self.hosts[at % len(self.hosts)], self.made + 1
        space, address = f"n{self.made % 3}", f"10.0.0.{20 + self.made}"
        self.targets.append(address)
        self.boxes.append((host, f"ip netns exec {space} "))
        self.sh(
            host,
            f"ip netns add {space}; ip link add k{self.made} link e0 type {kind}; "
            f"ip link set k{self.made} netns {space} name eth0; ip -n {space} addr add {address}/24 dev eth0; "
            f"ip -n {space} link set eth0 up; ip -n {space} link set lo up",
        )

    @rule(at=st.integers(0, HOSTS - 1), driver=st.sampled_from(("macvlan", "ipvlan", "bridge")))
    def add_container(self, at: int, driver: str) -> None:
        host, self.made = self.hosts[at % len(self.hosts)], self.made + 1
        parent = "-o parent=e0" if driver != "bridge" else ""
        self.sh(host, f"docker network create -d {driver} --subnet 172.16.{self.made}.0/24 {parent} net{self.made}")
        self.sh(host, f"docker run -d --name c{self.made % 3} --privileged --network net{self.made} busybox sleep 1000")
        self.boxes.append((f"c{self.made % 3}", ""))
        self.targets.append(f"172.16.{self.made}.2")

    @rule(at=st.integers(0, HOSTS - 1))
    def add_bridge(self, at: int) -> None:
        """The card becomes a bridge's port, beside one end of a veth pair."""
        host, self.made = self.hosts[at % len(self.hosts)], self.made + 1
        self.sh(host, "ip link add br0 type bridge && ip link set br0 up && ip link set e0 master br0")
        self.sh(host, f"ip netns add n0; ip link add v{self.made} type veth peer name eth0 netns n0")
        self.sh(host, f"ip link set v{self.made} master br0 up; ip -n n0 link set eth0 up")
        self.sh(host, f"ip -n n0 addr add 10.0.0.{40 + self.made}/24 dev eth0")
        self.targets.append(f"10.0.0.{40 + self.made}")

    @rule(at=st.integers(0, HOSTS - 1))
    def add_dummy(self, at: int) -> None:
        self.sh(self.hosts[at % len(self.hosts)], "ip link add d0 type dummy; ip link set d0 up")

    # -- traffic and changes -----------------------------------------------------------------------------------------

    @rule(data=st.data(), program=st.sampled_from(PROGRAMS), wait=st.booleans())
    def talk(self, data: st.DataObject, program: str, wait: bool) -> None:
        node, prefix = data.draw(st.sampled_from(self.boxes))
        line = prefix + program.format(to=data.draw(st.sampled_from(self.targets)))
        self.sh(node, line if wait else f"({line}) > /tmp/out 2>&1 &")

    @rule(data=st.data(), change=st.sampled_from(CHANGES))
    def change(self, data: st.DataObject, change: str) -> None:
        node, prefix = data.draw(st.sampled_from(self.boxes))
        dev = data.draw(st.sampled_from(("e0", "eth0", "br0", "lo")))
        self.sh(node, prefix + change.format(dev=dev, to=data.draw(st.sampled_from(self.targets))))

    @rule(at=st.integers(0, HOSTS - 1), up=st.booleans())
    def pull_or_plug(self, at: int, up: bool) -> None:
        """A cable is pulled out, or put in again."""
        host = self.hosts[at % len(self.hosts)]

        def do(lab: Lab) -> None:
            card = lab.hosts[host].dev("e0")
            assert isinstance(card, Nic)
            if not up and card.cable is not None:
                card.cable.unplug()
            elif up and card.cable is None:
                lab.cable(f"{host}:e0", f"sw:again{at}")

        self.both(do)

    @rule(at=st.integers(0, HOSTS - 1), line=st.sampled_from(REFUSED))
    def refuse(self, at: int, line: str) -> None:
        """A refused command changes nothing; programs in the background have ended before."""
        host = self.hosts[at % len(self.hosts)]
        self.both(lambda lab: lab.run(20.0))
        if line.startswith("docker"):
            self.both(lambda lab: lab.hosts[host].docker.ps())
        before = [_settled(lab) for lab in self.labs]
        codes = [lab[host].sh(line).code for lab in self.labs]
        assert all(codes), f"{line} was not refused"
        assert [_settled(lab) for lab in self.labs] == before, line

    @rule(seconds=MOMENTS)
    def wait(self, seconds: float) -> None:
        self.both(lambda lab: lab.run(seconds))

    @rule()
    def save_and_load(self) -> None:
        """Both labs go on as what a file says of them."""
        with tempfile.TemporaryDirectory() as folder:
            for number, fastpath in enumerate((True, False)):
                lab, path = self.labs[number], Path(folder) / "lab"
                lab.save(path)
                loaded = Lab.load(path, fastpath=fastpath)
                _no_difference(lab, loaded, "a loaded lab")
                self.labs[number] = loaded

    @invariant()
    def drops_have_reasons(self) -> None:
        for lab in self.labs:
            assert all(reason.meaning for _, reason in lab.sim.drops)

    # -- the end -------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        fast, plain = self.labs
        if not self.hosts:
            return
        before = counters(fast)
        capture = fast.start_capture()
        plain_capture = plain.start_capture()
        self.both(lambda lab: lab[self.hosts[0]].sh("ping -c 5 -i 0.1 -W 1 10.0.0.2"))
        self.both(lambda lab: lab.run(75.0))
        fast.stop_capture(capture)
        plain.stop_capture(plain_capture)
        assert captured(fast, capture, before) == []
        found = compare(fast, plain, captures=[(capture, plain_capture)], texts=self.texts)
        assert not found, "the fast path changes something:\n" + "\n".join(map(str, found))
        assert breaches(plain) == []
        _no_difference(plain, plain.copy(), "a copy")


def _settled(lab: Lab) -> dict[str, Any]:
    passing = ("clock", "next identity", "journal", "causes in the journal", "drops")
    return {name: list(rows) for name, rows in everything(lab).items() if name not in passing}


def _no_difference(one: Lab, other: Lab, what: str) -> None:
    found: Iterable[Any] = compare(one, other)
    assert not found, f"{what} differs:\n" + "\n".join(map(str, found))


AnyLab.TestCase.settings = settings(
    max_examples=int(os.environ.get("SOAK", "25")),
    stateful_step_count=14,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if "SOAK" in os.environ else [])],
    derandomize="SOAK" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
TestAnyLab = AnyLab.TestCase
