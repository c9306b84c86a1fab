"""Lists of what nobody can make here are empty, as on a machine where nobody has."""

from __future__ import annotations

import pytest

from macvsim.lab import Lab


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("ip tuntap", ""),
        ("ip -j nexthop show", "[]\n"),
        ("ip mroute; ip tcp_metrics list; ip tunnel", ""),
        ("ip vrf", "Name              Table\n-----------------------\nNo VRF has been configured\n"),
        ("bridge mdb", ""),
        ("bridge vni", "dev               vni                group/remote\n"),
        ("bridge mst show", "port              msti     \n"),
    ],
)
def test_empty_lists(command: str, output: str) -> None:
    assert str(Lab().host("h").sh(command)) == output


def test_what_would_make_one_is_left_out() -> None:
    host = Lab().host("h")
    assert host.sh("ip tuntap add t0 mode tap").code == 95
    host.sh("ip link add br0 type bridge; ip link add v0 type veth peer name v1; ip link set v0 master br0")
    assert host.sh("bridge mdb").code == 95


def test_route_get_takes_what_no_rule_asks_for() -> None:
    host = Lab().host("h")
    host.sh("ip addr add 10.0.0.1/24 dev enp0s8")
    plain = host.sh("ip route get 127.0.0.1").stdout
    for words in ("tos 0x10", "uid 0", "ipproto tcp sport 7 dport 80"):
        assert host.sh(f"ip route get 127.0.0.1 {words}").stdout == plain
    assert host.sh("ip link add").stderr == 'Not enough information: "type" argument is required\n'
    assert host.sh("ip -color=always -br link show lo").code == 0


@pytest.mark.parametrize(
    ("words", "output", "errors", "code"),
    [
        ("-g lo", "", "netlink error: Operation not supported\n", 1),
        ("-a none", "", "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n", 1),
        ("-P lo", "Permanent address: not set\n", "", 0),
        ("-P enp0s8", "Permanent address: 08:00:27:00:00:01\n", "", 0),
        ("-t enp0s8", "", "Cannot test: Operation not supported\n", 74),
        ("-T br0", "Time stamping parameters for br0:\nCapabilities:\n\tsoftware-receive\n\tsoftware-system-clock\n"
         "PTP Hardware Clock: none\nHardware Transmit Timestamp Modes: none\nHardware Receive Filter Modes: none\n",
         "", 0),
    ],
)  # fmt: skip
def test_ethtool_of_devices_without_much_hardware(words: str, output: str, errors: str, code: int) -> None:
    host = Lab().host("h")
    host.sh("ip link add br0 type bridge")
    result = host.sh(f"ethtool {words}")
    assert (result.stdout, result.stderr, result.code) == (output, errors, code)
