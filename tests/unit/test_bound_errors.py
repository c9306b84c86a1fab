"""ICMP errors do not reach sockets bound to another device than the one they come by (raw_icmp_error, udp_err)."""

from __future__ import annotations

import pytest

from macvsim.lab import Lab


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("ping -I eth0 -c 5 -W 3 10.0.0.77", False),
        ("ping -I 10.0.0.1 -c 5 -W 3 10.0.0.77", True),
        ("traceroute -n -i eth0 -q 1 -w 4 -m 1 10.0.0.77", False),
        ("traceroute -n -q 1 -w 4 -m 1 10.0.0.77", True),
    ],
)
def test_an_error_of_the_own_host_comes_by_lo(command: str, told: bool) -> None:
    lab = Lab()
    host = lab.host("h", nic="eth0", switch=lab.switch("sw"))
    host.sh("ip addr add 10.0.0.1/24 dev eth0")
    output = host.sh(command).stdout
    assert ("Unreachable" in output or "!H" in output) is told
