"""Packets that a user composes with scapy, as bytes, and answers to them.

scapy takes the fields that the user leaves out from the machine it runs on: its addresses, its routes, even an ARP
request on its network.  Here they come from the simulated machine that sends (`Sender`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING, Protocol

from macvsim.errors import MacvsimError
from macvsim.wire._scapy import load, load6
from macvsim.wire.frame import ETH_HLEN
from macvsim.wire.pcapfilter import Filter, FilterError, compile_filter

if TYPE_CHECKING:
    from scapy.packet import Packet
    from scapy.plist import PacketList

_BROADCAST = "ff:ff:ff:ff:ff:ff"
_MAX_FRAME = 65_535 + ETH_HLEN


class Sender(Protocol):
    """The simulated machine that sends; addresses as texts."""

    def mac(self) -> str:
        """The MAC of the interface by which packets leave."""

    def address(self, towards: str) -> str:
        """The own address for packets to that one."""

    def neighbour(self, towards: str) -> str:
        """The MAC of the next hop, as far as it is known; otherwise the broadcast address."""


def frames(given: object, sender: Sender) -> list[bytes]:
    """Frames from their Ethernet header on; what is given is a scapy packet, bytes, or a sequence of them.

    Raises
    ------
    MacvsimError : something else; no Ethernet header; longer than a frame can be
    """
    s = load()
    found = []
    for one in _each(given):
        if isinstance(one, bytes):
            raw = one
        else:
            if isinstance(one, s.IP | s.ARP | load6().IPv6):
                raise MacvsimError(f"{_layers(one)} has no Ethernet header: put Ether()/ in front, or use send()")
            raw = _built(one, sender)
        if not ETH_HLEN <= len(raw) <= _MAX_FRAME:
            raise MacvsimError(f"a frame has {ETH_HLEN} to {_MAX_FRAME:,} bytes, not {len(raw):,}")
        found.append(raw)
    return found


def packets(given: object, sender: Sender) -> list[bytes]:
    """Packets from their IPv4 or IPv6 header on; as `frames`."""
    s = load()
    found = []
    for one in _each(given):
        if isinstance(one, bytes):
            found.append(one)
        elif isinstance(one, s.Ether):
            raise MacvsimError(f"{_layers(one)} has an Ethernet header: use sendp(), or leave Ether() out")
        elif not isinstance(one, s.IP | load6().IPv6):
            raise MacvsimError(f"{_layers(one)} is no IP packet: begin with IP() or IPv6(), or use sendp()")
        else:
            found.append(_built(one, sender))
    return found


def _each(given: object) -> Iterator[Packet | bytes]:
    """Single packets: of sequences, and of packets with sets of values in their fields."""
    if isinstance(given, bytes):
        yield given
    elif isinstance(given, load().Packet):
        yield from given
    elif isinstance(given, Iterable) and not isinstance(given, str):
        for one in given:
            yield from _each(one)
    else:
        raise MacvsimError(f"{given!r} is no packet: give a scapy packet, bytes, or a list of them")


def _layers(packet: Packet) -> str:
    """Names of a packet's layers, for messages; scapy's own summary shows addresses of the machine it runs on."""
    return "/".join(layer.__name__ for layer in packet.layers())


def _built(packet: Packet, sender: Sender) -> bytes:
    """A packet's bytes, with what its fields leave out."""
    s, six = load(), load6()
    packet = packet.copy()
    layer: Packet = packet
    destination = ""
    while layer and layer.name != "NoPayload":
        fields = layer.fields
        if isinstance(layer, s.IP | six.IPv6):
            if "dst" not in fields:
                raise MacvsimError(f"{_layers(packet)} goes nowhere: name a destination, {layer.name}(dst=…)")
            destination = destination or str(layer.dst)
            if "src" not in fields:
                layer.src = sender.address(str(layer.dst))
        elif isinstance(layer, s.ARP):
            if "pdst" not in fields:
                layer.pdst = "0.0.0.0"
            if "hwsrc" not in fields:
                layer.hwsrc = sender.mac()
            if "psrc" not in fields:
                layer.psrc = sender.address(str(layer.pdst))
        layer = layer.payload
    if isinstance(packet, s.Ether):
        if "src" not in packet.fields:
            packet.src = sender.mac()
        if "dst" not in packet.fields:
            packet.dst = sender.neighbour(destination) if destination else _BROADCAST
    return bytes(packet)


def shown(data: bytes, time: int, *, whole: bool) -> Packet:
    """The scapy packet of a frame, or of an IP packet; its time in seconds.

    time : ns; whole : with an Ethernet header
    """
    kind = load().Ether if whole else load6().IPv6 if data[0] >> 4 == 6 else load().IP
    packet: Packet = kind(data)
    packet.time = time / 1e9
    return packet


Seen = tuple[int, bytes]
"""Time (ns) and bytes of a frame."""


def nanoseconds(label: str, name: str, seconds: float) -> int:
    """The argument `name` in ns; `MacvsimError` where it is no time."""
    if not isinstance(seconds, (int, float)) or not 0 <= seconds < inf:
        raise MacvsimError(f"{label}: {name}={seconds!r}: give seconds, 0 or more")
    return round(seconds * 1e9)


def limit(label: str, count: int, timeout: float | None) -> int | None:
    """The time (ns) after which ``sniff()`` ends without `count` frames, None where it waits for them.

    Raises
    ------
    MacvsimError : there is neither, or one makes no sense
    """
    if not isinstance(count, int) or count < 0:
        raise MacvsimError(f"{label}: count={count!r}: give a number of frames, 0 for any number")
    if not count and timeout is None:
        raise endless(label, "give count=, timeout=, or both")
    return None if timeout is None else nanoseconds(label, "timeout", timeout)


def filter_of(label: str, text: str, *, live: bool = False) -> Filter:
    """The filter that a user gave; `MacvsimError` where it is none."""
    try:
        return compile_filter(text, live=live)
    except FilterError as error:
        raise MacvsimError(f"{label}: filter={text!r}: {error}") from None


def endless(label: str, more: str) -> MacvsimError:
    """The error of a ``sniff()`` that nothing ends."""
    return MacvsimError(f"{label}: sniff() would never end: {more}")


def sniffed(seen: Iterable[Seen]) -> PacketList:
    """The result of ``sniff()``."""
    from scapy.plist import PacketList

    return PacketList([shown(data, time, whole=True) for time, data in seen], "Sniffed")


class Unanswered:
    """Packets that wait for an answer, as scapy tells which one answers which."""

    def __init__(self, sent: Sequence[bytes], *, whole: bool) -> None:
        self.whole = whole
        self._waiting: dict[bytes, dict[int, Packet]] = {}
        for number, data in enumerate(sent):
            packet = shown(data, 0, whole=whole)
            self._waiting.setdefault(packet.hashret(), {})[number] = packet

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def answered(self, frame: bytes) -> tuple[int, bytes] | None:
        """The number of the packet that a frame answers, which waits no longer, and the answer; None: none."""
        packet = shown(frame, 0, whole=True)
        if not self.whole:
            inner = next((layer for layer in (load().IP, load6().IPv6) if packet.haslayer(layer)), None)
            if inner is None:
                return None
            packet = packet[inner]
        waiting = self._waiting.get(packet.hashret(), {})
        number = next((number for number, sent in waiting.items() if packet.answers(sent)), None)
        if number is None:
            return None
        del waiting[number]
        return number, frame if self.whole else bytes(packet.original)


__all__ = [
    "Seen",
    "Sender",
    "Unanswered",
    "endless",
    "filter_of",
    "frames",
    "limit",
    "nanoseconds",
    "packets",
    "shown",
    "sniffed",
]
