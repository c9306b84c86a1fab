"""Memory of a container: objects and bytes, which are the same in every run."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from importlib.util import find_spec

import pytest

from benchmarks.scale import Plan, ScaleLab
from macvsim import Lab
from macvsim.net.namespace import Namespace

pytestmark = pytest.mark.slow

_FEW, _MANY, _HOSTS = 40, 240, 4


def _objects(lab: ScaleLab) -> Counter[str]:
    """What Python's collector looks after, by class; `lab` is alive."""
    while gc.collect():  # finalizers may leave more
        pass
    return Counter(type(thing).__qualname__ for thing in gc.get_objects())


def test_what_a_container_takes() -> None:
    """When it runs, and when it has pinged another and been pinged: bytes by the difference of two labs on equally many
    hosts, as Python counts them.
    """
    ScaleLab(Plan(_HOSTS, _HOSTS)).ping(1)  # what is loaded and composed once
    built, pinged = [], []
    for containers in (_FEW, _MANY):
        gc.collect()
        tracemalloc.start()
        lab = ScaleLab(Plan(containers, _HOSTS))
        gc.collect()
        built.append(tracemalloc.get_traced_memory()[0])
        lab.ping(10)
        gc.collect()
        pinged.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert len(lab.containers) == containers
    assert (built[1] - built[0]) / (_MANY - _FEW) < 5_200
    if find_spec("macvsim.fastpath"):  # without it every request wakes every container
        assert (pinged[1] - pinged[0]) / (_MANY - _FEW) < 16_200  # about a third are entries of flow tables


def test_what_is_like_everywhere_is_kept_once() -> None:
    """Parameters, group lists, IPv6, lo and name servers of containers are not there until they have to differ."""
    few = _objects(ScaleLab(Plan(_FEW, _HOSTS)))
    more = _objects(many := ScaleLab(Plan(_MANY, _HOSTS)))
    for shared in (
        "DevConf", "NeighParms", "Ipv6", "Inet6Dev", "Netfilter", "Sysctl", "UdpSocket", "ContainerConfig", "Loopback",
    ):  # fmt: skip
        assert more[shared] == few[shared], shared
    assert sum((more - few).values()) < 33 * (_MANY - _FEW)

    one, other, *_ = (container.ns for container in many.containers[::_HOSTS])
    one.sysctl["net.ipv4.conf.eth0.rp_filter"] = 2
    assert (one.dev("eth0").inet.conf.rp_filter, other.dev("eth0").inet.conf.rp_filter) == (2, 0)
    assert one.sysctl["net.ipv6.conf.eth0.disable_ipv6"] == 1
    assert len(one.udp.ports[53]) == 1 and not other.made("udp")


def test_ipv6_wakes_up_as_it_would_have_been() -> None:
    """A device that came while IPv6 slept has the parameters and the groups of one that came to a stack."""
    lab = Lab(journal=False)
    host = lab.host("host1", nic="enp0s8")
    early, late = (host.kernel.new_namespace(name) for name in ("early", "late"))
    _ = late.ipv6
    shown = []
    for ns in (early, late):
        child = host.macvlan("enp0s8", "m0", mac="02:00:00:00:00:07")
        host.ns.move(child, ns)
        child.set_up()
        child.set_mtu(1400)
        child.noarp = True
        ns.arp_changed(child)
        ns.sysctl["net.ipv6.conf.m0.disable_ipv6"] = 0
        lab.run(5)
        inet6 = child.inet.inet6
        shown.append((dict(vars(inet6.conf)), list(inet6.groups), dict(child.mc), [a.text for a in inet6.addresses]))
        child.destroy()
    assert shown[0] == shown[1]


_SHOWN = (
    "ip -d link", "ip -d addr", "ip -s link", "ip route show table all", "ip route get 172.16.0.3", "ip neigh",
    "ip maddr", "ip route get 127.0.0.2", "ip route get 172.16.0.2 from 172.16.0.3 iif eth0",
    "cat /proc/net/dev /proc/net/route", "sysctl -a", "ifconfig -a", "ip -s -s link",
    "ping -c 1 127.0.0.1", "ping -c 1 172.16.0.2",
    "tcpdump -D",
)  # fmt: skip


def _two(look: bool) -> tuple[Lab, list[Namespace]]:
    """Two containers that have talked, and a namespace with a name; `look`: somebody asked for every lo at once."""
    lab = Lab(journal=False)
    sw1 = lab.switch("sw1")
    hosts = [lab.host(name, nic="enp0s8", switch=sw1) for name in ("host1", "host2")]
    for number, host in enumerate(hosts):
        host.docker.network_create("net", driver="macvlan", subnet="172.16.0.0/24", parent="enp0s8")
        container = host.docker.run(f"c{number}", network="net", ip=f"172.16.0.{number + 2}")
        host.kernel.netns["blue"] = container.ns  # as a link below /run/netns makes it
        host.sh("ip netns add red")
    spaces = [ns for host in hosts for ns in host.kernel.netns.values()]
    if look:
        assert [next(iter(ns.devices)) for ns in spaces] == ["lo"] * 4
    assert lab["c0"].ping("172.16.0.3", count=3).received == 3
    return lab, spaces


def _inside(lab: Lab, command: str) -> list[str]:
    """What a command shows in all of them."""
    return [str(lab[host].sh(f"ip netns exec {ns} {command}")) for host in ("host1", "host2") for ns in ("blue", "red")]


def _turns(lab: Lab, ns: Namespace) -> tuple[object, ...]:
    assert lab.sim.history is not None
    return lab.sim.generation, lab.sim.now, repr(lab.sim._eid), ns.router.generation, len(lab.sim.history.calls)


def test_lo_is_made_when_somebody_asks_for_it() -> None:
    """A lab in which nobody has looked yet shows the same as one whose namespaces had theirs from the beginning."""
    (late, spaces), (early, _) = _two(look=False), _two(look=True)
    with late.capture(), early.capture():
        assert all(ns.lo_rests for ns in spaces)
    before = _turns(late, spaces[0])
    assert [next(iter(ns.devices)) for ns in spaces] == ["lo"] * 4
    assert [ns.dev("lo").up for ns in spaces] == [True, False] * 2
    assert _turns(late, spaces[0]) == before
    assert late.sim.generation == early.sim.generation
    for command in _SHOWN:
        assert _inside(late, command) == _inside(early, command), command
    for command in ("ip link", "ip addr", "ip route", "ifconfig -a", "netstat -nr", "cat /proc/net/dev"):
        assert str(late["c0"].sh(command)) == str(early["c0"].sh(command)), command


def test_lo_is_asked_for_by_what_it_does() -> None:
    """Packets to the loopback network, names and addresses there find it."""
    for command in (
        "ping -c 1 -W 1 127.1.2.3", "ping -c 1 172.16.0.2", "ping -c 1 -I 127.0.0.1 127.0.0.1",
        "ip route get 127.0.0.1", "ip link set lo down",
        "ip route add 127.0.0.0/8 via 172.16.0.9", "ip route add local 127.0.0.1 dev eth0 table local",
        "ip route show table all", "ip route show table local", "ip addr add 127.0.0.1/8 dev eth0",
        "ip addr del 172.16.0.2/24 dev eth0", "ip link set eth0 name lo", "ip link set eth0 netns red",
        "ip link add lo type dummy", "cat /sys/class/net/lo/mtu", "ls /sys/class/net", "arping -c 1 -I lo 127.0.0.1",
        "tcpdump -D", "sysctl net.ipv4.conf.lo.disable_policy", "sysctl -w net.ipv4.conf.default.rp_filter=2",
        "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0", "ip link set eth0 mtu 1400", "ip maddr",
        "ip monitor & ip link set lo down",
    ):  # fmt: skip
        shown = []
        for look in (False, True):
            lab, _ = _two(look)
            shown.append([str(lab["host1"].sh(f"ip netns exec blue {command}"))])
            for further in ("ip -d addr", "ip route show table all", "sysctl net.ipv4.conf"):
                shown[-1] += _inside(lab, further)
        assert shown[0] == shown[1], command


def test_looking_is_no_change() -> None:
    """What is made because somebody looks at it leaves the lab as it was: it can be copied, and the copy is like it."""
    lab = Lab()
    host = lab.host("host1", nic="enp0s8")
    host.docker.network_create("net", driver="macvlan", subnet="10.0.0.0/24", parent="enp0s8")
    container = host.docker.run("c1", network="net", ip="10.0.0.2")
    waiting = host.docker.create("c2", container.config)
    seen = []
    for box in (container, waiting):
        ns = box.ns
        seen.append((ns.dev("lo").inet.inet6 is not None, len(ns.udp.ports), dict(box.files), box.log.lines, ns.sysctl))
    assert [part[:2] for part in seen] == [(True, 1), (True, 0)]
    assert seen[0][2]["/etc/hosts"].endswith(f"10.0.0.2\t{container.short_id}\n")
    copy = lab.copy()
    assert copy["c1"].sh("ip addr; cat /etc/hosts").stdout == container.sh("ip addr; cat /etc/hosts").stdout
