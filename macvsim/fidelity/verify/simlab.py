"""The lab of a document made of what a Linux kernel has: cards are ends of veth pairs, switches are bridges.

The simulation of that lab is what the kernel is compared with, so that nothing in it stands for something else.
"""

from __future__ import annotations

from dataclasses import dataclass

from macvsim.dev.bridge import netif_is_bridge_master
from macvsim.errors import MacvsimError, ScenarioError
from macvsim.lab import Lab
from macvsim.labfile.build import Builder
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.load import LabFile
from macvsim.labfile.schema import LinuxNode, SwitchNode
from macvsim.machine.kernel import WAKEUP_DELAY, Kernel
from macvsim.net import links
from macvsim.net.namespace import Namespace
from macvsim.switch.policy import POLICIES
from macvsim.wire.addr import mac_bytes

BRIDGE = "br0"


class NoCounterpart(ScenarioError):
    """Something in a lab that no device of Linux is or does."""


class VethBuilder(Builder):
    """Builds such a lab; `NoCounterpart` says what cannot be.

    spaces : namespace of each switch; setup : node and line of each command the front matter wants run
    hubs : the bridges are the switches only while every card is promiscuous
    """

    def __init__(self, front: FrontMatter) -> None:
        self.spaces: dict[str, Namespace] = {}
        self.setup: list[tuple[str, str]] = []
        self.hubs = False
        super().__init__(front)

    def switch(self, name: str, node: SwitchNode) -> None:
        promiscuous = [
            card.promiscuous
            for other, machine in self.nodes.items()
            if isinstance(machine, LinuxNode)
            for card in self.cards(other, machine).values()
        ]
        policy = POLICIES[node.policy]
        is_hub = node.policy == "virtualbox-allow-all" and all(promiscuous)
        if not is_hub and (not policy.learn or policy.own_source_only or policy.max_macs):
            raise NoCounterpart(f"no Linux bridge treats frames as a {node.policy} switch does ({name})")
        for number, port in node.ports.items():
            if port.has_vlans or port.policy is not None:
                raise NoCounterpart(f"VLANs and policies of switch ports are not made here ({name}, port {number})")
        ns = self.spaces[name] = Kernel(self.lab.sim, name, kinds=self.lab.kinds).init
        _quiet(ns)
        bridge = links.add_bridge(ns, BRIDGE)
        bridge.set_mcast_snooping(False)
        if is_hub:
            bridge.set_ageing_time(0)
            self.hubs = True
        bridge.set_up()

    def machine(self, name: str, node: LinuxNode) -> None:
        delay = WAKEUP_DELAY if node.wakeup_delay is None else node.wakeup_delay
        host = self.lab.host(name, nics={}, flavour=node.tools, wakeup_delay=delay)
        host.hostname = node.hostname or host.hostname
        _quiet(host.ns)

    def link(self, number: int) -> None:
        link = self.front.spec.topology.links[number]
        if link.loss or link.rate is not None or link.delay is not None:
            raise NoCounterpart("delay, rate and loss of links are not made here")
        with self.at("topology", "links", number):
            a, b = link.endpoints
            spaces = [self.space(end.node) for end in (a, b)]
            pair = links.add_veth(
                spaces[0],
                self.port_name(a.node, a.interface),
                spaces[1],
                self.port_name(b.node, b.interface),
                mac=self.card_mac(a.node, a.interface),
                peer_mac=self.card_mac(b.node, b.interface),
            )
            for ns, dev in zip(spaces, pair, strict=True):
                if netif_is_bridge_master(bridge := ns.devices.get(BRIDGE)) and ns in self.spaces.values():
                    bridge.enslave(dev)
                dev.set_up()

    def space(self, node: str) -> Namespace:
        """The namespace of a node."""
        if node in self.spaces:
            return self.spaces[node]
        if node not in self.lab.hosts:
            raise MacvsimError(f"there is no node {node!r}; the nodes are {', '.join(self.nodes)}")
        return self.lab.hosts[node].ns

    def port_name(self, node: str, interface: str) -> str:
        """The device that an end of a link is: ports of switches have numbers, devices have names."""
        return f"p{interface}" if node in self.spaces else interface

    def card_mac(self, node: str, interface: str) -> bytes | None:
        machine = self.nodes[node]
        if not isinstance(machine, LinuxNode):
            return None
        return mac_bytes(self.cards(node, machine)[interface].mac or self.free_mac())

    def settle(self, name: str, node: LinuxNode) -> None:
        host = self.lab.hosts[name]
        for card, settings in self.cards(name, node).items():
            with self.at("topology", "nodes", name, "nics", card):
                if card not in host.ns.devices:
                    raise NoCounterpart(f"{name}:{card} has no cable")
                if settings.mtu != host.dev(card).mtu:
                    host.link_set(card, mtu=settings.mtu)
                if settings.promiscuous:
                    host.link_set(card, promisc=True)
                for address in settings.addresses:
                    host.addr_add(card, address)
        self.setup += [(name, line) for line in node.exec]

    def is_a_hub_no_more(self) -> bool:
        """A card that a hub needs promiscuous is not."""
        cards = [
            (name, card)
            for name, node in self.nodes.items()
            if isinstance(node, LinuxNode)
            for card in self.cards(name, node)
        ]
        return self.hubs and not all(self.lab.hosts[name].dev(card).user_promisc for name, card in cards)


@dataclass(frozen=True)
class VethLabFile(LabFile):
    """A lab file whose lab is built by `VethBuilder`, once, beforehand."""

    builder: VethBuilder

    def build(self, *, fastpath: bool | None = None) -> Lab:
        return self.builder.lab


def _quiet(ns: Namespace) -> None:
    """Without IPv6 and without reports of link-local groups, which are sent unasked and at random times."""
    ns.sysctl["net.ipv4.igmp_link_local_mcast_reports"] = 0
    for group in ("all", "default"):
        ns.sysctl[f"net.ipv6.conf.{group}.disable_ipv6"] = 1


__all__ = ["NoCounterpart", "VethBuilder", "VethLabFile"]
