"""``printf`` of the shells (POSIX.1-2017, printf; bash's printf.def)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.call import Waiting
from macvsim.shell.builtins.invocation import Invocation
from macvsim.shell.expansion.escapes import unescape
from macvsim.shell.expansion.quotes import backslashed
from macvsim.shell.variables import is_reference

_CONVERSION = re.compile(r"%([-+ 0#']*)(\*|\d+)?(?:\.(\*|\d*))?(?:\((.*?)\))?([hjlLtz]*)(.?)", re.DOTALL)
_GREATEST = (1 << 63) - 1
_LONGEST = 20
"""Digits of a width that are read: no machine has room for so wide a field."""
Sized = Callable[[int], None]
_NUMBER = re.compile(r"\s*([-+]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)(?![0-9])|([0-9]+))")
_REAL = re.compile(r"\s*[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf|nan)", re.IGNORECASE)


class Wrong(NamedTuple):
    """A word that is no number; kind : ``number`` (none at all), ``rest`` (there is more) or ``range``."""

    kind: str
    word: str


class Formatter:
    """A format used again as long as there are words.

    printed : text so far; wrong : words that are no numbers; bad : a conversion that does not exist, which ends it: its
    character, empty if it is missing; more : bash's conversions ``%q`` and ``%(…)T``
    now : ns since 1970, for ``%(…)T``; field : takes the width of each field before it is built
    """

    def __init__(self, form: str, words: list[str], *, more: bool, now: Callable[[], int], field: Sized) -> None:
        self._form = form
        self._rest = list(words)
        self._more = more
        self._now = now
        self._field = field
        self.printed = ""
        self.wrong: list[Wrong] = []
        self.bad: str | None = None

    def run(self) -> None:
        """Print."""
        while True:
            before = len(self._rest)
            if self._once() or not self._rest or len(self._rest) == before:
                return

    def _once(self) -> bool:
        """The format used once; True if that is the end."""
        at = 0
        while at < len(self._form):
            percent = self._form.find("%", at)
            literal, ended = unescape(self._form[at : percent if percent >= 0 else None], unicode=self._more)
            self.printed += literal
            if ended or percent < 0:
                return ended
            match = _CONVERSION.match(self._form, percent)
            assert match is not None
            at = match.end()
            if match[0] == "%%":
                self.printed += "%"
            elif self._convert(match):
                return True
        return False

    def _pop(self) -> str:
        return self._rest.pop(0) if self._rest else ""

    def _convert(self, match: re.Match[str]) -> bool:
        flags, letter = match[1].replace("'", ""), match[6]
        width = self._measure(match[2])
        precision = None if match[3] is None else self._measure(match[3]) or 0
        self._field(max(abs(width or 0), precision or 0))
        if width is not None and width < 0:
            flags, width = flags + "-", -width
        if match[4] is not None and letter == "T" and self._more:
            self._place(self._time(match[4] or "%X"), flags, width, precision)
            return False
        if match[4] is not None or letter not in ("diouxXcsbeEfFgGaA" + ("qQn" if self._more else "")) or not letter:
            self.bad = letter
            return True
        word = self._pop()
        match letter:
            case "n":
                raise NotSimulated("printf %n", Effect.NONE)
            case "b":
                text, ended = unescape(word, leading_zero=True, unicode=self._more)
                self._place(text, flags, width, precision)
                return ended
            case "s":
                self._place(word, flags, width, precision)
            case "c":
                self._place(word[:1], flags, width, None)
            case "q" | "Q":
                text = word[:precision] if letter == "Q" and precision is not None else word
                self._place(backslashed(text), flags, width, precision if letter == "q" else None)
            case _ if letter in "aAeEfFgG":
                self._real(letter, self._real_of(word), flags, width, precision)
            case _:
                self._integer(letter, self._integer_of(word), flags, width, precision)
        return False

    def _measure(self, text: str | None) -> int | None:
        """A width or precision: digits, or ``*`` for the next word."""
        if text == "*":
            return self._integer_of(self._pop())
        return int(text[:_LONGEST]) if text else None

    def _place(self, text: str, flags: str, width: int | None, precision: int | None) -> None:
        if precision is not None and precision >= 0:
            text = text[:precision]
        self.printed += text.ljust(width or 0) if "-" in flags else text.rjust(width or 0)

    def _integer(self, letter: str, value: int, flags: str, width: int | None, precision: int | None) -> None:
        if letter in "ouxX":
            value &= (1 << 64) - 1
        digits = format(abs(value), {"o": "o", "x": "x", "X": "X"}.get(letter, "d"))
        if precision is not None:
            digits = digits.rjust(precision, "0") if value or precision else ""
        prefix = (
            "-"
            if value < 0
            else "+"
            if "+" in flags and letter in "di"
            else " "
            if " " in flags and letter in "di"
            else ""
        )
        if "#" in flags and value:
            prefix += {"x": "0x", "X": "0X"}.get(letter, "")
            if letter == "o" and not digits.startswith("0"):
                digits = "0" + digits
        if "0" in flags and "-" not in flags and precision is None:
            digits = digits.rjust((width or 0) - len(prefix), "0")
        self._place(prefix + digits, flags, width, None)

    def _real(self, letter: str, value: float, flags: str, width: int | None, precision: int | None) -> None:
        if letter in "aA":
            text = _hexadecimal(value)
            self._place(text.upper() if letter == "A" else text, flags, width, None)
            return
        spec = f"%{flags}{'' if width is None else width}" + ("" if precision is None else f".{precision}") + letter
        self.printed += spec % value

    def _integer_of(self, word: str) -> int:
        """A word as a number: decimal, 0x…, 0…, or a quote and a character."""
        if word[:1] in ("'", '"') and len(word) > 1:
            return ord(word[1])
        match = _NUMBER.match(word)
        if match is None:
            if word:
                self.wrong.append(Wrong("number", word))
            return 0
        if match.end() != len(word):
            self.wrong.append(Wrong("rest", word))
        value = int(match[2], 16) if match[2] else int(match[3] or "0", 8) if match[3] else int(match[4])
        value = -value if match[1] == "-" else value
        if not -_GREATEST - 1 <= value <= _GREATEST:
            self.wrong.append(Wrong("range", word))
            return max(-_GREATEST - 1, min(value, _GREATEST))
        return value

    def _real_of(self, word: str) -> float:
        if word[:1] in ("'", '"') and len(word) > 1:
            return float(ord(word[1]))
        match = _REAL.match(word)
        if match is None:
            if word:
                self.wrong.append(Wrong("number", word))
            return 0.0
        if match.end() != len(word):
            self.wrong.append(Wrong("rest", word))
        text = match[0].strip()
        return float(int(text, 16)) if "x" in text.lower() else float(text)

    def _time(self, form: str) -> str:
        word = self._rest.pop(0) if self._rest else "-1"
        seconds = self._integer_of(word)
        moment = datetime.fromtimestamp(self._now() // 1_000_000_000 if seconds < 0 else seconds, UTC)
        return moment.strftime(form.replace("%Z", "UTC"))


def _hexadecimal(value: float) -> str:
    """``%a`` of an 80-bit number, whose first digit is 8 to f."""
    if not value or math.isinf(value) or math.isnan(value):
        return ("-" if math.copysign(1, value) < 0 else "") + (
            "0x0p+0" if not value else "inf" if math.isinf(value) else "nan"
        )
    fraction, exponent = math.frexp(abs(value))
    whole = int(fraction * (1 << 64))
    digits = f"{whole:016x}"
    rest = digits[1:].rstrip("0")
    return f"{'-' if value < 0 else ''}0x{digits[0]}{'.' + rest if rest else ''}p{exponent - 4:+d}"


def printf(run: Invocation) -> int | Waiting:
    """``printf [-v NAME] FORMAT [WORD…]``."""
    given, words = run.options("v:") if run.bash else ({}, run.args[1:] if run.args[:1] == ["--"] else run.args)
    if not words:
        if run.bash:
            raise run.misuse()
        return run.complain("usage: printf format [arg ...]")
    if "v" in given and not is_reference(given["v"]):
        return run.complain(f"`{given['v']}': not a valid identifier")
    formatter = Formatter(
        words[0],
        words[1:],
        more=run.bash,
        now=lambda: int(run.state.box.wall_clock),
        field=run.state.box.sim.meter.field,
    )
    formatter.run()
    status, mistake, letter = 0, "", formatter.bad
    if letter is not None:
        status = 1
        mistake = f"`{letter or '%'}': {'invalid format' if letter else 'missing format'} character"
    for wrong in formatter.wrong:
        if wrong.kind == "range" and run.bash:
            run.complain(f"warning: {wrong.word}: Numerical result out of range")
        else:
            run.streams.err(run.state.dialect.bad_format_number(run.shell.line, wrong.word, wrong.kind))
            status = 1
    if mistake:
        run.complain(mistake if run.bash else f"%{letter}: invalid directive")
    if "v" in given:
        run.state.assign(given["v"], formatter.printed)
    else:
        run.out(formatter.printed)
    return status
