"""What dockerd writes with iptables (moby ``libnetwork/drivers/bridge/setup_ip_tables_linux.go``,
``libnetwork/iptables``, ``libnetwork/firewall_linux.go``); the rules are the same from 19.03 to 26.1.

A network's rules come before those of older networks, and at the top of FORWARD always stand the jumps to DOCKER-USER
and DOCKER-ISOLATION-STAGE-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from macvsim.net.namespace import Namespace
from macvsim.net.netfilter.natport import Range
from macvsim.net.netfilter.rule import EVERYTHING, Interface, Jump, Match, Net, Spec, Standard
from macvsim.net.netfilter.ruleset import Backend
from macvsim.net.netfilter.statematches import AddrType, ConntrackMatch
from macvsim.net.netfilter.targets import Dnat, Masquerade

USER = "DOCKER-USER"
STAGE_1 = "DOCKER-ISOLATION-STAGE-1"
STAGE_2 = "DOCKER-ISOLATION-STAGE-2"
PUBLISHED = "DOCKER"
_LOOPBACK = Net(0x7F000000, 0xFF000000, negated=True)
_PROTOCOLS = {"tcp": 6, "udp": 17}


class Placed(NamedTuple):
    """A rule and where it belongs; `last`: at the end of its chain, not at its top."""

    table: str
    chain: str
    spec: Spec
    last: bool = False


@dataclass(frozen=True)
class BridgeRules:
    """What a bridge network wants of the packet filter.

    device : the bridge; subnet : None for networks without IPv4
    icc, masquerade, internal : as in `macvsim.docker.drivers.BridgeOptions`
    """

    device: str
    subnet: IPv4Network | None
    icc: bool = True
    masquerade: bool = True
    internal: bool = False


@dataclass(frozen=True)
class PortBinding:
    """A published port: `host_port` of `host` (0.0.0.0: all addresses) leads to `port` of `address`.

    proto : ``tcp`` or ``udp``
    """

    proto: str
    port: int
    host: IPv4Address
    host_port: int
    address: IPv4Address


class Firewall:
    """The rules of one daemon in its namespace, in the iptables of its machine."""

    def __init__(self, ns: Namespace, backend: Backend) -> None:
        self.rules = ns.netfilter.ruleset(backend)

    # -- the daemon ----------------------------------------------------------------------------------------------------

    def start(self, *, forwarding_was_off: bool) -> None:
        """The daemon's own chains; who did not forward before forwards nothing but what rules accept now
        (setupIPForwarding).
        """
        self.rules.netfilter.modules.load_br_netfilter()  # modprobe bridge br_netfilter
        for table, chain in (("nat", PUBLISHED), ("filter", PUBLISHED), ("filter", STAGE_1), ("filter", STAGE_2),
                             ("filter", USER)):  # fmt: skip
            if self.rules.find(table, chain) is None:
                self.rules.new_chain(table, chain)
        for chain in (STAGE_1, STAGE_2, USER):
            self._ensure(Placed("filter", chain, Spec(target=Standard.RETURN), last=True))
        published = Jump(self.rules.chain("nat", PUBLISHED))
        local = AddrType(destination=("LOCAL",))
        self._ensure(Placed("nat", "PREROUTING", Spec(matches=(local,), target=published), last=True))
        out = Spec(destination=_LOOPBACK, matches=(local,), target=published)
        self._ensure(Placed("nat", "OUTPUT", out, last=True))
        self._jumps_first()
        if forwarding_was_off:
            self.rules.set_policy("filter", "FORWARD", Standard.DROP)

    def _jumps_first(self) -> None:
        """Packets ask the user's rules first, then whether networks may talk to each other."""
        for name in (STAGE_1, USER):
            jump = Spec(target=Jump(self.rules.chain("filter", name)))
            self._remove(Placed("filter", "FORWARD", jump))
            self.rules.insert("filter", "FORWARD", jump, 0)

    def _ensure(self, placed: Placed) -> None:
        """Insert a rule unless it is there."""
        if not self._has(placed):
            self.rules.insert(placed.table, placed.chain, placed.spec, None if placed.last else 0)

    def _has(self, placed: Placed) -> bool:
        chain = self.rules.find(placed.table, placed.chain)
        return chain is not None and any(rule.spec == placed.spec for rule in chain.rules)

    def _remove(self, placed: Placed) -> None:
        if self._has(placed):
            at = self.rules.index(placed.table, placed.chain, placed.spec)
            self.rules.delete(placed.table, placed.chain, at)

    # -- networks ------------------------------------------------------------------------------------------------------

    def add_network(self, network: BridgeRules) -> None:
        """The rules of a bridge network, which comes before older ones."""
        for placed in self._network(network):
            self._ensure(placed)
        self._jumps_first()

    def remove_network(self, network: BridgeRules) -> None:
        """Undo `add_network`."""
        for placed in self._network(network):
            self._remove(placed)

    def _network(self, network: BridgeRules) -> Iterator[Placed]:
        """Rules in the order in which they are inserted."""
        here, elsewhere = Interface(network.device), Interface(network.device, negated=True)
        inside = Spec(in_dev=here, out_dev=here, target=Standard.ACCEPT if network.icc else Standard.DROP)
        if network.internal:
            subnet = _net(network.subnet, negated=True)
            yield Placed("filter", STAGE_1, Spec(destination=subnet, in_dev=here, target=Standard.DROP))
            yield Placed("filter", STAGE_1, Spec(source=subnet, out_dev=here, target=Standard.DROP))
            yield Placed("filter", "FORWARD", inside, last=not network.icc)
            return
        if network.masquerade and network.subnet is not None:
            yield Placed("nat", PUBLISHED, Spec(in_dev=here, target=Standard.RETURN))
            leaving = Spec(source=_net(network.subnet), out_dev=elsewhere, target=Masquerade())
            yield Placed("nat", "POSTROUTING", leaving)
        yield Placed("filter", "FORWARD", inside, last=not network.icc)
        yield Placed("filter", "FORWARD", Spec(in_dev=here, out_dev=elsewhere, target=Standard.ACCEPT))
        ports = Jump(self.rules.chain("filter", PUBLISHED))
        yield Placed("filter", "FORWARD", Spec(out_dev=here, target=ports))
        known = ConntrackMatch(states=("RELATED", "ESTABLISHED"))
        yield Placed("filter", "FORWARD", Spec(out_dev=here, matches=(known,), target=Standard.ACCEPT))
        stage_2 = Jump(self.rules.chain("filter", STAGE_2))
        yield Placed("filter", STAGE_1, Spec(in_dev=here, out_dev=elsewhere, target=stage_2))
        yield Placed("filter", STAGE_2, Spec(out_dev=here, target=Standard.DROP))

    # -- published ports -----------------------------------------------------------------------------------------------

    def publish(self, bridge: str, binding: PortBinding) -> None:
        """The rules of a published port (iptables.ChainInfo.Forward)."""
        for placed in self._port(bridge, binding):
            self._ensure(placed)

    def unpublish(self, bridge: str, binding: PortBinding) -> None:
        """Undo `publish`."""
        for placed in self._port(bridge, binding):
            self._remove(placed)

    @staticmethod
    def _port(bridge: str, binding: PortBinding) -> Iterator[Placed]:
        proto = _PROTOCOLS[binding.proto]
        here, elsewhere = Interface(bridge), Interface(bridge, negated=True)
        container = Net(int(binding.address), EVERYTHING)
        asked = Net() if binding.host.is_unspecified else Net(int(binding.host), EVERYTHING)
        to = Dnat(Range(int(binding.address), int(binding.address), (binding.port, binding.port)))
        there = (_port_match(proto, binding.host_port),)
        inside = (_port_match(proto, binding.port),)
        dnat = Spec(destination=asked, in_dev=elsewhere, proto=proto, matches=there, target=to)
        yield Placed("nat", PUBLISHED, dnat, last=True)
        accepted = Spec(destination=container, in_dev=elsewhere, out_dev=here, proto=proto, matches=inside,
                        target=Standard.ACCEPT)  # fmt: skip
        yield Placed("filter", PUBLISHED, accepted, last=True)
        itself = Spec(source=container, destination=container, proto=proto, matches=inside, target=Masquerade())
        yield Placed("nat", "POSTROUTING", itself, last=True)


def _port_match(proto: int, port: int) -> Match:
    from macvsim.net.netfilter.matches import Ports, TcpMatch, UdpMatch

    ports = Ports(port, port)
    return TcpMatch(destination=ports) if proto == 6 else UdpMatch(destination=ports)


def _net(subnet: IPv4Network | None, *, negated: bool = False) -> Net:
    if subnet is None:
        return Net()
    return Net(int(subnet.network_address), int(subnet.netmask), negated)
