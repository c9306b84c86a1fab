"""Which program a word names in a box."""

from __future__ import annotations

from collections.abc import Sequence

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.programs import left_out
from macvsim.machine.tool import Tool

FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")


class NotFound(Exception):
    """There is no such program (ENOENT)."""


class NotExecutable(Exception):
    """There is such a file, but it is no program (EACCES); the text says why."""


def find_program(box: Box, word: str, cwd: str = "/", args: Sequence[str] = ()) -> Tool:
    """The command a word runs, by name or path; `args` are the words behind it.

    `NotFound`, `NotExecutable`, or `NotSimulated` where a real machine has what macvsim leaves out
    """
    folder, slash, name = word.rpartition("/")
    if slash and folder not in FOLDERS:
        if FileSystem(box, cwd).exists(word):
            raise NotExecutable("Permission denied")
        raise NotFound(word)
    found = box.kernel.programs.find(name, box.flavour.name)
    if found is not None:
        return found
    from macvsim.machine.applets import BUSYBOX_APPLETS, TOOLS  # programs of real machines

    effect = left_out(name, args)
    if box.flavour.name == "busybox":
        effect = (effect or Effect.NONE) if name in BUSYBOX_APPLETS else None
    elif name in TOOLS:
        effect = effect or Effect.NONE
    if effect is not None:
        raise NotSimulated(name, effect)
    raise NotFound(word)


def where_is(box: Box, word: str) -> str:
    """Path of a program, empty if there is none; for ``which``, ``type`` and ``command -v``."""
    try:
        find_program(box, word)
    except (NotFound, NotExecutable):
        return ""
    except NotSimulated:
        pass
    if "/" in word:
        return word
    if word in _SBIN:
        return f"/sbin/{word}" if box.flavour.name == "busybox" else f"/usr/sbin/{word}"
    return f"/bin/{word}" if box.flavour.name == "busybox" else f"/usr/bin/{word}"


_SBIN = frozenset(
    ("arp", "arping", "bridge", "brctl", "ethtool", "ifconfig", "ip", "iptables", "iptables-save", "modprobe", "nft",
     "rarp", "route", "sysctl", "tc", "vconfig")
)  # fmt: skip
