"""Protocol counters of one namespace, as /proc/net/snmp and /proc/net/netstat show them (net/ipv4/proc.c)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from macvsim.net.parts import Counters, Parts
from macvsim.wire import icmp

if TYPE_CHECKING:
    from macvsim.engine.sim import Sim

IP = [
    "InReceives",
    "InHdrErrors",
    "InAddrErrors",
    "ForwDatagrams",
    "InUnknownProtos",
    "InDiscards",
    "InDelivers",
    "OutRequests",
    "OutDiscards",
    "OutNoRoutes",
    "ReasmTimeout",
    "ReasmReqds",
    "ReasmOKs",
    "ReasmFails",
    "FragOKs",
    "FragFails",
    "FragCreates",
    "OutTransmits",
]
ICMP = [
    "InMsgs",
    "InErrors",
    "InCsumErrors",
    "InDestUnreachs",
    "InTimeExcds",
    "InParmProbs",
    "InSrcQuenchs",
    "InRedirects",
    "InEchos",
    "InEchoReps",
    "InTimestamps",
    "InTimestampReps",
    "InAddrMasks",
    "InAddrMaskReps",
    "OutMsgs",
    "OutErrors",
    "OutRateLimitGlobal",
    "OutRateLimitHost",
    "OutDestUnreachs",
    "OutTimeExcds",
    "OutParmProbs",
    "OutSrcQuenchs",
    "OutRedirects",
    "OutEchos",
    "OutEchoReps",
    "OutTimestamps",
    "OutTimestampReps",
    "OutAddrMasks",
    "OutAddrMaskReps",
]
UDP = [
    "InDatagrams",
    "NoPorts",
    "InErrors",
    "OutDatagrams",
    "RcvbufErrors",
    "SndbufErrors",
    "InCsumErrors",
    "IgnoredMulti",
    "MemErrors",
]
TCP = [
    "RtoAlgorithm",
    "RtoMin",
    "RtoMax",
    "MaxConn",
    "ActiveOpens",
    "PassiveOpens",
    "AttemptFails",
    "EstabResets",
    "CurrEstab",
    "InSegs",
    "OutSegs",
    "RetransSegs",
    "InErrs",
    "OutRsts",
    "InCsumErrors",
]
TCP_START = {"RtoAlgorithm": 1, "RtoMin": 200, "RtoMax": 120_000, "MaxConn": -1}

ICMP_IN_NAMES = {
    0: "InEchoReps", 3: "InDestUnreachs", 4: "InSrcQuenchs", 5: "InRedirects", 8: "InEchos", 11: "InTimeExcds",
    12: "InParmProbs", 13: "InTimestamps", 14: "InTimestampReps", 17: "InAddrMasks", 18: "InAddrMaskReps",
}  # fmt: skip

OUT = 0x100
"""Tells types of messages that were sent from those of messages that came."""
_ECHOES = {
    icmp.ECHO: "echoes_received", OUT | icmp.ECHO: "echoes_sent",
    icmp.ECHO_REPLY: "echo_replies_received", OUT | icmp.ECHO_REPLY: "echo_replies_sent",
}  # fmt: skip
"""Counters of their own, by type."""


class Snmp(Parts):
    """Counters by MIB group; they only grow."""

    __slots__ = (
        "_sim", "echo_replies_received", "echo_replies_sent", "echoes_received", "echoes_sent", "ext", "icmp",
        "ip_counters", "other_icmp", "tcp", "udp",
    )  # fmt: skip
    ext: Counters
    """What /proc/net/netstat has of TcpExt and IpExt, as far as it is counted."""
    icmp: Counters
    other_icmp: defaultdict[int, int]
    """Messages by their type: those received, and with `OUT` those sent; but for echoes and their replies, which are
    all that most hosts ever see.
    """
    tcp: dict[str, int]
    udp: dict[str, int]
    PARTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "ext": lambda _: Counters(),
        "icmp": lambda _: Counters(),
        "other_icmp": lambda _: defaultdict(int),
        "tcp": lambda _: {**dict.fromkeys(TCP, 0), **TCP_START},
        "udp": lambda _: dict.fromkeys(UDP, 0),
    }

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self.ip_counters = Counters()
        self.echoes_received = self.echoes_sent = self.echo_replies_received = self.echo_replies_sent = 0

    def touched(self, name: str) -> None:
        self._sim.mark_made(None, name)

    @property
    def ip(self) -> dict[str, int]:
        """The Ip group, up to date."""
        self._sim.flush()
        return self.ip_counters

    def count_icmp(self, kind: int) -> None:
        """A message of a type was received, or (with `OUT`) is sent."""
        self._sim.count(self, kind)

    def count(self, what: int, packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`, for messages of a type, as of `count_icmp`."""
        name = _ECHOES.get(what)
        if name is None:
            self.other_icmp[what] += packets
        else:
            setattr(self, name, getattr(self, name) + packets)

    def icmp_types(self) -> dict[int, int]:
        """How many messages there were of the types that were seen at all: received, and with `OUT` sent; up to
        date.
        """
        self._sim.flush()
        echoes = {kind: getattr(self, name) for kind, name in _ECHOES.items()}
        return {kind: count for kind, count in (echoes | self.other_icmp).items() if count}

    def icmp_totals(self) -> dict[str, int]:
        """The Icmp group: what is counted by type is added up when somebody looks."""
        types = self.icmp_types()
        total = {name: self.icmp[name] for name in ICMP}
        for kind, name in ICMP_IN_NAMES.items():
            total[name] = types.get(kind, 0)
            total["Out" + name[2:]] = types.get(OUT | kind, 0)
        total["InMsgs"] += sum(n for kind, n in types.items() if kind < OUT)
        total["OutMsgs"] = sum(n for kind, n in types.items() if kind >= OUT)
        return total

    def text(self, *, forwarding: bool, ttl: int) -> str:
        """Content of /proc/net/snmp."""
        counted = [self.ip[name] for name in IP]
        lines = _pair("Ip", ["Forwarding", "DefaultTTL", *IP], [1 if forwarding else 2, ttl, *counted])
        icmp = self.icmp_totals()
        lines += _pair("Icmp", list(icmp), list(icmp.values()))
        types = sorted(self.icmp_types().items())
        kinds = [(f"InType{k}" if k < OUT else f"OutType{k - OUT}", n) for k, n in types]
        if kinds:
            lines += _pair("IcmpMsg", [name for name, _ in kinds], [count for _, count in kinds])
        lines += _pair("Tcp", TCP, [self.tcp[name] for name in TCP])
        lines += _pair("Udp", UDP, list(self.udp.values()))
        lines += _pair("UdpLite", UDP, [0] * len(UDP))
        return "\n".join(lines) + "\n"


def _pair(group: str, names: list[str], values: list[int]) -> list[str]:
    return [f"{group}: {' '.join(names)}", f"{group}: {' '.join(map(str, values))}"]
