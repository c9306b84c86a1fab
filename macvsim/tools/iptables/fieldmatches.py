"""Matches of single fields and of text, as iptables reads their options (extensions/libxt_*.c)."""

from __future__ import annotations

from macvsim.machine.tool import UsageError
from macvsim.net.netfilter import fieldmatches as model
from macvsim.net.netfilter.fieldmatches import TO_THE_END
from macvsim.net.netfilter.rule import Match
from macvsim.tools.iptables.extension import MatchReader, Option, Rest
from macvsim.tools.iptables.matches import mark
from macvsim.tools.iptables.tos import dscp_class, tos
from macvsim.tools.iptables.values import number

_MOST_TEXT = 128


class Tos(MatchReader):
    name = "tos"
    options = (Option("tos", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.asked = (*tos(value, self.name, name), negated)

    def build(self) -> Match:
        return model.Tos(*self.asked)


class Dscp(MatchReader):
    name = "dscp"
    options = (Option("dscp", invertible=True, excludes=("dscp-class",)), Option("dscp-class", invertible=True))

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.asked = (dscp(value, self.name, name) if name == "dscp" else dscp_class(value), negated)

    def finish(self) -> None:
        if not self.given:
            raise UsageError("DSCP match: Parameter --dscp is required")
        super().finish()

    def build(self) -> Match:
        return model.Dscp(*self.asked)


def dscp(text: str, owner: str, option: str) -> int:
    """A code point by number."""
    value = number(text, 0, 63)
    if value is None:
        raise UsageError(f'{owner}: bad value for option "--{option}", or out of range (0-63).\n')
    return value


class TcpMss(MatchReader):
    name = "tcpmss"
    options = (Option("mss", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        first, colon, last = value.partition(":")
        low = number(first, 0, 0xFFFF) if first or not colon else 0
        high = (number(last, 0, 0xFFFF) if last else 0xFFFF) if colon else low
        if low is None or high is None:
            raise UsageError('tcpmss: bad value for option "--mss", or out of range (0-65535).\n')
        self.asked = (low, high, negated)

    def build(self) -> Match:
        return model.TcpMss(*self.asked)


class ConnMark(MatchReader):
    name = "connmark"
    options = (Option("mark", invertible=True, must=True),)

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        self.asked = (*mark(value, self.name), negated)

    def build(self) -> Match:
        return model.ConnMark(*self.asked)


class String(MatchReader):
    name = "string"
    options = (
        Option("from"),
        Option("to"),
        Option("algo", must=True),
        Option("string", invertible=True, excludes=("hex-string",)),
        Option("hex-string", invertible=True),
        Option("icase", flag=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.span = {"from": 0, "to": TO_THE_END}
        self.algo = ""
        self.pattern = b""
        self.negated = False

    def take(self, name: str, value: str, negated: bool, rest: Rest) -> None:
        if name in self.span:
            at = number(value, 0, 0xFFFF)
            if at is None:
                raise UsageError(f'string: bad value for option "--{name}", or out of range (0-65535).\n')
            self.span[name] = at
        elif name == "algo":
            self.algo = value
        elif name != "icase":
            self.pattern, self.negated = _hex(value) if name == "hex-string" else value.encode(), negated
            if len(self.pattern) > _MOST_TEXT:
                raise UsageError(f'STRING too long "{value}"')

    def finish(self) -> None:
        if "string" not in self.given and "hex-string" not in self.given:
            raise UsageError("STRING match: You must specify `--string' or `--hex-string'")
        super().finish()

    def build(self) -> Match:
        start, end = self.span.values()
        return model.String(self.pattern, self.algo, start, end, "icase" in self.given, self.negated)


def _hex(text: str) -> bytes:
    """Text with bytes in hexadecimal between bars: ``ab|00 01|``."""
    found = b""
    for at, part in enumerate(text.split("|")):
        if not at % 2:
            found += part.encode()
            continue
        try:
            found += bytes.fromhex(part)
        except ValueError:
            raise UsageError(f"Bad hex character in `{text}'") from None
    return found
