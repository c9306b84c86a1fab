"""Options of IPv4 headers: checked and filled in on the way in, on the way through, and in answers.

Source: net/ipv4/ip_options.c; RFC 791 section 3.1, RFC 1812 section 5.2.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from macvsim.engine.sim import MS
from macvsim.net.dst import FORWARD, LOCAL, Dst
from macvsim.net.fibroute import RouteType
from macvsim.wire import ipv4

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.sim import Sim

END, NO_OPERATION = 0, 1
RECORD_ROUTE, TIMESTAMP, COMMERCIAL_SECURITY, ROUTER_ALERT = 7, 68, 134, 148
LOOSE_ROUTE, STRICT_ROUTE = 131, 137
TIME_ONLY, TIME_AND_ADDRESS, PRESPECIFIED = 0, 1, 3
_ADDRESS = 4
_LARGEST = 40
"""Bytes of options that a header has room for."""
_DESTINATION = 16
"""Where the destination stands in a header: what a strict source route is wrong about when it goes on elsewhere."""
DAY_MS = 86_400_000


class Routes(Protocol):
    """Routing decisions (`macvsim.net.route.Router`)."""

    def input(self, addresses: bytes, dev: NetDevice) -> Dst:
        """The routing decision for a packet that came in on `dev`."""


class Host(Protocol):
    """The namespace (`macvsim.net.namespace.Namespace`) that fills options in."""

    sim: Sim

    @property
    def router(self) -> Routes: ...

    def address_type(self, ip: int) -> RouteType | None:
        """Of an address: local, unicast, …"""


class BadOption(Exception):
    """The header has a mistake at a byte, which its sender is to hear of (ICMP parameter problem)."""

    def __init__(self, pointer: int) -> None:
        super().__init__(pointer)
        self.pointer = pointer


class Options:
    """The options of one header, as the packet now has them (struct ip_options); offsets count from the header's start.

    rr, ts, srr : where the record route, timestamp and source route options are, 0: nowhere; changed : the header's
    checksum is wrong until somebody computes it
    """

    __slots__ = (
        "changed", "cipso", "header", "needs_address", "needs_time", "needs_time_address", "nexthop", "rr", "srr",
        "strict", "ts",
    )  # fmt: skip

    def __init__(self, header: bytes) -> None:
        self.header = bytearray(header)
        self.rr = self.ts = self.srr = self.cipso = 0
        self.strict = self.changed = False
        self.needs_address = False
        """The last address of the record route is to be that of the device the packet leaves by."""
        self.needs_time = self.needs_time_address = False
        self.nexthop: int | None = None
        """Where the source route leads next, if it was this host's turn."""

    # -- on the way in -------------------------------------------------------------------------------------------------

    def compile(self, ns: Host, own: Callable[[], int]) -> None:
        """Check everything, and fill in what can be (ip_options_compile).

        own : finds the address this host writes down; `BadOption` where the header lies
        """
        header, at, end = self.header, ipv4.HLEN, len(self.header)
        while at < end:
            kind = header[at]
            if kind == END:
                if any(header[at:]):
                    header[at:] = bytes(end - at)
                    self.changed = True
                return
            if kind == NO_OPERATION:
                at += 1
                continue
            if end - at < 2 or not 2 <= header[at + 1] <= end - at:
                raise BadOption(at)
            if kind in (LOOSE_ROUTE, STRICT_ROUTE):
                self._source_route(at)
            elif kind == RECORD_ROUTE:
                self._record_route(at, own)
            elif kind == TIMESTAMP:
                self._timestamp(at, ns, own)
            elif kind == ROUTER_ALERT and header[at + 1] < 4:
                raise BadOption(at + 1)
            elif kind == COMMERCIAL_SECURITY:
                self._security(at)
            at += header[at + 1]

    def _source_route(self, at: int) -> None:
        if self.header[at + 1] < 3:
            raise BadOption(at + 1)
        if self.header[at + 2] < 4:
            raise BadOption(at + 2)
        if self.srr:
            raise BadOption(at)
        self.strict, self.srr = self.header[at] == STRICT_ROUTE, at

    def _record_route(self, at: int, own: Callable[[], int]) -> None:
        header, length, pointer = self.header, self.header[at + 1], 0
        if self.rr:
            raise BadOption(at)
        if length < 3:
            raise BadOption(at + 1)
        pointer = header[at + 2]
        if pointer < 4:
            raise BadOption(at + 2)
        if pointer <= length:
            if pointer + 3 > length:
                raise BadOption(at + 2)
            self._write(at + pointer - 1, own())
            header[at + 2] += _ADDRESS
            self.needs_address = True
        self.rr = at

    def _timestamp(self, at: int, ns: Host, own: Callable[[], int]) -> None:
        header, length = self.header, self.header[at + 1]
        if self.ts:
            raise BadOption(at)
        if length < 4:
            raise BadOption(at + 1)
        pointer, flag = header[at + 2], header[at + 3] & 15
        if pointer < 5:
            raise BadOption(at + 2)
        if pointer <= length:
            if pointer + (3 if flag not in (TIME_AND_ADDRESS, PRESPECIFIED) else 7) > length:
                raise BadOption(at + 2)
            self._stamp(at, flag, pointer, ns, own)
        elif flag != PRESPECIFIED:
            if header[at + 3] >> 4 == 15:
                raise BadOption(at + 3)
            header[at + 3] += 1 << 4
            self.changed = True
        self.ts = at

    def _stamp(self, at: int, flag: int, pointer: int, ns: Host, own: Callable[[], int]) -> None:
        """There is room for a time, with or without an address."""
        place = at + pointer - 1
        if flag == TIME_ONLY:
            self._write(place, now(ns))
            self.header[at + 2] += _ADDRESS
        elif flag == TIME_AND_ADDRESS:
            self._write(place, own())
            self._write(place + _ADDRESS, now(ns))
            self.header[at + 2] += 2 * _ADDRESS
        elif flag == PRESPECIFIED and ns.address_type(self._read(place)) is not RouteType.UNICAST:
            self._write(place + _ADDRESS, now(ns))
            self.header[at + 2] += 2 * _ADDRESS
        else:
            return
        self.needs_time, self.needs_time_address = True, flag != TIME_ONLY

    def _security(self, at: int) -> None:
        """cipso_v4_validate of kernels that do not take part."""
        length, tag = self.header[at + 1], at + 6
        if self.cipso:
            raise BadOption(at)
        self.cipso = at
        if length < 8:
            raise BadOption(at + 1)
        if not self._read(at + 2):
            raise BadOption(at + 2)
        while tag < at + length:
            if at + length - tag < 2 or not 2 <= self.header[tag + 1] <= at + length - tag:
                raise BadOption(tag + 1)
            tag += self.header[tag + 1]

    # -- the source route ----------------------------------------------------------------------------------------------

    def follow(self, ns: Host, dev: NetDevice, way: Dst, src: int) -> Dst | None:
        """The way the source route takes from here (ip_options_rcv_srr); None: it leads nowhere, and nobody is told.

        `BadOption` where the sender hears of it
        """
        if way.kind is FORWARD:
            if self.strict:
                raise BadOption(_DESTINATION)
            return way
        if way.kind is not LOCAL or way.broadcast or way.multicast:
            return None
        at, length = self.srr, self.header[self.srr + 1]
        pointer = self.header[at + 2]
        while pointer <= length:
            if pointer + 3 > length:
                raise BadOption(at + 2)
            nexthop = self._read(at + pointer - 1)
            way = ns.router.input(src.to_bytes(4) + nexthop.to_bytes(4), dev)
            if way.kind not in (FORWARD, LOCAL) or way.broadcast or way.multicast:
                return None
            self.changed = True
            if way.kind is FORWARD:
                self.nexthop = nexthop
                break
            self._write(_DESTINATION, nexthop)
            pointer += _ADDRESS
        return way

    # -- on the way through --------------------------------------------------------------------------------------------

    def forward(self, header: bytes, source: Callable[[], int]) -> bytes:
        """The header as it leaves (ip_forward_options); `header` is what forwarding made of it so far, `source` finds
        the address for the device it leaves by.
        """
        self.header[: ipv4.HLEN] = header[: ipv4.HLEN]
        if self.needs_address:
            self._write(self.rr + self.header[self.rr + 2] - 5, source())
        if self.nexthop is not None:
            self._hop(source)
        return ipv4.sealed(bytes(self.header)) if self.changed else bytes(self.header)

    def _hop(self, source: Callable[[], int]) -> None:
        """This host's place in the source route is taken by the address it sends from."""
        at, length = self.srr, self.header[self.srr + 1]
        pointer = self.header[at + 2]
        while pointer + 3 <= length and self._read(at + pointer - 1) != self.nexthop:
            pointer += _ADDRESS
        if pointer + 3 <= length:
            assert self.nexthop is not None
            self._write(_DESTINATION, self.nexthop)
            self._write(at + pointer - 1, source())
            self.header[at + 2] = pointer + _ADDRESS
        if self.needs_time_address:
            self._write(self.ts + self.header[self.ts + 2] - 9, source())

    # -- in answers ----------------------------------------------------------------------------------------------------

    def echo(self, ns: Host) -> Answer | None:
        """The options of an answer (ip_options_echo); None where there can be none."""
        answer = Answer()
        for add in (answer.record_route, answer.timestamp):
            if not add(self, ns):
                return None
        answer.source_route(self)
        if self.cipso:
            answer.data += self.header[self.cipso : self.cipso + self.header[self.cipso + 1]]
        answer.data += bytes(-len(answer.data) % 4)
        return answer

    def _read(self, at: int) -> int:
        return int.from_bytes(self.header[at : at + _ADDRESS])

    def _write(self, at: int, value: int) -> None:
        self.header[at : at + _ADDRESS] = value.to_bytes(_ADDRESS)
        self.changed = True


class Answer:
    """Options of a packet to be sent; `target` is the first address of a source route, or 0."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.target = 0
        self._rr = self._ts = self._srr = -1
        self._needs_time_address = self._needs_time = False

    def record_route(self, asked: Options, ns: Host) -> bool:
        """False: it has no room for what must be in it."""
        if asked.rr:
            length, pointer = asked.header[asked.rr + 1], asked.header[asked.rr + 2]
            option = asked.header[asked.rr : asked.rr + length]
            if asked.needs_address and pointer <= length:
                if pointer + 3 > length:
                    return False
                option[2] = pointer + _ADDRESS
                self._rr = len(self.data)
            self.data += option
        return True

    def timestamp(self, asked: Options, ns: Host) -> bool:
        """False: it has no room for what must be in it."""
        if not asked.ts:
            return True
        length, pointer = asked.header[asked.ts + 1], asked.header[asked.ts + 2]
        option = asked.header[asked.ts : asked.ts + length]
        if pointer <= length:
            if asked.needs_time_address:
                if pointer + 3 > length:
                    return False
                self._needs_time_address = True
                pointer += _ADDRESS
            if asked.needs_time:
                if pointer + 3 > length:
                    return False
                if option[3] & 15 != PRESPECIFIED:
                    self._needs_time = True
                    pointer += _ADDRESS
                elif pointer + 7 <= length:
                    there = int.from_bytes(option[pointer - 1 : pointer + 3])
                    if ns.address_type(there) is not RouteType.UNICAST:
                        self._needs_time = True
                        pointer += 2 * _ADDRESS
            option[2] = pointer
        self._ts = len(self.data)
        self.data += option
        return True

    def source_route(self, asked: Options) -> None:
        """The way back: the addresses gone through, the last one first."""
        if not asked.srr:
            return
        at, length = asked.srr, asked.header[asked.srr + 1]
        gone = min(asked.header[at + 2], length + 1) - 4
        places = [int.from_bytes(asked.header[at + p - 1 : at + p + 3]) for p in range(4, gone + 1, 4)][::-1]
        count = len(places) - (bool(places) and places[-1] == ipv4.addresses(bytes(asked.header))[0])
        if count < 1:  # RFC 1812: the sender itself does not belong there
            return
        self.target, self._srr = places[0], len(self.data)
        rest = [*places[1:], 0][:count]
        self.data += bytes((asked.header[at], 3 + 4 * count, 4)) + b"".join(place.to_bytes(4) for place in rest)

    def build(self, dst: int, source: int, ns: Host) -> bytes:
        """The bytes, with what is known once the way is (ip_options_build)."""
        data = self.data
        if self._srr >= 0:
            end = self._srr + data[self._srr + 1]
            data[end - 4 : end] = dst.to_bytes(4)
        if self._rr >= 0:
            at = self._rr + data[self._rr + 2] - 5
            data[at : at + 4] = source.to_bytes(4)
        if self._needs_time_address:
            at = self._ts + data[self._ts + 2] - 9
            data[at : at + 4] = source.to_bytes(4)
        if self._needs_time:
            at = self._ts + data[self._ts + 2] - 5
            data[at : at + 4] = now(ns).to_bytes(4)
        return bytes(data)


def route_wanted(ns: Host) -> Answer:
    """A record route option as large as it can be, for a packet that begins here (IP_OPTIONS)."""
    asked = Options(bytes(ipv4.HLEN) + bytes((RECORD_ROUTE, _LARGEST - 1, 4)) + bytes(_LARGEST - 4))
    asked.rr, asked.needs_address = ipv4.HLEN, True
    wanted = Answer()
    wanted.data.append(NO_OPERATION)
    wanted.record_route(asked, ns)
    return wanted


def now(ns: Host) -> int:
    """Milliseconds since midnight, when labs start (inet_current_timestamp)."""
    return int(ns.sim.now) // MS % DAY_MS
