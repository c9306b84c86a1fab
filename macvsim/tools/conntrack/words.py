"""The words of a conntrack command, read as conntrack reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from macvsim.errors import Effect, NotSimulated
from macvsim.machine.options import Given
from macvsim.machine.tool import ToolError
from macvsim.machine.usage import Option
from macvsim.net.netfilter.rule import EVERYTHING, Net
from macvsim.net.netfilter.segment import State
from macvsim.tools.iptables.values import full_address, number

BANNER = "conntrack v1.4.8 (conntrack-tools)"
MORE = """\
  -L, --dump
  -G, --get
  -D, --delete
  -I, --create
  -A, --add
  -U, --update
  -E, --event
  -F, --flush
  -C, --count
  -S, --stats
  -i, --id ID
  -a ADDRESS
  -h, --help
  -V, --version
      --sport, --orig-port-src PORT
      --dport, --orig-port-dst PORT
      --reply-port-src PORT
      --reply-port-dst PORT
      --icmp-type NUMBER
      --icmp-code NUMBER
      --icmp-id NUMBER
      --state STATE
"""
LETTERS = "L::D::F::C::G::I::U::E::ASs:d:r:q:p:f:o:u:m:t:e:b:c:w:l:n::g::j::"
_COMMANDS = "LDFCS"
_TABLES = ("conntrack", "expect", "dying", "unconfirmed")
_ALLOWED = {"L": "sdrqpfuoclwmngjza", "D": "sdrqpftuolwmngia", "F": "fla", "C": "la", "S": "la", "": ""}
_ALLOWED_EXPECT = {**_ALLOWED, "L": "foa", "D": "sdrqpftuoebcwmngjzia", "F": "a", "C": "a"}
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "sctp": 132, "udplite": 136, "icmpv6": 58,
              "unknown": 255}  # fmt: skip
_ICMP = ("--icmp-type", "--icmp-code", "--icmp-id")
_OF_PROTOCOL = {
    **dict.fromkeys(("--sport", "--dport", "--reply-port-src", "--reply-port-dst"), (6, 17)),
    **dict.fromkeys(_ICMP, (1,)),
    "--state": (6,),
}
_SHORT = {"--sport": "orig-port-src", "--dport": "orig-port-dst"}
_STATUSES = ("ASSURED", "SEEN_REPLY", "UNSET", "FIXED_TIMEOUT", "EXPECTED", "SRC_NAT", "DST_NAT", "OFFLOAD",
             "HW_OFFLOAD", "CONFIRMED")  # fmt: skip
_OUTPUTS = ("xml", "timestamp", "extended", "id", "ktimestamp", "labels", "save")


def misuse(text: str) -> ToolError:
    """Words that make no sense."""
    hint = "Try `conntrack -h' or 'conntrack --help' for more information."
    return ToolError(f"{BANNER}: {text}\n{hint}\n", 2, named=False)


@dataclass
class Asked:
    """What a command asks for; empty and None: not asked."""

    command: str = ""
    table: str = "conntrack"
    proto: int | None = None
    nets: dict[str, Net] = field(default_factory=dict)
    translated: dict[str, Net | None] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    state: str = ""
    statuses: list[str] = field(default_factory=list)
    mark: tuple[int, int] | None = None
    ipv6: bool = False
    extended: bool = False
    zero: bool = False


def read_words(words: list[str], options: Mapping[str, Option]) -> Given:
    """Options in their order; the table of a command and a NAT address are words of their own, and may be missing."""
    given, rest = Given(), list(words)
    while rest:
        word = rest.pop(0)
        if word == "-" or not word.startswith("-"):
            given.operands.append(word)
        elif word.startswith("--"):
            typed, _, value = word.partition("=")
            option = _named(typed, options)
            given.add(option, typed, value or _value(option, typed, rest))
        else:
            letters = word[1:]
            while letters:
                typed, letters = f"-{letters[0]}", letters[1:]
                option = _named(typed, options)
                value = letters if option.argument and not option.optional else ""
                given.add(option, typed, value or _value(option, typed, rest))
                letters = "" if option.argument else letters
    return given


def _named(typed: str, options: Mapping[str, Option]) -> Option:
    """The option of a name; a long one may be cut short where that names one option only."""
    fitting = [options[name] for name in options if name.startswith(typed) and typed.startswith("--")]
    if typed not in options and len(dict.fromkeys(fitting)) != 1:
        raise misuse(f"unknown option `{typed}'")
    return options[typed] if typed in options else fitting[0]


def _value(option: Option, typed: str, rest: list[str]) -> str:
    """The next word, if the option has an argument."""
    if not option.argument or (option.optional and (not rest or rest[0].startswith("-"))):
        return ""
    if not rest:
        raise misuse(f"option `{typed}' requires an argument")
    return rest.pop(0)


def asked_for(given: Given, options: Mapping[str, Option], hosts: Mapping[str, int]) -> Asked:
    """The request of the options; `ToolError` where they make no sense."""
    asked = Asked(
        extended="-o" in given,
        ipv6=given.get("-f", False),
        mark=given.get("-m", None),
        statuses=[word for words in given.all("-u") for word in words],
        zero="-z" in given,
    )
    for name, value in given.options:
        letter = name[1:]
        if name == "-p":
            asked.proto = value
        elif name in _OF_PROTOCOL:
            _of_protocol(asked, name, value)
        elif letter in "sdrq":
            asked.nets[letter] = _net(asked, value, hosts)
        elif letter in "ngj":
            asked.translated[letter] = _net(asked, value, hosts) if value else None
        elif letter in _COMMANDS:
            if asked.command not in ("", letter):
                raise misuse("Invalid commands combination")
            if value and value not in _TABLES:
                raise misuse(f"unknown type `{value}'")
            asked.command, asked.table = letter, value or asked.table
    allowed = (_ALLOWED_EXPECT if asked.table == "expect" else _ALLOWED)[asked.command]
    for name in given.names:
        if len(name) == 2 and name[1] not in _COMMANDS + allowed:
            long = next(other for other in options[name].names if other.startswith("--"))
            raise misuse(f"Illegal option `{long}' with this command")
    return asked


def _of_protocol(asked: Asked, name: str, value: str) -> None:
    """An option that a protocol brings along, once it is named."""
    if asked.proto not in _OF_PROTOCOL[name]:
        raise misuse(f"unknown option `{name}'")
    if name == "--state":
        if value.upper() not in State.__members__:
            raise misuse(f"unknown TCP state `{value}'")
        asked.state = value.upper()
        return
    parsed = number(value, 0, 0xFFFF)
    if parsed is None and name not in _ICMP:
        raise misuse(f"unknown option `{name}'")
    asked.numbers[_SHORT.get(name, name.removeprefix("--"))] = parsed or 0


def _net(asked: Asked, text: str, hosts: Mapping[str, int]) -> Net:
    address_text, slash, plen_text = text.partition("/")
    address = full_address(address_text)
    address = hosts.get(address_text) if address is None else address
    plen = number(plen_text, 0, 32) if slash else 32
    if ":" in text:
        asked.ipv6 = True
        return Net()
    if address is None:
        raise misuse(f"Invalid IP address `{text}'")
    if plen is None:
        raise misuse("Invalid netmask")
    mask = EVERYTHING << (32 - plen) & EVERYTHING
    return Net(address & mask, mask)


def _protocol(text: str) -> int:
    found = _PROTOCOLS.get(text.lower(), number(text, 0, 255))
    if found is None:
        raise misuse(f"`{text}' unsupported protocol")
    return found


def _is_ipv6(text: str) -> bool:
    if text not in ("ipv4", "ipv6"):
        raise misuse(f"`{text}' unsupported protocol")
    return text == "ipv6"


def _output(text: str) -> None:
    for word in text.split(","):
        if word not in _OUTPUTS:
            raise misuse(f"Bad parameter `{word}'")
        if word != "extended":
            raise NotSimulated(f"conntrack -o {word}", Effect.READS)


def _statuses(text: str) -> list[str]:
    words = text.upper().split(",")
    for word, typed in zip(words, text.split(","), strict=True):
        if word not in _STATUSES:
            raise misuse(f"Bad parameter `{typed}'")
    return words


def _mark(text: str) -> tuple[int, int]:
    first, slash, last = text.partition("/")
    return number(first) or 0, (number(last) or 0) if slash else EVERYTHING


VALUES: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"-p": _protocol, "-f": _is_ipv6, "-o": _output, "-u": _statuses, "-m": _mark}
)
