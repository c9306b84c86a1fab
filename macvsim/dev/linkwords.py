"""The words behind ``type KIND`` of `ip link`, as data (parse_opt of iproute2's iplink_….c).

A kind of device lists its options; the tool that reads a command line looks for each word among them and lets the
option read its value.  The result is a mapping of plain values by name: texts, numbers, lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from macvsim.errors import Effect, NotSimulated

Options = dict[str, Any]
"""Values of options by name; an option that is not there was not mentioned."""


class Reader(Protocol):
    """A command line behind ``type KIND``, and the complaints of the tool that reads it."""

    @property
    def here(self) -> str:
        """The word to be read next."""

    def __bool__(self) -> bool: ...

    def take(self) -> str:
        """Read a word that is known to be there."""

    def value(self) -> str:
        """Read the value of the option just read; complains when there is none."""

    def integer(self, key: str, *, message: str = "", limit: int = 0xFFFFFFFF) -> int:
        """Read a number; `message` is the complaint about anything else."""

    def switch(self, key: str) -> bool:
        """Read ``on`` or ``off``."""

    def mac(self) -> bytes:
        """Read a link-layer address of any length."""

    def peer(self) -> Any:
        """Read the options of another new device, up to the end."""

    def invalid(self, message: str, word: str) -> Exception:
        """The complaint about a value that makes no sense."""

    def refusal(self, text: str) -> Exception:
        """Another complaint."""

    def usage(self, heading: str = "") -> Exception:
        """The complaint that consists of a heading and the kind's usage."""


@dataclass(frozen=True)
class Option:
    """One word and its value.

    read : reads the value, and puts it where it belongs
    exact : it cannot be abbreviated; once : key that must not be there yet, or the word is unknown
    """

    name: str
    read: Callable[[Reader, Options], None]
    exact: bool = False
    once: str = ""


def choice(name: str, values: tuple[str, ...], refusal: str) -> Option:
    """One of some words; `refusal` has ``{}`` for one that is none of them."""

    def read(words: Reader, found: Options) -> None:
        word = words.value()
        if word not in values:
            raise words.refusal(refusal.format(word))
        found[name] = word

    return Option(name, read)


def named(name: str, values: Mapping[str, int], message: str) -> Option:
    """One of some names, in upper or lower case, that stand for numbers."""

    def read(words: Reader, found: Options) -> None:
        word = words.value()
        if word.lower() not in values:
            raise words.invalid(message, word)
        found[name] = values[word.lower()]

    return Option(name, read)


def number(name: str, limit: int = 0xFFFFFFFF, message: str = "") -> Option:
    """A number up to `limit`."""

    def read(words: Reader, found: Options) -> None:
        found[name] = words.integer(name, message=message or f"invalid {name}", limit=limit)

    return Option(name, read)


def fixed(name: str, value: int, of: str) -> Option:
    """A number that can only be its default here."""

    def read(words: Reader, found: Options) -> None:
        given = words.integer(name, message=f"invalid {name}")
        if given != value:
            raise NotSimulated(f"{name} {given} of {of}; leave it {value}", Effect.CHANGES)

    return Option(name, read)


def switch(name: str) -> Option:
    """``on`` or ``off``."""

    def read(words: Reader, found: Options) -> None:
        found[name] = words.switch(name)

    return Option(name, read)


def flag(name: str, key: str, value: Any, *, once: bool = False) -> Option:
    """A word without a value, which sets `key`."""

    def read(words: Reader, found: Options) -> None:
        found[key] = value

    return Option(name, read, once=key if once else "")


__all__ = ["Option", "Options", "Reader", "choice", "fixed", "flag", "named", "number", "switch"]
