"""Flags as the docker command reads them (spf13/pflag): long and short, in clusters, with or without ``=``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


class FlagError(Exception):
    """A flag that does not exist, or misses its value; the text is pflag's."""


@dataclass(frozen=True)
class Flags:
    """The flags of one command.

    switches : flags without a value; values : flags with one; both by long name
    short : one-letter names; left_out : flags that exist, but are not simulated
    interspersed : flags may stand behind arguments
    """

    switches: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    short: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    interspersed: bool = True


@dataclass
class Parsed:
    """Flags that were given, in order, and the arguments."""

    given: list[tuple[str, str]] = field(default_factory=list)
    args: list[str] = field(default_factory=list)

    def on(self, name: str) -> bool:
        """Whether a switch is on; the last one counts."""
        return self.last(name, "false") in TRUE

    def last(self, name: str, default: str = "") -> str:
        """The value given last."""
        return next((value for key, value in reversed(self.given) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value given, in order."""
        return [value for key, value in self.given if key == name]

    def pairs(self, name: str) -> dict[str, str]:
        """Values of the form ``KEY=VALUE``; a key alone has an empty value."""
        return {key: value for key, _, value in (text.partition("=") for text in self.all(name))}

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.given)


def parse(flags: Flags, words: list[str]) -> Parsed:
    """Sort words into flags and arguments.  Raises `FlagError`."""
    parsed = Parsed()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            parsed.args += rest
            break
        if word.startswith("--"):
            _long(flags, word, rest, parsed)
        elif word.startswith("-") and word != "-":
            _cluster(flags, word, rest, parsed)
        else:
            parsed.args.append(word)
            if not flags.interspersed:
                parsed.args += rest
                break
    return parsed


def _long(flags: Flags, word: str, rest: list[str], parsed: Parsed) -> None:
    name, equals, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise FlagError(f"bad flag syntax: {word}")
    if name in flags.switches:
        parsed.given.append((name, _truth(name, value, f"--{name}") if equals else "true"))
    elif name in flags.values or name in flags.left_out:
        if not equals and name in flags.values:
            if not rest:
                raise FlagError(f"flag needs an argument: --{name}")
            value = rest.pop(0)
        parsed.given.append((name, value))
    else:
        raise FlagError(f"unknown flag: --{name}")


def _cluster(flags: Flags, word: str, rest: list[str], parsed: Parsed) -> None:
    """One-letter flags behind one dash; the first that takes a value takes what follows."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = flags.short.get(letter, "help" if letter == "h" else None)
        if name is None:
            raise FlagError(f"unknown shorthand flag: '{letter}' in {word}")
        if name in flags.switches:
            if letters.startswith("="):
                parsed.given.append((name, _truth(name, letters[1:], f"-{letter}, --{name}")))
                return
            parsed.given.append((name, "true"))
            continue
        if letters:
            value = letters.removeprefix("=")
        elif rest:
            value = rest.pop(0)
        elif name in flags.left_out:
            value = ""
        else:
            raise FlagError(f"flag needs an argument: '{letter}' in {word}")
        parsed.given.append((name, value))
        return


def _truth(name: str, value: str, shown: str) -> str:
    if value not in TRUE + FALSE:
        raise FlagError(
            f'invalid argument "{value}" for "{shown}" flag: strconv.ParseBool: parsing "{value}": invalid syntax'
        )
    return value
