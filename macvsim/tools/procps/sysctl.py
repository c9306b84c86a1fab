"""procps-ng 4.0 sysctl."""

from __future__ import annotations

import re

from macvsim.errors import NotSimulated
from macvsim.machine.call import Call, Waiting
from macvsim.machine.files import FileError
from macvsim.machine.kernelfs.sysctlnames import path as path_of
from macvsim.machine.tool import tool
from macvsim.tools.getopt import OptionError, getopt

ROOT = "/proc/sys/"
_DEPRECATED = ("base_reachable_time", "retrans_time")
_USAGE = """
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
"""
_LONG = {
    "all": "a", "binary": "b", "ignore": "e", "names": "N", "values": "n", "load": "p", "pattern": "r", "quiet": "q",
    "write": "w", "help": "h", "version": "V", "deprecated": "D", "dry-run": "Y", "system": "S",
}  # fmt: skip


@tool("sysctl", flavour="debian")
def sysctl(call: Call) -> int | Waiting:
    """``sysctl [-aeNnqw] [-r PATTERN] [NAME[=VALUE]…]``."""
    try:
        found, words = getopt([_short(word) for word in call.args], "aAXbeNnpfr:qwoxdhVDYS")
    except OptionError as error:
        call.err(f"sysctl: {error}\n")
        call.out(_USAGE)
        return 0
    given = dict(found)
    if "h" in given or "d" in given:
        call.out(_USAGE)
        return 0
    if "V" in given:
        call.out("sysctl from procps-ng 4.0.4\n")
        return 0
    if "S" in given:
        return call.not_simulated("sysctl --system")
    if "p" in given or "f" in given:
        return _Sysctl(call, given).load(words or ["/etc/sysctl.conf"])
    if any(letter in given for letter in "aAX"):
        return _Sysctl(call, given).show(ROOT, given.get("r"))
    if not call.args:
        call.err(_USAGE)
        return 1
    if not words:
        call.err("sysctl: no variables specified\nTry `sysctl --help' for more information.\n")
        return 1
    tool = _Sysctl(call, given)
    code = 0
    for word in words:
        if "w" in given or "=" in word:
            code |= tool.set(word, "command line", 0)
        elif word:
            code += tool.show(ROOT + "/".join(path_of(word)), given.get("r"))
    return code


def _short(word: str) -> str:
    """The letter that a long option stands for."""
    name, equals, value = word[2:].partition("=")
    if not word.startswith("--") or word == "--":
        return word
    if name not in _LONG:
        raise OptionError(f"unrecognized option '--{name}'")
    return f"-{_LONG[name]}{value}" if equals else f"-{_LONG[name]}"


class _Sysctl:
    """One run, with its options."""

    def __init__(self, call: Call, given: dict[str, str]) -> None:
        self._call = call
        self._given = given
        self._files = call.files

    def show(self, path: str, pattern: str | None) -> int:
        """Print a parameter, or all of a directory; the exit code."""
        try:
            if self._files.is_directory(path):
                code = 0
                for name in self._files.names(path):
                    if name not in _DEPRECATED or "D" in self._given:
                        code |= self.show(f"{path.rstrip('/')}/{name}", pattern)
                return code
            text = self._files.read(path)
        except FileError as error:
            return self._missing(path, error)
        key = _key(path)
        if pattern is None or re.search(pattern, key):
            self._print(key, text.rstrip("\n"))
        return 0

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
        if not self._files.exists(path):
            return 0 if ignore else self._missing(path, FileError("ENOENT", path))
        if self._files.is_directory(path):
            self._call.err(f'sysctl: setting key "{_key(path)}": Operation not permitted\n')
            return 0
        code = 0
        if "Y" not in self._given:
            try:
                self._files.write(path, value + "\n")
            except NotSimulated as error:
                code = self._call.not_simulated(str(error))
            except FileError as error:
                self._call.err(f'sysctl: setting key "{_key(path)}": {error.strerror}\n')
                return 0 if ignore else 1
        if "q" not in self._given:
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
        if "e" in self._given:
            return 0
        self._call.err(f"sysctl: cannot stat {path}: {error.strerror}\n")
        return 1

    def _print(self, key: str, value: str) -> None:
        if "N" in self._given:
            self._call.out(f"{key}\n")
        elif "b" in self._given:
            self._call.out(value)
        else:
            self._call.out(f"{value}\n" if "n" in self._given else f"{key} = {value}\n")


def _key(path: str) -> str:
    """A path as a name: slashes and dots change places."""
    return path.removeprefix(ROOT).translate(str.maketrans("/.", "./"))
