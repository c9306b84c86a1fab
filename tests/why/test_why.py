"""`macvsim why`: the reason of the first ping that fails, and edits that were tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.why.ask import why
from macvsim.why.command import as_data, as_text

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"

TOPOLOGY = """---
name: two
topology:
  nodes:
    host1: {{nics: {{enp0s8: {{addresses: [192.168.56.11/24]}}}}}}
    host2: {{nics: {{enp0s8: {{addresses: [192.168.56.12/24]}}}}}}
    sw1: {{kind: switch, policy: {policy}}}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
---
```console
root@host1:~# docker network create -d macvlan --subnet=172.16.10.0/24 -o parent=enp0s8 m
root@host1:~# docker run --privileged -itd --name c1 --ip=172.16.10.2 --network m busybox
root@host2:~# docker network create -d macvlan --subnet=172.16.10.0/24 -o parent=enp0s8 m
root@host2:~# docker run --privileged -itd --name c2 --ip=172.16.10.3 --network m busybox
{commands}
```
"""


def lab(tmp_path: Path, *commands: str, policy: str = "bare-metal") -> Path:
    path = tmp_path / "lab.md"
    path.write_text(TOPOLOGY.format(policy=policy, commands="\n".join(commands)))
    return path


@pytest.mark.parametrize(
    "name, reason, where, node, text",
    [
        ("exp1_same_macvlan", "PORT_NO_MATCH", "sw1:1", "host1", "ip link set enp0s8 promisc on"),
        ("exp3_router", "FORWARDING_OFF", "host3:enp0s8.100", "host3", "sysctl -w net.ipv4.ip_forward=1"),
        ("exp3_iptables", "NETFILTER_DROP", "host3:enp0s8.100", "host3", "iptables -P FORWARD ACCEPT"),
    ],
)
def test_the_documents_failures(name: str, reason: str, where: str, node: str, text: str) -> None:
    answer = why(SCENARIOS / f"{name}.md")
    assert answer.explanation is not None
    assert answer.explanation.reason is not None
    assert (answer.explanation.reason.name, answer.explanation.where) == (reason, where)
    first = answer.fixes[0].edits
    assert [(edit.node, edit.text) for edit in first] == [(node, text)]


def test_a_host_and_its_own_container() -> None:
    answer = why(SCENARIOS / "notes.md")
    shims = [e.text for fix in answer.fixes for e in fix.edits if e.text.startswith("ip link add shim")]
    assert shims
    assert shims[0].endswith("ip route add 172.16.10.2/32 dev shim")


def test_two_switch_ports_stand_in_the_way(tmp_path: Path) -> None:
    """Each edit of a set alone changes only where the packet ends."""
    path = lab(tmp_path, "root@host1:~# docker exec c1 ping -c 1 -W 1 172.16.10.3", policy="virtualbox-deny")
    largest = max(why(path).fixes, key=lambda fix: len(fix.edits))
    assert {edit.node for edit in largest.edits} == {"sw1, port 1", "sw1, port 2", "host1", "host2"}


BREAKS = [
    ("docker exec c2 true; ip link set enp0s8 down", "host2"),
    ("sysctl -w net.ipv4.icmp_echo_ignore_all=1", "c2"),
    ("ip route add blackhole 172.16.10.3", "c1"),
    ("ifconfig eth0 down", "c2"),
]


@pytest.mark.parametrize("command, node", BREAKS)
def test_every_fix_that_is_printed_works_by_hand(tmp_path: Path, command: str, node: str) -> None:
    ping = "root@host1:~# docker exec c1 ping -c 1 -W 1 172.16.10.3"
    path = lab(tmp_path, f"root@{node}:~# {command}" if node.startswith("host") else f"{node}# {command}", ping)
    answer = why(path)
    assert answer.fixes, as_text(answer)
    for fix in answer.fixes:
        player = Player(load(path))
        steps = player.lab_file.document.steps
        for step in steps[:-1]:
            player.run(step)
        for edit in fix.edits:
            assert not edit.node.startswith("sw1")
            for typed in edit.text.split("; "):
                player.lab[edit.node].sh(typed)
        assert player.run(steps[-1]).pings[0].received == 1


def test_a_working_lab_is_not_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab(tmp_path, "root@host1:~# docker exec c1 ping -c 1 172.16.10.3")
    with pytest.raises(SystemExit) as exit_code:
        main(["why", str(path), "--json"])
    assert not exit_code.value.code
    data = json.loads(capsys.readouterr().out)
    assert (data["verdict"], data["reason"], data["fixes"]) == ("answered", None, [])


def test_data_has_what_is_promised() -> None:
    data = as_data(why(SCENARIOS / "exp3_router.md"))
    assert {"verdict", "reason", "where", "path", "fixes"} <= set(data)
    assert data["verdict"] == "lost"
    assert data["path"][0]["where"] == "d1"
    assert data["fixes"][0]["edits"] == [{"on": "host3", "do": "sysctl -w net.ipv4.ip_forward=1"}]


@pytest.mark.parametrize("text", [None, "no front matter", TOPOLOGY.format(policy="bare-metal", commands="")])
def test_wrong_input_is_one_line_and_status_2(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lab.md"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SystemExit) as exit_code:
        main(["why", str(path)])
    assert exit_code.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
