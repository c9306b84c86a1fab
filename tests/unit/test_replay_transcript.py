"""Reading transcripts, and what they tell about the machines they were typed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim.errors import ScenarioError
from macvsim.fidelity.replay.testbed import derive
from macvsim.fidelity.replay.transcript import load, parse

PROMPTS = """\
##### first
root@host1:~# ping -c 1 9.9.9.9
PING 9.9.9.9

--- 9.9.9.9 ping statistics ---
1 packets transmitted

[rc=1]

root@host3:~# vconfig add nosuch 100
2>
2> Warning: deprecated
2>
2> Cannot find device "nosuch"
[rc=3]

##### second
root@host1:~# docker exec c1 cat /etc/resolv.conf
nameserver 127.0.0.11

# ExtServers: [192.168.1.1]

"""
DOLLARS = """\
$ docker network ls
NETWORK ID     NAME      DRIVER    SCOPE
37c73323b0a2   host      host      local
rc=0

$ docker network create -d macvlan mac2
2> Error response from daemon: operation not supported
rc=1
"""


def test_prompts() -> None:
    ping, vconfig, resolv = parse(PROMPTS).exchanges
    assert (ping.line, ping.section, ping.host, ping.command, ping.rc) == (2, "first", "host1", "ping -c 1 9.9.9.9", 1)
    assert ping.stdout.endswith("1 packets transmitted\n")
    assert vconfig.stdout == ""
    assert vconfig.stderr == '\nWarning: deprecated\n\nCannot find device "nosuch"'
    assert vconfig.rc == 3
    assert (resolv.section, resolv.is_docker, resolv.rc) == ("second", True, 0)


def test_dollars() -> None:
    transcript = parse(DOLLARS)
    assert [exchange.rc for exchange in transcript.exchanges] == [0, 1]
    assert transcript.exchanges[0].stdout.endswith("local")
    assert transcript.exchanges[1].stderr == "Error response from daemon: operation not supported"


def test_a_prompt_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="root@HOST"):
        parse("nothing typed here\n")
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="UTF-8"):
        load(tmp_path / "x")


def test_testbed_of_prompts() -> None:
    testbed = derive(parse(PROMPTS))
    assert testbed.hosts == ("host1", "host2", "host3")
    assert testbed.daemons == {"host1": 0}
    assert testbed.name_server == "192.168.1.1"
    assert testbed.missing_kinds == frozenset()


def test_testbed_of_dollars() -> None:
    testbed = derive(parse(DOLLARS))
    assert testbed.hosts == ("host1",)
    assert testbed.daemon_options == {"default_bridge": False}
    assert testbed.missing_kinds == {"dummy"}


def test_a_daemon_started_off_the_record() -> None:
    reading = "root@host1:~# sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = {}\n\n"
    listing = "root@host1:~# iptables -S\n-N DOCKER-USER\n\n"
    assert derive(parse(reading.format(0) + reading.format(1) + listing)).daemons == {"host1": 1}
    writing = "root@host1:~# sysctl -w net.ipv4.ip_forward=1\nnet.ipv4.ip_forward = 1\n\n"
    assert derive(parse(reading.format(0) + writing + reading.format(1) + listing)).daemons == {"host1": 3}
    assert derive(parse(reading.format(0) + writing)).daemons == {}


def test_files_lie_where_errors_name_them(tmp_path: Path) -> None:
    (tmp_path / "compose").mkdir()
    (tmp_path / "compose" / "bad.yaml").write_text("x: 1\n")
    path = tmp_path / "t.txt"
    path.write_text("root@host1:~# docker-compose -f bad.yaml up\n2> validating /root/lab/bad.yaml: no\n[rc=15]\n\n")
    transcript = load(path)
    assert transcript.files == (("bad.yaml", "x: 1\n"),)
    assert derive(transcript).folder == "/root/lab"
