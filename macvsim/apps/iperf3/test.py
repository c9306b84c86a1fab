"""A test as both sides play it: streams, the clock of intervals, and the exchange of results (iperf_api.c)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from macvsim.apps.base import Machine
from macvsim.apps.iperf3.cjson import Object
from macvsim.apps.iperf3.control import Control, Failed, Steps
from macvsim.apps.iperf3.settings import Settings
from macvsim.apps.iperf3.stream import Stream
from macvsim.engine.sim import SECOND

_STREAM_FIELDS = ("bytes", "retransmits", "jitter", "errors", "omitted_errors", "packets", "omitted_packets",
                  "start_time", "end_time")  # fmt: skip
WRONG_RESULTS = "unable to receive results"
UNSENT_RESULTS = "unable to send results"
_MAX = 1 << 63


def micros(time: int) -> float:
    """A time in seconds, to the microsecond."""
    return round(time / SECOND, 6)


def _figures(remote: dict[str, Any], idents: list[int]) -> dict[int, dict[str, Any]]:
    """The other side's figures of these streams; `Failed` where one is missing or makes no sense."""
    entries = remote.get("streams")
    found: dict[int, dict[str, Any]] = {}
    for entry in entries if isinstance(entries, list) else ():
        numbers = [entry.get(name) for name in ("id", *_STREAM_FIELDS)] if isinstance(entry, dict) else [None]
        if all(isinstance(one, (int, float)) and -_MAX < one < _MAX for one in numbers):
            found[int(entry["id"])] = entry
    if not found.keys() >= set(idents) or not isinstance(remote.get("server_output_text", ""), str):
        raise Failed(WRONG_RESULTS)
    return found


class Test:
    """One test.

    interval : ns between reports, 0 for none; on_interval : called for each, with True for the first after the time
    that is left out
    """

    __test__ = False

    def __init__(self, box: Machine, settings: Settings, control: Control, interval: int, *, client: bool) -> None:
        self.box = box
        self.settings = settings
        self.control = control
        self.interval = interval
        self.client = client
        self.streams: list[Stream] = []
        self.running = self.omitting = self.done = False
        self.began = 0
        self.ended = 0
        """How long the test took (ns), once it is over."""
        self.remote: dict[str, Any] = {}
        """Results of the other side; empty before they come."""
        self.on_interval: Callable[[], None] = lambda: None
        self._next: int | None = None
        self._omit: int | None = None
        self._end: int | None = None

    @property
    def now(self) -> int:
        return int(self.box.sim.now)

    @property
    def sends(self) -> bool:
        """True on the side that sends."""
        return self.client is not self.settings.reverse

    @property
    def retransmits_known(self) -> bool:
        """True where either side can tell how many segments were sent again."""
        return not self.settings.udp and (self.sends or self.remote.get("sender_has_retransmits") == 1)

    # -- the clock -----------------------------------------------------------------------------------------------------

    def begin(self, dice: Random) -> None:
        """Streams send and receive from now on."""
        settings = self.settings
        self.running = True
        self.began = self.now
        self._restart(settings.omit * SECOND)
        self.omitting = settings.omit > 0
        self._omit = self.began + settings.omit * SECOND if self.omitting else None
        block = dice.randbytes(settings.length) if self.sends else b""
        for stream in self.streams:
            stream.start(self._more, block)

    def _restart(self, omit: int) -> None:
        settings = self.settings
        self._next = self.now + self.interval if self.interval else None
        if self.client and settings.seconds:
            self._end = self.now + omit + settings.seconds * SECOND

    def _more(self) -> bool:
        return not self.done and (self.omitting or not self._reached)

    @property
    def _reached(self) -> bool:
        """True once as much has passed as was asked for."""
        settings = self.settings
        if not settings.size and not settings.blocks:
            return False
        counts = [stream.result for stream in self.streams]
        size = sum(count.size for count in counts)
        if settings.size:
            return size >= settings.size
        return size >= settings.blocks * settings.length

    @property
    def due(self) -> int | None:
        """When `tick` has something to do (ns); None if nothing is set."""
        return min((time for time in (self._next, self._omit, self._end) if time is not None), default=None)

    def tick(self) -> None:
        """Do what is due now."""
        now = self.now
        if self._end is not None and now >= self._end:
            self.done = True
        if self._omit is not None and now >= self._omit:
            self._leave_out()
        elif self._next is not None and now >= self._next and not self.done:
            self._next += self.interval
            self.gather()
        failed = next((stream.error for stream in self.streams if stream.error), "")
        if failed:
            raise Failed(failed)

    def _leave_out(self) -> None:
        """The time that is left out is over."""
        self._omit = None
        if self.interval:
            self.gather()
        self.omitting = False
        self.began = self.now
        self._restart(0)
        for stream in self.streams:
            stream.omit()

    def gather(self) -> None:
        """End an interval, and report it."""
        for stream in self.streams:
            stream.gather(omitted=self.omitting)
        self.on_interval()

    @property
    def finished(self) -> bool:
        """True when the client has to end the test."""
        return self.running and not self.omitting and (self.done or self._reached)

    def stop(self) -> None:
        """Nothing is sent or counted any more."""
        self.done = True
        self.running = False
        self._next = self._omit = self._end = None
        self.ended = self.now - self.began
        for stream in self.streams:
            stream.stop()
            if not stream.intervals:
                stream.gather(omitted=False)

    def finish(self) -> None:
        """The test is over: its last interval ends, too."""
        for stream in self.streams:
            stream.gather(omitted=self.omitting)
        self.stop()

    @property
    def last_is_worth_it(self) -> bool:
        """A last interval is reported if it is a tenth of the others, or something came in it."""
        last = [stream.intervals[-1] for stream in self.streams if stream.intervals]
        return any(one.end - one.start >= self.interval // 10 or one.size for one in last)

    def close(self) -> None:
        """Close all sockets."""
        self.running = False
        for stream in self.streams:
            stream.stop()
            stream.close()
        self.control.sock.close()

    # -- results -------------------------------------------------------------------------------------------------------

    def exchange(self, output: Object) -> Steps[None]:
        """Tell the other side our results, and hear its own; the client begins."""
        ours = self._ours(output)
        if self.client:
            yield from self.control.send_json(ours, UNSENT_RESULTS)
        remote = yield from self.control.read_json(WRONG_RESULTS)
        figures = _figures(remote, [stream.ident for stream in self.streams])
        if not self.client:
            yield from self.control.send_json(ours, UNSENT_RESULTS)
        self.remote = remote
        for stream in self.streams:
            stream.peer = figures[stream.ident]

    def _ours(self, output: Object) -> Object:
        settings = self.settings
        knows = -1 if not self.sends else int(not settings.udp)
        fields = Object([("cpu_util_total", 0), ("cpu_util_user", 0), ("cpu_util_system", 0),
                         ("sender_has_retransmits", knows), *output])  # fmt: skip
        if not settings.udp:
            fields.append(("congestion_used", self.congestion))
        fields.append(("streams", [self._stream(stream) for stream in self.streams]))
        return fields

    def _stream(self, stream: Stream) -> Object:
        counts, omitted = stream.counts, stream.omitted
        retransmits = stream.result.retransmits if stream.sends and not self.settings.udp else -1
        values = (stream.result.size, retransmits, stream.jitter, counts.lost, omitted.lost, counts.packets
                  if self.settings.udp else 0, omitted.packets, 0, micros(self.ended))  # fmt: skip
        return Object([("id", stream.ident), *zip(_STREAM_FIELDS, values, strict=True)])

    @property
    def congestion(self) -> str:
        """The congestion control of this side's streams."""
        return self.settings.congestion or self.box.ns.ipv4_conf.tcp_congestion_control
