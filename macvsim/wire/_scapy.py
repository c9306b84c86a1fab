"""The one place that imports scapy: lazily, and so that nothing of this machine gets into a frame.

Importing scapy's layers reads the host's routes, takes default field values from them, and logs when it finds none.
`load` prevents all three.  What is left of the host is scapy's list of interfaces, which without routes supplies no
address; callers still give every field, because a program that imported scapy before us has the routes loaded.
"""

from __future__ import annotations

import logging
import socket
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from scapy import packet, utils
    from scapy.layers import inet, inet6, l2


class Layers(NamedTuple):
    """scapy's classes for the headers macvsim writes."""

    Packet: type[packet.Packet]
    Raw: type[packet.Raw]
    Padding: type[packet.Padding]
    Ether: type[l2.Ether]
    Dot1Q: type[l2.Dot1Q]
    Dot1AD: type[l2.Dot1AD]
    ARP: type[l2.ARP]
    IP: type[inet.IP]
    RouterAlert: type[inet.IPOption_Router_Alert]
    ICMP: type[inet.ICMP]
    UDP: type[inet.UDP]
    TCP: type[inet.TCP]


class Layers6(NamedTuple):
    """scapy's classes for the headers of IPv6."""

    IPv6: type[inet6.IPv6]
    HopByHop: type[inet6.IPv6ExtHdrHopByHop]
    RouterAlert: type[inet6.RouterAlert]
    PadN: type[inet6.PadN]
    Fragment: type[inet6.IPv6ExtHdrFragment]
    DestUnreach: type[inet6.ICMPv6DestUnreach]
    PacketTooBig: type[inet6.ICMPv6PacketTooBig]
    TimeExceeded: type[inet6.ICMPv6TimeExceeded]
    ParamProblem: type[inet6.ICMPv6ParamProblem]
    EchoRequest: type[inet6.ICMPv6EchoRequest]
    EchoReply: type[inet6.ICMPv6EchoReply]
    RouterSolicit: type[inet6.ICMPv6ND_RS]
    NeighbourSolicit: type[inet6.ICMPv6ND_NS]
    NeighbourAdvert: type[inet6.ICMPv6ND_NA]
    Redirect: type[inet6.ICMPv6ND_Redirect]
    LinkLayerOption: type[inet6.ICMPv6NDOptSrcLLAddr]
    UnknownOption: type[inet6.ICMPv6NDOptUnknown]
    MldReport2: type[inet6.ICMPv6MLReport2]
    MldRecord: type[inet6.ICMPv6MLDMultAddrRec]


class Writers(NamedTuple):
    """scapy's writers of capture files."""

    RawPcapWriter: type[utils.RawPcapWriter]
    PcapNgWriter: type[utils.PcapNgWriter]


def load() -> Layers:
    """The layer classes.  The first call imports scapy (about 0.4 s), later ones cost microseconds."""
    _prepare()
    from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
    from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
    from scapy.packet import Packet, Padding, Raw

    return Layers(Packet, Raw, Padding, Ether, Dot1Q, Dot1AD, ARP, IP, IPOption_Router_Alert, ICMP, UDP, TCP)


def load6() -> Layers6:
    """The layer classes of IPv6, which scapy loads with those of IPv4."""
    _prepare()
    from scapy.layers import inet6 as six

    return Layers6(
        six.IPv6,
        six.IPv6ExtHdrHopByHop,
        six.RouterAlert,
        six.PadN,
        six.IPv6ExtHdrFragment,
        six.ICMPv6DestUnreach,
        six.ICMPv6PacketTooBig,
        six.ICMPv6TimeExceeded,
        six.ICMPv6ParamProblem,
        six.ICMPv6EchoRequest,
        six.ICMPv6EchoReply,
        six.ICMPv6ND_RS,
        six.ICMPv6ND_NS,
        six.ICMPv6ND_NA,
        six.ICMPv6ND_Redirect,
        six.ICMPv6NDOptSrcLLAddr,
        six.ICMPv6NDOptUnknown,
        six.ICMPv6MLReport2,
        six.ICMPv6MLDMultAddrRec,
    )


def load_writers() -> Writers:
    """The capture file writers; imports no protocol layer, so not a single socket is opened."""
    _prepare()
    from scapy.utils import PcapNgWriter, RawPcapWriter

    return Writers(RawPcapWriter, PcapNgWriter)


def _prepare() -> None:
    """Configure scapy before its layers load; harmless when repeated."""
    if "scapy.layers.l2" in sys.modules:  # too late to matter, and the settings may be the program's own
        return
    _quieten("scapy.runtime", logging.ERROR)
    if sys.platform == "emscripten":
        _quieten("scapy.loading", logging.CRITICAL + 1)  # "does not support emscripten! I/O will NOT work!"
        _use_scapys_address_converters()
    from scapy.config import conf

    conf.route_autoload = False
    conf.route6_autoload = False


def _quieten(name: str, level: int) -> None:
    """Set a logger's level unless the program has already chosen one."""
    logger = logging.getLogger(name)
    if logger.level == logging.NOTSET:
        logger.setLevel(level)


def _use_scapys_address_converters() -> None:
    """Pyodide's C library refuses AF_INET6; without these two functions scapy converts addresses itself."""
    socket.has_ipv6 = True
    for name in ("inet_pton", "inet_ntop"):
        if hasattr(socket, name):
            delattr(socket, name)
