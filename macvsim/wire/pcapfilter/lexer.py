"""Words of filter expressions (scanner.l)."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from macvsim.wire.pcapfilter.program import FilterError

KEYWORDS = {
    **{word: word for word in (
        "dst", "src", "ether", "arp", "rarp", "ip", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp", "ip6",
        "icmp6", "ah", "esp", "sctp", "host", "net", "mask", "port", "portrange", "proto", "protochain", "gateway",
        "less", "greater", "byte", "broadcast", "multicast", "and", "or", "not", "inbound", "outbound", "ifindex",
        "vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "len", "atalk", "aarp", "decnet", "lat", "sca", "moprc",
        "mopdl", "iso", "esis", "isis", "clnp", "stp", "ipx", "netbeui", "llc", "radio", "wlan", "type", "subtype",
        "direction", "ra", "ta", "addr1", "addr2", "addr3", "addr4", "lane", "metac", "bcc", "oam", "vpi", "vci",
    )},
    "link": "ether", "fddi": "ether", "tr": "ether", "ppp": "ether", "slip": "ether", "icmpv6": "icmp6",
}  # fmt: skip
CONSTANTS = {
    "icmptype": 0, "icmpcode": 1, "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5,
    "icmp-echo": 8, "icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12,
    "icmp-tstamp": 13, "icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17,
    "icmp-maskreply": 18, "icmp6type": 0, "icmp6code": 1, "icmp6-destinationunreach": 1, "icmp6-packettoobig": 2,
    "icmp6-timeexceeded": 3, "icmp6-parameterproblem": 4, "icmp6-echo": 128, "icmp6-echoreply": 129,
    "icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132,
    "icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136,
    "icmp6-redirect": 137, "icmp6-multicastlistenerreportv2": 143, "tcpflags": 13, "tcp-fin": 1, "tcp-syn": 2,
    "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
}  # fmt: skip
_MAC = re.compile(
    r"[0-9a-fA-F]{1,2}(?P<sep>[:.-])[0-9a-fA-F]{1,2}(?:(?P=sep)[0-9a-fA-F]{1,2}){4}(?![0-9a-zA-Z.:-])"
    r"|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![0-9a-zA-Z.:-])"
    r"|[0-9a-fA-F]{12}(?![0-9a-zA-Z.-])"
)
_IP6 = re.compile(r"[0-9a-fA-F]*:[0-9a-fA-F:]*(?:\d+\.\d+\.\d+\.\d+)?")
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){1,3}(?![0-9a-zA-Z.])")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")
_ESCAPED = re.compile(r"[^ !()\n\t]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?")
_OPERATORS = ("<<", ">>", "<=", ">=", "!=", "==", "&&", "||", "(", ")", "[", "]", ":", "!", "&", "|", "^", "<", ">",
              "=", "+", "-", "*", "/", "%")  # fmt: skip
_SAME = {"&&": "and", "||": "or", "!": "not", "==": "="}


class Token(NamedTuple):
    """kind : ``number``, ``address`` (dotted, perhaps not all of it), ``address6``, ``mac``, ``name``, a keyword, or an
    operator; empty at the end
    """

    kind: str
    text: str
    value: int = 0


def tokens(expression: str) -> list[Token]:
    """The words of an expression."""
    found: list[Token] = []
    at = 0
    while at < len(expression):
        if expression[at].isspace():
            at += 1
            continue
        token, size = _next(expression, at)
        found.append(token)
        at += size
    return [*found, Token("", "")]


def _next(text: str, at: int) -> tuple[Token, int]:
    """The longest word that begins here, and how long it is."""
    name = _NAME.match(text, at)
    longest = len(name[0]) if name else 0
    if (match := _MAC.match(text, at)) and not match[0].isdecimal():
        return Token("mac", match[0]), len(match[0])
    if (match := _IP6.match(text, at)) and match[0].count(":") > 1:
        try:
            value = int(ipaddress.IPv6Address(match[0]))
        except ValueError:
            raise FilterError(f"bogus IPv6 address {match[0]}") from None
        return Token("address6", match[0], value), len(match[0])
    if (match := _DOTTED.match(text, at)) and len(match[0]) >= longest:
        return Token("address", match[0]), len(match[0])
    if (match := _NUMBER.match(text, at)) and len(match[0]) >= longest:
        return _number(match[0]), len(match[0])
    if text[at] == "\\":
        escaped = _ESCAPED.match(text, at + 1)
        return (Token("name", escaped[0]), len(escaped[0]) + 1) if escaped else (Token("?", "\\"), 1)
    if name:
        return _word(name[0]), longest
    for operator in _OPERATORS:
        if text.startswith(operator, at):
            return Token(_SAME.get(operator, operator), operator), len(operator)
    return Token("?", text[at]), 1


def _number(word: str) -> Token:
    base = 16 if word[:2].lower() == "0x" else 8 if len(word) > 1 and word[0] == "0" else 10
    try:
        value = int(word, base)
    except ValueError:
        raise FilterError(f"number {word} contains non-octal digit") from None
    if value > 0xFFFFFFFF:
        raise FilterError(f"number {word} overflows 32 bits")
    return Token("number", word, value)


def _word(word: str) -> Token:
    if word in CONSTANTS:
        return Token("number", word, CONSTANTS[word])
    return Token(KEYWORDS[word], word) if word in KEYWORDS else Token("name", word)
