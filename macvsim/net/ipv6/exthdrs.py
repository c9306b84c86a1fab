"""Extension headers of packets that come in: options and routing (net/ipv6/exthdrs.c; RFC 8200, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.engine.drop import DropReason
from macvsim.net.ipv6.packet import Packet6
from macvsim.wire import icmpv6, ipv6
from macvsim.wire.addr6 import is_multicast6
from macvsim.wire.frame import HOST

if TYPE_CHECKING:
    from macvsim.net.ipv6.stack import Ipv6

_PAD1, _PADN, _ROUTER_ALERT, _JUMBO, _HOME_ADDRESS = 0x00, 0x01, 0x05, 0xC2, 0xC9
_MOBILITY, _RPL, _SEGMENTS = 2, 3, 4
"""Types of routing headers."""
_MAX_PADDING = 7
_MAX_PAYLOAD = 65535


class ExtensionHeaders:
    """What one namespace does with extension headers."""

    def __init__(self, stack: Ipv6) -> None:
        self.stack = stack

    def hop_by_hop(self, packet: Packet6) -> DropReason | None:
        """The options for everybody on the way, right behind the header (ipv6_parse_hopopts); why the packet ends."""
        conf = self.stack.conf
        reason = self._end(packet.data, ipv6.HLEN, conf.max_hbh_length) or self._options(
            packet, ipv6.HLEN, conf.max_hbh_opts_number, hop=True
        )
        if reason is not None:
            self.stack.snmp.ip["InHdrErrors"] += 1
            self._drop(packet, reason)
        return reason

    def destination(self, packet: Packet6, at: int) -> DropReason | None:
        """Options for this host (ipv6_destopt_rcv)."""
        conf = self.stack.conf
        reason = self._end(packet.data, at, conf.max_dst_opts_length) or self._options(
            packet, at, conf.max_dst_opts_number, hop=False
        )
        if reason is not None:
            self.stack.snmp.ip["InHdrErrors"] += 1
            self._drop(packet, reason)
        return reason

    def routing(self, packet: Packet6, at: int) -> DropReason | None:
        """A routing header: nobody follows one today (ipv6_rthdr_rcv; RFC 5095)."""
        count, data = self.stack.snmp.ip, packet.data
        reason = self._end(data, at, 1 << 31)
        if reason is not None:
            count["InHdrErrors"] += 1
            return self._drop(packet, reason)
        kind, left = data[at + 2], data[at + 3]
        if is_multicast6(ipv6.addresses(data)[1]) or packet.packet_type is not HOST or (kind == _MOBILITY and not left):
            count["InAddrErrors"] += 1
            return self._drop(packet, DropReason.IPV6_EXTENSION)
        if kind in (_RPL, _SEGMENTS):
            return self._drop(packet, DropReason.IPV6_EXTENSION)
        if left:
            count["InHdrErrors"] += 1
            self._drop(packet, DropReason.IPV6_EXTENSION)
            self.stack.icmp.send_error(packet, icmpv6.PARAMPROB, icmpv6.HDR_FIELD, at + 2)
            return DropReason.IPV6_EXTENSION
        return None

    @staticmethod
    def _end(data: bytes, at: int, longest: int) -> DropReason | None:
        """A header that runs over the end, or is longer than it may be."""
        length = (data[at + 1] + 1) * 8 if len(data) >= at + 8 else 0
        return DropReason.IPV6_EXTENSION if not length or len(data) < at + length or length > longest else None

    def _options(self, packet: Packet6, at: int, most: int, *, hop: bool) -> DropReason | None:
        """Look at each option (ip6_parse_tlv)."""
        data = packet.data
        end, place = at + (data[at + 1] + 1) * 8, at + 2
        padding = number = 0
        while place < end:
            kind = data[place]
            if kind == _PAD1:
                length = 1
            elif end - place < 2 or data[place + 1] + 2 > end - place:
                return DropReason.IPV6_OPTION
            else:
                length = data[place + 1] + 2
            if kind in (_PAD1, _PADN):
                padding += length
                if padding > _MAX_PADDING or any(data[place + 2 : place + length] if kind == _PADN else b""):
                    return DropReason.IPV6_OPTION
            else:
                number, padding = number + 1, 0
                if number > abs(most):
                    return DropReason.IPV6_OPTION
                reason = self._option(packet, kind, place, strict=most < 0, hop=hop)
                if reason is not None:
                    return reason
            place += length
        return None

    def _option(self, packet: Packet6, kind: int, at: int, *, strict: bool, hop: bool) -> DropReason | None:
        """One option that is no padding (ip6_tlvopt_unknown); jumbograms do not fit on Ethernet."""
        if hop and kind == _ROUTER_ALERT:
            return None if packet.data[at + 1] == 2 else DropReason.IPV6_OPTION
        if hop and kind == _JUMBO:
            return self._jumbo(packet, at)
        action = kind >> 6
        if not action and not strict:
            return None
        group = is_multicast6(ipv6.addresses(packet.data)[1])
        if not strict and (action == 2 or (action == 3 and not group)):
            self.stack.icmp.send_error(packet, icmpv6.PARAMPROB, icmpv6.UNK_OPTION, at)
        return DropReason.IPV6_UNKNOWN_OPTION

    def _jumbo(self, packet: Packet6, at: int) -> DropReason:
        """ipv6_hop_jumbo."""
        data = packet.data
        if data[at + 1] != 4 or at & 3 != 2:
            return DropReason.IPV6_OPTION
        length = int.from_bytes(data[at + 2 : at + 6])
        if length <= _MAX_PAYLOAD or data[4:6] != b"\0\0":
            pointer = at + 2 if length <= _MAX_PAYLOAD else at
            self.stack.icmp.send_error(packet, icmpv6.PARAMPROB, icmpv6.HDR_FIELD, pointer)
            return DropReason.IPV6_OPTION
        return DropReason.PKT_TOO_SMALL

    def _drop(self, packet: Packet6, reason: DropReason) -> DropReason:
        return self.stack.ns.sim.drop(packet.uid, packet.in_dev or self.stack.ns, reason)


__all__ = ["ExtensionHeaders"]
