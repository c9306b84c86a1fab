"""DNS (print-domain.c)."""

from __future__ import annotations

from macvsim.wire.text.core import Dissection, printable, relative_time, token

_OPERATIONS = ("", " inv_q", " stat", " op3", " notify", " update", " op6", " op7", " op8", " updateA", " updateD",
               " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef")  # fmt: skip
_ANSWERS = ("", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet", " NXRRSet",
            " NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " NoChange")  # fmt: skip
_TYPES = {
    1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS",
    12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT",
    22: "NSAP", 23: "NSAP_PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT",
    31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6", 39: "DNAME",
    40: "SINK", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY",
    64: "SVCB", 65: "HTTPS", 99: "SPF", 100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "UNSPECA",
    251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY",
}  # fmt: skip
_CLASSES = {1: "IN", 3: "CHAOS", 4: "HS", 255: "ANY"}
_IN, _OPT = 1, 41
_POINTER = 0xC0
_HEADER = 12


class _End(Exception):
    """The message ends within a record."""


def show(d: Dissection, at: int, length: int, *, multicast: bool) -> None:
    """A query or an answer; the class of multicast ones has a bit of its own."""
    d.proto = "domain"
    if length < _HEADER or not d.has(at, _HEADER):
        d.truncated()
        return
    message = _Message(d, at, length, multicast)
    d.put(f"{d.u16(at)}")
    try:
        message.show()
    except _End:
        d.truncated()
        return
    d.put(f" ({length})")


class _Message:
    """One message being printed; `place` is the next record."""

    def __init__(self, d: Dissection, at: int, length: int, multicast: bool) -> None:
        self.d = d
        self.at = at
        self.multicast = multicast
        self.place = at + _HEADER
        self.flags = d.u16(at + 2)
        self.counts = [d.u16(at + 4 + 2 * n) for n in range(4)]

    def show(self) -> None:
        """Header and sections."""
        questions, answers, servers, more = self.counts
        flags, d = self.flags, self.d
        operation = flags >> 11 & 15
        if flags & 0x8000:
            d.put(f"{_OPERATIONS[operation]}{_ANSWERS[flags & 15]}")
            d.put(("*" if flags & 0x400 else "") + ("" if flags & 0x80 else "-") + ("|" if flags & 0x200 else ""))
            d.put("$" if flags & 0x20 else "")
            if questions != 1:
                d.put(f" [{questions}q]")
            if d.options.v > 1:
                d.put(" q:")
            for number in range(questions):
                if d.options.v > 1:
                    if number:
                        d.put(",")
                    self.question()
                else:
                    self.skip_name()
                    self.step(4)
            d.put(f" {answers}/{servers}/{more}")
            self.records("", answers)
            if d.options.v > 1:
                self.records(" ns:", servers)
                self.records(" ar:", more)
            return
        d.put(f"{_OPERATIONS[operation]}{'+' if flags & 0x100 else ''}{'%' if flags & 0x10 else ''}")
        if flags & 0x06CF:
            d.put(f" [b2&3=0x{flags:x}]")
        if operation == 1:
            d.put(f" [{questions}q]" if questions else "")
            d.put(f" [{answers}a]" if answers != 1 else "")
        else:
            d.put(f" [{answers}a]" if answers else "")
            d.put(f" [{questions}q]" if questions != 1 else "")
        d.put(f" [{servers}n]" if servers else "")
        d.put(f" [{more}au]" if more else "")
        for _ in range(questions):
            self.question()
        if d.options.v > 1:
            self.records("", answers)
            self.records(" ns:", servers)
            self.records(" ar:", more)

    def records(self, title: str, count: int) -> None:
        """A section."""
        for number in range(count):
            if self.place >= self.d.end:
                raise _End
            self.d.put("," if number else title)
            self.record()

    def step(self, count: int) -> None:
        """Go on; `_End` where the message ends."""
        if self.place + count > self.d.end:
            raise _End
        self.place += count

    def take(self, count: int) -> int:
        """The next number."""
        place = self.place
        self.step(count)
        return self.d.number(place, count)

    def question(self) -> None:
        """A question: type, class unless IN, name."""
        start = self.place
        self.skip_name()
        kind, klass = self.take(2), self.take(2)
        self.d.put(f" {token(_TYPES, kind, 'Type{}')}")
        plain = klass & 0x7FFF if self.multicast else klass
        if plain != _IN:
            self.d.put(f" {token(_CLASSES, plain, '(Class {})')}")
        if self.multicast:
            self.d.put(" (QU)" if klass & 0x8000 else " (QM)")
        self.d.put("? ")
        after, self.place = self.place, start
        self.name()
        self.place = after

    def record(self) -> None:
        """A resource record."""
        d = self.d
        if d.options.v:
            d.put(" ")
            self.name()
        else:
            self.skip_name()
        kind, klass = self.take(2), self.take(2)
        if kind != _OPT:
            if self.multicast and klass & 0x8000:
                d.put(" (Cache flush)")
                klass &= 0x7FFF
            if klass != _IN:
                d.put(f" {token(_CLASSES, klass, '(Class {})')}")
        lifetime, size = self.take(4), self.take(2)
        if kind == _OPT:
            d.put(f" {_TYPES[kind]}")
        else:
            if d.options.v > 2:
                d.put(f" [{relative_time(lifetime)}]")
            d.put(f" {token(_TYPES, kind, 'Type{}')}")
        start = self.place
        if start + size > d.end:
            raise _End
        self.value(kind, klass, size, lifetime)
        self.place = start + size

    def value(self, kind: int, klass: int, size: int, lifetime: int) -> None:
        """What a record says."""
        d, start = self.d, self.place
        match kind:
            case 1:
                if size < 4:
                    raise _End
                d.put(f" {d.ip(start)}")
            case 2 | 5 | 12 | 39:
                d.put(" ")
                self.name()
            case 6 if d.options.v:
                d.put(" ")
                self.name()
                d.put(" ")
                self.name()
                d.put("".join(f" {self.take(4)}" for _ in range(5)))
            case 15:
                preference = self.take(2)
                d.put(" ")
                self.name()
                d.put(f" {preference}")
            case 16 | 99:
                while self.place < start + size:
                    count = self.take(1)
                    text = d.data[self.place : self.place + count]
                    self.step(count)
                    d.put(f' "{printable(text)}"')
            case 33:
                port = d.u16(start + 4)
                self.step(6)
                priority, weight = d.u16(start), d.u16(start + 2)
                d.put(" ")
                self.name()
                d.put(f":{port} {priority} {weight}")
            case 28:
                if size < 16:
                    raise _End
                d.put(f" {d.ip6(start)}")
            case 41:
                d.put(f" UDPsize={klass}")
                if lifetime & 0x8000:
                    d.put(" DO")

    # -- names ---------------------------------------------------------------------------------------------------------

    def skip_name(self) -> None:
        """Go past a name."""
        while True:
            size = self.take(1)
            if size & _POINTER == _POINTER:
                self.step(1)
                return
            if size == 0:
                return
            if size & _POINTER:
                raise _End
            self.step(size)

    def name(self) -> None:
        """Print a name, and go past it."""
        d = self.d
        after = 0
        steps = 0
        first = True
        while True:
            size = self.take(1)
            steps += 1
            if size & _POINTER == _POINTER:
                target = self.at + ((size & 0x3F) << 8 | self.take(1))
                after = after or self.place
                if target >= d.end or steps > len(d.data):
                    if steps > len(d.data):
                        d.put("<LOOP>")
                    raise _End
                if target >= self.place - 2:
                    d.put("<BAD PTR>")
                    raise _End
                self.place = target
                continue
            if size == 0:
                if first:
                    d.put(".")
                break
            if size & _POINTER:
                d.put(f"<ELT {size & 0x3F}>")
                raise _End
            first = False
            label = d.data[self.place : min(self.place + size, d.end)]
            d.put(printable(label))
            self.step(size)
            d.put(".")
        if after:
            self.place = after
