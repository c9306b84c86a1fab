"""Packets of ours that rules have changed find another way (ip_route_me_harder in net/ipv4/netfilter.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net.dst import ERROR
from macvsim.net.netfilter.hooks import Verdict
from macvsim.wire import ipv4

if TYPE_CHECKING:
    from macvsim.net.netfilter.contracts import Host
    from macvsim.net.netfilter.packet import Tracked


def route_again(ns: Host, packet: Tracked) -> Verdict:
    """By the addresses and the mark that the packet now has."""
    src, dst = ipv4.addresses(packet.data)
    way = ns.router.output(dst, src if ns.is_local(src) else 0, mark=packet.mark)
    if way.kind is ERROR:
        ns.sim.drop(packet.uid, ns, DropReason.IP_OUTNOROUTES)
        return Verdict.DROP
    packet.dst = way
    return Verdict.ACCEPT
