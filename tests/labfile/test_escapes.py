"""Input that ended in an exception of Python ends in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim import Lab
from macvsim.errors import ScenarioError
from macvsim.labfile.load import load
from macvsim.labfile.play import Player
from macvsim.why.ask import why
from tests.two_hosts import topology


def written(folder: Path, front: str, commands: str) -> Path:
    path = folder / "lab.md"
    path.write_text(f"---\n{front}---\n```console\n{commands}\n```\n")
    return path


def test_names_of_nodes_that_are_numbers(tmp_path: Path) -> None:
    front = """\
name: x
topology:
  nodes: {1: {labels: {a: b}}, 2.5: {}, 3: {kind: switch}}
  links: [{endpoints: ["1:enp0s8", "3:1"]}, {endpoints: ["2.5:enp0s8", "3:2"]}]
"""
    lab_file = load(written(tmp_path, front, "root@1:~# hostname\nroot@2.5:~# hostname"))
    assert [note.partition(": ")[2] for note in lab_file.front.notes()] == ["note: labels has no effect here"]
    assert [outcome.output for outcome in Player(lab_file).play()] == ["1\n", "2.5\n"]


def test_the_same_name_as_number_and_as_text(tmp_path: Path) -> None:
    path = written(tmp_path, "name: x\ntopology: {nodes: {1: {}, '1': {}}}\n", "root@1:~# hostname")
    with pytest.raises(ScenarioError, match="there are two nodes 1: give each another name"):
        load(path)


@pytest.mark.parametrize(
    "command",
    [
        "docker run -itd --name c1 --network n1 --ip=192.168.1.260 busybox",
        "docker run -itd --name c1 --network n1 --ip 192.168.1 busybox",
        "docker network create --subnet 999.1.2.0/24 n2",
    ],
)
def test_why_is_asked_of_an_address_that_is_none(tmp_path: Path, command: str) -> None:
    make = "root@host1:~# docker network create -d macvlan --subnet 192.168.1.0/24 -o parent=enp0s8 n1"
    path = written(tmp_path, topology("x"), f"{make}\nroot@host1:~# {command}")
    answer = why(path, f"host1: {command}")
    assert "ValueError" not in str(answer)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("show cache", ""),
        ("list table cache", ""),
        ("show nonsense", 'ip: an inet prefix is expected rather than "nonsense"\n'),
        ("show 1.2.3.256", 'ip: an inet prefix is expected rather than "1.2.3.256"\n'),
    ],
)
def test_routes_of_busybox(words: str, printed: str) -> None:
    host = Lab(seed=0).host("host1")
    assert host.sh("docker run -itd --name c1 busybox").code == 0
    ran = host.sh(f"docker exec c1 ip route {words}")
    assert (ran.stdout + ran.stderr, ran.code) == (printed, 1 if printed else 0)
    ran = host.sh(f"docker exec c1 ip -6 route {words}")
    assert (ran.stdout + ran.stderr).replace("inet6", "inet").startswith(printed)
