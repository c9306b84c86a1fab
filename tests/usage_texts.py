"""Usage texts of macvsim's programs, recorded from the real ones of Debian 13.

``python -m tests.usage_texts --write [NAME…]`` runs the real programs with their help option and writes the blocks of
usage.txt beside their modules; without ``--write`` it names the blocks that differ.  A program that is not installed
keeps its block.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from macvsim.machine.programs import Programs
from macvsim.machine.tool import Texts, Tool


def recordable(names: list[str]) -> Iterator[tuple[Tool, Texts, str]]:
    """The programs whose usage stands in a file, the file, and the block: some have several."""
    for one in Programs().all():
        if isinstance(one.usage, Texts) and (not names or one.name in names):
            for topic in (one.name, *one.topics, *([one.listing] if one.listing else [])):
                yield one, one.usage, topic


def real_text(one: Tool, topic: str = "") -> str | None:
    """The usage, or that of a topic, as the real program prints it; None where it is not installed."""
    program = "busybox" if one.manner.busybox else one.name
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None or not one.manner.help_options:
        return None
    words = [path, *([one.name] if one.manner.busybox else []), *_asking(one, topic)]
    done = subprocess.run(
        ["stdbuf", "-oL", *words],  # net-tools writes a usage to both streams in turn
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=10,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
    )
    text = done.stdout
    if "applet not found" in text:
        return None
    return re.sub(rf'([Uu]sage:\s+|"|^\t|^Type `){re.escape(path)}', rf"\g<1>{one.name}", text, flags=re.MULTILINE)


def block_name(one: Tool, topic: str) -> str:
    """The block of a usage text: applets in the folders of other packages are told from the programs there."""
    shared = one.manner.busybox and isinstance(one.usage, Texts) and not one.usage.package.endswith(".busybox")
    return f"busybox {topic}" if shared else topic


def _asking(one: Tool, topic: str) -> list[str]:
    """The words that print a topic: ``link help`` for ``ip link``."""
    words = topic.split()[1:]
    return words if {"help", "--help"}.intersection(words) else [*words, one.manner.help_options[0]]


def differing(names: list[str]) -> Iterator[tuple[Tool, Texts, str, str]]:
    """The blocks whose real text is another one: program, file, name and text."""
    for one, texts, topic in recordable(names):
        real = real_text(one, topic)
        if real is not None and real != _block(texts, block_name(one, topic)):
            yield one, texts, topic, real


def _path(texts: Texts) -> Path:
    return Path(str(files(texts.package) / texts.file))


def _block(texts: Texts, name: str) -> str | None:
    return texts.blocks.get(name) if _path(texts).exists() else None


def write(texts: Texts, name: str, text: str) -> None:
    """Put a block into its file, which stays sorted by name."""
    path = _path(texts)
    blocks = dict(Texts(texts.package, texts.file).blocks) if path.exists() else {}
    blocks[name] = text
    path.write_text("".join(f"#### {key}\n{blocks[key]}" for key in sorted(blocks)), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the real texts into the files")
    parser.add_argument("names", nargs="*", help="programs; all by default")
    options = parser.parse_args()
    found = list(differing(options.names))
    for one, texts, topic, real in found:
        print(f"{'wrote' if options.write else 'differs'}: {topic} ({one.package})")
        if options.write:
            write(texts, block_name(one, topic), real)
    return 0 if options.write else bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
