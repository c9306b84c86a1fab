"""procps-ng 4.0 sysctl."""

from __future__ import annotations

import re

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.kernelfs.sysctlnames import names
from macvsim.machine.kernelfs.sysctlnames import path as path_of
from macvsim.machine.tool import Manner, Texts, ToolError, tool

ROOT = "/proc/sys/"
_DEPRECATED = frozenset(("base_reachable_time", "retrans_time"))
PROCPS = Manner(
    usage_status=0, usage_on_stdout=True, help_options=("-h", "--help", "-d"), version_options=("-V", "--version")
)


@tool(
    "sysctl",
    flavour="debian",
    usage=Texts(__package__),
    version="sysctl from procps-ng 4.0.4\n",
    left_out={"--system": ""},
    effect=Effect.CHANGES,
    manner=PROCPS,
)
def sysctl(call: Call) -> int | Waiting:
    """``sysctl [-aeNnqw] [-r PATTERN] [NAME[=VALUE]…]``."""
    given, words = call.given, call.given.operands
    run = _Sysctl(call)
    if "-p" in given or "-f" in given:
        files = [*filter(None, given.all("-p")), *words]
        return run.load(files or ["/etc/sysctl.conf"])
    if any(name in given for name in ("-a", "-A", "-X")):
        return run.show(ROOT)
    if len(call.argv) == 1:
        call.err(call.tool.text() if call.tool else "")
        return 1
    if not words:
        raise ToolError("no variables specified\nTry `sysctl --help' for more information.")
    code = 0
    for word in words:
        if "-w" in given or "=" in word:
            code |= run.set(word, "command line", 0)
        elif word:
            code += run.show(ROOT + "/".join(path_of(word)))
    return code


class _Sysctl:
    """One run, with its options."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._given = call.given
        self._pattern: str | None = call.given.get("-r", None)
        self._files = call.files

    def show(self, path: str) -> int:
        """Print a parameter, or all of a directory; the exit code."""
        try:
            if self._files.is_directory(path):
                return self._show_all(path)
            text = self._files.read(path)
        except FileError as error:
            return self._missing(path, error)
        key = _key(path)
        if self._pattern is None or re.search(self._pattern, key):
            self._print(key, text.rstrip("\n"))
        return 0

    def _show_all(self, path: str) -> int:
        """Print the parameters below a directory, directory by directory; one look at all names."""
        above = tuple(part for part in path.removeprefix(ROOT.rstrip("/")).split("/") if part)
        code = 0
        for name in names(self._call.box.ns.sysctl):
            parts = path_of(name)
            below = parts[len(above) :]
            if parts[: len(above)] == above and ("--deprecated" in self._given or _DEPRECATED.isdisjoint(below)):
                code |= self.show(ROOT + "/".join(parts))
        return code

    def set(self, line: str, source: str, number: int) -> int:
        """Write ``name=value``; the exit code."""
        line = line.strip()
        if len(line) < 2 or line[0] in "#;":
            return 1
        name, equals, value = line.partition("=")
        if not equals:
            self._call.err(f"sysctl: {source}({number}): invalid syntax, continuing...\n")
            return 1
        name, value = name.strip(), value.strip()
        ignore = name.startswith("-")
        parts = path_of(name.lstrip("-").strip())
        path = ROOT + "/".join(parts)
        if not any(parts):
            self._call.err(f"sysctl: Path is not under {ROOT}: {path}\n")
            return 1
        with self._files.changing(path):
            exists, is_directory = self._files.exists(path), self._files.is_directory(path)
        if not exists:
            return 0 if ignore else self._missing(path, FileError("ENOENT", path))
        if is_directory:
            self._call.err(f'sysctl: setting key "{_key(path)}": Operation not permitted\n')
            return 0
        code = 0
        if "--dry-run" not in self._given:
            try:
                self._files.write(path, value + "\n")
            except NotSimulated as error:
                code = self._call.not_simulated(error.feature, error.effect)
            except FileError as error:
                self._call.err(f'sysctl: setting key "{_key(path)}": {error.strerror}\n')
                return 0 if ignore else 1
        if "-q" not in self._given:
            self._print(_key(path), value)
        return code

    def load(self, names: list[str]) -> Waiting:
        """Set what files say; the exit code."""
        code = 0
        for name in names:
            try:
                text = (yield from self._call.read_all()) if name == "-" else self._files.read(name)
            except FileError as error:
                self._call.err(f'sysctl: cannot open "{name}": {error.strerror}\n')
                code = 1
                continue
            for number, line in enumerate(text.splitlines(), start=1):
                if len(line.strip()) >= 2 and line.strip()[0] not in "#;":
                    code |= self.set(line, name, number)
        return code

    def _missing(self, path: str, error: FileError) -> int:
        if "-e" in self._given:
            return 0
        self._call.err(f"sysctl: cannot stat {path}: {error.strerror}\n")
        return 1

    def _print(self, key: str, value: str) -> None:
        if "-N" in self._given:
            self._call.out(f"{key}\n")
        elif "-b" in self._given:
            self._call.out(value)
        else:
            self._call.out(f"{value}\n" if "-n" in self._given else f"{key} = {value}\n")


def _key(path: str) -> str:
    """A path as a name: slashes and dots change places."""
    return path.removeprefix(ROOT).translate(str.maketrans("/.", "./"))
