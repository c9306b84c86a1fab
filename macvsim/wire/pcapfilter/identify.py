"""What a word behind qualifiers means: an address, a network, a port, a protocol (gen_scode, gen_mcode, gen_ncode)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from macvsim.wire.pcapfilter.generate import ARP, ETHERTYPES, IP, ONLY_IP, PORTS, RARP, SAPS, TRANSPORTS, Generator
from macvsim.wire.pcapfilter.lexer import Token
from macvsim.wire.pcapfilter.program import FilterError, Resolver, Test, either
from macvsim.wire.pcapfilter.words import Words

_ALL = 0xFFFFFFFF
_ALL6 = (1 << 128) - 1
_NETWORKS = {"": (IP, ARP, RARP), "ip": (IP,), "arp": (ARP,), "rarp": (RARP,)}


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """protocol : its keyword; direction : ``src``, ``dst``, ``or``, ``and``; kind : ``host``, ``net``, …; all may be
    empty
    """

    protocol: str = ""
    direction: str = ""
    kind: str = ""


NOTHING = Qualifiers(kind="nothing")
"""Behind a primitive that takes no word."""


class Identifiers:
    """Tests for words."""

    def __init__(self, generator: Generator, resolver: Resolver) -> None:
        self._generator = generator
        self._resolver = resolver

    def test(self, parser: Words, qualifiers: Qualifiers) -> Test:
        """The next word, or network with its mask."""
        token = parser.take()
        if qualifiers is NOTHING and token.kind not in ("mac", "address6"):
            raise FilterError("syntax error in filter expression")
        match token.kind:
            case "mac":
                return self._mac(token, qualifiers)
            case "address6":
                plen = None
                if parser.accept("/"):
                    plen = parser.expect("number").value
                return self._address6(token, plen, qualifiers)
            case "address" | "number" if parser.token.kind in ("/", "mask"):
                slash = parser.take().kind == "/"
                if slash:
                    mask = parser.expect("number")
                elif parser.token.kind in ("address", "number"):
                    mask = parser.take()
                else:
                    raise parser.wrong()
                return self._network(token, mask, slash, qualifiers)
            case "address":
                return self._address(token.text, qualifiers)
            case "number":
                return self._number(token.value, qualifiers)
            case "name":
                return self._name(token.text, qualifiers)
            case "len":
                raise parser.wrong()
            case _:
                raise parser.wrong()

    # -- addresses -----------------------------------------------------------------------------------------------------

    def _mac(self, token: Token, qualifiers: Qualifiers) -> Test:
        if qualifiers.kind not in ("", "host") or qualifiers.protocol != "ether":
            raise FilterError("ethernet address used in non-ether expression")
        if not self._generator.link.addresses:
            raise FilterError(
                "ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel"
            )
        digits = re.split(r"[:.-]", token.text)
        if len(digits) == 6:
            mac = bytes(int(part, 16) for part in digits)
        else:
            mac = bytes.fromhex("".join(digits))
        return self._generator.mac(mac, qualifiers.direction)

    def _address6(self, token: Token, plen: int | None, qualifiers: Qualifiers) -> Test:
        if plen is not None and plen > 128:
            raise FilterError("mask length must be <= 128")
        mask = _ALL6 if plen is None else _ALL6 << (128 - plen) & _ALL6
        if token.value & ~mask:
            raise FilterError(f'non-network bits set in "{token.text}/{plen}"')
        self._check_kind(qualifiers, plen is not None)
        if qualifiers.kind in ("", "host"):
            if mask != _ALL6:
                raise FilterError("Mask syntax for networks only")
        elif qualifiers.kind != "net":
            raise FilterError("invalid qualifier against IPv6 address")
        if qualifiers.protocol not in ("", "ip6"):
            self._refuse(qualifiers, "ip6 net" if qualifiers.kind == "net" else "ip6 host")
        return self._generator.address6(token.value, mask, qualifiers.direction)

    def _address(self, text: str, qualifiers: Qualifiers) -> Test:
        """A dotted address; fewer than four numbers are a network."""
        value, bits = _dotted(text)
        self._check_kind(qualifiers, False)
        match qualifiers.kind:
            case "net":
                mask = _ALL << (32 - bits) & _ALL
                return self._ip(value << (32 - bits), mask, qualifiers)
            case "" | "host":
                if qualifiers.protocol == "ether":
                    raise FilterError("illegal link layer address")
                return self._ip(value << (32 - bits), _ALL << (32 - bits) & _ALL, qualifiers)
            case _:
                raise FilterError("illegal qualifier of address")

    def _network(self, token: Token, mask_token: Token, slash: bool, qualifiers: Qualifiers) -> Test:
        value, bits = _dotted(token.text) if token.kind == "address" else (token.value, 8)
        value <<= 32 - bits
        if slash:
            if mask_token.value > 32:
                raise FilterError("mask length must be <= 32")
            mask = _ALL << (32 - mask_token.value) & _ALL
            written = f"{token.text}/{mask_token.value}"
        else:
            number, width = _dotted(mask_token.text) if mask_token.kind == "address" else (mask_token.value, 8)
            mask = number << (32 - width)
            written = f"{token.text} mask {mask_token.text}"
        if value & ~mask:
            raise FilterError(f'non-network bits set in "{written}"')
        self._check_kind(qualifiers, True)
        if qualifiers.kind != "net":
            raise FilterError("Mask syntax for networks only")
        return self._ip(value, mask, qualifiers)

    @staticmethod
    def _check_kind(qualifiers: Qualifiers, prefix: bool) -> None:
        """Addresses are hosts or networks."""
        if qualifiers.kind in ("port", "portrange", "proto"):
            raise FilterError(
                f"'{qualifiers.kind}' modifier applied to IP address{' and prefix length' if prefix else ''}"
            )

    def _ip(self, value: int, mask: int, qualifiers: Qualifiers) -> Test:
        kinds = _NETWORKS.get(qualifiers.protocol)
        if kinds is None:
            if qualifiers.protocol in ETHERTYPES and qualifiers.protocol != "ip6":
                raise FilterError(
                    f"{_NAMES.get(qualifiers.protocol, qualifiers.protocol)} host filtering not implemented"
                )
            self._refuse(qualifiers, "ip host" if qualifiers.protocol == "ip6" else qualifiers.kind or "host")
        assert kinds is not None
        return self._generator.address(value, mask, qualifiers.direction, kinds)

    @staticmethod
    def _refuse(qualifiers: Qualifiers, what: str) -> None:
        raise FilterError(f"'{qualifiers.protocol}' modifier applied to {what}")

    # -- numbers and names ---------------------------------------------------------------------------------------------

    def _number(self, value: int, qualifiers: Qualifiers) -> Test:
        match qualifiers.kind:
            case "port" | "portrange":
                return self._ports(value, value, qualifiers)
            case "proto":
                return self._protocol(value, qualifiers)
            case "net":
                bits = 8 if value < 1 << 8 else 16 if value < 1 << 16 else 24 if value < 1 << 24 else 32
                return self._ip(value << (32 - bits), _ALL << (32 - bits) & _ALL, qualifiers)
            case _:
                if qualifiers.protocol == "ether":
                    raise FilterError("illegal link layer address")
                return self._ip(value, _ALL, qualifiers)

    def _name(self, name: str, qualifiers: Qualifiers) -> Test:
        match qualifiers.kind:
            case "port":
                port = self._port(name, qualifiers)
                return self._ports(port, port, qualifiers)
            case "portrange":
                low, dash, high = name.partition("-")
                if not dash:
                    raise FilterError(f"port range '{name}' contains no hyphen")
                first, last = self._port(low, qualifiers), self._port(high, qualifiers)
                return self._ports(min(first, last), max(first, last), qualifiers)
            case "proto":
                return self._protocol(self._protocol_number(name, qualifiers), qualifiers)
            case "net":
                raise FilterError(f"unknown network '{name}'")
            case _:
                if qualifiers.protocol == "ether":
                    raise FilterError(f"unknown ether host '{name}'")
                found = self._resolver.host(name)
                if not found:
                    raise FilterError(f"unknown host '{name}'")
                tests = [self._ip(address, _ALL, qualifiers) for address in found]
                test = tests[0]
                for more in tests[1:]:
                    test = either(test, more)
                return test

    def _ports(self, low: int, high: int, qualifiers: Qualifiers) -> Test:
        if qualifiers.protocol not in ("", *PORTS):
            raise FilterError(f"illegal qualifier of '{qualifiers.kind}'")
        for number in (low, high):
            if number > 65535:
                raise FilterError(f"illegal port number {number} > 65535")
        return self._generator.ports(low, high, qualifiers.direction, qualifiers.protocol)

    def _port(self, name: str, qualifiers: Qualifiers) -> int:
        if qualifiers.protocol not in ("", *PORTS):
            raise FilterError(f"illegal qualifier of '{qualifiers.kind}'")
        if name.isdecimal():
            return int(name)
        for protocol in ("tcp", "udp"):
            if qualifiers.protocol in ("", protocol):
                number = self._resolver.port(name, protocol)
                if number is not None:
                    return number
        raise FilterError(f"unknown port '{name}'")

    def _protocol_number(self, name: str, qualifiers: Qualifiers) -> int:
        if qualifiers.protocol in ("", "ip", "ip6"):
            number = TRANSPORTS.get(name, self._resolver.protocol(name))
            if number is None:
                raise FilterError(f"unknown {qualifiers.protocol or 'ip'} proto '{name}'")
            return number
        if qualifiers.protocol == "ether":
            found = ETHERTYPES.get(name, SAPS.get(name))
            if found is None:
                raise FilterError(f"unknown ether proto '{name}'")
            return found
        raise FilterError(f"unknown protocol: {name}")

    def _protocol(self, number: int, qualifiers: Qualifiers) -> Test:
        match qualifiers.protocol:
            case "" | "ip" | "ip6" as version:
                return self._generator.transport(number & 0xFFFFFFFF, version)
            case "ether":
                return self._generator.ethertype(number)
            case other:
                raise FilterError(f"'{other} proto' is bogus")


_NAMES = {"decnet": "DECNET", "lat": "LAT", "sca": "SCA", "moprc": "MOPRC", "mopdl": "MOPDL", "aarp": "AARP",
          "atalk": "AppleTalk"}  # fmt: skip
assert ONLY_IP


def _dotted(text: str) -> tuple[int, int]:
    """The number of a dotted address, and how many bits of it were written (__pcap_atoin)."""
    parts = [int(part) for part in text.split(".")]
    if any(part > 255 for part in parts):
        raise FilterError(f"invalid IPv4 address '{text}'")
    value = 0
    for part in parts:
        value = value << 8 | part
    return value, 8 * len(parts)
