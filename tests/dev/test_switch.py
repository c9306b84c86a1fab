"""The switch between hosts: VLANs, learning, and the tables of hypervisors' rules (linux.md 6.2 to 6.4)."""

from __future__ import annotations

import pytest

from macvsim.dev.cable import Cable
from macvsim.dev.nic import Nic
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import SECOND, Sim
from macvsim.errors import TopologyError
from macvsim.switch import POLICIES, PortPolicy, Switch, SwitchPort, port_security, vmware
from macvsim.wire.addr import mac_bytes, mac_text
from macvsim.wire.frame import Frame, PacketType
from tests.dev.fake import BCAST, FakeNamespace, drops, frame

CHILD = "02:42:ac:10:0a:02"
"""A container's MAC, which no adapter has."""
STRANGER = "02:00:00:00:00:99"


class SwitchLab:
    """Switch sw1 with the NIC 08:00:27:00:00:0N of hN at port hN; `got` is what reached the cards, filtered or not."""

    def __init__(
        self, hosts: int = 3, policy: str | PortPolicy = "bare-metal", journal: int = 0, **options: object
    ) -> None:
        self.sim = Sim(journal=journal)
        self.sw = Switch(self.sim, "sw1", policy=policy, **options)  # type: ignore[arg-type]
        self.got: list[tuple[str, Frame]] = []
        self.nics: dict[str, Nic] = {}
        for number in range(1, hosts + 1):
            self.plug(f"h{number}", f"08:00:27:00:00:0{number}", self.sw.port(f"h{number}"))

    def plug(self, name: str, mac: str, port: SwitchPort) -> Nic:
        nic = Nic(FakeNamespace(self.sim, name), "eth0", mac_bytes(mac))
        nic.set_up()
        self.nics[name] = nic
        receive = nic.wire_receive

        def arrive(arrived: Frame) -> DropReason | None:
            self.got.append((name, arrived))
            return receive(arrived)

        nic.wire_receive = arrive  # type: ignore[assignment, method-assign]
        Cable(self.sim, nic, port, delay=1)
        return nic

    def send(self, host: str, dst: str, *, src: str | None = None, vid: int | None = None, size: int = 46) -> list[str]:
        """Who got the frame on the wire, as ``host`` or ``host/VID``, in order."""
        return [f"{name}/{got.vid}" if got.tag else name for name, got in self.arrivals(host, dst, src, vid, size)]

    def arrivals(
        self, host: str, dst: str, src: str | None = None, vid: int | None = None, size: int = 46
    ) -> list[tuple[str, Frame]]:
        self.got.clear()
        nic = self.nics[host]
        nic.xmit(frame(self.sim, src or mac_text(nic.mac), dst, vid=vid, size=size))
        self.sim.run(until=self.sim.now + 100)
        return list(self.got)

    def mac(self, host: str) -> str:
        return mac_text(self.nics[host].mac)


def drops_by_port(lab: SwitchLab) -> dict[tuple[str, DropReason], int]:
    """Drops inside the switch."""
    return {key: count for key, count in drops(lab.sim).items() if key[0].startswith("sw1")}


# -- learning ----------------------------------------------------------------------------------------------------------


def test_floods_then_learns() -> None:
    lab = SwitchLab()
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"]
    assert lab.send("h2", lab.mac("h1")) == ["h1"]
    assert lab.send("h1", lab.mac("h2")) == ["h2"]
    assert lab.send("h1", BCAST) == ["h2", "h3"]
    assert [(mac_text(entry.mac), entry.vid, entry.port) for entry in lab.sw.fdb] == [
        (lab.mac("h2"), 1, lab.sw.port("h2")),
        (lab.mac("h1"), 1, lab.sw.port("h1")),
    ]


def test_one_mac_in_two_vlans() -> None:
    """host3 of the document shows the same MAC in both VLANs; so does one that is on different ports."""
    lab = SwitchLab()
    lab.send("h3", BCAST, src=STRANGER, vid=100)
    lab.send("h2", BCAST, src=STRANGER, vid=200)
    assert lab.send("h1", STRANGER, vid=100) == ["h3/100"]
    assert lab.send("h1", STRANGER, vid=200) == ["h2/200"]


def test_a_moved_mac_is_followed() -> None:
    lab = SwitchLab()
    lab.send("h2", BCAST, src=STRANGER)
    lab.send("h3", BCAST, src=STRANGER)
    assert lab.send("h1", STRANGER) == ["h3"]


def test_ageing() -> None:
    lab = SwitchLab()
    lab.send("h2", BCAST)
    lab.sim.run(until=299 * SECOND)
    assert lab.send("h1", lab.mac("h2")) == ["h2"]
    lab.sim.run(until=301 * SECOND)
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"]
    assert SwitchLab(ageing=0).sw.fdb.ageing == 0


def test_without_ageing_time_it_is_a_hub() -> None:
    lab = SwitchLab(ageing=0)
    lab.send("h2", BCAST)
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"]


def test_a_port_that_loses_its_link_forgets() -> None:
    lab = SwitchLab()
    lab.send("h2", BCAST)
    lab.nics["h2"].set_down()
    assert not lab.sw.port("h2").link
    assert lab.send("h1", lab.mac("h2")) == ["h3"]
    lab.nics["h2"].set_up()
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"]
    cable = lab.nics["h2"].cable
    assert cable is not None
    cable.unplug()
    assert lab.send("h1", BCAST) == ["h3"]


def test_a_port_switched_off() -> None:
    lab = SwitchLab()
    for up, receivers in ((False, ["h3"]), (True, ["h2", "h3"])):
        lab.sw.port("h2").set_up(up)
        assert lab.nics["h2"].carrier is up
        assert lab.send("h1", BCAST) == receivers


# -- VLANs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vid", [None, 2, 100, 4094])
def test_the_default_port_carries_everything(vid: int | None) -> None:
    lab = SwitchLab()
    suffix = "" if vid is None else f"/{vid}"
    assert lab.send("h1", BCAST, vid=vid) == [f"h2{suffix}", f"h3{suffix}"]


def test_the_same_object_when_nothing_changes() -> None:
    lab = SwitchLab()
    sent = frame(lab.sim, lab.mac("h1"), BCAST, vid=100)
    lab.nics["h1"].xmit(sent)
    lab.sim.run()
    assert [got is sent for _, got in lab.got] == [True, True]


@pytest.mark.parametrize(
    ("host", "vid", "got", "dropped"),
    [  # h1 trunk 100,200 without native; h2 access 100; h3 access 200; h4 trunk 100 with native 200
        ("h1", 100, ["h2", "h4/100"], None),
        ("h1", 200, ["h3", "h4"], None),
        ("h1", 300, [], ("sw1:h1", DropReason.PORT_VLAN)),
        ("h1", None, [], ("sw1:h1", DropReason.PORT_PVID)),
        ("h2", None, ["h1/100", "h4/100"], None),
        ("h2", 200, [], ("sw1:h2", DropReason.PORT_TAGGED)),
        ("h3", None, ["h1/200", "h4"], None),
        ("h3", 200, ["h1/200", "h4"], None),
        ("h4", None, ["h1/200", "h3"], None),
        ("h4", 0, ["h1/200", "h3"], None),
        ("h4", 100, ["h1/100", "h2"], None),
        ("h4", 300, [], ("sw1:h4", DropReason.PORT_VLAN)),
    ],
)
def test_access_and_trunk(host: str, vid: int | None, got: list[str], dropped: tuple[str, DropReason] | None) -> None:
    lab = SwitchLab(4)
    lab.sw.port("h1").trunk([100, 200], native=None)
    lab.sw.port("h2").access(100)
    lab.sw.port("h3").access(200)
    lab.sw.port("h4").trunk([100], native=200)
    assert lab.send(host, BCAST, vid=vid) == got
    assert drops_by_port(lab) == ({dropped: 1} if dropped else {})


def test_a_tag_in_the_bytes_counts_like_one_beside_them() -> None:
    lab = SwitchLab()
    lab.sw.port("h2").access(100)
    sent = frame(lab.sim, lab.mac("h1"), BCAST, vid=100).inline()
    lab.nics["h1"].xmit(sent)
    lab.sim.run()
    assert {name: got.wire for name, got in lab.got} == {"h2": sent.untag().raw, "h3": sent.wire}  # type: ignore[union-attr]


def test_a_vlan_nobody_else_has() -> None:
    lab = SwitchLab()
    lab.sw.port("h1").access(100)
    lab.sw.port("h2").access(200)
    lab.sw.port("h3").access(300)
    assert lab.send("h1", BCAST) == []
    assert drops_by_port(lab) == {("sw1:h2", DropReason.PORT_VLAN): 1, ("sw1:h3", DropReason.PORT_VLAN): 1}


def test_an_unmanaged_switch_knows_no_vlans() -> None:
    lab = SwitchLab(vlan_aware=False)
    lab.send("h3", BCAST, src=STRANGER, vid=100)
    assert lab.send("h1", STRANGER, vid=200) == ["h3/200"], "one table"
    assert lab.arrivals("h1", BCAST, vid=0)[0][1].tag == 0x81000000, "priority tags pass"
    assert lab.send("h1", BCAST, vid=4095) == ["h2/4095", "h3/4095"]


def test_virtualbox_takes_tags_for_payload() -> None:
    lab = SwitchLab(policy="virtualbox-deny")
    assert lab.arrivals("h1", BCAST, vid=0)[0][1].tag == 0x81000000
    with pytest.raises(TopologyError, match="vlan_aware"):
        lab.sw.port("h1").access(100)
    assert SwitchLab(policy="virtualbox-deny", vlan_aware=True).sw.port("h1").access(100).vlans.pvid == 100


def test_changing_vlans_forgets_what_was_learnt_there() -> None:
    lab = SwitchLab()
    lab.send("h2", BCAST)
    lab.sw.port("h2").access(1)
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"]


# -- drops -------------------------------------------------------------------------------------------------------------


def test_same_port_and_hairpin() -> None:
    lab = SwitchLab()
    lab.send("h1", BCAST, src=STRANGER)
    assert lab.send("h1", STRANGER) == []
    assert drops_by_port(lab) == {("sw1:h1", DropReason.PORT_SAME): 1}
    lab.sw.port("h1").hairpin = True
    assert lab.send("h1", STRANGER) == ["h1"]
    assert lab.send("h1", BCAST) == ["h1", "h2", "h3"]


def test_isolated_ports() -> None:
    lab = SwitchLab()
    lab.sw.port("h1").isolated = lab.sw.port("h2").isolated = True
    assert lab.send("h1", BCAST) == ["h3"]
    lab.send("h2", BCAST)
    assert lab.send("h1", lab.mac("h2")) == []
    assert drops_by_port(lab) == {("sw1:h2", DropReason.PORT_ISOLATED): 2, ("sw1:h1", DropReason.PORT_ISOLATED): 1}
    assert lab.send("h3", lab.mac("h1")) == ["h1"]


def test_a_broadcast_reaches_every_port_unless_both_ends_are_isolated() -> None:
    """One isolated port is not enough to lose a copy, on either side; the same holds for unknown unicast."""
    lab = SwitchLab()
    lab.sw.port("h2").isolated = True
    for dst in (BCAST, STRANGER):
        assert lab.send("h1", dst) == ["h2", "h3"]
        assert lab.send("h2", dst) == ["h1", "h3"]
    assert drops_by_port(lab) == {}
    lab.sw.port("h3").isolated = True
    for dst in (BCAST, STRANGER):
        assert lab.send("h1", dst) == ["h2", "h3"]
        assert lab.send("h2", dst) == ["h1"]
        assert lab.send("h3", dst) == ["h1"]
    assert drops_by_port(lab) == {("sw1:h2", DropReason.PORT_ISOLATED): 2, ("sw1:h3", DropReason.PORT_ISOLATED): 2}


@pytest.mark.parametrize("last", range(16))
def test_reserved_groups_stay_on_their_cable(last: int) -> None:
    lab = SwitchLab()
    assert lab.send("h1", f"01:80:c2:00:00:{last:02x}") == []
    assert drops_by_port(lab) == {("sw1:h1", DropReason.RESERVED_MULTICAST): 1}
    assert lab.send("h1", "01:80:c2:00:00:10") == ["h2", "h3"]


def test_group_sources_are_dropped() -> None:
    lab = SwitchLab()
    assert lab.send("h1", BCAST, src="01:00:5e:00:00:01") == []
    assert lab.send("h1", BCAST, src="00:00:00:00:00:00") == []
    assert drops_by_port(lab) == {("sw1:h1", DropReason.BRIDGE_SOURCE): 2}


def test_mtu_drops_silently_at_either_port() -> None:
    lab = SwitchLab()
    assert lab.send("h1", BCAST, size=1504) == ["h2", "h3"], "room for a tag"
    assert lab.send("h1", BCAST, size=1505) == []
    lab.sw.port("h1").mtu = 9000
    assert lab.send("h1", BCAST, size=1505) == []
    lab.sw.port("h3").mtu = 9000
    assert lab.send("h1", BCAST, size=1505) == ["h3"]
    assert drops_by_port(lab) == {
        ("sw1:h1", DropReason.NIC_MTU): 1,
        ("sw1:h2", DropReason.NIC_MTU): 2,
        ("sw1:h3", DropReason.NIC_MTU): 1,
    }


def test_a_port_whose_policy_stops_learning_forgets_what_it_learnt() -> None:
    lab = SwitchLab()
    for name in ("h2", "h3"):
        lab.send(name, BCAST)
        lab.send(name, BCAST, src=CHILD.replace("02:42", f"02:4{name[1]}"))
    assert len(lab.sw.fdb) == 4
    lab.sw.port("h3").policy = "kvm"
    assert len(lab.sw.fdb) == 4, "the new policy learns, too"
    lab.sw.port("h2").policy = "virtualbox-deny"
    assert {entry.port.name for entry in lab.sw.fdb.entries.values() if entry.port is not None} == {"h3"}
    assert lab.send("h1", CHILD.replace("02:42", "02:43")) == ["h3"]
    assert lab.send("h1", CHILD) == ["h3"], "the switch delivers only frames for the adapter's own MAC at h2"
    lab.sw.port("h2").policy = "bare-metal"
    assert lab.send("h1", lab.mac("h2")) == ["h2", "h3"], "nothing is known there until a frame comes"


def test_nobody_else_there() -> None:
    lab = SwitchLab(1)
    assert lab.send("h1", BCAST) == []
    assert drops_by_port(lab) == {("sw1:h1", DropReason.NO_OTHER_PORT): 1}


def test_journal_names_the_ports() -> None:
    lab = SwitchLab(2, journal=100)
    lab.send("h1", BCAST)
    assert lab.sim.journal is not None
    steps = [(record.where.label, record.step) for record in lab.sim.journal.records]
    assert steps[1:3] == [("sw1:h1", "receive"), ("sw1:h2", "xmit")]
    port = lab.sw.port("h2")
    assert (port.stats.tx_packets, port.stats.tx_bytes, port.stats.rx_packets) == (1, 60, 0)


# -- hypervisors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("promisc", [False, True])
@pytest.mark.parametrize(
    ("policy", "gets"),
    [("virtualbox-deny", False), ("virtualbox-allow-vms", True), ("virtualbox-allow-all", True)],
)
def test_virtualbox_container_mac_from_another_vm(policy: str, gets: bool, promisc: bool) -> None:
    """Table 6.2: X = container MAC in h2; T42 is deny with promisc on, T43 allow-all with it off, T44 with it on."""
    lab = SwitchLab(2, policy)
    lab.nics["h2"].set_promisc(promisc)
    assert lab.send("h2", BCAST, src=CHILD) == ["h1"], "sources are not filtered, and not learnt"
    assert len(lab.sw.fdb) == 0
    assert lab.send("h1", CHILD) == (["h2"] if gets and promisc else [])
    if not (gets and promisc):
        assert drops_by_port(lab) == {("sw1:h2", DropReason.PORT_NO_MATCH): 1}


@pytest.mark.parametrize(
    ("policy", "dst", "got"),
    [
        ("virtualbox-deny", STRANGER, []),
        ("virtualbox-deny", "08:00:27:00:00:01", ["h1"]),
        ("virtualbox-allow-vms", STRANGER, []),
        ("virtualbox-allow-vms", "08:00:27:00:00:01", ["h1", "h2"]),
        ("virtualbox-allow-all", STRANGER, ["h2"]),
        ("virtualbox-allow-all", "08:00:27:00:00:01", ["h1", "h2"]),
    ],
)
def test_virtualbox_frames_from_the_wire(policy: str, dst: str, got: list[str]) -> None:
    """Table 6.2, last rows but one: h2 is promiscuous, h1 is not; the frame comes from a switch at the uplink."""
    lab = SwitchLab(2, policy)
    lab.nics["h2"].set_promisc(True)
    outside = Switch(lab.sim, "wire")
    lab.plug("w", "08:00:27:00:00:0f", outside.port("w"))
    Cable(lab.sim, lab.sw.port("uplink"), outside.port("up"), delay=1)
    assert lab.send("w", dst) == got


@pytest.mark.parametrize("policy", ["virtualbox-deny", "virtualbox-allow-vms", "virtualbox-allow-all"])
def test_virtualbox_groups_reach_everybody_and_unknown_unicast_the_wire(policy: str) -> None:
    lab = SwitchLab(3, policy)
    outside = Switch(lab.sim, "wire")
    lab.plug("w", "08:00:27:00:00:0f", outside.port("w"))
    Cable(lab.sim, lab.sw.port("uplink"), outside.port("up"), delay=1)
    for group in (BCAST, "01:00:5e:00:00:05"):
        assert sorted(lab.send("h1", group)) == ["h2", "h3", "w"]
        assert sorted(lab.send("w", group)) == ["h1", "h2", "h3"]
    assert lab.send("h1", STRANGER) == ["w"]
    assert lab.send("h1", lab.mac("h2")) == ["h2"]
    assert lab.send("h1", lab.mac("w")) == ["w"]


def test_virtualbox_keeps_the_configured_mac() -> None:
    lab = SwitchLab(2, "virtualbox-deny")
    old = lab.mac("h2")
    lab.nics["h2"].set_mac(mac_bytes(STRANGER))
    assert lab.send("h1", STRANGER) == []
    assert lab.send("h1", old) == ["h2"]


@pytest.mark.parametrize("promisc", [False, True])
@pytest.mark.parametrize("promiscuous", [False, True])
def test_vmware_promiscuous_mode(promiscuous: bool, promisc: bool) -> None:
    """Table 6.3: the guest in promisc gets everything of the VLAN, if the port group accepts that."""
    lab = SwitchLab(3, vmware(promiscuous=promiscuous))
    lab.nics["h3"].set_promisc(promisc)
    sees = ["h3"] if promiscuous and promisc else []
    assert lab.send("h1", CHILD) == sees
    assert lab.send("h1", lab.mac("h2")) == ["h2", *sees]


@pytest.mark.parametrize("accept", [False, True])
def test_vmware_forged_transmits(accept: bool) -> None:
    """T46: rejected, no container frame leaves the vSwitch, not even a broadcast."""
    lab = SwitchLab(2, vmware(forged_transmits=accept))
    assert lab.send("h1", BCAST, src=CHILD) == (["h2"] if accept else [])
    assert lab.send("h1", BCAST) == ["h2"]
    assert drops_by_port(lab) == ({} if accept else {("sw1:h1", DropReason.PORT_FORGED_SOURCE): 1})


@pytest.mark.parametrize("accept", [False, True])
def test_vmware_mac_changes(accept: bool) -> None:
    lab = SwitchLab(2, vmware(mac_changes=accept))
    lab.nics["h2"].set_mac(mac_bytes(STRANGER))
    assert lab.send("h1", STRANGER) == (["h2"] if accept else [])
    assert lab.send("h1", BCAST) == (["h2"] if accept else [])
    lab.nics["h2"].set_mac(mac_bytes("08:00:27:00:00:02"))
    assert lab.send("h1", lab.mac("h2")) == ["h2"]


CONTAINER_MACS = [
    ("bare-metal", True, True, None),
    ("kvm", True, True, None),
    ("kvm-no-mac-spoofing", False, True, DropReason.PORT_FORGED_SOURCE),
    ("hyper-v", False, False, DropReason.PORT_FORGED_SOURCE),
    ("hyper-v-spoofing", True, True, None),
    ("vmware", True, False, None),
    ("vmware-accept", True, True, None),
    ("vmware-reject", False, False, DropReason.PORT_FORGED_SOURCE),
    ("virtualbox-deny", True, False, None),
    ("virtualbox-allow-vms", True, True, None),
    ("virtualbox-allow-all", True, True, None),
    ("cloud", False, False, DropReason.PORT_ASSIGNED_MAC),
    ("wifi", False, False, DropReason.PORT_ASSIGNED_MAC),
    ("port-security", False, True, DropReason.PORT_SECURITY),
]


@pytest.mark.parametrize(("policy", "sends", "receives", "reason"), CONTAINER_MACS)
def test_container_macs(policy: str, sends: bool, receives: bool, reason: DropReason | None) -> None:
    """Whether a container's frame gets out of promiscuous h1, and one for it in, once h1 itself was heard."""
    lab = SwitchLab(2, policy)
    lab.nics["h1"].set_promisc(True)
    assert lab.send("h1", BCAST) == ["h2"], "the host's own MAC always works"
    assert lab.send("h2", lab.mac("h1")) == ["h1"]
    assert lab.send("h1", BCAST, src=CHILD) == (["h2"] if sends else [])
    if reason is not None:
        assert drops_by_port(lab)["sw1:h1", reason] == 1
    assert lab.send("h2", CHILD) == (["h1"] if receives else [])


def test_every_preset_is_tested_above() -> None:
    assert {row[0] for row in CONTAINER_MACS} == set(POLICIES)


def test_port_security_counts_macs() -> None:
    lab = SwitchLab(2)
    lab.sw.port("h1").policy = port_security(2)
    assert lab.send("h1", BCAST) == ["h2"]
    assert lab.send("h1", BCAST, src=CHILD) == ["h2"]
    assert lab.send("h1", BCAST, src=STRANGER) == []
    assert lab.send("h1", BCAST, src=CHILD) == ["h2"]
    lab.sim.run(until=301 * SECOND)
    assert lab.send("h1", BCAST, src=STRANGER) == ["h2"], "places fall free with ageing"


def test_uplinks_of_a_virtual_switch_learn() -> None:
    """Without an adapter at its end a port of a non-learning switch is ordinary."""
    lab = SwitchLab(1, "virtualbox-deny")
    outside = Switch(lab.sim, "wire")
    for host, mac in (("w1", "08:00:27:00:00:0e"), ("w2", "08:00:27:00:00:0f")):
        lab.plug(host, mac, outside.port(host))
    Cable(lab.sim, lab.sw.port("uplink"), outside.port("up"), delay=1)
    lab.send("w1", BCAST)
    assert [(mac_text(entry.mac), entry.port) for entry in lab.sw.fdb] == [(lab.mac("w1"), lab.sw.port("uplink"))]
    assert lab.send("w2", lab.mac("w1")) == ["w1"]
    lab.sim.drops.clear()
    lab.send("w2", lab.mac("w1"))
    assert drops_by_port(lab) == {}


# -- building ----------------------------------------------------------------------------------------------------------


def test_ports_are_made_on_demand_up_to_a_limit() -> None:
    sw = Switch(Sim(journal=0), "sw1", ports=2)
    first = sw.port()
    assert (first.name, first.label) == ("p1", "sw1:p1")
    assert sw.port() is first, "still without a cable"
    assert sw.port("p1") is first
    sw.port("x")
    with pytest.raises(TopologyError, match=r"no port 'y'.*p1, x"):
        sw.port("y")


def test_the_next_port_without_a_cable() -> None:
    lab = SwitchLab(0)
    lab.plug("a", "08:00:27:00:00:0a", lab.sw.port())
    lab.plug("b", "08:00:27:00:00:0b", lab.sw.port())
    assert list(lab.sw.ports) == ["p1", "p2"]
    assert lab.send("a", BCAST) == ["b"]


def test_mistakes() -> None:
    sim = Sim(journal=0)
    with pytest.raises(TopologyError, match=r"bare-metal.*cloud"):
        Switch(sim, "sw1", policy="virtualbox")
    with pytest.raises(TopologyError):
        Switch(sim, "sw1", ports=0)
    with pytest.raises(TopologyError):
        Switch(sim, "sw1", ageing=-1)
    sw = Switch(sim, "sw1")
    for vid in (0, 4095):
        with pytest.raises(TopologyError, match="1 to 4094"):
            sw.port("p1").access(vid)
        with pytest.raises(TopologyError, match="1 to 4094"):
            sw.port("p1").trunk([vid])
    with pytest.raises(TopologyError):
        sw.port("p1").mtu = 10
    with pytest.raises(TopologyError):
        port_security(0)


def test_frames_delivered_to_the_host_keep_their_type() -> None:
    lab = SwitchLab(2)
    lab.send("h1", lab.mac("h2"))
    space = lab.nics["h2"].ns
    assert isinstance(space, FakeNamespace)
    assert [(name, kind) for name, kind, _ in space.delivered] == [("eth0", PacketType.HOST)]
