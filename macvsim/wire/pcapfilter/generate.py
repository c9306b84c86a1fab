"""Tests for the primitives of filter expressions (gencode.c).

A generator holds what changes while an expression is read: behind ``vlan`` all headers are further back.
"""

from __future__ import annotations

from collections.abc import Callable

from macvsim.wire.pcapfilter.link import LinkType
from macvsim.wire.pcapfilter.program import FilterError, OutOfPacket, Test, Value, View, both, either

ARP, RARP, IP, IP6 = 0x0806, 0x8035, 0x0800, 0x86DD
ETHERTYPES = {
    "ip": IP, "arp": ARP, "rarp": RARP, "ip6": IP6, "aarp": 0x80F3, "atalk": 0x809B, "decnet": 0x6003, "lat": 0x6004,
    "sca": 0x6007, "moprc": 0x6002, "mopdl": 0x6001, "loopback": 0x9000,
}  # fmt: skip
SAPS = {"iso": 0xFE, "stp": 0x42, "netbeui": 0xF0}
TRANSPORTS = {
    "tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "igmp": 2, "igrp": 9, "pim": 103, "vrrp": 112, "carp": 112,
    "icmp6": 58, "ah": 51, "esp": 50,
}  # fmt: skip
ONLY_IP = ("icmp", "igmp", "igrp", "vrrp", "carp")
PORTS = ("tcp", "udp", "sctp")
_TPIDS = (0x8100, 0x88A8, 0x9100)
_MAX_LENGTH = 1500
_FRAGMENT = 44


class Generator:
    """Makes tests for packets of a link type; `live` ones come with their VLAN tag in metadata."""

    def __init__(self, link: LinkType, *, live: bool, netmask: int = 0) -> None:
        self.link = link
        self.live = live
        self.netmask = netmask
        self._type_at = link.type_at
        self._payload_at = link.payload_at
        self._vlans = 0
        self._varies = False

    # -- loads ---------------------------------------------------------------------------------------------------------

    def _place(self, base: int, offset: int) -> Value:
        """Where something is: a number, or one that depends on where a tag was found."""
        fixed = base + offset
        return (lambda view: fixed + view.shift) if self._varies else (lambda view: fixed)

    def payload(self, offset: int, size: int, mask: int = 0xFFFFFFFF) -> Value:
        """A field of the network header."""
        place = self._place(self._payload_at, offset)
        return lambda view: view.load(place(view), size) & mask

    def equals(self, offset: int, size: int, value: int, mask: int = 0xFFFFFFFF) -> Test:
        """A field of the network header has a value."""
        field = self.payload(offset, size, mask)
        return lambda view: field(view) == value

    def transport_at(self) -> Value:
        """Where the header behind IPv4's begins."""
        place = self._place(self._payload_at, 0)

        def at(view: View) -> int:
            start = place(view)
            return start + (view.load(start, 1) & 15) * 4

        return at

    # -- protocols -----------------------------------------------------------------------------------------------------

    def ethertype(self, value: int) -> Test:
        """``ether proto N``: an EtherType, or an LLC SAP if it is small enough for a length."""
        place = self._place(self._type_at, 0)
        if value > _MAX_LENGTH:
            return lambda view: view.load(place(view), 2) == value
        sap = self.payload(0, 2)
        double = value << 8 | value
        return lambda view: view.load(place(view), 2) <= _MAX_LENGTH and sap(view) == double

    def llc(self) -> Test:
        """``llc``: the field of the EtherType is a length, and it is not Novell's raw IPX."""
        place = self._place(self._type_at, 0)
        first = self.payload(0, 2)
        return lambda view: view.load(place(view), 2) <= _MAX_LENGTH and first(view) != 0xFFFF

    def link_protocol(self, name: str) -> Test:
        """``arp``, ``stp``, …"""
        if name in SAPS:
            return self.sap(SAPS[name])
        return self.ethertype(ETHERTYPES[name])

    def sap(self, value: int) -> Test:
        """Frames of a protocol known by its LLC address."""
        return self.ethertype(value)

    def transport(self, number: int, version: str = "") -> Test:
        """An IP protocol; `version`: ``ip``, ``ip6`` or both."""
        tests = []
        if version != "ip6":
            tests.append(both(self.ethertype(IP), self.equals(9, 1, number)))
        if version != "ip":
            fragment = both(self.equals(6, 1, _FRAGMENT), self.equals(40, 1, number))
            tests.append(both(self.ethertype(IP6), either(fragment, self.equals(6, 1, number))))
        return tests[0] if len(tests) == 1 else either(tests[1], tests[0])

    def protocol(self, name: str) -> Test:
        """A protocol by its keyword."""
        if name == "ether":
            raise FilterError("link layer applied in wrong context")
        if name not in TRANSPORTS:
            return self.link_protocol(name)
        version = "ip" if name in ONLY_IP else "ip6" if name == "icmp6" else ""
        return self.transport(TRANSPORTS[name], version)

    def whole(self) -> Test:
        """Not a fragment but the first."""
        return self.equals(6, 2, 0, 0x1FFF)

    # -- addresses -----------------------------------------------------------------------------------------------------

    def directed(self, direction: str, source: Test, target: Test) -> Test:
        """``src``, ``dst``, both, or either of them."""
        match direction:
            case "src":
                return source
            case "dst":
                return target
            case "and":
                return both(source, target)
            case _:
                return either(source, target)

    def address(self, value: int, mask: int, direction: str, kinds: tuple[int, ...]) -> Test:
        """IPv4 addresses in packets of those EtherTypes."""
        found: Test | None = None
        for kind in kinds:
            source_at, target_at = (12, 16) if kind == IP else (14, 24)
            ends = self.directed(
                direction, self.equals(source_at, 4, value, mask), self.equals(target_at, 4, value, mask)
            )
            test = both(self.ethertype(kind), ends)
            found = test if found is None else either(found, test)
        assert found is not None
        return found

    def address6(self, value: int, mask: int, direction: str) -> Test:
        """IPv6 addresses."""

        def end(offset: int) -> Test:
            place = self._place(self._payload_at, offset)
            return lambda view: view.load(place(view), 16) & mask == value

        return both(self.ethertype(IP6), self.directed(direction, end(8), end(24)))

    def mac(self, value: bytes, direction: str) -> Test:
        """MAC addresses."""
        number = int.from_bytes(value, "big")
        return self.directed(direction, lambda view: view.load(6, 6) == number, lambda view: view.load(0, 6) == number)

    def broadcast(self, protocol: str) -> Test:
        """``broadcast``"""
        if protocol in ("", "ether"):
            self._need_addresses("broadcast")
            return lambda view: view.load(0, 6) == (1 << 48) - 1
        if protocol != "ip":
            raise FilterError("only link-layer/IP broadcast filters supported")
        host = ~self.netmask & 0xFFFFFFFF
        ends = either(self.equals(16, 4, 0, host), self.equals(16, 4, host, host))
        return both(self.ethertype(IP), ends)

    def multicast(self, protocol: str) -> Test:
        """``multicast``"""
        if protocol == "ip":
            first = self.payload(16, 1)
            return both(self.ethertype(IP), lambda view: first(view) >= 224)
        if protocol == "ip6":
            return both(self.ethertype(IP6), self.equals(24, 1, 255))
        if protocol not in ("", "ether"):
            raise FilterError(_NO_MULTICAST)
        self._need_addresses("multicast")
        return lambda view: bool(view.load(0, 1) & 1)

    def _need_addresses(self, what: str) -> None:
        if not self.link.addresses:
            raise FilterError(_NO_MULTICAST if what == "multicast" else "not a broadcast link")

    # -- ports ---------------------------------------------------------------------------------------------------------

    def ports(self, low: int, high: int, direction: str, protocol: str) -> Test:
        """A port or a range of ports of TCP, UDP and SCTP, or of one of them."""
        numbers = [TRANSPORTS[protocol]] if protocol else [TRANSPORTS[name] for name in PORTS]
        start4 = self.transport_at()
        place6 = self._place(self._payload_at, 40)

        def within(at: Value, offset: int) -> Test:
            return lambda view: low <= view.load(at(view) + offset, 2) <= high

        first4 = both(self.whole(), self.directed(direction, within(start4, 0), within(start4, 2)))
        ends6 = self.directed(direction, within(place6, 0), within(place6, 2))
        number4, number6 = self.payload(9, 1), self.payload(6, 1)
        four = both(self.ethertype(IP), both(lambda view: number4(view) in numbers, first4))
        six = both(self.ethertype(IP6), both(lambda view: number6(view) in numbers, ends6))
        return either(six, four)

    # -- VLANs ---------------------------------------------------------------------------------------------------------

    def vlan(self, vid: int | None) -> Test:
        """``vlan [VID]``: all that is read later stands behind the tag."""
        if not self.link.addresses:
            raise FilterError(f"no VLAN support for {self.link.description}")
        if vid is not None and vid > 0xFFF:
            raise FilterError(f"VLAN tag {vid} greater than maximum 4095")
        if self.live and not self._vlans:
            self._vlans += 1
            return self._first_vlan(vid)
        self._vlans += 1
        type_at, tci_at = self._place(self._type_at, 0), self._place(self._payload_at, 0)

        def test(view: View) -> bool:
            if view.load(type_at(view), 2) not in _TPIDS:
                return False
            return vid is None or view.load(tci_at(view), 2) & 0xFFF == vid

        self._type_at += 4
        self._payload_at += 4
        return test

    def _first_vlan(self, vid: int | None) -> Test:
        """In metadata, or else in the bytes: then everything behind is shifted, even if there is no tag either."""
        type_at, tci_at = self._type_at, self._payload_at
        self._varies = True

        def test(view: View) -> bool:
            if view.tag:
                return vid is None or view.tag & 0xFFF == vid
            view.shift += 4
            if view.load(type_at, 2) not in _TPIDS:
                return False
            return vid is None or view.load(tci_at, 2) & 0xFFF == vid

        return test

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def accessor(self, name: str, index: Value, size: int) -> tuple[list[Test], Value]:
        """``PROTO[INDEX:SIZE]``: what must hold for it to make sense, and the value."""
        if name == "radio":
            raise FilterError("radio information not present in capture")
        if name == "ether":
            return [], lambda view: view.load(index(view), size)
        if name in ETHERTYPES or name in SAPS:
            place = self._place(self._payload_at, 0)
            return [self.link_protocol(name)], lambda view: view.load(place(view) + index(view), size)
        if name == "icmp6":
            place = self._place(self._payload_at, 40)
            checks = [self.ethertype(IP6), self.equals(6, 1, TRANSPORTS["icmp6"])]
            return checks, lambda view: view.load(place(view) + index(view), size)
        start = self.transport_at()
        checks = [self.ethertype(IP), self.protocol(name), self.whole()]
        return checks, lambda view: view.load(start(view) + index(view), size)


_NO_MULTICAST = (
    "link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel"
)

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b & 0xFFFFFFFF,
    "-": lambda a, b: a - b & 0xFFFFFFFF,
    "*": lambda a, b: a * b & 0xFFFFFFFF,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b & 0xFFFFFFFF if b < 32 else 0,
    ">>": lambda a, b: a >> b,
}


def divided(a: Value, b: Value, operator: str) -> Value:
    """A quotient or remainder; a division by zero ends the program."""

    def value(view: View) -> int:
        dividend, divisor = a(view), b(view)
        if not divisor:
            raise OutOfPacket
        return dividend // divisor if operator == "/" else dividend % divisor

    return value
