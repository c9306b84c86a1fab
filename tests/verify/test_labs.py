"""Labs on the running kernel: what agrees, what differs, what is left out and why; and nothing stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from macvsim.fidelity.verify.sandbox import INSIDE, refusal
from macvsim.fidelity.verify.simlab import NoCounterpart, VethBuilder
from macvsim.fidelity.verify.snapshot import commands, snapshot
from macvsim.labfile.load import load

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
    way, why = refusal()
    if way is None:
        pytest.skip(why)
    code = (
        f"{before}\nimport sys\nfrom pathlib import Path\nfrom macvsim.fidelity.verify.commands import verify_files\n"
        f"sys.exit(not verify_files([Path({str(path)!r})], sys.stdout.write))\n"
    )
    ran = subprocess.run([*way, sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
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
    assert ran.stdout.startswith("differ")
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
exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ "$0" -m macvsim verify --trust "$1"
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
    if ran.stdout.startswith("skipped:"):
        pytest.skip(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 differ" in ran.stdout


@pytest.mark.kernel
def test_nothing_stays_behind_when_it_is_killed(tmp_path: Path) -> None:
    if refusal()[0] is None:
        pytest.skip(refusal()[1])
    mark = f"test-{os.getpid()}"
    command = [sys.executable, "-m", "macvsim", "verify", "--trust", str(lab(tmp_path, "host1# ping -c 60 10.0.0.2"))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "MARK": mark})
    end = time.monotonic() + 30
    while len(marked(mark)) < 4 and time.monotonic() < end:
        time.sleep(0.1)  # noqa: TID251
    assert len(marked(mark)) >= 4, "it never began"
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 10
    while marked(mark) and time.monotonic() < end:
        time.sleep(0.1)  # noqa: TID251
    assert not marked(mark)
    assert not Path("/run/macvsim").exists()


def marked(mark: str) -> list[str]:
    """Processes that have the mark, and the sandbox's, in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if f"MARK={mark}".encode() in environment and INSIDE.encode() in environment:
            found.append(entry.name)
    return found


@pytest.mark.parametrize("uid", [0, 1000])
def test_nothing_runs_without_a_user_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    tried = tmp_path / "tried"
    fake = tmp_path / "unshare"
    fake.write_text(
        f'#!/bin/sh\necho "$@" >>{tried}\ncase " $* " in *" --user "*) echo "unshare: no" >&2; exit 1;; esac\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("os.geteuid", lambda: uid)
    assert refusal() == (None, "the kernel refuses a user namespace: unshare: no")
    assert [" --user " in f" {line} " for line in tried.read_text().splitlines()] == [True]
