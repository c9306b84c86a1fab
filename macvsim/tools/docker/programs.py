"""The programs a container can run: which are there, and which of busybox's are left out."""

from __future__ import annotations

import json

from macvsim.docker.container import Container
from macvsim.docker.container_config import SHELLS
from macvsim.docker.profile import Profile
from macvsim.errors import Effect, NotSimulated
from macvsim.machine.applets import BUSYBOX_APPLETS
from macvsim.machine.files import FileSystem
from macvsim.machine.host import Box
from macvsim.machine.programs import left_out

_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")


def has_program(box: Box, word: str) -> bool:
    """Whether a box can run a program; `NotSimulated` for what the real one could."""
    name = word
    for folder in _FOLDERS:
        name = name.removeprefix(folder)
    if box.kernel.programs.find(name, box.flavour.name) is not None or word in SHELLS:
        return True
    if name in BUSYBOX_APPLETS:
        raise NotSimulated(f"{name} in a container", left_out(name, (name,)) or Effect.NONE)
    return False


def not_there(box: Box, word: str) -> str:
    """Why a program cannot be started, in runc's words."""
    quoted = json.dumps(word, ensure_ascii=False)
    if "/" not in word:
        return f"exec: {quoted}: executable file not found in $PATH: unknown"
    if FileSystem(box).is_directory(word):
        return f"exec: {quoted}: is a directory: unknown: permission denied"
    return f"exec: {quoted}: stat {word}: no such file or directory: unknown"


def check_user(profile: Profile, user: str) -> None:
    """``--user NAME[:GROUP]``: busybox knows of root alone.  Raises `DockerError`."""
    name, _, group = user.partition(":")
    for word, key in ((name, "container.user"), (group, "container.group")):
        if word.isdecimal() and int(word):
            raise NotSimulated(f"--user {user}: everything runs as root", Effect.CHANGES)
        if word not in ("", "root", "0"):
            raise profile.error(key, name=word)


def check_program(container: Container) -> None:
    """`DockerError` unless the container's main process can be started."""
    check_user(container.engine.profile, container.config.user)
    word = container.config.argv[0]
    if not has_program(container, word):
        raise container.engine.profile.error("container.no_program", reason=not_there(container, word))
