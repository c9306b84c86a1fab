"""The networks of one daemon: made, found, joined, left and removed (moby ``libnetwork/controller.go``,
``daemon/network.go``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from macvsim.docker import config_only
from macvsim.docker.bridge_net import DEFAULT_BRIDGE_OPTIONS, BridgeDriver
from macvsim.docker.drivers import check_create, check_single_instance, endpoint_mac
from macvsim.docker.firewall import Firewall
from macvsim.docker.ids import new_id, new_number
from macvsim.docker.ipam import AddressSpace
from macvsim.docker.ipam_config import IpamConfig, IPNetwork, parse_cidr
from macvsim.docker.network import Endpoint, EndpointSettings, Network, NetworkConfig, link_names
from macvsim.docker.parent_net import IpvlanDriver, MacvlanDriver
from macvsim.docker.profile import Profile
from macvsim.errors import DockerError
from macvsim.net.namespace import Namespace


class NetworkController:
    """Networks and addresses of one daemon.

    Every method that raises leaves no network, endpoint or address behind.

    Parameters
    ----------
    ns : the daemon's network namespace, where parents and bridges are
    clock : nanoseconds since 1970
    name_servers : the servers of the host's /etc/resolv.conf
    firewall : None with ``--iptables=false``
    """

    def __init__(
        self,
        profile: Profile,
        ns: Namespace,
        rng: random.Random,
        clock: Callable[[], int],
        name_servers: Callable[[], Sequence[str]],
        firewall: Firewall | None = None,
    ) -> None:
        self.profile = profile
        self.ns = ns
        self.rng = rng
        self.clock = clock
        self.name_servers = name_servers
        self.space = AddressSpace(profile)
        self.networks: dict[str, Network] = {}
        """By name, in the order they were made."""
        self.bridge = BridgeDriver(profile, ns, rng, firewall)
        self.on_parents: dict[str, MacvlanDriver | IpvlanDriver] = {
            driver.name: driver for driver in (MacvlanDriver(profile, ns, rng), IpvlanDriver(profile, ns, rng))
        }

    def start(self, *, default_bridge: bool = True) -> None:
        """The networks every daemon has; docker0 appears on the host unless the daemon was told to do without."""
        self._add(NetworkConfig("none", "null", ipam_options=None))
        self._add(NetworkConfig("host", "host", ipam_options=None))
        if default_bridge:
            self._add(NetworkConfig("bridge", "bridge", options=DEFAULT_BRIDGE_OPTIONS, ipam_options=None))

    # -- networks ------------------------------------------------------------------------------------------------------

    def create(self, config: NetworkConfig) -> Network:
        """``docker network create``.  Raises `DockerError`, and then no network, parent or address is left."""
        if config.config_only:
            config = replace(config, driver="null")
        check_create(self.profile, config.name, config.driver, self.networks, config.configs, ipv6=config.ipv6)
        config_only.check(self.profile, config)
        if config.config_only:
            self.networks[config.name] = Network(new_id(self.rng), config, self.clock())
            return self.networks[config.name]
        if config.ingress:
            raise self.profile.error("network.ingress")
        check_single_instance(self.profile, config.driver)
        return self._add(config_only.inherit(self.profile, config, self.networks))

    def _add(self, config: NetworkConfig) -> Network:
        network = Network(new_id(self.rng), config, self.clock())
        if config.driver == "bridge" or config.driver in self.on_parents:
            network.leases = self.space.allocate(
                self._address_configs(config),
                auto_gateway=self.profile.allocates_gateway(config.driver, internal=config.internal),
                in_use=self._prefixes_in_use(),
            )
            try:
                if config.driver in self.on_parents:
                    self.on_parents[config.driver].create(network, self.networks.values())
                else:
                    bridges = {n.device: n.id for n in self.networks.values() if n.driver == "bridge"}
                    self.bridge.create(network, bridges)
            except DockerError:
                self.space.release(network.leases)
                raise
        self.networks[config.name] = network
        return network

    def _driver(self, network: Network) -> MacvlanDriver | IpvlanDriver | BridgeDriver:
        return self.on_parents.get(network.driver, self.bridge)

    def _address_configs(self, config: NetworkConfig) -> Sequence[IpamConfig]:
        """IPv4 subnets first, one of Docker's choice if none is given, then the IPv6 ones if there is ``--ipv6``."""
        parsed = [(parse_cidr(entry.subnet), entry) for entry in config.configs]
        four = [entry for cidr, entry in parsed if cidr is not None and cidr.address.version == 4]
        six = [entry for cidr, entry in parsed if cidr is not None and cidr.address.version == 6]
        if config.ipv6 and not six:
            raise self.profile.error("ipam.no_default_pool", family=6)
        return [*(four or [IpamConfig()]), *(six if config.ipv6 else [])]

    def _prefixes_in_use(self) -> list[IPNetwork]:
        """Destinations of the host's routes, and its name servers (netutils.FindAvailableNetwork)."""
        routes = [IPv4Network((route.dst, route.plen)) for route in self.ns.fib.routes()]
        servers = [cidr.network for server in self.name_servers() if (cidr := parse_cidr(f"{server}/32")) is not None]
        return [*routes, *servers]

    def find(self, term: str, *, by_daemon: bool = False) -> Network:
        """A network by name, identifier, or the beginning of one.  Raises `DockerError`.

        by_daemon : the sentence is that of the daemon to ``run``, ``connect`` …, not that to ``network rm`` and
        ``inspect``
        """
        for network in self.networks.values():
            if network.id == term:
                return network
        if term in self.networks:
            return self.networks[term]
        matches = [network for network in self.networks.values() if term and network.id.startswith(term)]
        if len(matches) > 1:
            raise self.profile.error("network.ambiguous", name=term, count=len(matches))
        if not matches:
            raise self.profile.error("network.not_found_by_daemon" if by_daemon else "network.not_found", name=term)
        return matches[0]

    def remove(self, term: str) -> Network:
        """``docker network rm``.  Raises `DockerError`: not there, predefined, or in use."""
        network = self.find(term)
        if network.predefined:
            raise self.profile.error("network.remove_predefined", name=network.name)
        self._remove(network)
        return network

    def _remove(self, network: Network) -> None:
        if config_only.users(network, self.networks):
            raise self.profile.error("network.config_in_use", name=network.name)
        if network.endpoints:
            raise self.profile.error("network.busy", name=network.name, id=network.id)
        self._driver(network).remove(network)
        self.space.release(network.leases)
        del self.networks[network.name]

    def prune(self) -> list[Network]:
        """``docker network prune``: every network without a running container, but for the predefined ones."""
        unused = [n for n in self.networks.values() if not (n.predefined or n.config.config_only or n.endpoints)]
        for network in unused:
            self._remove(network)
        return unused

    # -- endpoints -----------------------------------------------------------------------------------------------------

    def join(self, network: Network, name: str, container_id: str, settings: EndpointSettings) -> Endpoint:
        """Give a container an endpoint on a network: address, MAC, and a device still on the host (CreateEndpoint,
        Join).

        Raises `DockerError`, and then there is no endpoint and the address is free.
        """
        if name in network.endpoints:
            raise self.profile.error("endpoint.exists", container=name, network=network.name)
        if network.config.config_only:
            raise self.profile.error("config.endpoint")
        endpoint = Endpoint(new_number(self.rng), network, name, container_id, dns_names=settings.dns_names)
        if settings.links:
            endpoint.links = dict(map(link_names, settings.links))
        endpoint.link_local = settings.link_local
        if network.leases:
            self._address(endpoint, settings)
            settings.network_id = network.id
            try:
                self._driver(network).join(endpoint)
            except DockerError:
                self._unassign(endpoint)
                raise
        settings.network_id = network.id
        network.endpoints[name] = endpoint
        settings.endpoint = endpoint
        return endpoint

    def _address(self, endpoint: Endpoint, settings: EndpointSettings) -> None:
        """IPv4 address, IPv6 address if the network has them, and MAC (assignAddress)."""
        network = endpoint.network
        endpoint.assignment = self.space.assign(network.leases, network.name, network.id, settings.ip)
        gateway = endpoint.assignment.lease.gateway
        endpoint.gateway = gateway if isinstance(gateway, IPv4Address) else None
        assert endpoint.address is not None
        try:
            if network.config.ipv6:
                six = self.space.assign(network.leases, network.name, network.id, settings.ip6, version=6)
                endpoint.assignment6 = six
                endpoint.gateway6 = six.lease.gateway if isinstance(six.lease.gateway, IPv6Address) else None
            if network.driver != "ipvlan":
                endpoint.mac = (
                    _parsed_mac(settings.mac)
                    if settings.mac
                    else endpoint_mac(self.profile, endpoint.address, self.rng)
                )
            elif settings.mac:
                raise self.profile.error("endpoint.ipvlan_mac", container=endpoint.container, network=network.name)
        except DockerError:
            self._unassign(endpoint)
            raise

    def _unassign(self, endpoint: Endpoint) -> None:
        """Give an endpoint's addresses back."""
        for assignment in (endpoint.assignment, endpoint.assignment6):
            if assignment is not None:
                self.space.unassign(assignment)

    def leave(self, endpoint: Endpoint) -> None:
        """Take an endpoint back: its device is deleted, its address is free again."""
        self._driver(endpoint.network).leave(endpoint)
        self._unassign(endpoint)
        del endpoint.network.endpoints[endpoint.container]


def _parsed_mac(text: str) -> str:
    """A MAC as Go's net.ParseMAC reads it, in the usual form.  Raises `DockerError`."""
    digits = re.sub(r"[:.-]", "", text)
    pairs = re.fullmatch(r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}", text)
    if pairs is None and re.fullmatch(r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}", text) is None:
        raise DockerError(f"address {text}: invalid MAC address")
    return ":".join(digits[at : at + 2].lower() for at in range(0, 12, 2))
