"""Attributes of a network device (struct net_device), its counters, and the addresses it listens to, with how often
each was asked for.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

from macvsim.dev.contracts import Event, Tap
from macvsim.wire.addr import mac_text, multicast_mac
from macvsim.wire.addr6 import ALL_NODES, multicast_mac6

if TYPE_CHECKING:
    from macvsim.dev.linkwatch import LinkWatch
    from macvsim.dev.softnet import Softnet
    from macvsim.engine.sim import Sim
    from macvsim.wire.frame import PacketType

ETH_DATA_LEN = 1500
TSO_MAX_SIZE = 524_280
"""Largest segment a device without hardware takes for segmentation."""
A = TypeVar("A", bound=Hashable)
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
_ALL_HOSTS = 0xE0000001
_ALL_NODES_MAC, _ALL_HOSTS_MAC = multicast_mac6(ALL_NODES), multicast_mac(_ALL_HOSTS)
# Nearly all devices of a lab listen to the same few addresses: the usual counts are one object for all.
_USUAL: Final[Mapping[Any, Mapping[Any, int]]] = {
    (): NOTHING,
    ((_ALL_HOSTS, 1),): MappingProxyType({_ALL_HOSTS: 1}),
    ((_ALL_NODES_MAC, 1),): MappingProxyType({_ALL_NODES_MAC: 1}),
    ((_ALL_NODES_MAC, 1), (_ALL_HOSTS_MAC, 1)): MappingProxyType({_ALL_NODES_MAC: 1, _ALL_HOSTS_MAC: 1}),
}
_MOST = max(map(len, _USUAL))


def joined(counts: Mapping[A, int], address: A) -> Mapping[A, int]:
    """The counts with one more wish; a new address stands last."""
    return _kept({**counts, address: counts.get(address, 0) + 1})


def left(counts: Mapping[A, int], address: A) -> Mapping[A, int]:
    """The counts with one wish less for an address that is among them."""
    if counts[address] > 1:
        return _kept({**counts, address: counts[address] - 1})
    return _kept({other: count for other, count in counts.items() if other != address})


def _kept(counts: dict[A, int]) -> Mapping[A, int]:
    return counts if len(counts) > _MOST else _USUAL.get(tuple(counts.items()), counts)


class Stats:
    """Counters of one device (struct rtnl_link_stats64), those that can move here."""

    __slots__ = (
        "collisions",
        "multicast",
        "rx_bytes",
        "rx_dropped",
        "rx_errors",
        "rx_packets",
        "tx_bytes",
        "tx_carrier_errors",
        "tx_dropped",
        "tx_errors",
        "tx_packets",
    )

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, 0)

    def count(self, what: str, packets: int, octets: int, last: int = 0) -> None:
        """As `engine.recording.Counter`: ``rx`` or ``tx``."""
        if what == "rx":
            self.rx_packets += packets
            self.rx_bytes += octets
        else:
            self.tx_packets += packets
            self.tx_bytes += octets

    if TYPE_CHECKING:
        collisions: int
        multicast: int
        rx_bytes: int
        rx_dropped: int
        rx_errors: int
        rx_packets: int
        tx_bytes: int
        tx_carrier_errors: int
        tx_dropped: int
        tx_errors: int
        tx_packets: int


class Home(Protocol):
    """The namespace of a device, as far as its attributes and state need it; `macvsim.dev.base.Stack` is all of it."""

    sim: Sim
    name: str

    @property
    def devices(self) -> Mapping[str, Any]:
        """All its devices by name, in the order of their indices."""


class Attributes:
    """The attributes of a device."""

    __slots__ = (
        "__dict__",
        "carrier",
        "counters",
        "ifindex",
        "inet",
        "linkwatch",
        "lower",
        "mac",
        "master",
        "max_mtu",
        "mc",
        "mtu",
        "name",
        "noarp",
        "ns",
        "operstate",
        "promiscuity",
        "qdisc",
        "rx_handler",
        "sim",
        "softnets",
        "started",
        "taps",
        "tso_max_size",
        "tx_active",
        "txqlen",
        "uc",
        "up",
        "uppers",
        "vlans",
    )  # all that frames and ordinary commands touch; what is seldom other than here is a class attribute

    kind: ClassVar[str] = "ether"
    unicast_filter: ClassVar[bool] = False
    """IFF_UNICAST_FLT: the device filters extra unicast addresses itself; without it the core turns it promiscuous."""
    header_cache: ClassVar[bool] = True
    """The link-layer header of a connected neighbour is kept and reused (header_ops->cache)."""
    inserts_tags: ClassVar[bool] = False
    """NETIF_F_HW_VLAN_CTAG_TX: the device puts tags into frames itself, and is given them beside."""
    default_qdisc: str = "noqueue"
    vlan_challenged: ClassVar[bool] = False
    """NETIF_F_VLAN_CHALLENGED: it carries no VLANs."""
    shows_core_stats: ClassVar[bool] = False
    """Its statistics include the counts of other drivers (dev->stats)."""
    xmit_dst_release: bool = True
    """IFF_XMIT_DST_RELEASE, which only /proc/net/vlan shows (netif_keep_dst clears it)."""
    dev_id: int = 0
    """What tells devices apart that share one MAC."""
    no_rx_handler: ClassVar[bool] = False
    """IFF_NO_RX_HANDLER: nothing can be stacked on it that takes its frames (macvlan, bridge)."""
    loopback: ClassVar[bool] = False
    rx_uncounted: ClassVar[int] = 0
    """Bytes of a received frame that its counters leave out."""

    alias: str = ""
    allmulti: int = 0
    carrier_changes: int = 0
    destroyed: bool = False
    group: int = 0
    """A number that only the administrator gives a meaning to (``ip link set … group``)."""
    mc_static: frozenset[bytes] = frozenset()
    """Groups that ``ip maddr add`` asked for; never iterated."""
    min_mtu: int = 68
    multicast: bool = True
    numtxqueues: int = 1
    permanent_mac: bytes = b""
    """The address burnt in (perm_addr); empty where somebody chose the first one too."""
    user_allmulti: bool = False
    user_promisc: bool = False
    vids: frozenset[int] = frozenset()
    """VLANs (``TPID << 16 | VID``) a bridge wants through the card's filter (vlan_vid_add); never iterated."""
    _uc_promisc: bool = False

    def __init__(self, ns: Home, name: str, mac: bytes, *, mtu: int = ETH_DATA_LEN) -> None:
        self.sim: Sim
        object.__setattr__(self, "sim", ns.sim)
        self.softnets: Mapping[PacketType, Softnet] = NOTHING
        """Queues of received unicast frames by packet type, once one has waited there."""
        self.ns = ns
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.max_mtu = 65535
        """0: no limit."""
        self.linkwatch: LinkWatch | None = None
        """The queue that reports carrier changes later; None outside a namespace: they are reported at once."""
        self.ifindex = 0
        self.lower: Attributes | None = None
        self.uppers: tuple[Attributes, ...] = ()
        """Devices stacked on it, the oldest first."""
        self.vlans: Mapping[int, Attributes] = NOTHING
        self.rx_handler: object = None
        """Takes its frames, but those of its VLANs."""
        self.master: Attributes | None = None
        self.taps: tuple[Tap, ...] = ()
        self.up = False
        self.started = False
        """As `up`, but already while the device opens, and no longer while it stops (netif_running)."""
        self.carrier = True
        self.operstate = "UNKNOWN"
        """RFC 2863 state as last settled; what is shown is DOWN while the device is down."""
        self.tx_active = False
        """The queue takes packets: up, and the carrier was there when it was last looked at (dev_activate)."""
        self.qdisc = "noop"
        self.tso_max_size = 65536
        self.noarp = False
        self.txqlen = 1000
        self.promiscuity = 0
        self.uc: Mapping[bytes, int] = NOTHING
        self.mc: Mapping[bytes, int] = NOTHING
        self.counters = Stats()
        """What devices add to; read `stats`."""
        self.inet: Any = None
        """IPv4 configuration of the device, kept by the network layer."""

    def __setattr__(self, name: str, value: object) -> None:
        """Every attribute of a device is configuration: a change begins a new generation."""
        object.__setattr__(self, name, value)
        self.sim.change()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label} {mac_text(self.mac)} {'up' if self.up else 'down'}>"

    @property
    def label(self) -> str:
        """How people tell it from others: ``namespace:name``."""
        return f"{self.ns.name}:{self.name}"

    @property
    def stats(self) -> Stats:
        """The counters, up to date."""
        self.sim.flush()
        return self.counters

    def notify(self, event: Event) -> None:
        """Tell the namespace and the devices around of what happened to this one."""
        raise NotImplementedError
