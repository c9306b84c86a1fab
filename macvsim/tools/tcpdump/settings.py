"""What the words of a command line ask tcpdump to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from macvsim.errors import NotSimulated
from macvsim.tools.getopt import OptionError, getopt
from macvsim.tools.tcpdump.usage import LEFT_OUT, LETTERS, LONG, MAX_SNAPLEN
from macvsim.wire.text import Options

DIRECTIONS = {"in": (True, False), "out": (False, True), "inout": (True, True)}
_SHOWN = "AeKnNqSuvxX"
_MAX_STAMPS = 5


class Wrong(Exception):
    """tcpdump ends with this complaint behind its name; with the usage behind that, if `usage`."""

    def __init__(self, text: str, *, usage: bool = False) -> None:
        super().__init__(text)
        self.usage = usage


@dataclass
class Settings:
    """interface : its name, "" for the default; count : packets to show, 0 for no end; read, write : files
    directions : whether frames that come in and those that go out are wanted; verbose banners and texts are the
    printer's options
    """

    options: Options = field(default_factory=Options)
    interface: str = ""
    count: int = 0
    snaplen: int = MAX_SNAPLEN
    read: str = ""
    write: str = ""
    directions: tuple[bool, bool] = (True, True)
    promiscuous: bool = True
    link: str = ""
    expression: str = ""
    expression_file: str = ""
    only_count: bool = False
    print_too: bool = False
    unbuffered: bool = False
    monitor: bool = False
    lists: str = ""
    """``D``, ``L``, ``h`` or ``version``: print that and end."""


def settings(args: list[str]) -> Settings:
    """Read the words; `Wrong` as tcpdump says it, `NotSimulated` for what is left out."""
    found, words = _options(args)
    result = Settings(expression=" ".join(words))
    for letter, value in found:
        _apply(result, letter, value)
    return result


def _apply(result: Settings, letter: str, value: str) -> None:
    options = result.options
    if letter in LEFT_OUT:
        raise NotSimulated(f"tcpdump {LEFT_OUT[letter]}")
    if letter in _SHOWN:
        setattr(options, letter, getattr(options, letter) + 1)
        return
    match letter:
        case "t":
            options.t += 1
            if options.t > _MAX_STAMPS:
                raise Wrong("only -t, -tt, -ttt, -tttt and -ttttt are supported")
        case "#":
            options.number = 1
        case "nano" | "micro":
            options.nano = letter == "nano"
        case "precision":
            if value not in ("micro", "nano"):
                raise Wrong("unsupported time stamp precision")
            options.nano = value == "nano"
        case "c":
            result.count = _number(value, 1, 0x7FFFFFFF, f"invalid packet count {value}")
        case "s":
            limits = f"invalid snaplen {value} (must be >= 0 and <= {MAX_SNAPLEN})"
            result.snaplen = _number(value, 0, MAX_SNAPLEN, limits) or MAX_SNAPLEN
        case "B":
            _number(value, 1, 0x7FFFFFFF, f"invalid packet buffer size {value}")
        case "i":
            result.interface = value
        case "Q":
            if value not in DIRECTIONS:
                raise Wrong(f"unknown capture direction '{value}'")
            result.directions = DIRECTIONS[value]
        case "r":
            result.read = value
        case "w":
            result.write = value
        case "F":
            result.expression_file = value
        case "y":
            result.link = value
        case "p":
            result.promiscuous = False
        case "U":
            result.unbuffered = True
        case "I":
            result.monitor = True
        case "count":
            result.only_count = True
        case "print":
            result.print_too = True
        case "D" | "L" | "h" | "version":
            result.lists = result.lists or letter


def _number(text: str, low: int, high: int, complaint: str) -> int:
    if not re.fullmatch(r"\s*[-+]?[0-9]+", text) or not low <= int(text) <= high:
        raise Wrong(complaint)
    return int(text)


def _options(args: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Options, long ones by the letter that means the same, and the other words."""
    found: list[tuple[str, str]] = []
    words: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return found, words + rest
        if word.startswith("--"):
            found.append(_long(word[2:], rest))
        elif word == "-" or not word.startswith("-"):
            words.append(word)
        else:
            needs = _needs_argument(word)
            group = [word, rest.pop(0)] if needs and rest else [word]
            try:
                found += getopt(group, LETTERS)[0]
            except OptionError as error:
                raise Wrong(str(error), usage=True) from None
    return found, words


def _needs_argument(word: str) -> bool:
    """True if a word of letters ends with one whose argument is the next word."""
    for at, letter in enumerate(word[1:], 1):
        place = LETTERS.find(letter)
        if place >= 0 and letter != ":" and LETTERS[place + 1 : place + 2] == ":":
            return at == len(word) - 1
    return False


def _long(word: str, rest: list[str]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    candidates = [name] if name in LONG else [option for option in LONG if option.startswith(name)]
    if not candidates:
        raise Wrong(f"unrecognized option '--{name}'", usage=True)
    if len(candidates) > 1:
        listed = " ".join(f"'--{option}'" for option in candidates)
        raise Wrong(f"option '--{name}' is ambiguous; possibilities: {listed}", usage=True)
    meaning = LONG[candidates[0]]
    if not meaning.endswith(":"):
        if equals:
            raise Wrong(f"option '--{candidates[0]}' doesn't allow an argument", usage=True)
        return meaning, ""
    if not equals and not rest:
        raise Wrong(f"option '--{candidates[0]}' requires an argument", usage=True)
    return meaning.rstrip(":"), value if equals else rest.pop(0)
