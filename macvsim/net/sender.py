"""The way down: what packets of one kind along one way have in common is put together once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from macvsim.dev.path import GOING, Onward
from macvsim.dev.txpath import TxPath
from macvsim.engine.journal import Station, Stations
from macvsim.net.dst import Dst
from macvsim.net.trip import Trip, find
from macvsim.net.watched import WatchedTrip
from macvsim.wire import icmp, ipv4

if TYPE_CHECKING:
    from macvsim.engine.drop import DropReason
    from macvsim.net.ipv4 import Ipv4Layer
    from macvsim.net.packet import Packet

_ICMP = ipv4.PROTO_ICMP
_ECHO = icmp.ECHO
_identified = ipv4.identified


class Sender:
    """Packets of one kind along `way`.

    kind : protocol, TOS, and TTL if it is not the default, as one number; idents : see `next_ident`
    earlier : another sender along the same way, of another kind
    length, df : of the last packet; head, header : what headers of such have in common, as `Frame.head`, and as
    `ipv4.identified` takes it
    trip : for echo requests like the last one that must not be cut, once one was found
    """

    __slots__ = ("_fits", "_layer", "_path", "_plain", "_sent", "_stations", "_way",
                 "df", "earlier", "head", "header", "idents", "kind", "length", "trip")  # fmt: skip
    _path: TxPath | None
    _plain: int
    header: int

    def __init__(self, layer: Ipv4Layer, way: Dst, kind: int, head: bytes, idents: list[int]) -> None:
        self.kind = kind
        self._layer = layer
        self._way = way
        self.earlier: Sender | None = way.sender
        self.head: bytes = head
        self.idents: list[int] = idents
        self._sent = 0
        self._stations: Stations | None = None
        if layer.sim.journal is not None:
            self._stations = (Station(layer.ns, "send", None, (way.dev, way.nexthop)),)
        self.trip: Trip | WatchedTrip | None = None
        self.length: int = -1
        self.df: bool = False

    def _shape(self, length: int, df: bool) -> None:
        """What headers have in common that say so; most packets of a flow are like the one before."""
        self.length = length
        self.df = df
        self._fits = length <= self._way.mtu
        self._path = self.trip = None
        self._plain = -self._layer.sim.patience
        self.head, self.header = ipv4.of_length(self.head, length, ipv4.DF if df and self._fits else 0)

    def send(
        self, payload: bytes, uid: int, df: bool = False, ident: int | None = None, cause: Packet | None = None
    ) -> DropReason | None:
        """As `Ipv4Layer.send`."""
        length = 20 + len(payload)
        if length != self.length or df is not self.df:
            self._shape(length, df)
        if ident is None:
            idents = self.idents
            ident = idents[0] = idents[0] % 0xFFFF + 1 if idents else self._layer.next_ident(idents)
        path, sim = self._path, self._layer.sim
        if path is None or path.epoch != sim.epoch:
            path = self.find_path()
        data = _identified(self.header, ident) + payload
        if path is None:
            self._layer.count["OutRequests"] += 1
            return self._layer.local_out(data, uid, self._way, cause, self.head)
        if not self._sent:
            sim.unsettled.append(self)
        self._sent += 1
        if self._stations is not None:
            sim.tell(uid, self._stations)
        if df and self.kind & 0xFF == _ICMP and payload[0] == _ECHO:
            self._find_trip(path)
        return path.send(data, uid, self.head)

    @property
    def wakeup_delay(self) -> int:
        """Of the programs of this host."""
        return self._layer.ns.wakeup_delay

    def find_path(self) -> TxPath | None:
        """The way down of a packet that is about to be sent, if it fits and nobody looks at it."""
        entry = self._way.neighbour
        path = entry.way_out() if entry is not None and self._fits and self._layer.netfilter is None else None
        if path is not None and path.epoch != self._layer.sim.epoch:
            path = None
        self._path = path
        return path

    def _find_trip(self, path: TxPath) -> None:
        """Look for a trip that further echo requests may take: not at once, and ever more seldom."""
        if self.trip is not None and (self.trip.epoch != path.epoch or self.trip.path is not path):
            self.trip, self._plain = None, -self._layer.sim.patience
        self._plain = plain = self._plain + 1
        if plain > 0 and not plain & (plain - 1):
            self.trip = find(self, path) or self.trip

    def trip_of_many(self) -> Trip | WatchedTrip | None:
        """The trip of an echo request that is about to be sent, and of many more: it is looked for at once, but not
        again if that was in vain.
        """
        path = self.find_path()
        trip = self.trip
        if path is None or self._layer.sim.journal is not None:
            return None
        if trip is None or trip.epoch != path.epoch or trip.path is not path:
            if self._plain >= 0:
                return None
            self._plain = 0
            self.trip = trip = find(self, path)
        return trip

    def forget_trip(self) -> None:
        """Who needed the trip is gone; whoever comes next is likely to find one, too."""
        trip, self.trip = self.trip, None
        if trip is not None:
            trip.dissolve()
            self._plain = -1

    def onward(self) -> Onward | None:
        """What becomes of packets like the last one; None unless all are sent the same way."""
        path, entry = self._path, self._way.neighbour
        if path is None and entry is not None and self._fits and self._layer.netfilter is None:
            path = entry.path
        found = None if path is None else path.onward()
        if found is None:
            return None
        journal = self._layer.sim.journal
        if journal is not None and self._stations is not None:
            found.told = ((journal, self._stations, GOING), *found.told)
        found.head = self.head
        return found.after(self)

    def passed(self, packets: int, octets: int, time: int) -> None:
        """As `Part.passed`."""
        if not self._sent:
            self._layer.sim.unsettled.append(self)
        self._sent += packets

    def settle(self) -> None:
        """As `Unsettled.settle`."""
        count = self._layer.count
        count["OutRequests"] += self._sent
        count["OutTransmits"] += self._sent
        self._sent = 0
