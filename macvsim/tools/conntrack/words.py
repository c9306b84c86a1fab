"""The words of a conntrack command, read as conntrack reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from macvsim.errors import Effect, NotSimulated
from macvsim.net.netfilter.rule import EVERYTHING, Net
from macvsim.net.netfilter.segment import State
from macvsim.tools.iptables.values import full_address, number

BANNER = "conntrack v1.4.8 (conntrack-tools)"
_COMMANDS = "LDFCSGIUAERVh"
_TABLES = ("conntrack", "expect", "dying", "unconfirmed")
_WITH_TABLE = "LDFCGIUE"
_WITH_VALUE = "sdrqpfoumteabcwl"
_OPTIONAL = "ngj"
_LONG = {
    "dump": "L", "create": "I", "add": "A", "delete": "D", "update": "U", "get": "G", "flush": "F", "event": "E",
    "count": "C", "stats": "S", "version": "V", "help": "h", "src": "s", "orig-src": "s", "dst": "d", "orig-dst": "d",
    "reply-src": "r", "reply-dst": "q", "protonum": "p", "family": "f", "timeout": "t", "status": "u", "mark": "m",
    "zero": "z", "output": "o", "event-mask": "e", "src-nat": "n", "dst-nat": "g", "any-nat": "j", "id": "i",
    "buffer-size": "b", "secmark": "c", "zone": "w", "label": "l",
}  # fmt: skip
_NAMES = {letter: name for name, letter in reversed(_LONG.items())}
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "sctp": 132, "udplite": 136, "icmpv6": 58,
              "unknown": 255}  # fmt: skip
_PORTS = {
    "sport": "orig-port-src",
    "dport": "orig-port-dst",
    "orig-port-src": "orig-port-src",
    "orig-port-dst": "orig-port-dst",
    "reply-port-src": "reply-port-src",
    "reply-port-dst": "reply-port-dst",
}
_ICMP = ("icmp-type", "icmp-code", "icmp-id")
_STATUSES = ("ASSURED", "SEEN_REPLY", "UNSET", "FIXED_TIMEOUT", "EXPECTED", "SRC_NAT", "DST_NAT", "OFFLOAD",
             "HW_OFFLOAD", "CONFIRMED")  # fmt: skip
_OUTPUTS = ("xml", "timestamp", "extended", "id", "ktimestamp", "labels", "save")
_FAMILIES = ("ipv4", "ipv6")


class Misuse(Exception):
    """Words that make no sense."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


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
    options: list[str] = field(default_factory=list)


class Words:
    """Reads words into an `Asked`."""

    def __init__(self, words: list[str], hosts: dict[str, int]) -> None:
        self.words = words
        self.hosts = hosts
        self.at = 0
        self.asked = Asked()

    def read(self) -> Asked:
        """All words; `Misuse` where they make no sense, `NotSimulated` for what is left out."""
        asked = self.asked
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word.startswith("--"):
                self._long(*word[2:].partition("=")[::2])
            elif word.startswith("-") and len(word) > 1:
                letters = word[1:]
                while letters:
                    letter, letters = letters[0], letters[1:]
                    if letter in _WITH_VALUE:
                        self._option(letter, letters or self._value(f"-{letter}"))
                        break
                    self._option(letter, "")
        if not asked.command and asked.options:
            raise Misuse(f"Illegal option `--{_NAMES.get(asked.options[0], asked.options[0])}' with this command")
        if asked.command in "GIAU" and asked.command and asked.proto is None:
            raise Misuse("You need to supply the `--protonum' option for this command")
        return asked

    def _value(self, option: str) -> str:
        if self.at >= len(self.words):
            raise Misuse(f"option `{option}' requires an argument")
        self.at += 1
        return self.words[self.at - 1]

    def _free(self) -> str | None:
        """The next word unless it is an option."""
        if self.at < len(self.words) and not self.words[self.at].startswith("-"):
            self.at += 1
            return self.words[self.at - 1]
        return None

    def _long(self, name: str, value: str) -> None:
        if name in _LONG:
            letter = _LONG[name]
            self._option(letter, (value or self._value(f"--{name}")) if letter in _WITH_VALUE else value)
            return
        self._of_protocol(name, value)

    def _of_protocol(self, name: str, value: str) -> None:
        """Options that a protocol brings along, once it is named."""
        asked = self.asked
        if asked.proto in (6, 17) and name in _PORTS:
            port = number(value or self._value(f"--{name}"), 0, 0xFFFF)
            if port is None:
                raise Misuse(f"unknown option `--{name}'")
            asked.numbers[_PORTS[name]] = port
        elif asked.proto == 1 and name in _ICMP:
            asked.numbers[name] = number(value or self._value(f"--{name}"), 0, 0xFFFF) or 0
        elif asked.proto == 6 and name == "state":
            state = (value or self._value("--state")).upper()
            if state not in State.__members__:
                raise Misuse(f"Unknown state `{state}'")
            asked.state = state
        else:
            raise Misuse(f"unknown option `--{name}'")

    def _option(self, letter: str, value: str) -> None:
        asked = self.asked
        if letter in _COMMANDS:
            self._command(letter)
            return
        if letter not in _LONG.values():
            raise Misuse(f"unknown option `-{letter}'")
        asked.options.append(letter)
        match letter:
            case "s" | "d" | "r" | "q":
                asked.nets[letter] = self._net(value)
            case "n" | "g" | "j":
                text = value or self._free()
                asked.translated[letter] = None if text is None else self._net(text)
            case "p":
                found = _PROTOCOLS.get(value.lower(), number(value, 0, 255))
                if found is None:
                    raise Misuse(f"`{value}' unsupported protocol")
                asked.proto = found
            case "f":
                if value not in _FAMILIES:
                    raise Misuse(f"`{value}' unsupported protocol")
                asked.ipv6 = value == "ipv6"
            case "o":
                self._output(value)
            case "u":
                for word in value.split(","):
                    if word.upper() not in _STATUSES:
                        raise Misuse(f"Bad parameter `{word}'")
                    asked.statuses.append(word.upper())
            case "m":
                first, slash, last = value.partition("/")
                asked.mark = (number(first) or 0, (number(last) or 0) if slash else EVERYTHING)
            case "z":
                asked.zero = True
            case _:
                raise NotSimulated(f"conntrack -{letter}", Effect.CHANGES)

    def _output(self, value: str) -> None:
        for word in value.split(","):
            if word not in _OUTPUTS:
                raise Misuse(f"Bad parameter `{word}'")
            if word != "extended":
                raise NotSimulated(f"conntrack -o {word}", Effect.READS)
        self.asked.extended = True

    def _net(self, text: str) -> Net:
        address_text, slash, plen_text = text.partition("/")
        address = full_address(address_text)
        address = self.hosts.get(address_text) if address is None else address
        plen = number(plen_text, 0, 32) if slash else 32
        if ":" in text:
            self.asked.ipv6 = True
            return Net()
        if address is None or plen is None:
            raise Misuse(f"Invalid IP address `{text}'")
        mask = EVERYTHING << (32 - plen) & EVERYTHING
        return Net(address & mask, mask)

    def _command(self, letter: str) -> None:
        asked = self.asked
        if asked.command and asked.command != letter:
            raise Misuse("Invalid commands combination")
        asked.command = letter
        if letter in _WITH_TABLE:
            table = self._free()
            if table is not None and table not in _TABLES:
                raise Misuse(f"unknown type `{table}'")
            asked.table = table or asked.table
