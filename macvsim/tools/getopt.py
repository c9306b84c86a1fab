"""getopt() of the C library."""

from __future__ import annotations


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
