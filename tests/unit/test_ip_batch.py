"""`ip -batch`, and names that no device can have, as iproute2 6.15 answered on a real kernel."""

from __future__ import annotations

import pytest

from macvsim.machine.host import Box
from tests.unit.shell_lab import make_box

LO = (
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\n"
    "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
)


@pytest.fixture
def box() -> Box:
    return make_box()


@pytest.mark.parametrize(
    "lines, options, stdout, stderr, code",
    [
        (r"# first\n\nlink show lo # here\n", "", LO, "", 0),
        (r'link show "lo"\nlink show \\\nlo\n', "", LO * 2, "", 0),
        (r"addr show lo\n", "-br", "lo               UNKNOWN        127.0.0.1/8 \n", "", 0),
        (r"link set eth9 up\nlink show lo\n", "", "", 'Cannot find device "eth9"\nCommand failed -:1\n', 1),
        (r"link set eth9 up\nlink show lo\n", "-force", LO, 'Cannot find device "eth9"\nCommand failed -:1\n', 1),
        ("foo", "", "", 'Object "foo" is unknown, try "ip help".\nCommand failed -:1\n', 1),
        (
            r"link show lo\nlink foo\nlink show lo\n",
            "-force",
            LO,
            'Command "foo" is unknown, try "ip link help".\n',
            255,
        ),
        ("route get 10.9.9.9", "", "", "RTNETLINK answers: Network is unreachable\nCommand failed -:1\n", 1),
        ("xfrm state", "", "", "not simulated: ip xfrm\n", 95),
    ],
)
def test_batch(box: Box, lines: str, options: str, stdout: str, stderr: str, code: int) -> None:
    result = box.sh(f"printf '{lines}' | ip {options} -batch -")
    assert (result.stdout, result.stderr, result.code) == (stdout, stderr, code)


def test_batch_of_a_file(box: Box) -> None:
    box.sh(r"printf 'link add d0 type dummy\naddr add 10.0.0.1/24 dev d0\nlink add d0 type dummy\n' > /tmp/b")
    result = box.sh("ip -b /tmp/b")
    assert (result.stderr, result.code) == ("RTNETLINK answers: File exists\nCommand failed /tmp/b:3\n", 1)
    assert box.sh("ip -br addr show d0").stdout.split() == ["d0", "DOWN", "10.0.0.1/24"]
    missing = 'Cannot open file "/tmp/nosuch" for reading: No such file or directory\n'
    assert box.sh("ip -batch /tmp/nosuch").stderr == missing
    result = box.sh("ip -batch")
    assert (result.stderr, result.code) == ('Error: argument "batch file" is required\n', 255)


LONG = "averyverylonginterfacename"


@pytest.mark.parametrize(
    "line, stderr, code",
    [
        (f"ip link add {LONG} type dummy", "Error: Attribute failed policy validation.\n", 2),
        (f"ip link add dev {LONG} type dummy", "Error: Attribute failed policy validation.\n", 2),
        (f"ip link add name {LONG} type dummy", f'Error: argument "{LONG}" is wrong: "name" not a valid ifname\n', 255),
        ("ip link add a/b type dummy", 'Error: argument "a/b" is wrong: "dev" not a valid ifname\n', 255),
        ("ip link add 'a b' type dummy", 'Error: argument "a b" is wrong: "dev" not a valid ifname\n', 255),
        ("ip link add . type dummy", "RTNETLINK answers: Invalid argument\n", 2),
        (f"ip link show {LONG}", f'Device "{LONG}" does not exist.\n', 1),
    ],
)
def test_names_that_cannot_be(box: Box, line: str, stderr: str, code: int) -> None:
    result = box.sh(line)
    assert (result.stdout, result.stderr, result.code) == ("", stderr, code)
    assert list(box.ns.devices) == ["lo"]


@pytest.mark.parametrize("name", ["b", "br", "n"])
def test_names_that_begin_like_words(box: Box, name: str) -> None:
    assert str(box.sh(f"ip link add {name} type bridge")) == ""
    assert list(box.ns.devices) == ["lo", name]


def test_bridge_in_colour(box: Box) -> None:
    assert box.sh("bridge -c vlan").stdout == box.sh("bridge vlan").stdout
