"""Flows: packets whose IPv4 headers begin alike go the way of the first in one step.

What a stack sends it builds itself, so the frame says so: `Frame.head` is the part of the header that a flow's packets
share, and where it stands the header is whole, its length and checksum are right, and there are no options.  Who takes
such frames off a learned path (dev/path.py) keeps what became of the first by this head, and need not read the header
again.  That holds until a route, an address, a device, a parameter or a netfilter hook changes (`Router.forget`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.path import FLOWS, HERE, Onward, Path, Receiver, Told
from macvsim.dev.txpath import TxPath
from macvsim.engine.journal import Station, Stations
from macvsim.net.dst import ERROR, FORWARD, LOCAL, Dst
from macvsim.net.packet import Packet
from macvsim.wire import icmp, ipv4
from macvsim.wire.frame import ETH_HLEN, ETH_P_IP, HOST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.base import NetDevice
    from macvsim.engine.drop import DropReason
    from macvsim.net.ipv4 import Ipv4Layer
    from macvsim.net.namespace import Namespace
    from macvsim.net.sender import Sender

_ICMP = ipv4.PROTO_ICMP
_IP = ETH_P_IP.to_bytes(2)
_ECHO, _ECHO_REPLY = icmp.ECHO, icmp.ECHO_REPLY
_MESSAGE = ETH_HLEN + ipv4.HLEN
_ADDRESSES = slice(ETH_HLEN + 12, _MESSAGE)
_checksum = int.from_bytes
_echo_reply = icmp.echo_reply


class Unsorted(Receiver):
    """Frames that come to the protocols of `dev` by paths, but of no flows, as they are not IPv4 for this host."""

    __slots__ = ("_dev", "_ns", "_packet_type")

    def __init__(self, ns: Namespace, dev: NetDevice, packet_type: PacketType) -> None:
        self._ns = ns
        self._dev = dev
        self._packet_type = packet_type

    def take(self, frame: Frame) -> DropReason | None:
        """As `Receiver.take`."""
        return self._ns.deliver(self._dev, frame, self._packet_type)


class Arrivals(Receiver):
    """Frames for this host that come to `dev` by paths."""

    __slots__ = ("_dev", "_layer")

    def __init__(self, layer: Ipv4Layer, dev: NetDevice) -> None:
        self._layer = layer
        self._dev = dev

    def take(self, frame: Frame) -> DropReason | None:
        """As `Receiver.take`: it is the first of a flow, or goes the long way."""
        layer, dev, head = self._layer, self._dev, frame.head
        if head and frame.raw[12:14] == _IP and layer.netfilter is None:
            way = layer.ns.router.input(frame.raw[_ADDRESSES], dev)
            flow = _flow(layer, dev, way, head) if way.lasting and layer.sim.learns else None
            if flow is not None:
                if len(self) >= FLOWS:
                    self.clear()
                self[head] = flow
                return flow.take(frame)
        return layer.ns.deliver(dev, frame, HOST)


def _flow(layer: Ipv4Layer, dev: NetDevice, way: Dst, head: bytes) -> _Flow | None:
    if way.kind is FORWARD:
        return None if way.do_redirect or ipv4.head_ttl(head) < 2 else Forwarding(layer, dev, way, head)
    if way.kind is LOCAL:
        proto = ipv4.head_proto(head)
        return Messages(layer, dev, way, head) if proto == _ICMP else Delivery(layer, dev, way, proto)
    return None


class _Flow(Path):
    """Frames with one head that come to `dev`, and go `way`."""

    __slots__ = ("_layer", "_packets", "_stations", "dev", "way")

    def __init__(self, layer: Ipv4Layer, dev: NetDevice, way: Dst) -> None:
        self._layer = layer
        self.dev = dev
        self.way = way
        self._packets = 0
        self._stations: Stations | None = None if layer.sim.journal is None else (Station(dev, "local"),)
        """For the journal, while one is kept."""

    def _long_way(self, frame: Frame) -> DropReason | None:
        return self._layer.receive(self.dev, Frame(frame.raw, frame.uid), HOST)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """As `Path.onward`."""
        return None

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        if not self._packets:
            self._layer.sim.unsettled.append(self)
        self._packets += packets

    def told(self) -> tuple[Told, ...]:
        """As `Onward.told`."""
        journal = self._layer.sim.journal
        return () if journal is None or self._stations is None else ((journal, self._stations, HERE),)

    def settle(self) -> None:
        """Add to the counters what was only counted here."""
        count = self._layer.count
        count["InReceives"] += self._packets
        count["InDelivers"] += self._packets
        self._packets = 0


class Delivery(_Flow):
    """To a protocol of this host."""

    __slots__ = ("_receive",)

    def __init__(self, layer: Ipv4Layer, dev: NetDevice, way: Dst, proto: int) -> None:
        super().__init__(layer, dev, way)
        self._receive = layer.protocol(proto)

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        sim = self._layer.sim
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        if self._stations is not None:
            sim.tell(frame.uid, self._stations)
        return self._receive(Packet(frame.raw[ETH_HLEN:], frame.uid, self.dev, HOST, self.way))


class Messages(_Flow):
    """ICMP to this host: echo requests that no program wants to hear, and replies; others go the long way.

    icmp : whose sockets may want to hear them; sender : of the answers, once there was one
    """

    __slots__ = ("_answered", "_head", "icmp", "sender")

    def __init__(self, layer: Ipv4Layer, dev: NetDevice, way: Dst, head: bytes) -> None:
        super().__init__(layer, dev, way)
        self.icmp = layer.ns.icmp
        self._head = head
        self._answered = 0
        self.sender: Sender | None = None

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        message = frame.raw[_MESSAGE:]
        if len(message) < icmp.HLEN or _checksum(message) % 0xFFFF:
            return self._long_way(frame)
        kind, sim, sockets = message[0], self._layer.sim, self.icmp.sockets
        sender: Sender | None = None
        if kind == _ECHO:
            sender = self.sender or self._find_sender()
            if sender is None or self.icmp.conf.icmp_echo_ignore_all:
                return self._long_way(frame)
            for sock in sockets:
                if sock.wants(message):
                    return self._long_way(frame)
            self._answered += 1
        elif kind != _ECHO_REPLY:
            return self._long_way(frame)
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        if self._stations is not None:
            sim.tell(frame.uid, self._stations)
        if sender is not None:
            uid = frame.uid if self._stations is None else sim.born(frame.uid)
            return sender.send(_echo_reply(message), uid)
        packet = Packet(frame.raw[ETH_HLEN:], frame.uid, self.dev, HOST, self.way)
        heard = False
        for sock in sockets:
            if sock.icmp_receive(packet, message):
                heard = True
        return None if heard else self.icmp.unheard(packet)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """They end here, unless they are answered."""
        found = Onward(self, None, 0, 0)
        found.messages, found.told = self, self.told()
        return found

    def answer(self, onward: Onward, size: int) -> None:
        """They are echo requests, and go on as what answers them, if that is how the last one of their size did."""
        sender = None if self.icmp.conf.icmp_echo_ignore_all else self.sender
        alike = sender is not None and not sender.df and sender.length == size - ETH_HLEN
        found = sender.onward() if sender is not None and alike else None
        if found is not None:
            onward.hop, onward.delay, onward.tag, onward.path, onward.head = (
                found.hop, found.delay, found.tag, found.path, found.head
            )  # fmt: skip
            onward.parts += found.parts
            onward.told += found.told

    def arrive(self, onward: Onward) -> None:
        """They are replies."""
        onward.parts = onward.parts[0], _Replies(self)

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`: requests that were answered."""
        self.heard(packets)
        self._answered += packets

    def heard(self, packets: int) -> None:
        """Replies have passed, or requests."""
        super().passed(packets, 0, 0)

    def _find_sender(self) -> Sender | None:
        """What answers, if that is always the same."""
        layer, way = self._layer, self.way
        if way.broadcast or way.multicast or layer.ns.ipv4_conf.icmp_ratemask >> _ECHO_REPLY & 1:
            return None
        src, dst = divmod(ipv4.head_addresses(self._head), 1 << 32)
        back = layer.ns.router.output(src, dst)
        if back.kind is not ERROR and back.lasting:
            self.sender = layer.sender(back, src, _ICMP, None, self._head[1])
        return self.sender

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        snmp, answered = self.icmp.ns.snmp, self._answered
        if answered:
            snmp.echoes_received += answered
            snmp.echo_replies_sent += answered
        if self._packets > answered:
            snmp.echo_replies_received += self._packets - answered
        self._answered = 0
        super().settle()


class _Replies:
    """A flow of messages as it counts replies."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        self._messages.heard(packets)


class Forwarding(_Flow):
    """Through this host, with a TTL one less (RFC 1624)."""

    __slots__ = ("_head", "_middle", "_path")

    def __init__(self, layer: Ipv4Layer, dev: NetDevice, way: Dst, head: bytes) -> None:
        super().__init__(layer, dev, way)
        self._head = ipv4.next_head(head)
        self._middle = ipv4.head_middle(self._head)
        self._path: TxPath | None = None
        if self._stations is not None:
            self._stations = (Station(layer.ns, "forward", None, (dev, way.dev, way.nexthop)),)

    def take(self, frame: Frame) -> DropReason | None:
        """A frame arrives."""
        raw, way, sim = frame.raw, self.way, self._layer.sim
        if len(raw) > way.mtu + ETH_HLEN:
            return self._long_way(frame)
        path = self._path
        if path is None or path.epoch != sim.epoch:
            entry = way.neighbour
            path = self._path = None if entry is None else entry.way_out()
            if path is None or path.epoch != sim.epoch:
                return self._long_way(frame)
        if not self._packets:
            sim.unsettled.append(self)
        self._packets += 1
        if self._stations is not None:
            sim.tell(frame.uid, self._stations)
        csum = ((raw[24] << 8 | raw[25]) + 0x100) % 0xFFFF
        return path.send(raw[14:22] + self._middle + csum.to_bytes(2) + raw[26:], frame.uid, self._head)

    def onward(self, head: bytes, size: int) -> Onward | None:
        """They go out by the way down that was used last."""
        found = None if self._path is None or size > self.way.mtu + ETH_HLEN else self._path.onward()
        if found is None:
            return None
        found.head = self._head
        found.told = self.told() + found.told
        return found.after(self)

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        count = self._layer.count
        for name in ("InReceives", "ForwDatagrams", "OutTransmits"):
            count[name] += self._packets
        self._packets = 0
