"""What can be typed at a switch."""

from __future__ import annotations

import pytest

from macvsim import Lab


@pytest.fixture
def lab() -> Lab:
    lab = Lab()
    sw1 = lab.switch("sw1")
    lab.host("host1", switch=sw1)
    lab.host("host2", switch=sw1)
    for number in (1, 2):
        lab[f"host{number}"].sh(f"ip addr add 10.0.0.{number}/24 dev enp0s8")
    return lab


def reached(lab: Lab) -> bool:
    return bool(lab["host1"].ping("10.0.0.2", count=1, timeout=1.0))


@pytest.mark.parametrize(
    "harm, cure",
    [
        ("port host2 mode access vlan 7", "port host2 mode access vlan 1"),
        ("port host2 vlan 7", "port host2 mode trunk vlans all"),
        ("port host2 mode trunk vlans 5,6 native none", "port host2 mode trunk vlans 5,6"),
        ("port host2 down", "port host2 up"),
        ("port host2 mtu 68", "port host2 mtu 1500"),
        ("port host2 loss 1", "port host2 loss 0"),
        ("port 3 cable host2:enp0s8 down", "port 3 up"),
    ],
)
def test_a_setting_takes_effect_and_is_taken_back(lab: Lab, harm: str, cure: str) -> None:
    assert reached(lab)
    assert lab.sh("sw1", harm)
    assert not reached(lab)
    assert lab.sh("sw1", cure)
    assert reached(lab)


def test_both_ports_isolated(lab: Lab) -> None:
    for port in ("host1", "host2"):
        assert lab.sh("sw1", f"port {port} isolated on")
    assert not reached(lab)


@pytest.mark.parametrize(
    "line, said",
    [
        ("show vlan", "what can be typed at a switch is port NAME"),
        ("port 9 up", "sw1 has no port '9'; it has host1, host2"),
        ("port host1 speed 100", "a port has no setting 'speed'"),
        ("port host1 mtu", "mtu takes a value"),
        ("port host1 mode access", "an access port carries one VLAN"),
        ("port host1 mode trunk vlan 3", "the modes are access vlan N"),
        ("port host1 vlan x", "vlan is a whole number, not 'x'"),
        ("port host1 policy cisco", "no port policy 'cisco'"),
        ("port host1 loss 2", "loss is a probability"),
        ("port host1 isolated maybe", "isolated is on or off"),
        ("port 3 cable nobody:eth0", "name NODE:INTERFACE"),
    ],
)
def test_mistakes_are_told_and_change_nothing(lab: Lab, line: str, said: str) -> None:
    result = lab.sh("sw1", line)
    assert result.code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert reached(lab)


def test_copies_know_what_was_typed(lab: Lab) -> None:
    lab.sh("sw1", "port host2 loss 1")
    assert not reached(lab.copy())
