"""Hypervisors' switches: cases T42-T46 of linux.md 13, and the tables of 6.2 and 6.3."""

from __future__ import annotations

import pytest

from macvsim.dev.nic import Nic
from macvsim.engine.sim import SECOND
from macvsim.switch import POLICIES, PortPolicy, Switch, vmware
from macvsim.wire.addr import BROADCAST_MAC, mac_bytes, multicast_mac
from tests.conformance.lab import HOST, OUT, Lab, test_frame

EXTERNAL = mac_bytes("02:00:00:00:00:ee")
UNKNOWN = mac_bytes("02:00:00:00:00:77")


class Guests:
    """T01 behind a hypervisor's switch: c1 in guest h1 pings c2 in guest h2."""

    def __init__(self, policy: str | PortPolicy, *, promisc: bool, unicast_filter: bool = True) -> None:
        self.lab = lab = Lab()
        self.cards = [lab.nic(lab.ns(f"h{n}"), "p0", f"10.0.0.{n}00/24", unicast_filter=unicast_filter) for n in (1, 2)]
        lab.switched(policy, *self.cards)
        self.children = [lab.container(f"c{n}", card, f"10.0.0.{n}/24") for n, card in enumerate(self.cards, 1)]
        for card in self.cards:
            card.set_promisc(promisc)
        self.at_c2 = lab.capture(self.children[1])

    def works(self) -> bool:
        return self.lab.ping(self.lab.spaces["c1"], "10.0.0.2").ok


@pytest.mark.rule("T42", "6.2")
def test_T42_virtualbox_deny_with_guest_promisc() -> None:
    net = Guests("virtualbox-deny", promisc=True)
    ping = net.lab.start_ping(net.lab.spaces["c1"], "10.0.0.2")
    net.lab.run(1)
    assert net.lab.state(net.lab.spaces["c1"], "eth0", "10.0.0.2") == "INCOMPLETE"
    net.lab.run(3)
    assert net.lab.state(net.lab.spaces["c1"], "eth0", "10.0.0.2") == "FAILED"
    assert ping.replies == []
    requests = [s for s in net.at_c2.of("who-has") if s.type is not OUT]
    assert len(requests) == 3
    assert len(net.at_c2.of("is-at", type=OUT)) == 3
    assert net.at_c2.of("echo") == []


@pytest.mark.rule("T43", "6.2")
def test_T43_virtualbox_allow_all_without_guest_promisc() -> None:
    net = Guests("virtualbox-allow-all", promisc=False)
    assert not net.works()
    assert net.at_c2.of("echo") == []


@pytest.mark.rule("T44", "6.2")
def test_T44_virtualbox_allow_all_with_guest_promisc() -> None:
    assert Guests("virtualbox-allow-all", promisc=True).works()


@pytest.mark.rule("6.2")
def test_hosts_themselves_reach_each_other_under_every_virtualbox_policy() -> None:
    for name in ("virtualbox-deny", "virtualbox-allow-vms", "virtualbox-allow-all"):
        net = Guests(name, promisc=False)
        assert net.lab.ping(net.lab.spaces["h1"], "10.0.0.200").ok


@pytest.mark.rule("T46", "6.3")
@pytest.mark.parametrize("policy", [POLICIES["vmware-reject"], vmware(promiscuous=True, forged_transmits=False)])
def test_T46_vmware_rejects_forged_transmits(policy: PortPolicy) -> None:
    net = Guests(policy, promisc=True)
    arrived = net.lab.capture(net.cards[1])
    assert not net.works()
    assert net.lab.ping(net.lab.spaces["c1"], "10.0.0.200").replies == []
    assert arrived == []


@pytest.mark.rule("6.3")
@pytest.mark.parametrize(
    ("promiscuous", "forged", "unicast_filter", "works"),
    [
        (True, True, False, True),
        (True, True, True, False),
        (False, True, False, False),
        (True, False, False, False),
    ],
)
def test_vmware(promiscuous: bool, forged: bool, unicast_filter: bool, works: bool) -> None:
    """6.3: macvlan needs both; guests without unicast filter (vmxnet3, 82545EM) are promiscuous by themselves."""
    policy = vmware(promiscuous=promiscuous, forged_transmits=forged)
    assert Guests(policy, promisc=False, unicast_filter=unicast_filter).works() is works


@pytest.mark.rule("6.3")
def test_vmware_delivers_nothing_after_a_rejected_mac_change() -> None:
    net = Guests(vmware(mac_changes=False), promisc=False)
    assert net.lab.ping(net.lab.spaces["h1"], "10.0.0.200", wait=0.5).ok
    net.cards[1].set_mac(UNKNOWN)
    assert not net.lab.ping(net.lab.spaces["h1"], "10.0.0.200").ok


class Virtual:
    """Guests vm (with a container's MAC behind it) and other, and the wire behind an uplink."""

    def __init__(self, policy: str, promisc: bool) -> None:
        self.lab = lab = Lab()
        self.vm, self.other, self.outside = (lab.nic(lab.ns(name), "p0") for name in ("vm", "other", "outside"))
        self.child = lab.container("c1", self.vm)
        switch = lab.switched(policy, self.vm, self.other)
        wire = Switch(lab.sim, "wire")
        lab.cable(switch.port(), wire.port("uplink"))
        lab.cable(self.outside, wire.port("far"))
        self.outside.set_promisc(True)
        self.vm.set_promisc(promisc)
        self.seen = {dev: lab.capture(dev) for dev in (self.vm, self.other, self.outside)}

    def delivered(self, sender: Nic, dst: bytes, src: bytes) -> set[Nic]:
        uid = self.lab.send(sender, test_frame(dst, src))
        self.lab.run()
        return {dev for dev, capture in self.seen.items() for s in capture if s.frame.uid == uid and s.type is not OUT}


POLICY_NAMES = ["virtualbox-deny", "virtualbox-allow-vms", "virtualbox-allow-all"]
TABLE = [
    # from another VM?, destination, guest promisc, deny, allow-vms, allow-all
    (True, "own", False, (True, True, True)),
    (True, "own", True, (True, True, True)),
    (True, "container", False, (False, False, False)),
    (True, "container", True, (False, True, True)),
    (False, "container", True, (False, False, True)),
    (False, "container", False, (False, False, False)),
    (False, "other VM", True, (False, True, True)),
    (False, "other VM", False, (False, False, False)),
    (True, "broadcast", False, (True, True, True)),
    (False, "broadcast", False, (True, True, True)),
    (True, "multicast", False, (True, True, True)),
]


@pytest.mark.rule("6.2")
@pytest.mark.parametrize("policy", range(3), ids=POLICY_NAMES)
@pytest.mark.parametrize(("from_vm", "dst", "promisc", "expected"), TABLE)
def test_virtualbox_table(from_vm: bool, dst: str, promisc: bool, expected: tuple[bool, ...], policy: int) -> None:
    net = Virtual(POLICY_NAMES[policy], promisc)
    mac = {
        "own": net.vm.mac,
        "container": net.child.mac,
        "other VM": net.other.mac,
        "broadcast": BROADCAST_MAC,
        "multicast": multicast_mac(0xE0000001),
    }[dst]
    sender = net.other if from_vm else net.outside
    delivered = net.delivered(sender, mac, sender.mac)
    assert (net.vm in delivered) is expected[policy]
    if dst == "other VM":
        assert net.other in delivered


@pytest.mark.rule("6.2")
@pytest.mark.parametrize("policy", POLICY_NAMES)
def test_virtualbox_unmatched_unicast_goes_to_the_wire(policy: str) -> None:
    """6.2: and sources are not filtered."""
    net = Virtual(policy, promisc=False)
    assert net.delivered(net.other, UNKNOWN, EXTERNAL) == {net.outside}


@pytest.mark.rule("6.2")
def test_virtualbox_does_not_learn_container_macs() -> None:
    net = Virtual("virtualbox-allow-all", promisc=False)
    net.delivered(net.vm, BROADCAST_MAC, net.child.mac)
    assert net.vm not in net.delivered(net.other, net.child.mac, net.other.mac)


@pytest.mark.rule("6.2")
def test_virtualbox_tags_are_opaque() -> None:
    net = Guests("virtualbox-deny", promisc=False)
    for n, card in enumerate(net.cards, 1):
        net.lab.vlan(card, 100, f"10.1.0.{n}/24")
    seen = net.lab.capture(net.cards[1])
    assert net.lab.ping(net.lab.spaces["h1"], "10.1.0.2").ok
    assert {s.vid for s in seen} == {100}


@pytest.mark.rule("6.1")
def test_learning_switch_with_a_capable_card_needs_no_promisc() -> None:
    """6.5: bare metal."""
    net = Guests("bare-metal", promisc=False)
    assert net.works()
    assert net.cards[0].promiscuity == 0


@pytest.mark.rule("6.4")
@pytest.mark.parametrize("policy", ["hyper-v", "kvm-no-mac-spoofing", "cloud", "wifi", "port-security"])
def test_one_mac_per_port(policy: str) -> None:
    """6.4: macvlan does not work, the host itself does."""
    net = Guests(policy, promisc=True)
    assert net.lab.ping(net.lab.spaces["h1"], "10.0.0.200").ok
    assert not net.works()


@pytest.mark.rule("6.4")
@pytest.mark.parametrize("policy", ["hyper-v-spoofing", "kvm"])
def test_learning_hypervisors(policy: str) -> None:
    assert Guests(policy, promisc=False).works()


@pytest.mark.rule("6.4")
def test_learnt_macs_age() -> None:
    net = Guests("bare-metal", promisc=False)
    lab = net.lab
    third = lab.nic(lab.ns("h3"), "p0")
    switch = lab.switched("bare-metal")
    for card in net.cards:
        assert card.cable is not None
        card.cable.unplug()
    for card in (*net.cards, third):
        lab.cable(card, switch.port())
    third.set_promisc(True)
    overheard = lab.capture(third)

    def sent() -> int:
        overheard.clear()
        lab.send(net.cards[0], test_frame(net.cards[1].mac, net.cards[0].mac))
        lab.run()
        return len([s for s in overheard if s.type is not HOST])

    lab.send(net.cards[1], test_frame(BROADCAST_MAC, net.cards[1].mac))
    lab.run()
    assert sent() == 0
    lab.sim.run(until=int(lab.sim.now) + 400 * SECOND)
    assert sent() == 1
