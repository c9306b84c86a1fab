"""IPv4 addresses with a peer, and such as expire: texts and routes as a 6.18 kernel showed them."""

from __future__ import annotations

from macvsim.lab import Lab
from macvsim.machine.host import Host


def make() -> Host:
    """A host with a veth pair of which one end is up."""
    host = Lab().host("h")
    host.sh(
        "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr add 10.9.0.1/24 dev v0"
    )
    return host


def test_a_peer_is_the_network() -> None:
    host = make()
    assert str(host.sh("ip addr add 10.1.1.1 peer 10.1.1.2 dev v0")) == ""
    assert "    inet 10.1.1.1 peer 10.1.1.2/32 scope global v0\n" in host.sh("ip addr show v0").stdout
    assert "10.1.1.2 dev v0 proto kernel scope link src 10.1.1.1 \n" in host.sh("ip route").stdout
    assert host.sh("ip addr add 10.1.1.1 peer 10.1.1.2 dev v0").stderr == "Error: ipv4: Address already assigned.\n"
    host.sh("ip addr add 10.1.1.1 peer 10.1.2.0/24 dev v0")
    assert host.sh("ip route get 10.1.2.9").stdout == "10.1.2.9 dev v0 src 10.1.1.1 uid 0 \n    cache \n"
    assert str(host.sh("ip addr del 10.1.1.1 peer 10.1.1.2 dev v0; ip addr del 10.1.1.1 peer 10.1.2.0/24 dev v0")) == ""
    assert host.sh("ip route show dev v0").stdout == "10.9.0.0/24 proto kernel scope link src 10.9.0.1 \n"


def test_an_address_is_deprecated_then_gone() -> None:
    host = make()
    host.sh("ip addr add 10.2.2.5/24 dev v0 valid_lft 4 preferred_lft 2")
    shown = host.sh("ip -4 addr show dynamic dev v0").stdout
    assert "    inet 10.2.2.5/24 scope global dynamic v0\n       valid_lft 4sec preferred_lft 2sec\n" in shown
    shown = host.sh("sleep 2.5; ip -4 addr show dev v0").stdout
    assert (
        "    inet 10.2.2.5/24 scope global deprecated dynamic v0\n       valid_lft 2sec preferred_lft 0sec\n" in shown
    )
    host.sh("ip addr change 10.2.2.5/24 dev v0 valid_lft 10 preferred_lft 5; sleep 9")
    assert "10.2.2.5" in host.sh("ip addr; ip route").stdout
    host.sh("sleep 2")
    assert "10.2.2" not in host.sh("ip addr; ip route; ip route show table local").stdout


def test_one_that_is_made_to_stay_stays() -> None:
    host = make()
    host.sh("ip addr add 10.2.2.5/24 dev v0 valid_lft 3 preferred_lft 3")
    host.sh("ip addr replace 10.2.2.5/24 dev v0; sleep 5")
    assert "10.2.2.5/24 scope global v0\n       valid_lft forever" in host.sh("ip addr show permanent").stdout
