"""The sandbox seen from inside, which only reads: ids, capabilities, mounts, limits; and how it ends.

Labs that try to break out are in tests/uml/escape, for a kernel that may be harmed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from macvsim.record.sandbox import launch
from macvsim.record.sandbox.limits import Limits
from macvsim.record.sandbox.root import describe

pytestmark = pytest.mark.kernel
LOOK = """
import json, os, resource
def lines(path):
    with open(path) as file:
        return file.read().splitlines()
status = dict(line.split(":", 1) for line in lines("/proc/self/status"))
def refusal(path):
    try:
        os.open(path, os.O_WRONLY)
    except OSError as error:
        return os.strerror(error.errno)
print(json.dumps({
    "pid": os.getpid(), "uid": os.getuid(), "session": os.getsid(0), "environment": sorted(os.environ),
    "map": lines("/proc/self/uid_map")[0].split(), "capabilities": int(status["CapEff"], 16) != 0,
    "no_new_privs": status["NoNewPrivs"].strip(), "root": sorted(os.listdir("/")), "dev": sorted(os.listdir("/dev")),
    "mounts": [line.split(" - ")[0].split() for line in lines("/proc/self/mountinfo")],
    "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in ("NPROC", "FSIZE", "CORE")],
    "sysctl": refusal("/proc/sys/kernel/core_pattern"), "namespaces": refusal("/proc/sys/user/max_user_namespaces"),
    "of the network": refusal("/proc/sys/net/ipv4/ip_forward"),
    "files": [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)],
    "spaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")},
    "allowed": {name: lines(f"/proc/sys/user/max_{name}_namespaces")[0] for name in "user cgroup pid ipc net".split()},
}))
"""
_CALLER = """
import json, sys
from macvsim.record.sandbox import launch
from macvsim.record.sandbox.limits import Limits
code, files, limits = json.load(sys.stdin)
sys.exit(launch.run_inside(
    code, {path: text.encode() for path, text in files.items()}, sys.stdout.write, sys.stderr.write, Limits(**limits)
))
"""


def run(code: str, files: dict[str, str] | None = None, **limits: int) -> subprocess.CompletedProcess[str]:
    """Run code in a sandbox, called from a process that has one thread only."""
    ran = subprocess.run(
        [sys.executable, "-c", _CALLER], input=json.dumps([code, files or {}, limits]), capture_output=True, text=True,
        timeout=120, check=False, env={"SECRET": "in the environment"},
    )  # fmt: skip
    if "there can be no sandbox here" in ran.stderr:
        pytest.skip(ran.stderr.splitlines()[-1])
    return ran


def test_from_inside() -> None:
    ran = run(LOOK)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert (seen["pid"], seen["uid"], seen["session"]) == (1, 0, 0)
    inner, outer, count = map(int, seen["map"])
    assert (inner, count) == (0, 1) and outer != 0
    assert seen["capabilities"] and seen["no_new_privs"] == "1"
    assert set(seen["environment"]) <= {"PATH", "LC_CTYPE"}  # Python sets the second
    assert {"home", "mnt", "opt", "srv", "boot"} & set(seen["root"]) == {"home", "mnt"}
    assert set(seen["dev"]) == {
        "fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "urandom", "zero"
    }  # fmt: skip
    writable = {fields[4] for fields in seen["mounts"] if fields[5].split(",")[0] == "rw"}
    assert writable == {"/dev/shm", "/proc", "/proc/sys/net", "/sys"}
    assert not [fields for fields in seen["mounts"] if "shared:" in " ".join(fields)]
    assert seen["limits"] == [[512, 512], [64 << 20, 64 << 20], [1, 1]]
    assert seen["sysctl"] == "Permission denied"  # the file's owner, root outside, is asked for before the mount
    assert seen["namespaces"] in ("Permission denied", "Read-only file system")
    assert seen["of the network"] is None
    assert seen["files"][0] == "/dev/null" and all(name.startswith("pipe:") for name in seen["files"][1:])
    assert seen["allowed"] == {"user": "0", "cgroup": "0", "pid": "0", "ipc": "0", "net": "512"}
    own = {path.name: str(path.readlink()) for path in Path("/proc/self/ns").iterdir()}
    same = {name for name, target in seen["spaces"].items() if own[name] == target}
    assert same <= {"time", "time_for_children"}


def test_only_the_files_of_the_lab_are_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    code = f"import os\nprint(open({str(tmp_path / 'lab.md')!r}).read(), os.listdir({str(tmp_path)!r}))"
    assert run(code, {str(tmp_path / "lab.md"): "text"}).stdout == "text ['lab.md']\n"


def test_a_status_is_handed_on() -> None:
    assert run("sys.exit(7)").returncode == 7


def test_control_characters_are_shown() -> None:
    assert run(r"print('\x1b]0;title\x07\tä\x9b1m')").stdout == "\\x1b]0;title\\x07\tä\\x9b1m\n"


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("import time\ntime.sleep(60)", {"seconds": 1}, "it ran for more than 1 s"),
        ("while True: print('x' * 1000)", {"output": 1 << 20}, "it printed more than 1 MB"),
        ("held = bytes(range(256)) * 400_000\nimport time\ntime.sleep(60)", {"memory": 64 << 20}, "more than 64 MB"),
    ],
)
def test_a_limit_ends_the_sandbox(code: str, limits: dict[str, int], reason: str) -> None:
    ran = run(code, None, **limits)
    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1].startswith("macvsim.record.sandbox.launch.Exceeded: the sandbox was ended: ")
    assert reason in ran.stderr


def test_the_kernel_keeps_limits() -> None:
    code = """
import os, threading
started = 0
try:
    for _ in range(100):
        if not os.fork():
            os.read(0, 1); import time; time.sleep(60)
        started += 1
except OSError as error:
    print(started < 20, error.strerror)
try:
    with open("/dev/shm/x", "wb") as file:
        file.write(bytes(3 << 20))
except OSError as error:
    print(error.strerror)
try:
    bytes(200 << 20)
except MemoryError:
    print("no memory")
"""
    ran = run(
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + code,
        processes=20,
        file=1 << 20,
        process_memory=100 << 20,
    )
    assert ran.stdout.splitlines() == ["True Resource temporarily unavailable", "File too large", "no memory"]


def test_no_folder_of_the_caller_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    root = describe({})
    assert not [path for path in root.shared if path.startswith(str(tmp_path))]
    assert str(tmp_path) not in root.path


def test_a_machine_without_programs_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(launch, "FOLDERS", (str(tmp_path),))
    with pytest.raises(launch.Unavailable, match="this machine has no cp, env"):
        launch.run_inside("", {}, lambda text: None, lambda text: None, Limits())
