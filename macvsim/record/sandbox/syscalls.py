"""System calls that Python's `os` lacks (some came with 3.12): unshare(2), mount(2), pivot_root(2), mount_setattr(2),
prctl(2), keyctl(2).

Every function raises `OSError` with the kernel's code and the call's name.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000

NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
"""Flags of mount(2)."""
ATTR_READ_ONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8
"""Attributes of mount_setattr(2)."""

_PDEATHSIG, _SET_DUMPABLE, _NO_NEW_PRIVS = 1, 4, 38
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_SETATTR = 442
"""The same on every architecture but alpha (Linux 5.12)."""
_KEYCTL = {"x86_64": 250, "i686": 288, "armv7l": 311, "ppc64le": 271, "s390x": 280}
_KEYCTL_GENERIC = 219
"""Of architectures that came after the list of generic numbers: aarch64, riscv64, loongarch64."""
_JOIN_SESSION_KEYRING = 1


def _call(name: str, *arguments: int | bytes | None, label: str = "") -> int:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    result = function(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), label or name)
    return int(result)


def unshare(flags: int) -> None:
    _call("unshare", flags)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, or with `BIND` a folder or file; the error names the target."""
    words = (source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _call("mount", *words, label=f"mount {target}")


class _Attributes(ctypes.Structure):
    """``struct mount_attr``."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def restrict(target: str, attributes: int, *, tree: bool = True) -> None:
    """Add attributes to a mount and, with `tree`, to all mounts below it."""
    value = _Attributes(set=attributes)
    where = target.encode()
    _call(
        "syscall", _MOUNT_SETATTR, _AT_FDCWD, where, _AT_RECURSIVE if tree else 0,
        ctypes.addressof(value), ctypes.sizeof(value), label=f"mount_setattr {target}",
    )  # fmt: skip


def pivot_root(root: str) -> None:
    """Make a mounted folder the root, and let go of the old one."""
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the parent ends; a change of ids makes the kernel forget it."""
    _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def forbid_new_privileges() -> None:
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def allow_own_proc() -> None:
    """Give the files of /proc/self to the process's user again, after a change of ids took them (PR_SET_DUMPABLE)."""
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)


def leave_session_keyring() -> None:
    """Start an empty session keyring: the keys of the login stay outside (keyrings(7))."""
    _call("syscall", _KEYCTL.get(platform.machine(), _KEYCTL_GENERIC), _JOIN_SESSION_KEYRING, None, label="keyctl")
