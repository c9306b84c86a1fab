"""getopt() of the C library, and numbers as tools read them."""

from __future__ import annotations

import re


class OptionError(Exception):
    """What getopt prints behind the program's name."""


def getopt(args: list[str], options: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Options with their arguments, "" for those that take none, and the other words (glibc: they may stand anywhere).

    options : letters, with a colon behind those that take an argument; `OptionError` for what does not fit
    """
    found: list[tuple[str, str]] = []
    words: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return found, words + rest
        if word == "-" or not word.startswith("-"):
            words.append(word)
            continue
        for at, letter in enumerate(word[1:], start=1):
            place = options.find(letter) if letter != ":" else -1
            if place < 0:
                raise OptionError(f"invalid option -- '{letter}'")
            if options[place + 1 : place + 2] != ":":
                found.append((letter, ""))
                continue
            value = word[at + 1 :]
            if not value and not rest:
                raise OptionError(f"option requires an argument -- '{letter}'")
            found.append((letter, value or rest.pop(0)))
            break
    return found, words


class NumberError(Exception):
    """A word that is not a number in its range; the text names it as the tool does."""


def busybox_number(text: str, low: int, high: int, base: int = 10) -> int:
    """A number as busybox reads it (xstrtou_range)."""
    digits = r"[0-9a-fA-F]+" if base == 16 else r"[0-9]+"
    if not re.fullmatch(digits, text) or int(text, base) > 0xFFFFFFFF:
        raise NumberError(f"invalid number '{text}'")
    value = int(text, base)
    if not low <= value <= high:
        raise NumberError(f"number {text} is not in {low}..{high} range")
    return value


def busybox_duration(text: str) -> float:
    """Seconds as busybox reads them: a decimal number, and perhaps a letter, s, m, h, d (parse_duration_str)."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([smhd]?)", text)
    if not match:
        raise NumberError(f"invalid number '{text}'")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
