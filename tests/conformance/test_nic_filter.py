"""What a NIC passes up, and what that does to its promiscuity: the two tables of linux.md 6.1, and 2.8, 3.8."""

from __future__ import annotations

from typing import Any

import pytest

from macvsim.dev.macvlan import Mode
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes
from tests.conformance.lab import Lab, test_frame

EXTRA = mac_bytes("02:00:00:00:00:55")
FOREIGN = mac_bytes("02:00:00:00:00:77")
GROUP = mac_bytes("01:00:5e:01:01:01")
OTHER_GROUP = mac_bytes("01:00:5e:02:02:02")
SOURCE = mac_bytes("02:00:00:00:00:ee")


class Card:
    """A card p0 with one extra unicast and one group address, cabled to a sender."""

    def __init__(self, **options: Any) -> None:
        self.lab = Lab()
        self.nic = self.lab.nic(self.lab.ns("h"), "p0", **options)
        self.sender = self.lab.nic(self.lab.ns("w"), "w0")
        self.lab.cable(self.nic, self.sender)
        self.seen = self.lab.capture(self.nic)

    def passes(self, dst: bytes, tag: int = 0) -> bool:
        uid = self.lab.send(self.sender, test_frame(dst, SOURCE), tag)
        self.lab.run()
        return any(seen.frame.uid == uid for seen in self.seen)


@pytest.mark.rule("6.1")
@pytest.mark.parametrize(
    ("dst", "plain", "allmulti", "promisc"),
    [
        ("own", True, True, True),
        ("uc list", True, True, True),
        ("other unicast", False, False, True),
        ("broadcast", True, True, True),
        ("mc list", True, True, True),
        ("other multicast", False, True, True),
    ],
)
def test_destination(dst: str, plain: bool, allmulti: bool, promisc: bool) -> None:
    card = Card()
    card.nic.add_uc(EXTRA)
    card.nic.add_mc(GROUP)
    mac = {
        "own": card.nic.mac,
        "uc list": EXTRA,
        "other unicast": FOREIGN,
        "broadcast": BROADCAST_MAC,
        "mc list": GROUP,
        "other multicast": OTHER_GROUP,
    }[dst]
    assert card.passes(mac) is plain
    card.nic.set_allmulti(True)
    assert card.passes(mac) is allmulti
    card.nic.set_allmulti(False)
    card.nic.set_promisc(True)
    assert card.passes(mac) is promisc
    card.nic.set_promisc(False)
    assert card.passes(mac) is plain


@pytest.mark.rule("6.1")
def test_refused_frames_are_invisible_to_captures() -> None:
    card = Card()
    card.passes(FOREIGN)
    assert card.seen == []


@pytest.mark.rule("6.1")
def test_uc_list_without_unicast_filter_makes_the_card_promiscuous() -> None:
    card = Card(unicast_filter=False)
    assert not card.passes(FOREIGN)
    card.nic.add_uc(EXTRA)
    assert card.passes(FOREIGN)
    assert card.passes(EXTRA)
    card.nic.del_uc(EXTRA)
    assert not card.passes(FOREIGN)


@pytest.mark.rule("6.1")
def test_filter_overflow_passes_all_unicast() -> None:
    """The 82540EM holds 14 extra addresses; one more and it takes every unicast frame, without being promiscuous."""
    card = Card()
    extra = [b"\x02\0\0\0\1" + bytes((n,)) for n in range(15)]
    for mac in extra[:14]:
        card.nic.add_uc(mac)
    assert not card.passes(FOREIGN)
    card.nic.add_uc(extra[14])
    assert card.passes(FOREIGN)
    assert not card.passes(OTHER_GROUP)
    assert card.nic.promiscuity == 0


def tag(vid: int) -> int:
    return 0x8100 << 16 | vid


@pytest.mark.rule("3.8")
def test_vlan_filter() -> None:
    """A filtering card discards VIDs nobody registered, except VID 0; promiscuous it takes all (3.8)."""
    card = Card(vlan_filter=True)
    card.lab.vlan(card.nic, 100)
    own = card.nic.mac
    assert [card.passes(own, tag(vid)) for vid in (0, 100, 200)] == [True, True, False]
    assert [card.passes(BROADCAST_MAC, tag(vid)) for vid in (0, 100, 200)] == [True, True, False]
    card.nic.set_promisc(True)
    assert [card.passes(own, tag(vid)) for vid in (0, 100, 200)] == [True, True, True]


@pytest.mark.rule("3.8")
def test_vlan_filter_sees_tags_in_the_bytes_too() -> None:
    """As frames have them that a device with REORDER_HDR off sends."""
    card = Card(vlan_filter=True)
    card.lab.vlan(card.nic, 100)
    found = []
    for vid in (0, 100, 200):
        plain = test_frame(card.nic.mac, SOURCE)
        uid = card.lab.send(card.sender, plain[:12] + tag(vid).to_bytes(4, "big") + plain[12:])
        card.lab.run()
        found.append(any(seen.frame.uid == uid for seen in card.seen))
    assert found == [True, True, False]


@pytest.mark.rule("3.8")
def test_without_vlan_filter_every_vid_passes() -> None:
    card = Card()
    assert card.passes(card.nic.mac, tag(200))


def parent(kind: str) -> tuple[Lab, Any]:
    lab = Lab()
    ns = lab.ns("h")
    if kind == "veth":
        return lab, lab.veth(ns, "p0", lab.ns("w"), "w0")[0]
    if kind == "dummy":
        return lab, lab.dummy(ns, "p0")
    if kind == "bridge":
        return lab, lab.bridge(ns, "p0")
    if kind == "vlan":
        return lab, lab.vlan(lab.nic(ns, "real"), 100)
    return lab, lab.nic(ns, "p0", unicast_filter=kind == "e1000")


@pytest.mark.rule("2.8", "6.1")
@pytest.mark.parametrize(
    ("kind", "promiscuous"),
    [("e1000", 0), ("vlan", 0), ("vmxnet3", 1), ("veth", 1), ("bridge", 1), ("dummy", 1)],
)
def test_effect_of_macvlan_up(kind: str, promiscuous: int) -> None:
    """Promiscuity 1 on parents without unicast filter, from the first child's up to the last one's down."""
    lab, dev = parent(kind)
    first = lab.container("c1", dev, up=False)
    second = lab.container("c2", dev, up=False)
    assert dev.promiscuity == 0
    counts = []
    for child, up in ((first, True), (second, True), (first, False), (second, False)):
        if up:
            child.set_up()
        else:
            child.set_down()
        counts.append(dev.promiscuity)
    assert counts == [promiscuous, promiscuous, promiscuous, 0]
    assert not dev.user_promisc


@pytest.mark.rule("6.1p")
def test_user_promisc_and_core_promiscuity_count() -> None:
    """``promisc on`` shows in both the flag and the count; the core's own wish only in the count."""
    lab, dev = parent("veth")
    child = lab.container("c1", dev)
    dev.set_promisc(True)
    assert (dev.promiscuity, dev.user_promisc) == (2, True)
    child.set_down()
    assert (dev.promiscuity, dev.user_promisc) == (1, True)
    dev.set_promisc(False)
    assert (dev.promiscuity, dev.user_promisc) == (0, False)


# -- 2.8 address programming on the parent -----------------------------------------------------------------------------


@pytest.mark.rule("2.8")
def test_child_opened_and_closed() -> None:
    lab, dev = parent("e1000")
    child = lab.container("c1", dev, up=False)
    assert dev.uc == {}
    child.set_up()
    assert dev.uc == {child.mac: 1}
    child.set_down()
    assert dev.uc == {}


@pytest.mark.rule("2.8")
def test_child_allmulti_and_promisc() -> None:
    lab, dev = parent("e1000")
    child = lab.container("c1", dev)
    child.set_allmulti(True)
    child.set_promisc(True)
    assert (dev.allmulti, dev.promiscuity) == (1, 1)
    child.set_down()
    assert (dev.allmulti, dev.promiscuity) == (0, 0)
    child.set_up()
    assert (dev.allmulti, dev.promiscuity) == (1, 1)


@pytest.mark.rule("2.8")
def test_child_mac_changed_up_and_down() -> None:
    lab, dev = parent("e1000")
    child = lab.container("c1", dev)
    child.set_mac(EXTRA)
    assert dev.uc == {EXTRA: 1}
    child.set_down()
    child.set_mac(FOREIGN)
    assert dev.uc == {}
    child.set_up()
    assert dev.uc == {FOREIGN: 1}


@pytest.mark.rule("2.8p")
@pytest.mark.parametrize(("nopromisc", "promiscuity"), [(False, 1), (True, 0)])
def test_passthru_child(nopromisc: bool, promiscuity: int) -> None:
    lab, dev = parent("e1000")
    child = lab.container("c1", dev, mode=Mode.PASSTHRU, nopromisc=nopromisc)
    assert (dev.uc, dev.promiscuity) == ({}, promiscuity)
    child.set_promisc(True)
    assert dev.promiscuity == promiscuity
    child.set_promisc(False)
    child.set_down()
    assert dev.promiscuity == 0


@pytest.mark.rule("2.8p")
def test_passthru_childs_mac_is_the_parents() -> None:
    lab, dev = parent("e1000")
    original = dev.mac
    child = lab.container("c1", dev, mode=Mode.PASSTHRU)
    assert child.mac == original
    child.set_mac(EXTRA)
    assert dev.mac == EXTRA
    child.destroy()
    assert dev.mac == original
    child = lab.container("c2", dev, mode=Mode.PASSTHRU)
    dev.set_mac(FOREIGN)
    assert child.mac == FOREIGN
    child.destroy()
    assert dev.mac == FOREIGN  # nothing to put back: the child did not change it


@pytest.mark.rule("2.7")
def test_group_joined_on_the_child_is_programmed_below() -> None:
    lab, dev = parent("e1000")
    child = lab.container("c1", dev)
    child.add_mc(GROUP)
    assert GROUP in dev.mc
    child.set_down()
    assert GROUP not in dev.mc


@pytest.mark.rule("2.11")
def test_parent_on_a_vlan_device_programs_the_real_card() -> None:
    """The physical filter learns container MACs behind enp0s8.100 [S]."""
    lab, dev = parent("vlan")
    child = lab.container("c1", dev)
    assert dev.lower is not None
    assert (dev.uc, dev.lower.uc) == ({child.mac: 1}, {child.mac: 1})
    child.destroy()
    assert (dev.uc, dev.lower.uc) == ({}, {})


@pytest.mark.rule("3.5", "6.1p")
def test_promisc_on_a_vlan_device_reaches_the_real_card() -> None:
    lab, dev = parent("vlan")
    child = lab.container("c1", dev)
    child.set_promisc(True)
    assert dev.lower is not None
    assert (dev.promiscuity, dev.lower.promiscuity) == (1, 1)
