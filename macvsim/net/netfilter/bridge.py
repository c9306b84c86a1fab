"""Bridged IPv4 packets at the hooks of IP (net/bridge/br_netfilter_hooks.c): PREROUTING when they come in, FORWARD and
POSTROUTING for each port they leave by; the bridge is their incoming and outgoing device.

Frames with a VLAN tag pass by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice
from macvsim.engine.drop import DropReason
from macvsim.net.dst import FORWARD as FORWARDED
from macvsim.net.netfilter.hooks import FORWARD, POSTROUTING, PREROUTING, Verdict, Way
from macvsim.net.netfilter.packet import Tracked
from macvsim.net.netfilter.settings import BridgeConf
from macvsim.net.nud import VALID
from macvsim.wire import ipv4
from macvsim.wire.checksum import checksum
from macvsim.wire.frame import ETH_HLEN, HOST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.net.netfilter.core import Netfilter
    from macvsim.net.packet import Packet

_IPV4 = b"\x08\x00"


class BridgeHooks:
    """br_netfilter for the bridges of one namespace (`macvsim.dev.base.BridgeHooks`)."""

    def __init__(self, netfilter: Netfilter) -> None:
        self.netfilter = netfilter
        self.ns = netfilter.ns
        self.conf = BridgeConf()
        self._entered: Tracked | None = None
        """The packet that is in a bridge now."""
        self._detours: dict[int, tuple[NetDevice, bytes, Tracked]] = {}
        """Packets whose new destination's MAC is looked for: port and header they came with, by identity."""

    def enter(
        self, bridge: NetDevice, port: NetDevice, frame: Frame, packet_type: PacketType
    ) -> tuple[Frame, PacketType] | None:
        """A frame came in at a port; the frame to go on with, or None if it ended (br_nf_pre_routing)."""
        self._entered = None
        raw = frame.raw
        if frame.tag or raw[12:14] != _IPV4 or not self.conf.bridge_nf_call_iptables:
            return frame, packet_type
        data = _whole(raw[ETH_HLEN:])
        if data is None:
            self.ns.sim.drop(frame.uid, port, DropReason.IP_INHDR, frame)
            return None
        if self.ns.sim.recorder is not None:
            self.ns.sim.recorder.indivisible()  # `arrived` will ask for the packet
        packet = Tracked(data, frame.uid, bridge, HOST)
        packet.physical = port
        before = data[16:20]
        if self.netfilter.traverse(packet, Way(PREROUTING, bridge, None)) is not Verdict.ACCEPT:
            return None
        self._entered = packet
        if packet.data[16:20] != before:
            return self._redirect(packet, bridge, raw[:ETH_HLEN])
        if packet.data is data and packet.uid == frame.uid:
            return frame, packet_type
        return Frame(raw[:ETH_HLEN] + packet.data, packet.uid), packet_type

    def _redirect(self, packet: Tracked, bridge: NetDevice, header: bytes) -> tuple[Frame, PacketType] | None:
        """Another destination (br_nf_pre_routing_finish): the host routes it; but what it would send out of the same
        bridge gets its neighbour's MAC and stays a bridged frame.
        """
        self.ns.sim.unrepeatable()
        way = self.ns.router.input(packet.data[12:20], bridge)
        if way.kind is not FORWARDED or way.dev is not bridge:
            return Frame(bridge.mac + header[6:] + packet.data, packet.uid), HOST
        entry = self.ns.neigh.create(bridge, way.nexthop)
        if entry is None:
            self.ns.sim.drop(packet.uid, bridge, DropReason.NEIGH_TABLE_FULL)
            return None
        if entry.connected and entry.hh is not None:
            return Frame(entry.ha + header[6:] + packet.data, packet.uid), HOST
        assert packet.physical is not None
        self._detours[packet.uid] = packet.physical, header, packet
        if entry.state & VALID:  # it is not asked, but will be if it stays silent
            entry.ask()
            bridge.xmit(Frame(entry.ha + header[6:] + packet.data, packet.uid))
        else:
            packet.dst = way
            entry.output(packet)
        return None

    def resume(self, frame: Frame) -> tuple[NetDevice, Frame] | None:
        """The bridge sends a frame that came in at a port, now that its neighbour is known
        (br_nf_pre_routing_finish_bridge_slow): port, and the frame with its sender's MAC.
        """
        detour = self._detours.get(frame.uid)
        if detour is None or frame.raw[ETH_HLEN:] != detour[2].data:
            return None  # what asks for the neighbour may have the identity of what it is asked for
        self.ns.sim.unrepeatable()
        port, header, self._entered = self._detours.pop(frame.uid)
        return port, Frame(frame.raw[:6] + header[6:] + frame.raw[ETH_HLEN:], frame.uid)

    def leave(
        self, bridge: NetDevice, source: NetDevice, port: NetDevice, frame: Frame
    ) -> DropReason | Iterator[Frame]:
        """A frame is about to leave by a port: the frames to send, or why there are none (br_nf_forward_ip,
        br_nf_post_routing).
        """
        entered = self._entered
        if entered is None or frame.tag or frame.raw[12:14] != _IPV4:
            return iter((frame,))
        packet = Tracked(entered.data, entered.uid, bridge, entered.packet_type)
        packet.conn, packet.info, packet.mark = entered.conn, entered.info, entered.mark
        packet.untracked, packet.longest = entered.untracked, entered.longest
        packet.physical, packet.physical_out = source, port
        for way in (Way(FORWARD, bridge, bridge), Way(POSTROUTING, None, bridge)):
            verdict = self.netfilter.traverse(packet, way)
            if verdict is not Verdict.ACCEPT:
                return DropReason.NETFILTER_DROP
        if packet.data is entered.data and not packet.longest:
            return iter((frame,))
        limit = min(packet.longest or port.mtu, port.mtu)
        pieces = ipv4.fragments(packet.data, limit) if packet.longest else [packet.data]
        return (Frame(frame.raw[:ETH_HLEN] + piece, packet.uid) for piece in pieces)

    def arrived(self, packet: Packet) -> Tracked | None:
        """The packet as it was at PREROUTING already, if it came up from a bridge (ip_sabotage_in)."""
        entered = self._entered
        if entered is None or entered.uid != packet.uid or entered.in_dev is not packet.in_dev:
            return None
        self._entered = None
        entered.packet_type = packet.packet_type
        return entered


def _whole(data: bytes) -> bytes | None:
    """An IPv4 packet without padding; None if its header is malformed (br_validate_ipv4)."""
    if len(data) < ipv4.HLEN or data[0] >> 4 != 4:
        return None
    hlen, length = (data[0] & 15) * 4, int.from_bytes(data[2:4], "big")
    if not ipv4.HLEN <= hlen <= length <= len(data) or checksum(data[:hlen]):
        return None
    return data[:length] if length < len(data) else data
