"""The bridge command: texts recorded from iproute2 6.15 on Linux 6.12."""

from __future__ import annotations

import pytest

from macvsim.dev.bridge import Bridge
from macvsim.dev.bridge_port import PortState
from macvsim.net.links import add_vlan
from tests.unit.tool_lab import ToolLab, bridge_lab, pair_lab

FDB = """\
33:33:00:00:00:01 dev q1 self permanent
01:00:5e:00:00:01 dev q1 self permanent
02:00:00:00:00:01 dev p1 vlan 1 master br0 permanent
02:00:00:00:00:01 dev p1 master br0 permanent
33:33:00:00:00:01 dev p1 self permanent
01:00:5e:00:00:01 dev p1 self permanent
33:33:00:00:00:01 dev q2 self permanent
01:00:5e:00:00:01 dev q2 self permanent
02:00:00:00:00:02 dev p2 vlan 1 master br0 permanent
02:00:00:00:00:02 dev p2 master br0 permanent
33:33:00:00:00:01 dev p2 self permanent
01:00:5e:00:00:01 dev p2 self permanent
33:33:00:00:00:01 dev br0 self permanent
01:00:5e:00:00:01 dev br0 self permanent
02:00:00:00:00:10 dev br0 vlan 1 master br0 permanent
02:00:00:00:00:10 dev br0 master br0 permanent
"""
VLANS = """\
port              vlan-id \x20
p1                1 PVID Egress Untagged
p2                1 PVID Egress Untagged
br0               1 PVID Egress Untagged
"""
DETAILS = (
    "    hairpin off guard off root_block off fastleave off learning on flood on mcast_flood on bcast_flood on "
    "mcast_router 1 mcast_to_unicast off neigh_suppress off neigh_vlan_suppress off vlan_tunnel off isolated off "
    "locked off mab off mcast_n_groups 0 mcast_max_groups 0 \n"
)
NOT_SUPPORTED = "RTNETLINK answers: Operation not supported\n"


def bridge(lab: ToolLab) -> Bridge:
    found = lab.ns.dev("br0")
    assert isinstance(found, Bridge)
    return found


# -- fdb ---------------------------------------------------------------------------------------------------------------


def test_fdb_lists_devices_by_index_and_entries_newest_first() -> None:
    lab = bridge_lab()
    assert lab.out("bridge fdb") == lab.out("bridge fdb show") == FDB
    of_bridge = "".join(line for line in FDB.splitlines(keepends=True) if " dev q" not in line)
    assert lab.out("bridge fdb show br br0") == of_bridge


def test_a_filter_by_device_leaves_its_name_out() -> None:
    lab = bridge_lab()
    expected = (
        "02:00:00:00:00:01 vlan 1 master br0 permanent\n02:00:00:00:00:01 master br0 permanent\n"
        "33:33:00:00:00:01 self permanent\n01:00:5e:00:00:01 self permanent\n"
    )
    for words in ("dev p1", "brport p1", "br br0 dev p1", "br br0 brport p1"):
        assert lab.out(f"bridge fdb show {words}") == expected
    assert lab.out("bridge fdb show br p1") == ""


def test_fdb_filters() -> None:
    lab = bridge_lab()
    lab.do(
        "bridge fdb add 02:00:00:00:00:ab dev p1 master static",
        "bridge fdb add 02:00:00:00:00:ac dev p1 master dynamic vlan 1",
    )
    assert lab.out("bridge fdb show state static") == (
        "02:00:00:00:00:ab dev p1 vlan 1 master br0 static\n02:00:00:00:00:ab dev p1 master br0 static\n"
    )
    assert lab.out("bridge fdb show dynamic vlan 1") == (
        "02:00:00:00:00:ac dev p1 vlan 1 master br0 \n02:00:00:00:00:ab dev p1 vlan 1 master br0 static\n"
    )
    assert lab.fails("bridge fdb show state foo") == ('Error: argument "foo" is wrong: invalid state\n', 255)


def test_fdb_shows_the_addresses_a_device_listens_for() -> None:
    """Recording 972: unicast before groups, each as it came; a child's address once the child is up, of no loopback."""
    lab = pair_lab()
    lab.do("ip link set v0 up", "ip link set v1 up",
           "ip link add link v0 name m1 address 02:00:00:00:00:31 type macvlan mode bridge")  # fmt: skip
    groups = "33:33:00:00:00:01 {0}self permanent\n01:00:5e:00:00:01 {0}self permanent\n"
    v1, m1 = groups.format("dev v1 "), groups.format("dev m1 ")
    assert lab.out("bridge fdb show dev v0") == groups.format("")
    assert lab.out("bridge fdb show dev m1") == "33:33:00:00:00:01 self permanent\n"
    lab.do("ip link set m1 up", "ip link add link v0 name v0.100 address 02:00:00:00:00:41 type vlan id 100",
           "ip link set v0.100 up", "ip link set lo up")  # fmt: skip
    for verb in ("add", "del"):
        assert lab.fails(f"ip maddr {verb} 01:00:5e:00:00:99 dev lo") == ("ioctl: Invalid argument\n", 1)
    own = "02:00:00:00:00:31 {0}self permanent\n02:00:00:00:00:41 {0}self permanent\n"
    registration = "01:80:c2:00:00:21 {0}self permanent\n"
    shown = own + groups + registration
    assert lab.out("bridge fdb show dev v0") == shown.format("")
    assert lab.out("bridge fdb show") == v1 + shown.format("dev v0 ") + m1 + groups.format("dev v0.100 ")
    lab.do("ip link set m1 down", "ip link del v0.100")
    assert lab.out("bridge fdb show dev v0") == groups.format("")


def test_a_bridge_with_an_address_of_its_own_keeps_its_neighbours_when_ports_come_and_go() -> None:
    """Only a bridge that follows the addresses of its ports changes its own, and then forgets neighbours."""
    lab = bridge_lab()
    lab.do("ip addr add 10.0.0.1/24 dev br0", "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:99 dev br0 nud reachable")
    lab.do("ip link set p1 nomaster", "ip link set p1 master br0", "ip link set p2 address 02:00:00:00:00:00")
    assert "10.0.0.9" in lab.out("ip neigh show dev br0")
    lab.do("ip link add br1 type bridge", "ip link set p1 master br1", "ip link set br1 up",
           "ip addr add 10.0.1.1/24 dev br1", "ip neigh add 10.0.1.9 lladdr 02:00:00:00:00:99 dev br1 nud reachable",
           "ip link set p1 nomaster")  # fmt: skip
    assert lab.out("ip neigh show dev br1") == ""


def test_fdb_ages_and_json() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb flush dev br0", "bridge fdb add 02:00:00:00:00:ac dev p1 master dynamic vlan 1")
    lab.sim.run(until=lab.sim.now + 2_500_000_000)
    assert lab.out("bridge -s fdb show dev p1 dynamic") == "02:00:00:00:00:ac vlan 1 used 2/2 master br0 \n"
    assert lab.out("bridge -j -s fdb show br br0 dynamic") == (
        '[{"mac":"02:00:00:00:00:ac","ifname":"p1","vlan":1,"used":2,"updated":2,"flags":[],"master":"br0","state":""}]\n'
    )
    assert lab.out("bridge -p -j fdb show dev p1 dynamic") == (
        '[ {\n        "mac": "02:00:00:00:00:ac",\n        "vlan": 1,\n        "flags": [ ],\n'
        '        "master": "br0",\n        "state": ""\n    } ]\n'
    )


def test_fdb_add_stands_in_every_vlan_of_the_port() -> None:
    lab = bridge_lab()
    lab.do("bridge vlan add dev p1 vid 5", "bridge fdb add 02:00:00:00:00:b1 dev p1 master static sticky")
    assert lab.out("bridge fdb show dev p1 state static") == (
        "02:00:00:00:00:b1 vlan 5 sticky master br0 static\n"
        "02:00:00:00:00:b1 vlan 1 sticky master br0 static\n"
        "02:00:00:00:00:b1 sticky master br0 static\n"
    )
    lab.do("bridge fdb replace 02:00:00:00:00:b1 dev p2 master static")
    assert lab.out("bridge fdb show dev p2 state static") == (
        "02:00:00:00:00:b1 vlan 1 master br0 static\n02:00:00:00:00:b1 master br0 static\n"
    )
    lab.do("bridge fdb del 02:00:00:00:00:b1 dev p2 master")
    assert lab.out("bridge fdb show dev p2 state static") == ""


def test_without_master_an_entry_is_the_devices_own_filter() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb add 02:00:00:00:00:b5 dev q1", "bridge fdb add 33:33:00:00:00:77 dev q1 self")
    assert lab.out("bridge fdb show dev q1") == (
        "02:00:00:00:00:b5 self permanent\n33:33:00:00:00:01 self permanent\n01:00:5e:00:00:01 self permanent\n"
        "33:33:00:00:00:77 self permanent\n"
    )
    assert lab.ns.dev("q1").promiscuity == 1
    lab.do("bridge fdb del 02:00:00:00:00:b5 dev q1", "bridge fdb add 02:00:00:00:00:c4 dev p1 self master")
    assert lab.ns.dev("q1").promiscuity == 0
    assert "02:00:00:00:00:c4 self permanent\n" in lab.out("bridge fdb show dev p1")
    assert "02:00:00:00:00:c4 master br0 permanent\n" in lab.out("bridge fdb show dev p1")


def test_a_bridges_own_entries() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb add 02:00:00:00:00:b2 dev br0 self")
    assert "02:00:00:00:00:b2 dev br0 vlan 1 master br0 permanent\n" in lab.out("bridge fdb")


@pytest.mark.parametrize(
    ("words", "err"),
    [
        ("add 02:00:00:00:00:01 dev p1 master", "RTNETLINK answers: File exists\n"),
        ("add 02:00:00:00:00:af dev p1 master static vlan 77", "RTNETLINK answers: Invalid argument\n"),
        ("add 02:00:00:00:00:b3 dev br0 self static", "RTNETLINK answers: Invalid argument\n"),
        ("add 02:00:00:00:00:c1 dev q1 self static", "RTNETLINK answers: Invalid argument\n"),
        ("add 02:00:00:00:00:c3 dev q1 self vlan 5", "RTNETLINK answers: Invalid argument\n"),
        ("add 02:00:00:00:00:b4 dev br0 master", NOT_SUPPORTED),
        ("add 02:00:00:00:00:b6 dev q1 master", NOT_SUPPORTED),
        ("add 02:00:00:00:00:b6 dev lo", "Error: FDB add only supported for Ethernet devices.\n"),
        ("add 00:00:00:00:00:00 dev p1 master", "RTNETLINK answers: Invalid argument\n"),
        ("add zz dev p1 master", "Invalid mac address zz\n"),
        ("add dev p1 master", "Device and address are required arguments.\n"),
        ("add 02:00:00:00:00:b7 dev nosuch master", 'Cannot find device "nosuch"\n'),
        ("add 02:00:00:00:00:b8 dev p1 foo", 'Error: either "to" is duplicate, or "foo" is garbage.\n'),
        ("add 02:00:00:00:00:c8 dev p1 master vlan 5000", "Error: invalid vlan id.\n"),
        ("del 02:00:00:00:00:aa dev p2 master", "RTNETLINK answers: No such file or directory\n"),
        ("del 02:00:00:00:00:aa dev q1", "RTNETLINK answers: No such file or directory\n"),
        ("show br nosuch", 'Cannot find bridge device "nosuch"\n'),
        ("flush", "Device is a required argument.\n"),
        ("flush dev q1", NOT_SUPPORTED),
        ("flush dev p1", NOT_SUPPORTED),
        ("flush dev br0 vlan 0", "Error: integer out of range.\n"),
        ("change", 'Command "change" is unknown, try "bridge fdb help".\n'),
    ],
)
def test_fdb_errors(words: str, err: str) -> None:
    assert bridge_lab().fails(f"bridge fdb {words}") == (err, 255)


def test_fdb_get() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb add 02:00:00:00:00:ab dev p1 master static")
    expected = "02:00:00:00:00:ab dev p1 master br0 static\n"
    assert lab.out("bridge fdb get 02:00:00:00:00:ab br br0") == expected
    assert lab.out("bridge fdb get 02:00:00:00:00:ab dev p1 master") == expected
    assert lab.fails("bridge fdb get 02:00:00:00:00:99 br br0") == ("Error: Fdb entry not found.\n", 254)
    assert lab.fails("bridge fdb get 02:00:00:00:00:99 dev q1") == ("Error: Device is not a bridge port.\n", 254)


def test_flush_takes_permanent_entries_too() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb flush dev br0 vlan 1")
    assert " vlan 1 " not in lab.out("bridge fdb")
    lab.do("bridge fdb flush dev p1 master")
    assert lab.out("bridge fdb show dev p1") == "33:33:00:00:00:01 self permanent\n01:00:5e:00:00:01 self permanent\n"
    assert "02:00:00:00:00:02 master br0 permanent\n" in lab.out("bridge fdb show dev p2")
    lab.do("bridge fdb add 02:00:00:00:00:ab dev p1 master static", "bridge fdb flush dev br0 nopermanent")
    assert "02:00:00:00:00:ab" not in lab.out("bridge fdb")
    assert "02:00:00:00:00:02 master br0 permanent\n" in lab.out("bridge fdb show dev p2")
    lab.do("bridge fdb flush dev br0")
    assert "master" not in lab.out("bridge fdb")


# -- vlan --------------------------------------------------------------------------------------------------------------


def test_vlan_show() -> None:
    lab = bridge_lab()
    assert lab.out("bridge vlan") == lab.out("bridge vlan show") == VLANS
    assert lab.out("bridge vlan show dev q1") == "port              vlan-id  \n"
    lab.do(
        "bridge vlan add dev p1 vid 100",
        "bridge vlan add dev p1 vid 300 pvid untagged",
        "bridge vlan add dev br0 vid 100 self",
    )
    assert lab.out("bridge vlan") == (
        "port              vlan-id  \n"
        "p1                1 Egress Untagged\n"
        "                  100\n"
        "                  300 PVID Egress Untagged\n"
        "p2                1 PVID Egress Untagged\n"
        "br0               1 PVID Egress Untagged\n"
        "                  100\n"
    )
    assert lab.out("bridge vlan show vid 100") == (
        "port              vlan-id  \np1                100\nbr0               100\n"
    )
    assert lab.out("bridge -j vlan show dev p1") == (
        '[{"ifname":"p1","vlans":[{"vlan":1,"flags":["Egress Untagged"]},{"vlan":100},'
        '{"vlan":300,"flags":["PVID","Egress Untagged"]}]}]\n'
    )


def test_vlan_ranges() -> None:
    lab = bridge_lab()
    lab.do("bridge vlan del dev p1 vid 1", "bridge vlan add dev p1 vid 10-13", "bridge vlan add dev p1 vid 15 untagged",
           "bridge vlan add dev p1 vid 16 untagged", "bridge vlan add dev p1 vid 17 pvid untagged")  # fmt: skip
    assert lab.out("bridge -compressvlans vlan show dev p1") == (
        "port              vlan-id  \np1                10-13\n                  15-16 Egress Untagged\n"
        "                  17 PVID Egress Untagged\n"
    )
    assert lab.out("bridge -com -j vlan show dev p1") == (
        '[{"ifname":"p1","vlans":[{"vlan":10,"vlanEnd":13,"flags":[]},'
        '{"vlan":15,"vlanEnd":16,"flags":["Egress Untagged"]},'
        '{"vlan":17,"flags":["PVID","Egress Untagged"]}]}]\n'
    )
    lab.do("bridge vlan del dev p1 vid 11-17")
    assert lab.out("bridge -d vlan show dev p1") == (
        "port              vlan-id  \np1                10\n"
        "                    state forwarding mcast_router 1 neigh_suppress off \n"
    )
    lab.do("bridge vlan del dev p1 vid 10")
    assert lab.out("bridge vlan show dev p1") == "port              vlan-id  \n"


@pytest.mark.parametrize(
    ("words", "err"),
    [
        ("add dev br0 vid 101", NOT_SUPPORTED),
        ("add dev q1 vid 5", NOT_SUPPORTED),
        ("add dev p1 vid 5 self", NOT_SUPPORTED),
        ("del dev q1 vid 3", NOT_SUPPORTED),
        ("add dev nosuch vid 1", 'Cannot find bridge device "nosuch"\n'),
        ("add dev p1", "Device and VLAN ID are required arguments.\n"),
        ("add vid 5", "Device and VLAN ID are required arguments.\n"),
        ("add dev p1 vid 0", "Error: bridge: Vlan id is invalid.\n"),
        ("add dev p1 vid foo", "Error: bridge: Vlan id is invalid.\n"),
        ("add dev p1 vid 4095", "Error: bridge: Vlan id is invalid.\n"),
        ("add dev p1 vid 4096", 'Invalid VLAN ID "4096"\n'),
        ("add dev p1 vid 10-5", 'Invalid VLAN range "10-5"\n'),
        ("add dev p1 vid 10-12 pvid", "pvid cannot be configured for a vlan range\n"),
        ("show dev nosuch", 'Cannot find device "nosuch"\n'),
    ],
)
def test_vlan_errors(words: str, err: str) -> None:
    lab = bridge_lab()
    assert lab.fails(f"bridge vlan {words}") == (err, 255)
    assert lab.out("bridge vlan") == VLANS


# -- link --------------------------------------------------------------------------------------------------------------


def test_link_show() -> None:
    lab = bridge_lab()
    p1 = "3: p1@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 "
    p2 = "5: p2@q2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 "
    assert lab.out("bridge link") == f"{p1}\n{p2}\n"
    assert lab.out("bridge link show dev p1") == f"{p1}\n"
    assert lab.out("bridge -d link show dev p1") == f"{p1}\n{DETAILS}"
    assert lab.out("bridge -o -d link show dev p1") == f"{p1}\\{DETAILS}"
    assert lab.out("bridge link show dev q1") == lab.out("bridge link show dev br0") == ""
    assert lab.out("bridge -j link show dev p2") == (
        '[{"ifindex":5,"link":"q2","ifname":"p2","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,'
        '"master":"br0","state":"forwarding","priority":32,"cost":2}]\n'
    )


def test_link_set() -> None:
    lab = bridge_lab()
    lab.do("bridge link set dev p1 hairpin on", "bridge link set dev p1 learning off flood off isolated on",
           "bridge link set dev p1 cost 5 priority 10", "bridge link set dev p1 state blocking")  # fmt: skip
    port = bridge(lab).port_of(lab.ns.dev("p1"))
    assert port is not None
    assert (port.hairpin, port.learning, port.flood, port.isolated) == (True, False, False, True)
    assert port.state is PortState.FORWARDING, "without spanning tree a port that may forward does"
    assert lab.out("bridge link show dev p1").endswith(" state forwarding priority 10 cost 5 \n")
    lab.do("bridge link set dev p1 state 0")
    assert lab.out("bridge link show dev p1").endswith(" state disabled priority 10 cost 5 \n")


@pytest.mark.parametrize(
    ("words", "err", "code"),
    [
        ("set dev p1 hairpin foo", 'Error: argument of "hairpin" must be one of "off", "on", not "foo"\n', 234),
        ("set dev nosuch hairpin on", 'Cannot find bridge device "nosuch"\n', 255),
        ("set dev q1 hairpin on", NOT_SUPPORTED, 255),
        ("set dev p1 hairpin on self", NOT_SUPPORTED, 255),
        ("set hairpin on", "Device is a required argument.\n", 255),
        ("set dev p1 priority 64", "RTNETLINK answers: Numerical result out of range\n", 255),
        ("set dev p1 state 9", "RTNETLINK answers: Invalid argument\n", 255),
        ("set dev p1 state foo", "Error: invalid STP port state\n", 255),
        ("foo", 'Command "foo" is unknown, try "bridge link help".\n', 255),
        ("show dev nosuch", 'Cannot find device "nosuch"\n', 255),
    ],
)
def test_link_errors(words: str, err: str, code: int) -> None:
    assert bridge_lab().fails(f"bridge link {words}") == (err, code)


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_objects_and_options() -> None:
    lab = bridge_lab()
    assert lab.fails("bridge foo") == ('Object "foo" is unknown, try "bridge help".\n', 255)
    assert lab.fails("bridge -x") == ('Option "-x" is unknown, try "bridge help".\n', 255)
    assert lab.fails("bridge -n nosuch link") == (
        'Cannot open network namespace "nosuch": No such file or directory\n',
        255,
    )
    assert lab.fails("bridge")[0].startswith("Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }\n")
    assert lab.out("bridge -V") == "bridge utility, 6.15.0\n"
    lab.kernel.netns["other"] = lab.kernel.new_namespace("other")
    assert lab.out("bridge -n other fdb") == ""


@pytest.mark.parametrize(
    "line",
    [
        "bridge fdb add 02:00:00:00:00:01 dev p1 use",
        "bridge -s vlan",
        "bridge mdb",
        "bridge link set dev p1 backup_port p2",
    ],
)
def test_what_is_left_out_says_so(line: str) -> None:
    out, err, code = bridge_lab().run(line)
    assert (out, code) == ("", 95)
    assert err.startswith("not simulated: ")


def test_switches_that_are_not_simulated_cannot_be_on() -> None:
    assert "neigh_suppress" in bridge_lab().left_out("bridge link set dev p1 neigh_suppress on")


def test_a_vlan_device_makes_its_lower_one_listen_for_mvrp() -> None:
    lab = pair_lab()
    lab.ns.dev("v0").set_up()
    new = add_vlan(lab.ns, lab.ns.dev("v0"), 100)
    listed = "33:33:00:00:00:01 self permanent\n01:00:5e:00:00:01 self permanent\n"
    assert lab.out("bridge fdb show dev v0") == f"{listed}01:80:c2:00:00:21 self permanent\n"
    new.destroy()
    assert lab.out("bridge fdb show dev v0") == listed
