"""A network device, and the two ways through it: `xmit` down and `receive` up.

Read this file first.  A frame climbs through `NetDevice.receive`, the kernel's loop (net/core/dev.c:
__netif_receive_skb_core): each round belongs to one device and ends with the frame given to a VLAN sub-interface, to
the device's one rx_handler (macvlan, bridge, …), or to the protocols of its namespace.  It goes down by `xmit`, each
upper device calling its lower one.

Three rules keep stacking sound: `xmit` never calls `receive` (what turns upward uses `netif_rx`, a queue); a device
touches only its lower device and its own port object; only devices that belong to two namespaces cross between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from macvsim.dev.contracts import CONSUMED, PASS, Event, RxHandler, Stack, Tap
from macvsim.dev.joined import NOTHING, joined, left
from macvsim.dev.path import Round, Take, recurs
from macvsim.drop import DropReason
from macvsim.errors import NetlinkError
from macvsim.history import recorded
from macvsim.sim import SOFTIRQ
from macvsim.wire.addr import BROADCAST_MAC, mac_text
from macvsim.wire.frame import BROADCAST, ETH_HLEN, HOST, MULTICAST, OTHERHOST, OUTGOING, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.linkwatch import LinkWatch
    from macvsim.link import Line
    from macvsim.sim import Sim

ETH_DATA_LEN = 1500
VLAN_HLEN = 4
TSO_MAX_SIZE = 524_280
"""Largest segment a device without hardware takes for segmentation."""
_NO_VLANS: Mapping[int, NetDevice] = MappingProxyType({})
_VLAN_FIRST = (0x81, 0x88)
_TAG_KEY = 0xFFFF0FFF


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


def classify(dst: bytes, mac: bytes) -> PacketType:
    """Whom a frame for `dst` is for, seen by a device with address `mac` (eth_skb_pkt_type)."""
    if dst == mac:
        return HOST
    if dst == BROADCAST_MAC:
        return BROADCAST
    if dst[0] & 1:
        return MULTICAST
    return OTHERHOST


class NetDevice:
    """An Ethernet device of one namespace.  A new kind writes `start_xmit` and, where it differs, the `on_…` hooks."""

    __slots__ = (
        "__dict__",
        "carrier",
        "counters",
        "ifindex",
        "inet",
        "linkwatch",
        "loopback",
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
    default_qdisc: ClassVar[str] = "noqueue"
    dev_id: int = 0
    """What tells devices apart that share one MAC."""
    no_rx_handler: ClassVar[bool] = False
    """IFF_NO_RX_HANDLER: nothing can be stacked on it that takes its frames (macvlan, bridge)."""
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

    def __init__(self, ns: Stack, name: str, mac: bytes, *, mtu: int = ETH_DATA_LEN) -> None:
        self.sim: Sim
        object.__setattr__(self, "sim", ns.sim)
        self.ns = ns
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.max_mtu = 65535
        """0: no limit."""
        self.linkwatch: LinkWatch | None = None
        """Who tells others about the carrier; None outside a namespace: they hear it at once."""
        self.ifindex = 0
        self.lower: NetDevice | None = None
        self.uppers: tuple[NetDevice, ...] = ()
        """Devices stacked on it, the oldest first."""
        self.vlans: Mapping[int, NetDevice] = _NO_VLANS
        self.rx_handler: RxHandler | None = None
        self.master: NetDevice | None = None
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
        self.loopback = False
        self.txqlen = 1000
        self.promiscuity = 0
        self.uc: Mapping[bytes, int] = NOTHING
        self.mc: Mapping[bytes, int] = NOTHING
        self.counters = Stats()
        """What devices add to; read `stats`."""
        self.inet: Any = None
        """IPv4 configuration of the device, kept by the network layer."""

    def __setattr__(self, name: str, value: object) -> None:
        """Whatever is set on a device may change where frames go: no path learnt before holds (dev/path.py)."""
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
        self.sim.settle()
        return self.counters

    # -- down ----------------------------------------------------------------------------------------------------------

    def xmit(self, frame: Frame) -> DropReason | None:
        """Send a frame out of this device (dev_queue_xmit)."""
        if not self.tx_active:
            self.counters.tx_dropped += 1  # by noop_enqueue, which does not tell the sender
            reason = DropReason.DEV_NO_CARRIER if self.up else DropReason.DEV_DOWN
            return self.sim.drop(frame.uid, self, reason, frame)
        if len(frame.raw) < ETH_HLEN:
            return self.sim.drop(frame.uid, self, DropReason.RUNT, frame)
        if self.taps or self.sim.journal is not None:
            self.show(frame, OUTGOING)
        return self.start_xmit(frame)

    def show(self, frame: Frame, packet_type: PacketType) -> None:
        """Let captures and the journal see a frame that comes in or (OUTGOING) goes out here."""
        for tap in self.taps:
            tap(packet_type, frame)
        sim = self.sim
        if sim.journal is not None:
            if packet_type is OUTGOING:
                sim.note(frame.uid, self, "xmit", frame)
            else:
                sim.note(frame.uid, self, "receive", frame, packet_type)

    def start_xmit(self, frame: Frame) -> DropReason | None:
        """What this kind of device does with a frame it is given to send (ndo_start_xmit)."""
        raise NotImplementedError

    def below(self, header: bytes) -> tuple[NetDevice | None, int]:
        """The lower device that `start_xmit` gives frames with this Ethernet header to, and the tag it adds, if that is
        all it does; ``(None, 0)`` when it takes more than the header to tell.
        """
        return None, 0

    def line(self) -> Line | None:
        """The line that carries frames away, if that is where `start_xmit` gives them to."""
        return None

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes, packet: bytes = b"") -> bytes:
        """Link-layer header of a locally sent `packet` (dev_hard_header); `ethertype` as two bytes."""
        return dst + src + ethertype

    # -- up ------------------------------------------------------------------------------------------------------------

    def receive(self, frame: Frame, packet_type: PacketType, learns: bool = False) -> DropReason | None:
        """A frame enters here; find its owner, round by round.

        learns : the way may be kept as a path
        """
        dev: NetDevice = self
        sim = self.sim
        if len(frame.raw) < ETH_HLEN:
            return sim.drop(frame.uid, dev, DropReason.RUNT, frame)
        rounds: list[Round] = []
        while True:
            if not frame.tag and frame.raw[12] in _VLAN_FIRST and frame.has_inline_tag():
                untagged = frame.untag()
                if untagged is None:
                    return sim.drop(frame.uid, dev, DropReason.FRAME_TOO_SHORT, frame)
                frame, learns = untagged, False
            rounds.append((dev, frame, packet_type))
            if dev.taps or sim.journal is not None:
                dev.show(frame, packet_type)
            if frame.tag:
                vlan = dev.vlans.get(frame.tag & _TAG_KEY)
                if vlan is not None:
                    if not vlan.up:
                        return sim.drop(frame.uid, vlan, DropReason.VLAN_HOOK, frame)
                    dev, frame, packet_type = vlan.vlan_receive(frame, packet_type)
                    continue
            if dev.rx_handler is not None:
                verdict = dev.rx_handler.handle(dev, frame, packet_type)
                if verdict is CONSUMED:
                    return None
                if not dev.rx_handler.by_header:
                    learns = False
                if verdict is not PASS:
                    dev, frame, packet_type = verdict
                    continue
            if not frame.tag:
                if learns and type(frame) is Frame and not frame.raw[0] & 1 and recurs(rounds[0][1]):
                    take = self.keep_path(rounds)
                    if take is not None:
                        return take(rounds[0][1])
                protocol = dev.ns.protocol(frame.raw[12:14]) or dev.ns.unknown_protocol
                return protocol(dev, frame, packet_type)
            if frame.vid:
                packet_type = OTHERHOST
            frame, learns = Frame(frame.raw, frame.uid), False
            if packet_type is OTHERHOST or not frame.has_inline_tag():
                break
        handler = dev.ns.protocol(frame.raw[12:14])
        if packet_type is OTHERHOST:
            if handler is None:
                dev.counters.rx_dropped += 1
            return sim.drop(frame.uid, dev, DropReason.VLAN_UNKNOWN, frame)
        return (handler or dev.ns.unknown_protocol)(dev, frame, packet_type)

    def keep_path(self, rounds: list[Round]) -> Take | None:
        """Keep what became of a frame up to here, and return what takes it from here on; only cards do (dev/nic.py)."""
        return None

    def vlan_receive(self, frame: Frame, packet_type: PacketType) -> tuple[NetDevice, Frame, PacketType]:
        """Only VLAN sub-interfaces stand in `vlans`; theirs is the real one (dev/vlan.py)."""
        raise NotImplementedError

    def netif_rx(self, frame: Frame, packet_type: PacketType) -> None:
        """`receive` in a fresh softirq: queued now, run after what is already due (enqueue_to_backlog)."""
        self.sim.post(0, SOFTIRQ, _process_backlog, (self, frame, packet_type))

    def forward(self, frame: Frame) -> DropReason | None:
        """Inject a frame as if it had come from outside (dev_forward_skb); the receiver must be up and the frame must
        fit.
        """
        if not self.up:
            self.counters.rx_dropped += 1
            return self.sim.drop(frame.uid, self, DropReason.DEV_DOWN, frame)
        if len(frame.raw) > self.mtu + ETH_HLEN + VLAN_HLEN:
            self.counters.rx_dropped += 1
            return self.sim.drop(frame.uid, self, DropReason.TOO_BIG_FOR_DEV, frame)
        self.netif_rx(frame, classify(frame.raw[:6], self.mac))
        return None

    # -- administrative state and carrier ------------------------------------------------------------------------------

    @recorded
    def set_up(self) -> None:
        """``ip link set … up`` (__dev_open); `NetlinkError` if the kind refuses, and then nothing has changed."""
        if self.up:
            return
        with self._one_call():
            self.started = True
            try:
                self.on_open()
            except NetlinkError:
                self.started = False
                raise
            self.up = True
            self.sync_rx_mode()
            # captures are hooked in again only after the protocols have heard of it (packet_notifier)
            held, self.taps = self.taps, ()
            self._activate()
            self.notify(Event.UP)
            self.taps = (*held, *self.taps)

    @recorded
    def set_down(self) -> None:
        """``ip link set … down`` (__dev_close_many)."""
        if not self.up:
            return
        with self._one_call():
            self.notify(Event.GOING_DOWN)
            self.started = self.tx_active = False
            self.on_stop()
            self.up = False
            self.notify(Event.DOWN)

    def _one_call(self) -> AbstractContextManager[None]:
        """What happens inside is one system call for the link watch."""
        return nullcontext() if self.linkwatch is None else self.linkwatch.held()

    def on_open(self) -> None:
        """Before the device goes up (ndo_open); raise to refuse."""

    def on_stop(self) -> None:
        """Before the device goes down (ndo_stop)."""

    def _activate(self) -> None:
        """The queue takes packets if there is a carrier; it gets its discipline when first used (dev_activate)."""
        if self.qdisc == "noop":
            self.qdisc = self.default_qdisc
        self.tx_active = self.carrier

    def set_carrier(self, carrier: bool) -> None:
        """netif_carrier_on / netif_carrier_off."""
        if carrier != self.carrier:
            self.carrier = carrier
            self.carrier_changes += 1
            self.link_changed()

    def link_changed(self) -> None:
        """Let the link watch look at the carrier."""
        if self.linkwatch is not None:
            self.linkwatch.fire(self)
        else:
            self.settle_link()

    @property
    def link_urgent(self) -> bool:
        """True if a change of the carrier must not wait (linkwatch_urgent_event)."""
        if not self.started:
            return False
        if self.iflink != self.ifindex:
            return True
        return self.carrier and not self.tx_active and self.qdisc != "noop"

    def settle_link(self) -> None:
        """State, queue and what is stacked here follow the carrier (linkwatch_do_dev)."""
        self.operstate = self.find_operstate()
        if self.up:
            self.tx_active = self.carrier
            self.notify(Event.CHANGE)

    def find_operstate(self) -> str:
        """State by the carrier; the index of what is below is looked up in this device's own namespace
        (default_operstate).
        """
        if self.carrier:
            return "UP"
        link = self.iflink
        below = None if link == self.ifindex else next((d for d in self.ns.devices.values() if d.ifindex == link), None)
        return "DOWN" if below is None or below.carrier else "LOWERLAYERDOWN"

    @property
    def oper_up(self) -> bool:
        """Usable as far as anybody was told (netif_oper_up)."""
        return self.operstate in ("UP", "UNKNOWN")

    @property
    def iflink(self) -> int:
        """Index of the device below or of the other end, in whatever namespace; its own if there is none
        (dev_get_iflink).
        """
        return self.ifindex if self.lower is None else self.lower.ifindex

    def notify(self, event: Event) -> None:
        """Tell the namespace, then the devices stacked on this one (call_netdevice_notifiers)."""
        self.ns.device_event(self, event)
        for upper in self.uppers:
            upper.lower_event(event)
        if self.master is not None:
            self.master.port_event(self, event)

    def lower_event(self, event: Event) -> None:
        """The lower device changed."""

    def port_event(self, port: NetDevice, event: Event) -> None:
        """A port of this master changed."""

    @property
    def running(self) -> bool:
        """Up, and not known to be without carrier (IFF_RUNNING)."""
        return self.up and self.oper_up

    # -- address, MTU --------------------------------------------------------------------------------------------------

    @recorded
    def set_mtu(self, mtu: int) -> None:
        """``ip link set … mtu N``; `NetlinkError` EINVAL outside the device's limits."""
        if mtu < self.min_mtu or 0 < self.max_mtu < mtu:
            which = "less than device minimum" if mtu < self.min_mtu else "greater than device maximum"
            raise NetlinkError(
                "EINVAL", f"mtu {mtu} on {self.label}: choose {self.min_mtu} to {self.max_mtu}", f"mtu {which}"
            )
        if mtu != self.mtu:
            self.check_mtu(mtu)
            self.mtu = mtu
            self.notify(Event.CHANGEMTU)

    def check_mtu(self, mtu: int) -> None:
        """Raise if this kind cannot have that MTU (ndo_change_mtu)."""

    @recorded
    def set_mac(self, mac: bytes) -> None:
        """``ip link set … address MAC``; EADDRNOTAVAIL for group and zero addresses."""
        check_unicast_mac(mac, self.label)
        self.on_set_mac(mac)
        self.mac = mac
        self.notify(Event.CHANGEADDR)

    def on_set_mac(self, mac: bytes) -> None:
        """Before the address changes (ndo_set_mac_address); raise to refuse."""

    def check_address(self, address: bytes) -> None:
        """Raise if this kind cannot have an IPv4 (4 bytes) or IPv6 address (inetaddr_validator_chain)."""

    def on_address(self, address: bytes, added: bool) -> None:
        """An IPv4 or IPv6 address came or went (inetaddr_chain)."""

    # -- what the device listens for -----------------------------------------------------------------------------------

    def add_uc(self, mac: bytes) -> None:
        """Listen for one more unicast address (dev_uc_add, counted)."""
        self.uc = joined(self.uc, mac)
        self.sync_rx_mode()
        if self.uc[mac] == 1 and self.up:
            self.on_uc(mac, True)

    def del_uc(self, mac: bytes) -> None:
        """Undo one `add_uc` (dev_uc_del)."""
        if mac not in self.uc:
            return
        self.uc = left(self.uc, mac)
        if mac not in self.uc and self.up:
            self.on_uc(mac, False)
        self.sync_rx_mode()

    def add_mc(self, mac: bytes) -> None:
        """Listen for a group address (dev_mc_add, counted)."""
        self.mc = joined(self.mc, mac)
        if self.mc[mac] == 1 and self.up:
            self.on_mc(mac, True)

    def del_mc(self, mac: bytes) -> None:
        """Undo one `add_mc` (dev_mc_del)."""
        if mac not in self.mc:
            return
        self.mc = left(self.mc, mac)
        if mac not in self.mc and self.up:
            self.on_mc(mac, False)

    def sync_rx_mode(self) -> None:
        """Without a unicast filter the device is promiscuous while it has extra addresses (__dev_set_rx_mode)."""
        if self.unicast_filter or not self.up:
            return
        want = bool(self.uc)
        if want != self._uc_promisc:
            self._uc_promisc = want
            self.add_promiscuity(1 if want else -1)

    def add_promiscuity(self, change: int) -> None:
        """Count the wishes to see everything (dev_set_promiscuity)."""
        was = self.promiscuity
        self.promiscuity = max(was + change, 0)
        if bool(was) != bool(self.promiscuity) and self.up:
            self.on_promisc(bool(self.promiscuity))

    def add_allmulti(self, change: int) -> None:
        """Count the wishes to see every group frame (dev_set_allmulti)."""
        was = self.allmulti
        self.allmulti = max(was + change, 0)
        if bool(was) != bool(self.allmulti) and self.up:
            self.on_allmulti(bool(self.allmulti))

    @recorded
    def set_promisc(self, on: bool) -> None:
        """``ip link set … promisc on|off``: the user's own wish, which also shows as PROMISC among the flags."""
        if on != self.user_promisc:
            self.user_promisc = on
            self.add_promiscuity(1 if on else -1)

    @recorded
    def set_allmulti(self, on: bool) -> None:
        """``ip link set … allmulticast on|off``."""
        if on != self.user_allmulti:
            self.user_allmulti = on
            self.add_allmulti(1 if on else -1)

    def on_uc(self, mac: bytes, added: bool) -> None:
        """The unicast list changed while up: stacked kinds pass it down."""

    def on_mc(self, mac: bytes, added: bool) -> None:
        """The group list changed while up."""

    def on_promisc(self, on: bool) -> None:
        """Promiscuity switched while up."""

    def on_allmulti(self, on: bool) -> None:
        """Allmulti switched while up."""

    def stack(self, upper: NetDevice) -> None:
        """Another device comes to stand on this one."""
        self.uppers = (*self.uppers, upper)

    def unstack(self, upper: NetDevice) -> None:
        """It stands here no more."""
        self.uppers = tuple(other for other in self.uppers if other is not upper)

    # -- life ----------------------------------------------------------------------------------------------------------

    def add_tap(self, tap: Tap) -> Callable[[], None]:
        """Let `tap` see every frame here, as an AF_PACKET socket would; returns what takes it off again."""
        self.taps = (*self.taps, tap)

        def remove() -> None:
            self.taps = tuple(other for other in self.taps if other is not tap)

        return remove

    def rename(self, name: str) -> None:
        """Change its name."""
        self.name = name

    @recorded
    def destroy(self) -> None:
        """``ip link del``: down, takes what is stacked on it along, leaves its namespace (unregister_netdevice)."""
        if self.destroyed:
            return
        self.destroyed = True
        with self._one_call():
            self.set_down()
            for upper in reversed(self.uppers):
                upper.destroy()
            self.notify(Event.UNREGISTER)
            if self.master is not None:
                self.master.release(self)
            self.on_destroy()
            self.ns.unregister(self)

    def on_destroy(self) -> None:
        """Leave the lower device, the peer, the port (ndo_uninit)."""

    def release(self, port: NetDevice) -> None:
        """Let a port go; only masters (bridges) have ports."""
        raise NetlinkError("EOPNOTSUPP", f"{self.label} is a {self.kind} device and has no ports")


def _process_backlog(entry: Round) -> None:
    """A frame of the queue of `netif_rx` enters its device (process_backlog)."""
    dev, frame, packet_type = entry
    if dev.up:
        dev.receive(frame, packet_type)
    else:
        dev.counters.rx_dropped += 1
        dev.sim.drop(frame.uid, dev, DropReason.DEV_DOWN, frame)


def check_unicast_mac(mac: bytes, label: str) -> None:
    """EADDRNOTAVAIL unless `mac` can be a device's address (is_valid_ether_addr)."""
    if len(mac) != 6:
        raise NetlinkError("EINVAL", f"{label}: a MAC has 6 bytes, not {len(mac)}")
    if mac[0] & 1 or not any(mac):
        raise NetlinkError(
            "EADDRNOTAVAIL",
            f"{label} cannot have the address {mac_text(mac)}: use a unicast address such as 02:00:00:00:00:01",
        )
