"""Sandboxes broken on purpose: the suite must notice each, or it shows nothing about the whole one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """A change of the sandbox's source, the user who calls `verify`, and the attack that must be noticed then."""

    name: str
    changes: tuple[tuple[str, str, str], ...]
    user: str
    attack: str

    def apply(self, package: Path) -> None:
        """Change the files of an installed macvsim; `ValueError` if the source has become another."""
        for name, old, new in self.changes:
            path = package / "record" / "sandbox" / name
            text = path.read_text()
            if old not in text:
                raise ValueError(f"{name} has no {old!r}")
            path.write_text(text.replace(old, new))


_STAYS_ROOT = ("launch.py", "        _become(unprivileged)\n", "        sys_.die_with_parent()\n")
_SHARED = (
    (
        "root.py",
        "    wanted[python] = python\n",
        '    wanted |= {name: name for name in ("/home", "/run", "/tmp")}\n    wanted[python] = python\n',
    ),
    ("root.py", "sys_.ATTR_READ_ONLY | sys_.ATTR_NOSUID | sys_.ATTR_NODEV", "sys_.ATTR_NODEV"),
)
MUTANTS = (
    Mutant("folders of the machine are shared", _SHARED, "user", "write in /tmp and /etc"),
    Mutant("folders of the machine are shared, exec", _SHARED, "root", "write by exec alone"),
    Mutant("folders of the machine are shared, secrets", _SHARED, "user", "read secrets"),
    Mutant("folders of the machine are shared, sockets", _SHARED, "root", "talk to a Unix socket"),
    Mutant(
        "root stays root, and programs writable",
        (_STAYS_ROOT, ("root.py", "sys_.ATTR_READ_ONLY | sys_.ATTR_NOSUID | sys_.ATTR_NODEV", "sys_.ATTR_NODEV")),
        "root",
        "change shared programs and libraries",
    ),
    Mutant(
        "root stays root, and /proc/sys writable",
        (_STAYS_ROOT, ("root.py", "for name in (*_READ_ONLY, *_MASKED)", "for name in _MASKED")),
        "root",
        "core_pattern and panic_on_oops",
    ),
    Mutant("the environment stays", (("launch.py", '{"PATH": ":".join(FOLDERS)}', "os.environ"),), "user", "print it"),
    Mutant(
        "the environment stays, seen in /proc",
        (("launch.py", '{"PATH": ":".join(FOLDERS)}', "os.environ"),),
        "root",
        "read environments",
    ),
    Mutant(
        "processes stay visible", (("launch.py", "sys_.NEWNS | sys_.NEWPID", "sys_.NEWNS"),), "root", "kill everything"
    ),
    Mutant("the keyring stays", (("launch.py", "    sys_.leave_session_keyring()\n", ""),), "user", "read keyrings"),
    Mutant(
        "crashes reach the core handler",
        (("limits.py", "(resource.RLIMIT_CORE, _NO_CORE)", "(resource.RLIMIT_CORE, 0)"),),
        "user",
        "crash into the machine's core handler",
    ),
    Mutant(
        "cgroups may be mounted",
        (("limits.py", '"cgroup": 0', '"cgroup": 9'),),
        "user",
        "make and change cgroups",
    ),
)
