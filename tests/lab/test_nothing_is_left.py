"""Removed is gone: devices, namespaces, containers, networks and copies leave no object of macvsim behind.

Python's collector tells what is alive, so this holds for every class and every reference.  Kept on purpose are the
history of a lab (the calls that make a copy), the journal with the places of its records, entries of flow tables until
they are needed no more, and connections until they have timed out and the table looks for them.
"""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from macvsim import Lab
from macvsim.dev.registry import Kind, Kinds

pytestmark = pytest.mark.slow

KEPT = (
    "macvsim.engine.history.",
    "macvsim.fastpath.flowtable.Entry",
    "macvsim.net.netfilter.conn.Conn",
    "macvsim.net.netfilter.tuple.Tuple",
)
EXAMPLES = {
    "ipvlan": "mode l3",
    "macvlan": "mode bridge",
    "macvtap": "mode vepa",
    "veth": "peer name y0",
    "vlan": "id 5",
}
KINDS = [kind for kind in Kinds() if kind.made]
ROUNDS = 3
WAIT = 2.0
"""Seconds after which the alarms of programs that ended are gone."""


def build(*, journal: bool = False) -> Lab:
    lab = Lab(seed=5, journal=journal)
    switch = lab.switch("sw1")
    for number, name in enumerate(("host1", "host2"), 1):
        lab.host(name, switch=switch).addr_add("enp0s8", f"10.0.0.{number}/24")
    return lab


def alive() -> Counter[str]:
    """Objects of macvsim by class."""
    while gc.collect():
        pass
    classes = (f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.get_objects())
    return Counter(name for name in classes if name.startswith("macvsim.") and not name.startswith(KEPT))


def grown(lab: Lab, once: Callable[[], None]) -> dict[str, int]:
    """Classes with more objects after each of some rounds of the same; the first ones may make parts of the lab."""
    counts = []
    for _ in range(ROUNDS + 2):
        once()
        lab.run(WAIT)
        if lab.sim.journal is not None:
            lab.sim.journal.records.clear()
            lab.sim.journal.causes.clear()
        counts.append(alive())
    return {name: n - counts[1][name] for name, n in counts[-1].items() if n - counts[1][name] >= ROUNDS}


def commands(lab: Lab, lines: Sequence[str], node: str = "host1") -> Callable[[], None]:
    def once() -> None:
        for line in lines:
            ran = lab[node].sh(line)
            assert ran.code == 0, f"{line}: {ran.stdout}{ran.stderr}"

    return once


PING = "ping -c 1 -W 1 {} || true"


@pytest.mark.parametrize("journal", [False, True], ids=["no journal", "journal"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_device_that_is_deleted(kind: Kind, journal: bool) -> None:
    """Up, with an address, IPv6, packets that were sent, dropped and not answered, and a neighbour that fails."""
    lab = build(journal=journal)
    mac = "address 02:00:00:00:00:77 " if kind.own_mac else ""
    link = "link enp0s8 " if kind.stacked else ""
    lines = (
        f"ip link add {link}name x0 {mac}type {kind.name} {EXAMPLES.get(kind.name, '')}",
        "sysctl -q -w net.ipv6.conf.x0.disable_ipv6=0",
        "ip link set x0 up; ip addr add 10.1.0.1/24 dev x0",
        PING.format("10.1.0.2"),
        PING.format("10.0.0.2"),
        "ip link set x0 mtu 1400",
        "ip link del x0",
    )
    assert grown(lab, commands(lab, lines)) == {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_device_that_goes_with_its_namespace(kind: Kind) -> None:
    lab = build()
    mac = "address 02:00:00:00:00:77 " if kind.own_mac else ""
    link = "link enp0s8 " if kind.stacked else ""
    lines = (
        "ip netns add x",
        f"ip link add {link}name x0 {mac}type {kind.name} {EXAMPLES.get(kind.name, '')}",
        "ip link set x0 netns x",
        "ip netns exec x ip link set lo up",
        "ip netns exec x ip link set x0 up",
        "ip netns exec x ip addr add 10.1.0.1/24 dev x0",
        f"ip netns exec x {PING.format('10.1.0.2')}",
        f"ip netns exec x {PING.format('127.0.0.1')}",
        "ip netns del x",
    )
    assert grown(lab, commands(lab, lines)) == {}


NETWORKS = {
    "default": ("true", "bridge"),
    "bridge": ("docker network create -d bridge n1", "n1"),
    "macvlan": ("docker network create -d macvlan --subnet 10.2.0.0/24 -o parent=enp0s8 n1", "n1"),
    "macvlan on a new VLAN": ("docker network create -d macvlan --subnet 10.2.0.0/24 -o parent=enp0s8.9 n1", "n1"),
    "ipvlan l2": ("docker network create -d ipvlan --subnet 10.2.0.0/24 -o parent=enp0s8 n1", "n1"),
    "ipvlan l3": ("docker network create -d ipvlan --subnet 10.2.0.0/24 -o parent=enp0s8 -o ipvlan_mode=l3 n1", "n1"),
    "host": ("true", "host"),
    "none": ("true", "none"),
}


@pytest.mark.parametrize("how", ["rm -f", "stop and rm", "--rm", "restart"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_container_that_is_removed(network: str, how: str) -> None:
    lab = build()
    create, name = NETWORKS[network]
    lines = [
        create,
        f"docker run -itd {'--rm' if how == '--rm' else ''} --name c1 --network {name} busybox",
        f"docker exec c1 {PING.format('10.0.0.1')}",
        *({"restart": ["docker restart -t 0 c1"]}.get(how, [])),
        "docker stop -t 0 c1" if how in ("stop and rm", "--rm") else "true",
        "docker rm -f c1" if how != "--rm" else "true",
        "docker network rm n1" if name == "n1" else "true",
    ]
    assert grown(lab, commands(lab, lines)) == {}


def test_containers_that_share_a_namespace() -> None:
    """The namespace ends with the last container in it, whichever that is."""
    lab = build()
    lines = (
        "docker run -itd --name c1 busybox",
        "docker run -itd --name c2 --network container:c1 busybox",
        "docker rm -f c1",
        "docker rm -f c2",
    )
    assert grown(lab, commands(lab, lines)) == {}


def test_published_ports_and_connections_of_networks() -> None:
    lab = build()
    lines = (
        "docker network create n1",
        "docker run -itd --name c1 -p 8080:80 busybox",
        "docker network connect n1 c1",
        "docker network disconnect bridge c1",
        "docker rm -f c1",
        "docker network rm n1",
    )
    assert grown(lab, commands(lab, lines)) == {}


def test_a_run_that_is_refused() -> None:
    lab = build()

    def once() -> None:
        assert lab["host1"].sh("docker run -itd --name c1 --mac-address 01:02:03:04:05:06 busybox").code == 125
        assert lab["host1"].sh("docker rm c1").code == 0

    assert grown(lab, once) == {}


def test_programs_and_captures_that_ended() -> None:
    lab = build()

    def once() -> None:
        with lab.capture():
            commands(
                lab, ["timeout 1 tcpdump -c 1 -n -i enp0s8 arp >/dev/null 2>&1 || true", PING.format("10.0.0.2")]
            )()

    assert grown(lab, once) == {}


def test_namespaces_that_are_gone_give_their_number_back() -> None:
    """A further namespace gets the number again by which the kernel knew the removed one (unhash_nsid)."""
    host = build()["host1"]
    seen = []
    for number in range(3):
        assert host.sh(f"docker run -itd --name c{number}1 busybox").code == 0
        seen.append(host.sh("ip link show type veth | grep -o 'link-netnsid [0-9]*'").stdout)
        assert host.sh(f"docker rm -f c{number}1").code == 0
    assert seen == ["link-netnsid 0\n"] * 3


def test_drops_of_a_place_that_is_gone_stay_counted() -> None:
    lab = build()
    host = lab["host1"]
    host.sh("ip link add x0 link enp0s8 type macvlan; ip link set x0 up; ip addr add 10.1.0.1/24 dev x0")
    host.sh(PING.format("10.1.0.2"))
    lab.hosts["host2"].addr_add("enp0s8", "10.1.0.3/24")
    lab["host2"].ping("10.1.0.4", count=1, timeout=1)

    def drops() -> list[tuple[str, str, int]]:
        return sorted((where.label, reason.name, packets) for (where, reason), packets in lab.sim.drops.items())

    before = drops()
    assert [entry for entry in before if entry[0] == "host1:x0"]
    host.sh("ip link del x0")
    after = drops()
    assert [entry for entry in before if entry not in after] == []
    assert "host1:x0" in {label for label, _, _ in after}


@pytest.mark.parametrize("how", ["copy", "save and load"])
def test_a_copy_that_is_thrown_away(how: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    lab = build(journal=True)
    commands(lab, ["docker run -itd --name c1 busybox", f"docker exec c1 {PING.format('10.0.0.2')}"])()
    file = tmp_path_factory.mktemp("saved") / "lab.json"

    def once() -> Lab:
        if how == "copy":
            return lab.copy()
        lab.save(file)
        return Lab.load(file)

    once()
    before = alive()
    copy = weakref.ref(once())
    after = alive()
    assert copy() is None
    assert {name: n - before[name] for name, n in after.items() if n > before[name]} == {}


def test_a_lab_that_is_thrown_away() -> None:
    def once() -> weakref.ref[Lab]:
        lab = build(journal=True)
        commands(lab, ["docker run -itd --name c1 busybox", PING.format("10.0.0.2"), "sleep 1 &"])()
        lab.why("host1", "10.0.0.9")
        return weakref.ref(lab)

    once()
    before = alive()
    gone = once()
    after = alive()
    assert gone() is None
    assert {name: n - before[name] for name, n in after.items() if n > before[name]} == {}
