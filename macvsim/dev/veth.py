"""A pair of devices joined back to back, in one namespace or two (drivers/net/veth.c)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from macvsim.dev.attributes import ETH_DATA_LEN, TSO_MAX_SIZE
from macvsim.dev.base import VLAN_HLEN, NetDevice, Stack, classify
from macvsim.dev.cable import Softnet
from macvsim.dev.linkwords import Option, Options, Reader
from macvsim.dev.registry import Ethtool, Kind, NewLink
from macvsim.engine.drop import DropReason
from macvsim.wire.frame import ETH_HLEN, Frame


class Veth(NetDevice):
    """One end of a veth pair; what it sends, the other end receives in the next softirq.  See `veth_pair`."""

    kind: ClassVar[str] = "veth"
    inserts_tags: ClassVar[bool] = True
    peer: Veth

    def __init__(self, ns: Stack, name: str, mac: bytes, *, mtu: int = ETH_DATA_LEN) -> None:
        super().__init__(ns, name, mac, mtu=mtu)
        self.tso_max_size = TSO_MAX_SIZE
        self.from_peer = Softnet(self.sim, self._from_peer)

    @property
    def iflink(self) -> int:
        return self.peer.ifindex

    def peer_device(self) -> Veth:
        return self.peer

    def start_xmit(self, frame: Frame) -> DropReason | None:
        peer = self.peer
        length = len(frame.raw)
        if not peer.up or length > peer.mtu + ETH_HLEN + VLAN_HLEN:
            self.counters.tx_dropped += 1
            peer.counters.rx_dropped += 1
            reason = DropReason.TOO_BIG_FOR_DEV if peer.up else DropReason.DEV_DOWN
            self.sim.drop(frame.uid, peer, reason, frame)
            return DropReason.XMIT_DROP
        self.count_sent(length)
        peer.from_peer.send(frame)
        return None

    def _from_peer(self, frame: Frame) -> DropReason | None:
        if not self.up:
            return self.sim.drop(frame.uid, self, DropReason.DEV_DOWN, frame)
        self.count_received(len(frame.raw))
        return self.receive(frame, classify(frame.raw[:6], self.mac))

    def on_open(self) -> None:
        if self.peer.up:
            self.set_carrier(True)
            self.peer.set_carrier(True)

    def on_stop(self) -> None:
        self.set_carrier(False)
        self.peer.set_carrier(False)

    def on_destroy(self) -> None:
        self.peer.destroy()


def veth_pair(
    a: tuple[Stack, str, bytes], b: tuple[Stack, str, bytes], *, mtu: int = ETH_DATA_LEN
) -> tuple[Veth, Veth]:
    """Two joined devices from ``(namespace, name, MAC)`` each; neither is registered yet, both are down without
    carrier.
    """
    left, right = (Veth(ns, name, mac, mtu=mtu) for ns, name, mac in (a, b))
    left.peer, right.peer = right, left
    left.carrier = right.carrier = False
    return left, right


_COUNTERS = (
    "rx_queue_0_xdp_packets", "rx_queue_0_xdp_bytes", "rx_queue_0_drops", "rx_queue_0_xdp_redirect",
    "rx_queue_0_xdp_drops", "rx_queue_0_xdp_tx", "rx_queue_0_xdp_tx_errors", "tx_queue_0_xdp_xmit",
    "tx_queue_0_xdp_xmit_errors",
)  # fmt: skip
"""Counters of XDP programs, which do not exist here."""


def _statistics(veth: Veth) -> Iterator[tuple[str, int]]:
    """The rows of ``ethtool -S`` (veth_get_ethtool_stats)."""
    yield "peer_ifindex", veth.peer.ifindex
    for name in _COUNTERS:
        yield name, 0


def _peer(words: Reader, found: Options) -> None:
    found["peer"] = words.peer()


def newlink(ns: Stack, new: NewLink) -> Sequence[Veth]:
    """Both ends (veth_newlink)."""
    peer, peer_ns = new.peer, new.peer_ns
    assert peer is not None and peer_ns is not None and new.mac is not None and peer.mac is not None
    left, right = veth_pair((ns, new.name, new.mac), (peer_ns, peer.name, peer.mac), mtu=new.mtu or ETH_DATA_LEN)
    left.carrier = right.carrier = True
    peer_ns.register(right, ifindex=peer.ifindex)  # the peer comes first and gets the lower index
    right.set_carrier(False)
    ns.register(left, ifindex=new.ifindex)
    left.set_carrier(False)
    return [right, left]


KIND = Kind(
    name="veth",
    device=Veth,
    newlink=newlink,
    paired=True,
    module="veth",
    options=(Option("peer", _peer, exact=True),),
    unknown="",
    usage="""\
Usage: ip link <options> type veth [peer <options>]
To get <options> type 'ip link add help'
""",
    ethtool=Ethtool(
        "veth",
        "1.0",
        link=lambda veth: ("10000Mb/s", "Full", "Twisted Pair", "\tMDI-X: Unknown\n"),
        statistics=_statistics,
        channels=True,
        duplex="full",
        speed=10000,
    ),
    xmit="veth_xmit",
    path_cost=2,
)
