"""Runs Python code in the sandbox: `run_inside`. Steps, each a function below, with the process that takes it:

1. outside: describe the root, fork, print what comes out with control characters shown, watch memory, time and output;
2. the child: a new session; as an ordinary user a first user namespace; new mount, process, network, IPC and cgroup
   namespaces, which the sandbox's own user namespace will not own;
3. its child, process 1: build the root and enter it; as root, become an unprivileged user;
4. process 1: the sandbox's user, mount, network and host name namespaces; limits; no new privileges; Python, with
   nothing of the caller's environment.

Every step that fails ends the attempt with `Unavailable`; nothing runs with less.
"""

from __future__ import annotations

import codecs
import os
import pwd
import re
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from macvsim.errors import MacvsimError
from macvsim.record.sandbox import syscalls as sys_
from macvsim.record.sandbox.limits import MB, Limits, MemoryWatch, apply
from macvsim.record.sandbox.root import FOLDERS, NEEDED, Root, build, describe

Sink = Callable[[str], None]
UNPRIVILEGED = "nobody"
"""The user that root becomes."""
_BOOT = "import sys\nsys.path[:] = {path!r}\nfor stream in (sys.stdout, sys.stderr):\n"
_BOOT += "    stream.reconfigure(encoding='utf-8', errors='backslashreplace')\n{code}"
_RESTRICTION = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TICK, _TICKS_BETWEEN_WALKS = 0.05, 10
"""Seconds between looks at the machine's memory; how many of them pass before all processes are looked at."""
_PATIENCE = 100
"""Ticks that the first process may take to end after it has closed its pipes."""


class Unavailable(MacvsimError):
    """There can be no sandbox here; the text says why."""


class Exceeded(MacvsimError):
    """The sandbox was ended because it exceeded a limit; the text says which."""


def run_inside(
    code: str, files: Mapping[str, bytes], out: Sink, err: Sink, limits: Limits | None = None, cwd: str = "/"
) -> int:
    """Run Python code as the sandbox's first process; its exit status, or 128 and the signal that ended it.

    files : texts by their absolute path inside; out, err : get what is printed there
    """
    root = _described(files)
    pipes = [os.pipe() for _ in range(3)]
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _in_child(lambda: _separate(root, code, cwd, limits or Limits(), [write for _, write in pipes]), pipes[2][1])
    for _, write in pipes:
        os.close(write)
    refusal: list[str] = []
    outlets = {read: Outlet(sink) for (read, _), sink in zip(pipes, (out, err, refusal.append), strict=True)}
    reason = "it was interrupted"
    try:
        reason = _relay(outlets, MemoryWatch(pid, limits or Limits()), limits or Limits())
    finally:
        status = _end(pid, is_over=not reason)
        for read, _ in pipes:
            os.close(read)
    if any(refusal):
        raise Unavailable(f"there can be no sandbox here: {''.join(refusal)}{_restriction()}")
    if reason:
        raise Exceeded(f"the sandbox was ended: {reason}")
    return status


def _described(files: Mapping[str, bytes]) -> Root:
    if sys.platform != "linux":
        raise Unavailable(f"there can be no sandbox here: namespaces are Linux's, and this is {sys.platform}")
    lacking = [name for name in NEEDED if not any(os.access(f"{folder}/{name}", os.X_OK) for folder in FOLDERS)]
    if lacking:
        raise Unavailable(f"there can be no sandbox here: this machine has no {', '.join(lacking)}")
    try:
        return describe(files)
    except OSError as error:
        raise Unavailable(f"there can be no sandbox here: {error.strerror}") from None


def _restriction() -> str:
    """The setting by which Ubuntu takes capabilities from user namespaces, where it is on."""
    try:
        with open(_RESTRICTION) as file:
            return " (kernel.apparmor_restrict_unprivileged_userns is 1)" if file.read().strip() == "1" else ""
    except OSError:
        return ""


# -- outside -----------------------------------------------------------------------------------------------------------


@dataclass
class Outlet:
    """Text from a pipe, printed with control characters shown, so that no terminal obeys them."""

    write: Sink
    octets: int = 0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def take(self, data: bytes) -> None:
        self.octets += len(data)
        self.write(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", self._decoder.decode(data)))


def _relay(outlets: Mapping[int, Outlet], watch: MemoryWatch, limits: Limits) -> str:
    """Print until the sandbox closes its pipes; the limit that was exceeded before, or nothing."""
    end = time.monotonic() + limits.seconds
    tick = 0
    with selectors.DefaultSelector() as selector:
        for fd in outlets:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            begun = time.monotonic()
            for key, _ in selector.select(_TICK):
                data = os.read(key.fd, 1 << 16)
                outlets[key.fd].take(data)
                if not data:
                    selector.unregister(key.fd)
            if sum(outlet.octets for outlet in outlets.values()) > limits.output:
                return f"it printed more than {limits.output // MB} MB"
            if time.monotonic() > end:
                return f"it ran for more than {limits.seconds} s"
            tick += time.monotonic() - begun >= _TICK / 2 or not tick
            reason = watch.is_short() or ("" if tick % _TICKS_BETWEEN_WALKS else watch.is_exceeded())
            if reason:
                return reason
    return ""


def _end(pid: int, *, is_over: bool) -> int:
    """Wait a moment for the sandbox's end if it is over, and kill it otherwise; its exit status."""
    status = ended = 0
    for _ in range(_PATIENCE if is_over else 0):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(_TICK)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


# -- the way in --------------------------------------------------------------------------------------------------------


def _in_child(step: Callable[[], NoReturn], said: int) -> NoReturn:
    """Take a step that does not return; the reason why it failed goes into a pipe."""
    try:
        step()
    except OSError as error:
        os.write(said, f"{error.filename or 'the kernel'}: {error.strerror}".encode())
    except BaseException as error:
        os.write(said, repr(error).encode())
    finally:
        os._exit(1)


def _separate(root: Root, code: str, cwd: str, limits: Limits, pipes: list[int]) -> NoReturn:
    """Step 2; then wait for process 1 and end as it ends."""
    os.setsid()
    sys_.die_with_parent()
    was_root = os.geteuid() == 0
    if not was_root:
        user, group = os.geteuid(), os.getegid()
        sys_.unshare(sys_.NEWUSER)
        _map_ids(user, group)
    sys_.unshare(sys_.NEWNS | sys_.NEWPID | sys_.NEWNET | sys_.NEWIPC | sys_.NEWCGROUP)
    pid = os.fork()
    if not pid:
        _in_child(lambda: _enter(root, code, cwd, limits, pipes, was_root=was_root), pipes[2])
    for pipe in pipes:
        os.close(pipe)
    _, status = os.waitpid(pid, 0)
    result = os.waitstatus_to_exitcode(status)
    os._exit(result if result >= 0 else 128 - result)


def _enter(root: Root, code: str, cwd: str, limits: Limits, pipes: list[int], *, was_root: bool) -> NoReturn:
    """Steps 3 and 4."""
    sys_.die_with_parent()
    os.umask(0o022)
    unprivileged = pwd.getpwnam(UNPRIVILEGED) if was_root else None
    settings = build(root)
    if unprivileged is not None:
        _become(unprivileged)
    user, group = os.geteuid(), os.getegid()
    sys_.unshare(sys_.NEWUSER | sys_.NEWNS | sys_.NEWNET | sys_.NEWUTS)
    _map_ids(user, group)
    socket.sethostname("sandbox")
    apply(limits, settings)
    sys_.leave_session_keyring()
    sys_.forbid_new_privileges()
    for which in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(which, signal.SIG_DFL)
    os.chdir(cwd)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for number, pipe in enumerate(pipes[:2], 1):
        os.dup2(pipe, number)
    os.set_inheritable(pipes[2], False)
    os.closerange(3, pipes[2])
    os.closerange(pipes[2] + 1, os.sysconf("SC_OPEN_MAX"))
    words = [root.python, "-I", "-S", "-c", _BOOT.format(path=list(root.path), code=code)]
    os.execve(root.python, words, {"PATH": ":".join(FOLDERS)})


def _become(user: pwd.struct_passwd) -> None:
    """Give up root's ids for good."""
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    sys_.allow_own_proc()
    sys_.die_with_parent()


def _map_ids(user: int, group: int) -> None:
    """Make the one user that is there outside root inside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


__all__ = ["Exceeded", "Limits", "Unavailable", "run_inside"]
