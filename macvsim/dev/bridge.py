"""The Linux bridge: a switch among devices of one namespace, and a device of its own on it (net/bridge/*.c).

Frames come from a port (`Bridge.from_port`, br_handle_frame_finish) or from the bridge device (`Bridge.start_xmit`,
br_dev_xmit); they go to the port that has their destination, or to all; the bridge's own copy comes last.
Spanning tree is off: every port with carrier forwards.  Without a multicast querier all groups are flooded.
"""

from __future__ import annotations

from typing import ClassVar, TypeGuard

from macvsim.dev.attributes import ETH_DATA_LEN, TSO_MAX_SIZE
from macvsim.dev.base import VLAN_HLEN, NetDevice, Stack
from macvsim.dev.bridge_fdb import BridgeFdb
from macvsim.dev.bridge_port import FORWARDING, LEARNING, BridgePort, PortState
from macvsim.dev.bridge_vlan import BridgeVlans
from macvsim.dev.contracts import Event
from macvsim.dev.portvlan import leave
from macvsim.engine.drop import DropReason
from macvsim.engine.history import recorded
from macvsim.errors import DeviceBusy, Effect, NetlinkError, NoSuchDevice, NotSimulated
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC, is_group
from macvsim.wire.frame import ETH_HLEN, HOST, Frame, PacketType

_RESTRICTED_GROUPS = 0x7
MAX_PORTS = 1023


class Bridge(NetDevice):
    """A bridge device.

    Parameters
    ----------
    mac : its address; with `mac_given` False it stands only until ports come, then the lowest of theirs is taken

    ports : newest first, which is the order frames are flooded in
    forward_delay, hello_time, max_age : hundredths of seconds, kept and shown
    """

    kind: ClassVar[str] = "bridge"
    inserts_tags: ClassVar[bool] = True
    shows_core_stats: ClassVar[bool] = True
    xmit_dst_release = False

    def __init__(
        self,
        ns: Stack,
        name: str,
        mac: bytes,
        *,
        mac_given: bool = True,
        vlan_filtering: bool = False,
        vlan_default_pvid: int = 1,
    ) -> None:
        super().__init__(ns, name, mac)
        self.ports: list[BridgePort] = []
        self.mac_given = mac_given
        self.mtu_given = False
        self.group_fwd_mask = 0
        self.no_linklocal_learn = False
        self.mcast_snooping = True
        self.priority = 0x8000
        self.forward_delay = 1500
        self.hello_time = 200
        self.max_age = 2000
        self.bridge_mac = ZERO_MAC
        """The address in the bridge id: zero until one is given or a port brings it."""
        self.vlan_config = BridgeVlans(self)
        self.fdb = BridgeFdb(self)
        self.vlan_config.add(None, self.vlan_config.default_pvid, pvid=True, untagged=True)
        if mac_given:
            self._take_mac(mac)
            self.carrier = False
        self.vlan_config.set_enabled(vlan_filtering)
        self.vlan_config.set_default_pvid(vlan_default_pvid)

    # -- frames from ports -------------------------------------------------------------------------------------------

    def from_port(self, port: BridgePort, frame: Frame, packet_type: PacketType) -> None:
        """A frame entered at a port that is not blocked (br_handle_frame)."""
        hooks = self.ns.bridge_hooks
        if hooks is not None:
            entered = hooks.enter(self, port.dev, frame, packet_type)
            if entered is None:
                return
            frame, packet_type = entered
        self._enter(port, frame, packet_type)

    def _enter(self, port: BridgePort, frame: Frame, packet_type: PacketType) -> None:
        """Learn from a frame and forward it (br_handle_frame_finish)."""
        sim = self.sim
        raw = frame.raw
        vid: int | DropReason = 0
        if self.vlan_config.enabled:
            vid = port.vlans.ingress(frame.tag)
            if frame.tag and frame.tag >> 16 != self.vlan_config.protocol:
                frame = Frame(frame.wire, frame.uid)  # a tag of another protocol is payload
        if not isinstance(vid, int):
            sim.drop(frame.uid, port.dev, vid, frame)
            return
        if port.locked and not port.admits_source(raw[6:12], vid):
            sim.drop(frame.uid, port.dev, DropReason.PORT_LOCKED, frame)
            return
        now = sim.jiffies
        if port.learning:
            learnt = self.fdb.learn(raw[6:12], vid, port, now)
            if learnt is None:
                sim.unrepeatable()
            elif sim.recorder is not None:
                sim.recorder.counted(self.fdb, (learnt, "updated"), 0)
        if port.state is LEARNING:
            sim.drop(frame.uid, port.dev, DropReason.PORT_STATE, frame)
            return
        local = self.promiscuity > 0
        if raw[0] & 1:
            local = True
            if raw[:6] != BROADCAST_MAC:
                self.counters.multicast += 1
            self._flood(frame, vid, port, local)
        else:
            entry = self.fdb.find(raw[:6], vid, now)
            if sim.recorder is not None:
                sim.recorder.lasts(self.fdb.lasts)
            if entry is None:
                self._flood(frame, vid, port, local)
            elif entry.local or entry.port is None:
                local = True
            else:
                entry.used = now
                if sim.recorder is not None:
                    sim.recorder.counted(self.fdb, (entry, "used"), 0)
                self._forward(entry.port, frame, vid, port)
        if local:
            self._pass_up(frame, vid, packet_type)

    def _pass_up(self, frame: Frame, vid: int, packet_type: PacketType) -> None:
        """The bridge device receives the frame (br_pass_frame_up)."""
        self.count_received(len(frame.raw) - ETH_HLEN)
        config = self.vlan_config
        if config.enabled:
            tagged = config.own.egress(vid)
            if tagged is None:
                if not self.promiscuity:
                    self.sim.drop(frame.uid, self, DropReason.PORT_VLAN, frame)
                    return
                tagged = True
            frame = leave(frame, vid, tagged, config.protocol)
        self.receive(frame, packet_type)

    # -- frames from the bridge device -------------------------------------------------------------------------------

    def start_xmit(self, frame: Frame) -> DropReason | None:
        if self.ns.bridge_hooks is not None:
            back = self.ns.bridge_hooks.resume(frame)
            if back is not None:
                port = self.port_of(back[0])
                if port is not None:
                    self._enter(port, back[1], HOST)
                return None
        self.count_sent(len(frame.raw))
        sim = self.sim
        vid = 0
        config = self.vlan_config
        if config.enabled:
            if not frame.tag and frame.ethertype == config.protocol:
                untagged = frame.untag()
                if untagged is None:
                    return sim.drop(frame.uid, self, DropReason.FRAME_TOO_SHORT, frame)
                frame = untagged
            found = config.own.ingress(frame.tag)
            if isinstance(found, DropReason):
                return sim.drop(frame.uid, self, found, frame)
            vid = found
        dst = frame.raw[:6]
        entry = None if dst[0] & 1 else self.fdb.find(dst, vid, sim.jiffies)
        if sim.recorder is not None:
            sim.recorder.lasts(self.fdb.lasts)
        if entry is None:
            return self._flood(frame, vid, None, False)
        if entry.port is None:
            return sim.drop(frame.uid, self, DropReason.NO_OTHER_PORT, frame)
        return self._forward(entry.port, frame, vid, None)

    # -- out of ports ------------------------------------------------------------------------------------------------

    def _forward(self, port: BridgePort, frame: Frame, vid: int, source: BridgePort | None) -> DropReason | None:
        """To the one port that has the destination (br_forward)."""
        reason = port.refuses(vid, source)
        if reason is not None:
            return self.sim.drop(frame.uid, port.dev, reason, frame)
        return self._send(port, frame, vid, source)

    def _flood(self, frame: Frame, vid: int, source: BridgePort | None, local: bool) -> DropReason | None:
        """To every port that takes it (br_flood); `local`: the bridge keeps a copy, so the frame is not lost anyway."""
        drop = self.sim.drop
        self.sim.unrepeatable()  # the destination may be learnt at any time
        sent = local
        lacks_vlan: list[BridgePort] = []
        last: DropReason | None = None
        for port in self.ports:
            if port is source and not port.hairpin:
                continue
            reason = port.refuses(vid, source)
            if reason is None:
                if _floods(port, frame.raw, source):
                    sent = True
                    self._send(port, frame, vid, source)
                    continue
                reason = DropReason.PORT_NO_FLOOD
            elif reason is DropReason.PORT_VLAN:
                lacks_vlan.append(port)
                continue
            elif reason is not DropReason.PORT_ISOLATED:
                continue
            last = drop(frame.uid, port.dev, reason, frame)
        if sent:
            return None
        for port in lacks_vlan:
            last = drop(frame.uid, port.dev, DropReason.PORT_VLAN, frame)
        if last is None:
            last = drop(frame.uid, self if source is None else source.dev, DropReason.NO_OTHER_PORT, frame)
        return last

    def _send(self, port: BridgePort, frame: Frame, vid: int, source: BridgePort | None) -> DropReason | None:
        """Out of a port, if the device takes it (br_handle_vlan, br_dev_queue_push_xmit)."""
        dev = port.dev
        config = self.vlan_config
        if config.enabled:
            frame = leave(frame, vid, bool(port.vlans.egress(vid)), config.protocol)
        hooks = self.ns.bridge_hooks
        if hooks is None or source is None:
            return self._push(dev, frame)
        passed = hooks.leave(self, source.dev, dev, frame)
        if isinstance(passed, DropReason):
            return passed
        reasons = [self._push(dev, piece) for piece in passed]
        return reasons[0]

    def _push(self, dev: NetDevice, frame: Frame) -> DropReason | None:
        """Out, if it is not too long (br_dev_queue_push_xmit)."""
        if len(frame.raw) > dev.mtu + ETH_HLEN + VLAN_HLEN:
            return self.sim.drop(frame.uid, dev, DropReason.TOO_BIG_FOR_DEV, frame)
        return dev.xmit(frame)

    # -- ports -------------------------------------------------------------------------------------------------------

    def port_of(self, dev: NetDevice) -> BridgePort | None:
        """The port a device is, if it is one of this bridge's."""
        handler = dev.rx_handler
        return handler if isinstance(handler, BridgePort) and handler.bridge is self else None

    @recorded
    def enslave(self, dev: NetDevice) -> BridgePort:
        """``ip link set dev DEV master BRIDGE`` (br_add_if); `NetlinkError` if refused, and nothing has changed."""
        self._check_enslave(dev)
        used = {port.number for port in self.ports}
        port = BridgePort(self, dev, next(number for number in range(1, MAX_PORTS + 1) if number not in used))
        dev.add_allmulti(1)
        dev.rx_handler = port
        dev.master = self
        self.ports.insert(0, port)
        self.update_promisc()
        self.fdb.add_local(port, dev.mac, 0)
        self.vlan_config.join(port)
        moved = self._follow_ports()
        if self.up and dev.up and dev.oper_up:
            self._enable(port)
        if moved:
            self.notify(Event.CHANGEADDR)
        self._adjust_mtu()
        self._limit_segments()
        return port

    def _check_enslave(self, dev: NetDevice) -> None:
        where = f"{dev.label} cannot become a port of {self.label}"
        if dev.ns is not self.ns:
            raise NoSuchDevice("ENODEV", f"{where}: not in one namespace; ip link set {dev.name} netns …")
        if dev.loopback or is_group(dev.mac) or dev.mac == ZERO_MAC:
            raise NetlinkError("EINVAL", f"{where}: it needs an Ethernet device with a unicast MAC")
        if isinstance(dev, Bridge):
            extack = "Can not enslave a bridge to a bridge"
            raise NetlinkError("ELOOP", f"{where}: a bridge is no port; join two bridges with a veth pair", extack)
        if dev.master is not None:
            raise DeviceBusy("EBUSY", f"{where}: its master is {dev.master.name}; ip link set {dev.name} nomaster")
        if dev.rx_handler is not None:
            owner = dev.rx_handler.owner
            raise DeviceBusy("EBUSY", f"{where}: it is in use by {owner}; delete what stands on it, or use another")
        if dev.no_rx_handler:
            raise NetlinkError("EINVAL", f"{where}: nothing can stand on an {dev.kind} device; use {dev.kind}'s parent")
        below: NetDevice | None = dev
        while below is not None:
            if below is self:
                raise DeviceBusy("EBUSY", f"{where}: it stands on that bridge")
            below = below.lower
        if len(self.ports) >= MAX_PORTS:
            raise NetlinkError("EXFULL", f"{where}: a bridge has {MAX_PORTS} ports at most")

    @recorded
    def release(self, port: NetDevice) -> None:
        """``ip link set dev DEV nomaster`` (br_del_if); EINVAL for a device that is no port of this bridge."""
        left = self.port_of(port)
        if left is None:
            raise NetlinkError("EINVAL", f"{port.label} is not a port of {self.label}")
        port.add_allmulti(-1)
        self.fdb.unsync_static(left)
        if left.promisc:
            left.promisc = False
            port.add_promiscuity(-1)
        self._disable(left)
        self.ports.remove(left)
        self.vlan_config.part(left)
        self.fdb.delete_port(left)
        self.update_promisc()
        port.master = None
        port.rx_handler = None
        self._adjust_mtu()
        self._limit_segments()
        if self._follow_ports():
            self.notify(Event.CHANGEADDR)

    def port_event(self, dev: NetDevice, event: Event) -> None:
        """The device of a port changed (br_device_event)."""
        port = self.port_of(dev)
        if port is None:
            return
        if event in (Event.UP, Event.DOWN, Event.CHANGE):
            if self.up:
                self._check_link(port)
        elif event is Event.CHANGEMTU:
            self._adjust_mtu()
        elif event is Event.CHANGEADDR:
            self.fdb.change_port_mac(port)
            if self._follow_ports():
                self.notify(Event.CHANGEADDR)

    def _check_link(self, port: BridgePort) -> None:
        """Forward while the device is up and usable (br_port_carrier_check)."""
        if port.dev.up and port.dev.oper_up:
            if port.state is PortState.DISABLED:
                self._enable(port)
        elif port.state is not PortState.DISABLED:
            self._disable(port)

    def _enable(self, port: BridgePort) -> None:
        port.state = PortState.BLOCKING
        self.select_states()

    def _disable(self, port: BridgePort) -> None:
        """A port without link forgets what it learnt (br_stp_disable_port)."""
        port.state = PortState.DISABLED
        self.fdb.flush_port(port)
        self.select_states()

    def select_states(self) -> None:
        """Ports that may forward do, and while one does the bridge has carrier (br_port_state_selection)."""
        for port in self.ports:
            if port.state is PortState.BLOCKING:
                port.state = FORWARDING
        self.set_carrier(any(port.state is FORWARDING for port in self.ports))

    def update_promisc(self) -> None:
        """Ports are promiscuous, but for one whose traffic is all told by static entries (br_manage_promisc)."""
        everywhere = self.promiscuity > 0 or not self.vlan_config.enabled
        automatic = [port for port in self.ports if port.flood or port.learning]
        for port in self.ports:
            told = port.dev.unicast_filter and automatic in ([], [port])
            port.set_promisc(everywhere or not told)

    # -- the device --------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        self.fdb.start(self.sim.jiffies, self.sim.hz // 10)
        for port in self.ports:
            self._check_link(port)
        if self.mcast_snooping:
            self.ns.join_snoopers(self, True)

    def on_stop(self) -> None:
        for port in self.ports:
            if port.state is not PortState.DISABLED:
                port.state = PortState.DISABLED
                self.fdb.flush_port(port)
        if self.ports:
            self.set_carrier(False)
        self.fdb.stop()
        if self.mcast_snooping:
            self.ns.join_snoopers(self, False)

    def on_promisc(self, on: bool) -> None:
        self.update_promisc()

    def on_destroy(self) -> None:
        for port in list(self.ports):
            self.release(port.dev)

    def on_set_mac(self, mac: bytes) -> None:
        self.mac_given = True
        if mac != self.mac:
            self._take_mac(mac)
            self.select_states()

    def _take_mac(self, mac: bytes) -> None:
        """Have another address (br_stp_change_bridge_id)."""
        self.fdb.change_bridge_mac(mac)
        self.mac = self.bridge_mac = mac

    def _follow_ports(self) -> bool:
        """Without a given address take the ports' lowest, none without ports; True if it changed
        (br_stp_recalculate_bridge_id).
        """
        lowest = min((port.dev.mac for port in self.ports), default=ZERO_MAC)
        if self.mac_given or lowest == self.bridge_mac:
            return False
        self._take_mac(lowest)
        self.select_states()
        return True

    @recorded
    def set_mtu(self, mtu: int) -> None:
        """As `NetDevice.set_mtu`; from then on the bridge keeps it, whatever its ports have."""
        super().set_mtu(mtu)
        self.mtu_given = True

    def _adjust_mtu(self) -> None:
        """Unless it was set by hand the MTU is the ports' smallest (br_mtu_auto_adjust)."""
        if not self.mtu_given:
            super().set_mtu(min((port.dev.mtu for port in self.ports), default=ETH_DATA_LEN))

    def _limit_segments(self) -> None:
        """The bridge takes segments as large as all its ports do (br_set_gso_limits)."""
        self.tso_max_size = min((port.dev.tso_max_size for port in self.ports), default=TSO_MAX_SIZE)

    # -- options -----------------------------------------------------------------------------------------------------

    @property
    def required_fwd_mask(self) -> int:
        """Link-local groups that are forwarded whatever `group_fwd_mask` says."""
        return self.vlan_config.required_fwd_mask

    @property
    def ageing_time(self) -> int:
        """Hundredths of seconds an entry lives; 0: nothing is learnt."""
        return self.fdb.ageing * 100 // self.sim.hz

    @recorded
    def set_ageing_time(self, centiseconds: int) -> None:
        """``ip link set … type bridge ageing_time N``."""
        if centiseconds < 0:
            raise NetlinkError("EINVAL", f"{self.label}: ageing_time is in hundredths of seconds, 0 or more")
        self.fdb.set_ageing(centiseconds * self.sim.hz // 100, self.sim.jiffies)

    @recorded
    def set_group_fwd_mask(self, mask: int) -> None:
        """``group_fwd_mask``; EINVAL for the bits of spanning tree, PAUSE and LACP."""
        if mask & _RESTRICTED_GROUPS or not 0 <= mask <= 0xFFFF:
            raise NetlinkError("EINVAL", f"{self.label}: group_fwd_mask is 16 bits without 0x7, not 0x{mask:x}")
        self.group_fwd_mask = mask

    @recorded
    def set_mcast_snooping(self, on: bool) -> None:
        """``mcast_snooping 0|1``: without queriers it only decides whether the bridge joins the snoopers' groups."""
        if on != self.mcast_snooping:
            self.mcast_snooping = on
            if self.up:
                self.ns.join_snoopers(self, on)

    @recorded
    def set_stp(self, on: bool) -> None:
        """``stp_state 0|1``; `NotSimulated` for 1."""
        if on:
            raise NotSimulated(f"spanning tree on {self.label}: leave stp_state 0, and build no loops", Effect.CHANGES)

    @recorded
    def set_mcast_querier(self, on: bool) -> None:
        """``mcast_querier 0|1``; `NotSimulated` for 1."""
        if on:
            raise NotSimulated(
                f"a multicast querier on {self.label}: without one all groups are flooded", Effect.CHANGES
            )


def _floods(port: BridgePort, raw: bytes, source: BridgePort | None) -> bool:
    """True if this kind of frame is flooded to the port; groups from the bridge itself always are (br_flood)."""
    if not raw[0] & 1:
        return port.flood
    if source is None:
        return True
    return port.bcast_flood if raw[:6] == BROADCAST_MAC else port.mcast_flood


def netif_is_bridge_master(dev: object) -> TypeGuard[Bridge]:
    """True if it is a bridge (IFF_EBRIDGE)."""
    return isinstance(dev, Bridge)
