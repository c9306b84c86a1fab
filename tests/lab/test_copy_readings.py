"""Copies leave out commands that only read, and only these: a copy is the same as the lab, object for object."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim import Lab
from macvsim.engine.history import Call, Skip
from macvsim.engine.sim import Sim
from macvsim.record.same import difference
from macvsim.shell.builtins import BUILTINS
from tests.lab.test_copy import busy_lab, everything, go_on, two_hosts

READING = (
    "ip addr", "ip -s link", "ip route", "ip neigh", "ip rule", "ip route get 10.0.0.2", "ip -d link", "bridge fdb",
    "ss -tan", "ss -uan", "netstat -s", "cat /proc/net/dev", "cat /proc/net/snmp", "cat /proc/uptime", "ls -l /tmp",
    "ps", "echo $$ $?", "sysctl net.ipv4.ip_forward", "iptables -L -v", "false", "nosuchprogram", "cat < /none",
    "for i in 1 2; do echo $i; done | wc -l", "x=1; echo $x",
)  # fmt: skip
CHANGING = (
    "echo $RANDOM > /dev/null", "echo a >> /tmp/a", "ip link set lo alias x", "hostname gate", "ip neigh flush all",
    "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev enp0s8", "docker tag busybox mine", "ip netns add blue",
    "ip tunnel add tun0 mode gre remote 10.0.0.2", "sleep 0.01", "sleep 3 &", "ping -c 1 -W 1 10.0.0.2", "dmesg -C",
    "bash -c 'echo $RANDOM'", "cat /proc/sys/kernel/random/uuid", "mkdir -p /tmp/d",
)  # fmt: skip


def skips(lab: Lab) -> int:
    return sum(isinstance(step, Skip) for step in lab.history.script)


def typed(lab: Lab) -> int:
    """How many calls a copy does."""
    return sum(step.times for step in lab.history.script if isinstance(step, Call))


@pytest.mark.parametrize("seed, blind", [(0, False), (1, False), (2, True), (3, True)])
def test_a_copy_without_what_only_read_goes_on_alike(seed: int, blind: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`blind`: every command seems to have only read, and the comparison finds that it did not."""
    if blind:
        monkeypatch.setattr(Sim, "traces", ())
    lab, dice, names = busy_lab(seed, journal=bool(seed % 3))
    for _ in range(2):
        for _ in range(25):
            lines = CHANGING if dice.random() < 0.1 else READING
            lab[dice.choice(names)].sh(dice.choice(lines))
        copy, second = lab.copy(), lab.copy()
        assert difference(lab, copy) == "" == difference(lab, second)
        assert copy.history.calls == lab.history.calls
        lab.run(dice.choice([0, 0.3]))
    copy = lab.copy().copy()
    assert everything(copy) == everything(lab)
    then = dice.getstate()
    after = go_on(lab, dice, names)
    dice.setstate(then)
    assert go_on(copy, dice, names) == after


def test_what_only_read_is_left_out(tmp_path: Path) -> None:
    lab = two_hosts()
    lab.run(2)
    before = len(lab.history.calls)
    assert typed_after(lab, 20) == before + 2  # the first one takes the end of run() out of the queue
    assert typed_after(lab, 300) == before + 3
    assert skips(lab) == 2
    lab.save(tmp_path / "lab.json")
    loaded = Lab.load(tmp_path / "lab.json")
    assert difference(lab, loaded) == ""
    assert [call.args for call in loaded.history.calls] == [call.args for call in lab.history.calls]


def typed_after(lab: Lab, commands: int) -> int:
    """How many calls a copy does after so many commands that only read."""
    for number in range(commands):
        lab[f"host{1 + number % 2}"].sh(("ip addr", "ss -tan", "cat /etc/hosts")[number // 2 % 3])
    copy = lab.copy()
    assert difference(lab, copy) == ""
    return typed(copy)


@pytest.mark.parametrize("line", CHANGING)
def test_what_changes_something_is_done_again(line: str) -> None:
    lab = two_hosts()
    for number in range(12):
        lab["host1"].sh("true")
        lab["host2"].sh(line if number % 4 == 1 else "ip addr")
    copy = lab.copy()
    assert difference(lab, copy) == ""
    lab.run(4)
    copy.run(4)
    assert difference(lab, copy) == ""


def test_commands_that_change_something_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sim, "traces", ())
    lab = two_hosts()
    for _ in range(12):
        lab["host1"].sh("bash -c 'echo $RANDOM'")
    assert difference(lab, lab.copy()) == ""
    assert lab.history.scripted == len(lab.history.calls) and not lab.history.readings
    assert skips(lab) == 0


LINES = (
    "arp -n", "bridge link", "conntrack -L", "seq 3", "uname -a", "md5sum /etc/hosts", "date", "env", "expr 1 + 2",
    "ls -l /", "cat /etc/hosts", "head -1 /etc/hosts", "which ip", "docker ps", "docker images", "docker network ls",
    "docker info", "docker inspect bridge", "ethtool enp0s8", "ethtool -k enp0s8", "ethtool -S enp0s8", "find /etc",
    "grep lo /etc/hosts", "hostname", "ip addr", "ip -6 addr", "ip -6 route", "ip neigh", "ip netns", "ip -d link",
    "ip maddr", "ip rule", "ip route get 10.0.0.1", "ss -s", "iptables -L", "iptables-save", "lsmod", "ifconfig -a",
    "awk 'BEGIN{print 1}'", "netstat -rn", "netstat -tan", "route -n", "sysctl -a", "sed -n 1p /etc/hosts", "dmesg",
    "nsenter -t 1 -n ip addr", "tcpdump -D", "cat /proc/net/route", "history", "set", "export -p", "trap", "jobs",
    "umask", "ulimit -n", "alias", "type ip", "command -v ip", "sudo ip addr", "ps aux", "kill -0 1", "sleep 0",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("flavour", ["debian", "centos"])
def test_every_program_and_builtin_may_be_left_out(flavour: str) -> None:
    lab = Lab(seed=5)
    host = lab.host("host1", switch=lab.switch("sw1"), flavour=flavour)
    host.sh("ip addr add 10.0.0.1/24 dev enp0s8")
    programs = [f"{name} --help < /dev/null" for name in lab.tools.names(flavour)]
    lines = [*LINES, *programs, *(f"{name} --help < /dev/null" for name in BUILTINS)]
    for line in (*lines, *lines):
        host.sh(line)
    copy = lab.copy()
    again = Lab(**lab.options)
    again.repeat(lab.history.calls)
    assert difference(lab, copy) == "" == difference(lab, again)
    assert everything(copy) == everything(again) == everything(lab)
    assert typed(copy) < len(lines) * 1.3


def test_a_command_that_is_known_to_read_may_change_something_later() -> None:
    lab = two_hosts()
    line = "test -e /tmp/x && rm /tmp/x; true"
    for _ in range(20):
        lab["host1"].sh(line)
    lab.copy()
    assert skips(lab) == 1
    lab["host1"].files["/tmp/x"] = "1"
    for _ in range(20):
        lab["host1"].sh(line)
    copy = lab.copy()
    assert "/tmp/x" not in copy["host1"].files
    assert difference(lab, copy) == ""


def test_a_call_keeps_no_object_that_it_made() -> None:
    lab = two_hosts()
    lab["host1"].sh("ip netns add p; ip netns exec p ip addr; ip netns del p")
    assert lab.history.touched == []
