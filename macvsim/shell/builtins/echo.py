"""What echo and printf print."""

from __future__ import annotations

import re

from macvsim.shell.expansion.escapes import unescape

_CONVERSION = re.compile(r"%(?:%|([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d*))?([diouxXcsbeEfFgG]))")


def echo_text(words: list[str], *, letters: str, escapes: bool = False) -> str:
    """What ``echo WORD…`` prints.

    letters : the options it knows, of ``neE``; escapes : backslashes count without ``-e``
    """
    words = list(words)
    newline = "\n"
    while words and re.fullmatch(rf"-[{letters}]+", words[0]):
        option = words.pop(0)
        newline = "" if "n" in option else newline
        for letter in option[1:]:
            escapes = {"e": True, "E": False}.get(letter, escapes)
    text = " ".join(words)
    if escapes:
        text, ended = unescape(text, leading_zero=True)
        newline = "" if ended else newline
    return text + newline


def format_text(pattern: str, words: list[str]) -> tuple[str, list[str]]:
    """What ``printf FORMAT WORD…`` prints, and the words that should be numbers and are not.

    The format is used again as long as there are words.
    """
    rest = list(words)
    printed: list[str] = []
    wrong: list[str] = []
    while True:
        before = len(rest)
        text, ended = _once(pattern, rest, wrong)
        printed.append(text)
        if ended or not rest or len(rest) == before:
            return "".join(printed), wrong


def _once(pattern: str, rest: list[str], wrong: list[str]) -> tuple[str, bool]:
    """The format used once; whether ``\\c`` ended it."""
    parts: list[str] = []
    at = 0
    for match in _CONVERSION.finditer(pattern):
        literal, ended = unescape(pattern[at : match.start()])
        parts.append(literal)
        if ended:
            return "".join(parts), True
        at = match.end()
        if match[0] == "%%":
            parts.append("%")
            continue
        width = str(_number(_pop(rest), wrong)) if match[2] == "*" else match[2] or ""
        precision = str(_number(_pop(rest), wrong)) if match[3] == "*" else match[3]
        spec = f"%{match[1]}{width}" + (f".{precision}" if precision is not None else "")
        word = _pop(rest)
        letter = match[4]
        if letter == "b":
            text, ended = unescape(word, leading_zero=True)
            parts.append((spec + "s") % text)
            if ended:
                return "".join(parts), True
        elif letter in "sc":
            parts.append((spec + "s") % (word[:1] if letter == "c" else word))
        elif letter in "eEfFgG":
            parts.append((spec + letter) % _real(word, wrong))
        else:
            value = _number(word, wrong)
            unsigned = value & (1 << 64) - 1 if letter in "ouxX" else value
            parts.append((spec + ("d" if letter in "iu" else letter)) % unsigned)
    literal, ended = unescape(pattern[at:])
    return "".join(parts) + literal, ended


def _pop(rest: list[str]) -> str:
    return rest.pop(0) if rest else ""


def _number(word: str, wrong: list[str]) -> int:
    """A word as a number: decimal, 0x…, 0…, or a quote and a character."""
    if word[:1] in ("'", '"') and len(word) > 1:
        return ord(word[1])
    match = re.match(r"\s*([-+]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)(?![0-9])|([0-9]+))", word)
    if match is None:
        if word:
            wrong.append(word)
        return 0
    if match.end() != len(word):
        wrong.append(word)
    value = int(match[2], 16) if match[2] else int(match[3] or "0", 8) if match[3] else int(match[4])
    return -value if match[1] == "-" else value


def _real(word: str, wrong: list[str]) -> float:
    try:
        return float(word or "0")
    except ValueError:
        wrong.append(word)
        return 0.0
