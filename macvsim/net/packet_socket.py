"""Packet sockets for one protocol, what arping and DHCP clients use, and frames of bytes (net/packet/af_packet.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from macvsim.dev.base import NetDevice, ProtocolHandler
from macvsim.dev.contracts import Event
from macvsim.errors import SocketError
from macvsim.wire.frame import ETH_HLEN, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.net.namespace import Namespace


_REMEMBERED = 4096


def send_frame(dev: NetDevice, raw: bytes) -> int:
    """Send a whole frame as socket(AF_PACKET, SOCK_RAW) does (packet_snd); returns its uid."""
    sim = dev.sim
    uid = sim.born()
    if len(sim.crafted) == _REMEMBERED:
        del sim.crafted[next(iter(sim.crafted))]
    sim.crafted[uid] = None
    dev.xmit(Frame(raw, uid))
    return uid


class PacketSocket:
    """socket(AF_PACKET, SOCK_DGRAM), bound to a device and an EtherType.

    It hears the frames that reach the protocols of its device: not those that a bridge or macvlan took before, not the
    host's own.

    on_payload(payload, packet_type) : called in process context for every frame, without its Ethernet header
    on_error(errno) : called when the device goes down
    """

    def __init__(
        self,
        ns: Namespace,
        dev: NetDevice,
        ethertype: int,
        on_payload: Callable[[bytes, PacketType], None],
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        self.ns = ns
        self.dev = dev
        self.mac = dev.mac
        self.ethertype = ethertype.to_bytes(2, "big")
        self.on_payload = on_payload
        self.on_error = on_error
        _Fanout.of(ns, self.ethertype).sockets.append(self)
        ns.listen(self._device_event)

    def send(self, dst: bytes, payload: bytes) -> int:
        """Send to a MAC; returns the packet's uid.  ENETDOWN when the device is down."""
        if not self.dev.up:
            raise SocketError("ENETDOWN", self.dev.label)
        return send_frame(self.dev, self.dev.hard_header(dst, self.dev.mac, self.ethertype) + payload)

    def hear(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> bool:
        """A frame reached the protocols (packet_rcv); True if it was this socket's device."""
        if dev is not self.dev:
            return False
        self.ns.wake(self.on_payload, frame.raw[ETH_HLEN:], packet_type)
        return True

    def close(self) -> None:
        """Stop hearing."""
        fanout = _Fanout.of(self.ns, self.ethertype)
        if self in fanout.sockets:
            fanout.sockets.remove(self)
            self.ns.unlisten(self._device_event)
        fanout.fold()

    def _device_event(self, dev: NetDevice, event: Event) -> None:
        if dev is self.dev and event is Event.DOWN and self.on_error is not None:
            self.ns.wake(self.on_error, "ENETDOWN")


class _Fanout:
    """Stands before a protocol while sockets listen to its frames, and gives them copies."""

    def __init__(self, ns: Namespace, ethertype: bytes) -> None:
        self.ns = ns
        self.ethertype = ethertype
        self.inner: ProtocolHandler | None = ns.protocol(ethertype)
        self.sockets: list[PacketSocket] = []

    @classmethod
    def of(cls, ns: Namespace, ethertype: bytes) -> _Fanout:
        """The one of a protocol, put there now if need be."""
        handler = ns.protocol(ethertype)
        if isinstance(handler, _Fanout):
            return handler
        fanout = cls(ns, ethertype)
        ns.set_protocol(ethertype, fanout)
        return fanout

    def fold(self) -> None:
        """Go away when nobody listens."""
        if not self.sockets:
            self.ns.set_protocol(self.ethertype, self.inner)

    def __call__(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        heard = False
        for sock in self.sockets:
            heard = sock.hear(dev, frame, packet_type) or heard
        if self.inner is not None:
            return self.inner(dev, frame, packet_type)
        return None if heard else self.ns.unknown_protocol(dev, frame, packet_type)
