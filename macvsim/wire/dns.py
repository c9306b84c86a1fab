"""DNS messages (RFC 1035): as much as resolvers of hosts and containers exchange."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import NamedTuple

PORT = 53
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
AUTHORITATIVE = 0x0400
_RESPONSE, _RECURSE, _CAN_RECURSE = 0x8000, 0x0100, 0x0080
_IN = 1
_HEAD = Struct("!HHHHHH")
_QUESTION = Struct("!HH")
_RECORD = Struct("!HHIH")
_POINTER = 0xC0
_MAX_JUMPS = 64


class BadMessage(Exception):
    """Bytes that are no DNS message."""


class Record(NamedTuple):
    """A resource record; `data` as on the wire, `at` where it starts in its message (names in it may point back)."""

    name: str
    kind: int
    ttl: int
    data: bytes
    at: int = 0


class Message(NamedTuple):
    """A query or an answer; `flags` the whole second word."""

    ident: int
    flags: int
    name: str
    kind: int
    answers: tuple[Record, ...]

    @property
    def code(self) -> int:
        return self.flags & 15

    @property
    def is_response(self) -> bool:
        return bool(self.flags & _RESPONSE)

    @property
    def authoritative(self) -> bool:
        return bool(self.flags & AUTHORITATIVE)


def encode_name(name: str) -> bytes:
    """Labels with their lengths; `ValueError` for one that is empty or too long."""
    out = b""
    for label in name.rstrip(".").split(".") if name.rstrip(".") else []:
        data = label.encode("utf-8", "surrogateescape")
        if not 0 < len(data) < 64:
            raise ValueError(f"{name!r} is no domain name: labels have 1 to 63 bytes")
        out += bytes((len(data),)) + data
    return out + b"\0"


def query(ident: int, name: str, kind: int) -> bytes:
    """A query that asks for recursion."""
    return _HEAD.pack(ident, _RECURSE, 1, 0, 0, 0) + encode_name(name) + _QUESTION.pack(kind, _IN)


def answer(asked: Message, records: Iterable[tuple[int, int, bytes]], code: int = NOERROR) -> bytes:
    """The answer of a server that recurses but is no authority; records as (type, TTL, data), all of the asked name."""
    rows = list(records)
    flags = _RESPONSE | (asked.flags & _RECURSE) | _CAN_RECURSE | code
    head = _HEAD.pack(asked.ident, flags, 1, len(rows), 0, 0)
    body = encode_name(asked.name) + _QUESTION.pack(asked.kind, _IN)
    start = (_POINTER << 8 | _HEAD.size).to_bytes(2, "big")
    return head + body + b"".join(start + _RECORD.pack(k, _IN, ttl, len(data)) + data for k, ttl, data in rows)


def parse(data: bytes) -> Message:
    """A message with one question; `BadMessage` for anything else."""
    if len(data) < _HEAD.size:
        raise BadMessage("shorter than a header")
    ident, flags, questions, answers, _, _ = _HEAD.unpack_from(data)
    if questions != 1:
        raise BadMessage("not one question")
    name, at = read_name(data, _HEAD.size)
    if at + _QUESTION.size > len(data):
        raise BadMessage("the question is cut off")
    kind, _ = _QUESTION.unpack_from(data, at)
    at += _QUESTION.size
    records = []
    for _ in range(answers):
        owner, at = read_name(data, at)
        if at + _RECORD.size > len(data):
            raise BadMessage("a record is cut off")
        record_kind, _, ttl, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if at + length > len(data):
            raise BadMessage("a record is cut off")
        records.append(Record(owner, record_kind, ttl, data[at : at + length], at))
        at += length
    return Message(ident, flags, name, kind, tuple(records))


def read_name(data: bytes, at: int) -> tuple[str, int]:
    """A name in a message, and where what follows it starts; `BadMessage` where it leads nowhere."""
    labels: list[str] = []
    after: int | None = None
    for _ in range(_MAX_JUMPS):
        if at >= len(data):
            break
        size = data[at]
        if size >= _POINTER:
            if at + 1 >= len(data):
                break
            after = at + 2 if after is None else after
            at = (size & 0x3F) << 8 | data[at + 1]
            continue
        at += 1
        if not size:
            return ".".join(labels), at if after is None else after
        if at + size > len(data):
            break
        labels.append(data[at : at + size].decode("utf-8", "surrogateescape"))
        at += size
    raise BadMessage("a name leads nowhere")


def reverse_name(ip: int) -> str:
    """Name under in-addr.arpa of an IPv4 address."""
    return ".".join(str(byte) for byte in reversed(ip.to_bytes(4, "big"))) + ".in-addr.arpa"


def reversed_address(name: str) -> int | None:
    """The IPv4 address of a name under in-addr.arpa, None for another name."""
    parts: Sequence[str] = name.lower().removesuffix(".").split(".")
    if len(parts) != 6 or list(parts[4:]) != ["in-addr", "arpa"]:
        return None
    if not all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts[:4]):
        return None
    return int.from_bytes(bytes(int(part) for part in reversed(parts[:4])), "big")
