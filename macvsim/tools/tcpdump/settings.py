"""What the words of a command line ask tcpdump to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from macvsim.machine.options import Given
from macvsim.machine.tool import ToolError
from macvsim.wire.text import Options

MAX_SNAPLEN = 262144

DIRECTIONS = {"in": (True, False), "out": (False, True), "inout": (True, True)}
_SHOWN = "AeKnNqSuvxX"
_MAX_STAMPS = 5


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
    """``D`` or ``L``: print that list and end."""


def settings(given: Given) -> Settings:
    """The settings of a command line."""
    result = Settings(expression=" ".join(given.operands))
    for name, value in given.options:
        _apply(result, name.lstrip("-"), value)
    return result


def _apply(result: Settings, letter: str, value: str) -> None:
    options = result.options
    if letter in _SHOWN:
        setattr(options, letter, getattr(options, letter) + 1)
        return
    match letter:
        case "t":
            options.t += 1
            if options.t > _MAX_STAMPS:
                raise ToolError("only -t, -tt, -ttt, -tttt and -ttttt are supported")
        case "#":
            options.number = 1
        case "nano" | "micro":
            options.nano = letter == "nano"
        case "time-stamp-precision":
            if value not in ("micro", "nano"):
                raise ToolError("unsupported time stamp precision")
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
                raise ToolError(f"unknown capture direction '{value}'")
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
        case "D" | "L":
            result.lists = result.lists or letter


def _number(text: str, low: int, high: int, complaint: str) -> int:
    if not re.fullmatch(r"\s*[-+]?[0-9]+", text) or not low <= int(text) <= high:
        raise ToolError(complaint)
    return int(text)
