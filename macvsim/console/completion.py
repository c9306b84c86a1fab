"""What the Tab key offers."""

from __future__ import annotations

import re

from macvsim.console.console import WORDS, Console
from macvsim.docker.host import DockerHost
from macvsim.machine.files import FileError, FileSystem
from macvsim.machine.tool import Tool
from macvsim.shell.builtins import BUILTINS

_LAST_COMMAND = re.compile(r"(?:.*(?:[|;&(]|\b(?:then|do|else|if|while)\s))?\s*(.*)", re.DOTALL)


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
    tool = box.kernel.programs.find(before[0], box.flavour.name)
    own = _own_words(tool, before[1:], options=word.startswith("-")) if tool else []
    if word.startswith("-") and "=" not in word:
        return _fitting(word, own)
    if tool and tool.subcommands and own:
        return _fitting(word, own)
    names = list(box.ns.devices)
    if isinstance(box, DockerHost) and box.has_docker:
        names += [container.name for container in box.containers()]
        names += [network.name for network in box.docker.network_ls()]
    if before[:2] == ["docker", "exec"] and len(before) > 2:
        names += box.kernel.programs.names("busybox")
    key, equals, value = word.rpartition("=")
    if equals:
        return [f"{key}={name}" for name in _fitting(value, names)]
    return sorted({*_fitting(word, [*names, *own]), *_paths(console, word)})


def _own_words(tool: Tool, before: list[str], *, options: bool) -> list[str]:
    """The options that a program, or its command that stands before, does not leave out; else the next words of its
    commands.
    """
    typed = tuple(word for word in before if not word.startswith("-"))
    if not options:
        below = [one.words for one in tool.commands if one.works and one.words[: len(typed)] == typed]
        return [words[len(typed)] for words in below if len(words) > len(typed)]
    for one in tool.commands:
        if typed[: len(one.words)] == one.words and one.options:
            known = [option.names for option in one.options if not one.left_out & set(option.names)]
            return [name for names in known for name in names]
    return [name for name, option in tool.options.items() if tool.left_out_text(option) is None]


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
