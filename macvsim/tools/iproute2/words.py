"""Reading a command line as iproute2 does: abbreviations, numbers, and its messages for what it does not understand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from macvsim.errors import Effect
from macvsim.machine.tool import Manner, Texts, ToolError

USAGE = Texts(__package__)
PORT_USAGE = "ip link help bridge_slave"
"""The block of it about ports of bridges."""
_READING = ("show", "list", "lst", "get", "monitor", "save", "showdump", "help")
IPROUTE2 = Manner(own=True, status=255, usage_status=255, help_options=("help",))


def effect_of(word: str, *more: str) -> Effect:
    """The effect of a command that is left out, on a real machine; `more`: further verbs that only read."""
    return Effect.READS if not word or any(matches(word, full) for full in (*_READING, *more)) else Effect.CHANGES


def complaint(text: str, status: int = 255) -> ToolError:
    """The program gives up and prints `text`, which is all that it prints."""
    return ToolError(text, status, named=False)


def incomplete() -> ToolError:
    """A word is missing at the end (incomplete_command)."""
    return complaint('Command line is not complete. Try option "help"\n')


def invalid(message: str, word: str) -> ToolError:
    """A word that makes no sense (invarg)."""
    return complaint(f'Error: argument "{word}" is wrong: {message}\n')


def duplicate(key: str, word: str) -> ToolError:
    """An option twice (duparg)."""
    return complaint(f'Error: duplicate "{key}": "{word}" is the second value.\n')


def garbage(key: str, word: str) -> ToolError:
    """A word that can only be a second value (duparg2)."""
    return complaint(f'Error: either "{key}" is duplicate, or "{word}" is garbage.\n')


def no_device(name: str) -> ToolError:
    """A device that has to exist (nodev)."""
    return complaint(f'Cannot find device "{name}"\n', 1)


def one_of(key: str, word: str, choices: Iterable[str]) -> ToolError:
    """A word out of a list (parse_one_of)."""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return complaint(f'Error: argument of "{key}" must be one of {listed}, not "{word}"\n', 1)


def matches(word: str, full: str) -> bool:
    """True if `word` abbreviates `full`; nothing abbreviates nothing."""
    return bool(word) and full.startswith(word)


_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def number(text: str, *, base: int = 0, limit: int = 0xFFFFFFFF) -> int | None:
    """An unsigned number as C's strtoul reads it, None if it is none or above `limit`; base 0 takes 0x… and 0…."""
    if base == 0:
        if not _NUMBER.fullmatch(text):
            return None
        octal = text.startswith("0") and text[:2].lower() != "0x"
        value = int(text, 8) if octal else int(text, 0)
    else:
        try:
            value = int(text, base)
        except ValueError:
            return None
        if not text[0].isalnum():
            return None
    return value if 0 <= value <= limit else None


def device_group(word: str) -> int:
    """A group's number; of names there is the one that /etc/iproute2/group has."""
    value = 0 if word == "default" else number(word, limit=0xFFFFFFFF)
    if value is None:
        raise invalid('Invalid "group" value\n', word)
    return value


def valid_name(name: str) -> bool:
    """True if a device could be called that (check_ifname)."""
    return 0 < len(name) < 16 and not any(c == "/" or c.isspace() for c in name)


def checked_name(key: str, name: str) -> str:
    """A device name; complains about one that cannot be."""
    if not valid_name(name):
        raise invalid(f'"{key}" not a valid ifname', name)
    return name


class Words:
    """The words of a command line, read from the left."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._words)

    @property
    def all(self) -> list[str]:
        """The words, read or not."""
        return self._words

    @property
    def here(self) -> str:
        """The word to be read next."""
        return self._words[self._at]

    @property
    def left(self) -> int:
        """How many words there are still."""
        return len(self._words) - self._at

    def take(self) -> str:
        """Read a word that is known to be there."""
        self._at += 1
        return self._words[self._at - 1]

    def value(self) -> str:
        """Read the value of the option just read; complains when there is none."""
        if not self:
            raise incomplete()
        return self.take()

    def rest(self) -> list[str]:
        """Read all that is left."""
        words, self._at = self._words[self._at :], len(self._words)
        return words

    def integer(self, key: str, *, message: str = "", base: int = 0, limit: int = 0xFFFFFFFF) -> int:
        """Read a number; `message` is what iproute2 says otherwise."""
        word = self.value()
        found = number(word, base=base, limit=limit)
        if found is None:
            raise invalid(message or f'Invalid "{key}" value\n', word)
        return found

    def switch(self, key: str) -> bool:
        """Read ``on`` or ``off`` (on_off of ip link)."""
        word = self.value()
        if word not in ("on", "off"):
            raise complaint(f'Error: argument of "{key}" must be "on" or "off", not "{word}"\n', 1)
        return word == "on"

    def either(self, key: str, *, off: str = "off", on: str = "on") -> bool:
        """Read one of two words (parse_on_off)."""
        word = self.value()
        if word not in (off, on):
            raise one_of(key, word, (off, on))
        return word == on
