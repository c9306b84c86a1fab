"""What is usual in IPv4, in one step: packets to this host, packets it forwards, packets it sends along a known way.

Everything else goes to `Ipv4Layer`, and what is found here is what that would find.  There are objects of these for
every way of every namespace, so that they hold little.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Protocol

from macvsim.dev.base import NetDevice
from macvsim.drop import DropReason
from macvsim.journal import Station
from macvsim.net.packet import Packet
from macvsim.net.route import FORWARD, LOCAL, Dst
from macvsim.wire import ipv4
from macvsim.wire.frame import ETH_HLEN, HOST, Frame
from macvsim.wire.ipv4 import Fixed, fewer_hops, pack_header

if TYPE_CHECKING:
    from macvsim.net.ipv4 import Ipv4Layer

_ICMP = ipv4.PROTO_ICMP
_MIN_FRAME = ETH_HLEN + ipv4.HLEN
_words = Struct("!14xIIIQ").unpack_from
"""An IPv4 header without options, behind Ethernet's: its words, of which the last is both addresses.  As 2**16 is 1
modulo 0xffff, their sum checks it as well as that of its halves (RFC 1071).
"""


class Sender(Protocol):
    """Sends payloads along one way; the arguments are those of `Ipv4Layer.send`."""

    def __call__(
        self, payload: bytes, uid: int, df: bool = False, ident: int | None = None, cause: Packet | None = None
    ) -> DropReason | None: ...


class Ipv4Receiver:
    """Frames to this host that reach `dev` by a path."""

    __slots__ = ("_delivered", "_dev", "_forwarded", "_layer", "_sim", "_ways_in")

    def __init__(self, layer: Ipv4Layer, dev: NetDevice) -> None:
        self._layer = layer
        self._dev = dev
        self._sim = layer.sim
        self._ways_in: dict[int, Dst] = dev.inet.ways_in
        self._delivered = self._forwarded = 0

    def _settle(self) -> None:
        count, delivered, forwarded = self._layer.count, self._delivered, self._forwarded
        count["InReceives"] += delivered + forwarded
        count["InDelivers"] += delivered
        count["ForwDatagrams"] += forwarded
        count["OutTransmits"] += forwarded
        self._delivered = self._forwarded = 0

    def receive(self, raw: bytes, uid: int) -> DropReason | None:
        """As `Ipv4Layer.receive`."""
        layer, size = self._layer, len(raw)
        if size < _MIN_FRAME or layer.netfilter is not None:
            return layer.receive(self._dev, Frame(raw, uid), HOST)
        word0, word1, word2, addresses = _words(raw)
        way = self._ways_in.get(addresses)
        if (
            way is None
            or (word0 + word1 + word2 + addresses) % 0xFFFF
            or word0 & 0xFF00FFFF != 0x45000000 + size - ETH_HLEN  # version, header length; total length
        ):
            return layer.receive(self._dev, Frame(raw, uid), HOST)
        kind, sim = way.kind, self._sim
        if kind is LOCAL and not word1 & 0x3FFF:
            if not self._delivered:
                sim.unsettled.append(self._settle)
            self._delivered += 1
            if sim.journal is not None:
                sim.journal.passed(sim._now, uid, None, (Station(self._dev, "local"),))
            proto = word2 >> 16 & 0xFF
            if proto == _ICMP and way.answer is not None:
                return way.answer(raw, uid)
            packet = Packet(raw[ETH_HLEN:], uid, self._dev, HOST, way)
            return layer.protocols.get(proto, layer.unknown_protocol)(packet)
        elif kind is FORWARD and word2 >= 0x2000000 and size <= way.mtu + ETH_HLEN and not way.do_redirect:
            entry = way.neighbour
            if entry is not None and entry.path is not None and entry.path_epoch == sim.epoch:
                if not self._forwarded:
                    sim.unsettled.append(self._settle)
                self._forwarded += 1
                if sim.journal is not None:
                    on = Station(layer.ns, "forward", None, (self._dev, way.dev, way.nexthop))
                    sim.journal.passed(sim._now, uid, None, (on,))
                return entry.path(raw[14:22] + fewer_hops(word2) + raw[26:], uid)
        return layer.receive(self._dev, Frame(raw, uid), HOST)


class Ipv4Sender:
    """Packets of one kind along `way`; fixed : what their headers have in common; idents : see `next_ident`."""

    __slots__ = ("_fixed", "_idents", "_layer", "_sent", "_sim", "_way")

    def __init__(self, layer: Ipv4Layer, way: Dst, fixed: Fixed, idents: list[int]) -> None:
        self._layer = layer
        self._sim = layer.sim
        self._way = way
        self._fixed = fixed
        self._idents = idents
        self._sent = 0

    def _settle(self) -> None:
        count = self._layer.count
        count["OutRequests"] += self._sent
        count["OutTransmits"] += self._sent
        self._sent = 0

    def send(
        self, payload: bytes, uid: int, df: bool = False, ident: int | None = None, cause: Packet | None = None
    ) -> DropReason | None:
        """As `Ipv4Layer.send`."""
        way, layer = self._way, self._layer
        if ident is None:
            ident = layer.next_ident(self._idents)
        length = 20 + len(payload)
        fits = length <= way.mtu
        frag = 0x4000 if df and fits else 0
        start, middle, addresses, total = self._fixed
        csum = -(total + length + ident + frag) % 0xFFFF
        data = pack_header(start, length, ident, frag, middle, csum, addresses) + payload
        entry = way.neighbour
        if entry is not None and fits and layer.netfilter is None:
            path, sim = entry.path, self._sim
            if path is not None and entry.path_epoch == sim.epoch:
                if not self._sent:
                    sim.unsettled.append(self._settle)
                self._sent += 1
                if sim.journal is not None:
                    on = Station(layer.ns, "send", None, (way.dev, way.nexthop))
                    sim.journal.passed(sim._now, uid, None, (on,))
                return path(data, uid)
        layer.count["OutRequests"] += 1
        return layer.local_out(data, uid, way, cause)
