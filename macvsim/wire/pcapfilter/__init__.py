"""Filter expressions of tcpdump and libpcap (pcap-filter(7)), compiled to functions of a packet."""

from __future__ import annotations

from macvsim.wire.pcapfilter.link import COOKED, ETHERNET, LinkType
from macvsim.wire.pcapfilter.parser import compile_filter
from macvsim.wire.pcapfilter.program import Filter, FilterError, Resolver, View

__all__ = ["COOKED", "ETHERNET", "Filter", "FilterError", "LinkType", "Resolver", "View", "compile_filter"]
