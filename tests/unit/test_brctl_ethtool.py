"""brctl of bridge-utils 1.7 and of busybox, and ethtool: texts recorded on Linux."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.dev.bridge import Bridge
from tests.unit.tool_lab import ToolLab, bridge_lab

HEADER = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
PAIRS = (
    ("p1", "02:00:00:00:00:01", "q1", "02:00:00:00:01:01"),
    ("p2", "02:00:00:00:00:02", "q2", "02:00:00:00:01:02"),
)


def ports_lab() -> ToolLab:
    lab = ToolLab(*PAIRS)
    for name in ("p1", "p2", "q1", "q2"):
        lab.ns.dev(name).set_up()
    lab.sim.run(until=1_000_000)
    return lab


def test_brctl_show() -> None:
    lab = ports_lab()
    assert lab.out("brctl show") == ""
    lab.do("brctl addbr br1", "brctl addbr br0", "brctl addif br0 p2 p1")
    assert lab.out("brctl show") == (
        f"{HEADER}br0\t\t8000.020000000001\tno\t\tp1\n\t\t\t\t\t\t\tp2\nbr1\t\t8000.000000000000\tno\t\t\n"
    )
    lab.do("brctl delif br0 p1", "brctl delbr br1")
    assert lab.out("brctl show br0") == f"{HEADER}br0\t\t8000.020000000002\tno\t\tp2\n"


@pytest.mark.parametrize(
    ("words", "err"),
    [
        ("addbr br0", "device br0 already exists; can't create bridge with the same name"),
        ("addif br0 p1", "device p1 is already a member of a bridge; can't add it to bridge br0."),
        ("addif br0 nosuch", "interface nosuch does not exist!"),
        ("addif nosuch q1", "bridge nosuch does not exist!"),
        ("addif br0 lo", "can't add lo to bridge br0: Invalid argument"),
        ("addif br0 br0", "device br0 is a bridge device itself; can't add a bridge device to a bridge device."),
        ("delif br0 q1", "device q1 is not a port of br0"),
        ("delif br0 nosuch", "interface nosuch does not exist!"),
        ("delbr br0", "bridge br0 is still up; can't delete it"),
        ("delbr nosuch", "bridge nosuch doesn't exist; can't delete it"),
        ("delbr q2", "can't delete bridge q2: Operation not permitted"),
        ("show nosuch", "bridge nosuch does not exist!"),
        ("show p1", "device p1 is not a bridge!"),
        ("showmacs nosuch", "read of forward table failed: No such device"),
        ("stp br0 foo", "expect on/off for argument"),
        ("stp nosuch off", "set stp status failed: No such device"),
        ("hairpin br0 q2 on", "can't set q2 to hairpin on bridge br0: No such file or directory"),
        ("setportprio br0 p1 500", "set port priority failed: Numerical result out of range"),
        ("setageing br0 foo", "bad ageing time value"),
    ],
)
def test_brctl_errors(words: str, err: str) -> None:
    assert bridge_lab().fails(f"brctl {words}") == (f"{err}\n", 1)


def test_brctl_usage() -> None:
    lab = bridge_lab()
    assert lab.run("brctl addif br1") == (
        "Incorrect number of arguments for command\n"
        "Usage: brctl addif <bridge> <device>\tadd interface to bridge\n",
        "",
        1,
    )  # fmt: skip
    out, err, code = lab.run("brctl foo")
    assert (err, code) == ("never heard of command [foo]\n", 1)
    assert out.startswith("Usage: brctl [commands]\ncommands:\n\taddbr     \t<bridge>\t\tadd bridge\n")


def test_brctl_settings() -> None:
    lab = bridge_lab()
    bridge = lab.ns.dev("br0")
    assert isinstance(bridge, Bridge)
    lab.do("brctl stp br0 off", "brctl hairpin br0 p1 on", "brctl setageing br0 100", "brctl setfd br0 4",
           "brctl setpathcost br0 p1 5", "brctl setbridgeprio br0 100")  # fmt: skip
    port = bridge.port_of(lab.ns.dev("p1"))
    assert port is not None
    assert (port.hairpin, port.path_cost, bridge.ageing_time, bridge.forward_delay, bridge.priority) == (
        True,
        5,
        10_000,
        400,
        100,
    )
    assert "spanning tree" in lab.left_out("brctl stp br0 on")


def test_brctl_showmacs() -> None:
    lab = bridge_lab()
    lab.do("bridge fdb flush dev br0", "bridge fdb add 02:00:00:00:00:ac dev p2 master dynamic vlan 1")
    lab.do("bridge fdb add 02:00:00:00:00:ab dev p1 master vlan 1")
    lab.sim.run(until=lab.sim.now + 1_250_000_000)
    assert lab.out("brctl showmacs br0") == (
        "port no\tmac addr\t\tis local?\tageing timer\n"
        "  1\t02:00:00:00:00:ab\tyes\t\t   0.00\n"
        "  2\t02:00:00:00:00:ac\tno\t\t   1.25\n"
    )


def test_busybox_brctl() -> None:
    lab = ports_lab()
    lab.do("busybox brctl addbr bb0", "busybox brctl addif bb0 q2")
    assert lab.ns.dev("q2").master is lab.ns.dev("bb0")
    for words, err in (
        ("addbr bb0", "bridge bb0: File exists"),
        ("addif bb0 q2", "bridge bb0: Device or resource busy"),
        ("addif bb0 nosuch", "iface nosuch: No such device"),
        ("addif nosuch q1", "bridge nosuch: No such device"),
        ("delif bb0 p1", "bridge bb0: Invalid argument"),
        ("delbr nosuch", "bridge nosuch: No such device or address"),
        ("delbr q2", "bridge q2: Operation not permitted"),
        ("show", "invalid argument 'show' to 'brctl'"),
    ):
        assert lab.fails(f"busybox brctl {words}") == (f"brctl: {err}\n", 1)
    lab.do("busybox brctl delif bb0 q2", "busybox brctl delbr bb0")
    assert "bb0" not in lab.ns.devices


# -- ethtool -----------------------------------------------------------------------------------------------------------


def test_offloads_are_off_and_stay_so() -> None:
    lab = ports_lab()
    lab.do(
        "ethtool -K p1 tx off",
        "ethtool --offload p1 tx off rx off tso off gso off gro off sg off",
        "ethtool -K p1 rxvlan off",
    )
    text = lab.out("ethtool -k p1")
    assert text.startswith(
        "Features for p1:\nrx-checksumming: off [fixed]\ntx-checksumming: off\n\ttx-checksum-ipv4: off [fixed]\n"
    )
    assert ": on" not in text
    out, err, code = lab.run("ethtool -K p1 tx on")
    assert (out, code) == ("", 95)
    assert err.startswith("not simulated: offloads (tx)")


@pytest.mark.parametrize(
    ("words", "err", "code"),
    [
        ("-K nosuch tx off", "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n", 92),
        (
            "-K p1 foo off",
            "netlink error: bit name not found (offset 52)\nnetlink error: Operation not supported\n",
            92,
        ),
        ("-K p1 tx foo", "ethtool (-K): flag 'foo' for parameter '(null)' is not followed by 'on' or 'off'\n", 1),
        ("-k nosuch", "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n", 1),
        ("-S nosuch", "Cannot get stats strings information: No such device\n", 96),
        ("-S lo", "no stats available\n", 94),
        ("-i lo", "Cannot get driver information: Operation not supported\n", 71),
        ("-K", "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n", 1),
    ],
)
def test_ethtool_errors(words: str, err: str, code: int) -> None:
    assert ports_lab().fails(f"ethtool {words}") == (err, code)


@pytest.mark.parametrize("option", ["-i", "-S"])
def test_the_hardware_of_a_card_is_left_out(option: str) -> None:
    lab = Lab()
    told = lab.host("host1", nic="enp0s8", switch=lab.switch("sw1")).sh(f"ethtool {option} enp0s8")
    assert told.code == 95
    assert told.stderr.startswith("not simulated: ")


def test_ethtool_tells_about_a_veth() -> None:
    lab = ports_lab()
    text = lab.out("ethtool p1")
    assert text.startswith("Settings for p1:\n\tSupported ports: [  ]\n\tSupported link modes:   Not reported\n")
    assert text.endswith(
        "\tSpeed: 10000Mb/s\n\tDuplex: Full\n\tAuto-negotiation: off\n\tPort: Twisted Pair\n\tPHYAD: 0\n"
        "\tTransceiver: internal\n\tMDI-X: Unknown\n\tLink detected: yes\n"
    )
    lab.ns.dev("q1").set_down()
    assert lab.out("ethtool p1").endswith("\tLink detected: no\n")
    assert lab.out("ethtool -i p1").startswith("driver: veth\nversion: 1.0\nfirmware-version: \n")
    assert lab.out("ethtool -S p1").startswith(
        "NIC statistics:\n     peer_ifindex: 2\n     rx_queue_0_xdp_packets: 0\n"
    )
