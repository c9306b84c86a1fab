"""From a front matter to a lab: machines, switches and cables, before the first command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from macvsim.dev.base import NetDevice
from macvsim.dev.cable import DEFAULT_DELAY
from macvsim.errors import MacvsimError, ScenarioError, one_line
from macvsim.lab import Lab
from macvsim.labfile.frontmatter import FrontMatter
from macvsim.labfile.schema import Card, LinuxNode, Port, SwitchNode
from macvsim.machine.kernel import WAKEUP_DELAY
from macvsim.switch import SwitchPort

Location = tuple[object, ...]


def build(front: FrontMatter, *, fastpath: bool | None = None) -> Lab:
    """The lab that a front matter describes; `ScenarioError` names the line of what cannot be.

    fastpath : as of `macvsim.lab.Lab`
    """
    return Builder(front, fastpath).lab


class Builder:
    """Puts one lab together, in the order of the file: nodes, links, then what runs before the lab begins."""

    def __init__(self, front: FrontMatter, fastpath: bool | None = None) -> None:
        self.front = front
        spec = front.spec
        self.nodes = spec.topology.nodes
        self.lab = Lab(
            spec.seed,
            docker=spec.docker,
            fastpath=fastpath,
            budget=spec.budget,
            allow_unsimulated=spec.allow_unsimulated,
        )
        for name, node in self.nodes.items():
            with self.at("topology", "nodes", name):
                if isinstance(node, SwitchNode):
                    self.switch(name, node)
                else:
                    self.machine(name, node)
        for number in range(len(spec.topology.links)):
            self.link(number)
        for name, node in self.nodes.items():
            if isinstance(node, LinuxNode):
                self.settle(name, node)

    @contextmanager
    def at(self, *location: object) -> Iterator[None]:
        """What is refused meanwhile is a mistake of that place in the file."""
        try:
            yield
        except ScenarioError:  # which has its line already
            raise
        except MacvsimError as error:
            raise self.front.error(location, one_line(error)) from None

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def switch(self, name: str, node: SwitchNode) -> None:
        switch = self.lab.switch(name, policy=node.policy, ageing=node.ageing, mtu=node.mtu, vlan_aware=node.vlan_aware)
        for number, settings in node.ports.items():
            with self.at("topology", "nodes", name, "ports", number):
                _set_port(switch.port(number), settings)

    def machine(self, name: str, node: LinuxNode) -> None:
        delay = WAKEUP_DELAY if node.wakeup_delay is None else node.wakeup_delay
        host = self.lab.host(name, nics={}, flavour=node.tools, ipv6=node.ipv6, wakeup_delay=delay)
        if node.hostname:
            host.hostname = node.hostname
        for card, settings in self.cards(name, node).items():
            with self.at("topology", "nodes", name, "nics", card):
                host.nic_add(
                    card,
                    settings.mac or self.free_mac(),
                    mtu=settings.mtu,
                    unicast_filter=settings.unicast_filter,
                    filter_slots=settings.filter_slots,
                    vlan_filter=settings.vlan_filter,
                )

    def cards(self, name: str, node: LinuxNode) -> dict[str, Card]:
        """The cards of a machine: those it lists, then those that links name."""
        cards = dict(node.nics)
        for link in self.front.spec.topology.links:
            for end in link.endpoints:
                if end.node == name:
                    card = cards.setdefault(end.interface, Card())
                    given = {key: value for key, value in (("mac", end.mac), ("mtu", link.mtu)) if value}
                    cards[end.interface] = card.model_copy(update=given)
        return cards

    def free_mac(self) -> str:
        """The next MAC that no card of the file was given."""
        given = [card.mac for node in self.nodes.values() if isinstance(node, LinuxNode) for card in node.nics.values()]
        given += [end.mac for link in self.front.spec.topology.links for end in link.endpoints]
        while (mac := self.lab.next_mac()) in given:
            pass
        return mac

    def settle(self, name: str, node: LinuxNode) -> None:
        """Addresses, promiscuous mode, parameters and ``exec``, once everything is cabled."""
        host = self.lab.hosts[name]
        for card, settings in node.nics.items():
            with self.at("topology", "nodes", name, "nics", card):
                if settings.promiscuous:
                    host.link_set(card, promisc=True)
                for address in settings.addresses:
                    if ":" in address and not node.ipv6:
                        raise MacvsimError(f"{name} is booted without IPv6, so {address} has no place: add ipv6: true")
                    host.addr_add(card, address)
        for key, value in node.sysctls.items():
            with self.at("topology", "nodes", name, "sysctls", key):
                host.sysctl[key] = value
        for number, line in enumerate(node.exec):
            with self.at("topology", "nodes", name, "exec", number):
                result = host.sh(line, variables=self.front.spec.vars or None)
                if result.code:
                    said = " ".join(str(result).split())
                    raise MacvsimError(f"{line!r} failed on {name} with status {result.code}: {said}")

    # -- links ---------------------------------------------------------------------------------------------------------

    def link(self, number: int) -> None:
        link = self.front.spec.topology.links[number]
        location: Location = ("topology", "links", number)
        with self.at(*location):
            a, b = (self.end(end.node, end.interface) for end in link.endpoints)
            delay = DEFAULT_DELAY if link.delay is None else link.delay
            for port in (a, b):
                if link.mtu is not None and isinstance(port, SwitchPort):
                    port.mtu = link.mtu
            self.lab.cable(a, b, delay=delay, rate=link.rate, loss=link.loss)

    def end(self, name: str, interface: str) -> NetDevice | SwitchPort:
        """The card or port that an end names."""
        node = self.nodes.get(name)
        if node is None:
            raise MacvsimError(f"{name}:{interface}: there is no node {name!r}; the nodes are {', '.join(self.nodes)}")
        if isinstance(node, SwitchNode):
            return self.lab.switches[name].port(interface)
        return self.lab.hosts[name].dev(interface)


def _set_port(port: SwitchPort, settings: Port) -> None:
    if settings.mode == "access":
        assert settings.vlan is not None
        port.access(settings.vlan)
    elif settings.has_vlans:
        native = None if settings.native == "none" else settings.native
        port.trunk(settings.vlans, native=native)
    if settings.policy is not None:
        port.policy = settings.policy
    if settings.mtu is not None:
        port.mtu = settings.mtu
    port.hairpin = settings.hairpin
    port.isolated = settings.isolated
