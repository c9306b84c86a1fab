"""One line, or several, for each frame (print.c: pretty_print_packet)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from macvsim.wire.text import arp, cooked, ether, ip, ip6
from macvsim.wire.text.core import Conversation, Dissection, Options, Part, Truncated
from macvsim.wire.text.dump import ascii_text, hex_and_ascii, hexadecimal
from macvsim.wire.text.numbers import ARP, IP, IPV6, REVERSE_ARP

_PARTS: dict[int, Part] = {IP: ip.show, IPV6: ip6.show, ARP: arp.show, REVERSE_ARP: arp.show}
_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Printer:
    """Prints the frames of one capture, in order: TCP numbers and times are counted from what came before."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.count = 0
        self._conversations: dict[Conversation, tuple[int, int]] = {}
        self._first: int | None = None
        self._previous: int | None = None

    def frame(self, time: int, data: bytes, length: int | None = None) -> str:
        """Text of an Ethernet frame, with a line feed at its end.

        time : nanoseconds since 1970; length : of the whole frame where not all of it was captured
        """
        whole = len(data) if length is None else length
        return self._print(time, data, lambda d: ether.show(d, 0, whole))

    def cooked(self, time: int, data: bytes, length: int, device: str) -> str:
        """Text of a frame with a cooked header, from the device of that name."""
        return self._print(time, data, lambda d: cooked.show(d, length, device))

    def _print(self, time: int, data: bytes, show: Callable[[Dissection], int]) -> str:
        options = self.options
        self.count += 1
        number = f"{self.count:5}  " if options.number else ""
        d = Dissection(data, options, self._conversations, _PARTS, ether.show)
        try:
            d.headers = show(d)
        except Truncated:
            d.truncated()
        text = number + self.stamp(time) + d.text
        payload = data[d.headers :]
        if options.X:
            text += hex_and_ascii(data if options.X > 1 else payload)
        elif options.x:
            text += hexadecimal(data if options.x > 1 else payload)
        elif options.A:
            text += ascii_text(data if options.A > 1 else payload)
        return text + "\n"

    def stamp(self, time: int) -> str:
        """When it was, as ``-t`` wants it, and a space (ts_print)."""
        kind = self.options.t
        if kind == 1:
            return ""
        if kind == 2:
            return f"{time // _SECOND}.{self._fraction(time)} "
        if kind in (3, 5):
            base = self._previous if kind == 3 else self._first
            passed = 0 if base is None else time - base
            self._previous = time
            if self._first is None:
                self._first = time
            sign = "-" if passed < 0 else " "
            return f"{sign}{_clock(abs(passed) // _SECOND)}.{self._fraction(abs(passed))} "
        text = f"{_clock(time // _SECOND % 86400)}.{self._fraction(time)} "
        if kind == 4:
            return f"{_EPOCH + timedelta(seconds=time // _SECOND):%Y-%m-%d} {text}"
        return text

    def _fraction(self, time: int) -> str:
        part = time % _SECOND
        return f"{part:09}" if self.options.nano else f"{part // 1000:06}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
