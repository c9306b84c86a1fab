"""Options as usage texts list them, which is where programs get theirs from.

A line of a list names an option's letters and long names, and the argument of each::

      -c <count>         stop after <count> replies
      -n, --lines=[-]NUM       print the first NUM lines
      -4,-6            Force IP or IPv6 name resolution
      -p port  --port=port        Set the destination port to use
      ethtool [ FLAGS ] -k|--show-features DEVNAME

A synopsis names them in brackets: ``[-nbv] [-c COUNT]``; letters without a list come from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NAME = r"--?[A-Za-z0-9?@#][\w.+-]*"
_WORD = r"[a-zA-Z][\w,.-]*(?=(?:,| ) --)|<[^>]+>|(?:-|\[[-+]\])?[A-Z][\w:/+-]*(?:\[\S*\])?|\[[^\]]*\]"
_ARGUMENT = rf"(?:\[=\S+?\]|\[[A-Z]\S*?\]|=\S+|[ ](?:{_WORD}))"
_NAMED = rf"{_NAME}{_ARGUMENT}?"
_COMMAND = r"[a-z]\S* \[ [A-Z]+ \] (?:\[ [^]]* \] )*"
_START = r"^(?: {1,12}|(?=-\w, --|-\S+(?: \w+)? *: ))"
_LIST = re.compile(rf"{_START}(?:{_COMMAND})?({_NAMED}(?:(?:, ?| ?\| ?|/|  (?=--)){_NAMED})*)(?: |,?$)")
_ONE = re.compile(rf"({_NAME})({_ARGUMENT})?")
_USAGE = re.compile(r"^ *usage.*?(?:\n\n|\Z)", re.DOTALL | re.IGNORECASE | re.MULTILINE)
_SYNOPSIS = re.compile(r"\[-(\w)(N)\]|\[-(\w+)\]|\[ ?-(\w) ([^\]]+)\]")


@dataclass(frozen=True)
class Option:
    """One option.

    names : every name it has, dashes included, the first one is what programs ask for
    argument : the word for its argument; empty: it takes none; optional : the argument may be missing
    """

    names: tuple[str, ...]
    argument: str = ""
    optional: bool = False

    @property
    def name(self) -> str:
        """The letter if it has one, else the long name."""
        return next((name for name in self.names if not name.startswith("--")), self.names[0])

    def is_any(self, names: tuple[str, ...]) -> bool:
        """True if one of its names is among `names`."""
        return any(name in names for name in self.names)


def options_of(text: str, letters: str = "") -> Mapping[str, Option]:
    """Every option of a usage text by each of its names; `letters`, as for getopt(3), adds some or corrects them."""
    found: dict[str, Option] = {}
    for line in text.expandtabs().splitlines():
        listed = _LIST.match(line)
        if listed:
            _add(found, _option(listed[1]))
    usage = _USAGE.search(text)
    for match in _SYNOPSIS.finditer(usage[0] if usage and found else text):
        for letter in match[1] or match[3] or match[4]:
            if f"-{letter}" not in found and f"-{match[3]}" not in found:
                _add(found, Option((f"-{letter}",), match[2] or match[5] or ""))
    for letter, colons in re.findall(r"([^:])(:{0,2})", letters):
        old = found.get(f"-{letter}", Option((f"-{letter}",)))
        names = (f"-{letter}", *(name for name in old.names if name.startswith("--")))
        _add(found, Option(names, (old.argument or "ARG") if colons else "", len(colons) == 2))
    for name in [name for name in found if re.fullmatch("-[a-zA-Z]{2,}", name)]:
        if all(f"-{letter}" in found for letter in name[1:]) and f"[{name}]" not in text:  # several letters in one word
            del found[name]
    return MappingProxyType(found)


def _option(listed: str) -> Option:
    """The option that a list names."""
    names, argument, optional = [], "", False
    for name, value in _ONE.findall(listed):
        names.append(name)
        if value:
            argument, optional = value.strip(" =[]<>"), value.startswith("[")
    return Option(tuple(sorted(names, key=lambda name: name.startswith("--"))), argument, optional)


def _add(found: dict[str, Option], option: Option) -> None:
    for name in option.names:
        found[name] = option
