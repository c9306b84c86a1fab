"""``echo`` and ``printf``: text from arguments."""

from __future__ import annotations

import re

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "e": "\x1b"}
_CONVERSION = re.compile(r"%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?([diouxXcsbeEfFgG%])?")


def unescape(text: str, *, octal_needs_zero: bool) -> tuple[str, bool]:
    """Backslash sequences replaced; True if ``\\c`` said to stop there.

    octal_needs_zero : ``\\0101`` as in ``echo``, not ``\\101`` as in formats
    """
    found = ""
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char != "\\" or not following:
            found += char
            at += 1
        elif following == "c":
            return found, True
        elif following in _SIMPLE:
            found += _SIMPLE[following]
            at += 2
        elif following in "01234567" and (following == "0" or not octal_needs_zero):
            match = re.match(r"0?[0-7]{1,3}" if octal_needs_zero else r"[0-7]{1,3}", text[at + 1 :])
            assert match is not None
            found += chr(int(match[0], 8) & 255)
            at += 1 + len(match[0])
        else:
            found += char
            at += 1
    return found, False


def echo(args: list[str], *, escapes: bool, options: str) -> str:
    """Output of ``echo ARGS``.

    escapes : backslash sequences are replaced from the start; options : letters that are options (``n``, ``neE``)
    """
    words = list(args)
    newline = True
    while words and re.fullmatch(f"-[{options}]+", words[0]):
        for letter in words.pop(0)[1:]:
            newline = newline and letter != "n"
            escapes = letter == "e" or (escapes and letter != "E")
    text = " ".join(words)
    if escapes:
        text, stopped = unescape(text, octal_needs_zero=True)
        newline = newline and not stopped
    return text + ("\n" if newline else "")


def printf(form: str, args: list[str]) -> tuple[str, list[str]]:
    """Output of ``printf FORMAT ARGS``, and the arguments that should have been numbers.

    The format is used again while arguments are left.
    """
    rest = list(args)
    found = ""
    bad: list[str] = []
    while True:
        before = len(rest)
        text, stopped = _once(form, rest, bad)
        found += text
        if stopped or not rest or len(rest) == before:
            return found, bad


def _once(form: str, rest: list[str], bad: list[str]) -> tuple[str, bool]:
    found = ""
    at = 0
    for match in _CONVERSION.finditer(form):
        text, stopped = unescape(form[at : match.start()], octal_needs_zero=False)
        found += text
        if stopped:
            return found, True
        at = match.end()
        flags, width, precision, kind = match.groups()
        if kind == "%":
            found += "%"
            continue
        if width == "*":
            width = str(_integer(rest.pop(0), bad)) if rest else "0"
        if precision == "*":
            precision = str(_integer(rest.pop(0), bad)) if rest else "0"
        argument = rest.pop(0) if rest else None
        has_precision = "." in match[0]
        spec = f"%{flags}{width or ''}" + (f".{precision or 0}" if has_precision else "")
        if kind == "b":
            text, stopped = unescape(argument or "", octal_needs_zero=True)
            found += (spec + "s") % text
            if stopped:
                return found, True
        elif kind == "c":
            found += (spec + "s") % (argument or "")[:1]
        elif kind in ("s", None):
            found += (spec + "s") % (argument or "")
        elif kind in "diouxX":
            value = _integer(argument, bad) if argument is not None else 0
            if kind in "ouxX" and value < 0:
                value += 1 << 64
            found += (spec + ("d" if kind in "iu" else kind)) % value
        else:
            found += (spec + kind) % _real(argument, bad)
    text, stopped = unescape(form[at:], octal_needs_zero=False)
    return found + text, stopped


def _integer(text: str, bad: list[str]) -> int:
    """A number as strtoimax reads it, or the code of the character after a quote."""
    if text[:1] in ("'", '"') and len(text) > 1:
        return ord(text[1])
    match = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)", text)
    if not match or match.end() != len(text):
        bad.append(text)
    if not match:
        return 0
    digits = match[2]
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10
    return int(digits, base) * (-1 if match[1] == "-" else 1)


def _real(text: str | None, bad: list[str]) -> float:
    try:
        return float(text or "0")
    except ValueError:
        bad.append(text or "")
        return 0.0
