"""What DHCP clients and servers share: raw datagrams, a mailbox with a clock, asking whether an address is taken."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from macvsim.dev.base import NetDevice
from macvsim.engine.sim import MS
from macvsim.net.namespace import Namespace
from macvsim.net.packet import Packet
from macvsim.net.packet_socket import PacketSocket
from macvsim.net.socket import UdpSocket
from macvsim.wire import arp, dhcp, ipv4, udp
from macvsim.wire.addr import BROADCAST_MAC, ZERO_MAC
from macvsim.wire.arp import Arp
from macvsim.wire.compose import arp_template, ipv4_template
from macvsim.wire.frame import ETH_P_ARP, ETH_P_IP, OTHERHOST, PacketType

Waiting = Generator[simpy.Event, Any, Any]


class Mailbox:
    """Where sockets leave messages, and a program waits for them."""

    def __init__(self, ns: Namespace) -> None:
        self.sim = ns.sim
        self._items: list[Any] = []
        self._woken: simpy.Event | None = None

    def put(self, item: Any) -> None:
        """Something came."""
        self._items.append(item)
        if self._woken is not None and not self._woken.triggered:
            self._woken.succeed()

    def clear(self) -> None:
        """Forget what came before."""
        self._items.clear()

    def get(self, timeout: int | None) -> Waiting:
        """The next item; None after `timeout` ns without any."""
        if not self._items:
            self._woken = self.sim.event()
            try:
                yield self._woken if timeout is None else self._woken | self.sim.timeout(max(timeout, 0))
            finally:
                self._woken = None
        return self._items.pop(0) if self._items else None


class RawPort:
    """A packet socket for UDP datagrams to one port, whoever has the address they are for (udhcp_raw_socket, LPF).

    on_message(message, source) : called for every sound DHCP message
    """

    def __init__(
        self, ns: Namespace, dev: NetDevice, port: int, on_message: Callable[[dhcp.Message, int], None]
    ) -> None:
        self.ns = ns
        self.dev = dev
        self._port = port
        self._on_message = on_message
        self._socket = PacketSocket(ns, dev, ETH_P_IP, self._arrived)

    def _arrived(self, payload: bytes, packet_type: PacketType) -> None:
        if packet_type is OTHERHOST or len(payload) < ipv4.HLEN or payload[0] >> 4 != 4:
            return
        head = ipv4.parse(payload)
        segment = payload[head.hlen : head.length]
        if head.proto != ipv4.PROTO_UDP or head.frag & ~ipv4.DF or len(segment) < udp.HLEN:
            return
        if int.from_bytes(segment[2:4], "big") != self._port or not udp.is_valid(head.src, head.dst, segment):
            return
        message = dhcp.parse(segment[udp.HLEN :])
        if message is not None:
            self._on_message(message, head.src)

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


def send_raw(
    ns: Namespace,
    dev: NetDevice,
    message: dhcp.Message,
    *,
    src: int,
    dst: int,
    ports: tuple[int, int],
    mac: bytes = BROADCAST_MAC,
    ttl: int = 64,
    tos: int = 0,
) -> None:
    """A datagram whose IP header the program wrote itself, with identification 0."""
    segment = udp.datagram(src, dst, *ports, message.encode())
    header = ipv4.header(
        ipv4_template(ipv4.PROTO_UDP), length=ipv4.HLEN + len(segment), ident=0, src=src, dst=dst, ttl=ttl, tos=tos
    )
    socket = PacketSocket(ns, dev, ETH_P_IP, lambda payload, packet_type: None)
    socket.send(mac, header + segment)
    socket.close()


class KernelPort:
    """A UDP socket bound to a port of a device."""

    def __init__(
        self, ns: Namespace, dev: NetDevice | None, port: int, on_message: Callable[[dhcp.Message, int], None]
    ) -> None:
        self._on_message = on_message
        self.socket = UdpSocket(ns, self._arrived)
        if dev is not None:
            self.socket.device = dev
        self.socket.bind(0, port)

    def _arrived(self, payload: bytes, address: int, port: int, packet: Packet) -> None:
        message = dhcp.parse(payload)
        if message is not None:
            self._on_message(message, address)

    def close(self) -> None:
        """Free the port."""
        self.socket.close()


def arp_probe(ns: Namespace, dev: NetDevice, target: int, source: int, timeout: int = 2000 * MS) -> Waiting:
    """The MAC that answers for an address within `timeout` ns, or None (arpping)."""
    box = Mailbox(ns)

    def heard(payload: bytes, packet_type: PacketType) -> None:
        message = arp.parse(payload)
        if message is not None and message.op == arp.REPLY and message.sip == target and message.tha == dev.mac:
            box.put(message.sha)

    socket = PacketSocket(ns, dev, ETH_P_ARP, heard)
    request = Arp(arp.REQUEST, dev.mac, source, ZERO_MAC, target)
    socket.send(BROADCAST_MAC, arp.patch(arp_template(), request))
    try:
        return (yield from box.get(timeout))
    finally:
        socket.close()
