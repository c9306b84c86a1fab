"""VLANs of a port: what may come in, and in what form frames leave (linux.md 4.5)."""

from __future__ import annotations

import pytest

from macvsim.dev.portvlan import PortVlans, VlanMember, leave
from macvsim.engine.drop import DropReason
from macvsim.wire.frame import Frame

CTAG, STAG = 0x8100 << 16, 0x88A8 << 16
RAW = bytes(range(12)) + b"\x08\x00" + bytes(46)


def access(vid: int) -> PortVlans:
    vlans = PortVlans()
    vlans.add(vid, pvid=True, untagged=True)
    return vlans


def trunk(*vids: int) -> PortVlans:
    vlans = PortVlans()
    for vid in vids:
        vlans.add(vid)
    return vlans


def open_trunk(native: int) -> PortVlans:
    vlans = PortVlans(every=True)
    vlans.add(native, pvid=True, untagged=True)
    return vlans


@pytest.mark.parametrize(
    ("vlans", "tag", "expected"),
    [
        (access(100), 0, 100),
        (access(100), CTAG, 100),  # priority tag
        (access(100), CTAG | 5 << 13, 100),
        (access(100), CTAG | 100, 100),
        (access(100), CTAG | 200, DropReason.PORT_TAGGED),
        (access(100), STAG | 200, 100),  # another protocol's tag is payload
        (trunk(100, 200), CTAG | 200, 200),
        (trunk(100, 200), CTAG | 3 << 13 | 200, 200),
        (trunk(100, 200), CTAG | 300, DropReason.PORT_VLAN),
        (trunk(100, 200), 0, DropReason.PORT_PVID),
        (trunk(100, 200), CTAG, DropReason.PORT_PVID),
        (trunk(100, 200), STAG | 100, DropReason.PORT_PVID),
        (open_trunk(1), 0, 1),
        (open_trunk(1), CTAG | 4094, 4094),
        (open_trunk(1), CTAG | 4095, DropReason.PORT_VLAN),
        (PortVlans(), 0, DropReason.PORT_PVID),
        (PortVlans(), CTAG | 1, DropReason.PORT_VLAN),
    ],
)
def test_ingress(vlans: PortVlans, tag: int, expected: int | DropReason) -> None:
    assert vlans.ingress(tag) == expected


def test_egress() -> None:
    assert access(100).egress(100) is False
    assert access(100).egress(200) is None
    assert trunk(100).egress(100) is True
    assert open_trunk(1).egress(1) is False
    assert open_trunk(1).egress(7) is True


def test_adding_again_sets_the_flags_anew() -> None:
    """``bridge vlan add dev p2 vid 100 pvid`` after ``… pvid untagged``, and without either: __vlan_add_flags."""
    vlans = access(100)
    vlans.add(100, pvid=True)
    assert list(vlans) == [VlanMember(100, True, False)]
    vlans.add(100)
    assert list(vlans) == [VlanMember(100, False, False)]
    assert vlans.ingress(0) is DropReason.PORT_PVID


def test_another_pvid_replaces_the_first() -> None:
    vlans = access(1)
    vlans.add(100, pvid=True)
    assert list(vlans) == [VlanMember(1, False, True), VlanMember(100, True, False)]
    assert vlans.ingress(0) == 100


def test_remove() -> None:
    vlans = access(1)
    vlans.add(100)
    assert vlans.remove(1)
    assert not vlans.remove(1)
    assert (vlans.pvid, 1 in vlans, 100 in vlans, bool(vlans)) == (0, False, True, True)
    vlans.clear()
    assert not vlans


@pytest.mark.parametrize(
    ("tag", "tagged", "wire"),
    [
        (0, True, "81000064"),
        (0, False, ""),
        (CTAG | 100, True, "81000064"),
        (CTAG | 100, False, ""),
        (CTAG | 3 << 13 | 100, True, "81006064"),  # the priority stays
        (CTAG | 3 << 13, True, "81006064"),  # a priority tag gets its VLAN
        (CTAG | 3 << 13, False, ""),
        (STAG | 7, True, "8100006488a80007"),
        (STAG | 7, False, "88a80007"),
    ],
)
def test_leave(tag: int, tagged: bool, wire: str) -> None:
    out = leave(Frame(RAW, 1, tag), 100, tagged, 0x8100)
    assert out.wire.hex() == RAW[:12].hex() + wire + RAW[12:].hex()
    assert out.uid == 1


def test_leave_returns_the_same_object_when_nothing_changes() -> None:
    plain, tagged = Frame(RAW, 1), Frame(RAW, 1, CTAG | 100)
    assert leave(plain, 100, False, 0x8100) is plain
    assert leave(tagged, 100, True, 0x8100) is tagged
