"""``%load_ext macvsim``: cells typed at machines, cells that are labs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from macvsim import Lab

pytest.importorskip("IPython")

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from tests.two_hosts import topology

TOPOLOGY = topology("cell")
STRICT = "budget: {output: 100000, steps: 5000, processes: 100}\n"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "macvsim")
    yield shell
    InteractiveShell.clear_instance()


def test_a_cell_is_a_lab_and_another_is_typed_at_its_machines(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell_magic("lab", "", TOPOLOGY)
    assert isinstance(shell.user_ns["lab"], Lab)
    shell.run_cell_magic("host", "host1", "cd /tmp; x=2\nping -c $x \\\n10.0.0.2 | tail -1\n")
    assert capsys.readouterr().out == (
        "root@host1:~# cd /tmp; x=2\n"
        "root@host1:/tmp# ping -c $x \\\n"
        "> 10.0.0.2 | tail -1\n"
        "rtt min/avg/max/mdev = 0.100/0.150/0.200/0.050 ms\n"
    )
    assert [ping.received for ping in shell.user_ns["pings"]] == [2]
    shell.run_line_magic("host", 'host1 echo $x "a  b"')
    assert capsys.readouterr().out == 'root@host1:/tmp# echo $x "a  b"\n2 a  b\n'


def test_two_labs_and_a_whole_document(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell_magic("lab", "--lab first", TOPOLOGY)
    shell.run_cell_magic(
        "lab", "--lab second", f"---\n{TOPOLOGY}---\n```console\nhost2# ip link set enp0s8 mtu 1400\n```\n"
    )
    assert "host2# ip link set enp0s8 mtu 1400\n" in capsys.readouterr().out
    shell.run_cell_magic("host", "host2 --lab second", "cat /sys/class/net/enp0s8/mtu")
    shell.run_line_magic("host", "--lab first host2 cat /sys/class/net/enp0s8/mtu")
    assert [line for line in capsys.readouterr().out.splitlines() if "#" not in line] == ["1400", "1500"]


@pytest.mark.parametrize(
    ("line", "cell", "said"),
    [
        ("host9", "hostname", "the lab has no node 'host9': it has host1, host2"),
        ("host1 --lab other", "hostname", "there is no lab in the variable 'other'"),
        ("host1 hostname", "hostname", "stand below its first line"),
        ("host1", "ping 10.0.0.2", "does not end"),
    ],
)
def test_mistakes_are_one_line(shell: InteractiveShell, line: str, cell: str, said: str) -> None:
    shell.run_cell_magic("lab", "", TOPOLOGY)
    with pytest.raises(UsageError, match=said) as caught:
        shell.run_cell_magic("host", line, cell)
    assert "\n" not in str(caught.value)
    shell.run_cell_magic("host", "host1", "hostname")


def test_a_cell_with_a_mistake_is_no_lab(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="this cell:2: "):
        shell.run_cell_magic("lab", "", "name: x\ntopology: 3\n")
    with pytest.raises(UsageError, match="%host NODE COMMAND"):
        shell.run_line_magic("host", "host1")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "while true; do :; done",
            r"5,000 steps of shells and programs in one run\nhost1: .*: while true",
        ),
        ("echo begun; cat /dev/zero", "100,000 bytes of output"),
        ("f(){ f|f& };f", "100 processes on one machine"),
    ],
)
def test_a_cell_without_an_end_is_stopped_and_the_next_one_works(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], command: str, said: str
) -> None:
    shell.run_cell_magic("lab", "", TOPOLOGY + STRICT)
    with pytest.raises(UsageError, match=said):
        shell.run_cell_magic("host", "host1", command + "\nhostname\n")
    assert capsys.readouterr().out.startswith(f"root@host1:~# {command}\n")
    shell.run_cell_magic("host", "host1", "hostname")
    assert capsys.readouterr().out.startswith("root@host1:~# hostname\nhost1\n")  # bash says then that jobs were killed
    with pytest.raises(UsageError, match=f"this cell:\\d+: {re.escape(command)}: the run was stopped"):
        shell.run_cell_magic("lab", "", f"---\n{TOPOLOGY}{STRICT}---\n```console\nhost1# {command}\n```\n")


def test_what_is_not_simulated_is_said_beside_later_commands(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    after = "after: tc on host1 was not simulated\n"
    document = f"---\n{TOPOLOGY}---\n```console\nhost1# tc qdisc add dev enp0s8 root netem\nhost1# hostname\n```\n"
    shell.run_cell_magic("lab", "", document)
    assert capsys.readouterr().out.endswith(f"not simulated: tc\nhost1# hostname\nhost1\n{after}")
    shell.run_line_magic("host", "host2 hostname")
    assert capsys.readouterr().out == f"root@host2:~# hostname\nhost2\n{after}"
