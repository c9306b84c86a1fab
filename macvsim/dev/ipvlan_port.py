"""An ipvlan's lower device: its children by address, and how frames reach them (drivers/net/ipvlan/ipvlan_core.c).

`IpvlanPort.handle` is ipvlan_handle_frame; group frames go through a queue to every child.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from macvsim.dev.base import Another, NetDevice, RxHandler
from macvsim.dev.contracts import PASS, Rx
from macvsim.engine.drop import DropReason
from macvsim.engine.sim import US
from macvsim.wire.addr import BROADCAST_MAC
from macvsim.wire.frame import BROADCAST, ETH_HLEN, LOOPBACK, MULTICAST, Frame, PacketType

if TYPE_CHECKING:
    from macvsim.dev.ipvlan import Ipvlan

IP = b"\x08\x00"
_ARP = b"\x08\x06"
IPV6 = b"\x86\xdd"
_PAUSE = b"\x88\x08"
_ARP_END = ETH_HLEN + 28
_ICMPV6 = 58
_NEIGHBOUR_SOLICITATION = 135
_NS_END = ETH_HLEN + 40 + 24
BACKLOG_LIMIT = 1000
GROUP_WORK_DELAY = 1 * US
"""Group frames wait for a work queue (ipvlan_process_multicast), so they come after the softirqs already due."""


class Mode(enum.Enum):
    """Where the border between a child and the lower device's host lies (enum ipvlan_mode)."""

    L2 = "l2"
    L3 = "l3"
    L3S = "l3s"


class Flag(enum.Enum):
    """How children of one lower device treat each other (IPVLAN_F_PRIVATE, IPVLAN_F_VEPA)."""

    BRIDGE = "bridge"
    PRIVATE = "private"
    VEPA = "vepa"


L2, L3, L3S = Mode.L2, Mode.L3, Mode.L3S
PRIVATE, VEPA = Flag.PRIVATE, Flag.VEPA


class _Waiting(NamedTuple):
    """A group frame in the work queue; sender : the child that sends it, None: it came from outside."""

    frame: Frame
    sender: Ipvlan | None


class IpvlanPort:
    """What hangs on a lower device while it has ipvlan children: their addresses and the receive side."""

    owner = "ipvlan"

    def __init__(self, lower: NetDevice) -> None:
        self.lower = lower
        self.mode = L3
        self.flag = Flag.BRIDGE
        self.children: list[Ipvlan] = []
        self.by_ip: dict[bytes, Ipvlan] = {}
        """IPv4 and IPv6 addresses of children that are up, and only those."""
        self.backlog: list[_Waiting] = []
        self._last_id = 0

    # -- up ------------------------------------------------------------------------------------------------------------

    def handle(self, dev: NetDevice, frame: Frame, packet_type: PacketType) -> Rx | Another:
        """A frame came in on the lower device; whose is it?"""
        if self.mode is L3S:
            return PASS
        if self.mode is L2 and packet_type is LOOPBACK:
            return PASS
        raw = frame.raw
        if raw[0] & 1 and self.mode is L2:
            if self._from_outside(raw):
                self.enqueue(frame, None)
            return PASS
        child = self.by_ip.get(layer3_address(raw, target=True))
        if child is None:
            return PASS
        child.count_received(len(raw))
        return child, frame, packet_type

    def _from_outside(self, raw: bytes) -> bool:
        """False for what a child sent itself and a switch sent back (ipvlan_external_frame)."""
        return raw[6:12] != self.lower.mac or layer3_address(raw, target=False) not in self.by_ip

    # -- group frames --------------------------------------------------------------------------------------------------

    def enqueue(self, frame: Frame, sender: Ipvlan | None) -> None:
        """A broadcast or multicast waits for the work queue (ipvlan_multicast_enqueue)."""
        sim = self.lower.sim
        if frame.raw[12:14] == _PAUSE:
            sim.drop(frame.uid, self.lower, DropReason.RESERVED_MULTICAST, frame)
        elif len(self.backlog) >= BACKLOG_LIMIT:
            dev = self.lower if sender is None else sender
            dev.counters.rx_dropped += 1
            sim.drop(frame.uid, dev, DropReason.IPVLAN_BACKLOG, frame)
        else:
            if not self.backlog:
                sim.call_in_process(GROUP_WORK_DELAY, self._work)
            self.backlog.append(_Waiting(frame, sender))

    def _work(self) -> None:
        """The work queue runs: a copy for each child that listens, then out to the wire what came from a child."""
        backlog, self.backlog = self.backlog, []
        sim = self.lower.sim
        for frame, sender in backlog:
            self._distribute(frame, sender)
            if sender is not None:
                self.lower.xmit(frame)
                sim.run_softirqs()

    def _distribute(self, frame: Frame, sender: Ipvlan | None) -> None:
        dst = frame.raw[:6]
        for child in self.children:
            if child is sender or not child.up or not child.listens(dst):
                continue
            # the kernel counts the header of siblings' frames twice
            child.count_received(len(frame.raw) + (0 if sender is None else ETH_HLEN))
            child.counters.multicast += 1
            if sender is None:
                child.netif_rx(frame, BROADCAST if dst == BROADCAST_MAC else MULTICAST)
            else:
                child.forward(frame)
            child.sim.run_softirqs()

    # -- configuration -------------------------------------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Another mode for all children; those that do no ARP in it say so (ipvlan_set_port_mode)."""
        if mode is self.mode:
            return
        for child in self.children:
            child.set_noarp(mode is not L2)
        self.mode = mode
        for child in self.children:
            child.ns.routes_changed()
        self.lower.ns.routes_changed()

    def owner_of(self, address: bytes) -> Ipvlan | None:
        """The child with an address, up or down (ipvlan_addr_busy)."""
        return next((child for child in self.children if address in child.addresses), None)

    def next_id(self) -> int:
        """What tells children with one MAC apart, as dev_id in sysfs: the lowest number after the last one."""
        taken = [child.dev_id for child in self.children]
        number = self._last_id % 0xFFFD + 1
        while number in taken:
            number = number % 0xFFFD + 1
        self._last_id = number
        return number


def layer3_address(raw: bytes, *, target: bool) -> bytes:
    """The address by which a frame's child is found, 4 or 16 bytes; empty where there is none (ipvlan_get_L3_hdr,
    ipvlan_addr_lookup).

    target : the destination, an ARP message's target, or else the source
    """
    kind = raw[12:14]
    if kind == IP:
        length = int.from_bytes(raw[16:18], "big")
        header = (raw[14] & 15) * 4 if len(raw) >= ETH_HLEN + 20 and raw[14] >> 4 == 4 else 0
        if header < 20 or not header <= length <= len(raw) - ETH_HLEN:
            return b""
        return raw[30:34] if target else raw[26:30]
    if kind == _ARP and len(raw) >= _ARP_END:
        return raw[38:42] if target else raw[28:32]
    if kind == IPV6 and len(raw) >= ETH_HLEN + 40 and raw[14] >> 4 == 6:
        if raw[20] != _ICMPV6 or any(raw[22:38]):
            return raw[38:54] if target else raw[22:38]
        # duplicate address detection is for who has the address, whoever it is sent to
        return raw[62:78] if len(raw) >= _NS_END and raw[54] == _NEIGHBOUR_SOLICITATION else b""
    return b""


def l3s_child(handler: RxHandler | None, address: bytes) -> Ipvlan | None:
    """The child whose packet the lower device's stack has in its hands, in mode l3s (ipvlan_skb_to_addr)."""
    if isinstance(handler, IpvlanPort) and handler.mode is L3S:
        return handler.by_ip.get(address)
    return None
