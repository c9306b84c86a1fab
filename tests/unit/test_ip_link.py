"""`ip link` and `ip netns` against texts recorded on a real kernel (recordings 010, 020 and 046)."""

from __future__ import annotations

import json

import pytest

from macvsim.engine.sim import SECOND, Sim
from macvsim.machine.host import Host, Result
from macvsim.machine.kernel import Kernel
from macvsim.shell.interp import Shell, box_for

PLAIN_TAIL = (
    "numtxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 "
    "gso_ipv4_max_size 65536 gro_ipv4_max_size 65536 "
)
TAIL = f"addrgenmode eui64 {PLAIN_TAIL}"
VETH = "ip link add enp0s8 address 08:00:27:00:00:01 netns h1 type veth peer name p1 address 0e:00:00:00:00:01 netns sw"


class Machine:
    """One kernel with the namespaces h1 and sw, joined by a veth pair as in the recordings."""

    def __init__(self) -> None:
        self.sim = Sim(hz=100)
        self.kernel = Kernel(self.sim, "guest", wakeup_delay=0)
        self.host = Host(self.kernel, "guest")
        self.shell = Shell()
        for line in ("ip netns add h1", "ip netns add sw", VETH, "ip -n h1 link set lo up"):
            assert not self("-", line).stderr
        self("h1", "ip link set enp0s8 up")
        self("sw", "ip link set p1 up")
        self.wait(2)

    def __call__(self, ns: str, line: str) -> Result:
        box = self.host if ns == "-" else box_for(self.kernel, self.kernel.netns[ns])
        return self.shell.run(box, line)

    def wait(self, seconds: float) -> None:
        self.sim.run(until=int(self.sim.now) + int(seconds * SECOND))


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_list(machine: Machine) -> None:
    assert machine("h1", "ip -d link").stdout == (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 allmulti 0 minmtu 0 maxmtu 0 "
        f"{TAIL}\n"
        "2: enp0s8@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default "
        "qlen 1000\n"
        "    link/ether 08:00:27:00:00:01 brd ff:ff:ff:ff:ff:ff link-netns sw promiscuity 0 allmulti 0 minmtu 68 "
        f"maxmtu 65535 \n    veth {TAIL}\n"
    )


def test_brief_and_json(machine: Machine) -> None:
    assert machine("h1", "ip -br l sh enp0s8").stdout == (
        "enp0s8@if2       UP             08:00:27:00:00:01 <BROADCAST,MULTICAST,UP,LOWER_UP> \n"
    )
    (shown,) = json.loads(machine("-", "ip -n h1 -j link show dev enp0s8").stdout)
    assert shown["ifname"] == "enp0s8"
    assert shown["operstate"] == "UP"


def test_macvlan_moves_into_a_namespace(machine: Machine) -> None:
    machine("-", "ip netns add c1")
    line = "ip link add link enp0s8 name tmp address 02:42:ac:10:0a:02 type macvlan mode bridge"
    assert not machine("h1", line).stderr
    assert not machine("h1", "ip link set tmp netns c1 name eth0").stderr
    machine("-", "ip netns exec c1 ip link set eth0 up")
    machine.wait(2)
    assert machine("c1", "ip -d link show eth0").stdout == (
        "3: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default "
        "qlen 1000\n"
        "    link/ether 02:42:ac:10:0a:02 brd ff:ff:ff:ff:ff:ff link-netns h1 promiscuity 0 allmulti 0 minmtu 68 "
        f"maxmtu 65535 \n    macvlan mode bridge bcqueuelen 1000 usedbcqueuelen 1000 {TAIL}\n"
    )


def test_vlan(machine: Machine) -> None:
    machine("h1", "ip link add link enp0s8 name enp0s8.100 type vlan id 100")
    assert (
        f"\n    vlan protocol 802.1Q id 100 <REORDER_HDR> {TAIL}\n" in machine("h1", "ip -d l show enp0s8.100").stdout
    )
    machine("h1", "ip link set enp0s8.100 type vlan reorder_hdr off")
    assert f"\n    vlan protocol 802.1Q id 100 {TAIL}\n" in machine("h1", "ip -d l show enp0s8.100").stdout


def test_bridge(machine: Machine) -> None:
    options = "forward_delay 0 stp_state 0 mcast_snooping 0 vlan_filtering 1 vlan_default_pvid 1"
    assert not machine("sw", f"ip link add br0 address 0e:00:00:00:00:99 type bridge {options}").stderr
    machine("sw", "ip link set br0 up")
    machine("sw", "ip link set p1 master br0")
    shown = machine("sw", "ip -d link show master br0").stdout
    assert "2: p1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode" in shown
    assert "bridge_slave state forwarding priority 32 cost 2 hairpin off" in shown
    shown = machine("sw", "ip -d link show br0").stdout
    assert "bridge forward_delay 0 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 " in shown
    assert " vlan_filtering 1 vlan_protocol 802.1Q bridge_id 8000.e:0:0:0:0:99 " in shown
    assert " tso_max_size 524280 " in shown
    machine("sw", "ip link set p1 nomaster")
    assert machine("sw", "ip link show master br0").stdout == ""


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("ip link add link nosuch name m0 type macvlan", 1, 'Cannot find device "nosuch"'),
        ("ip link add link lo name m0 type macvlan mode bridge", 2, "RTNETLINK answers: Invalid argument"),
        (
            "ip link add link enp0s8 name m0 type macvlan mode nosuch",
            1,
            'Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "nosuch"',
        ),
        ("ip link add name m0 type macvlan mode bridge", 2, "RTNETLINK answers: Invalid argument"),
        ("ip link add link enp0s8 name enp0s8 type macvlan", 2, "RTNETLINK answers: File exists"),
        ("ip link add link enp0s8 name x type vlan id 4095", 2, "Error: 8021q: Invalid VLAN id."),
        ("ip link add link lo name lo.5 type vlan id 5", 2, "Error: 8021q: VLANs not supported on device."),
        (
            "ip link set enp0s8 name this-name-is-too-long-15",
            255,
            'Error: argument "this-name-is-too-long-15" is wrong: "name" not a valid ifname',
        ),
        ("ip link del lo", 2, "RTNETLINK answers: Operation not supported"),
        ("ip link show nosuch", 1, 'Device "nosuch" does not exist.'),
        ("ip netns add h1", 1, 'Cannot create namespace file "/run/netns/h1": File exists'),
        ("ip netns exec nosuch true", 255, 'Cannot open network namespace "nosuch": No such file or directory'),
        ("ip nosuch", 1, 'Object "nosuch" is unknown, try "ip help".'),
        ("ip -nosuch link", 255, 'Option "-nosuch" is unknown, try "ip -help".'),
        ("ip link nosuch", 255, 'Command "nosuch" is unknown, try "ip link help".'),
    ],
)
def test_refused(machine: Machine, line: str, code: int, text: str) -> None:
    before = machine("h1", "ip -d link").stdout
    result = machine("h1", line)
    assert (result.code, result.stdout, result.stderr) == (code, "", f"{text}\n")
    assert machine("h1", "ip -d link").stdout == before


def test_nothing_stays_of_a_refused_bridge(machine: Machine) -> None:
    assert machine("h1", "ip link add br0 type bridge hello_time 1").code == 2
    assert machine("h1", "ip link add br0 type bridge stp_state 1").code == 95
    assert machine("h1", "ip link show br0").code == 1


def test_deleting_a_namespace_takes_its_devices(machine: Machine) -> None:
    assert machine("-", "ip netns list").stdout.split() == ["sw", "h1"]
    assert not machine("-", "ip netns del sw").stderr
    assert [line for line in machine("h1", "ip -br link").stdout.splitlines() if "enp0s8" in line] == []
    assert machine("-", "ip netns list").stdout == "h1\n"


def test_new_link_is_settled_when_asked_for(machine: Machine) -> None:
    """Links are looked at once a second, but for one that is asked for by name (linkwatch_sync_dev)."""
    machine("h1", "ip link add m0 link enp0s8 type macvlan; ip link add m1 link enp0s8 type macvlan")
    machine("h1", "ip link set m0 up; ip link set m1 up")
    assert " state UP " in machine("h1", "ip link show m0").stdout
