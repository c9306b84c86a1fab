"""Settings of a test, and the message in which a client tells its server (send_parameters in iperf_api.c)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from macvsim.apps.iperf3.cjson import Object

VERSION = "3.18"
TCP_BLOCK = 128 * 1024
UDP_RATE = 1 << 20
UDP_BLOCK = 1460
MAX_BLOCK = 1 << 20
MAX_STREAMS = 128


@dataclass
class Settings:
    """One test.

    length : bytes of a block, which is written at once, or of a datagram; 0: as the control connection has it
    rate : bits per second of each stream, 0 for no limit; seconds, size, blocks : when the test ends, 0 for no such end
    wide : datagrams are counted in 64 bits
    """

    udp: bool = False
    reverse: bool = False
    streams: int = 1
    length: int = 0
    rate: int = 0
    seconds: int = 10
    size: int = 0
    blocks: int = 0
    omit: int = 0
    mss: int = 0
    window: int = 0
    no_delay: bool = False
    tos: int = 0
    congestion: str = ""
    title: str = ""
    wants_output: bool = False
    wide: bool = False

    def parameters(self) -> Object:
        """The message PARAM_EXCHANGE of a client; what is not set is not in it."""
        fields: list[tuple[str, Any, bool]] = [
            ("udp" if self.udp else "tcp", True, True),
            ("omit", self.omit, True),
            ("time", self.seconds, True),
            ("num", self.size, True),
            ("blockcount", self.blocks, True),
            ("MSS", self.mss, bool(self.mss)),
            ("nodelay", True, self.no_delay),
            ("parallel", self.streams, True),
            ("reverse", True, self.reverse),
            ("window", self.window, bool(self.window)),
            ("len", self.length, True),
            ("bandwidth", self.rate, bool(self.rate)),
            ("pacing_timer", 1000, True),
            ("TOS", self.tos, bool(self.tos)),
            ("title", self.title, bool(self.title)),
            ("congestion", self.congestion, bool(self.congestion)),
            ("get_server_output", 1, self.wants_output),
            ("udp_counters_64bit", 1, self.wide),
            ("client_version", VERSION, True),
        ]
        return Object((name, value) for name, value, said in fields if said)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Settings:
        """The settings in that message; `ValueError`, `TypeError` or `OverflowError` where a value makes no sense."""

        def number(name: str, least: int = 0, most: int = 1 << 63) -> int:
            value = int(said.get(name, least))
            if not least <= value <= most:
                raise ValueError(name)
            return value

        return cls(
            udp="udp" in said,
            reverse=bool(said.get("reverse")),
            streams=number("parallel", 1, MAX_STREAMS),
            length=number("len", most=MAX_BLOCK),
            rate=number("bandwidth"),
            seconds=number("time"),
            size=number("num"),
            blocks=number("blockcount"),
            omit=number("omit"),
            mss=int(said.get("MSS", 0)),
            window=number("window"),
            no_delay=bool(said.get("nodelay")),
            tos=number("TOS", most=255),
            congestion=str(said.get("congestion", "")),
            title=str(said.get("title", "")),
            wants_output=bool(said.get("get_server_output")),
            wide=bool(said.get("udp_counters_64bit")),
        )
