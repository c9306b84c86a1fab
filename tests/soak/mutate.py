"""Random changes of texts and of JSON values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

PIECES = (
    *":{}[]()<>-&*!|>#'\"~%@`,;$\\/=.^?", " ", "  ", "\n", "\t", "\0", "\x1b[2J", "\x7f", "é", "→", "\udcff", "null",
    "true", "```", "---", "root@", "? ", "<<: ", "$(", "${", "$((", "))", "<<E\n", ">&", "2>&1", "%s", "%d", "{{.}}",
    "..", "//",
)  # fmt: skip
"""Pieces that mean something in one of the languages."""
NUMBERS = (
    "0", "-1", "1", "2", "7", "08", "0x10", "1e9", "1.5", "63", "64", "127", "128", "255", "256", "4094", "4095",
    "4096", "65535", "65536", "2147483648", "4294967296", "9223372036854775807", "99999999999999999999", "inf", "nan",
)  # fmt: skip
WORDS = (
    "", "a b", "lo", "eth0", "enp0s8", "any", "all", "default", "averyveryverylongname", "10.0.0.1", "10.0.0.0/24",
    "255.255.255.255", "0.0.0.0/0", "300.1.1.1", "224.0.0.1", "127.0.0.1", "::1", "fe80::1", "fd00::/64",
    "::ffff:1.2.3.4", "02:00:00:00:00:07", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00",
    "macvlan", "vlan", "bridge",
    "1ms", "10mbit", "-", "--", "--help", "/", "/proc", "/dev/null", "/nosuch", "*", "x=y",
)  # fmt: skip
_WORD = re.compile(r"[\w.:/-]+")


def mutated(text: str, dice: Random, others: Sequence[str] = (), most: int = 3) -> str:
    """The text with a few changes; pieces of `others` may come into it."""
    for _ in range(dice.randint(1, most)):
        text = _changed(text, dice, others)
    return text


def _changed(text: str, dice: Random, others: Sequence[str]) -> str:
    at = dice.randrange(len(text) + 1)
    match dice.randrange(8):
        case 0:
            return f"{text[:at]}{dice.choice(PIECES)}{text[at:]}"
        case 1:
            return text[:at] + text[at + dice.choice((1, 1, 2, 5, 20)) :]
        case 2:
            lines = text.split("\n")
            at = dice.randrange(len(lines))
            lines[at : at + 1] = dice.choice(([], [lines[at]] * 2, [dice.choice(lines)], lines[at : at + 2][::-1]))
            return "\n".join(lines)
        case 3 if others:
            other = dice.choice(others)
            begin = dice.randrange(len(other) + 1)
            return text[:at] + other[begin : begin + dice.choice((5, 20, 80))] + text[at:]
        case 4:
            return text[:at] + chr(dice.randrange(1, 256)) + text[at + 1 :]
        case _:
            found = list(_WORD.finditer(text))
            if not found:
                return text + dice.choice(WORDS)
            word = dice.choice(found)
            values = NUMBERS if word[0].isdigit() or dice.random() < 0.2 else WORDS
            value = str(dice.choice(found)[0]) if dice.random() < 0.3 else dice.choice(values)
            return text[: word.start()] + value + text[word.end() :]


def spoil(root: Any, dice: Random) -> None:
    """Change one value somewhere in lists and objects: another value, often of the same type, or none."""
    places = list(_places(root))
    if not places:
        return
    holder, key = dice.choice(places)
    value = holder[key]
    if dice.random() < 0.2:
        other, place = dice.choice(places)
        if not isinstance(other[place], list | dict):
            value = other[place]
        holder[key] = dice.choice((value, None, [], {}, [value], str(value), 0, True, -1, 1.5))
    elif isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = dice.choice((0, -1, 1, value + 1, 255, 4095, 70000, 2**31, 2**40, 2**63, 10**20))
    elif isinstance(value, str):
        holder[key] = dice.choice((dice.choice(WORDS), dice.choice(NUMBERS), mutated(value, dice, (), 1)))
    elif isinstance(value, list):
        holder[key] = value[: dice.randrange(len(value) + 1)] * dice.choice((1, 2))
    elif isinstance(holder, dict):
        name = dice.choice((key, mutated(str(key), dice, (), 1), *(str(other) for _, other in places[:20])))
        value = holder.pop(key)
        if name != key:
            holder[name] = value


def _places(node: Any) -> Any:
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield node, key
        yield from _places(value)


def encoded(text: str) -> bytes:
    """A text as the bytes of a file; surrogates stand for bytes that are no text."""
    return text.encode("utf-8", "surrogateescape")


def decoded(data: bytes) -> str:
    """The text of such bytes."""
    return data.decode("utf-8", "surrogateescape")
