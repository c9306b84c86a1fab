"""macvlan, frame by frame: the matrix of linux.md 2.5.

On one veth parent H: A and B bridge, P private, V vepa, S source mode allowing MAC 99, X a bridge child that is down;
W is the wire, the parent's peer.  A row says which captures see the frame, and as what; `stack` says which protocol
stacks are given it addressed to them.
"""

from __future__ import annotations

import pytest

from macvsim.dev.base import NetDevice
from macvsim.dev.macvlan import Mode
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes
from tests.conformance.lab import BCAST, HOST, MCAST, OTHER, OUT, Capture, Lab, test_frame

GROUP = mac_bytes("01:00:5e:01:01:01")
MAC99 = mac_bytes("02:00:00:00:00:99")
UNKNOWN = mac_bytes("02:00:00:00:00:77")
EXTERNAL = mac_bytes("02:00:00:00:00:ee")


class Port:
    """The parent with its children, and captures everywhere."""

    def __init__(self, modes: dict[str, Mode], **options: bool) -> None:
        self.lab = lab = Lab()
        host, wire = lab.ns("host"), lab.ns("wire")
        self.parent, self.peer = lab.veth(host, "p0", wire, "w")
        self.devs: dict[str, NetDevice] = {"H": self.parent, "W": self.peer}
        for name, mode in modes.items():
            source = mode is Mode.SOURCE
            extra = options if mode in (Mode.SOURCE, Mode.PASSTHRU) else {}
            child = self.devs[name] = lab.container(name.lower(), self.parent, mode=mode, up=name != "X", **extra)
            if source:
                child.add_source(MAC99)
        self.macs = {name: dev.mac for name, dev in self.devs.items()}
        self.macs.update(
            bcast=BROADCAST_MAC, mcast=GROUP, unknown=UNKNOWN, ext=EXTERNAL, m99=MAC99, parent=self.parent.mac
        )
        self.captures: dict[str, Capture] = {name: lab.capture(dev) for name, dev in self.devs.items()}
        lab.run()

    def frame(self, sender: str, dst: str, src: str) -> tuple[dict[str, str], set[str]]:
        """Send a frame out of a device; who captured it as what, and whose stack got it."""
        uid = self.lab.send(self.devs[sender], test_frame(self.macs[dst], self.macs[src]))
        self.lab.run()
        seen = {}
        for name, capture in self.captures.items():
            kinds = [s.type.name for s in capture if s.frame.uid == uid]
            if kinds and not (name == sender == "W"):
                assert len(kinds) == 1, f"{name} sees the frame {len(kinds)} times"
                seen[name] = kinds[0]
        stacks = {name for name, dev in self.devs.items() if self.lab.stack_saw(dev, uid)}
        return seen, stacks

    def sent(self, sender: str, dst: str) -> dict[str, str]:
        """A child or the host sends with its own address; its own capture's OUTGOING is taken for granted."""
        src = "parent" if sender == "H" else sender
        seen, _ = self.frame(sender, dst, src)
        if sender != "H":
            own = seen.pop(sender)
            if own != OUT.name:
                raise AssertionError(f"{sender}'s own capture has {own}")
        return seen


def names(**seen: object) -> dict[str, str]:
    return {name: kind.name for name, kind in seen.items()}  # type: ignore[attr-defined]


ALL = {"A": Mode.BRIDGE, "B": Mode.BRIDGE, "P": Mode.PRIVATE, "V": Mode.VEPA, "S": Mode.SOURCE, "X": Mode.BRIDGE}

SENT = [
    ("A", "bcast", names(H=OUT, B=BCAST, W=BCAST)),
    ("A", "mcast", names(H=OUT, W=MCAST)),
    ("A", "B", names(H=OTHER, B=HOST)),
    ("A", "P", names(H=OUT, W=OTHER)),
    ("A", "V", names(H=OUT, W=OTHER)),
    ("A", "S", names(H=OUT, W=OTHER)),
    ("A", "X", names(H=OUT, W=OTHER)),
    ("A", "parent", names(H=OUT, W=OTHER)),
    ("A", "unknown", names(H=OUT, W=OTHER)),
    ("V", "bcast", names(H=OUT, W=BCAST)),
    ("V", "A", names(H=OUT, W=OTHER)),
    ("V", "B", names(H=OUT, W=OTHER)),
    ("V", "P", names(H=OUT, W=OTHER)),
    ("V", "V", names(H=OUT, W=OTHER)),
    ("P", "bcast", names(H=OUT, W=BCAST)),
    ("P", "A", names(H=OUT, W=OTHER)),
    ("P", "B", names(H=OUT, W=OTHER)),
    ("P", "V", names(H=OUT, W=OTHER)),
    ("P", "P", names(H=OUT, W=OTHER)),
    ("S", "A", names(H=OUT, W=OTHER)),
    ("S", "P", names(H=OUT, W=OTHER)),
    ("S", "parent", names(H=OUT, W=OTHER)),
    ("S", "S", names(H=OUT, W=OTHER)),
    ("S", "unknown", names(H=OUT, W=OTHER)),
    ("S", "bcast", names(H=OUT, W=BCAST)),
    ("S", "mcast", names(H=OUT, W=MCAST)),
    ("H", "bcast", names(H=OUT, W=BCAST)),
    ("H", "A", names(H=OUT, W=OTHER)),
]

RECEIVED = [
    # destination, source, captures, stacks that are given it
    ("bcast", "ext", names(H=BCAST, A=BCAST, B=BCAST, P=BCAST, V=BCAST), "HABPV"),
    ("bcast", "m99", names(H=BCAST, A=BCAST, B=BCAST, P=BCAST, V=BCAST, S=BCAST), "HABPVS"),
    ("bcast", "A", names(H=BCAST, V=BCAST), "HV"),
    ("bcast", "V", names(H=BCAST, A=BCAST, B=BCAST), "HAB"),
    ("bcast", "P", names(H=BCAST, P=BCAST), "P"),
    ("bcast", "S", names(H=BCAST, S=BCAST), "S"),
    ("mcast", "ext", names(H=MCAST), "H"),
    ("mcast", "A", names(H=MCAST), "H"),
    ("mcast", "P", names(H=MCAST, P=MCAST), "P"),
    ("X", "ext", names(H=OTHER), ""),
    ("unknown", "ext", names(H=OTHER), ""),
    ("A", "ext", names(H=OTHER, A=HOST), "A"),
    ("A", "B", names(H=OTHER, A=HOST), "A"),
    ("A", "P", names(H=OTHER, A=HOST), "A"),
    ("A", "V", names(H=OTHER, A=HOST), "A"),
    ("P", "ext", names(H=OTHER, P=HOST), "P"),
    ("P", "A", names(H=OTHER, P=HOST), "P"),
    ("V", "ext", names(H=OTHER, V=HOST), "V"),
    ("A", "m99", names(H=OTHER, A=HOST, S=OTHER), "A"),
    ("S", "ext", names(H=OTHER), ""),
    ("S", "m99", names(H=OTHER, S=HOST), "S"),
    ("parent", "ext", names(H=HOST), "H"),
    ("parent", "m99", names(H=HOST, S=HOST), "HS"),
]


@pytest.mark.rule("2.5", "1.6")
@pytest.mark.parametrize(("sender", "dst", "expected"), SENT)
def test_frame_sent(sender: str, dst: str, expected: dict[str, str]) -> None:
    assert Port(ALL).sent(sender, dst) == expected


@pytest.mark.rule("2.4b")
def test_bridge_child_sends_to_its_own_address() -> None:
    """TX A to its own MAC: by way of the parent's receive path back to A as HOST; never on the wire."""
    port = Port(ALL)
    uid = port.lab.send(port.devs["A"], test_frame(port.macs["A"], port.macs["A"]))
    port.lab.run()
    seen = {name: [s.type for s in c if s.frame.uid == uid] for name, c in port.captures.items()}
    assert seen == {"H": [OTHER], "A": [OUT, HOST], "B": [], "P": [], "V": [], "S": [], "X": [], "W": []}


@pytest.mark.rule("2.5", "2.3g", "2.3u", "1.1")
@pytest.mark.parametrize(("dst", "src", "expected", "stacks"), RECEIVED)
def test_frame_received(dst: str, src: str, expected: dict[str, str], stacks: str) -> None:
    assert Port(ALL).frame("W", dst, src) == (expected, set(stacks))


@pytest.mark.rule("2.3s")
@pytest.mark.parametrize("dst", ["bcast", "mcast", "A", "S", "parent", "unknown"])
def test_nodst_keeps_frames_of_its_sources(dst: str) -> None:
    """With NODST a frame from MAC 99 goes to S only: neither other children nor the parent's stack get it."""
    seen, stacks = Port(ALL, nodst=True).frame("W", dst, "m99")
    assert set(seen) == {"H", "S"}
    assert stacks <= {"S"}


@pytest.mark.parametrize("nopromisc", [False, True])
class TestPassthru:
    """One passthru child K."""

    def port(self, nopromisc: bool) -> Port:
        return Port({"K": Mode.PASSTHRU}, nopromisc=nopromisc)

    @pytest.mark.parametrize("dst", ["parent", "K", "unknown"])
    def test_unicast(self, nopromisc: bool, dst: str) -> None:
        """Every unicast frame is the child's, whatever its destination; the parent's stack gets none."""
        port = self.port(nopromisc)
        own = OTHER.name if dst == "unknown" else HOST.name
        assert port.frame("W", dst, "ext") == ({"H": own, "K": HOST.name}, {"K"})

    @pytest.mark.parametrize(("dst", "kind"), [("bcast", BCAST)])
    def test_group(self, nopromisc: bool, dst: str, kind: object) -> None:
        assert self.port(nopromisc).frame("W", dst, "ext") == (names(H=kind, K=kind), {"H", "K"})

    def test_own_address_goes_to_the_wire(self, nopromisc: bool) -> None:
        port = self.port(nopromisc)
        assert port.sent("K", "K") == names(H=OUT, W=OTHER)
