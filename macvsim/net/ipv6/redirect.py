"""ICMPv6 redirects: telling senders of a nearer next hop, and following such advice (net/ipv6/ndisc.c, route.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.net.dst import ERROR
from macvsim.net.ipv6.packet import Packet6
from macvsim.net.ipv6.route6 import Dst6
from macvsim.net.nud import VALID, Nud
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import is_link_local6, is_multicast6
from macvsim.wire.compose6 import link_layer_template
from macvsim.wire.frame import IPV6_MIN_MTU

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

_HLEN = 40


class Redirects:
    """The redirects of one namespace."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack

    def maybe_send(self, packet: Packet6, way: Dst6) -> None:
        """A forwarded packet leaves where it came in: tell its sender, at most once a second (ndisc_send_redirect)."""
        stack, dev = self.stack, way.dev
        assert dev is not None
        src, dst = ipv6.addresses(packet.data)
        target = way.nexthop
        if not stack.icmp.take_token(dst, stack.ns.sim.hz):
            return
        speaker = dev.inet.inet6.link_local()
        if speaker is None or (target != dst and not is_link_local6(target)):
            return
        back = stack.router.output(src, speaker, dev)
        if back.kind is ERROR or back.nexthop != src or not stack.icmp.take_token(src, stack.ns.sim.hz):
            return
        entry = stack.neigh.create(dev, target)
        if entry is None:
            return
        options = b""
        if entry.state & VALID:
            options = icmpv6.link_layer_option(link_layer_template(), icmpv6.OPT_TARGET_LL, entry.ha)
        room = min(IPV6_MIN_MTU - ipv6.HLEN - _HLEN - len(options), len(packet.data) + 8) & ~7
        head = bytes((icmpv6.OPT_REDIRECTED, room >> 3)) + bytes(6)
        options += head + packet.data[: room - 8]
        body = target.to_bytes(16, "big") + dst.to_bytes(16, "big") + options
        uid = stack.ns.sim.born(packet.uid)
        stack.ndisc.transmit(dev, icmpv6.REDIRECT, 0, body, speaker, src, uid)

    def receive(self, packet: Packet6, dev: NetDevice, message: bytes, options: dict[int, bytes]) -> DropReason | None:
        """Use another next hop for one destination, if we may (ndisc_redirect_rcv, rt6_do_redirect)."""
        stack, sim = self.stack, self.stack.ns.sim
        src, _ = ipv6.addresses(packet.data)
        target, dst = int.from_bytes(message[8:24], "big"), int.from_bytes(message[24:40], "big")
        conf = dev.inet.inet6.conf
        on_link = target == dst
        ignored = (
            is_multicast6(dst)
            or not (on_link or is_link_local6(target))
            or conf.forwarding
            or not conf.accept_redirects
        )
        way = stack.router.output(dst) if not ignored else None
        if way is None or way.kind is ERROR or way.dev is not dev or way.nexthop != src:
            return sim.drop(packet.uid, dev, DropReason.ICMP_REDIRECT_IGNORED)
        entry = stack.neigh.create(dev, target)
        if entry is None:
            return sim.drop(packet.uid, dev, DropReason.NEIGH_TABLE_FULL)
        entry.update(
            options.get(icmpv6.OPT_TARGET_LL), Nud.STALE, override=True, weak=True, router=None if on_link else True
        )
        stack.exceptions.learn_gateway(dst, target)
        stack.router.forget()
        return None
