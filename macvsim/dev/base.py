"""A network device, and the two ways through it: `xmit` down and `receive` up.

Read this file first.  A frame climbs through `NetDevice.receive`, the kernel's loop (net/core/dev.c:
__netif_receive_skb_core): each round belongs to one device and ends with the frame given to a VLAN sub-interface, to
the device's one rx_handler (macvlan, bridge, …), or to the protocols of its namespace.  It goes down by `xmit`, each
upper device calling its lower one.

Three rules keep stacking sound: `xmit` never calls `receive` (what turns upward uses `netif_rx`, a queue); a device
touches only its lower device and its own port object; only devices that belong to two namespaces cross between them.

What a device has stands in attributes.py, how it goes up and down in state.py, what it listens for in listening.py.
It knows its namespace only as a `Stack`, and the taker of its frames only as an `RxHandler` (below).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from macvsim.dev.attributes import ETH_DATA_LEN
from macvsim.dev.contracts import CONSUMED, PASS, Event, Rx, Tap
from macvsim.dev.logtap import LogTap
from macvsim.dev.softnet import Softnet
from macvsim.dev.state import State
from macvsim.engine.display import Listed
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.engine.wheel import SOFTIRQ
from macvsim.errors import NetlinkError
from macvsim.wire.addr import BROADCAST_MAC, mac_text
from macvsim.wire.frame import BROADCAST, ETH_HLEN, HOST, MULTICAST, OTHERHOST, OUTGOING, VLAN_FIRST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.registry import Kind, Kinds
    from macvsim.engine.sim import Sim

VLAN_HLEN = 4
_TAG_KEY = 0xFFFF0FFF


def classify(dst: bytes, mac: bytes) -> PacketType:
    """Whom a frame for `dst` is for, seen by a device with address `mac` (eth_skb_pkt_type)."""
    if dst == mac:
        return HOST
    if dst == BROADCAST_MAC:
        return BROADCAST
    if dst[0] & 1:
        return MULTICAST
    return OTHERHOST


class NetDevice(State, Listed):
    """An Ethernet device of one namespace.  A new kind writes `start_xmit` and, where it differs, the `on_…` hooks."""

    __slots__ = ()
    PUBLIC = (
        "carrier ifindex kind label lower mac master mtu name operstate promiscuity set_down set_mac set_mtu "
        "set_promisc set_up stats up uppers"
    )
    ns: Stack
    lower: NetDevice | None
    uppers: tuple[NetDevice, ...]
    vlans: Mapping[int, NetDevice]
    rx_handler: RxHandler | None
    master: NetDevice | None

    def __init__(self, ns: Stack, name: str, mac: bytes, *, mtu: int = ETH_DATA_LEN) -> None:
        super().__init__(ns, name, mac, mtu=mtu)

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

    def count_received(self, octets: int) -> None:
        """One more frame came in."""
        self.sim.count(self.counters, "rx", octets)

    def count_sent(self, octets: int) -> None:
        """One more frame went out."""
        self.sim.count(self.counters, "tx", octets)

    def show(self, frame: Frame, packet_type: PacketType) -> None:
        """Let captures and the journal see a frame that comes in or (OUTGOING) goes out here."""
        for tap in self.taps:
            tap(packet_type, frame)
            if not isinstance(tap, LogTap):
                self.sim.unrepeatable()
        sim = self.sim
        if sim.journal is not None:
            if packet_type is OUTGOING:
                sim.note(frame.uid, self, "xmit", frame)
            else:
                sim.note(frame.uid, self, "receive", frame, packet_type)

    def start_xmit(self, frame: Frame) -> DropReason | None:
        """What this kind of device does with a frame it is given to send (ndo_start_xmit)."""
        raise NotImplementedError

    def hard_header(self, dst: bytes, src: bytes, ethertype: bytes, packet: bytes = b"") -> bytes:
        """Link-layer header of a locally sent `packet` (dev_hard_header); `ethertype` as two bytes."""
        return dst + src + ethertype

    # -- up ------------------------------------------------------------------------------------------------------------

    def receive(self, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """A frame enters here; find its owner, round by round."""
        dev: NetDevice = self
        sim = self.sim
        if len(frame.raw) < ETH_HLEN:
            return sim.drop(frame.uid, dev, DropReason.RUNT, frame)
        while True:
            if not frame.tag and frame.raw[12] in VLAN_FIRST and frame.has_inline_tag():
                untagged = frame.untag()
                if untagged is None:
                    return sim.drop(frame.uid, dev, DropReason.FRAME_TOO_SHORT, frame)
                frame = untagged
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
                if verdict is not PASS:
                    dev, frame, packet_type = verdict
                    continue
            if not frame.tag:
                return dev.deliver(frame, packet_type)
            if frame.vid:
                packet_type = OTHERHOST
            frame = Frame(frame.raw, frame.uid)
            if packet_type is OTHERHOST or not frame.has_inline_tag():
                break
        handler = dev.ns.protocol(frame.raw[12:14])
        if packet_type is OTHERHOST:
            if handler is None:
                dev.counters.rx_dropped += 1
            return sim.drop(frame.uid, dev, DropReason.VLAN_UNKNOWN, frame)
        return (handler or dev.ns.unknown_protocol)(dev, frame, packet_type)

    def deliver(self, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """An untagged frame has found its device: to the protocol of its EtherType (deliver_skb)."""
        handler = self.ns.protocol(frame.raw[12:14]) or self.ns.unknown_protocol
        recorder = self.sim.recorder
        if recorder is not None:
            recorder.delivered(handler, frame, lambda frame: handler(self, frame, packet_type))
        return handler(self, frame, packet_type)

    def vlan_receive(self, frame: Frame, packet_type: PacketType) -> tuple[NetDevice, Frame, PacketType]:
        """Only VLAN sub-interfaces stand in `vlans`; theirs is the real one (dev/vlan.py)."""
        raise NotImplementedError

    def netif_rx(self, frame: Frame, packet_type: PacketType) -> None:
        """`receive` in a fresh softirq: queued now, run after what is already due (enqueue_to_backlog)."""
        if frame.raw[0] & 1:
            self.sim.unrepeatable()
            self.sim.post(0, SOFTIRQ, self.enter_group, (frame, packet_type))
            return
        queue = self.softnets.get(packet_type)
        if queue is None:
            queue = Softnet(self.sim, partial(self.enter, packet_type))
            queues = {**self.softnets, packet_type: queue}
            object.__setattr__(self, "softnets", queues)  # which is no change of the configuration
        queue.send(frame)

    def enter_group(self, entry: tuple[Frame, PacketType]) -> DropReason | None:
        """A group frame leaves the queue."""
        frame, packet_type = entry
        return self.enter(packet_type, frame)

    def enter(self, packet_type: PacketType, frame: Frame) -> DropReason | None:
        """A frame leaves the queue (process_backlog)."""
        if self.up:
            return self.receive(frame, packet_type)
        self.counters.rx_dropped += 1
        return self.sim.drop(frame.uid, self, DropReason.DEV_DOWN, frame)

    def forward(self, frame: Frame) -> DropReason | None:
        """Inject a frame as if it had come from outside (dev_forward_skb); the receiver must be up and the frame must
        fit.
        """
        reason = self.refuses(frame)
        if reason is None:
            self.netif_rx(frame, classify(frame.raw[:6], self.mac))
        return reason

    def refuses(self, frame: Frame) -> DropReason | None:
        """The reason why `forward` drops a frame, which is then counted; None if the device takes it."""
        if self.up and len(frame.raw) <= self.mtu + ETH_HLEN + VLAN_HLEN:
            return None
        self.counters.rx_dropped += 1
        reason = DropReason.TOO_BIG_FOR_DEV if self.up else DropReason.DEV_DOWN
        return self.sim.drop(frame.uid, self, reason, frame)

    # -- address, MTU --------------------------------------------------------------------------------------------------

    @recorded
    def set_mtu(self, mtu: int) -> None:
        """``ip link set … mtu N``; `NetlinkError` EINVAL outside the device's limits."""
        self.check_limits(mtu)
        if mtu != self.mtu:
            self.check_mtu(mtu)
            self.mtu = mtu
            self.notify(Event.CHANGEMTU)

    def check_limits(self, mtu: int) -> None:
        """Raise `NetlinkError` EINVAL for an MTU outside the device's limits (dev_validate_mtu)."""
        if mtu < self.min_mtu or 0 < self.max_mtu < mtu:
            which = "less than device minimum" if mtu < self.min_mtu else "greater than device maximum"
            raise NetlinkError(
                "EINVAL", f"mtu {mtu} on {self.label}: choose {self.min_mtu} to {self.max_mtu}", f"mtu {which}"
            )

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

    # -- what stands around it -----------------------------------------------------------------------------------------

    @property
    def link_kind(self) -> Kind:
        """All that is said of its kind (dev->rtnl_link_ops)."""
        return self.ns.kinds[self.kind]

    def peer_device(self) -> NetDevice | None:
        """The other end of a pair; None: it is no end of one."""
        return None

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
            if self.linkwatch is not None:
                self.linkwatch.forget(self)
            self.sim.retire(self)

    def on_destroy(self) -> None:
        """Leave the lower device, the peer, the port (ndo_uninit)."""

    def release(self, port: NetDevice) -> None:
        """Let a port go; only masters (bridges) have ports."""
        raise NetlinkError("EOPNOTSUPP", f"{self.label} is a {self.kind} device and has no ports")


def check_unicast_mac(mac: bytes, label: str) -> None:
    """EADDRNOTAVAIL unless `mac` can be a device's address (is_valid_ether_addr)."""
    if len(mac) != 6:
        raise NetlinkError("EINVAL", f"{label}: a MAC has 6 bytes, not {len(mac)}")
    if mac[0] & 1 or not any(mac):
        raise NetlinkError(
            "EADDRNOTAVAIL",
            f"{label} cannot have the address {mac_text(mac)}: use a unicast address such as 02:00:00:00:00:01",
        )


Another = tuple[NetDevice, Frame, PacketType]
"""The frame now belongs to another device: one more round (RX_HANDLER_ANOTHER)."""


class RxHandler(Protocol):
    """The rx_handler of a lower device, set by macvlan, ipvlan or a bridge; one per device."""

    owner: str
    """The kind of device that hung it there, for messages."""

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another: ...


ProtocolHandler = Callable[[NetDevice, Frame, PacketType], DropReason | None]


class Stack(Protocol):
    """The namespace, as far as a device uses it."""

    sim: Sim
    name: str

    @property
    def kinds(self) -> Kinds:
        """The kinds of devices that its kernel knows."""

    @property
    def default_qdisc(self) -> str:
        """The queueing discipline of a device with a queue (net.core.default_qdisc)."""

    @property
    def devices(self) -> Mapping[str, Any]:
        """All its devices by name, in the order of their indices."""

    @property
    def bridge_hooks(self) -> BridgeHooks | None:
        """The hooks for frames that bridges forward; None without br_netfilter."""

    def protocol(self, ethertype: bytes) -> ProtocolHandler | None:
        """The protocol handler of an EtherType (two bytes); None without one."""

    def unknown_protocol(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> DropReason | None:
        """No handler takes the frame's EtherType."""

    def defragment(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Frame | None:
        """A frame with an IPv4 fragment: the whole packet once it is there."""

    def device_event(self, dev: NetDevice, event: Event) -> None:
        """A device of this namespace changed."""

    def join_snoopers(self, dev: NetDevice, join: bool) -> None:
        """Join, or leave, the groups that a bridge with multicast snooping joins."""

    def register(self, dev: NetDevice, *, rename: str | None = None, ifindex: int | None = None) -> None:
        """Take a device in."""

    def unregister(self, dev: NetDevice) -> None:
        """Let a device go."""

    def route_out(self, dev: NetDevice, ethertype: bytes, packet: bytes, uid: int) -> DropReason | None:
        """An IP packet of a stacked device goes out by this stack's routes, bound to `dev` (ip_local_out)."""

    def routes_changed(self) -> None:
        """Something that routing decisions depend on has changed (rt_cache_flush)."""

    def arp_changed(self, dev: NetDevice) -> None:
        """A device does ARP now, or no longer (neigh_changeaddr)."""

    def arp_targets(self, dev: NetDevice) -> Collection[bytes] | None:
        """Targets for which a broadcast ARP request on `dev` has an effect here, besides requests from a
        known neighbour; None: any may do something.  It holds until `Sim.generation` changes.
        """


class BridgeHooks(Protocol):
    """Hooks for frames that the bridges of a namespace forward (br_netfilter)."""

    def enter(
        self, bridge: NetDevice, port: NetDevice, frame: Frame, packet_type: PacketType
    ) -> tuple[Frame, PacketType] | None:
        """A frame came in at a port: the one to go on with, or None if it ended."""

    def leave(
        self, bridge: NetDevice, source: NetDevice, port: NetDevice, frame: Frame
    ) -> DropReason | Iterator[Frame]:
        """A frame is about to leave by a port: the frames to send, or why there are none."""

    def resume(self, frame: Frame) -> tuple[NetDevice, Frame] | None:
        """The bridge itself sends a frame: port and frame, if that came in at a port and waited for a neighbour."""
