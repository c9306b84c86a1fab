"""When a carrier is heard of: at once where it is urgent, once a second where it is not (net/core/link_watch.c)."""

from __future__ import annotations

from macvsim.engine.sim import MS, SECOND, Sim
from macvsim.machine.kernel import Kernel
from macvsim.net import links
from macvsim.net.namespace import Namespace


def _pair(sim: Sim, *, same_index: bool) -> tuple[Namespace, Namespace]:
    """A veth pair e0 - p0 in two namespaces; with equal indexes changes of their carrier are not urgent."""
    kernel = Kernel(sim, "guest")
    a, b = kernel.new_namespace("a"), kernel.new_namespace("b")
    if not same_index:
        links.add_dummy(b, "d0")
    links.add_veth(a, "e0", b, "p0")
    return a, b


def test_urgent_change_is_heard_at_once() -> None:
    sim = Sim(hz=100)
    a, b = _pair(sim, same_index=False)
    a.dev("e0").set_up()
    assert a.dev("e0").operstate == "DOWN"
    b.dev("p0").set_up()
    assert (a.dev("e0").operstate, b.dev("p0").operstate) == ("UP", "UP")


def test_other_changes_wait_for_the_second_to_end() -> None:
    sim = Sim(hz=100)
    a, b = _pair(sim, same_index=True)
    e0, p0 = a.dev("e0"), b.dev("p0")
    e0.set_up()
    p0.set_up()
    assert e0.operstate == "UP", "it waited for its carrier with a queue switched off: urgent"
    assert p0.carrier and p0.operstate == "DOWN", "the watch ran for all when the pair was made"
    sim.run(until=SECOND - 1)
    assert p0.operstate == "DOWN"
    sim.run(until=SECOND + 200 * MS)
    assert p0.operstate == "UP"


def test_asking_for_a_device_settles_it() -> None:
    sim = Sim(hz=100)
    a, b = _pair(sim, same_index=True)
    for dev in (a.dev("e0"), b.dev("p0")):
        dev.set_up()
    assert b.dev("p0").operstate == "DOWN"
    b.linkwatch.sync(b.dev("p0"))
    assert b.dev("p0").operstate == "UP"


def test_lost_carrier_is_sent_into_until_it_is_heard_of() -> None:
    sim = Sim(hz=100)
    a, b = _pair(sim, same_index=True)
    a.dev("e0").set_up()
    b.dev("p0").set_up()
    sim.run(until=4 * SECOND)
    b.dev("p0").set_down()  # the second since the last run is over: heard of at once
    assert not a.dev("e0").tx_active
    b.dev("p0").set_up()
    assert a.dev("e0").tx_active, "carrier comes to a queue that was switched off: urgent"
    b.dev("p0").set_down()
    e0 = a.dev("e0")
    assert (e0.carrier, e0.tx_active, e0.operstate) == (False, True, "UP")
    sim.run(until=6 * SECOND)
    assert (e0.tx_active, e0.operstate) == (False, "DOWN")


def test_indexes_of_moved_devices_do_not_count() -> None:
    """A device keeps its index where it moves; the next new one there gets the lowest not given yet."""
    sim = Sim()
    kernel = Kernel(sim, "guest")
    a, b = kernel.new_namespace("a"), kernel.new_namespace("b")
    for name in ("d0", "d1", "d2"):
        links.add_dummy(a, name)
    a.move(a.dev("d2"), b, rename="eth0")
    assert b.dev("eth0").ifindex == 4
    assert links.add_dummy(b, "d9").ifindex == 2
    assert links.add_dummy(a, "d3").ifindex == 5


def test_namespace_numbers() -> None:
    """Each namespace counts the others it hears of from 0."""
    sim = Sim()
    kernel = Kernel(sim, "guest")
    a, b, c = (kernel.new_namespace(name) for name in "abc")
    for peer in (b, c):
        e, p = links.add_veth(a, f"to-{peer.name}", peer, "e0")
        e.set_up()
        p.set_up()
    assert (a.nsid(b), a.nsid(c), b.nsid(a), c.nsid(a)) == (0, 1, 0, 0)
    assert b.known_nsid(c) is None


def test_small_mtu_ends_ipv6() -> None:
    sim = Sim()
    kernel = Kernel(sim, "guest")
    dummy = links.add_dummy(kernel.init, "d0")
    group = b"\x33\x33\x00\x00\x00\x01"
    assert group in dummy.mc
    dummy.set_mtu(1279)
    assert group not in dummy.mc
    dummy.set_mtu(1280)
    assert group in dummy.mc
