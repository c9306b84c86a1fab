"""Parameters that change nothing say so when they are set to something else."""

from __future__ import annotations

import pytest

from macvsim.lab import Lab

NAME = "net.ipv4.tcp_retries1"
SAID = f"not simulated: {NAME}: it is set, but changes nothing\n"


@pytest.mark.parametrize("tool", ["sysctl -w", "busybox sysctl -w"])
def test_sysctl_says_so_and_sets_it(tool: str) -> None:
    host = Lab().host("h")
    result = host.sh(f"{tool} {NAME}=5")
    assert (result.stdout, result.stderr, result.code) == (f"{NAME} = 5\n", SAID, 95)
    again = host.sh(f"{tool} {NAME}=5")
    assert (again.stderr, again.code) == ("", 0)


def test_a_file_of_settings_is_read_to_its_end() -> None:
    host = Lab().host("h")
    host.files["/etc/sysctl.conf"] = f"{NAME} = 6\nnet.ipv4.ip_default_ttl = 65\n"
    result = host.sh("sysctl -p")
    assert (result.stdout, result.stderr, result.code) == (
        f"{NAME} = 6\nnet.ipv4.ip_default_ttl = 65\n", SAID, 95
    )  # fmt: skip
    assert host.sh("cat /proc/sys/net/ipv4/ip_default_ttl").stdout == "65\n"


def test_a_redirection_says_so_too() -> None:
    host = Lab().host("h")
    result = host.sh("echo 1 > /proc/sys/net/ipv4/fwmark_reflect")
    assert result.stderr == "not simulated: net.ipv4.fwmark_reflect: it is set, but changes nothing\n"
    assert result.code == 95
    assert host.sh("sysctl -n net.ipv4.fwmark_reflect").stdout == "1\n"
