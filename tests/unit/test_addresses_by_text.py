"""Addresses and routes by Python's calls: ``::`` tells IPv6."""

from __future__ import annotations

import pytest

from macvsim import Lab
from macvsim.errors import NetlinkError


def test_both_families() -> None:
    lab = Lab(seed=0)
    host = lab.host("h", nics={"eth0": lab.switch("sw")}, ipv6=True)
    for prefix in ("10.0.0.1/24", "fd00::1/64", "fd00::2"):
        host.addr_add("eth0", prefix)
    lab.run(3)
    host.route_add("default", via="10.0.0.9")
    host.route_add("10.1.0.0/16", via="10.0.0.8", dev="eth0", metric=7, src="10.0.0.1")
    host.route_add("10.2.0.0/16", dev="eth0")
    host.route_add("default", via="fd00::9")
    host.route_add("fd01::/48", via="fe80::8", dev="eth0", metric=7, src="fd00::1")
    host.route_add("fd02::/48", dev="eth0")
    assert host.sh("ip route").stdout.splitlines() == [
        "default via 10.0.0.9 dev eth0 ",
        "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 ",
        "10.1.0.0/16 via 10.0.0.8 dev eth0 src 10.0.0.1 metric 7 ",
        "10.2.0.0/16 dev eth0 scope link ",
    ]
    shown = host.sh("ip -6 route").stdout.splitlines()
    assert [line for line in shown if "proto kernel" not in line and not line.startswith("multicast")] == [
        "fd01::/48 via fe80::8 dev eth0 src fd00::1 metric 7 pref medium",
        "fd02::/48 dev eth0 metric 1024 pref medium",
        "default via fd00::9 dev eth0 metric 1024 pref medium",
    ]
    assert [line.split()[1] for line in host.sh("ip -6 addr show dev eth0 scope global").stdout.splitlines()[1::2]] == [
        "fd00::2/128", "fd00::1/64",
    ]  # fmt: skip
    host.addr_del("eth0", "fd00::2/128")
    host.addr_del("eth0", "10.0.0.1/24")
    left = host.sh("ip addr show dev eth0").stdout
    assert "fd00::2" not in left and "10.0.0.1" not in left and "fd00::1/64" in left
    for prefix in ("fd00::2/128", "10.0.0.1/24"):
        with pytest.raises(NetlinkError) as caught:
            host.addr_del("eth0", prefix)
        assert caught.value.errno == "EADDRNOTAVAIL"


@pytest.mark.parametrize("ipv6", [True, False])
def test_addresses_of_ipv6_where_there_is_none(ipv6: bool) -> None:
    """RTNETLINK answers EADDRNOTAVAIL where the device has no such address."""
    lab = Lab(seed=0)
    host = lab.host("h", nics={"eth0": lab.switch("sw")}, ipv6=ipv6)
    with pytest.raises(NetlinkError) as caught:
        host.addr_del("eth0", "fd00::1/64")
    assert caught.value.errno == "EADDRNOTAVAIL"
