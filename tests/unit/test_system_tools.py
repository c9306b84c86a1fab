"""uname, sudo and modprobe."""

from __future__ import annotations

import pytest

from macvsim.machine.host import BUSYBOX, DEBIAN
from tests.unit.shell_lab import make_box, sh


@pytest.mark.parametrize(
    "words, said",
    [
        ("-a", "Linux vm 6.12.117 #1 1970-01-01 00:00:00 UTC x86_64 GNU/Linux"),
        ("", "Linux"),
        ("-r", "6.12.117"),
        ("-s -n -m", "Linux vm x86_64"),
        ("-v", "#1 1970-01-01 00:00:00 UTC"),
        ("-o -p -i", "unknown unknown GNU/Linux"),
    ],
)
def test_uname(words: str, said: str) -> None:
    for flavour in (DEBIAN, BUSYBOX):
        assert make_box(flavour).sh(f"uname {words}").stdout == f"{said}\n"


def test_uname_of_what_it_does_not_know() -> None:
    result = sh("uname -z")
    assert (result.stderr, result.code) == (
        "uname: invalid option -- 'z'\nTry 'uname --help' for more information.\n",
        1,
    )


@pytest.mark.parametrize(
    "line, stdout, code",
    [
        ("sudo ip -br link", "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n", 0),
        ("sudo -nE -u root A=b sh -c 'echo $A'", "b\n", 0),
        ("sudo false", "", 1),
        ("echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward; sudo sysctl -n net.ipv4.ip_forward", "1\n1\n", 0),
    ],
)
def test_sudo_runs_it(line: str, stdout: str, code: int) -> None:
    result = sh(line)
    assert (result.stdout, result.stderr, result.code) == (stdout, "", code)


@pytest.mark.parametrize(
    "line, stderr, code",
    [
        ("sudo nosuch", "sudo: nosuch: command not found\n", 1),
        ("sudo -u nobody id", "not simulated: sudo -unobody: everybody is root\n", 95),
        ("sudo -i", "not simulated: sudo -i: everybody is root\n", 95),
    ],
)
def test_sudo_does_not(line: str, stderr: str, code: int) -> None:
    result = sh(line)
    assert (result.stderr, result.code) == (stderr, code)


def test_usage_of_sudo() -> None:
    alone, wrong, asked = sh("sudo"), sh("sudo -Z"), sh("sudo --help")
    assert (alone.code, alone.stderr.splitlines()[0]) == (1, "usage: sudo -h | -K | -k | -V")
    assert (wrong.code, wrong.stderr) == (1, f"sudo: invalid option -- 'Z'\n{alone.stderr}")
    assert (asked.code, alone.stderr in asked.stdout) == (0, True)


def test_modprobe() -> None:
    box = make_box()
    assert not box.sh("sysctl -n net.bridge.bridge-nf-call-iptables")
    result = box.sh("modprobe macvlan && modprobe 8021q && modprobe -a ipvlan br-netfilter")
    assert (result.code, str(result)) == (0, "")
    assert box.sh("sysctl -n net.bridge.bridge-nf-call-iptables").stdout == "1\n"
    assert box.sh("modprobe bonding").stderr == "not simulated: the module bonding\n"
    assert box.sh("modprobe -r macvlan").code == 95


def test_modprobe_of_what_a_kernel_was_built_without() -> None:
    box = make_box()
    box.ns.missing_kinds = frozenset(("vlan",))
    result = box.sh("modprobe 8021q")
    said = "modprobe: FATAL: Module 8021q not found in directory /lib/modules/6.12.117\n"
    assert (result.stderr, result.code) == (said, 1)
    assert str(box.sh("modprobe -q 8021q")) == ""
