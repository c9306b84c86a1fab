"""What a container takes: objects and bytes, which are the same in every run."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter

from benchmarks.scale import Plan, ScaleLab
from macvsim import Lab

_FEW, _MANY, _HOSTS = 40, 240, 4


def _objects(lab: ScaleLab) -> Counter[str]:
    """What Python's collector looks after, by class; `lab` is alive."""
    gc.collect()
    return Counter(type(thing).__qualname__ for thing in gc.get_objects())


def test_a_container_takes_less_than_eight_kilobytes() -> None:
    """By the difference of two labs on equally many hosts, as Python counts it."""
    ScaleLab(Plan(_HOSTS, _HOSTS))  # what is loaded and composed once
    taken = []
    for containers in (_FEW, _MANY):
        gc.collect()
        tracemalloc.start()
        lab = ScaleLab(Plan(containers, _HOSTS))
        gc.collect()
        taken.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert len(lab.containers) == containers
    assert (taken[1] - taken[0]) / (_MANY - _FEW) < 8_000


def test_what_is_like_everywhere_is_kept_once() -> None:
    """Parameters, group lists, IPv6 and name servers of containers are not there until somebody makes them differ."""
    few = _objects(ScaleLab(Plan(_FEW, _HOSTS)))
    more = _objects(many := ScaleLab(Plan(_MANY, _HOSTS)))
    for shared in ("DevConf", "NeighParms", "Ipv6", "Inet6Dev", "Netfilter", "Sysctl", "UdpSocket", "ContainerConfig"):
        assert more[shared] == few[shared], shared
    assert sum((more - few).values()) < 45 * (_MANY - _FEW)

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
