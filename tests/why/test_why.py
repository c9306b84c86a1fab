"""`macvsim why`: the reason of the first ping that fails, and edits that were tried."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.why.ask import why
from macvsim.why.data import as_data
from macvsim.why.text import as_text, coloured
from tests.why.byhand import mended
from tests.why.labs import six

pytestmark = pytest.mark.slow

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
        ("exp2_two_vlans", "NEIGH_FAILED", "d1:eth0", "host2", "ip addr add 172.16.10.1/24 dev enp0s8.100"),
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
    assert (first[0].node, first[0].command) == (node, text)


def test_a_host_and_its_own_container() -> None:
    answer = why(SCENARIOS / "notes.md")
    assert [edit.text for edit in answer.fixes[0].edits] == [
        "ip link add shim link enp0s8 type macvlan mode bridge",
        "ip link set shim up",
        "ip route add 172.16.10.2/32 dev shim",
    ]


@pytest.mark.parametrize("kind, mode", [("macvlan", "bridge"), ("ipvlan", "l2")])
@pytest.mark.parametrize(
    "command, stands",
    [
        ("ping -c 1 -W 1 172.16.10.2", "c1:eth0 has 172.16.10.2 and stands on host1:enp0s8 itself: what a parent"),
        (
            "docker exec c1 ping -c 1 -W 1 172.16.10.101",
            "host1:enp0s8 has 172.16.10.101 and is the parent of c1:eth0: what {} devices send goes out by",
        ),
    ],
)
def test_a_host_and_its_own_container_either_way(
    tmp_path: Path, kind: str, mode: str, command: str, stands: str
) -> None:
    """The parent is named, and the same shim mends both; an ipvlan one hears only what is for an address of its own,
    and without one the host would send from its first address."""
    path = lab(tmp_path, "root@host1:~# ip addr add 172.16.10.101/24 dev enp0s8", f"root@host1:~# {command}")
    path.write_text(path.read_text().replace("-d macvlan", f"-d {kind}"))
    answer = why(path)
    assert stands.format(kind) in answer.sentence
    address = ["ip addr add 172.16.10.200/32 dev shim"] if kind == "ipvlan" else []
    source = " src 172.16.10.101" if kind == "macvlan" and command.startswith("ping") else ""
    assert [edit.text for edit in answer.fixes[0].edits] == [
        f"ip link add shim link enp0s8 type {kind} mode {mode}",
        "ip link set shim up",
        *address,
        f"ip route add 172.16.10.2/32 dev shim{source}",
    ]


def test_a_parent_that_was_misspelt(tmp_path: Path) -> None:
    """Docker makes a network on a dummy device of it; the cure does not repeat the slip."""
    run = ("docker run -itd --name c3 --ip=10.1.0.3 --network n busybox", "docker exec c3 ping -c 1 -W 1 10.1.0.9")
    create = "docker network create -d macvlan --subnet=10.1.0.0/24 -o paretn=enp0s8.30 n"
    path = lab(
        tmp_path,
        *(f"root@host1:~# {line}" for line in (create, *run[:1])),
        "root@host2:~# ip link add link enp0s8 name enp0s8.30 type vlan id 30",
        "root@host2:~# ip link set enp0s8.30 up; ip addr add 10.1.0.9/24 dev enp0s8.30",
        f"root@host1:~# {run[1]}",
    )
    answer = why(path)
    assert answer.reason == "DUMMY"
    assert [edit.text for edit in answer.fixes[0].edits][2] == (
        "docker network create -d macvlan --subnet=10.1.0.0/24 -o parent=enp0s8.30 n"
    )


@pytest.mark.parametrize(
    "mode, text",
    [("private", "not even ARP requests come from one to the other"), ("vepa", "only a switch port with hairpin")],
)
def test_siblings_of_one_parent(tmp_path: Path, mode: str, text: str) -> None:
    run = "root@host1:~# docker run -itd --name c3 --ip=172.16.10.4 --network m busybox"
    path = lab(tmp_path, run, "root@host1:~# docker exec c3 ping -c 1 -W 1 172.16.10.2")
    path.write_text(path.read_text().replace("-d macvlan", f"-d macvlan -o macvlan_mode={mode}"))
    answer = why(path)
    assert f"c1:eth0 has 172.16.10.2 on the same parent, but c3:eth0 and c1:eth0 are in mode {mode}" in answer.sentence
    assert text in answer.sentence


def test_two_switch_ports_stand_in_the_way(tmp_path: Path) -> None:
    """Each edit of a set alone changes only where the packet ends."""
    path = lab(tmp_path, "root@host1:~# docker exec c1 ping -c 1 -W 1 172.16.10.3", policy="virtualbox-deny")
    first, second = why(path).fixes
    assert {edit.text for edit in first.edits if edit.node == "sw1"} == {
        "port 1 policy virtualbox-allow-all",
        "port 2 policy virtualbox-allow-all",
    }
    assert {edit.text for edit in first.edits if edit.node != "sw1"} == {"ip link set enp0s8 promisc on"}
    assert any("-d ipvlan" in edit.text for edit in second.edits)


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
    data = as_data(answer)
    for fix in data["fixes"]:
        path.write_text(mended(path.read_text(), data, fix))
        assert list(Player(load(path)).play())[-1].pings[0].received == 1


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


# -- what is asked -----------------------------------------------------------------------------------------------------

TWICE = (
    "c1# ip route add blackhole 172.16.10.3",
    "c1# ping -c 1 -W 1 172.16.10.3",
    "root@host1:~# ping -c 1 -W 1 172.16.10.2",
)


@pytest.mark.parametrize(
    "asked, command, reason",
    [
        ("", "ping -c 1 -W 1 172.16.10.3", "IP_BLACKHOLE"),
        ("18", "ping -c 1 -W 1 172.16.10.3", "IP_BLACKHOLE"),
        ("19", "ping -c 1 -W 1 172.16.10.2", "IP_OUTNOROUTES"),
        ("c1: ping 172.16.10.3", "ping -c 1 -W 1 172.16.10.3", "IP_BLACKHOLE"),
        ("host1: ping c2", "ping -c 1 -W 1 172.16.10.3", "IP_OUTNOROUTES"),
        ("c2: ping 172.16.10.3", "ping -c 1 -W 1 172.16.10.3", None),
        ("host2: ping c2", "ping -c 1 -W 1 172.16.10.3", "IP_OUTNOROUTES"),
    ],
)
def test_a_step_by_line_by_text_or_none_of_the_file(
    tmp_path: Path, asked: str, command: str, reason: str | None
) -> None:
    data = as_data(why(lab(tmp_path, *TWICE), asked))
    assert (data["command"], data["reason"]) == (command, reason)
    assert data["verdict"] == ("lost" if reason else "answered")


@pytest.mark.parametrize(
    "asked, said",
    [
        ("99", "no command stands on line 99"),
        ("c9: ping 172.16.10.3", "the lab has no node 'c9'"),
        ("why not", "is no step"),
    ],
)
def test_questions_that_cannot_be_asked(
    tmp_path: Path, asked: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_code:
        main(["why", str(lab(tmp_path, *TWICE)), asked])
    assert exit_code.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_working_ping_accounts_for_flooded_copies(tmp_path: Path) -> None:
    path = lab(tmp_path, "root@host1:~# docker exec c1 ping -c 1 172.16.10.3")
    data = as_data(why(path, "host1: docker exec c1 ping -c 1 172.16.10.3"))
    assert data["verdict"] == "answered"
    assert "nothing was dropped" in data["sentence"]
    assert [(one["where"], one["reason"]) for one in data["ignored"]] == [("host2:enp0s8", "ARP_NOT_FOR_US")]
    assert data["fixes"] == []


def test_no_fix_breaks_what_worked(tmp_path: Path) -> None:
    """c1 reaches c2 only by a rule's mercy; that it reached host2 before must not be given up for it."""
    path = lab(
        tmp_path,
        "root@host1:~# ip netns add n",
        "root@host1:~# ip link add m link enp0s8 netns n type macvlan mode private",
        "root@host1:~# ip -n n addr add 172.16.10.9/24 dev m",
        "root@host1:~# ip -n n link set m up",
        "root@host1:~# ip netns exec n ping -c 1 -W 1 172.16.10.3",
        "root@host1:~# docker exec c1 ping -c 1 -W 1 172.16.10.3",
        "root@host1:~# docker exec c1 ping -c 1 -W 1 172.16.10.9",
    )
    answer = why(path)
    assert answer.fixes[0].edits[0].text == "ip netns exec n ip link set m type macvlan mode bridge"
    data = as_data(answer)
    for fix in data["fixes"]:
        mended_path = tmp_path / "mended.md"
        mended_path.write_text(mended(path.read_text(), data, fix))
        assert all(o.pings[0].received for o in Player(load(mended_path)).play() if o.pings)


def test_colours_are_for_terminals_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab(tmp_path, *TWICE)
    text = as_text(why(path))
    assert "\x1b" not in text
    painted = coloured(text)
    assert re.sub(r"\x1b\[\d*m", "", painted) == text
    assert painted != text
    with pytest.raises(SystemExit):
        main(["why", str(path)])
    assert "\x1b" not in capsys.readouterr().out


def test_hops_name_the_kernels_functions() -> None:
    data = as_data(why(SCENARIOS / "failures" / "08-vlan-not-on-trunk.md"))
    functions = {(hop["where"], hop["action"]): hop["kernel_function"] for hop in data["path"]}
    assert functions["c1:eth0", "xmit"] == "macvlan_start_xmit"
    assert functions["host1:enp0s8.100", "xmit"] == "vlan_dev_hard_start_xmit"
    assert functions["sw1:2", "PORT_VLAN"] is None


def test_nobody_else_is_given_the_targets_address(tmp_path: Path) -> None:
    """An answer from another machine would flip the verdict, and mend nothing."""
    path = lab(tmp_path, "c2# sysctl -w net.ipv4.icmp_echo_ignore_all=1", "c1# ping -c 1 -W 1 172.16.10.3")
    for fix in why(path).fixes:
        assert not any("addr add 172.16.10.3" in edit.command for edit in fix.edits)


def test_a_cable_that_is_not_there_between_two_machines(tmp_path: Path) -> None:
    """Nobody can type it anywhere: the front matter is what has to be changed."""
    text = six()
    del text.links[0]
    path = tmp_path / "lab.md"
    path.write_text(text.text)
    data = as_data(why(path))
    assert (data["reason"], data["where"]) == ("DEV_NO_CARRIER", "a:eth0")
    edit = {"on": "front matter", "do": 'topology.links[1] = {"endpoints": ["a:eth0", "r:eth0"]}'}
    assert data["fixes"][0]["edits"] == [edit]
    path.write_text(mended(path.read_text(), data, data["fixes"][0]))
    assert why(path).verdict == "answered"


def test_an_address_that_is_not_ready_yet(tmp_path: Path) -> None:
    text = six()
    text.steps.remove(("a", "sleep 3"))
    path = tmp_path / "lab.md"
    path.write_text(text.text)
    answer = why(path)
    assert "tentative" in answer.sentence
    assert [(edit.node, edit.text) for edit in answer.fixes[0].edits] == [("a", "sleep 3")]


@pytest.mark.parametrize(
    "refused, edits",
    [
        (
            "docker run -itd --name c3 --ip=172.16.11.4 --network m busybox",
            ["docker run -itd --name c3 --ip=172.16.10.4 --network m busybox"],
        ),
        (
            "docker run -itd --name c3 --ip 172.16.10.4 --net n busybox",
            ["docker rm c3", "docker run -itd --name c3 --ip 172.16.10.4 --net m busybox"],
        ),
    ],
    ids=["address", "network"],
)
def test_a_container_that_was_refused_is_run_again(tmp_path: Path, refused: str, edits: list[str]) -> None:
    answer = why(lab(tmp_path, f"root@host2:~# {refused}", "root@host1:~# docker exec c1 ping -c 1 172.16.10.4"))
    assert [(edit.node, edit.command) for edit in answer.fixes[0].edits] == [("host2", edit) for edit in edits]
    assert len(answer.fixes) == 1


def test_an_address_that_nobody_was_to_have(tmp_path: Path) -> None:
    answer = why(lab(tmp_path, "root@host1:~# docker exec c1 ping -c 1 172.16.10.33"))
    assert answer.sentence.endswith("nobody answered the ARP request; no machine of the lab has 172.16.10.33")
    assert [fix.edits[0].command for fix in answer.fixes] == ["docker exec c1 ping -c 1 172.16.10.3"]
