"""`macvsim import`: its output, what it says of what it cannot import, and of files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from macvsim.cli import main
from macvsim.exchange.sections import collector
from tests.importing.collected import a_bit_of_everything, imported

pytestmark = pytest.mark.slow


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.fixture(name="text", scope="module")
def _text() -> str:
    return a_bit_of_everything()


@pytest.fixture(name="file")
def _file(tmp_path: Path, text: str) -> Path:
    (tmp_path / "host1.txt").write_text(text)
    return tmp_path / "host1.txt"


def test_the_collector_is_a_posix_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", "--collector") == 0
    script = capsys.readouterr().out
    assert script.startswith("#!/bin/sh\n") and script == collector()


def test_a_document_is_printed_or_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", file, "--ping", "c1", "172.16.10.1") == 0
    document = capsys.readouterr().out
    assert document.startswith("---\nname: imported\n")
    assert "- nobody here has 172.16.10.1, the gateway of c1 on host1 to default\n" in document
    assert document.endswith("```console\nc1# ping -c 2 172.16.10.1\n```\n")
    lab = file.with_name("lab.md")
    assert run("import", file, "-o", lab, "--ping", "c1", "172.16.10.1") == 0
    assert capsys.readouterr().out.endswith(f"{lab}: 1 machine\n")
    assert lab.read_text() == document
    assert run("why", lab, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["reason"], answer["verdict"]) == ("NEIGH_FAILED", "lost")
    assert run("run", lab) == 0
    assert "2 packets transmitted, 0 packets received" in capsys.readouterr().out


def test_what_was_collected_is_there(text: str) -> None:
    lab, found = imported(text)
    host = lab.hosts["host1"]
    assert found.notes == []
    assert '{"vlan":7}' in host.sh("bridge -j vlan show dev v0").stdout
    assert "02:00:00:00:00:05 dev v0 vlan 1 master br1 static" in host.sh("bridge fdb").stdout
    assert "10.0.0.9 dev v1 lladdr 02:00:00:00:00:09 PERMANENT" in host.sh("ip -n blue neigh").stdout
    assert "0.0.0.0:8080->80/tcp" in host.sh("docker ps").stdout


def changed(text: str, place: str, what: str, change: Any) -> str:
    """The output with other JSON in a section."""
    head = f"===== {place}: {what}\n"
    before, _, rest = text.partition(head)
    section, _, after = rest.partition("\n=====")
    data = json.loads(section)
    return f"{before}{head}{json.dumps(change(data) or data)}\n====={after}"


def test_what_cannot_be_imported_is_said(text: str) -> None:
    odd = {"ifindex": 90, "ifname": "wg0", "flags": ["UP"], "link_type": "none", "linkinfo": {"info_kind": "wireguard"}}
    tap = {
        "ifindex": 91, "ifname": "tap0", "flags": ["UP"], "link_type": "ether", "address": "02:00:00:00:00:91",
        "link": "enp0s8", "linkinfo": {"info_kind": "macvtap", "info_data": {"mode": "bridge"}},
    }  # fmt: skip
    text = changed(text, "host", "ip -j -d link", lambda rows: [*rows, odd, tap])
    text = changed(text, "host", "ip -j rule", lambda rows: [*rows, {"priority": 9, "src": "10.0.0.1", "table": "7"}])
    text = changed(
        text, "host", "ip -j route", lambda rows: [*rows, {"dst": "10.7.0.0/16", "dev": "enp0s8", "table": "7"}]
    )
    text = changed(
        text,
        "machine",
        "docker network inspect",
        lambda rows: [*rows, {"Name": "mesh", "Id": "0" * 64, "Driver": "overlay"}],
    )
    text = text.replace("*filter\n", "*filter\n-A INPUT -m fuzzy -j DROP\n", 1)
    lab, found = imported(text)
    notes = "\n".join(found.notes)
    for said in (
        "not simulated: host1: device wg0: wireguard devices",
        "not simulated: host1: network mesh: networks of driver overlay",
        "not simulated: host1: iptables -A INPUT -m fuzzy -j DROP: ",
        "not simulated: host1: ip rule 9: policy routing",
        "not simulated: host1: routes of table 7: policy routing",
    ):
        assert said in notes
    assert all(f"- {note.partition('`')[0]}" in found.text for note in found.notes)
    assert "device tap0" not in notes
    assert "\n    macvtap mode bridge " in str(lab["host1"].sh("ip -d link show tap0"))


def card(number: int, name: str, **more: Any) -> dict[str, Any]:
    mac = f"02:00:00:00:00:{number}"
    return {"ifindex": number, "ifname": name, "flags": ["UP"], "link_type": "ether", "address": mac, **more}


def test_cards_of_kinds_that_are_not_simulated(text: str) -> None:
    bond = card(50, "bond0", linkinfo={"info_kind": "bond"})
    parts = [card(51, "eno1", master="bond0"), card(52, "eno2", master="bond0"), card(53, "wlan0")]
    text = changed(text, "host", "ip -j -d link", lambda rows: [*rows, bond, *parts])
    _, found = imported(text.replace("machine: user\n0", "machine: user\n1000"))
    nodes = found.topology["nodes"]
    assert list(nodes["host1"]["nics"]) == ["enp0s8", "bond0", "wlan0"]
    assert {"policy": "wifi"} in [port for node in nodes.values() for port in node.get("ports", {}).values()]
    assert "host1:bond0, a bond of eno1, eno2, is taken for one card" in found.assumed
    assert "not simulated: host1: device eno1: a part of bond0" in found.notes
    assert any("the collector was not run as root" in note for note in found.notes)


def test_names_of_machines_and_switches_stay_apart(text: str) -> None:
    for hostname, name in (("sw1", "sw1"), ("-näme of.it", "n-me-of"), ("", "host"), ("a:b/c", "a-b-c")):
        again, found = imported(text.replace("hostname\nhost1", f"hostname\n{hostname}"))
        assert list(again.hosts) == [name] and len(again.switches) == 1 and name not in again.switches
        assert found.notes == []


def test_a_namespace_is_pinged_from_and_a_saved_lab_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = file.with_name("lab.json")
    assert run("import", file, "-o", out, "--ping", "blue", "10.0.0.1") == 0
    capsys.readouterr()
    assert run("run", out) == 0
    shown = capsys.readouterr().out
    assert "host1# ip netns exec blue ping -c 2 10.0.0.1\n" in shown and "2 received" in shown


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda text: text[: len(text) // 2], "ends too early, in "),
        (lambda text: "", "no output of the collector"),
        (lambda text: "{}", "no output of the collector"),
        (lambda text: text.replace("collector 1", "collector 2", 1), "later collector"),
        (lambda text: text.replace("[{", "[{{", 1), "host1.txt:9: ip -j -d link of host: not the JSON that it prints"),
        (
            lambda text: text.replace("===== host: ip -j -d link", "===== host: other", 1),
            "ip -j -d link of host is not there",
        ),
        (
            lambda text: text.replace("===== host: ip -j addr", "===== host: other", 1),
            "ip -j addr of host is not there",
        ),
        (lambda text: text.replace('"ifindex":2', '"ifindex":"two"', 1), "ifindex: Input should be a valid integer"),
        (lambda text: text + text, "something follows the end"),
        (lambda text: text.replace("===== end", "===== host: sysctl\n===== end"), "sysctl of host is there twice"),
    ],
)
def test_files_that_are_none(change: Any, told: str, file: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(change(text))
    assert run("import", file) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and told in said.err and str(file) in said.err


def test_mistakes_on_the_command_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        ([], "name the collector's outputs"),
        ([file, "-o", "lab.txt"], "a lab document is a file NAME.md, a saved lab NAME.json"),
        ([file, "--ping", "nobody", "10.0.0.1"], "there are host1, c1, c2"),
        ([file.with_name("none.txt")], "No such file"),
    ):
        assert run("import", *words) == 2
        said = capsys.readouterr().err
        assert told in said and said.count("\n") == 1
