"""The root folder of the sandbox: a tmpfs with the programs of a host, Python and macvsim, bound read-only.

Nothing else of the machine is in it: no home, no /etc, no /run, no disk and of devices only `_DEVICES`. It is
built before the sandbox's own user namespace is made, so that every mount and its flags are locked there
(mount_namespaces(7)): root of the sandbox can neither unmount nor remount any of them.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from macvsim.machine.programs import Programs
from macvsim.record.sandbox import syscalls as sys_

FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are."""
NEEDED = ("cp", "env", "hostname", "ip", "ln", "mkdir", "mount", "nsenter", "sh", "sleep", "umount", "unshare")
"""Programs that make the hosts of a lab."""
_OF_SCRIPTS = ("expr",)
"""Programs that Debian's vconfig, which is a script, calls besides."""
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share/iproute2", "/nix/store")
_SETTINGS = ("ethertypes", "iproute2", "ld.so.cache", "protocols", "services")
_OWN = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "hosts": "127.0.0.1\tlocalhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
"""Files of /etc: names that programs look up in the machine's, and what the sandbox says instead."""
_EMPTY = ("home", "mnt", "proc", "root", "run", "sys", "tmp", "var")
_DEVICES = ("full", "null", "random", "urandom", "zero")
_READ_ONLY = ("acpi", "asound", "bus", "driver", "fs", "irq", "scsi", "sys", "sysrq-trigger", "sysvipc", "tty")
"""Of /proc; what of it concerns one process stays writable for the process, as on any machine."""
_MASKED = ("kcore", "keys", "key-users", "kmsg", "kpagecount", "kpageflags", "sched_debug", "timer_list")
_MOUNT_POINTS = ("/mnt", "/media", "/srv", "/run", "/tmp")


@dataclass(frozen=True)
class Root:
    """The contents of the sandbox.

    shared : folders and files of the machine by their path inside; links : symbolic links, likewise; files : texts
    python : the interpreter; path : where it finds modules
    """

    shared: Mapping[str, str]
    links: Mapping[str, str]
    files: Mapping[str, bytes]
    python: str
    path: tuple[str, ...]
    base: str


def describe(files: Mapping[str, bytes]) -> Root:
    """A root with some files of its own by their absolute path."""
    python = os.path.realpath(sys.executable)
    package = Path(__file__).parents[2]
    modules = tuple(_modules())
    wanted = {folder: folder for folder in (*_LIBRARIES, *_installation(), *modules) if os.path.exists(folder)}
    wanted[str(package)] = str(package)
    wanted[python] = python
    wanted |= {f"/etc/{name}": f"/etc/{name}" for name in _SETTINGS if os.path.exists(f"/etc/{name}")}
    for name in {*Programs().names("debian"), *NEEDED, *_OF_SCRIPTS, "busybox"}:
        for folder in FOLDERS:
            if os.access(f"{folder}/{name}", os.X_OK):
                wanted[f"{folder}/{name}"] = os.path.realpath(f"{folder}/{name}")
    links = {path: os.readlink(path) for path in ("/bin", "/sbin", *_LIBRARIES) if os.path.islink(path)}
    shared = {inside: source for inside, source in sorted(wanted.items()) if not _is_below(inside, links)}
    for inside in list(shared):
        if _is_below(inside, (other for other in shared if other != inside)):
            del shared[inside]
    sources = [*shared.values(), *files]
    base = next((one for one in _MOUNT_POINTS if os.path.isdir(one) and not _is_around(one, sources)), "")
    if not base:
        raise OSError(0, f"every folder of {', '.join(_MOUNT_POINTS)} is in use", "mount point")
    return Root(shared, links, files, python, (*modules, str(package.parent)), base)


def _installation() -> Iterator[str]:
    """The libraries beside Python."""
    for folder in ("lib", "lib64"):
        yield os.path.join(sys.base_prefix, folder)


def _modules() -> Iterator[str]:
    """Folders in which Python looks for modules: its own, and installed packages; never a working folder."""
    own = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
    for entry in sys.path:
        if entry.startswith(own) or entry.endswith(("-packages", ".zip")):
            yield entry


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") or path == folder for folder in folders)


def _is_around(folder: str, paths: Iterable[str]) -> bool:
    return any(_is_below(path, [folder]) for path in paths)


def build(root: Root) -> int:
    """Make it, and make it the root; a descriptor of /proc/sys/user, which nothing inside can write to from then on.

    Must be called in mount, process and network namespaces that the caller may change.
    """
    sys_.mount("none", "/", flags=sys_.REC | sys_.PRIVATE)
    sys_.mount("sandbox", root.base, "tmpfs", sys_.NOSUID | sys_.NODEV, "mode=755,size=16m,nr_inodes=8192")
    base = Path(root.base)
    for name in _EMPTY:
        (base / name).mkdir()
    for path, target in root.links.items():
        _below(base, path).parent.mkdir(parents=True, exist_ok=True)
        _below(base, path).symlink_to(target)
    for path, source in root.shared.items():
        _share(source, _below(base, path))
    for name, text in {**{f"/etc/{name}": text.encode() for name, text in _OWN.items()}, **root.files}.items():
        _below(base, name).parent.mkdir(parents=True, exist_ok=True)
        _below(base, name).write_bytes(text)
    _devices(base / "dev")
    settings = _kernel_files(base)
    sys_.pivot_root(root.base)
    sys_.restrict("/", sys_.ATTR_READ_ONLY, tree=False)
    return settings


def _below(base: Path, path: str) -> Path:
    return base / path.lstrip("/")


def _share(source: str, target: Path) -> None:
    """Show a folder or file of the machine, read-only."""
    if os.path.isdir(source):
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    sys_.mount(source, str(target), flags=sys_.BIND | sys_.REC)
    sys_.restrict(str(target), sys_.ATTR_READ_ONLY | sys_.ATTR_NOSUID | sys_.ATTR_NODEV)


def _devices(folder: Path) -> None:
    folder.mkdir()
    for name in _DEVICES:
        (folder / name).touch()
        sys_.mount(f"/dev/{name}", str(folder / name), flags=sys_.BIND)
        sys_.restrict(str(folder / name), sys_.ATTR_READ_ONLY | sys_.ATTR_NOSUID | sys_.ATTR_NOEXEC)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (folder / name).symlink_to(f"/proc/self/fd/{number}")
    (folder / "fd").symlink_to("/proc/self/fd")
    (folder / "shm").mkdir()
    options = sys_.NOSUID | sys_.NODEV | sys_.NOEXEC
    sys_.mount("shm", str(folder / "shm"), "tmpfs", options, "mode=1777,size=16m,nr_inodes=1024")


def _kernel_files(base: Path) -> int:
    """/proc of the process namespace with all of /proc/sys but ``net`` read-only, and /sys."""
    options = sys_.NOSUID | sys_.NODEV | sys_.NOEXEC
    proc = base / "proc"
    sys_.mount("proc", str(proc), "proc", options)
    settings = os.open(proc / "sys" / "user", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in _MASKED:
        if (proc / name).exists():
            sys_.mount("/dev/null", str(proc / name), flags=sys_.BIND)
    for name in _READ_ONLY:
        if (proc / name).exists():
            sys_.mount(str(proc / name), str(proc / name), flags=sys_.BIND)
    sys_.mount(str(proc / "sys/net"), str(proc / "sys/net"), flags=sys_.BIND)
    for name in (*_READ_ONLY, *_MASKED):
        if (proc / name).exists():
            sys_.restrict(str(proc / name), sys_.ATTR_READ_ONLY, tree=False)
    sys_.mount("sysfs", str(base / "sys"), "sysfs", options)
    return settings


__all__ = ["FOLDERS", "NEEDED", "Root", "build", "describe"]
