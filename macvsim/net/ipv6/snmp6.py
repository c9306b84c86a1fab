"""IPv6 counters of one namespace, as /proc/net/snmp6 shows them (net/ipv6/proc.c)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from macvsim.net.parts import Counters
from macvsim.net.snmp import UDP
from macvsim.wire import icmpv6

IP6 = (
    "InReceives", "InHdrErrors", "InTooBigErrors", "InNoRoutes", "InAddrErrors", "InUnknownProtos", "InTruncatedPkts",
    "InDiscards", "InDelivers", "OutForwDatagrams", "OutRequests", "OutDiscards", "OutNoRoutes", "ReasmTimeout",
    "ReasmReqds", "ReasmOKs", "ReasmFails", "FragOKs", "FragFails", "FragCreates", "InMcastPkts", "OutMcastPkts",
    "InOctets", "OutOctets", "InMcastOctets", "OutMcastOctets", "InBcastOctets", "OutBcastOctets", "InNoECTPkts",
    "InECT1Pkts", "InECT0Pkts", "InCEPkts", "OutTransmits",
)  # fmt: skip
ICMP6 = ("InMsgs", "InErrors", "OutMsgs", "OutErrors", "InCsumErrors", "OutRateLimitHost")
_TYPES = (
    (icmpv6.DEST_UNREACH, "DestUnreachs"), (icmpv6.PKT_TOOBIG, "PktTooBigs"), (icmpv6.TIME_EXCEED, "TimeExcds"),
    (icmpv6.PARAMPROB, "ParmProblems"), (icmpv6.ECHO_REQUEST, "Echos"), (icmpv6.ECHO_REPLY, "EchoReplies"),
    (icmpv6.MLD_QUERY, "GroupMembQueries"), (icmpv6.MLD_REPORT, "GroupMembResponses"),
    (icmpv6.MLD_DONE, "GroupMembReductions"), (icmpv6.ROUTER_SOLICIT, "RouterSolicits"),
    (icmpv6.ROUTER_ADVERT, "RouterAdvertisements"), (icmpv6.NEIGHBOUR_SOLICIT, "NeighborSolicits"),
    (icmpv6.NEIGHBOUR_ADVERT, "NeighborAdvertisements"), (icmpv6.REDIRECT, "Redirects"),
    (icmpv6.MLDV2_REPORT, "MLDv2Reports"),
)  # fmt: skip
_ECN = ("InNoECTPkts", "InECT1Pkts", "InECT0Pkts", "InCEPkts")
_LITE = tuple(name for name in UDP if name != "IgnoredMulti")


def received(data: bytes) -> tuple[str, str]:
    """What is counted of a packet that a device received, for `Snmp6.count`: with its ECN field."""
    return "received", _ECN[data[1] >> 4 & 3] if len(data) >= 40 and data[0] >> 4 == 6 else ""


class Snmp6:
    """Counters by MIB group; they only grow."""

    __slots__ = ("icmp", "in_types", "ip", "out_types", "udp")

    def __init__(self) -> None:
        self.ip = Counters()
        self.icmp = Counters()
        self.udp = Counters()
        self.in_types: defaultdict[int, int] = defaultdict(int)
        self.out_types: defaultdict[int, int] = defaultdict(int)

    def count(self, what: tuple[str, Any], packets: int, octets: int, last: int) -> None:
        """As `engine.recording.Counter`: packets ``received`` with an ECN field or ``sent`` to devices,
        messages of a type that came ``in`` or went ``out``.
        """
        kind, which = what
        if kind in ("in", "out"):
            (self.in_types if kind == "in" else self.out_types)[which] += packets
            return
        received = kind == "received"
        self.ip["InReceives" if received else "OutTransmits"] += packets
        self.ip["InOctets" if received else "OutOctets"] += octets
        if which:
            self.ip[which] += packets

    def received_group(self, size: int) -> None:
        """A packet to a group that there is a route for (ip6_mc_input)."""
        self.ip["InMcastPkts"] += 1
        self.ip["InMcastOctets"] += size

    def sent_group(self, size: int) -> None:
        """A packet to a group goes to a device."""
        self.ip["OutMcastPkts"] += 1
        self.ip["OutMcastOctets"] += size

    def text(self) -> str:
        """Content of /proc/net/snmp6."""
        rows = [(f"Ip6{name}", self.ip[name]) for name in IP6]
        icmp = {name: self.icmp[name] for name in ICMP6}
        icmp["InMsgs"] += sum(self.in_types.values())
        icmp["OutMsgs"] += sum(self.out_types.values())
        rows += [(f"Icmp6{name}", count) for name, count in icmp.items()]
        for way, counted in (("In", self.in_types), ("Out", self.out_types)):
            rows += [(f"Icmp6{way}{name}", counted.get(kind, 0)) for kind, name in _TYPES]
        for way, counted in (("In", self.in_types), ("Out", self.out_types)):
            rows += [(f"Icmp6{way}Type{kind}", count) for kind, count in sorted(counted.items()) if count]
        rows += [(f"Udp6{name}", self.udp[name]) for name in UDP]
        rows += [(f"UdpLite6{name}", 0) for name in _LITE]
        return "".join(f"{name:<32}\t{count}\n" for name, count in rows)
