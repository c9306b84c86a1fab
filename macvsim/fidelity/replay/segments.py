"""Normalisation of TCP segments and UDP datagrams: ephemeral ports, sequence numbers, checksums left to an offload."""

from __future__ import annotations

from macvsim.fidelity.replay.buffer import FrameBuffer, Truncated
from macvsim.wire.canon import EPHEMERAL
from macvsim.wire.checksum import checksum, pseudo_header, verify

_TRACEROUTE = range(33434, 33535)  # destination ports of traceroute's UDP probes
_TCP, _UDP = 6, 17
_SYN, _ACK = 2, 16
_NOP, _SACK, _TIMESTAMP = 1, 5, 8  # TCP options

_Endpoint = tuple[bytes, int]
_Direction = tuple[_Endpoint, _Endpoint]
_Conversation = tuple[int, frozenset[_Endpoint]]


class Segments:
    """What one interface has seen of TCP and UDP: conversations and initial sequence numbers."""

    def __init__(self) -> None:
        self._ephemeral: dict[_Conversation, _Endpoint | None] = {}
        self._numbers: dict[_Conversation, int] = {}
        self._initial: dict[_Direction, int] = {}

    def normalize(self, f: FrameBuffer, at: int, end: int, src: bytes, dst: bytes, proto: int, whole: bool) -> None:
        """Rewrite the segment at `at` that ends before `end`; `whole`: neither quoted nor fragmented nor cut."""
        source, target = (src, f.uint(at, 2)), (dst, f.uint(at + 2, 2))
        if end < at:
            raise Truncated
        pseudo = _pseudo(src, dst, proto, end - at)
        field = at + (16 if proto == _TCP else 6)
        check: int | None = field
        complete = False
        if proto == _UDP and f.cut(field, field + 2) == b"\0\0":
            check = None  # sent without a checksum
        elif whole:
            right = verify(pseudo + f.cut(at, end))
            complete = right or f.uint(field, 2) == checksum(pseudo) ^ 0xFFFF  # an offload would complete it
        self._ports(f, at, end, source, target, proto, check)
        if proto == _TCP and end - at >= 8:
            self._tcp(f, at, end, (source, target), check)
        if complete:
            f.write(field, b"\0\0")
            value = checksum(pseudo + f.cut(at, end))
            f.write(field, (value or (0xFFFF if proto == _UDP else 0)).to_bytes(2, "big"))
        elif proto == _TCP:
            f.one_zero(field)
        elif check is not None and f.cut(field, field + 2) == b"\0\0":
            f.write(field, b"\xff\xff")

    def _ports(
        self, f: FrameBuffer, at: int, end: int, source: _Endpoint, target: _Endpoint, proto: int, check: int | None
    ) -> None:
        """Replace a conversation's ephemeral port by its number, also where the payload names it in decimal."""
        conversation = (proto, frozenset((source, target)))
        if conversation not in self._ephemeral:
            self._ephemeral[conversation] = _ephemeral_end(source, target, proto)
        ephemeral = self._ephemeral[conversation]
        if ephemeral is None:
            return
        number = 32768 + self._numbers.setdefault(conversation, len(self._numbers) + 1)
        f.write(at if ephemeral == source else at + 2, number.to_bytes(2, "big"), check)
        if proto == _UDP:
            start = at + 8
        else:
            start = at + (f.uint(at + 12, 1) >> 4) * 4 if end - at > 12 else end
        text, payload = b"%d" % ephemeral[1], f.cut(start, end)
        if text in payload:
            f.write(start, payload.replace(text, b"EPORT"), check)

    def _tcp(self, f: FrameBuffer, at: int, end: int, direction: _Direction, check: int | None) -> None:
        """Make sequence and acknowledgement numbers relative (RFC 9293), and normalise the options that hold more."""
        opposite = (direction[1], direction[0])
        sequence = f.uint(at + 4, 4)
        flags = f.uint(at + 13, 1) if end - at >= 14 else 0
        if flags & _SYN:
            self._initial[direction] = sequence
        if sequence or direction in self._initial:  # the sequence number of a reset can be a plain 0
            f.write(at + 4, _relative(sequence, self._initial.setdefault(direction, sequence)), check)
        if end - at < 20:
            return
        if flags & _ACK:
            acknowledged = f.uint(at + 8, 4)
            f.write(at + 8, _relative(acknowledged, self._initial.setdefault(opposite, acknowledged)), check)
        self._options(f, at + 20, min(end, at + (f.uint(at + 12, 1) >> 4) * 4), self._initial.get(opposite, 0), check)

    @staticmethod
    def _options(f: FrameBuffer, option: int, end: int, initial: int, check: int | None) -> None:
        """TCP options: time stamps that are not 0 become 1 (RFC 7323), SACK edges relative to `initial` (RFC 2018)."""
        while option < end and (kind := f.uint(option, 1)):
            if kind == _NOP:
                option += 1
                continue
            size = f.uint(option + 1, 1)
            if size < 2:
                return
            if kind == _TIMESTAMP and size == 10:
                values = (f.cut(at, at + 4) for at in (option + 2, option + 6))
                f.write(option + 2, b"".join(b"\0\0\0\1" if any(value) else bytes(4) for value in values), check)
            elif kind == _SACK:
                edges = range(option + 2, option + size - 3, 4)
                f.write(option + 2, b"".join(_relative(f.uint(edge, 4), initial) for edge in edges), check)
            option += size


def _ephemeral_end(source: _Endpoint, target: _Endpoint, proto: int) -> _Endpoint | None:
    """The end whose port was chosen by the kernel, judged by the first frame of a conversation."""
    if source[1] in EPHEMERAL:
        return source
    if target[1] in EPHEMERAL and not (proto == _UDP and target[1] in _TRACEROUTE):
        return target
    return None


def _relative(number: int, initial: int) -> bytes:
    """A 32-bit sequence number counted from `initial`."""
    return ((number - initial) & 0xFFFFFFFF).to_bytes(4, "big")


def _pseudo(src: bytes, dst: bytes, proto: int, length: int) -> bytes:
    """The pseudo header of IPv4, or of IPv6 (RFC 8200, section 8.1)."""
    if len(src) == 4:
        return pseudo_header(src, dst, proto, length)
    return src + dst + length.to_bytes(4, "big") + proto.to_bytes(4, "big")
