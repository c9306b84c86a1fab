"""Normalisation of captured frames: what is random in a recording becomes a fixed value, nothing else is touched.

Random are packet identities (IP identification, echo identifier, ephemeral port, TCP sequence numbers, IPv6 flow
label), the time of sending inside echo data, and a checksum that a capture sees before an offload has computed it.
Every change is carried into the checksum that covers it, so a right one stays right and a wrong one stays wrong.
Packets quoted by ICMP errors are treated like packets.
"""

from __future__ import annotations

from collections.abc import Hashable

from macvsim.fidelity.replay.buffer import FrameBuffer, Truncated
from macvsim.fidelity.replay.segments import Segments

_VLAN_TYPES = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION = 0, 43, 44, 60
_ICMP_ERRORS = (3, 4, 5, 11, 12)
_ICMPV6_ERRORS = (1, 2, 3, 4)
_NONCE = 14  # neighbour discovery option, RFC 3971


def network_header(data: bytes) -> tuple[int, int]:
    """``(EtherType, offset of the network header)`` of a frame, behind all VLAN tags."""
    at = 12
    while int.from_bytes(data[at : at + 2], "big") in _VLAN_TYPES and len(data) >= at + 6:
        at += 4
    return int.from_bytes(data[at : at + 2], "big"), at + 2


def is_randomly_timed(data: bytes) -> bool:
    """True for frames that Linux sends after a random delay; they are left out of comparisons.

    These are MLD reports, router solicitations, duplicate address detection (a neighbour solicitation from ``::``)
    and its answer (a neighbour advertisement to a multicast address).
    """
    kind, at = network_header(data)
    packet = data[at:]
    if kind != _IPV6 or len(packet) < 44:
        return False
    proto, start = packet[6], 40
    if proto == _HOP_BY_HOP:
        proto, start = packet[start], start + (packet[start + 1] + 1) * 8
    if proto != _ICMPV6 or len(packet) <= start:
        return False
    message, source, target = packet[start], packet[8:24], packet[24:40]
    if message == 135:
        return not any(source)
    if message == 136:
        return target[0] == 0xFF
    return message in (131, 132, 133, 143)


class InterfaceNormalizer:
    """Normalises the frames of one interface.

    It must be fed every frame of that interface, in order, except those that `is_randomly_timed`: identities are
    replaced by running numbers, which count what has been seen on this interface.
    """

    def __init__(self) -> None:
        self._fragments: dict[Hashable, int] = {}
        self._echoes: dict[Hashable, int] = {}
        self._segments = Segments()

    def frame(self, data: bytes) -> bytes:
        """The normalised form of an Ethernet frame; a frame cut short stays as it is from there on."""
        buffer = FrameBuffer(data)
        kind, at = network_header(data)
        try:
            if kind == _IPV4:
                self._ipv4(buffer, at, len(data))
            elif kind == _IPV6:
                self._ipv6(buffer, at, len(data))
        except Truncated:
            pass
        return bytes(buffer.data)

    def _ipv4(self, f: FrameBuffer, at: int, end: int, quoted: bool = False) -> None:
        """An IPv4 packet at `at`; `end` is where its container ends."""
        header = (f.uint(at, 1) & 15) * 4
        length, ident, fragment = f.uint(at + 2, 2), f.uint(at + 4, 2), f.uint(at + 6, 2)
        proto, src, dst = f.uint(at + 9, 1), f.cut(at + 12, at + 16), f.cut(at + 16, at + 20)
        more, offset = fragment & 0x2000, fragment & 0x1FFF
        if ident:
            new = _number(self._fragments, (src, dst, proto, ident)) if more or offset else 0x8000
            f.write(at + 4, new.to_bytes(2, "big"), at + 10)
        f.one_zero(at + 10)
        whole = not quoted and not more and end == at + length
        end = min(end, at + length)
        if offset:
            return
        if proto == _ICMP:
            self._icmp(f, at + header, end, src, dst)
        elif proto in (_TCP, _UDP):
            self._segments.normalize(f, at + header, end, src, dst, proto, whole)

    def _icmp(self, f: FrameBuffer, at: int, end: int, src: bytes, dst: bytes) -> None:
        """An ICMP message (RFC 792)."""
        message = f.uint(at, 1)
        if message in (0, 8):
            self._echo(f, at, end, src, dst)
        elif message in _ICMP_ERRORS and end - at >= 28:
            self._quote(f, at, end, ipv6=False)
        f.one_zero(at + 2)

    def _quote(self, f: FrameBuffer, at: int, end: int, *, ipv6: bool) -> None:
        """The packet that an ICMP error at `at` quotes; its changes count as one change of the ICMP message."""
        before = f.cut(at + 8, end)
        if ipv6:
            self._ipv6(f, at + 8, end, quoted=True)
        else:
            self._ipv4(f, at + 8, end, quoted=True)
        after = f.cut(at + 8, end)
        f.write(at + 8, before)
        f.write(at + 8, after, at + 2)

    def _echo(self, f: FrameBuffer, at: int, end: int, src: bytes, dst: bytes) -> None:
        """Identifier and time of sending of an echo request or reply, of ICMP and ICMPv6 alike."""
        key = (frozenset((src, dst)), f.cut(at + 4, at + 6))
        f.write(at + 4, _number(self._echoes, key).to_bytes(2, "big"), at + 2)
        data = f.cut(at + 8, end)
        if len(data) >= 16 and all(byte == (16 + i) & 255 for i, byte in enumerate(data[16:])):
            f.write(at + 8, bytes(16), at + 2)  # iputils: a struct timeval, then the offsets as filler
        elif len(data) >= 4 and not any(data[4:]):
            f.write(at + 8, bytes(4), at + 2)  # busybox: 32 bits of microseconds, then zeros

    def _ipv6(self, f: FrameBuffer, at: int, end: int, quoted: bool = False) -> None:
        """An IPv6 packet at `at`; `end` is where its container ends."""
        first = f.uint(at, 4)
        if first & 0xFFFFF:
            f.write(at, (first & 0xFFF00000 | 1).to_bytes(4, "big"))
        src, dst, proto = f.cut(at + 8, at + 24), f.cut(at + 24, at + 40), f.uint(at + 6, 1)
        length = 40 + f.uint(at + 4, 2)
        whole = not quoted and end >= at + length
        end = min(end, at + length)
        at += 40
        while proto in (_HOP_BY_HOP, _ROUTING, _DESTINATION, _FRAGMENT):
            following = f.uint(at, 1)
            if proto == _FRAGMENT:
                offset = f.uint(at + 2, 2) & 0xFFF8
                number = _number(self._fragments, (src, dst, f.cut(at + 4, at + 8)))
                f.write(at + 4, number.to_bytes(4, "big"))
                whole = False
                if offset:
                    return
                at += 8
            else:
                at += (f.uint(at + 1, 1) + 1) * 8
            proto = following
        if proto in (_TCP, _UDP):
            self._segments.normalize(f, at, end, src, dst, proto, whole)
        elif proto == _ICMPV6:
            self._icmpv6(f, at, end, src, dst)

    def _icmpv6(self, f: FrameBuffer, at: int, end: int, src: bytes, dst: bytes) -> None:
        """An ICMPv6 message (RFC 4443, RFC 4861)."""
        message = f.uint(at, 1)
        if message in (128, 129):
            self._echo(f, at, end, src, dst)
        elif message == 135:
            option = at + 24
            while option + 2 <= end and (size := f.uint(option + 1, 1) * 8):
                if f.uint(option, 1) == _NONCE:
                    f.write(option + 2, bytes(size - 2), at + 2)
                option += size
        elif message in _ICMPV6_ERRORS and end - at >= 48:
            self._quote(f, at, end, ipv6=True)
        f.one_zero(at + 2)


def _number(known: dict[Hashable, int], key: Hashable) -> int:
    """The number of `key`: 1, 2, 3, … in the order in which keys are first met."""
    return known.setdefault(key, len(known) + 1)
