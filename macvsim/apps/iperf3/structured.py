"""The report of iperf3 for programs (``-J``): one JSON document at the end of a test."""

from __future__ import annotations

import struct
from time import gmtime, strftime
from typing import Any

from macvsim.apps.iperf3.cjson import Object, parsed
from macvsim.apps.iperf3.settings import VERSION
from macvsim.apps.iperf3.stream import Interval, Stream
from macvsim.apps.iperf3.summary import Side, percent, sides, together, total
from macvsim.apps.iperf3.test import Test, micros
from macvsim.engine.sim import SECOND
from macvsim.wire.addr import ip_text


class Structured:
    """Gathers the document of one test."""

    def __init__(self, system: str, *, client: bool) -> None:
        self._client = client
        self._streams: list[Object] = []
        self.start = Object([("connected", self._streams), ("version", f"iperf {VERSION}"), ("system_info", system)])
        self._intervals: list[Object] = []
        self._end = Object()
        self.rest = Object()

    @property
    def document(self) -> Object:
        """All of it."""
        return Object([("start", self.start), ("intervals", self._intervals), ("end", self._end), *self.rest])

    def listens(self, test: Test, buffers: tuple[int, int]) -> None:
        """The entries of a server about its sockets, which come first."""
        self.start.append(("target_bitrate", test.settings.rate))
        if not test.settings.udp:
            self.start += self._buffers(test, buffers)

    @staticmethod
    def _buffers(test: Test, buffers: tuple[int, int]) -> Object:
        return Object(
            [("sock_bufsize", test.settings.window), ("sndbuf_actual", buffers[0]), ("rcvbuf_actual", buffers[1])]
        )

    def connected(self, test: Test, host: str, port: int, cookie: bytes, mss: int) -> None:
        """The two sides have agreed on a test."""
        seconds = test.box.wall_clock // SECOND
        time = strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(seconds))
        self.start += [
            ("timestamp", Object([("time", time), ("timesecs", seconds)])),
            ("connecting_to" if self._client else "accepted_connection", Object([("host", host), ("port", port)])),
            ("cookie", cookie[:-1].decode("ascii", "replace")),
        ]
        if not test.settings.udp:
            self.start.append(("tcp_mss", test.settings.mss) if test.settings.mss else ("tcp_mss_default", mss))
        self.start += [("target_bitrate", test.settings.rate), ("fq_rate", 0)]

    def buffers(self, test: Test, sizes: tuple[int, int]) -> None:
        """The buffers of the streams."""
        self.start += self._buffers(test, sizes)

    def stream(self, stream: Stream) -> None:
        """A stream is there."""
        (here, port), (there, other) = stream.ends
        self._streams.append(
            Object(
                [
                    ("socket", stream.number),
                    ("local_host", ip_text(here)),
                    ("local_port", port),
                    ("remote_host", ip_text(there)),
                    ("remote_port", other),
                ]
            )
        )

    def starting(self, test: Test) -> None:
        """Streams send from now on."""
        settings = test.settings
        values: list[tuple[str, Any]] = [
            ("protocol", "UDP" if settings.udp else "TCP"), ("num_streams", settings.streams),
            ("blksize", settings.length), ("omit", settings.omit), ("duration", settings.seconds),
            ("bytes", settings.size), ("blocks", settings.blocks), ("reverse", int(settings.reverse)),
            ("tos", settings.tos), ("target_bitrate", settings.rate), ("bidir", 0), ("fqrate", 0),
            ("interval", test.interval / SECOND),
        ]  # fmt: skip
        self.start.append(("test_start", Object(values)))

    def control_mss(self, mss: int, *, sets_block: bool) -> None:
        """The entry of the control connection comes later."""

    # -- intervals -----------------------------------------------------------------------------------------------------

    def interval(self, test: Test) -> None:
        """The last interval of every stream."""
        last = [stream.intervals[-1] for stream in test.streams]
        streams = [
            Object([("socket", stream.number), *_interval(test, one, one.info is not None)])
            for stream, one in zip(test.streams, last, strict=True)
        ]
        self._intervals.append(Object([("streams", streams), ("sum", Object(_interval(test, together(last), False)))]))

    # -- the end -------------------------------------------------------------------------------------------------------

    def results(self, test: Test) -> None:
        """The figures of the whole test."""
        both = [sides(test, stream) for stream in test.streams]
        sent, received = (total([pair[at] for pair in both]) for at in (0, 1))
        if test.settings.udp:
            self._end.append(("streams", [_udp(test, *one) for one in zip(test.streams, both, strict=True)]))
            self._end += _udp_sums(test, sent, received)
        else:
            self._end.append(("streams", [_tcp(test, *one) for one in zip(test.streams, both, strict=True)]))
            self._end += [
                ("sum_sent", Object([*_amounts(sent, sent.seconds), *_retr(test, sent), ("sender", test.sends)])),
                ("sum_received", Object([*_amounts(received, received.seconds), ("sender", test.sends)])),
            ]
        names = [f"{side}_{what}" for side in ("host", "remote") for what in ("total", "user", "system")]
        self._end.append(("cpu_utilization_percent", Object((name, 0) for name in names)))
        if not test.settings.udp:
            here, there = ("sender", "receiver") if test.sends else ("receiver", "sender")
            known = {here: test.congestion, there: str(test.remote.get("congestion_used", ""))}
            self._end += [(f"{role}_tcp_congestion", known[role]) for role in ("sender", "receiver") if known[role]]

    def done(self, test: Test) -> None:
        """A client has nothing more to do."""
        self.rest += [
            (name, parsed(test.remote[name]))
            for name in ("server_output_json", "server_output_text")
            if name in test.remote
        ]


def _interval(test: Test, one: Interval, whole: bool) -> list[tuple[str, Any]]:
    seconds = struct.unpack("f", struct.pack("f", (one.end - one.start) / SECOND))[0]
    rate = one.size * 8 / seconds if seconds else 0
    fields: list[tuple[str, Any]] = [
        ("start", micros(one.start)), ("end", micros(one.end)), ("seconds", seconds), ("bytes", one.size),
        ("bits_per_second", rate),
    ]  # fmt: skip
    if test.settings.udp:
        fields += [("packets", one.packets)] if test.sends else _losses(one.jitter, one.lost, one.packets)
    elif test.sends:
        fields.append(("retransmits", one.retransmits))
        if whole and one.info is not None:
            info = one.info
            fields += [("snd_cwnd", info.cwnd), ("snd_wnd", info.window), ("rtt", info.rtt), ("rttvar", info.rttvar),
                       ("pmtu", info.pmtu)]  # fmt: skip
    return [*fields, ("omitted", one.omitted), ("sender", test.sends)]


def _losses(jitter: float, lost: int, packets: int) -> list[tuple[str, Any]]:
    return [("jitter_ms", jitter * 1000), ("lost_packets", lost), ("packets", packets),
            ("lost_percent", percent(lost, packets))]  # fmt: skip


def _amounts(side: Side, seconds: float) -> list[tuple[str, Any]]:
    return [("start", 0), ("end", side.seconds), ("seconds", seconds), ("bytes", side.size),
            ("bits_per_second", side.rate)]  # fmt: skip


def _retr(test: Test, side: Side) -> list[tuple[str, Any]]:
    return [("retransmits", side.retransmits or 0)] if test.retransmits_known else []


def _tcp(test: Test, stream: Stream, pair: tuple[Side, Side]) -> Object:
    sent, received = pair
    infos = stream.infos
    trips = [info.rtt for info in infos]
    sender: list[tuple[str, Any]] = [("socket", stream.number), *_amounts(sent, sent.seconds)]
    if test.retransmits_known:
        sender += [
            *_retr(test, sent),
            ("max_snd_cwnd", max((info.cwnd for info in infos), default=0)),
            ("max_snd_wnd", max((info.window for info in infos), default=0)),
            ("max_rtt", max(trips, default=0)),
            ("min_rtt", min(trips, default=0)),
            ("mean_rtt", sum(trips) // len(trips) if trips else 0),
        ]
    own = round(test.ended / SECOND, 6)
    receiver = [("socket", stream.number), *_amounts(received, own), ("sender", test.sends)]
    return Object([("sender", Object([*sender, ("sender", test.sends)])), ("receiver", Object(receiver))])


def _udp(test: Test, stream: Stream, pair: tuple[Side, Side]) -> Object:
    sent, received = pair
    counted = received if received.known else sent
    fields = [
        ("socket", stream.number), *_amounts(sent, sent.seconds), *_losses(counted.jitter, counted.lost,
        counted.packets), ("out_of_order", received.out_of_order), ("sender", test.sends),
    ]  # fmt: skip
    return Object([("udp", Object(fields))])


def _udp_sums(test: Test, sent: Side, received: Side) -> Object:
    counted = received if received.known else sent
    both = [("start", 0), ("end", counted.seconds), ("seconds", counted.seconds), ("bytes", sent.size),
            ("bits_per_second", sent.rate), *_losses(counted.jitter, counted.lost, counted.packets)]  # fmt: skip
    return Object(
        [
            ("sum", Object([*both, ("sender", test.sends)])),
            ("sum_sent", Object([*_amounts(sent, sent.seconds), *_losses(0, 0, sent.packets), ("sender", True)])),
            ("sum_received", Object([*_amounts(received, received.seconds),
                                     *_losses(received.jitter, received.lost, received.packets),
                                     ("sender", False)])),
        ]
    )  # fmt: skip
