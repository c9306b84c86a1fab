"""The words of a filter expression, read one after another by the parts of the grammar."""

from __future__ import annotations

from macvsim.wire.pcapfilter.lexer import Token, tokens
from macvsim.wire.pcapfilter.program import FilterError

PROTOCOLS = frozenset(
    [
        "ether",
        "arp",
        "rarp",
        "ip",
        "tcp",
        "udp",
        "icmp",
        "igmp",
        "igrp",
        "pim",
        "vrrp",
        "carp",
        "ip6",
        "icmp6",
        "ah",
        "esp",
        "sctp",
        "atalk",
        "aarp",
        "decnet",
        "lat",
        "sca",
        "moprc",
        "mopdl",
        "iso",
        "stp",
        "netbeui",
        "radio",
    ]
)
_SYNTAX = "can't parse filter expression: syntax error"


class Words:
    """A place in an expression: `token` is the next word.

    at : its number; it may be set back
    """

    def __init__(self, expression: str) -> None:
        self._tokens: list[Token] = tokens(expression)
        self.at = 0

    @property
    def token(self) -> Token:
        return self._tokens[self.at]

    def peek(self, count: int = 1) -> Token:
        """A token further on."""
        return self._tokens[min(self.at + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is then read."""
        token = self.token
        self.at = min(self.at + 1, len(self._tokens) - 1)
        return token

    def accept(self, kind: str) -> bool:
        """Read a token if it is of that kind."""
        if self.token.kind == kind and kind:
            self.take()
            return True
        return False

    def expect(self, kind: str) -> Token:
        """Read a token that must be of that kind."""
        if self.token.kind != kind:
            raise self.wrong()
        return self.take()

    @staticmethod
    def wrong() -> FilterError:
        """Not in the grammar."""
        return FilterError(_SYNTAX)
