"""What the Tab key offers."""

from __future__ import annotations

import re

from macvsim.console.console import WORDS, Console
from macvsim.docker.host import DockerHost
from macvsim.machine.files import FileError, FileSystem
from macvsim.shell.builtins.table import BUILTINS
from macvsim.tools.docker.main import subcommands

_LAST_COMMAND = re.compile(r"(?:.*(?:[|;&(]|\b(?:then|do|else|if|while)\b))?\s*(.*)", re.DOTALL)


def candidates(console: Console, text: str) -> list[str]:
    """The words that may stand where `text` ends, sorted; each replaces the part of a word that is there already."""
    if text.startswith("@") and " " not in text:
        own = [word.partition(" ")[0] for word in WORDS if word != "@NODE"]
        return _fitting(text, [*own, *(f"@{name}" for name in console.lab.boxes())])
    found = _LAST_COMMAND.fullmatch(text)
    words = re.split(r"\s+", found[1] if found else text)
    *before, word = words
    box = console.box
    if not before:
        return _fitting(word, [*box.kernel.programs.names(box.flavour.name), *BUILTINS, "ssh"])
    if before == ["ssh"]:
        return _fitting(word, list(console.lab.boxes()))
    if before == ["docker"]:
        return _fitting(word, subcommands())
    if before[0] == "docker" and len(before) == 2 and (words := subcommands(" ".join(before))):
        return _fitting(word, words)
    names = list(box.ns.devices)
    if isinstance(box, DockerHost) and box.has_docker:
        names += [container.name for container in box.containers()]
        names += [network.name for network in box.docker.network_ls()]
    if before[:2] == ["docker", "exec"] and len(before) > 2:
        names += box.kernel.programs.names("busybox")
    key, equals, value = word.rpartition("=")
    if equals:
        return [f"{key}={name}" for name in _fitting(value, names)]
    return _fitting(word, names) + _paths(console, word)


def _paths(console: Console, word: str) -> list[str]:
    """Files and directories that begin like a word with a slash."""
    folder, slash, start = word.rpartition("/")
    if not slash:
        return []
    files = FileSystem(console.box, console.terminal.session.cwd)
    try:
        names = [name for name in files.names(folder or "/") if name.startswith(start)]
    except FileError:
        return []
    return [f"{folder}/{name}" + "/" * files.is_directory(f"{folder}/{name}") for name in names]


def _fitting(word: str, names: list[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(word)})
