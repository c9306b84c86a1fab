"""Lines typed at a lab's terminals: where they run, what the console does itself, what is saved."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from macvsim.cli import main
from macvsim.console.completion import candidates
from macvsim.console.console import Console
from macvsim.engine.sim import SECOND
from macvsim.errors import MacvsimError
from macvsim.labfile.commands import check_file
from macvsim.labfile.load import load

TOPOLOGY = """\
name: typed
docker: "19.03"
topology:
  nodes:
    host1: {nics: {enp0s8: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {enp0s8: {addresses: [10.0.0.2/24]}}}
    host3: {flavour: centos, hostname: localhost}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:enp0s8", "sw1:1"]
    - endpoints: ["host2:enp0s8", "sw1:2"]
    - endpoints: ["host3:enp0s8", "sw1:3"]
"""
CREATE = "docker network create -d macvlan --subnet=172.16.10.0/24 --gateway=172.16.10.1 -o parent=enp0s8 mac1"


class Desk:
    """A console and its screen; Ctrl-C is pressed after so many seconds of a command."""

    def __init__(self, folder: Path, press: float | None = None) -> None:
        (folder / "lab.yaml").write_text(TOPOLOGY)
        self.shown: list[str] = []
        self.press = press
        self.console = Console(load(folder / "lab.yaml"), self.shown.append, self.wait)

    def wait(self, elapsed: int) -> bool:
        return self.press is not None and elapsed >= self.press * SECOND

    def type(self, *lines: str) -> str:
        """What the screen shows of some commands."""
        self.shown.clear()
        for line in lines:
            self.console.enter(line)
        return "".join(self.shown)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_one_is_logged_in_on_the_first_machine(desk: Desk) -> None:
    assert desk.console.prompt == "root@host1:~#"
    assert desk.type("hostname; cd /tmp", "") == "host1\n"
    assert desk.console.prompt == "root@host1:/tmp#"


def test_going_to_other_nodes(desk: Desk) -> None:
    prompts = []
    for line in ("@host2", "ssh host3", "cd /proc/net", "ssh root@host1", "cd /tmp", "exit", "exit", "@host1"):
        desk.type(line)
        prompts.append(desk.console.prompt)
    assert prompts == [
        "root@host2:~#",
        "[root@localhost ~]#",
        "[root@localhost net]#",
        "root@host1:~#",
        "root@host1:/tmp#",
        "[root@localhost net]#",
        "root@host2:~#",
        "root@host1:~#",
    ]
    desk.console.leave()
    assert desk.console.prompt == ""


def test_a_shell_in_a_container(desk: Desk) -> None:
    desk.type(CREATE, "docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox", "docker exec -it c1 sh")
    assert desk.console.prompt == "root@c1:/#"
    assert desk.type("ip route | head -n 1", "ssh host1").startswith("default via 172.16.10.1 dev eth0")
    desk.type("exit")
    assert desk.console.prompt == "root@host1:~#"
    desk.type("@c1")
    desk.console.lab["host1"].sh("docker rm -f c1")
    assert desk.console.prompt == ""
    assert "the lab has no node 'c1'" in desk.shown[-1]


def test_mistakes_are_said(desk: Desk, tmp_path: Path) -> None:
    assert desk.type("@nope") == "the lab has no node 'nope': it has host1, host2, host3\n"
    assert desk.type("@host2 now") == "@host2 takes other words: @help lists them\n"
    assert desk.type("@save x.txt") == "x.txt: a lab document is a file NAME.md\n"
    assert desk.type(f"@save {tmp_path}/no/x.md") == f"No such file or directory: {tmp_path}/no/x.md\n"
    assert desk.type("echo 'a", "foo").endswith("-bash: foo: command not found\n")
    assert desk.console.prompt == "root@host1:~#"


def test_why(desk: Desk) -> None:
    assert desk.type("@why") == "the last command has sent no ping\n"
    desk.type("ping -c 1 10.0.0.2")
    assert desk.type("@why") == "every ping of the last command was answered\n"
    desk.type("ping -c 1 10.0.0.9")
    assert "ended at host1:enp0s8 NEIGH_FAILED: nobody answered the ARP request" in desk.type("@why")


def test_a_lab_without_machines(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text("name: x\ntopology: {nodes: {sw1: {kind: switch}}}\n")
    with pytest.raises(MacvsimError, match=r"lab\.sh: there is no machine to log in to: add a node of kind linux"):
        Console(load(tmp_path / "lab.yaml"), print, lambda elapsed: False)


def test_several_commands_at_once(desk: Desk) -> None:
    assert desk.type("echo a\necho 'b\nc'\n@host2\nhostname") == "a\nb\nc\nhost2\n"
    assert [entry.command for entry in desk.console.entries] == ["echo a", "echo 'b\nc'", "hostname"]
    assert "unexpected end of file" in desk.type("for x in 1")


# -- saving ------------------------------------------------------------------------------------------------------------


def test_a_saved_session_is_as_checked(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "saved.md"
    said = desk.type(
        "for x in 1 2; do\n  echo $x\ndone",
        "echo 'root@host1:~# id'",
        "echo '````'",
        "sleep 2 && echo late &",
        "@host3",
        "cd /tmp; ping -c 1 10.0.0.9",
        "ssh host1",
        "sleep 5",
        "exit",
        f"@save {file}",
        f"@save {file}",
        f"@save! {file}",
    )
    assert said.endswith(
        f"7 commands written to {file}\n{file} exists already: choose another name, or write @save! {file}\n"
        f"7 commands written to {file}\n"
    )
    text = file.read_text()
    assert text.startswith(
        f"---\n{TOPOLOGY}---\n# typed: a session\n\n`````console\nroot@host1:~# for x in 1 2; do\n>   echo $x\n"
    )
    assert "[root@localhost ~]# cd /tmp; ping -c 1 10.0.0.9\n" in text
    assert "echo 'root@host1:~# id'\n...\n" in text
    result: list[str] = []
    assert check_file(file, result.append), "".join(result)
    assert result == [f"{file}: 7 commands, 7 compared, all as expected\n"]


def test_ctrl_c_is_saved_with_its_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, press=3.2)
    said = desk.type("ping 10.0.0.2", "sleep 100", f"@save {tmp_path}/saved.md")
    assert "\n^C\n--- 10.0.0.2 ping statistics ---\n4 packets transmitted, 4 received" in said
    text = (tmp_path / "saved.md").read_text()
    assert text.count("\n^C (after 3.2 s)\n") == 2
    result: list[str] = []
    assert check_file(tmp_path / "saved.md", result.append), "".join(result)


# -- from a pipe -------------------------------------------------------------------------------------------------------


def test_lines_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lab.md"
    file.write_text(f"---\n{TOPOLOGY}---\n```console\nhost2# cd /tmp\n```\n")
    for options, where in (([], "~"), (["--play"], "/tmp")):
        monkeypatch.setattr("sys.stdin", io.StringIO("@host2\necho 'a\nb'\n"))
        with pytest.raises(SystemExit) as caught:
            main(["shell", str(file), *options])
        assert caught.value.code == 0
        assert f"root@host1:~# @host2\nroot@host2:{where}# echo 'a\n> b'\na\nb\n" in capsys.readouterr().out


def test_a_bad_lab_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.md").write_text("nothing\n")
    with pytest.raises(SystemExit) as caught:
        main(["shell", str(tmp_path / "lab.md")])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(f"macvsim: {tmp_path}/lab.md:1: a lab document begins with")


# -- the Tab key -------------------------------------------------------------------------------------------------------


def test_completion(desk: Desk) -> None:
    desk.type(CREATE, "docker run -itd --name c1 --ip=172.16.10.2 --network mac1 busybox")
    for text, found in (
        ("vcon", ["vconfig"]),
        ("cd /tmp && vcon", ["vconfig"]),
        ("docker ne", ["network"]),
        ("docker network in", ["inspect"]),
        ("docker exec c", ["c1"]),
        ("docker network rm --", ["--force", "--help"]),
        ("docker compose down --v", ["--volumes"]),
        ("docker swarm ", ["leave"]),
        ("docker-compose do", ["down"]),
        ("arping -", ["-A", "-D", "-I", "-U", "-V", "-b", "-c", "-f", "-i", "-q", "-s", "-w"]),
        ("grep --inv", ["--invert-match"]),
        ("nosuchprogram -", []),
        ("docker exec c1 arpi", ["arping"]),
        ("docker network rm ma", ["mac1"]),
        ("ip link show en", ["enp0s8"]),
        ("x -o parent=en", ["parent=enp0s8"]),
        ("@ho", ["@host1", "@host2", "@host3"]),
        ("@sa", ["@save"]),
        ("ssh ", ["c1", "host1", "host2", "host3"]),
        ("cat /etc/host", ["/etc/hostname", "/etc/hosts"]),
        ("cat /proc/sys/net/ipv4/conf/enp0s8/rp", ["/proc/sys/net/ipv4/conf/enp0s8/rp_filter"]),
        ("cat /nope/x", []),
    ):
        assert candidates(desk.console, text) == found, text


def test_what_is_not_simulated_is_said_beside_later_commands(desk: Desk, tmp_path: Path) -> None:
    after = "after: tc on host1 was not simulated\n"
    assert desk.type("tc qdisc add dev enp0s8 root netem loss 100%") == "not simulated: tc\n"
    assert desk.type("hostname") == f"host1\n{after}"
    assert desk.type("ping -c 1 10.0.0.2").endswith(f"ms\n{after}")
    assert desk.type("@why") == f"every ping of the last command was answered\n{after}"
    desk.type(f"@save {tmp_path / 'saved.md'}")
    assert "after:" not in (tmp_path / "saved.md").read_text()
