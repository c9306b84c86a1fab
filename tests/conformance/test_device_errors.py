"""What the kernel refuses about macvlan and VLAN devices: linux.md 2.9 and 3.1.

Waiting: enslaving a macvlan parent to a bond, ipvlan on a macvlan parent (neither device exists here); missing and
unknown parents and unknown modes are refused where commands are parsed, a `Macvlan` cannot be made without a parent.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.vlan import Vlan
from macvsim.errors import NetlinkError
from macvsim.wire.addr import mac_bytes
from tests.conformance.lab import Lab

GROUP = mac_bytes("01:00:5e:00:00:05")
ZERO = bytes(6)
MAC = mac_bytes("02:00:00:00:00:42")


def refusal(action: Callable[[], object]) -> NetlinkError:
    with pytest.raises(NetlinkError) as caught:
        action()
    return caught.value


class One:
    """h with parent p0 (up, veth) and a bridge child c1 that is up."""

    def __init__(self, mode: Mode = Mode.BRIDGE) -> None:
        self.lab = Lab()
        self.ns = self.lab.ns("h")
        self.p0, self.wire = self.lab.veth(self.ns, "p0", self.lab.ns("w"), "w0")
        self.c1 = self.lab.macvlan(self.ns, "c1", self.p0, mode=mode)

    def child(self, **options: object) -> Macvlan:
        options.setdefault("mac", self.lab.mac())
        return self.lab.macvlan(self.ns, "c2", options.pop("lower", self.p0), up=False, **options)  # type: ignore[arg-type]


# -- 2.9 macvlan -------------------------------------------------------------------------------------------------------

CREATE = [
    ("loopback parent", {"lower": "lo"}, "EINVAL", "Invalid argument"),
    ("mtu above the parent's", {"mtu": 1501}, "EINVAL", "Invalid argument"),
    ("passthru beside another child", {"mode": Mode.PASSTHRU}, "EINVAL", "Invalid argument"),
    ("MAC of five bytes", {"mac": b"\x02\0\0\0\1"}, "EINVAL", "Invalid argument"),
    ("multicast MAC", {"mac": GROUP}, "EADDRNOTAVAIL", "Cannot assign requested address"),
    ("zero MAC", {"mac": ZERO}, "EADDRNOTAVAIL", "Cannot assign requested address"),
]


@pytest.mark.rule("2.9")
@pytest.mark.parametrize(("options", "errno", "text"), [c[1:] for c in CREATE], ids=[c[0] for c in CREATE])
def test_macvlan_create(options: dict[str, object], errno: str, text: str) -> None:
    one = One()
    options = {k: one.ns.dev(v) if k == "lower" else v for k, v in options.items()}  # type: ignore[arg-type]
    error = refusal(lambda: one.child(**options))
    assert (error.errno, error.strerror) == (errno, text)
    assert list(one.ns.devices) == ["lo", "p0", "c1"]
    assert one.p0.uppers == (one.c1,)


@pytest.mark.rule("2.9")
@pytest.mark.parametrize("mode", list(Mode))
def test_macvlan_beside_a_passthru_child(mode: Mode) -> None:
    assert refusal(lambda: One(Mode.PASSTHRU).child(mode=mode)).errno == "EINVAL"


@pytest.mark.rule("2.9")
def test_macvlan_on_bridge_port_is_busy() -> None:
    lab = Lab()
    ns = lab.ns("h")
    p0, _ = lab.veth(ns, "p0", lab.ns("w"), "w0")
    lab.bridge(ns, "br0", p0)
    error = refusal(lambda: lab.macvlan(ns, "c1", p0))
    assert (error.errno, error.strerror) == ("EBUSY", "Device or resource busy")
    assert "c1" not in ns.devices


@pytest.mark.rule("2.9")
def test_bridge_cannot_take_a_macvlan_parent() -> None:
    one = One()
    bridge = one.lab.bridge(one.ns, "br0")
    assert refusal(lambda: bridge.enslave(one.p0)).errno == "EBUSY"
    assert one.p0.master is None


@pytest.mark.rule("2.9")
def test_macvlan_on_a_macvlan_is_a_sibling() -> None:
    one = One()
    assert one.child(lower=one.c1).lower is one.p0


@pytest.mark.rule("2.9")
def test_mtu_above_the_parents_later() -> None:
    one = One()
    assert refusal(lambda: one.c1.set_mtu(1501)).errno == "EINVAL"
    assert one.c1.mtu == 1500


@pytest.mark.rule("2.9a")
@pytest.mark.parametrize("whose", ["parent", "sibling"])
def test_mac_in_use_shows_at_up(whose: str) -> None:
    """``ip link add`` succeeds; the conflict surfaces at up."""
    one = One()
    twin = one.child(mac=one.p0.mac if whose == "parent" else one.c1.mac)
    error = refusal(twin.set_up)
    assert (error.errno, error.strerror) == ("EADDRINUSE", "Address already in use")
    assert not twin.up


@pytest.mark.rule("2.9a", "2.1")
def test_mac_of_a_down_sibling_is_free() -> None:
    one = One()
    one.c1.set_down()
    twin = one.child(mac=one.c1.mac)
    twin.set_up()
    assert refusal(one.c1.set_up).errno == "EADDRINUSE"


@pytest.mark.rule("2.9a")
@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("whose", ["parent", "sibling"])
def test_change_mac_to_one_in_use(whose: str, up: bool) -> None:
    one = One()
    other = one.child()
    if up:
        other.set_up()
    before = other.mac
    assert refusal(lambda: other.set_mac(one.p0.mac if whose == "parent" else one.c1.mac)).errno == "EADDRINUSE"
    assert other.mac == before


@pytest.mark.rule("2.9a")
def test_change_mac_to_its_own() -> None:
    one = One()
    one.c1.set_mac(one.c1.mac)
    assert one.p0.uc == {one.c1.mac: 1}


@pytest.mark.rule("2.9a")
def test_parent_takes_a_childs_mac_unchecked_and_the_child_wins_unicast() -> None:
    one = One()
    one.p0.set_mac(one.c1.mac)
    assert one.p0.mac == one.c1.mac
    uid = one.lab.send(one.wire, one.c1.mac + MAC + b"\x88\xb5" + bytes(46))
    one.lab.run()
    assert one.lab.stack_saw(one.c1, uid)
    assert not one.lab.stack_saw(one.p0, uid)


LIVE = [Mode.PRIVATE, Mode.VEPA, Mode.BRIDGE, Mode.SOURCE]


@pytest.mark.rule("2.9m")
@pytest.mark.parametrize("new", LIVE)
@pytest.mark.parametrize("old", LIVE)
def test_mode_changes_live(old: Mode, new: Mode) -> None:
    one = One(old)
    one.c1.set_mode(new)
    assert one.c1.mode is new


@pytest.mark.rule("2.9m")
@pytest.mark.parametrize("mode", LIVE)
def test_mode_to_or_from_passthru(mode: Mode) -> None:
    assert refusal(lambda: One(mode).c1.set_mode(Mode.PASSTHRU)).errno == "EINVAL"
    assert refusal(lambda: One(Mode.PASSTHRU).c1.set_mode(mode)).errno == "EINVAL"


@pytest.mark.rule("2.9m")
def test_leaving_source_mode_flushes_its_list() -> None:
    one = One(Mode.SOURCE)
    one.c1.add_source(MAC)
    one.c1.set_mode(Mode.BRIDGE)
    one.c1.set_mode(Mode.SOURCE)
    assert one.c1.sources == ()


@pytest.mark.rule("2.9")
@pytest.mark.parametrize("mode", [Mode.PRIVATE, Mode.VEPA, Mode.BRIDGE, Mode.PASSTHRU])
def test_macaddr_needs_source_mode(mode: Mode) -> None:
    child = One(mode).c1
    for action in (lambda: child.add_source(MAC), lambda: child.del_source(MAC), lambda: child.set_sources([])):
        assert refusal(action).errno == "EINVAL"


@pytest.mark.rule("2.9")
def test_create_and_open_on_a_parent_that_is_down() -> None:
    one = One()
    one.p0.set_down()
    child = one.child()
    child.set_up()
    one.lab.run(2)  # the link watch has had its turn
    assert child.up
    assert not child.running


@pytest.mark.rule("2.9")
def test_move_to_another_namespace() -> None:
    """Allowed; the lower device stays where it is and keeps serving the child."""
    one = One()
    target = one.lab.ns("c")
    one.ns.move(one.c1, target, rename="eth0")
    child = target.dev("eth0")
    child.set_up()
    assert child.lower is one.p0
    uid = one.lab.send(one.wire, child.mac + MAC + b"\x88\xb5" + bytes(46))
    one.lab.run()
    assert one.lab.stack_saw(child, uid)


# -- 3.1 802.1Q --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.1")
@pytest.mark.parametrize("vid", [0, 1, 100, 4094])
def test_vids_that_exist(vid: int) -> None:
    one = One()
    assert one.lab.vlan(one.p0, vid).vid == vid


@pytest.mark.rule("3.1")
@pytest.mark.parametrize("vid", [-1, 4095, 4096])
def test_vids_that_do_not(vid: int) -> None:
    one = One()
    error = refusal(lambda: one.lab.vlan(one.p0, vid))
    assert (error.errno, error.strerror) == ("ERANGE", "Numerical result out of range")


@pytest.mark.rule("3.1")
def test_same_vid_twice() -> None:
    one = One()
    one.lab.vlan(one.p0, 100)
    error = refusal(lambda: Vlan(one.ns, "again", one.p0, 100))
    assert (error.errno, error.extack) == ("EEXIST", "8021q: VLAN device already exists")


@pytest.mark.rule("3.1")
def test_same_vid_on_another_device_or_with_another_protocol() -> None:
    one = One()
    one.lab.vlan(one.p0, 100)
    other = one.lab.dummy(one.ns, "d0")
    assert one.lab.vlan(other, 100).vid == 100
    assert Vlan(one.ns, "p0.ad", one.p0, 100, protocol=0x88A8).protocol == 0x88A8


@pytest.mark.rule("3.1")
def test_device_that_carries_no_vlans() -> None:
    one = One()
    error = refusal(lambda: one.lab.vlan(one.ns.dev("lo"), 100))
    assert (error.errno, error.extack) == ("EOPNOTSUPP", "8021q: VLANs not supported on device")


@pytest.mark.rule("3.1")
def test_unknown_protocol() -> None:
    one = One()
    assert refusal(lambda: one.lab.vlan(one.p0, 100, protocol=0x9100)).errno == "EPROTONOSUPPORT"


@pytest.mark.rule("3.1", "3.5")
def test_vlan_mtu() -> None:
    one = One()
    assert refusal(lambda: one.lab.vlan(one.p0, 100, mtu=1501)).errno == "EINVAL"
    sub = one.lab.vlan(one.p0, 100)
    assert refusal(lambda: sub.set_mtu(1501)).errno == "ERANGE"
    assert sub.mtu == 1500


@pytest.mark.rule("3.1")
def test_open_while_the_real_device_is_down() -> None:
    one = One()
    one.p0.set_down()
    sub = one.lab.vlan(one.p0, 100, up=False)
    error = refusal(sub.set_up)
    assert (error.errno, error.strerror) == ("ENETDOWN", "Network is down")
    assert not sub.up


@pytest.mark.rule("3.7")
def test_loose_binding_opens_while_the_real_device_is_down() -> None:
    one = One()
    one.p0.set_down()
    sub = one.lab.vlan(one.p0, 100, up=False, loose_binding=True)
    sub.set_up()
    assert sub.up
