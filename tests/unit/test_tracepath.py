"""tracepath of iputils 20240905, as it told the way through two routers on a real kernel."""

from __future__ import annotations

import re

import pytest

from macvsim import Lab
from macvsim.docker.host import DockerHost


@pytest.fixture
def lab() -> Lab:
    """a, two routers, and b behind them."""
    lab = Lab(seed=0)
    nics = {"a": ("eth0",), "r1": ("eth0", "eth1"), "r2": ("eth0", "eth1"), "b": ("eth0",)}
    hosts = {name: lab.host(name, nics=dict.fromkeys(cards)) for name, cards in nics.items()}
    for left, right in (("a", "r1"), ("r1", "r2"), ("r2", "b")):
        lab.cable(hosts[left].dev(nics[left][-1]), hosts[right].dev("eth0"))
    for name, line in {
        "a": "ip addr add 10.0.1.1/24 dev eth0; ip route add default via 10.0.1.254",
        "r1": "ip addr add 10.0.1.254/24 dev eth0; ip addr add 10.0.2.1/24 dev eth1; "
        "ip route add 10.0.3.0/24 via 10.0.2.2; sysctl -w net.ipv4.ip_forward=1",
        "r2": "ip addr add 10.0.2.2/24 dev eth0; ip addr add 10.0.3.254/24 dev eth1; "
        "ip route add 10.0.1.0/24 via 10.0.2.1; sysctl -w net.ipv4.ip_forward=1",
        "b": "ip addr add 10.0.3.3/24 dev eth0; ip route add default via 10.0.3.254",
    }.items():
        assert hosts[name].sh(line)
    return lab


@pytest.fixture
def a(lab: Lab) -> DockerHost:
    return lab.hosts["a"]


def trace(box: DockerHost, line: str) -> list[str]:
    """What is printed, without times."""
    result = box.sh(line)
    assert (result.stderr, result.code) == ("", 0)
    return re.sub(r" +[0-9]+\.[0-9]{3}ms", " T", result.stdout).splitlines()


LOCAL = " 1?: [LOCALHOST]                      pmtu 1500"


def test_the_way_and_back(a: DockerHost) -> None:
    assert trace(a, "tracepath -n 10.0.3.3") == [
        LOCAL,
        " 1:  10.0.1.254 T ",
        " 1:  10.0.1.254 T ",
        " 2:  10.0.2.2 T ",
        " 3:  10.0.3.3 T reached",
        "     Resume: pmtu 1500 hops 3 back 3 ",
    ]
    assert trace(a, "tracepath -n 127.0.0.1")[-2:] == [
        " 1:  127.0.0.1 T reached", "     Resume: pmtu 65535 hops 1 back 1 "
    ]  # fmt: skip


def test_columns(a: DockerHost) -> None:
    first, second = a.sh("tracepath -n 10.0.1.254").stdout.splitlines()[1:3]
    assert re.fullmatch(r" 1:  10\.0\.1\.254 {44}0\.[0-9]{3}ms reached", first)
    assert re.fullmatch(r" 1:  10\.0\.1\.254 {44}0\.[0-9]{3}ms reached", second)


def test_a_smaller_mtu_on_the_way(lab: Lab, a: DockerHost) -> None:
    lab.sh("r2", "ip link set eth1 mtu 1400")
    lab.sh("b", "ip link set eth0 mtu 1400")
    for _ in range(2):  # what was learnt is tried again
        assert trace(a, "tracepath -n 10.0.3.3")[-4:] == [
            " 2:  10.0.2.2 T ",
            " 3:  10.0.2.2 T pmtu 1400",
            " 3:  10.0.3.3 T reached",
            "     Resume: pmtu 1400 hops 3 back 3 ",
        ]
        lab.run(10)


def test_packets_of_a_size_and_few_hops(a: DockerHost) -> None:
    assert trace(a, "tracepath -n -l 1300 10.0.3.3") == [
        " 1:  10.0.1.254 T ", " 2:  10.0.2.2 T ", " 3:  10.0.3.3 T reached", "     Resume: pmtu 1300 hops 3 back 3 "
    ]  # fmt: skip
    assert trace(a, "tracepath -n -m 1 10.0.3.3")[-2:] == ["     Too many hops: pmtu 1500", "     Resume: pmtu 1500 "]


def test_names(a: DockerHost) -> None:
    a.sh("echo 10.0.3.3 far >> /etc/hosts")
    assert trace(a, "tracepath -b 10.0.3.3")[2:5] == [
        " 1:  ??? (10.0.1.254) T ", " 2:  ??? (10.0.2.2) T ", " 3:  far (10.0.3.3) T reached"
    ]  # fmt: skip


def test_where_it_ends(a: DockerHost) -> None:
    assert trace(a, "tracepath -n 10.0.3.99")[-2:] == [" 3:  10.0.2.2 T !H", "     Resume: pmtu 1500 "]
    assert trace(a, "tracepath -n 10.0.1.99") == [LOCAL, " 1:  10.0.1.1 T !H", "     Resume: pmtu 1500 "]
    a.sh("ip route del default")
    assert trace(a, "tracepath -n 10.0.9.9") == [" 1:  send failed", "     Resume: pmtu 65535 "]


@pytest.mark.parametrize(
    ("line", "stderr", "code"),
    [
        ("tracepath nosuch", "tracepath: nosuch: Temporary failure in name resolution\n", 1),
        ("tracepath -6 ::1", "not simulated: tracepath -6: IPv6\n", 95),
        ("tracepath ::1", "not simulated: tracepath of IPv6\n", 95),
    ],
)
def test_refusals(a: DockerHost, line: str, stderr: str, code: int) -> None:
    result = a.sh(line)
    assert (result.stderr, result.code) == (stderr, code)


@pytest.mark.parametrize("line", ["tracepath", "tracepath -h", "tracepath -x 10.0.3.3"])
def test_usage(a: DockerHost, line: str) -> None:
    result = a.sh(line)
    assert result.code == 255
    assert "\nUsage\n  tracepath [options] <destination>\n" in result.stderr
