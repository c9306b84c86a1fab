"""Malformed and hostile frames end with the kernel's reason, and never with an exception."""

from __future__ import annotations

import pytest

from macvsim.engine.drop import DropReason
from tests.hostile.compare import differences
from tests.hostile.frames import every
from tests.hostile.lab import everything, spoken, ways_in
from tests.hostile.play import Router, recorded

EXCEPTIONS = {
    # a tag nobody took is what people need to hear of, not that the tag behind it is no protocol
    "2 tags": "VLAN_UNKNOWN",
    "3 tags": "VLAN_UNKNOWN",
    "100 tags": "VLAN_UNKNOWN",
    "subnet broadcast source to us": "ICMP_IN_GROUP",  # the recording shows that the neighbour drops its copy as well
    # after an error at icmp_ratelimit 0, Linux 6.12 (854-icmp-errors-rates), which macvsim follows, has no token left
    # for the next packet without a route; this recording, of 6.18, has
    "to reserved": "IP_INNOROUTES ICMP_RATELIMIT",
    "to unknown": "IP_INNOROUTES ICMP_RATELIMIT",
    "icmp type 13": "",  # 6.18 counts timestamp replies as echo replies
    # the kernel has no name for an answer without a way back
    "zeronet source to us": "IP_OUTNOROUTES",
    "reserved source to us": "IP_OUTNOROUTES",
    "unknown source to us": "IP_OUTNOROUTES",
    "ipv6 from none": "IP_OUTNOROUTES",
    "ipv6 from mapped": "IP_OUTNOROUTES",
    "ipv6 next header 6": "IP_NOPROTO",  # TCP over IPv6 is not simulated
    "ipv6 next header 103": "IP_NOPROTO",  # nor is multicast routing
}


def test_the_kernel_does_the_same() -> None:
    """1,474 frames into a router: reasons, what it sends, and its counters."""
    kernel, router = recorded(), Router()
    wrong: dict[str, list[str]] = {}
    for name, frame in every():
        answer = router.play(frame)
        found = list(differences(kernel[name], answer))
        if name in EXCEPTIONS:
            assert answer["names"] == EXCEPTIONS[name].split(), name
        elif found:
            wrong[name] = found
    assert not wrong


def test_frames_cut_at_every_byte_at_every_device() -> None:
    """What the lab speaks, cut at every byte, in turn at each place; nothing shorter than a header goes anywhere."""
    lab = everything()
    ways, turn = ways_in(lab), 0
    for frame in spoken(lab):
        for length in range(min(len(frame), 120)):
            name, enter = ways[turn % len(ways)]
            turn += 1
            before = sum(lab.sim.drops.values())
            enter(frame[:length])
            if length < 14:
                assert sum(lab.sim.drops.values()) == before + 1, (name, length)
            lab.run(0.001)
    lab.run(40)  # fragments and neighbours that wait give up
    assert turn > 3000


@pytest.mark.parametrize("size", [1519, 9000, 65535])
def test_giants(size: int) -> None:
    """A frame longer than the receiver takes ends there, at every place."""
    lab = everything()
    for _, enter in ways_in(lab):
        enter(b"\xff" * 12 + b"\x08\x00" + bytes(size))
    lab.run(0.1)


def test_source_routes_are_followed_where_they_may_be() -> None:
    """accept_source_route: the router takes its turn, and writes itself down for the way back."""
    router = Router()
    frames = dict(every())
    loose = frames["option loose source route"]
    assert router.play(loose)["names"] == ["IP_SOURCE_ROUTE"]
    router.host.sh("sysctl -w net.ipv4.conf.all.accept_source_route=1")
    (sent,) = router.play(loose)["sent"]
    packet = bytes.fromhex(sent[1])[14:]
    assert (sent[0], packet[16:20]) == ("far", bytes((10, 0, 1, 2)))
    assert packet[20:31] == b"\x83\x0b\x0c" + bytes((10, 0, 1, 1)) + bytes((10, 0, 1, 1))


def test_too_many_fragments_in_between() -> None:
    """ipfrag_max_dist: fragments of one sender that come too late find a fresh start."""
    router = Router()
    frames = dict(every())
    router.host.sh("sysctl -w net.ipv4.ipfrag_max_dist=2")
    router.play(frames["whole in two, first"])
    for name in ("tiny 0", "tiny 8", "tiny 16"):
        router.play(frames[name])
    assert router.play(frames["whole in two, last"])["names"] == [DropReason.FRAG_TOO_FAR.name]
