"""The simulator most people would write first: scapy packets as live packets, a SimPy Store and a process per node.

It is honest and it works: learning switch, macvlan (bridge mode), 802.1Q sub-interfaces, ARP with a cache and a queue
for packets that wait, a router that lowers the TTL and rebuilds the checksum. It is written for plainness, neither
tuned nor slowed down: one copy per wire (a packet object must not be shared between nodes), and bytes only where the
checksum has to be made anew. Everything a packet carries is given here; nothing is asked of the machine.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import count
from typing import Any, TypeAlias

import simpy
from scapy.config import conf

conf.route_autoload = False
conf.route6_autoload = False

from scapy.layers.inet import ICMP, IP  # noqa: E402
from scapy.layers.l2 import ARP, Dot1Q, Ether  # noqa: E402
from scapy.packet import Packet  # noqa: E402

from benchmarks.measure import Bench  # noqa: E402

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
LATENCY_S = 1e-6
Process: TypeAlias = Generator[simpy.Event, Any, None]


class Node:
    """Anything that packets arrive at: an inbox, and a process that takes them out of it."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.inbox = simpy.Store(env)
        env.process(self.work())

    def work(self) -> Process:
        while True:
            port, packet = yield self.inbox.get()
            self.receive(port, packet)

    def receive(self, port: int, packet: Packet) -> None:
        raise NotImplementedError


class Cable:
    """One wire between a host (port 0 of it) and a port of the switch; counts every frame that crosses it."""

    def __init__(self, switch: Switch, port: int, host: Host) -> None:
        self.switch, self.port, self.host = switch, port, host
        self.crossed = 0

    def up(self, packet: Packet) -> None:
        self.switch.env.process(self._carry(self.switch, self.port, packet.copy()))

    def down(self, packet: Packet) -> None:
        self.switch.env.process(self._carry(self.host, 0, packet.copy()))

    def _carry(self, node: Node, port: int, packet: Packet) -> Process:
        yield node.env.timeout(LATENCY_S)
        self.crossed += 1
        yield node.inbox.put((port, packet))


class Switch(Node):
    """A learning switch; all its ports are trunks, and it learns per VLAN."""

    def __init__(self, env: simpy.Environment) -> None:
        super().__init__(env)
        self.cables: list[Cable] = []
        self.table: dict[tuple[int, str], int] = {}

    def plug(self, host: Host) -> Cable:
        self.cables.append(Cable(self, len(self.cables), host))
        return self.cables[-1]

    def receive(self, port: int, packet: Packet) -> None:
        vid = packet[Dot1Q].vlan if Dot1Q in packet else 0
        self.table[vid, packet[Ether].src] = port
        out = self.table.get((vid, packet[Ether].dst))
        if out is None:
            for number, cable in enumerate(self.cables):
                if number != port:
                    cable.down(packet)
        elif out != port:
            self.cables[out].down(packet)


class Host(Node):
    """A NIC whose sub-interfaces (vid 0: the NIC itself) carry macvlan children or, on a router, addresses."""

    def __init__(self, env: simpy.Environment, switch: Switch) -> None:
        super().__init__(env)
        self.cable = switch.plug(self)
        self.members: dict[int, list[Interface]] = {}

    def receive(self, port: int, packet: Packet) -> None:
        vid = 0
        if Dot1Q in packet:
            tag = packet[Dot1Q]
            vid = tag.vlan
            packet = Ether(src=packet.src, dst=packet.dst, type=tag.type) / tag.payload
        self.spread(vid, packet)

    def spread(self, vid: int, packet: Packet, sender: Interface | None = None) -> bool:
        """Give the packet to the members of the VLAN it is for; True: it was for exactly one of them."""
        for member in self.members.get(vid, []):
            if packet.dst == member.mac:
                member.owner.inbox.put((vid, packet))
                return True
            if packet.dst == BROADCAST and member is not sender:
                member.owner.inbox.put((vid, packet.copy()))
        return False

    def transmit(self, sender: Interface, packet: Packet) -> None:
        if self.spread(sender.vid, packet, sender):
            return  # macvlan bridge mode: siblings meet inside the host
        if sender.vid:
            head = Ether(src=packet.src, dst=packet.dst, type=0x8100)
            packet = head / Dot1Q(vlan=sender.vid, prio=0, id=0, type=packet.type) / packet.payload
        self.cable.up(packet)


class Interface:
    """An address of a stack on one VLAN of a host (all networks here are /24)."""

    def __init__(self, owner: Stack, host: Host, vid: int, mac: str, ip: str) -> None:
        self.owner, self.host, self.vid, self.mac, self.ip = owner, host, vid, mac, ip
        self.net = ip.rpartition(".")[0]
        host.members.setdefault(vid, []).append(self)


class Stack(Node):
    """ARP, IPv4 and ICMP echo of a container or of a router."""

    def __init__(self, env: simpy.Environment, gateway: str = "", forwarding: bool = False) -> None:
        super().__init__(env)
        self.gateway, self.forwarding = gateway, forwarding
        self.interfaces: dict[int, Interface] = {}
        self.arp_cache: dict[str, str] = {}
        self.waiting: dict[str, list[Packet]] = {}
        self.replies: dict[int, simpy.Event] = {}
        self.next_seq = 0

    def attach(self, host: Host, mac: str, ip: str, vid: int = 0) -> None:
        self.interfaces[vid] = Interface(self, host, vid, mac, ip)

    def receive(self, port: int, packet: Packet) -> None:
        if ARP in packet:
            self.receive_arp(self.interfaces[port], packet[ARP])
        elif IP in packet:
            self.receive_ip(packet[IP])

    def receive_arp(self, interface: Interface, arp: Packet) -> None:
        if arp.pdst != interface.ip:
            return
        self.arp_cache[arp.psrc] = arp.hwsrc
        for packet in self.waiting.pop(arp.psrc, []):
            self.send_frame(interface, arp.hwsrc, packet)
        if arp.op == 1:
            reply = ARP(op=2, hwsrc=interface.mac, psrc=interface.ip, hwdst=arp.hwsrc, pdst=arp.psrc)
            interface.host.transmit(interface, Ether(src=interface.mac, dst=arp.hwsrc, type=0x0806) / reply)

    def receive_ip(self, packet: Packet) -> None:
        if any(packet.dst == interface.ip for interface in self.interfaces.values()):
            self.receive_echo(packet)
        elif self.forwarding and packet.ttl > 1:
            packet = packet.copy()
            packet.ttl -= 1
            del packet.chksum
            self.send_ip(IP(bytes(packet)))

    def receive_echo(self, packet: Packet) -> None:
        icmp = packet[ICMP]
        if icmp.type == 8:
            head = IP(src=packet.dst, dst=packet.src, ttl=64, id=packet.id, proto=1)
            self.send_ip(head / ICMP(type=0, id=icmp.id, seq=icmp.seq) / icmp.payload)
        elif icmp.type == 0 and icmp.seq in self.replies:
            self.replies.pop(icmp.seq).succeed(packet.ttl)

    def send_ip(self, packet: Packet) -> None:
        net = packet.dst.rpartition(".")[0]
        direct = [interface for interface in self.interfaces.values() if interface.net == net]
        interface = direct[0] if direct else next(iter(self.interfaces.values()))
        next_hop = packet.dst if direct else self.gateway
        if next_hop in self.arp_cache:
            self.send_frame(interface, self.arp_cache[next_hop], packet)
            return
        self.waiting.setdefault(next_hop, []).append(packet)
        request = ARP(op=1, hwsrc=interface.mac, psrc=interface.ip, hwdst=NOBODY, pdst=next_hop)
        interface.host.transmit(interface, Ether(src=interface.mac, dst=BROADCAST, type=0x0806) / request)

    def send_frame(self, interface: Interface, mac: str, packet: Packet) -> None:
        interface.host.transmit(interface, Ether(src=interface.mac, dst=mac, type=0x0800) / packet)

    def ping(self, dst: str, pings: int, ttl: int) -> Process:
        """One echo request a second; every reply must come, with the TTL that the path leaves."""
        src = next(iter(self.interfaces.values())).ip
        for _ in range(pings):
            seq = self.next_seq = (self.next_seq + 1) & 0xFFFF
            reply = self.replies[seq] = self.env.event()
            head = IP(src=src, dst=dst, ttl=64, id=seq, flags="DF", proto=1)
            self.send_ip(head / ICMP(type=8, id=1, seq=seq) / bytes(56))
            yield reply
            if reply.value != ttl:
                raise RuntimeError(f"naive ping {dst}: reply with ttl={reply.value}, expected ttl={ttl}")
            yield self.env.timeout(1)


def _macs() -> Iterator[str]:
    return (f"02:42:ac:10:00:{number:02x}" for number in count(1))


def _bench(switch: Switch, box: Stack, dst: str, ttl: int) -> Bench:
    def run(pings: int) -> None:
        switch.env.run(until=switch.env.process(box.ping(dst, pings, ttl)))

    return Bench(run, lambda: sum(cable.crossed for cable in switch.cables))


def experiment1() -> Bench:
    """c1 on host1 pings c2 on host2, same macvlan network: 4 wire crossings per ping."""
    env, mac = simpy.Environment(), _macs()
    switch = Switch(env)
    host1, host2 = Host(env, switch), Host(env, switch)
    c1, c2 = Stack(env), Stack(env)
    c1.attach(host1, next(mac), "172.16.10.2")
    c2.attach(host2, next(mac), "172.16.10.3")
    return _bench(switch, c1, "172.16.10.3", ttl=64)


def experiment3() -> Bench:
    """d1 (VLAN 100) pings d2 (VLAN 200), both on host1, through the router host3: 8 wire crossings per ping."""
    env, mac = simpy.Environment(), _macs()
    switch = Switch(env)
    host1, host2, host3 = (Host(env, switch) for _ in range(3))
    boxes: list[Stack] = []
    for host, last in ((host1, 10), (host2, 11)):
        for vid, net in ((100, "172.16.10"), (200, "172.16.20")):
            boxes.append(Stack(env, gateway=f"{net}.1"))
            boxes[-1].attach(host, next(mac), f"{net}.{last}", vid)
    router, router_mac = Stack(env, forwarding=True), next(mac)
    router.attach(host3, router_mac, "172.16.10.1", 100)
    router.attach(host3, router_mac, "172.16.20.1", 200)
    return _bench(switch, boxes[0], "172.16.20.10", ttl=63)
