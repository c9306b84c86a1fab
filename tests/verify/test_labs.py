"""Labs on the running kernel: what agrees, what differs, what is left out and why; and nothing stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from socket import socketpair
from threading import Thread

import pytest

from macvsim.cli import main
from macvsim.fidelity.verify import SKIPPED
from macvsim.fidelity.verify.commands import of_all
from macvsim.fidelity.verify.simlab import NoCounterpart, VethBuilder
from macvsim.fidelity.verify.snapshot import commands, snapshot
from macvsim.fidelity.verify.taps import Taps
from macvsim.labfile.load import load
from macvsim.record.sandbox.limits import family

LAB = """---
name: two-hosts
topology:
  nodes:
    host1: {nics: {eth1: {addresses: [10.0.0.1/24]}}}
    host2: {nics: {eth1: {addresses: [10.0.0.2/24]}}}
    sw1: {kind: switch}
  links:
    - endpoints: ["host1:eth1", "sw1:1"]
    - endpoints: ["host2:eth1", "sw1:2"]
---
```console
%s
```
"""
# a broadcast is answered by nobody: ARP requests go unheard
BUG = """
from macvsim.net.arp import ArpLayer
ArpLayer.receive = lambda self, dev, frame, packet_type: None
"""


def lab(folder: Path, *lines: str) -> Path:
    path = folder / "lab.md"
    path.write_text(LAB % "\n".join(lines))
    return path


def verify(path: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """``macvsim verify``, with code that is run in the sandbox before."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom macvsim.fidelity.verify.commands import verify_file\n"
        f"sys.exit(verify_file(Path({str(path)!r}), sys.stdout.write, sys.stderr.write, {before!r}))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    if "there can be no sandbox here" in ran.stderr:
        pytest.skip(ran.stderr.splitlines()[-1])
    if any(lack in ran.stdout for lack in ("cannot be made here", "has no ping", "iptables-restore: not found")):
        pytest.skip(ran.stdout)
    return ran


@pytest.mark.kernel
def test_outputs_and_frames_agree(tmp_path: Path) -> None:
    ran = verify(lab(tmp_path, "host1# ping -c 1 10.0.0.2", "host2# ip link add m1 link eth1 type macvlan"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [line.split()[0] for line in ran.stdout.splitlines()[:2]] == ["agree", "agree"]
    # request and reply of ARP and of echo, at eth1, the two ports and eth1; the broadcast at br0 as well
    assert "commands 2 agree, 0 differ, 0 made, 0 skipped; frames 17/17 equal" in ran.stdout


@pytest.mark.kernel
def test_docker_is_done_as_the_simulated_daemon_did_it(tmp_path: Path) -> None:
    create = "docker network create -d macvlan --subnet=10.0.0.0/24 --gateway=10.0.0.2 -o parent=eth1 mac1"
    run = "docker run -itd --name c1 --ip=10.0.0.9 --network mac1 busybox"
    ran = verify(lab(tmp_path, f"host1# {create}", f"host1# {run}", "host2# ping -c 1 10.0.0.9"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "type macvlan mode bridge" in ran.stdout
    assert "commands 1 agree, 0 differ, 2 made, 0 skipped" in ran.stdout


@pytest.mark.slow
@pytest.mark.kernel
def test_a_difference_is_told(tmp_path: Path) -> None:
    ran = verify(lab(tmp_path, "host1# ping -c 1 -W 1 10.0.0.2"), BUG)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    first, second, last = ran.stdout.split("again ")
    assert first.startswith("differ") and "try 2 of 3" in second and "try 3 of 3" in last  # before it is played again
    assert "-1 packets transmitted, 1 received, 0% packet loss" in ran.stdout
    assert "+1 packets transmitted, 0 received" in ran.stdout
    assert "differ  host1/eth1: frames" in ran.stdout
    assert ran.stdout.rstrip().endswith("played 3 times")


@pytest.mark.kernel
def test_what_the_kernel_cannot_do_is_left_out_on_both_sides(tmp_path: Path) -> None:
    create = "docker network create -d macvlan --subnet=10.0.%d.0/24 -o parent=eth1%s mac%d"
    lines = (
        f"host1# {create % (5, '.5', 5)}",
        "host1# docker run -itd --name c5 --network mac5 busybox",
        "host1# docker exec c5 ping -c 1 -W 1 10.0.5.9",
        "host1# ping -c 1 10.0.0.2",
    )
    ran = verify(lab(tmp_path, *lines))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    if "Unknown device type" not in ran.stdout:
        pytest.skip("this kernel has 802.1Q")
    assert ran.stdout.count("skipped  ") == 3
    assert "commands 1 agree, 0 differ, 0 made, 3 skipped; frames 17/17 equal" in ran.stdout


@pytest.mark.kernel
def test_commands_at_switches_are_left_out_on_both_sides(tmp_path: Path) -> None:
    ping = "root@host1:~# ping -c 1 -W 1 10.0.0.2"
    ran = verify(lab(tmp_path, ping, "sw1# port 2 down", ping))
    assert ran.returncode == 0
    assert "skipped   14: sw1# port 2 down\n" in ran.stdout
    assert "commands 2 agree, 0 differ, 0 made, 1 skipped" in ran.stdout


@pytest.mark.kernel
def test_what_the_machine_lacks_is_skipped(tmp_path: Path) -> None:
    lines = ("host1# nosuchtool", "host1# ip link set eth1 down", "host1# conntrack -L")
    ran = verify(lab(tmp_path, *lines))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "this machine has no nosuchtool" in ran.stdout
    assert "agree     14: host1# ip link set eth1 down" in ran.stdout


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind: switch", "kind: switch, policy: wifi", "no Linux bridge"),
        ('"sw1:2"]', '"sw1:2"]\n      loss: 1%', "loss"),
        ("kind: switch", "kind: switch, ports: {1: {mode: access, vlan: 5}}", "VLANs"),
    ],
)
def test_what_no_linux_device_does_has_no_counterpart(tmp_path: Path, old: str, new: str, why: str) -> None:
    path = lab(tmp_path, "host1# true")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(NoCounterpart, match=why):
        VethBuilder(load(path).front)


def test_a_state_needs_nothing_to_become_itself(tmp_path: Path) -> None:
    builder = VethBuilder(load(lab(tmp_path, "host1# true")).front)
    state = snapshot(builder.lab, builder.spaces)
    first = [words for _, words in commands({}, state)]
    assert sum(words[:3] == ("ip", "link", "add") for words in first) == 3  # the bridge and two pairs
    assert ("ip", "addr", "add", "10.0.0.1/24", "dev", "eth1") in first
    assert not list(commands(state, state))


_NOBODY = """
set -e
mount -t tmpfs none /mnt
for folder in "$2" "$3" "$4"; do
  mkdir -p "/mnt$folder"
  mount --bind "$folder" "/mnt$folder"
done
[ "$5" = / ] || mount -t tmpfs -o mode=755 none "$5"
for folder in "$2" "$3" "$4"; do
  mkdir -p "$folder"
  mount --bind "/mnt$folder" "$folder"
done
cd "$4"
exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ "$0" -m macvsim verify "$1"
"""
"""Python and the checkout may be where nobody may look: seen from a mount namespace, they are not."""


@pytest.mark.slow
@pytest.mark.kernel
def test_users_without_privileges_may_verify_too() -> None:
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only root can become nobody, with setpriv")
    checkout = Path(__file__).parents[2]
    lab_file = checkout / "scenarios/question1_bridge.md"
    folders = [sys.base_prefix, sys.prefix, str(checkout)]
    home = "/root" if any(folder.startswith("/root/") for folder in folders) else "/"
    command = ["unshare", "--mount", "sh", "-c", _NOBODY, sys.executable, str(lab_file), *folders, home]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "there can be no sandbox here" in ran.stderr:
        pytest.skip(ran.stderr)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 differ" in ran.stdout


@pytest.mark.kernel
def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    path = lab(tmp_path, "sw1# port 2 down")
    ran = verify(path)
    assert ran.returncode == 77, ran.stdout + ran.stderr
    assert "commands 0 agree, 0 differ, 0 made, 1 skipped; frames 0/0 equal; nothing was compared" in ran.stdout


def test_the_worst_of_several_statuses_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("macvsim.fidelity.verify.commands.verify_file", lambda path, write, complain: SKIPPED)
    with pytest.raises(SystemExit) as ended:
        main(["verify", "a.md", "b.md"])
    assert ended.value.code == 77
    assert capsys.readouterr().err == "macvsim: nothing was compared: all of it was skipped (status 77)\n"
    assert [of_all(codes) for codes in ([0, 77], [77, 77], [1, 77, 0], [1, 2], [0])] == [0, 77, 1, 2, 0]


@pytest.mark.kernel
@pytest.mark.parametrize(("name", "status"), [("SIGKILL", -9), ("SIGTERM", 143)])
def test_nothing_stays_behind_when_it_is_killed(tmp_path: Path, name: str, status: int) -> None:
    command = [sys.executable, "-m", "macvsim", "verify", str(lab(tmp_path, "host1# ping -c 60 10.0.0.2"))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    processes: list[int] = []
    while len(processes) < 6 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.1)  # noqa: TID251
        processes = list(family(process.pid))
    if process.poll() == 2:
        pytest.skip("there can be no sandbox here")
    assert len(processes) >= 6, "it never began"
    began = time.monotonic()
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=20)
    assert process.returncode == status and time.monotonic() - began < 5  # of 60
    assert said.decode() == ("macvsim: ended by SIGTERM\n" if name == "SIGTERM" else "")
    end = time.monotonic() + 10
    while (left := [pid for pid in processes if Path(f"/proc/{pid}").exists()]) and time.monotonic() < end:
        time.sleep(0.1)  # noqa: TID251
    assert not left


def test_taps_close_when_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    ours, others = socketpair()
    taps = Taps()
    taps._taps[ours.fileno()] = ("host1", "host1", ours)
    taps._poll.register(ours.fileno())
    monkeypatch.setattr(Thread, "start", refuse)
    taps.close()
    others.settimeout(1)
    assert others.recv(1) == b""
    others.close()
