"""Packets that a host sends along one routing decision: the header of each kind is put together once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from macvsim.net.dst import Dst
from macvsim.wire import ipv4
from macvsim.wire.flow import NO_FLOW, NO_TAG, message_of, packets4
from macvsim.wire.frame import ETH_P_IP, Frame

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.engine.sim import Sim
    from macvsim.net.packet import Packet

NO_LINK = bytes(12) + ETH_P_IP.to_bytes(2)
"""Where the Ethernet header of a packet will be, once its neighbour is known."""
_ICMP = ipv4.PROTO_ICMP
_NO_OPTIONS = 0x45
_PIECES = -1
_identified = ipv4.identified


class Layer(Protocol):
    """IPv4 of a namespace (`macvsim.net.ipv4.Ipv4Layer`), which takes the packets."""

    @property
    def sim(self) -> Sim: ...

    def tick(self, name: str) -> None:
        """One more of what a counter counts."""

    def local_out(
        self, data: bytes, uid: int, way: Dst, cause: Packet | None, flow: bytes | None = b""
    ) -> DropReason | None:
        """A packet of ours, to OUTPUT and out."""


class Outgoing:
    """Packets of one kind along `way`.

    kind : protocol, TOS, and TTL if it is not the default, as one number; idents : see `Ipv4Layer.idents`
    earlier : another kind along the same way
    """

    __slots__ = ("_df", "_flow", "_head", "_header", "_idents", "_key", "_layer", "_length", "_message", "_protocol",
                 "_send", "_way", "earlier", "kind")  # fmt: skip

    def __init__(self, layer: Layer, way: Dst, kind: int, head: bytes, idents: list[int]) -> None:
        self.kind = kind
        self.earlier: Outgoing | None = way.outgoing
        self._layer = layer
        self._way = way
        self._head = head
        self._protocol = kind & 0xFF
        self._idents = idents
        self._length = -1
        self._df = False
        self._flow = b""
        self._message = self._key = NO_FLOW
        """The part of the flow that the latest message had, and all of it."""
        self._header = 0
        self._send: Callable[[Frame], DropReason | None] | None = None
        """Takes packets of programs, once there was one."""

    def _shape(self, length: int, df: bool) -> None:
        """Compute the common part of the headers of packets of one length."""
        self._length = length
        self._df = df
        fits = length <= self._way.mtu
        self._head, self._header = ipv4.of_length(self._head, length, ipv4.DF if df and fits else 0)
        self._flow = packets4(NO_LINK + _identified(self._header, 0))
        self._message = self._key = NO_FLOW

    def send(
        self,
        payload: bytes,
        uid: int,
        df: bool = False,
        ident: int | None = None,
        cause: Packet | None = None,
        *,
        answers: bool = False,
    ) -> DropReason | None:
        """As `Ipv4Layer.send`; `answers` : the stack answers a packet that is being received."""
        length = ipv4.HLEN + len(payload)
        if length != self._length or df is not self._df:
            self._shape(length, df)
        recorder = self._layer.sim.recorder
        if ident is None:
            idents = self._idents
            idents[0] = ident = idents[0] % 0xFFFF + 1
            if recorder is not None:
                recorder.identified(idents)
        data = _identified(self._header, ident) + payload
        if length > self._way.mtu and cause is None:  # its fragments have flows
            return self._local_out(Frame(NO_LINK + data, uid))
        if cause is not None:
            self._layer.tick("OutRequests")
            return self._layer.local_out(data, uid, self._way, cause)
        message = message_of(payload, self._protocol)
        if message != self._message:
            self._message, self._key = message, self._flow + message + NO_TAG if message else NO_FLOW
        flow = self._key
        if self._protocol == _ICMP and int.from_bytes(payload) % 0xFFFF:  # a program computed the checksum, and wrongly
            flow = NO_FLOW
        if answers:
            return self._local_out(Frame(NO_LINK + data, uid, 0, flow))
        if self._send is None:
            self._send = self._layer.sim.ingress(self._local_out)
        return self._send(Frame(NO_LINK + data, uid, 0, flow))

    def _local_out(self, frame: Frame) -> DropReason | None:
        """A packet behind the place of its Ethernet header goes out."""
        layer, way = self._layer, self._way
        if not way.lasting:
            layer.sim.unrepeatable()
        layer.tick("OutRequests")
        return layer.local_out(frame.raw[len(NO_LINK) :], frame.uid, way, None, frame.unkeyed)


class Pieces(Outgoing):
    """Fragments that go out along `way`: for packets of one shape their headers are put together once.

    take : sends one, behind the place of its Ethernet header
    """

    __slots__ = ("_cut_as", "_parts", "take")

    def __init__(self, layer: Layer, way: Dst, take: Callable[[Frame], DropReason | None]) -> None:
        super().__init__(layer, way, _PIECES, b"", [])
        self.take = layer.sim.ingress(take)
        self._cut_as: tuple[bytes, bytes, int] = b"", b"", 0
        self._parts: list[tuple[int, int, int, bytes]] = []
        """Of each fragment the header as a number, where in the packet it begins and ends, and its flow."""

    def cut(self, packet: Packet, mtu: int) -> Iterator[Frame]:
        """The fragments of a packet; with IP options they have no flow."""
        data = packet.data
        if data[0] != _NO_OPTIONS or len(data) <= mtu:
            yield from (Frame(NO_LINK + piece, packet.uid) for piece in ipv4.fragments(data, mtu))
            return
        head, message = data[:2] + data[6:10] + data[12:20], message_of(data[ipv4.HLEN :], data[9])
        shape = head + data[2:4], message, mtu
        if shape != self._cut_as:
            self._cut_as, self._parts, at = shape, [], ipv4.HLEN
            for piece in ipv4.fragments(data, mtu):
                _, header = ipv4.of_length(head, len(piece), piece[6] << 8 | piece[7])
                end = at + len(piece) - ipv4.HLEN
                later = piece[6] & 0x1F or piece[7]
                flow = packets4(NO_LINK + piece) + (b"" if later else message) + NO_TAG
                self._parts.append((header, at, end, flow if message else NO_FLOW))
                at = end
        ident = data[4] << 8 | data[5]
        for header, at, end, flow in self._parts:
            yield Frame(NO_LINK + _identified(header, ident) + data[at:end], packet.uid, 0, flow)
