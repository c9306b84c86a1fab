"""The bridge driver: a Linux bridge for each network, a veth pair for each endpoint (moby
``libnetwork/drivers/bridge``).  What keeps networks apart and lets them out is in `firewall.py`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from ipaddress import IPv4Network

from macvsim.dev.bridge import Bridge, netif_is_bridge_master
from macvsim.docker.drivers import parse_bridge
from macvsim.docker.firewall import BridgeRules, Firewall
from macvsim.docker.ipv6_link import set_bridge_ipv6
from macvsim.docker.network import Endpoint, Network
from macvsim.docker.parent_net import free_name
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError, NetlinkError
from macvsim.net import links
from macvsim.net.addr import Address
from macvsim.net.namespace import Namespace
from macvsim.wire.addr import mask_int

DEFAULT_BRIDGE_OPTIONS: Mapping[str, str] = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}


class BridgeDriver:
    """``-d bridge`` of one daemon, whose devices are in `ns`."""

    def __init__(self, profile: Profile, ns: Namespace, rng: random.Random, firewall: Firewall | None = None) -> None:
        self.profile = profile
        self.ns = ns
        self.rng = rng
        self.firewall = firewall
        self._made: set[str] = set()
        """Identifiers of the networks whose bridge this driver made; never iterated."""

    def create(self, network: Network, bridges: Mapping[str, str]) -> None:
        """Make the bridge, or use the one of that name that is there, with the gateway's address, and set it up.

        bridges : identifiers of the bridge networks there are, by bridge name
        """
        config = network.config
        options = parse_bridge(self.profile, config.options, network.id, bridges, internal=config.internal)
        versions = [lease.pool.subnet.version for lease in network.leases]
        if max(versions.count(4), versions.count(6)) > 1:
            raise self.profile.error("driver.bridge_subnets")
        device = self.ns.devices.get(options.name)
        network.device = options.name
        made = options.name not in self.ns.devices
        try:
            device = self._make(options.name) if made else self.ns.dev(options.name)
        except NetlinkError as error:
            raise self._failed(options.name, error) from error
        try:
            if options.mtu:
                device.set_mtu(options.mtu)
            for lease in network.leases:
                if lease.gateway is not None and lease.gateway.version == 6:
                    set_bridge_ipv6(self.ns, device, lease.gateway, lease.pool.subnet.prefixlen)
                elif lease.gateway is not None:
                    address = interface_address(int(lease.gateway), lease.pool.subnet.prefixlen)
                    if all(a.local != address.local for a in device.inet.addresses):
                        self.ns.addresses.add(device, address)
            device.set_up()
        except NetlinkError as error:
            if made:
                device.destroy()
            raise self._failed(options.name, error) from error
        if made:
            self._made.add(network.id)
        network.bridge_rules = BridgeRules(
            options.name, _subnet(network), options.icc, options.masquerade, options.internal
        )
        if self.firewall is not None:
            self.firewall.add_network(network.bridge_rules)

    def _make(self, name: str) -> Bridge:
        """A bridge with an address of Docker's own (netutils GenerateRandomMAC)."""
        stream = links.mac_stream(self.ns, name)
        drawn = self.rng.getrandbits(32)
        if (told := self.ns.sim.told(stream)) is not None:
            drawn = told.getrandbits(32)
        mac = bytes((0x02, 0x42)) + drawn.to_bytes(4, "big")
        self.ns.sim.drawn.setdefault(stream, mac)
        bridge = links.add_bridge(self.ns, name, mac=mac)
        bridge.txqlen = 0
        return bridge

    def _failed(self, name: str, error: NetlinkError) -> DockerError:
        return self.profile.error("driver.bridge_failed", bridge=name, errno=error.strerror.lower())

    def remove(self, network: Network) -> None:
        """Delete the bridge if this network made it."""
        if self.firewall is not None and network.bridge_rules is not None:
            self.firewall.remove_network(network.bridge_rules)
        device = self.ns.devices.get(network.device)
        if device is not None and network.id in self._made:
            device.destroy()
        self._made.discard(network.id)

    def join(self, endpoint: Endpoint) -> None:
        """Make a veth pair and put its host end into the bridge; the other end is moved into the container later."""
        network = endpoint.network
        bridge = self.ns.devices.get(network.device)
        if not netif_is_bridge_master(bridge):
            raise self.profile.error("driver.bridge_gone", bridge=network.device)
        host_name = free_name(self.ns, self.rng)
        name = free_name(self.ns, self.rng)
        host_end, link = links.add_veth(self.ns, host_name, self.ns, name)
        host_end.txqlen = link.txqlen = 0
        endpoint.link, endpoint.source_name, endpoint.host_link = link, name, host_end
        try:
            bridge.enslave(host_end)
            for end in (host_end, link):
                if end.mtu != bridge.mtu:
                    end.set_mtu(bridge.mtu)
        except NetlinkError as error:
            link.destroy()
            raise self.profile.error(
                "driver.bridge_port", link=host_name, bridge=network.device, errno=error.strerror.lower()
            ) from error
        host_end.set_up()
        if network.internal:
            endpoint.gateway = endpoint.gateway6 = None

    def leave(self, endpoint: Endpoint) -> None:
        """Delete the pair."""
        if endpoint.link is not None:
            endpoint.link.destroy()


def _subnet(network: Network) -> IPv4Network | None:
    """Its first IPv4 subnet."""
    subnets = (lease.pool.subnet for lease in network.leases)
    return next((subnet for subnet in subnets if isinstance(subnet, IPv4Network)), None)


def interface_address(local: int, plen: int) -> Address:
    """An interface address as Docker sets it: with a broadcast address where the prefix leaves room for one."""
    broadcast = local | ~mask_int(plen) & 0xFFFFFFFF if plen < 31 else 0
    return Address(local, plen, broadcast)
