"""Usage texts of macvsim's programs, recorded from the real ones of Debian 13.

``python -m tests.usage_texts --write [NAME…]`` runs the real programs with their help option and writes the blocks of
usage.txt beside their modules; without ``--write`` it names the blocks that differ.  A program that is not installed
keeps its block.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from macvsim.machine.programs import Programs
from macvsim.machine.tool import Texts, Tool


def recordable(names: list[str]) -> Iterator[tuple[Tool, Texts]]:
    """The programs whose usage stands in a file, and the file."""
    for one in Programs().all():
        if isinstance(one.usage, Texts) and (not names or one.name in names):
            yield one, one.usage


def real_text(one: Tool) -> str | None:
    """The usage as the real program prints it; None where it is not installed."""
    program = "busybox" if one.manner.busybox else one.name
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None or not one.manner.help_options:
        return None
    words = [path, *([one.name] if one.manner.busybox else []), one.manner.help_options[0]]
    done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL)
    text = done.stdout + done.stderr
    if "applet not found" in text:
        return None
    return text.replace(f"Usage: {path}", f"Usage: {one.name}")


def block_name(one: Tool) -> str:
    """The block of a program's usage: applets in the folders of other packages are told from the programs there."""
    shared = one.manner.busybox and isinstance(one.usage, Texts) and not one.usage.package.endswith(".busybox")
    return f"busybox {one.name}" if shared else one.name


def differing(names: list[str]) -> Iterator[tuple[Tool, Texts, str]]:
    """The programs whose real text is another one."""
    for one, texts in recordable(names):
        real = real_text(one)
        if real is not None and real != _block(texts, block_name(one)):
            yield one, texts, real


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
    for one, texts, real in found:
        print(f"{'wrote' if options.write else 'differs'}: {one.name} ({one.package})")
        if options.write:
            write(texts, block_name(one), real)
    return 0 if options.write else bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
