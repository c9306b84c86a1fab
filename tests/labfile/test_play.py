"""Playing, checking and rewriting lab files."""

from __future__ import annotations

from pathlib import Path

import pytest

from macvsim import __version__
from macvsim.cli import main
from macvsim.errors import ScenarioError
from macvsim.labfile.load import load
from macvsim.labfile.play import Outcome, Player
from tests.two_hosts import topology

FRONT = f"---\n{topology('x')}---\n"
LINES = FRONT.count("\n")
PING = """\
host1# ping -c 1 10.0.0.2
PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.2 ms

--- 10.0.0.2 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.2/0.2/0.2/0.0 ms
"""


def write(tmp_path: Path, *blocks: str, front: str = FRONT) -> Path:
    path = tmp_path / "lab.md"
    path.write_text(front + "".join(f"```console\n{block}```\n" for block in blocks))
    return path


def play(path: Path) -> list[Outcome]:
    return list(Player(load(path)).play())


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    assert isinstance(caught.value.code, int)
    return caught.value.code


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_each_node_keeps_its_session(tmp_path: Path) -> None:
    text = """\
host1# cd /tmp; x=5
host2# pwd
/root
root@host1:/tmp# echo $x $PWD
5 /tmp
root@host1:~# pwd
/root
host1# pwd
/root
"""
    assert [outcome.hunks for outcome in play(write(tmp_path, text))] == [[]] * 5


def test_a_session_that_was_left_begins_anew(tmp_path: Path) -> None:
    found = play(write(tmp_path, "host1# x=5; exit 3\nhost1# echo [$x]\n"))
    assert [(outcome.output, outcome.status) for outcome in found] == [("", 3), ("[]\n", 0)]


def test_background_jobs(tmp_path: Path) -> None:
    text = """\
host1# ping -c 2 10.0.0.2 >/tmp/out &
[1] 1234
host2# sleep 5
host1# grep -c icmp_seq /tmp/out
2
[1]+  Done ...
"""
    assert [outcome.hunks for outcome in play(write(tmp_path, text))] == [[]] * 3
    text = """\
host1# (sleep 1; echo late) &
[1] 1
host2# sleep 3; echo mine
mine
host1# echo now
late
now
[1]+  Done ...
"""
    assert [outcome.hunks for outcome in play(write(tmp_path, text))] == [[]] * 3


def test_ctrl_c_is_pressed_where_it_is_shown(tmp_path: Path) -> None:
    text = """\
host1# ping 10.0.0.2
...
64 bytes from 10.0.0.2: icmp_seq=1 ...
64 bytes from 10.0.0.2: icmp_seq=2 ...
^C
...
host1# sleep 99
^C
"""
    found = play(write(tmp_path, text))
    assert "2 packets transmitted, 2 received, 0% packet loss" in found[0].output
    assert (found[1].output, found[1].status) == ("^C\n", 130)
    assert [outcome.hunks for outcome in found] == [[], []]


def test_containers_are_nodes(tmp_path: Path) -> None:
    create = "docker network create -d macvlan --subnet=10.0.0.0/24 -o parent=enp0s8 m"
    text = f"""\
host1# {create}
host1# docker run -itd --name c1 --ip 10.0.0.7 --network m busybox
root@c1:/# ping -c 1 10.0.0.2
c1# hostname -i
"""
    found = play(write(tmp_path, text))
    assert found[2].output.startswith("PING 10.0.0.2 (10.0.0.2): 56 data bytes\n64 bytes from 10.0.0.2: seq=0 ttl=64")
    with pytest.raises(ScenarioError, match=rf"lab\.md:{LINES + 5}: container c1 is not running: docker start c1"):
        play(write(tmp_path, text[: text.index("root@c1")] + "host1# docker stop c1\nc1# true\n"))


def test_nodes_by_host_name(tmp_path: Path) -> None:
    front = FRONT.replace("host1: {", "host1: {hostname: gw, ").replace("host2: {", "host2: {hostname: gw, ")
    with pytest.raises(ScenarioError, match=rf"lab\.md:{LINES + 2}: several nodes are called gw: .* host1, host2"):
        play(write(tmp_path, "gw# true\n", front=front))
    front = FRONT.replace("host1: {", "host1: {hostname: gw, ")
    assert play(write(tmp_path, "[root@gw ~]# hostname\n", front=front))[0].output == "gw\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("host9# true\n", "the lab has no node 'host9': it has host1, host2"),
        ("root@host1:/nope# true\n", "there is no directory /nope on host1"),
        ("host1# ping 10.0.0.2\n", "'ping 10.0.0.2' still runs after 3600 s: let it end (ping -c 3)"),
    ],
)
def test_what_cannot_be_run(text: str, error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, text)
    for command in ("check", "run"):
        assert run(command, path) == 2
        printed = capsys.readouterr().err
        assert printed.startswith(f"macvsim: {path}:{LINES + 2}: {error}")
        assert printed.count("\n") == 1


# -- run ---------------------------------------------------------------------------------------------------------------


def test_run_prints_the_transcript_and_keeps_the_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pcap = tmp_path / "out.pcapng"
    assert run("run", write(tmp_path, "root@host1:~# echo a; sleep 1\n", PING), "--pcap", pcap) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "root@host1:~# echo a; sleep 1\na\n\nhost1# ping -c 1 10.0.0.2\nPING 10.0.0.2 (10.0.0.2) 56("
    )
    assert printed.endswith(f"8 frames of 2 interfaces written to {pcap}\n")
    assert pcap.stat().st_size > 500


def test_trace_shows_every_step_and_drop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("trace", write(tmp_path, "host1# ping -c 1 10.0.0.2\nhost1# ping -c 1 -W 1 10.0.0.9\n")) == 0
    printed = capsys.readouterr().out
    first, second = printed.split("host1# ")[1:]
    assert first.startswith("ping -c 1 10.0.0.2\n")
    request = [line for line in first.splitlines() if "ICMP echo-request" in line]
    assert request[0].split()[3:5] == ["host1:enp0s8", "xmit"] and "host2:enp0s8" in request[-1]
    assert len({line.split()[0] for line in request}) == 1
    assert "DROP ARP_NOT_FOR_US: " in second and "DROP" not in first
    assert run("trace", tmp_path / "none.md") == 2


def test_run_refuses_another_kind_of_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", write(tmp_path, PING), "--pcap", tmp_path / "out.pcap") == 2
    assert capsys.readouterr() == (
        "",
        f"macvsim: {tmp_path}/out.pcap: a capture of the whole lab is a file NAME.pcapng\n",
    )


def test_a_topology_with_its_commands_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.clab.yml").write_text(FRONT.replace("---\n", ""))
    assert run("run", tmp_path / "lab.clab.yml") == 2
    error = "lab.sh: there are no commands: write lines of the form NODE# COMMAND in it\n"
    assert capsys.readouterr().err.endswith(error)
    (tmp_path / "lab.sh").write_text("# both\nhost1# ping -c 1 -q 10.0.0.2\n")
    for name in ("lab.clab.yml", "lab.sh"):
        assert run("run", tmp_path / name) == 0
        assert "1 received" in capsys.readouterr().out
    (tmp_path / "alone.sh").write_text("host1# true\n")
    assert run("check", tmp_path / "alone.sh") == 2
    assert "alone.sh: no topology beside it: describe the lab in alone.yaml" in capsys.readouterr().err


def test_commands_beside_a_topology_may_have_its_whole_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.clab.yml").write_text(FRONT.replace("---\n", ""))
    (tmp_path / "lab.clab.sh").write_text("host1# ping -c 1 -q 10.0.0.2\n")
    for name in ("lab.clab.yml", "lab.clab.sh"):
        assert run("run", tmp_path / name) == 0
        assert "1 received" in capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "check     play labs and compare" in capsys.readouterr().err
    assert run("--version") == 0
    assert capsys.readouterr().out == f"macvsim {__version__}\n"


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "binary.md").write_bytes(b"---\n\xff\n")
    (tmp_path / "folder.md").mkdir()
    for name, error in (
        ("missing.md", f"No such file or directory: {tmp_path}/missing.md"),
        ("folder.md", f"Is a directory: {tmp_path}/folder.md"),
        ("binary.md", f"{tmp_path}/binary.md: this is no text in UTF-8: invalid start byte at byte 4"),
        (
            "lab.txt",
            f"{tmp_path}/lab.txt: a lab is a document LAB.md, or a topology LAB.yaml with its commands in LAB.sh",
        ),
    ):
        assert run("check", tmp_path / name) == 2
        assert capsys.readouterr().err == f"macvsim: {error}\n"


# -- check -------------------------------------------------------------------------------------------------------------


def test_check_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "host1# echo not compared\n", PING)
    assert run("check", path) == 0
    assert capsys.readouterr().out == f"{path}: 2 commands, 1 compared, all as expected\n"


def test_check_shows_line_expected_and_got(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PING.replace("ttl=64", "ttl=63"))
    assert run("check", path) == 1
    assert capsys.readouterr().out.splitlines()[:5] == [
        f"{path}:{LINES + 2}: host1# ping -c 1 10.0.0.2",
        f"  {path}:{LINES + 4}: expected:",
        "    64 bytes from 10.0.0.2: icmp_seq=1 ttl=63 time=0.2 ms",
        "  got:",
        "    64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms",
    ]


def test_check_says_why_a_packet_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "host2# ip link set enp0s8 down\n", PING)
    assert run("check", path) == 1
    printed = capsys.readouterr().out
    assert "  why: host1 -> 10.0.0.2: " in printed
    assert "host1:enp0s8 NEIGH_FAILED: nobody answered the ARP request" in printed


def test_silence_is_compared_where_others_speak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "host1# echo a\nhost1# echo b\nb\n")
    assert run("check", path) == 1
    assert f"  {path}:{LINES + 3}: expected:\n    (nothing)\n  got:\n    a\n" in capsys.readouterr().out


def test_check_goes_on_after_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PING)
    assert run("check", tmp_path / "missing.md", path) == 2
    assert "all as expected" in capsys.readouterr().out


def test_what_is_not_simulated_is_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "host1# ls -l /tmp\n")
    assert run("check", path) == 0
    assert f"{path}:{LINES + 2}: note: not simulated: ls -l\n" in capsys.readouterr().out


# -- update ------------------------------------------------------------------------------------------------------------


def test_update_touches_nothing_else(tmp_path: Path) -> None:
    body = """
中文  
1. x

   ```console
   host1# echo  a; echo b; echo c
   a
   x
   ...

   host1# echo d
   host1# ping -c 1 10.0.0.2 | tail -n 1
   rtt min/avg/max/mdev = 9/9/9/9 ms
   ```
end"""  # noqa: W291
    before = (FRONT + body).replace("\n", "\r\n").encode()
    path = tmp_path / "lab.md"
    path.write_bytes(before)
    assert run("check", path, "--update") == 0
    after = before.replace(b"   x\r\n", b"   b\r\n").replace(b"echo d\r\n", b"echo d\r\n   d\r\n")
    assert path.read_bytes() == after
    assert run("check", path) == 0
    assert run("check", path, "--update") == 0
    assert path.read_bytes() == after


def test_update_refuses_what_a_document_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "host1# echo 'host1# id'\n?\n")
    before = path.read_bytes()
    assert run("check", path, "--update") == 2
    assert f"{path}:{LINES + 2}: an output has a line that reads like a prompt" in capsys.readouterr().err
    assert path.read_bytes() == before
