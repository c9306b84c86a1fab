"""The Linux bridge: order of copies, VLAN filtering, forwarding table, ports, addresses, errors.

What single frames do without VLANs is in test_kernel.py; here are the rules around it, most as recorded on a real
kernel (numbers like 073 are those recordings).
"""

from __future__ import annotations

import pytest

from macvsim.dev.base import NetDevice
from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import BridgePort, PortState
from macvsim.dev.contracts import Event
from macvsim.dev.loopback import Loopback
from macvsim.dev.macvlan import Macvlan, Mode
from macvsim.dev.nic import Nic
from macvsim.dev.veth import Veth, veth_pair
from macvsim.dev.vlan import Vlan
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import SECOND, Sim
from macvsim.errors import NetlinkError, NotSimulated
from macvsim.wire.addr import mac_bytes, mac_text
from macvsim.wire.frame import ETH_P_8021AD, Frame, PacketType
from tests.dev.fake import BCAST, FakeNamespace, drops, frame

H1, H2, H4 = (f"08:00:27:00:00:0{number}" for number in (1, 2, 4))
BR = "0e:00:00:00:00:01"
GROUP = "01:00:5e:01:02:03"
SHORT = {
    PacketType.HOST: "HOST",
    PacketType.BROADCAST: "BCAST",
    PacketType.MULTICAST: "MCAST",
    PacketType.OTHERHOST: "OTHER",
    PacketType.OUTGOING: "OUT",
}


class BridgeLab:
    """Bridge br0 in `sw` with ports p1, p2, p4, each a veth to enp0s8 of h1, h2, h4; everything up."""

    def __init__(self, *, filtering: bool = False, pvid: int = 1, mac_given: bool = True) -> None:
        self.sim = Sim(journal=0)
        self.sw = FakeNamespace(self.sim, "sw")
        self.seen: list[tuple[str, str, int]] = []
        self.hosts: dict[str, Veth] = {}
        self.br0 = Bridge(
            self.sw, "br0", mac_bytes(BR), mac_given=mac_given, vlan_filtering=filtering, vlan_default_pvid=pvid
        )
        self.br0.set_mcast_snooping(False)
        self.watch(self.br0)
        for number in (1, 2, 4):
            self.add(number)
        self.br0.set_up()
        self.sim.run()

    def add(self, number: int) -> BridgePort:
        host = FakeNamespace(self.sim, f"h{number}")
        here, there = veth_pair(
            (self.sw, f"p{number}", mac_bytes(f"0e:00:00:00:01:0{number}")),
            (host, "enp0s8", mac_bytes(f"08:00:27:00:00:0{number}")),
        )
        for dev in (here, there):
            self.watch(dev)
            dev.set_up()
        self.hosts[host.name] = there
        return self.br0.enslave(here)

    def watch(self, dev: NetDevice) -> None:
        dev.ns.register(dev)
        dev.add_tap(lambda kind, seen: self.seen.append((dev.label, SHORT[kind], seen.vid)))

    def port(self, name: str) -> BridgePort:
        port = self.br0.port_of(self.sw.devices[name])
        assert port is not None
        return port

    def send(self, sender: NetDevice, sent: Frame) -> list[tuple[str, str, int]]:
        """(device, packet type, VID) in the order of the taps."""
        self.seen.clear()
        sender.xmit(sent)
        self.sim.run(until=self.sim.now + 1)
        return list(self.seen)

    def from_host(
        self, host: str, dst: str, *, vid: int | None = None, tpid: int = 0x8100
    ) -> list[tuple[str, str, int]]:
        sender = self.hosts[host]
        return self.send(sender, frame(self.sim, mac_text(sender.mac), dst, vid=vid, tpid=tpid))

    def heard(self, host: str, dst: str, *, vid: int | None = None, tpid: int = 0x8100) -> dict[str, int]:
        """What the other hosts got of it: host -> VID."""
        seen = self.from_host(host, dst, vid=vid, tpid=tpid)
        return {dev.split(":")[0]: got for dev, kind, got in seen if dev.startswith("h") and kind != "OUT"}

    def table(self) -> list[str]:
        """``bridge fdb show br br0`` without the group addresses."""
        return [
            f"{mac_text(entry.mac)} {entry.port.dev.name if entry.port else 'br0'}"
            + (f" vlan {entry.vid}" if entry.vid else "")
            + (f" {entry.state}" if entry.static else "")
            for entry in self.br0.fdb
        ]


# -- order -----------------------------------------------------------------------------------------------------------


def test_copies_leave_newest_port_first_and_the_bridges_own_comes_last() -> None:
    """074, first exchange."""
    assert BridgeLab().from_host("h1", BCAST) == [
        ("h1:enp0s8", "OUT", 0),
        ("sw:p1", "BCAST", 0),
        ("sw:p4", "OUT", 0),
        ("sw:p2", "OUT", 0),
        ("sw:br0", "BCAST", 0),
        ("h4:enp0s8", "BCAST", 0),
        ("h2:enp0s8", "BCAST", 0),
    ]


def test_answers_from_the_bridge_leave_before_other_copies_arrive() -> None:
    """130, b1 -> host: docker0's reply is OUT on docker0 and veth1 before b2 sees the request; all one softirq."""
    lab = BridgeLab()
    reply = frame(lab.sim, BR, H1)
    lab.br0.add_tap(lambda kind, seen: lab.br0.xmit(reply) and None if kind is PacketType.BROADCAST else None)
    assert [f"{dev} {kind}" for dev, kind, _ in lab.from_host("h1", BCAST)] == [
        "h1:enp0s8 OUT",
        "sw:p1 BCAST",
        "sw:p4 OUT",
        "sw:p2 OUT",
        "sw:br0 BCAST",
        "sw:br0 OUT",
        "sw:p1 OUT",
        "h4:enp0s8 BCAST",
        "h2:enp0s8 BCAST",
        "h1:enp0s8 HOST",
    ]


def test_counters_of_the_bridge_device() -> None:
    """130: 28 bytes an ARP packet received, 42 sent: the header counts only on the way out."""
    lab = BridgeLab()
    lab.from_host("h1", BCAST)
    lab.from_host("h1", GROUP)
    lab.from_host("h2", H1)
    lab.send(lab.br0, frame(lab.sim, BR, H1))
    stats = lab.br0.stats
    assert (stats.rx_packets, stats.rx_bytes, stats.multicast) == (2, 2 * 46, 1)
    assert (stats.tx_packets, stats.tx_bytes) == (1, 60)


# -- VLANs -----------------------------------------------------------------------------------------------------------


def trunk_lab() -> BridgeLab:
    """p1 is a trunk for 100 with PVID 1, p2 has the same, p4 is an access port of 100."""
    lab = BridgeLab(filtering=True)
    config = lab.br0.vlan_config
    config.add(lab.port("p1"), 100)
    config.add(lab.port("p2"), 100)
    config.remove(lab.port("p4"), 1)
    config.add(lab.port("p4"), 100, pvid=True, untagged=True)
    return lab


@pytest.mark.parametrize(
    ("host", "vid", "tpid", "heard", "dropped"),
    [  # T68
        ("h1", None, 0x8100, {"h2": 0}, None),
        ("h1", 0, 0x8100, {"h2": 0}, None),
        ("h1", 1, 0x8100, {"h2": 0}, None),
        ("h1", 100, 0x8100, {"h2": 100, "h4": 0}, None),
        ("h1", 200, 0x8100, {}, ("sw:p1", DropReason.PORT_VLAN)),
        ("h1", 200, 0x88A8, {"h2": 200}, None),
        ("h4", None, 0x8100, {"h1": 100, "h2": 100}, None),
        ("h4", 0, 0x8100, {"h1": 100, "h2": 100}, None),
        ("h4", 100, 0x8100, {"h1": 100, "h2": 100}, None),
        ("h4", 200, 0x8100, {}, ("sw:p4", DropReason.PORT_TAGGED)),
        ("h4", 1, 0x8100, {}, ("sw:p4", DropReason.PORT_TAGGED)),
    ],
)
def test_vlan_filtering(
    host: str, vid: int | None, tpid: int, heard: dict[str, int], dropped: tuple[str, DropReason] | None
) -> None:
    lab = trunk_lab()
    assert lab.heard(host, BCAST, vid=vid, tpid=tpid) == heard
    if dropped is not None:
        assert drops(lab.sim)[dropped] == 1


def test_without_filtering_tags_are_payload() -> None:
    lab = BridgeLab()
    for vid in (None, 0, 100, 4095):
        assert lab.heard("h1", BCAST, vid=vid) == {"h2": vid or 0, "h4": vid or 0}
    assert lab.table()[0] == f"{H1} p1", "one table for all VLANs"


def test_learning_and_forwarding_are_per_vlan() -> None:
    lab = trunk_lab()
    lab.from_host("h2", BCAST)
    assert lab.heard("h1", H2, vid=100) == {"h2": 100, "h4": 0}, "h2 is known in VLAN 1 only"
    assert lab.heard("h1", H2) == {"h2": 0}
    lab.from_host("h2", BCAST, vid=100)
    assert lab.heard("h1", H2, vid=100) == {"h2": 100}


def test_native_vlan_mismatch_breaks_both_directions() -> None:
    """073: PVID 100 untagged at p2 while h2 expects tags; then PVID 100 that leaves tagged."""
    lab = trunk_lab()
    lab.br0.vlan_config.add(lab.port("p2"), 100, pvid=True, untagged=True)
    assert lab.heard("h1", H2, vid=100)["h2"] == 0
    lab.br0.vlan_config.add(lab.port("p2"), 100, pvid=True)
    assert lab.heard("h1", H2, vid=100)["h2"] == 100
    assert lab.heard("h2", H1) == {"h1": 100}


def test_no_pvid_drops_untagged_frames() -> None:
    lab = trunk_lab()
    lab.br0.vlan_config.add(lab.port("p4"), 100, untagged=True)
    assert lab.heard("h4", BCAST) == {}
    assert drops(lab.sim)["sw:p4", DropReason.PORT_PVID] == 1


def test_the_bridge_is_a_port_of_its_own_vlans() -> None:
    lab = trunk_lab()
    assert ("sw:br0", "BCAST", 0) in lab.from_host("h1", BCAST)
    assert not [seen for seen in lab.from_host("h1", BCAST, vid=100) if seen[0] == "sw:br0"]
    lab.br0.vlan_config.add(None, 100)
    assert ("sw:br0", "BCAST", 100) in lab.from_host("h1", BCAST, vid=100)
    sent = lab.send(lab.br0, frame(lab.sim, BR, BCAST, vid=100))
    assert [(dev, vid) for dev, kind, vid in sent if kind == "BCAST"] == [
        ("h4:enp0s8", 0),
        ("h2:enp0s8", 100),
        ("h1:enp0s8", 100),
    ]
    lab.send(lab.br0, frame(lab.sim, BR, BCAST, vid=7))
    assert drops(lab.sim)["sw:br0", DropReason.PORT_VLAN] == 2, "VLAN 100 before it was added, and 7"


def test_a_promiscuous_bridge_sees_vlans_it_has_not() -> None:
    lab = trunk_lab()
    lab.br0.set_promisc(True)
    assert ("sw:br0", "BCAST", 100) in lab.from_host("h4", BCAST)


def test_vlan_sub_interface_of_a_bridge() -> None:
    lab = trunk_lab()
    lab.br0.vlan_config.add(None, 100)
    sub = Vlan(lab.sw, "br0.100", lab.br0, 100)
    lab.watch(sub)
    sub.set_up()
    assert ("sw:br0.100", "BCAST", 0) in lab.from_host("h4", BCAST)
    sent = lab.send(sub, frame(lab.sim, BR, BCAST))
    assert ("sw:br0", "OUT", 100) in sent and ("h4:enp0s8", "BCAST", 0) in sent and ("h1:enp0s8", "BCAST", 100) in sent


def test_provider_bridge_counts_only_service_tags() -> None:
    lab = BridgeLab(filtering=True)
    config = lab.br0.vlan_config
    config.set_protocol(ETH_P_8021AD)
    for name in ("p1", "p2"):
        config.add(lab.port(name), 100)
    assert lab.heard("h1", BCAST, vid=100, tpid=ETH_P_8021AD) == {"h2": 100}
    assert lab.heard("h1", BCAST, vid=100) == {"h2": 100, "h4": 100}, "a customer tag is payload of the PVID"
    with pytest.raises(NetlinkError, match="EPROTONOSUPPORT"):
        config.set_protocol(0x9100)


@pytest.mark.parametrize("vid", [0, 4095])
def test_vlan_ids_a_port_cannot_have(vid: int) -> None:
    lab = BridgeLab(filtering=True)
    with pytest.raises(NetlinkError, match="EINVAL"):
        lab.br0.vlan_config.add(lab.port("p1"), vid)


def test_default_pvid_moves_with_those_that_still_have_it() -> None:
    lab = BridgeLab(filtering=True)
    config = lab.br0.vlan_config
    config.add(lab.port("p2"), 5, pvid=True, untagged=True)
    config.add(lab.port("p4"), 7)
    config.set_default_pvid(7)
    assert [lab.port(name).vlans.pvid for name in ("p1", "p2", "p4")] == [7, 5, 1]
    assert config.own.pvid == 7
    assert 1 not in lab.port("p1").vlans
    config.set_default_pvid(0)
    assert [lab.port(name).vlans.pvid for name in ("p1", "p2", "p4")] == [0, 5, 1]
    assert lab.add(5).vlans.pvid == 0


# -- forwarding table ------------------------------------------------------------------------------------------------


def test_own_addresses_in_the_order_of_the_kernel() -> None:
    """074, ``bridge fdb show br br0`` at the start (its lines sorted by device there): VLAN 1 stands before none."""
    assert BridgeLab().table() == [
        "0e:00:00:00:01:04 p4 vlan 1 permanent",
        "0e:00:00:00:01:04 p4 permanent",
        "0e:00:00:00:01:02 p2 vlan 1 permanent",
        "0e:00:00:00:01:02 p2 permanent",
        "0e:00:00:00:01:01 p1 vlan 1 permanent",
        "0e:00:00:00:01:01 p1 permanent",
        f"{BR} br0 vlan 1 permanent",
        f"{BR} br0 permanent",
    ]


def test_table_follows_the_vlans_of_a_port() -> None:
    """073: p4 after ``vlan del vid 1; vlan add vid 100 pvid untagged``; learnt entries of a deleted VLAN go."""
    lab = trunk_lab()
    lab.from_host("h4", BCAST)
    assert [line for line in lab.table() if " p4" in line] == [
        f"{H4} p4 vlan 100",
        "0e:00:00:00:01:04 p4 vlan 100 permanent",
        "0e:00:00:00:01:04 p4 permanent",
    ]
    lab.br0.vlan_config.remove(lab.port("p4"), 100)
    assert [line for line in lab.table() if " p4" in line] == ["0e:00:00:00:01:04 p4 permanent"]


def test_flushing_everything_forgets_own_addresses_too() -> None:
    """074: after ``bridge fdb flush`` a frame to the bridge's MAC is flooded, and the bridge itself gets none."""
    lab = BridgeLab()
    assert lab.from_host("h1", BR)[-1] == ("sw:br0", "HOST", 0)
    lab.br0.fdb.flush(lambda entry: False)
    assert [seen[:2] for seen in lab.from_host("h1", BR)] == [
        ("h1:enp0s8", "OUT"),
        ("sw:p1", "OTHER"),
        ("sw:p4", "OUT"),
        ("sw:p2", "OUT"),
        ("h4:enp0s8", "OTHER"),
        ("h2:enp0s8", "OTHER"),
    ]


def test_ageing() -> None:
    """074: ageing_time 300 (3 s); 5 s later h1 is unknown and a frame for it is flooded, 3 s after that it is not."""
    lab = BridgeLab()
    lab.from_host("h1", BCAST)
    lab.from_host("h2", H1)
    lab.br0.set_ageing_time(300)
    assert lab.br0.ageing_time == 300
    lab.sim.run(until=lab.sim.now + 5 * SECOND)
    assert lab.heard("h2", H1) == {"h1": 0, "h4": 0}
    lab.from_host("h1", H2)
    lab.sim.run(until=lab.sim.now + 2 * SECOND)
    assert lab.heard("h1", H2) == {"h2": 0}


def test_entries_live_300_seconds_and_what_the_timer_wheel_adds() -> None:
    lab = BridgeLab()
    lab.from_host("h1", BCAST)
    lab.sim.run(until=299 * SECOND)
    assert lab.heard("h2", H1) == {"h1": 0}
    lab.sim.run(until=300 * SECOND * 9 // 8 + SECOND)
    assert lab.heard("h2", H1) == {"h1": 0, "h4": 0}


def test_a_bridge_with_entries_costs_no_events() -> None:
    lab = BridgeLab()
    lab.from_host("h1", BCAST)
    lab.sim.run()
    assert lab.sim.now < SECOND


def test_ageing_0_makes_a_hub() -> None:
    lab = BridgeLab()
    lab.br0.set_ageing_time(0)
    lab.from_host("h1", BCAST)
    assert lab.heard("h2", H1) == {"h1": 0, "h4": 0}


def test_age_in_seconds() -> None:
    lab = BridgeLab()
    lab.from_host("h1", BCAST)
    lab.sim.run(until=lab.sim.now + 2 * SECOND)
    lab.from_host("h2", H1)
    lab.sim.run(until=lab.sim.now + 3 * SECOND)
    entry = lab.br0.fdb.find(mac_bytes(H1), 0, lab.sim.jiffies)
    assert entry is not None
    assert lab.br0.fdb.age(entry) == (3, 5)


def test_entries_by_hand() -> None:
    lab = BridgeLab(filtering=True)
    fdb, port = lab.br0.fdb, lab.port("p2")
    mac = mac_bytes("02:00:00:00:00:77")
    fdb.add(mac, port, state="static")
    assert lab.table()[:2] == ["02:00:00:00:00:77 p2 vlan 1 static", "02:00:00:00:00:77 p2 static"]
    with pytest.raises(NetlinkError, match="EEXIST"):
        fdb.add(mac, port, vid=1)
    fdb.add(mac, lab.port("p4"), vid=1, state="permanent", exclusive=False)
    assert lab.from_host("h1", "02:00:00:00:00:77")[-1] == ("sw:br0", "OTHER", 0), "permanent means delivered here"
    fdb.delete(mac, port, vid=None)
    assert [line for line in lab.table() if ":77" in line] == ["02:00:00:00:00:77 p4 vlan 1 permanent"]
    with pytest.raises(NetlinkError, match="EINVAL"):
        fdb.add(mac, port, vid=7)
    with pytest.raises(NetlinkError, match="EINVAL"):
        fdb.add(mac, None, state="static")
    with pytest.raises(NetlinkError, match="EINVAL"):
        fdb.add(mac, port, sticky=True)
    with pytest.raises(NetlinkError, match="ENOENT"):
        fdb.delete(mac, port)
    lab.sw.devices["p2"].set_down()
    with pytest.raises(NetlinkError, match="EPERM"):
        fdb.add(mac, port, state="dynamic")


# -- what ports refuse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "on", "dst", "place", "reason"),
    [
        ("isolated", True, H2, "sw:p2", DropReason.PORT_ISOLATED),
        ("isolated", True, BCAST, "sw:p2", DropReason.PORT_ISOLATED),
        ("flood", False, H2, "sw:p2", DropReason.PORT_NO_FLOOD),
        ("mcast_flood", False, GROUP, "sw:p2", DropReason.PORT_NO_FLOOD),
        ("bcast_flood", False, BCAST, "sw:p2", DropReason.PORT_NO_FLOOD),
        ("locked", True, BCAST, "sw:p1", DropReason.PORT_LOCKED),
        ("hairpin", False, H1, "sw:p1", DropReason.PORT_SAME),
    ],
)
def test_every_refused_copy_is_counted(flag: str, on: bool, dst: str, place: str, reason: DropReason) -> None:
    lab = BridgeLab()
    if flag == "hairpin":
        lab.from_host("h1", BCAST)
    for name in ("p1", "p2") if flag != "locked" else ("p1",):
        lab.port(name).set_flag(flag, on)
        assert lab.port(name).flag(flag) is on
    assert "h2" not in lab.heard("h1", dst)
    assert drops(lab.sim) == {(place, reason): 1}


def test_isolated_ports_do_not_reach_each_other_even_when_known() -> None:
    """T67."""
    lab = BridgeLab()
    for host in ("h1", "h2", "h4"):
        lab.from_host(host, BCAST)
    for name in ("p1", "p2"):
        lab.port(name).set_flag("isolated", True)
    assert lab.heard("h1", H2) == {}
    assert lab.heard("h1", H4) == {"h4": 0}
    assert lab.heard("h4", H1) == {"h1": 0}
    assert lab.from_host("h1", BR)[-1] == ("sw:br0", "HOST", 0)
    assert lab.send(lab.br0, frame(lab.sim, BR, H1))[-1] == ("h1:enp0s8", "HOST", 0)


def test_a_locked_port_takes_known_sources() -> None:
    lab = BridgeLab()
    lab.port("p1").set_flag("locked", True)
    lab.br0.fdb.add(mac_bytes(H1), lab.port("p1"), state="static")
    assert lab.heard("h1", BCAST) == {"h2": 0, "h4": 0}


@pytest.mark.rule("4.3")
def test_hairpin() -> None:
    lab = BridgeLab()
    lab.port("p1").set_flag("hairpin", True)
    assert lab.heard("h1", BCAST) == {"h1": 0, "h2": 0, "h4": 0}


def test_a_frame_with_nowhere_to_go() -> None:
    lab = BridgeLab()
    for name in ("p2", "p4"):
        lab.br0.release(lab.sw.devices[name])
    lab.from_host("h1", H4)
    assert drops(lab.sim) == {("sw:p1", DropReason.NO_OTHER_PORT): 1}


def test_vlan_that_only_the_sender_has() -> None:
    """073, VLAN 100 only on p1: the ports that lack it are named."""
    lab = BridgeLab(filtering=True)
    lab.br0.vlan_config.add(lab.port("p1"), 100)
    lab.from_host("h1", H2, vid=100)
    assert drops(lab.sim) == {("sw:p2", DropReason.PORT_VLAN): 1, ("sw:p4", DropReason.PORT_VLAN): 1}


def test_a_frame_too_long_for_a_port_is_dropped_silently() -> None:
    lab = BridgeLab()
    lab.sw.devices["p2"].set_mtu(1400)
    sender = lab.hosts["h1"]
    seen = lab.send(sender, frame(lab.sim, H1, BCAST, size=1405))
    assert [dev for dev, kind, _ in seen if kind == "BCAST"] == ["sw:p1", "sw:br0", "h4:enp0s8"]
    assert drops(lab.sim) == {("sw:p2", DropReason.TOO_BIG_FOR_DEV): 1}
    seen = lab.send(sender, frame(lab.sim, H1, BCAST, size=1404))
    assert ("h2:enp0s8", "BCAST", 0) in seen, "room for a VLAN tag is always given"


@pytest.mark.parametrize("last", range(16))
def test_reserved_groups(last: int) -> None:
    """T69: without spanning tree :00 is forwarded, PAUSE is dropped, the rest goes to the port's own host only."""
    lab = BridgeLab()
    group = f"01:80:c2:00:00:{last:02x}"
    seen = [seen[:2] for seen in lab.from_host("h1", group)]
    delivered = [(dev, kind) for dev, kind, _ in lab.sw.delivered]
    if last == 0:
        assert ("h2:enp0s8", "MCAST") in seen and delivered == [("br0", PacketType.MULTICAST)]
    else:
        assert seen == [("h1:enp0s8", "OUT"), ("sw:p1", "MCAST")]
        assert delivered == ([] if last == 1 else [("p1", PacketType.MULTICAST)])
    assert (("sw:p1", DropReason.RESERVED_MULTICAST) in drops(lab.sim)) == (last == 1)
    assert (f"{H1} p1" in lab.table()) == (last != 1), "they teach where their sender is"


@pytest.mark.rule("4.1")
def test_group_fwd_mask() -> None:
    lab = BridgeLab()
    lab.br0.set_group_fwd_mask(1 << 14)
    assert lab.heard("h1", "01:80:c2:00:00:0e") == {"h2": 0, "h4": 0}
    lab.br0.set_group_fwd_mask(0)
    lab.port("p1").set_group_fwd_mask(1 << 2)
    assert lab.heard("h1", "01:80:c2:00:00:02") == {"h2": 0, "h4": 0}
    assert lab.heard("h2", "01:80:c2:00:00:02") == {}
    for mask in (1, 2, 4):
        with pytest.raises(NetlinkError, match="EINVAL"):
            lab.br0.set_group_fwd_mask(mask)
    with pytest.raises(NetlinkError, match="EINVAL"):
        lab.port("p1").set_group_fwd_mask(2)


# -- ports and the device --------------------------------------------------------------------------------------------


@pytest.mark.rule("4.1")
def test_states_and_carrier_follow_the_ports() -> None:
    lab = BridgeLab()
    assert [lab.port(name).state for name in ("p1", "p2", "p4")] == [PortState.FORWARDING] * 3
    lab.from_host("h1", BCAST)
    lab.hosts["h1"].set_down()
    assert (lab.port("p1").state, lab.br0.carrier) == (PortState.DISABLED, True)
    assert f"{H1} p1" not in lab.table()
    lab.sw.devices["p2"].set_down()
    lab.sw.devices["p4"].set_down()
    assert (("br0", Event.CHANGE) in lab.sw.events, lab.br0.carrier) == (True, False)
    lab.hosts["h1"].set_up()
    assert (lab.port("p1").state, lab.br0.carrier) == (PortState.FORWARDING, True)


def test_a_bridge_that_is_down_forwards_nothing() -> None:
    lab = BridgeLab()
    lab.br0.set_down()
    assert lab.heard("h1", BCAST) == {}
    assert drops(lab.sim) == {("sw:p1", DropReason.PORT_STATE): 1}
    assert not lab.br0.carrier
    lab.br0.set_up()
    assert lab.heard("h1", BCAST) == {"h2": 0, "h4": 0}


def test_carrier_of_a_bridge_without_ports() -> None:
    """A given MAC makes the kernel look at the ports: docker0 is NO-CARRIER from the start."""
    ns = FakeNamespace(Sim(journal=0), "h")
    assert not Bridge(ns, "docker0", mac_bytes(BR)).carrier
    assert Bridge(ns, "br0", mac_bytes(BR), mac_given=False).carrier


def test_setting_a_state_by_hand() -> None:
    lab = BridgeLab()
    lab.port("p2").set_state(PortState.LEARNING)
    assert lab.heard("h2", BCAST) == {}
    assert f"{H2} p2" in lab.table()
    assert lab.heard("h1", BCAST) == {"h4": 0}
    lab.port("p2").set_state(PortState.BLOCKING)
    assert lab.port("p2").state is PortState.FORWARDING, "nothing holds it without spanning tree"
    lab.sw.devices["p2"].set_down()
    with pytest.raises(NetlinkError, match="ENETDOWN"):
        lab.port("p2").set_state(PortState.FORWARDING)


def test_numbers_are_the_lowest_free_ones() -> None:
    lab = BridgeLab()
    lab.br0.release(lab.sw.devices["p2"])
    assert [lab.add(number).number for number in (5, 6)] == [2, 4]
    assert (lab.port("p1").port_id, lab.port("p1").path_cost) == (0x8001, 2)


def test_ports_are_promiscuous_and_given_back() -> None:
    lab = BridgeLab()
    dev = lab.sw.devices["p1"]
    assert (dev.promiscuity, dev.allmulti, dev.master, dev.user_promisc) == (1, 1, lab.br0, False)
    lab.br0.release(dev)
    assert (dev.promiscuity, dev.allmulti, dev.master, dev.rx_handler) == (0, 0, None, None)
    assert not [line for line in lab.table() if " p1" in line]
    with pytest.raises(NetlinkError, match="EINVAL"):
        lab.br0.release(dev)


def test_the_only_learning_port_of_a_filtering_bridge_uses_its_address_filter() -> None:
    """br_manage_promisc: what it must take is told by static entries."""
    sim = Sim(journal=0)
    ns = FakeNamespace(sim, "h")
    bridge = Bridge(ns, "br0", mac_bytes(BR), vlan_filtering=True)
    nic = Nic(ns, "eth0", mac_bytes(H1), vlan_filter=True)
    port = bridge.enslave(nic)
    bridge.vlan_config.add(port, 100)
    assert nic.promiscuity == 0
    assert {mac_text(mac) for mac in nic.uc} == {BR, H1}
    assert 0x8100 << 16 | 100 in nic.vids
    other = Veth(ns, "veth1", mac_bytes(H2))
    bridge.enslave(other)
    assert (nic.promiscuity, nic.uc) == (1, {})
    bridge.release(other)
    bridge.fdb.add(mac_bytes(H4), port, vid=100, state="static")
    assert nic.promiscuity == 0 and mac_bytes(H4) in nic.uc
    bridge.vlan_config.set_enabled(False)
    assert (nic.promiscuity, nic.uc) == (1, {})
    bridge.release(nic)
    assert (nic.promiscuity, nic.allmulti) == (0, 0) and not nic.vids


def test_mac_of_the_bridge() -> None:
    lab = BridgeLab(mac_given=False)
    assert mac_text(lab.br0.mac) == "0e:00:00:00:01:01", "the lowest port's"
    assert [line for line in lab.table() if "br0" in line] == []
    lab.br0.release(lab.sw.devices["p1"])
    assert mac_text(lab.br0.mac) == "0e:00:00:00:01:02"
    lab.sw.devices["p4"].set_mac(mac_bytes("02:00:00:00:00:99"))
    assert mac_text(lab.br0.mac) == "02:00:00:00:00:99"
    assert "02:00:00:00:00:99 p4 permanent" in lab.table()
    lab.br0.set_mac(mac_bytes("02:00:00:00:00:aa"))
    lab.br0.release(lab.sw.devices["p4"])
    assert mac_text(lab.br0.mac) == "02:00:00:00:00:aa", "a given address stays"
    assert "02:00:00:00:00:aa br0 permanent" in lab.table()
    assert lab.from_host("h2", "02:00:00:00:00:aa")[-1] == ("sw:br0", "HOST", 0)


def test_mac_of_a_bridge_that_loses_its_last_port() -> None:
    lab = BridgeLab(mac_given=False)
    for name in ("p1", "p2", "p4"):
        lab.br0.release(lab.sw.devices[name])
    assert lab.br0.mac == bytes(6)


def test_mtu_of_the_bridge() -> None:
    lab = BridgeLab()
    lab.sw.devices["p2"].set_mtu(1400)
    assert lab.br0.mtu == 1400
    lab.br0.release(lab.sw.devices["p2"])
    assert lab.br0.mtu == 1500
    lab.br0.set_mtu(9000)
    lab.sw.devices["p1"].set_mtu(1400)
    assert lab.br0.mtu == 9000, "set by hand"


def test_deleting() -> None:
    lab = BridgeLab()
    lab.sw.devices["p1"].destroy()
    assert [port.dev.name for port in lab.br0.ports] == ["p4", "p2"]
    assert "p1" not in lab.sw.devices
    p2 = lab.sw.devices["p2"]
    lab.br0.destroy()
    assert (p2.master, p2.rx_handler, p2.promiscuity, p2.up) == (None, None, 0, True)


@pytest.mark.rule("4.4")
def test_snoopers_groups() -> None:
    """130: docker0 has 01:00:5e:00:00:6a and 33:33:00:00:00:6a while it is up."""
    ns = FakeNamespace(Sim(journal=0), "h")
    bridge = Bridge(ns, "docker0", mac_bytes(BR))
    bridge.set_up()
    assert [mac_text(mac) for mac in bridge.mc] == ["01:00:5e:00:00:6a", "33:33:00:00:00:6a"]
    bridge.set_mcast_snooping(False)
    assert bridge.mc == {}


def test_refused_devices() -> None:
    lab = BridgeLab()
    ns = lab.sw
    free = Veth(ns, "free", mac_bytes(H1))
    child = Macvlan(ns, "m0", free, mac_bytes(H2), mode=Mode.BRIDGE)
    other = Bridge(ns, "br1", mac_bytes("0e:00:00:00:00:02"))
    refusals = {
        "EINVAL": Loopback(ns),
        "ELOOP": other,
        "ENODEV": lab.hosts["h1"],
        "EBUSY": free,
    }
    for errno, dev in refusals.items():
        before = (dev.promiscuity, dev.allmulti, dev.rx_handler)
        with pytest.raises(NetlinkError, match=errno) as refused:
            lab.br0.enslave(dev)
        assert refused.value.errno == errno
        assert (dev.promiscuity, dev.allmulti, dev.rx_handler) == before
    assert len(lab.br0.ports) == 3
    for dev in (ns.devices["p1"], Vlan(ns, "br0.5", lab.br0, 5)):
        with pytest.raises(NetlinkError, match="EBUSY"):
            lab.br0.enslave(dev)
    with pytest.raises(NetlinkError, match="EBUSY"):
        other.enslave(ns.devices["p1"])
    with pytest.raises(NetlinkError, match="EBUSY"):
        Macvlan(ns, "m1", ns.devices["p1"], mac_bytes(H2))
    assert other.enslave(child).dev is child, "a macvlan child may be a port"


def test_what_is_not_simulated_says_so() -> None:
    lab = BridgeLab()
    with pytest.raises(NotSimulated):
        lab.br0.set_stp(True)
    with pytest.raises(NotSimulated):
        lab.br0.set_mcast_querier(True)
    with pytest.raises(NotSimulated):
        lab.port("p1").set_flag("neigh_suppress", True)
    lab.port("p1").set_flag("neigh_suppress", False)
    lab.br0.set_stp(False)
    assert not lab.port("p1").flag("neigh_suppress")
