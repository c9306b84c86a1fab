"""Reports of iperf3 for people: lines with an interval, an amount and a rate (iperf_locale.c, units.c)."""

from __future__ import annotations

from collections.abc import Callable
from time import gmtime, strftime

from macvsim.apps.iperf3.cjson import parsed, printed
from macvsim.apps.iperf3.settings import VERSION
from macvsim.apps.iperf3.stream import Interval, Stream
from macvsim.apps.iperf3.summary import Side, percent, sides, together, total
from macvsim.apps.iperf3.test import Test
from macvsim.engine.sim import SECOND
from macvsim.wire.addr import ip_text

_RULE = "- - - - - - - - - - - - - - - - - - - - - - - - -"
_LINE = "-" * 59
_PREFIXES = " KMGT"
_HEADERS = {
    (False, True): "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd",
    (False, False): "[ ID] Interval           Transfer     Bitrate",
    (True, True): "[ ID] Interval           Transfer     Bitrate         Total Datagrams",
    (True, False): "[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams",
}
"""By UDP or TCP, and whether this side sends."""
_RETR = "[ ID] Interval           Transfer     Bitrate         Retr"
_PLAIN = " " * 18


def amount(value: float, unit: str = "A") -> str:
    """A number with its unit: ``a`` bits, ``A`` bytes, with a prefix that fits, or the prefix that is named; prefixes
    of bits stand for powers of 1000, of bytes for powers of 1024 (unit_snprintf).
    """
    bits = unit.islower()
    base = 1000.0 if bits else 1024.0
    value = value * 8 if bits else value
    at = 0
    if unit in "aA":
        while value >= base and at < len(_PREFIXES) - 1:
            value /= base
            at += 1
    else:
        at = _PREFIXES.index(unit.upper())
        value /= base**at
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:4.{digits}f} {_PREFIXES[at].strip()}{'bit' if bits else 'Byte'}s"


class Text:
    """Writes reports of one side.

    out : takes lines; every line begins with the title of the test, if it has one
    """

    def __init__(self, out: Callable[[str], None], unit: str, *, verbose: bool, client: bool) -> None:
        self._put = out
        self._unit = unit
        self._verbose = verbose
        self._client = client
        self.title = ""
        self.kept: list[str] | None = None
        """The text of a server for its client."""

    def line(self, text: str) -> None:
        """One line."""
        text = f"{self.title}:  {text}\n" if self.title else f"{text}\n"
        self._put(text)
        if self.kept is not None:
            self.kept.append(text)

    # -- before the test -----------------------------------------------------------------------------------------------

    def version(self, system: str) -> None:
        """The program and the machine, with ``-V``."""
        if self._verbose:
            self.line(f"iperf {VERSION}")
            self._put(f"{self.title}:  " if self.title else "")
            self.line(system)

    def listening(self, port: int, number: int) -> None:
        """A server waits for its next client."""
        for text in (_LINE, f"Server listening on {port} (test #{number})", _LINE):
            self._put(f"{text}\n")

    def control_mss(self, mss: int, *, sets_block: bool) -> None:
        """The control connection of a client is there; datagrams are as long as its segments where nobody says."""
        if self._verbose:
            self._put(f"Control connection MSS {mss}\n")
            if sets_block:
                self._put(f"Setting UDP block size to {mss}\n")

    def connected(self, test: Test, host: str, port: int, cookie: bytes, mss: int) -> None:
        """The two sides have agreed on a test."""
        settings = test.settings
        if self._verbose:
            self.line(f"Time: {strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime(test.box.wall_clock // SECOND))}")
        if self._client:
            self.line(f"Connecting to host {host}, port {port}")
            if settings.reverse:
                self.line(f"Reverse mode, remote host {host} is sending")
        else:
            self.line(f"Accepted connection from {host}, port {port}")
        if self._verbose:
            self.line(f"      Cookie: {cookie[:-1].decode('ascii', 'replace')}")
            if not settings.udp:
                self.line(f"      TCP MSS: {settings.mss}" if settings.mss else f"      TCP MSS: {mss} (default)")
            if settings.rate:
                self.line(f"      Target Bitrate: {settings.rate}")

    def buffers(self, test: Test, sizes: tuple[int, int]) -> None:
        """Sizes of sockets are for programs."""

    def stream(self, stream: Stream) -> None:
        """A stream is there."""
        (here, port), (there, other) = stream.ends
        self.line(f"[{stream.number:3}] local {ip_text(here)} port {port} connected to {ip_text(there)} port {other}")

    def starting(self, test: Test) -> None:
        """Streams send from now on."""
        settings = test.settings
        if not self._verbose:
            return
        end = f"{settings.seconds} second test"
        if settings.size:
            end = f"{settings.size} bytes to send"
        elif settings.blocks:
            end = f"{settings.blocks} blocks to send"
        self.line(
            f"Starting Test: protocol: {'UDP' if settings.udp else 'TCP'}, {settings.streams} streams, "
            f"{settings.length} byte blocks, omitting {settings.omit} seconds, {end}, tos {settings.tos}"
        )

    # -- while it runs -------------------------------------------------------------------------------------------------

    def interval(self, test: Test) -> None:
        """The last interval of every stream."""
        settings = test.settings
        first = len(test.streams[0].intervals) == 1
        if first:
            self.line(_HEADERS[settings.udp, test.sends])
        elif len(test.streams) > 1:
            self.line(_RULE)
        last = [stream.intervals[-1] for stream in test.streams]
        for stream, one in zip(test.streams, last, strict=True):
            mark = "(omitted)" if one.omitted else ""
            self.line(self._interval(test, f"{stream.number:3}", one, one.info.cwnd if one.info else 0) + mark)
        if len(last) > 1:
            self.line(self._interval(test, "SUM", together(last), None) + ("(omitted)" if last[0].omitted else ""))

    def _interval(self, test: Test, name: str, one: Interval, cwnd: int | None) -> str:
        head = self._head(name, one.start / SECOND, one.end / SECOND, one.size)
        if test.settings.udp:
            if test.sends:
                return f"{head}  {one.packets}  "
            return f"{head}  {_losses(one.jitter, one.lost, one.packets)}  "
        if not test.sends:
            return head + _PLAIN
        window = " " * 13 if cwnd is None else f"   {amount(cwnd)}       "
        return f"{head}  {one.retransmits:3}{window}"

    def _head(self, name: str, start: float, end: float, size: int) -> str:
        rate = amount(size / (end - start) if end > start else 0.0, self._unit)
        return f"[{name}] {start:6.2f}-{end:<6.2f} sec  {amount(size)}  {rate}/sec"

    # -- at its end ----------------------------------------------------------------------------------------------------

    def results(self, test: Test) -> None:
        """The figures of the whole test."""
        self.line(_RULE)
        if self._verbose:
            self.line("Test Complete. Summary Results:")
        udp = test.settings.udp
        self.line(_HEADERS[True, False] if udp else _RETR if test.retransmits_known else _HEADERS[False, False])
        both = [sides(test, stream) for stream in test.streams]
        for stream, pair in zip(test.streams, both, strict=True):
            self._results(f"{stream.number:3}", pair, test, " " * 12)
        if len(both) > 1:
            sums = (total([pair[0] for pair in both]), total([pair[1] for pair in both]))
            self._results("SUM", sums, test, " " * 13)
        if self._verbose:
            self._more(test)

    def _results(self, name: str, pair: tuple[Side, Side], test: Test, gap: str) -> None:
        for side, role, own in ((pair[0], "sender", test.sends), (pair[1], "receiver", not test.sends)):
            if not self._client and not own:
                if self._verbose and not (name == "SUM" and role == "sender"):
                    self.line(f"[{name}] ({role} statistics not available)")
                continue
            head = self._head(name, 0.0, side.seconds, side.size)
            if test.settings.udp:
                sent = role == "sender"
                figures = _losses(0.0 if sent else side.jitter, 0 if sent else side.lost, side.packets)
                self.line(f"{head}  {figures}  {role}")
                if side.out_of_order and not sent:
                    late = f"{side.out_of_order} datagrams received out-of-order"
                    self.line(f"[{name}] {0.0:4.1f}-{side.seconds:4.1f} sec  {late}")
            elif role == "sender" and side.retransmits is not None:
                self.line(f"{head}  {side.retransmits:3}{gap}{role}")
            else:
                self.line(f"{head}{_PLAIN}{role}")

    def _more(self, test: Test) -> None:
        roles = ("sender", "receiver") if test.sends else ("receiver", "sender")
        if test.sends:
            none = "0.0% (0.0%u/0.0%s)"
            self.line(f"CPU Utilization: local/{roles[0]} {none}, remote/{roles[1]} {none}")
        if test.settings.udp:
            return
        names = dict(zip(roles, (test.congestion, str(test.remote.get("congestion_used", ""))), strict=True))
        for role, word in (("sender", "snd"), ("receiver", "rcv")):
            if names[role]:
                self.line(f"{word}_tcp_congestion {names[role]}")

    def done(self, test: Test) -> None:
        """A client has nothing more to do."""
        output = test.remote.get("server_output_text")
        if output is None and "server_output_json" in test.remote:
            output = f"{printed(parsed(test.remote['server_output_json']))}\n"
        if output is not None:
            for text in ("", "Server output:", output):
                self.line(text)
        self.line("")
        self.line("iperf Done.")


def _losses(jitter: float, lost: int, packets: int) -> str:
    return f"{jitter * 1000:5.3f} ms  {lost}/{packets} ({percent(lost, packets):.2g}%)"
