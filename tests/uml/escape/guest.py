"""Plays the labs in the guest: ``python -m tests.uml.escape.guest``. The kernel's command line says how.

ESCAPE_USER : root, or user; ESCAPE_MUTANT : number of a broken sandbox, or nothing

Prints one JSON object a lab.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import macvsim
from macvsim.fidelity.verify import commands
from macvsim.record.sandbox import launch
from macvsim.record.sandbox.limits import Limits
from tests.uml.escape import outside
from tests.uml.escape.labs import ATTACKS, Attack
from tests.uml.escape.mutants import MUTANTS

USER, NOBODY = 1000, 65534
FOLDER = Path("/opt/labs")
SECONDS = 60
"""Instead of 600 for a lab, and 20 instead of 120 for a command; a lab that differs is not played again."""
BEFORE = """
import macvsim.fidelity.verify.inner as inner, macvsim.fidelity.verify.labrun as labrun
from macvsim.fidelity.verify.livelab import LiveLab
inner.TRIES, labrun._LIMIT = 1, 20.0
shell = LiveLab.shell
def shown(lab, name, line, limit):
    print("RUNS", line.splitlines()[0], flush=True)
    ran = shell(lab, name, line, limit)
    print("RAN", ran.status, ran.output, flush=True)
    return ran
LiveLab.shell = shown
"""
"""Run in the sandbox first: commands are shown as they run on the kernel, with all that they print."""
_CGROUP = Path("/sys/fs/cgroup/user")
STOPPED = 2
"""The status of `verify` from which on a lab may have ended before its last command."""
_LEAK = 96 << 20
"""Bytes of memory that a lab may keep; caches of the kernel differ by less."""


def main() -> None:
    is_root = os.environ.get("ESCAPE_USER") == "root"
    number = os.environ.get("ESCAPE_MUTANT", "")
    attacks: Sequence[Attack] = ATTACKS
    if number:
        mutant = MUTANTS[int(number)]
        attacks = [attack for attack in ATTACKS if attack.name == mutant.attack]
        mutant.apply(Path(macvsim.__file__).parent)
        os.execve(
            sys.executable, [sys.executable, "-m", __spec__.name], {**_without_mutant(), "ESCAPE_ONLY": mutant.attack}
        )
    if only := os.environ.get("ESCAPE_ONLY", ""):
        attacks = [attack for attack in ATTACKS if attack.name == only]
    attacks = attacks[int(os.environ.get("ESCAPE_FROM", "0")) :]
    _prepare(is_root=is_root)
    for number_, attack in enumerate(ATTACKS):
        (FOLDER / f"{number_}.md").write_text(attack.document)
    _play(Path("/opt/labs/warm.md"), is_root=is_root)
    before, available = outside.look(), outside.memory()
    for attack in attacks:
        begun = time.monotonic()
        status, output = _play(FOLDER / f"{ATTACKS.index(attack)}.md", is_root=is_root)
        after = outside.look()
        escapes = outside.differences(before, after)
        if outside.SECRET in output:
            escapes.append("a secret was printed")
        if outside.memory() < available - _LEAK:
            escapes.append(f"memory: {available - outside.memory()} bytes are missing")
        runs = sum(line.startswith("RUNS ") for line in output.splitlines())
        if not runs or (runs < attack.commands and status < STOPPED):
            escapes.append("the lab was not played")
        print("\nESCAPE " + json.dumps({
            "kind": attack.kind, "name": attack.name, "status": status, "seconds": round(time.monotonic() - begun, 1),
            "escapes": escapes, "output": output[-6000:],
        }), flush=True)  # fmt: skip
        before = after


def _write(text: str) -> None:
    os.write(1, text.encode())


def _without_mutant() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "ESCAPE_MUTANT"}


def _prepare(*, is_root: bool) -> None:
    """Secrets, a canary of the user that the sandbox has outside, a cgroup and a login's session keyring."""
    home = Path("/root") if is_root else Path("/home/user")
    home.mkdir(exist_ok=True)
    FOLDER.mkdir()
    (FOLDER / "warm.md").write_text(Attack("", "").document)
    ctypes.CDLL(None).syscall(250, 1, None)  # KEYCTL_JOIN_SESSION_KEYRING
    outside.secrets(home)
    outside.core_handler()
    outside.LOG.touch()
    outside.LOG.chmod(0o666)
    os.chmod("/run", 0o777)
    if not is_root:
        subprocess.run(["chown", "-R", f"{USER}:{USER}", str(home)], check=True)
        _CGROUP.mkdir()
        for path in (_CGROUP, *_CGROUP.glob("cgroup.*")):
            os.chown(path, USER, USER)
    os.environ |= {"SECRET": outside.SECRET, "HOME": str(home), "SSH_AUTH_SOCK": outside.SOCKET}
    uid = NOBODY if is_root else USER
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.uml.escape.outside"], user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    if process.stdout.readline() != b"listening\n":
        raise OSError("there is no canary")
    launch.Limits = functools.partial(Limits, seconds=SECONDS)  # type: ignore[misc, assignment]


def _play(path: Path, *, is_root: bool) -> tuple[int, str]:
    """``macvsim verify`` of a lab as a user; its exit status, and what it printed."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read)
        os.dup2(write, 1)
        os.dup2(write, 2)
        status = 3
        try:
            if not is_root:
                (_CGROUP / "cgroup.procs").write_text("0")
                os.setgroups([])
                os.setresgid(USER, USER, USER)
                os.setresuid(USER, USER, USER)
                ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE, as a login's programs are
            status = commands.verify_file(path, _write, _write, BEFORE)
        except BaseException as error:
            print(f"macvsim: {error!r}")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        output = pipe.read().decode(errors="replace")
    _, waited = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(waited), output


if __name__ == "__main__":
    main()
